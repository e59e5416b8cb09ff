package sheet_test

import (
	"testing"

	"tahweel/directory"
	"tahweel/policy"
)

func TestAnAddressThatIsNoneIsLeftOutAndItsRowIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.bring("organizations.json", `[
		{"id":"a","name":"A","description":"x","email":"not an address","website":"www.a.example/x","logo":"none","uri":"urn:x",
			"contacts":[{"id":"c","name":"C","email":"c(at)a.example"}],"services":[{"id":"s","name":"S","status":"active","url":"see above","email":"s@a.example"}]},
		{"id":"b","name":"B","description":"x","email":" b@b.example ","website":"https://b.example"}]`, options())
	if got := total(report); got.Created != got.Read || report.Errors() != 0 {
		t.Fatal(show(report))
	}
	for code, n := range map[string]int{"not_an_email": 2, "not_a_web": 3, "web_repaired": 1} {
		if codes(report)[code] != n {
			t.Errorf("%s %d times, not %d: %s", code, codes(report)[code], n, show(report))
		}
	}
	for _, f := range report.Findings {
		if f.Code == "not_an_email" && f.Sentence.EN != "The column email holds no e-mail address; it was left out." {
			t.Errorf("%q does not name its column", f.Sentence.EN)
		}
	}
	all, err := w.directory.Organizations(t.Context(), policy.TheSystem(), directory.Filter{Limit: 10})
	w.ok(err)
	for _, o := range all {
		switch d := o.Details; o.Name.EN {
		case "A":
			if d.Email != "" || d.Website != "https://www.a.example/x" || d.Logo != "" || d.URI != "" || d.Contacts[0].Email != "" {
				t.Errorf("%+v", d)
			}
		case "B":
			if d.Email != "b@b.example" || d.Website != "https://b.example" {
				t.Errorf("the control, which is right, did not arrive: %+v", d)
			}
		}
	}
}

func TestTheTemplateNamesTheColumnOfAWrongAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.bring("x.csv", "organization_name_ar,organization_email,organization_website,service_name_ar\nجمعية,x,a.example,خدمة\n", options())
	if codes(report)["not_an_email"] != 1 || codes(report)["web_repaired"] != 1 || total(report).Created != 1 {
		t.Error(show(report))
	}
}
