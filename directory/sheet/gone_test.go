package sheet_test

import (
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/policy"
)

// catalogue is a template of one organization whose rows have no ids, so that they are known by their names alone.
const catalogue = "organization_name_ar,service_name_ar,needs,place\n" +
	"جمعية نموذجية,علاج طبيعي,DIS-PHYSIO,يطا\n" +
	"جمعية نموذجية,أجهزة مساعدة,DIS-DEVICE,يطا\n" +
	"جمعية نموذجية,نطق,DIS-SPEECH,يطا\n"

func (w *world) active() int {
	w.t.Helper()
	services, err := w.directory.Services(w.t.Context(), policy.TheSystem(), directory.Filter{Status: "active", Limit: 100})
	w.ok(err)
	return len(services)
}

func (w *world) organizations() int {
	w.t.Helper()
	organizations, err := w.directory.Organizations(w.t.Context(), policy.TheSystem(), directory.Filter{Status: "active", Limit: 100})
	w.ok(err)
	return len(organizations)
}

// TestWhatCannotBeReadIsNotGone brings a catalogue in and then one in which something cannot be read: nothing is ended, and the report says
// why. The control is the same catalogue without the row, of which all is read.
func TestWhatCannotBeReadIsNotGone(t *testing.T) {
	t.Parallel()
	line := "جمعية نموذجية,أجهزة مساعدة,DIS-DEVICE,يطا\n"
	w := newWorld(t)
	w.bring("x.csv", catalogue, options())
	before := w.active()
	for name, c := range map[string]struct {
		content string
		limits  sheet.Limits
	}{
		"a service without a name":       {strings.Replace(catalogue, "أجهزة مساعدة", "", 1), sheet.Limits{}},
		"a row without an organization":  {strings.Replace(catalogue, line, strings.Replace(line, "جمعية نموذجية", "", 1), 1), sheet.Limits{}},
		"a quotation mark":               {strings.Replace(catalogue, "نطق,", `"نطق,`, 1), sheet.Limits{}},
		"a cell that is too long":        {strings.Replace(catalogue, "DIS-DEVICE", strings.Repeat("x", 1<<17), 1), sheet.Limits{}},
		"a place that is not known":      {strings.Replace(catalogue, "DIS-DEVICE,يطا", "DIS-DEVICE,لا مكان", 1), sheet.Limits{}},
		"more rows than an import takes": {catalogue, sheet.Limits{Bytes: 1 << 20, Rows: 2}},
		"more than an import takes":      {catalogue, sheet.Limits{Bytes: int64(len(catalogue) - 60), Rows: 100}},
	} {
		o := options()
		o.EndMissing, o.Limits = true, c.limits
		report := w.bring("x.csv", c.content, o)
		if report.Missing == 0 || report.Ended != 0 || codes(report)["nothing_ended"] != 1 || codes(report)["perhaps_gone"] != report.Missing {
			t.Errorf("%s: %d missing, %d ended: %s", name, report.Missing, report.Ended, show(report))
		}
		if now := w.active(); now < before {
			t.Errorf("%s: %d services of %d are left", name, now, before)
		}
	}
	o := options()
	o.EndMissing = true
	if report := w.bring("x.csv", strings.Replace(catalogue, line, "", 1), o); report.Ended == 0 || codes(report)["nothing_ended"] != 0 {
		t.Errorf("the control: %s", show(report))
	}
}

// TestAPartThatIsSkippedHidesNothing: of a package, a service without a name may be any, and a phone without a number is none.
func TestAPartThatIsSkippedHidesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	files := map[string]string{
		"organizations.csv": "id,name\no0,Society\n",
		"services.csv":      "id,organization_id,name,status\ns0,o0,First,active\ns1,o0,Second,active\n",
		"phones.csv":        "id,service_id,number\np0,s0,022220000\n",
	}
	bring := func(file, content string) sheet.Report {
		files[file] = content
		in, err := sheet.OpenBytes("p.zip", sheet.Auto, pack(files))
		w.ok(err)
		o := options()
		o.EndMissing = true
		return w.input(in, o)
	}
	bring("surprise.txt", "")
	if report := bring("services.csv", "id,organization_id,name,status\ns0,o0,First,active\ns1,o0,,active\n"); report.Ended != 0 || w.active() != 2 {
		t.Error(show(report))
	}
	bring("phones.csv", "id,service_id,number\np0,s0,\n")
	if report := bring("services.csv", "id,organization_id,name,status\ns0,o0,First,active\n"); report.Ended != 1 || w.active() != 1 {
		t.Error(show(report))
	}
}

// TestATruncatedRecordEndsNothing: a JSON file that breaks off has said nothing of what would have followed.
func TestATruncatedRecordEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := `[{"id":"o0","name":"First","description":"One","services":[]},{"id":"o1","name":"Second","description":"Two","services":[]}]`
	w.bring("x.json", content, options())
	o := options()
	o.EndMissing = true
	if report := w.bring("x.json", content[:len(content)-20], o); report.Missing == 0 || report.Ended != 0 || codes(report)["nothing_ended"] != 1 || w.organizations() != 2 {
		t.Error(show(report))
	}
}
