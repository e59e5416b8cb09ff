package sheet_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory/sheet"
	"tahweel/internal/pg/pgtest"
)

// TestNoOrganizationIsGuessed: by its id, by its registration, by a name that one bears; where two would do or two things contradict each
// other, none is taken.
func TestNoOrganizationIsGuessed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const number = "77/9"
	interior := o.organization("association", "جمعية أولى مختلقة", "First Invented", number, "وزارة الداخلية")
	waqf := o.organization("zakat_committee", "لجنة ثانية مختلقة", "Second Invented", number, "وزارة الأوقاف")
	merged := o.organization("association", "جمعية مدموجة", "Merged Invented", "", "")
	o.Exec(t, `UPDATE organization SET status = 'defunct', merged_into = $2 WHERE id = $1`, merged, interior)
	for name, c := range map[string]struct {
		cells string // id, authority, number, name in Arabic, name in English
		want  uuid.UUID
		codes []string
	}{
		"by id":                            {waqf.String() + ",,,,", waqf, nil},
		"by id, another's number":          {o.zakat.String() + ",,QR-0001,,", uuid.Nil, []string{"organization_contradicts registration_number"}},
		"by id of none":                    {uuid.NewString() + ",,,,", uuid.Nil, []string{"organization_not_known organization_id"}},
		"by id, a name of nobody":          {waqf.String() + ",,,,Nobody", waqf, []string{"called_otherwise organization_name_ar"}},
		"by no id":                         {"seven,,,,", uuid.Nil, []string{"organization_not_known organization_id"}},
		"by number and authority":          {",وزاره الاوقاف,٧٧/٩,,", waqf, nil},
		"by a number of two":               {",,77/9,,", uuid.Nil, []string{"organization_ambiguous registration_number"}},
		"by a number, another's name":      {",,QR-0001,لجنة زكاة نموذجية,", uuid.Nil, []string{"organization_contradicts organization_name_ar"}},
		"by a number, a name of nobody":    {",,QR-0001,جمعية نموذجيه للتاهيل بيطا,", o.society, []string{"called_otherwise organization_name_ar"}},
		"by name":                          {",,,لجنه زكاه نموذجيه,", o.zakat, []string{"matched_by_name organization_name_ar"}},
		"by name in English":               {",,,,model zakat COMMITTEE", o.zakat, []string{"matched_by_name organization_name_ar"}},
		"by two names of two":              {",,,لجنة زكاة نموذجية,Model Municipality", uuid.Nil, []string{"organization_not_known organization_name_ar"}},
		"by a name of two":                 {",,,جمعية الأمل التجريبية,", uuid.Nil, []string{"organization_ambiguous organization_name_ar"}},
		"by name, a number it has not":     {",,QR-9999,لجنة زكاة نموذجية,", uuid.Nil, []string{"organization_contradicts registration_number"}},
		"by name, it has no number itself": {",,QR-9999,جمعية مدموجة,", uuid.Nil, []string{"organization_not_known organization_name_ar"}},
		"by nothing":                       {",,,,", uuid.Nil, []string{"required organization_name_ar"}},
	} {
		content := "accreditation_number,organization_id,registering_authority,registration_number,organization_name_ar,organization_name_en," +
			"valid_from,valid_to,letter_number,letter_on,minute_number,minute_on\n" +
			"X," + c.cells + ",2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10\n"
		report := o.agree("x.csv", []byte(content), sheet.AgreementOptions{Apply: true})
		if got := at(report, "", 2); !slices.Equal(got, c.codes) {
			t.Errorf("%s: %q, not %q", name, got, c.codes)
		}
		given := pgtest.Value[[]uuid.UUID](t, o.DB, `SELECT coalesce(array_agg(organization_id), '{}') FROM accreditation`)
		if c.want == uuid.Nil && len(given) != 0 || c.want != uuid.Nil && !slices.Equal(given, []uuid.UUID{c.want}) {
			t.Errorf("%s: given to %v", name, given)
		}
		o.Exec(t, `DELETE FROM accreditation_paper; DELETE FROM accreditation`)
	}
}
