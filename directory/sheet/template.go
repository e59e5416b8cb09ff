package sheet

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"tahweel/internal/text"
)

// The template has one row for each service at a location. It says less of a thing than HSDS can: what its columns do not say stays as
// it is in the directory, and an empty cell of a column that is there empties it.

// cellKind is how a column of the template is read.
type cellKind uint8

const (
	cellText  cellKind = iota // one language of a text
	cellField                 // a field of HSDS or of the profile
	cellPaper                 // of the registration, which HSDS does not have
	cellPhone
	cellHours
	cellNeeds
	cellPlace
	cellAreas
	cellLanguages
)

// templateColumn is one column: Key is its heading in English and for programs, Arabic the one in Arabic.
type templateColumn struct {
	Key, Arabic string
	table       string
	field       string
	language    string // of a text
	kind        cellKind
	example     string
}

var templateColumns = []templateColumn{
	{"organization_id", "معرّف المنظمة", "organization", "id", "", cellField, ""},
	{"organization_name_ar", "اسم المنظمة", "organization", "name", "ar", cellText, "جمعية نموذجية"},
	{"organization_name_en", "اسم المنظمة بالإنجليزية", "organization", "name", "en", cellText, "Model Society"},
	{"organization_kind", "نوع المنظمة", "organization", "kind", "", cellField, "association"},
	{"organization_description_ar", "وصف المنظمة", "organization", "description", "ar", cellText, ""},
	{"organization_description_en", "وصف المنظمة بالإنجليزية", "organization", "description", "en", cellText, ""},
	{"registering_authority", "جهة التسجيل", "organization", "registering_authority", "", cellPaper, "وزارة الداخلية"},
	{"registration_number", "رقم التسجيل", "organization", "registration_number", "", cellPaper, "QR-0000-E"},
	{"registration_expires_on", "انتهاء التسجيل", "organization", "registration_expires_on", "", cellPaper, "2027-12-31"},
	{"organization_phone", "هاتف المنظمة", "organization", "phones", "", cellPhone, ""},
	{"organization_email", "بريد المنظمة", "organization", "email", "", cellField, ""},
	{"organization_website", "موقع المنظمة", "organization", "website", "", cellField, ""},
	{"service_id", "معرّف الخدمة", "service", "id", "", cellField, ""},
	{"service_name_ar", "اسم الخدمة", "service", "name", "ar", cellText, "علاج طبيعي"},
	{"service_name_en", "اسم الخدمة بالإنجليزية", "service", "name", "en", cellText, "Physiotherapy"},
	{"service_status", "حالة الخدمة", "service", "status", "", cellField, "active"},
	{"service_description_ar", "وصف الخدمة", "service", "description", "ar", cellText, ""},
	{"service_description_en", "وصف الخدمة بالإنجليزية", "service", "description", "en", cellText, ""},
	{"needs", "الاحتياجات", "service", "needs", "", cellNeeds, "DIS-PHYSIO"},
	{"target_groups", "الفئات المستهدفة", "service", "target_groups", "", cellField, "children"},
	{"sex", "الجنس", "service", "sex", "", cellField, "any"},
	{"minimum_age", "الحد الأدنى للعمر", "service", "minimum_age", "", cellField, "0"},
	{"maximum_age", "الحد الأعلى للعمر", "service", "maximum_age", "", cellField, "18"},
	{"delivery_modes", "طرق التقديم", "service", "delivery_modes", "", cellField, "facility"},
	{"eligibility_ar", "شروط الاستحقاق", "service", "eligibility_description", "ar", cellText, ""},
	{"eligibility_en", "شروط الاستحقاق بالإنجليزية", "service", "eligibility_description", "en", cellText, ""},
	{"application_ar", "طريقة التقديم للخدمة", "service", "application_process", "ar", cellText, ""},
	{"application_en", "طريقة التقديم للخدمة بالإنجليزية", "service", "application_process", "en", cellText, ""},
	{"fees_ar", "الرسوم", "service", "fees_description", "ar", cellText, ""},
	{"fees_en", "الرسوم بالإنجليزية", "service", "fees_description", "en", cellText, ""},
	{"service_languages", "لغات الخدمة", "service", "languages", "", cellLanguages, "ar"},
	{"service_phone", "هاتف الخدمة", "service", "phones", "", cellPhone, ""},
	{"service_email", "بريد الخدمة", "service", "email", "", cellField, ""},
	{"service_areas", "مناطق الخدمة", "service", "service_areas", "", cellAreas, "PS0150"},
	{"opening_hours", "أوقات الدوام", "service", "schedules", "", cellHours, "SU,MO,TU,WE,TH 08:00-15:00"},
	{"female_worker", "موظفة عند الطلب", "service", "female_worker", "", cellField, "yes"},
	{"location_id", "معرّف الموقع", "location", "id", "", cellField, ""},
	{"location_name_ar", "اسم الموقع", "location", "name", "ar", cellText, "مركز يطا"},
	{"location_name_en", "اسم الموقع بالإنجليزية", "location", "name", "en", cellText, "Yatta centre"},
	{"place", "التجمع", "location", "place", "", cellPlace, "يطا"},
	{"latitude", "خط العرض", "location", "latitude", "", cellField, "31.44"},
	{"longitude", "خط الطول", "location", "longitude", "", cellField, "35.09"},
	{"address_ar", "العنوان", "location", "address", "ar", cellText, ""},
	{"address_en", "العنوان بالإنجليزية", "location", "address", "en", cellText, ""},
	{"location_phone", "هاتف الموقع", "location", "phones", "", cellPhone, ""},
	{"offer_id", "معرّف العرض", "service_at_location", "id", "", cellField, ""},
	{"offer_status", "حالة العرض", "service_at_location", "status", "", cellField, "active"},
	{"accepting", "استقبال الحالات", "service_at_location", "accepting_status", "", cellField, "capacity"},
	{"accepting_as_of", "تاريخ حالة الاستقبال", "service_at_location", "accepting_as_of", "", cellField, ""},
}

// templateByHeading finds a column by a heading in either language.
var templateByHeading = func() map[string]int {
	out := map[string]int{}
	for i, c := range templateColumns {
		out[c.Key], out[arabicHeading(c.Arabic)] = i, i
	}
	for alias, key := range map[string]string{
		"organization": "organization_name_ar", "organization_name": "organization_name_ar", "service": "service_name_ar", "service_name": "service_name_ar",
		"location": "location_name_ar", "location_name": "location_name_ar", "address": "address_ar", "lat": "latitude", "lon": "longitude",
		"lng": "longitude", "need": "needs", "phone": "service_phone", "الجمعية": "organization_name_ar", "الخدمة": "service_name_ar",
		"الموقع": "location_name_ar", "الهاتف": "service_phone", "المنطقة": "place",
	} {
		at := slices.IndexFunc(templateColumns, func(c templateColumn) bool { return c.Key == key })
		out[arabicHeading(alias)] = at
	}
	return out
}()

func arabicHeading(s string) string { return normalHeader(text.Normalise(s)) }

func columnOfHeading(heading string) (int, bool) {
	if i, ok := templateByHeading[normalHeader(heading)]; ok {
		return i, true
	}
	i, ok := templateByHeading[arabicHeading(heading)]
	return i, ok
}

// headerWithin is how many rows may stand above the header: a title, a date, instructions.
const headerWithin = 10

// templateTable reads a table in our own form.
func (g *gathering) templateTable(ctx context.Context, at Place, rows rowReader) error {
	var above []csvRow
	for {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			return g.headless(at, above)
		}
		if err != nil {
			return broken(err)
		}
		if h, ok := g.templateHeader(at, r); ok {
			for _, title := range above {
				g.note(Place{File: at.File, Sheet: at.Sheet, Line: title.line}, "", "above_header")
			}
			return g.each(ctx, at, rows, h, func(row int32, cells map[string]string) error { return g.templateRow(ctx, row, cells) })
		}
		above = append(above, r)
		if len(above) == headerWithin {
			if err := g.headless(at, above); err != nil {
				return err
			}
			return g.each(ctx, at, rows, header{}, func(row int32, _ map[string]string) error {
				g.rows[row].outcome = Skipped
				return nil
			})
		}
	}
}

// headless is a table in which no row is a header: all of its rows are skipped.
func (g *gathering) headless(at Place, above []csvRow) error {
	if len(above) == 0 {
		g.note(at, "", "empty_file")
		return nil
	}
	g.note(at, "", "no_header")
	for _, r := range above[1:] { // the first might have been meant as the header
		row, err := g.row(Place{File: at.File, Sheet: at.Sheet, Line: r.line})
		if err != nil {
			return err
		}
		g.rows[row].outcome = Skipped
	}
	return nil
}

// templateHeader reads a row as the header: at least two of its headings must be columns, a name of a service or an organization among them.
func (g *gathering) templateHeader(at Place, r csvRow) (header, bool) {
	h := headed(r.cells)
	known, named := 0, false
	for i, cell := range r.cells {
		if c, ok := columnOfHeading(cell); ok {
			h.names[i] = templateColumns[c].Key
			known++
			named = named || templateColumns[c].field == "name" || templateColumns[c].field == "id"
		}
	}
	if known < 2 || !named {
		return header{}, false
	}
	for i, cell := range r.cells {
		if h.names[i] == "" && strings.TrimSpace(cell) != "" {
			g.note(Place{File: at.File, Sheet: at.Sheet, Line: r.line}, "", "unknown_column")
		}
		h.names[i] = g.once(at, h.names[:i], h.names[i])
	}
	return h, true
}

// templateRow takes the things in that one row tells of.
func (g *gathering) templateRow(ctx context.Context, row int32, cells map[string]string) error {
	at := g.rows[row].Place
	t := templateParts{gathering: g, at: at, things: map[string]map[string]any{}}
	for _, c := range templateColumns {
		given, there := cells[c.Key]
		if there && c.kind != cellText && manyValues(given) {
			g.note(at, c.Key, "too_many_values", mostValues)
			continue
		}
		if there {
			t.cell(c, given)
		}
	}
	t.mentioned(cells)
	return t.take(ctx, row)
}
