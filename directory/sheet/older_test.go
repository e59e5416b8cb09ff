package sheet_test

import (
	"testing"

	"tahweel/directory"
	"tahweel/policy"
)

// TestWhatOlderColumnsSayArrivesOrIsReported brings a small package in the names of version 2.
func TestWhatOlderColumnsSayArrivesOrIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.input(w.open(pack(map[string]string{
		"organizations.csv":     "id,name,description,\no,Society,x,lost\n",
		"taxonomy_terms.csv":    "id,term,vocabulary,parent_name\nt1,One,Own,Above\nt2,Two,Own,\n",
		"services.csv":          "id,organization_id,name,status,taxonomy_ids\ns,o,Service,active,\"t1,t2\"\n",
		"eligibility.csv":       "id,service_id,eligibility,minimum_age,maximum_age,gender\ne,s,All who ask,3,12,f\n",
		"phones.csv":            "id,service_id,number,language\np,s,022220000,\"ar,en\"\n",
		"regular_schedules.csv": "service_id,weekday,opens_at,closes_at\ns,1,08:00,15:00\n",
		"holiday_schedules.csv": "service_id,closed,start_date,end_date\ns,yes,2026-05-01,2026-05-01\n",
	})), options())
	t.Log(show(report))
	if codes(report)["unknown_column"] != 2 || codes(report)["unnamed_column"] != 1 || report.Errors() != 0 {
		t.Errorf("parent_name, gender and a blank heading: %s", show(report))
	}
	services, err := w.directory.Services(t.Context(), policy.TheSystem(), directory.Filter{Limit: 10})
	w.ok(err)
	if len(services) != 1 {
		t.Fatalf("%d services", len(services))
	}
	s := services[0]
	if s.MinimumAge == nil || *s.MinimumAge != 3 || s.MaximumAge == nil || *s.MaximumAge != 12 {
		t.Errorf("ages: %v %v", s.MinimumAge, s.MaximumAge)
	}
	if len(s.Details.Attributes) != 2 || len(s.Details.Phones) != 1 || len(s.Details.Phones[0].Languages) != 2 || s.Details.Phones[0].Languages[0].Code != "ar" || len(s.Details.Schedules) != 2 {
		t.Errorf("%+v", s.Details)
	}
}
