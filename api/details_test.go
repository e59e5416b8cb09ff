package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	organizationDetails = `{"alternate_name":{"ar":"الأمل","en":"Hope"},"email":"office@example.org","website":"https://example.org","websites":[{"label":{"ar":"صفحة","en":"Page"},"url":"http://example.org/p"}],
 "year_incorporated":1998,"phones":[{"number":"٠٢ ٢٠٠ ٠٠٠١","extension":0,"type":"voice","languages":[{"code":"ar"}]}],"contacts":[{"name":{"ar":"مكتب","en":"Office"},"email":"a@example.org","phones":[{"number":"059 000 0001"}]}],
 "funding":[{"source":{"ar":"تبرعات","en":"Donations"}}],"programs":[{"name":{"ar":"تأهيل","en":"Rehabilitation"}}],"identifiers":[{"scheme":"PS-MOI","identifier":"QR-1"}],"attributes":[{"label":"x","value":"y"}]}`
	serviceDetails = `{"url":"https://example.org/s","application_process":{"ar":"اتصل","en":"Call"},"alert":{"ar":"مغلق اليوم","en":"Closed today"},"alert_until":"2026-06-30",
 "schedules":[{"freq":"WEEKLY","by_day":"SU,MO,TU,WE,TH","wkst":"SU","opens_at":"08:00","closes_at":"14:30","valid_from":"2026-01-01","attending_type":"outreach"}],"languages":[{"code":"ar"},{"code":"en"}],
 "cost_options":[{"amount":0,"currency":"ILS","option":{"ar":"مجاني","en":"Free"}}],"required_documents":[{"document":{"ar":"هوية","en":"Identity card"}}],
 "capacities":[{"unit":{"name":{"ar":"سرير","en":"Bed"}},"available":3,"maximum":10,"updated":"2026-04-01T08:00:00Z"},{"unit":{"name":{"ar":"طرد","en":"Parcel"}},"available":0}],
 "eligibility":{"social_registry":true,"poverty_bands":["extreme","poor"],"identity_docs":["unrwa"],"governorate_only":["PS0150"],"refugee_status":"refugee"},"female_worker":true,"transport":true,"waiting_days":4}`
	locationDetails = `{"transportation":{"ar":"حافلة","en":"Bus"},"addresses":[{"address1":{"ar":"شارع","en":"Street"},"country":"PS","address_type":"physical"}],
 "accessibility":[{"feature":"wheelchair_entrance"},{"description":{"ar":"ممر واسع","en":"A wide corridor"}}]}`
	offerDetails = `{"schedules":[{"freq":"MONTHLY","by_day":"1SU","opens_at":"09:00","closes_at":"12:00"}],"waiting_days":0,"waiting_as_of":"2026-03-01T00:00:00Z","capacities":[{"unit":{"name":{"ar":"مقعد","en":"Seat"}},"available":1.5}]}`
)

// within reports what of want, a piece of JSON, is not so in got; members that got has besides are not looked at.
func saidIn(t *testing.T, want string, got any) string {
	t.Helper()
	var tree, whole any
	text, err := json.Marshal(got)
	if err != nil || json.Unmarshal([]byte(want), &tree) != nil || json.Unmarshal(text, &whole) != nil {
		t.Fatal(err, want)
	}
	return cmp.Diff(tree, pruned(whole, tree))
}

// pruned leaves out of v what like does not have.
func pruned(v, like any) any {
	switch v := v.(type) {
	case map[string]any:
		like, _ := like.(map[string]any)
		out := map[string]any{}
		for name, member := range like {
			if value, ok := v[name]; ok {
				out[name] = pruned(value, member)
			}
		}
		return out
	case []any:
		like, _ := like.([]any)
		out := make([]any, len(v))
		for i := range v {
			if i < len(like) {
				out[i] = pruned(v[i], like[i])
			}
		}
		return out
	}
	return v
}

func TestWhatTheCatalogueSaysComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := post[Organization](t, w, "/v1/organizations", strings.TrimSuffix(organizationBody, "}")+`,"details":`+organizationDetails+`}`)
	program := o.Details.Programs[0].ID.String()
	v := post[Service](t, w, "/v1/services", `{"organization_id":"`+o.ID.String()+`","external_id":"PT-1",`+serviceFields+`,"details":{"program_id":"`+program+`",`+serviceDetails[1:]+`}`)
	l := post[Location](t, w, "/v1/locations", `{"organization_id":"`+o.ID.String()+`","valid_from":"2026-01-01","valid_to":"2026-12-31",`+locationFields+`,"details":`+locationDetails+`}`)
	sal := post[ServiceAtLocation](t, w, "/v1/service-at-locations", `{"service_id":"`+v.ID.String()+`","location_id":"`+l.ID.String()+`","details":`+offerDetails+`}`)
	dialled := strings.NewReplacer("٠٢ ٢٠٠ ٠٠٠١", "+97022000001", "059 000 0001", "+970590000001").Replace(organizationDetails)
	for path, want := range map[string]string{
		"/v1/organizations/" + o.ID.String(): dialled, "/v1/services/" + v.ID.String(): serviceDetails,
		"/v1/locations/" + l.ID.String(): locationDetails, "/v1/service-at-locations/" + sal.ID.String(): offerDetails,
	} {
		got := decode[map[string]any](t, w.as(t, w.manager, "GET", path, ""), 200)
		if diff := saidIn(t, want, got["details"]); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if diff := saidIn(t, want[:1]+`"nothing":"there",`+want[1:], got["details"]); diff == "" {
			t.Errorf("%s: a difference is not seen", path)
		}
	}
	if v.ExternalID != "PT-1" || l.ValidTo != "2026-12-31" || v.Details.WaitingAsOf == nil || v.Details.WaitingStale {
		t.Errorf("%+v %+v", v, l)
	}
	if c := v.Details.Capacities; !c[0].Stale || c[1].Stale || !sal.Details.WaitingStale || sal.Details.Capacities[0].Stale {
		t.Errorf("what was said long ago: %+v %+v", v.Details, sal.Details)
	}

	// A change replaces all of it; parts keep their ids, also where they are not named.
	body := `{` + serviceFields + `,"details":` + serviceDetails + `}`
	again := decode[Service](t, w.as(t, w.officer, "PUT", "/v1/services/"+v.ID.String(), body, seen(v.Version)), 200)
	if again.ExternalID != "" || again.Details.ProgramID != nil || *again.Details.Schedules[0].ID != *v.Details.Schedules[0].ID || *again.Details.Languages[1].ID != *v.Details.Languages[1].ID {
		t.Errorf("changed to %+v", again)
	}
	swapped := strings.Replace(body, `[{"code":"ar"},{"code":"en"}]`, `[{"code":"fr"},{"code":"ar","id":"`+v.Details.Languages[0].ID.String()+`"}]`, 1)
	third := decode[Service](t, w.as(t, w.officer, "PUT", "/v1/services/"+v.ID.String(), swapped, seen(again.Version)), 200)
	if l := third.Details.Languages; *l[1].ID != *v.Details.Languages[0].ID || *l[0].ID == *l[1].ID {
		t.Errorf("swapped to %+v", l)
	}
	bare := decode[Service](t, w.as(t, w.officer, "PUT", "/v1/services/"+v.ID.String(), `{`+serviceFields+`}`, seen(third.Version)), 200)
	changes := decode[ChangeList](t, w.as(t, w.officer, "GET", "/v1/services/"+v.ID.String()+"/history", ""), 200)
	if bare.Details != nil || len(changes.Items) != 4 || !strings.Contains(string(w.as(t, w.officer, "GET", "/v1/services/"+v.ID.String()+"/history", "").body), "Closed today") {
		t.Errorf("left with %+v, %d changes", bare.Details, len(changes.Items))
	}
	changed := decode[ServiceAtLocation](t, w.as(t, w.officer, "PUT", "/v1/service-at-locations/"+sal.ID.String(), `{"details":{"waiting_days":9}}`, seen(sal.Version)), 200)
	if *changed.Details.WaitingDays != 9 || changed.Details.Schedules != nil || !changed.Details.WaitingAsOf.Equal(worldTime) {
		t.Errorf("the offer: %+v", changed.Details)
	}
}

func TestBadDetailsAreNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := post[Organization](t, w, "/v1/organizations", organizationBody)
	refused := func(path, body string, pointers ...string) {
		t.Helper()
		got := decode[Problem](t, w.as(t, w.officer, "POST", path, body), 422)
		var named []string
		for _, e := range got.Errors {
			named = append(named, e.Pointer)
		}
		if diff := cmp.Diff(pointers, named); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	refused("/v1/organizations", `{"kind":"association","name":{"ar":"","en":"X"},"details":{"email":"nobody","website":"javascript:alert(1)","logo":"ftp://example.org","year_incorporated":3,
 "websites":[{"url":"x"}],"phones":[{"number":"12"},{"number":"059 000 0001","type":"pigeon","languages":[{"code":"xx"}]}],"funding":[{}],"programs":[{}],"identifiers":[{"identifier":""}]}}`,
		"/name/ar", "/details/email", "/details/website", "/details/logo", "/details/year_incorporated", "/details/websites/0/url", "/details/phones/0/number",
		"/details/phones/1/type", "/details/phones/1/languages/0/code", "/details/funding/0/source", "/details/programs/0/name", "/details/identifiers/0/identifier")
	refused("/v1/services", `{"organization_id":"`+o.ID.String()+`","name":{"ar":"x","en":"x"},"needs":[],"delivery_modes":["remote"],"details":{"assured_date":"2026-02-30","alert_until":"2026-01-01","waiting_as_of":"2027-01-01T00:00:00Z","waiting_days":1,
 "schedules":[{"valid_from":"2026-02-01","valid_to":"2026-01-01","until":"soon","wkst":"XX","freq":"DAILY","by_day":"SUN","by_month_day":"32","timezone":99,"opens_at":"24:00","closes_at":"8"}],
 "cost_options":[{"amount":-1},{"amount":1,"currency":"shekel"}],"required_documents":[{}],"capacities":[{"unit":{},"available":5,"maximum":4,"updated":"2030-01-01T00:00:00Z"}],
 "eligibility":{"poverty_bands":["rich"],"identity_docs":["x"],"governorate_only":["Hebron"],"refugee_status":"x"}}}`,
		"/needs", "/details/assured_date", "/details/alert", "/details/waiting_as_of", "/details/schedules/0/valid_to", "/details/schedules/0/until", "/details/schedules/0/wkst",
		"/details/schedules/0/freq", "/details/schedules/0/by_day", "/details/schedules/0/by_month_day", "/details/schedules/0/timezone", "/details/schedules/0/opens_at",
		"/details/schedules/0/closes_at", "/details/cost_options/0/amount", "/details/cost_options/0/currency", "/details/cost_options/1/currency", "/details/required_documents/0/document",
		"/details/capacities/0/unit/name", "/details/capacities/0/available", "/details/capacities/0/updated", "/details/eligibility/poverty_bands/0", "/details/eligibility/identity_docs/0",
		"/details/eligibility/governorate_only/0", "/details/eligibility/refugee_status")
	refused("/v1/locations", `{"organization_id":"`+o.ID.String()+`",`+locationFields+`,"valid_from":"2026-02-01","valid_to":"2026-01-01","details":{"location_type":"cloud","addresses":[{"country":"Palestine"}],"accessibility":[{"feature":"ramp"},{}]}}`,
		"/valid_to", "/details/location_type", "/details/addresses/0/address1", "/details/addresses/0/country", "/details/accessibility/0/feature", "/details/accessibility/1/description")
	refused("/v1/services", `{"organization_id":"`+o.ID.String()+`",`+serviceFields+`,"details":{"program_id":"0198c0de-5555-7000-8000-000000000009"}}`, "/details/program_id")
	refused("/v1/organizations", `{"kind":"association","name":{"ar":"x","en":"x"},"details":{"parent_id":"0198c0de-5555-7000-8000-000000000009"}}`, "/details/parent_id")
	id := `"id":"0198c0de-5555-7000-8000-000000000009"`
	refused("/v1/organizations", `{"kind":"association","name":{"ar":"x","en":"x"},"details":{"phones":[{`+id+`,"number":"0590000001"},{`+id+`,"number":"0590000002"}]}}`, "/details/phones/1/id")

	hidden := w.as(t, w.focal, "POST", "/v1/locations", `{"organization_id":"`+w.first.String()+`","confidential":true,"place":"gn-281292","point":{"longitude":35.1,"latitude":31.45},"external_id":"H","details":{"description":{"ar":"سر","en":"secret"}}}`)
	if p := decode[Problem](t, hidden, 422); len(p.Errors) != 2 || p.Errors[0].Pointer != "/details" {
		t.Errorf("a confidential location with details: %+v", p)
	}
	taken := `{"organization_id":"` + o.ID.String() + `","external_id":"1",` + serviceFields + `}`
	post[Service](t, w, "/v1/services", taken)
	if p := decode[Problem](t, w.as(t, w.officer, "POST", "/v1/services", taken), 409); p.Code != "external_id_taken" {
		t.Errorf("an external id twice: %+v", p)
	}
}
