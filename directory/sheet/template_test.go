package sheet_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/charmap"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/policy"
)

// Invented organizations in real places, with what people do to a sheet: a title above the header, both digits, an unknown column.
const template = "دليل الجمعيات\n" +
	"اسم المنظمة;organization_name_en;رقم التسجيل;اسم الخدمة;service_name_en;needs;الحد الأعلى للعمر;التجمع;latitude;longitude;هاتف الخدمة;أوقات الدوام;ملاحظات\n" +
	"جمعية نموذجية للتأهيل;Model Rehabilitation;QR-0001;علاج طبيعي;Physiotherapy;DIS-PHYSIO;١٨;يطا;31.447;35.09;٠٢٢٢٢٠٠٠٠;SU,MO,TU,WE,TH 08:00-15:00;\n" +
	"جمعية نموذجية للتأهيل;Model Rehabilitation;QR-0001;علاج وظيفي;Occupational therapy;لا يوجد;;دورا;35.03;31.507;;;\n" +
	"جمعية أخرى;;;زيارات;;DIS-PHYSIO;abc;;;;;;\n" +
	";;;;;;;;;;;;\n" +
	";;;بلا جمعية;;;;;;;;;\n"

func TestTheTemplateIsReadWithAllItsDirt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.bring("x.csv", template, options())
	t.Log(show(report))
	if got := total(report); got.Read != 4 || got.Created != 3 || got.Skipped != 1 {
		t.Errorf("got %+v", got)
	}
	for _, code := range []string{"above_header", "unknown_column", "unknown_need", "coordinates_swapped", "not_a_number", "other_language", "required"} {
		if codes(report)[code] == 0 {
			t.Errorf("%s was not reported", code)
		}
	}
	services, err := w.directory.Services(t.Context(), policy.TheSystem(), directory.Filter{Limit: 10})
	w.ok(err)
	if len(services) != 3 {
		t.Fatalf("%d services", len(services))
	}
	for _, s := range services {
		if s.Name.EN == "Physiotherapy" && (s.MaximumAge == nil || *s.MaximumAge != 18 || s.NeedCodes[0] != "DIS-PHYSIO" || s.Details.Phones[0].Number != "022220000") {
			t.Errorf("got %+v", s)
		}
	}
	again := w.bring("x.csv", template, options())
	if got := total(again); got.Unchanged != 3 || got.Skipped != 1 {
		t.Errorf("a second time: %+v", show(again))
	}
	after, err := w.directory.Services(t.Context(), policy.TheSystem(), directory.Filter{Limit: 10})
	w.ok(err)
	for i := range after {
		if after[i].Version != services[i].Version {
			t.Error("a version moved although nothing changed")
		}
	}
	changed := w.bring("x.csv", strings.Replace(template, "١٨", "١٧", 1), options())
	if got := total(changed); got.Updated != 1 || got.Unchanged != 2 {
		t.Errorf("after a change: %s", show(changed))
	}
}

func TestWindows1256IsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	encoded, err := charmap.Windows1256.NewEncoder().String(strings.NewReplacer("١٨", "18", "٠٢٢٢٢٠٠٠٠", "022220000").Replace(template))
	w.ok(err)
	report := w.bring("x.csv", encoded, options())
	if total(report).Created != 3 || codes(report)["windows_1256"] != 1 {
		t.Error(show(report))
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := options()
	o.Apply = false
	dry := w.bring("x.csv", template, o)
	organizations, err := w.directory.Organizations(t.Context(), policy.TheSystem(), directory.Filter{Limit: 10})
	w.ok(err)
	if len(organizations) != 0 {
		t.Fatal("a dry run wrote organizations")
	}
	var rows int
	w.ok(w.DB.DB.InTx(t.Context(), policy.TheSystem(), countRows(&rows)))
	if rows != 0 {
		t.Error("rows were left over")
	}
	if real := w.bring("x.csv", template, options()); total(real) != total(dry) || len(real.Findings) != len(dry.Findings) {
		t.Errorf("it promised %s and did %s", show(dry), show(real))
	}
}

func TestWhatIsGoneIsReportedAndEndedWhenTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bring("x.csv", template, options())
	less := strings.Join(strings.Split(template, "\n")[:3], "\n")
	if report := w.bring("x.csv", less, options()); report.Missing != 4 || report.Ended != 0 || codes(report)["gone"] != 4 {
		t.Errorf("missing %d: %s", report.Missing, show(report))
	}
	o := options()
	o.EndMissing = true
	if report := w.bring("x.csv", less, o); report.Ended != report.Missing || report.Missing == 0 {
		t.Error(show(report))
	}
	active, err := w.directory.Services(t.Context(), policy.TheSystem(), directory.Filter{Status: "active", Limit: 10})
	w.ok(err)
	if len(active) != 1 {
		t.Errorf("%d services", len(active))
	}
	other := options()
	other.Source, other.EndMissing = "another", true
	if report := w.bring("x.csv", template, other); report.Missing != 0 || codes(report)["looks_like_another"] == 0 {
		t.Error(show(report))
	}
}

func TestAnExportReadBackChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bring("x.csv", template, options())
	w.native()
	for _, f := range sheet.Formats {
		content := w.export(f)
		in, err := sheet.OpenBytes("export", f, content)
		w.ok(err)
		o := options()
		o.Source = "test"
		report := w.input(in, o)
		if got := total(report); got.Read == 0 || got.Unchanged != got.Read || report.Errors() != 0 {
			t.Errorf("%s: %s", f, show(report))
		}
	}
}

// native adds an organization that was entered here, with cells that a spreadsheet would take for formulas.
func (w *world) native() directory.Organization {
	w.t.Helper()
	o, err := w.directory.CreateOrganization(w.t.Context(), policy.TheSystem(), directory.Organization{
		Kind: directory.Association, Name: directory.Name{AR: "=جمعية", EN: "=1+1"}, RegistrationNumber: "-7",
		Details: directory.OrganizationDetails{Phones: []directory.Phone{{Number: "+97022220001"}}},
	})
	w.ok(err)
	_, err = w.directory.CreateOrganization(w.t.Context(), policy.TheSystem(), directory.Organization{ // as an import left it
		Kind: directory.Association, Name: directory.Name{AR: "+جمعية", EN: "@1+1"}, Source: "invented",
		RegisteringAuthority: "'=x", Details: directory.OrganizationDetails{Email: "=x@y.example"},
	})
	w.ok(err)
	_, err = w.directory.CreateService(w.t.Context(), policy.TheSystem(), directory.Service{
		OrganizationID: o.ID, Name: directory.Name{AR: "خدمة", EN: "\tService"}, NeedCodes: []string{"DIS-PHYSIO"}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	w.ok(err)
	return o
}

func TestAnOrganizationImportsItsOwnOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.native()
	focal := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: mine.ID}}}
	in, err := sheet.OpenBytes("x.csv", sheet.Auto, []byte(template))
	w.ok(err)
	if _, err := w.store.Import(t.Context(), focal, in, options()); err == nil {
		t.Error("it imported for all")
	}
	o := options()
	o.Own = mine.ID
	report, err := w.store.Import(t.Context(), focal, in, o)
	w.ok(err)
	addsUp(t, report)
	if got := total(report); got.Skipped != got.Read || codes(report)["not_yours"] == 0 {
		t.Error(show(report))
	}
	o.Own = uuid.New()
	if _, err := w.store.Import(t.Context(), focal, in, o); err == nil {
		t.Error("it imported for another organization")
	}
}
