package sheet

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
)

// form is what a table of agreements holds.
type form uint8

const (
	formAccreditation form = iota
	formInstrument
	forms
)

// agreementColumn is one column of a table of agreements.
type agreementColumn struct {
	key, arabic string
	aliases     []string
	example     string
	of          []form // nil: of both
}

var (
	ofAccreditations = []form{formAccreditation}
	ofInstruments    = []form{formInstrument}
)

// numberColumn names the column without which a table is none of the form.
var numberColumn = [forms]string{"accreditation_number", "memorandum_number"}

var agreementColumns = []agreementColumn{
	{"accreditation_number", "رقم الاعتماد", []string{"accreditation no", "accreditation", "رقم شهادة الاعتماد"}, "AC-2026/017", ofAccreditations},
	{"memorandum_number", "رقم المذكرة", []string{"instrument_number", "mou number", "mou no", "رقم مذكرة التفاهم", "رقم الوثيقة"}, "MOU-2026/014", ofInstruments},
	{"memorandum_kind", "نوع الوثيقة", []string{"instrument_kind", "kind"}, "memorandum", ofInstruments},
	{"organization_id", "معرّف المنظمة", nil, "", nil},
	{"organization_name_ar", "اسم المنظمة", []string{"organization", "organization_name", "الجمعية", "اسم الجمعية", "المؤسسة"}, "جمعية نموذجية", nil},
	{"organization_name_en", "اسم المنظمة بالإنجليزية", []string{"organization in english"}, "Model Society", nil},
	{"registering_authority", "جهة التسجيل", nil, "وزارة الداخلية", nil},
	{"registration_number", "رقم التسجيل", []string{"registration no", "رقم تسجيل الجمعية"}, "QR-0000-E", nil},
	{"valid_from", "تاريخ البداية", []string{"from", "start", "start_date", "من تاريخ", "بداية السريان"}, "2026-01-01", nil},
	{"valid_to", "تاريخ النهاية", []string{"to", "until", "end", "end_date", "expires_on", "إلى تاريخ", "نهاية السريان", "تاريخ الانتهاء"}, "2026-12-31", nil},
	{"letter_number", "رقم الكتاب", []string{"letter no", "رقم كتاب التوقيع"}, "K-2025/310", nil},
	{"letter_on", "تاريخ الكتاب", []string{"letter_date"}, "2025-12-20", nil},
	{"minute_number", "رقم المحضر", []string{"minute no", "رقم محضر اللجنة"}, "L-2025/40", nil},
	{"minute_on", "تاريخ المحضر", []string{"minute_date", "تاريخ محضر اللجنة"}, "2025-12-10", nil},
	{"status", "الحالة", []string{"الوضع"}, "", nil},
	{"stop_reason", "سبب الإيقاف", []string{"reason"}, "", nil},
	{"needs", "الاحتياجات", []string{"need", "الاحتياج", "الخدمات"}, "DIS-PHYSIO, FSC", nil},
	{"governorates", "المحافظات", []string{"governorate", "المحافظة"}, "الخليل, بيت لحم", nil},
	{"directorates", "المديريات", []string{"directorate", "المديرية"}, "all", ofInstruments},
	{"target_groups", "الفئات المستهدفة", []string{"target_group", "الفئة المستهدفة"}, "children", ofInstruments},
	{"max_tier", "أعلى درجة حساسية", []string{"tier", "درجة الحساسية"}, "2", ofInstruments},
	{"grants", "مجموعات البيانات", []string{"data_groups", "البيانات الممنوحة"}, "C, D, E", ofInstruments},
	{"quota_open", "الحصة المفتوحة", nil, "20", ofInstruments},
	{"quota_month", "الحصة الشهرية", nil, "", ofInstruments},
	{"onward_sharing", "مشاركة البيانات", nil, "no", ofInstruments},
	{"retention_days", "أيام حفظ البيانات", nil, "1825", ofInstruments},
	{"breach_notice_hours", "ساعات الإبلاغ عن الخرق", nil, "24", ofInstruments},
	{"document_sha256", "بصمة الوثيقة", nil, "", ofInstruments},
}

func (c agreementColumn) in(f form) bool { return c.of == nil || slices.Contains(c.of, f) }

// agreementColumnsOf are the columns of a form in the order of the template.
func agreementColumnsOf(f form) []agreementColumn {
	return slices.DeleteFunc(slices.Clone(agreementColumns), func(c agreementColumn) bool { return !c.in(f) })
}

// agreementHeadings finds the column of a form by a heading in either language.
var agreementHeadings = func() (out [forms]map[string]string) {
	for f := range forms {
		out[f] = map[string]string{}
		for _, c := range agreementColumnsOf(f) {
			for _, heading := range append([]string{c.key, c.arabic}, c.aliases...) {
				out[f][normalHeader(heading)], out[f][arabicHeading(heading)] = c.key, c.key
			}
		}
	}
	return out
}()

// bareNumber are headings that mean the number of whatever the sheet is named after.
var bareNumber = []string{"number", "no", arabicHeading("الرقم")}

func agreementColumnOf(f form, heading string) (string, bool) {
	for _, h := range []string{normalHeader(heading), arabicHeading(heading)} {
		if key, ok := agreementHeadings[f][h]; ok {
			return key, true
		}
	}
	return "", false
}

// formOfSheet is the form that a sheet is named after.
func formOfSheet(name string) (form, bool) {
	name = normal(name)
	for f, words := range [forms][]string{{"accredit", "اعتماد"}, {"memorand", "mou", "instrument", "مذكر", "وثائق"}} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) }) {
			return form(f), true
		}
	}
	return 0, false
}

// agreementHeader reads a row as the header of a table: three of its headings must be columns, the number among them. The name of the
// sheet says which form it is; without one the headings do.
func (a *agreeing) agreementHeader(at Place, r csvRow) (f form, h header, ok bool) {
	named, isNamed := formOfSheet(at.Sheet)
	best := 2
	for candidate := range forms {
		if isNamed && candidate != named {
			continue
		}
		names, known := make([]string, len(r.cells)), 0
		for i, cell := range r.cells {
			key, found := agreementColumnOf(candidate, cell)
			if !found && isNamed && (slices.Contains(bareNumber, normalHeader(cell)) || slices.Contains(bareNumber, arabicHeading(cell))) {
				key, found = numberColumn[candidate], true
			}
			if found {
				names[i], known = key, known+1
			}
		}
		if known > best && slices.Contains(names, numberColumn[candidate]) {
			f, h, ok, best = candidate, header{names: names}, true, known
		}
	}
	if !ok {
		return 0, header{}, false
	}
	for i, cell := range r.cells {
		if h.names[i] == "" && strings.TrimSpace(cell) != "" {
			a.note(Place{File: at.File, Sheet: at.Sheet, Line: r.line}, letters(i), "unknown_column")
		}
		h.names[i] = a.once(at, h.names[:i], h.names[i])
	}
	return f, h, true
}

// letters are how a spreadsheet calls a column: A, B … Z, AA.
func letters(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// agreementTable reads one table of agreements.
func (a *agreeing) agreementTable(ctx context.Context, at Place, rows rowReader) error {
	a.above = nil
	var titles []csvRow
	for {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			return a.headless(at, titles)
		}
		if err != nil {
			return broken(err)
		}
		if f, h, ok := a.agreementHeader(at, r); ok {
			for _, title := range titles {
				a.note(Place{File: at.File, Sheet: at.Sheet, Line: title.line}, "", "above_header")
			}
			return a.each(ctx, at, &padded{rows: rows, width: len(h.names)}, h, func(row int32, cells map[string]string) error {
				return a.agreementRow(ctx, f, row, cells)
			})
		}
		titles = append(titles, r)
		if len(titles) == headerWithin {
			if err := a.headless(at, titles); err != nil {
				return err
			}
			return a.each(ctx, at, rows, header{}, func(row int32, _ map[string]string) error {
				a.rows[row].outcome = Skipped
				return nil
			})
		}
	}
}

// padded gives every row as many cells as the header has: a spreadsheet does not keep the empty ones at the end.
type padded struct {
	rows  rowReader
	width int
}

func (p *padded) next() (csvRow, error) {
	r, err := p.rows.next()
	for err == nil && r.broken == "" && len(r.cells) < p.width {
		r.cells = append(r.cells, "")
	}
	return r, err
}
