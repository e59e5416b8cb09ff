package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/policy"
)

func seen(version int) string { return fmt.Sprintf(`If-Match: "%d"`, version) }

const (
	organizationBody = `{"kind":"association","name":{"ar":"جمعية جديدة","en":"New society"},"description":{"ar":"وصف","en":"Words"},
 "registering_authority":"وزارة الداخلية","registration_number":"QR-1","registration_expires_on":"2027-01-31"}`
	serviceFields = `"name":{"ar":"علاج","en":"Therapy"},"needs":["DIS-PHYSIO"],"delivery_modes":["facility"],"minimum_age":3,
 "areas":[{"governorate":"PS0150"},{"polygon":{"type":"MultiPolygon","coordinates":[[[[35,31],[36,31],[36,32],[35,31]]]]}}]`
	locationFields = `"name":{"ar":"مركز","en":"Centre"},"place":"gn-281292","point":{"longitude":35.1,"latitude":31.45}`
)

// post creates something as the officer.
func post[T any](t *testing.T, w *world, path, body string) T {
	t.Helper()
	return decode[T](t, w.as(t, w.officer, "POST", path, body), 201)
}

// provider makes, by the API alone, an organization that can be found as soon as it has a memorandum.
func (w *world) register(t *testing.T) (Organization, Service, Location, ServiceAtLocation, Accreditation) {
	t.Helper()
	o := post[Organization](t, w, "/v1/organizations", organizationBody)
	b := post[Branch](t, w, "/v1/branches", `{"organization_id":"`+o.ID.String()+`","name":{"ar":"فرع","en":"Branch"},"place":"gn-281292","telephone":"+970 2 000 0000"}`)
	v := post[Service](t, w, "/v1/services", `{"organization_id":"`+o.ID.String()+`",`+serviceFields+`}`)
	l := post[Location](t, w, "/v1/locations", `{"organization_id":"`+o.ID.String()+`","branch_id":"`+b.ID.String()+`",`+locationFields+`}`)
	sal := post[ServiceAtLocation](t, w, "/v1/service-at-locations", `{"service_id":"`+v.ID.String()+`","location_id":"`+l.ID.String()+`"}`)
	a := post[Accreditation](t, w, "/v1/accreditations", `{"organization_id":"`+o.ID.String()+`"}`)
	path := "/v1/accreditations/" + a.ID.String()
	a = decode[Accreditation](t, w.as(t, w.officer, "POST", path+"/start-review", "", seen(a.Version)), 200)
	const grant = `{"letter_number":"M-9","number":"A-9","valid_from":"2026-01-01","valid_to":"2026-12-31"}`
	w.as(t, w.officer, "POST", path+"/accredit", grant, seen(a.Version)).want(t, 403, "preparer_does_not_accredit")
	if strings.Contains(strings.Join(a.AllowedTransitions, " "), "accredit") {
		t.Errorf("what is refused is offered: %q", a.AllowedTransitions)
	}
	second := w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
	a = decode[Accreditation](t, w.as(t, second, "POST", path+"/accredit", grant, seen(a.Version)), 200)
	return o, v, l, sal, a
}

// finds reports whether the Hebron case manager finds the offer near Yatta.
func (w *world) finds(t *testing.T, offer uuid.UUID) bool {
	t.Helper()
	list := decode[ProviderList](t, w.as(t, w.manager, "GET", "/v1/nearby?need=DIS-PHYSIO&limit=50&place="+yatta, ""), 200)
	for _, item := range list.Items {
		if item.ServiceAtLocationID == offer {
			return true
		}
	}
	return false
}

func TestTheRegisterFromNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, v, l, sal, a := w.register(t)
	if sal.OrganizationID != o.ID || sal.Accepting.Status != "unknown" || a.Status != "accredited" || a.Number != "A-9" || l.BranchID == nil || len(v.Areas) != 2 {
		t.Fatalf("registered: %+v %+v %+v %+v", sal, a, l, v)
	}
	if w.finds(t, sal.ID) {
		t.Error("found without a memorandum")
	}
	w.memorandum(t, o.ID, "2026/999")
	if !w.finds(t, sal.ID) {
		t.Error("not found with everything it needs")
	}
	for _, read := range []string{
		"/v1/organizations/" + o.ID.String(), "/v1/services/" + v.ID.String(), "/v1/locations/" + l.ID.String(), "/v1/branches/" + l.BranchID.String(),
		"/v1/service-at-locations/" + sal.ID.String(), "/v1/accreditations/" + a.ID.String(),
	} {
		first := w.as(t, w.manager, "GET", read, "")
		if again := w.as(t, w.manager, "GET", read, "", "If-None-Match: "+first.Header.Get("ETag")); first.StatusCode != 200 || again.StatusCode != 304 {
			t.Errorf("%s: %d, then %d", read, first.StatusCode, again.StatusCode)
		}
		changes := decode[ChangeList](t, w.as(t, w.officer, "GET", read+"/history?limit=1", ""), 200)
		if len(changes.Items) != 1 || changes.Items[0].Version != 1 || changes.Items[0].By == nil || changes.Items[0].By.Name == nil {
			t.Errorf("%s/history: %+v", read, changes)
		}
	}
	history := decode[ChangeList](t, w.as(t, w.manager, "GET", "/v1/accreditations/"+a.ID.String()+"/history?limit=2", ""), 200)
	rest := decode[ChangeList](t, w.as(t, w.manager, "GET", "/v1/accreditations/"+a.ID.String()+"/history?limit=2&cursor="+url.QueryEscape(history.NextCursor), ""), 200)
	if history.Items[0].Action != "apply" || history.Items[1].Action != "start_review" || len(rest.Items) != 1 || rest.Items[0].Action != "accredit" || rest.NextCursor != "" {
		t.Errorf("the accreditation's history: %+v %+v", history, rest)
	}
}

func TestWhatEndsIsFoundNoMoreAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, v, _, sal, a := w.register(t)
	w.memorandum(t, o.ID, "2026/999")
	put := func(path, body string, version, want int) {
		t.Helper()
		if got := w.as(t, w.officer, "PUT", path, body, seen(version)); got.StatusCode != want {
			t.Errorf("%s %s: %d %s", path, body, got.StatusCode, got.body)
		}
	}
	move := func(name, body string) {
		t.Helper()
		a = decode[Accreditation](t, w.as(t, w.officer, "POST", "/v1/accreditations/"+a.ID.String()+"/"+name, body, seen(a.Version)), 200)
	}
	offer := "/v1/service-at-locations/" + sal.ID.String()
	for _, c := range []struct {
		name      string
		end, mend func()
	}{
		{"an organization", func() { put("/v1/organizations/"+o.ID.String()+"/status", `{"status":"defunct"}`, 1, 200) },
			func() { put("/v1/organizations/"+o.ID.String()+"/status", `{"status":"active"}`, 2, 200) }},
		{"a service", func() { put("/v1/services/"+v.ID.String()+"/status", `{"status":"inactive"}`, 1, 200) },
			func() { put("/v1/services/"+v.ID.String()+"/status", `{"status":"active"}`, 2, 200) }},
		{"an offer", func() { put(offer+"/status", `{"status":"inactive"}`, 1, 200) }, func() { put(offer+"/status", `{"status":"active"}`, 2, 200) }},
		{"a place", func() { put(offer+"/accepting", `{"status":"no_capacity"}`, 3, 200) }, func() { put(offer+"/accepting", `{"status":"waitlist"}`, 4, 200) }},
		{"an accreditation", func() { move("suspend", `{"kind":"safeguarding"}`) }, func() { move("reinstate", "") }},
		{"for good", func() { move("revoke", "") }, nil},
	} {
		if !w.finds(t, sal.ID) {
			t.Errorf("before %s ends nothing is found", c.name)
		}
		if c.end(); w.finds(t, sal.ID) {
			t.Errorf("%s ended and is found", c.name)
		}
		if c.mend != nil {
			c.mend()
		}
	}
	put("/v1/organizations/"+o.ID.String()+"/status", `{"status":"defunct"}`, 1, 412)
	put("/v1/organizations/"+o.ID.String()+"/status", `{"status":"inactive"}`, 3, 400)
	w.as(t, w.officer, "POST", "/v1/accreditations/"+a.ID.String()+"/reinstate", "", seen(a.Version)).want(t, 409, "invalid_transition")
	w.as(t, w.officer, "POST", "/v1/accreditations/"+a.ID.String()+"/suspend", `{"kind":"other"}`, seen(a.Version)).want(t, 400, "invalid_input", "/kind")
}

func TestAChangeReplacesWhatMayBeSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, v, l, _, _ := w.register(t)
	path := "/v1/organizations/" + o.ID.String()
	changed := decode[Organization](t, w.as(t, w.officer, "PUT", path, `{"kind":"un_agency","name":{"ar":"اسم","en":"Name"}}`, seen(1)), 200)
	if changed.Version != 2 || changed.Kind != "un_agency" || changed.Description != nil || changed.RegistrationNumber != "" || changed.Status != "active" {
		t.Errorf("changed: %+v", changed)
	}
	w.as(t, w.officer, "PUT", path, organizationBody, seen(1)).want(t, 412, "version_conflict")
	w.as(t, w.officer, "PUT", path, organizationBody).want(t, 428, "if_match_required")
	w.as(t, w.officer, "PUT", "/v1/organizations/"+uuid.NewString(), organizationBody, seen(1)).want(t, 404, "not_found")
	// All faults at once.
	w.as(t, w.officer, "PUT", path, `{"kind":"association","name":{"ar":" ","en":""}}`, seen(2)).want(t, 422, "unprocessable", "/name/ar", "/name/en")
	path = "/v1/services/" + v.ID.String()
	other := decode[Service](t, w.as(t, w.officer, "PUT", path, `{"name":{"ar":"علاج","en":"Therapy"},"needs":["DIS-PHYSIO","DIS-DEVICE"],"delivery_modes":["facility","remote"],"areas":[{"nationwide":true}]}`, seen(1)), 200)
	if len(other.Needs) != 2 || len(other.Areas) != 1 || other.MinimumAge != nil || other.Sex != "any" {
		t.Errorf("the service: %+v", other)
	}
	w.as(t, w.officer, "PUT", path, `{"name":{"ar":"علاج","en":"Therapy"},"needs":["DIS","XXX"],"delivery_modes":["remote"],"areas":[{}]}`, seen(2)).
		want(t, 422, "unprocessable", "/needs/0", "/needs/1", "/areas/0")
	w.as(t, w.officer, "PUT", path, `{"name":{"ar":"علاج","en":"Therapy"},"needs":["DIS-PHYSIO"],"delivery_modes":["remote"]}`, seen(2)).want(t, 422, "unprocessable", "/delivery_modes")
	w.as(t, w.officer, "PUT", path, `{"name":{"ar":"علاج","en":"Therapy"},"needs":["DIS-PHYSIO"],"delivery_modes":["facility"],"areas":[{"polygon":{"type":"MultiPolygon","coordinates":[[[[35,31],[36]]]]}}]}`, seen(2)).
		want(t, 422, "unprocessable", "/areas/0/polygon")
	history := decode[ChangeList](t, w.as(t, w.officer, "GET", path+"/history", ""), 200)
	if len(history.Items) != 2 || !strings.Contains(fmt.Sprint(history.Items[1].Fields), "service_need") || !strings.Contains(fmt.Sprint(history.Items[1].Fields), "service_area") {
		t.Errorf("the service's history: %+v", history)
	}
	path = "/v1/locations/" + l.ID.String()
	moved := decode[Location](t, w.as(t, w.officer, "PUT", path, `{"name":{"ar":"مركز","en":"Centre"},"place":"gn-281292","point":{"longitude":35.2,"latitude":31.5}}`, seen(1)), 200)
	if moved.Point.Longitude != 35.2 || moved.BranchID != nil {
		t.Errorf("the location: %+v", moved)
	}
	w.as(t, w.officer, "PUT", path, `{"name":{"ar":"مركز","en":"Centre"},"place":"nowhere","point":{"longitude":35.2,"latitude":31.5}}`, seen(2)).want(t, 422, "unknown_reference", "/place")
	branch := decode[BranchList](t, w.as(t, w.officer, "GET", "/v1/branches?organization="+o.ID.String(), ""), 200).Items[0]
	foreign := `{"organization_id":"` + w.first.String() + `","branch_id":"` + branch.ID.String() + `",` + locationFields + `}`
	w.as(t, w.officer, "POST", "/v1/locations", foreign).want(t, 422, "unknown_reference", "/branch_id")
	decode[Branch](t, w.as(t, w.officer, "PUT", "/v1/branches/"+branch.ID.String(), `{"name":{"ar":"فرع","en":"Office"},"place":"gn-281292","email":"office@example.org"}`, seen(1)), 200)
	decode[Branch](t, w.as(t, w.officer, "PUT", "/v1/branches/"+branch.ID.String()+"/status", `{"status":"defunct"}`, seen(2)), 200)
	w.as(t, w.officer, "PUT", "/v1/branches/"+branch.ID.String(), `{"name":{"ar":"فرع","en":"Office"},"place":"gn-281292","telephone":"call me"}`, seen(3)).want(t, 422, "unprocessable", "/telephone")
}

func TestTheRegistersListsHavePagesAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, v, l, sal, a := w.register(t)
	of := "organization=" + o.ID.String()
	for query, want := range map[string]uuid.UUID{
		"/v1/services?need=DIS&status=active&" + of: v.ID, "/v1/locations?place=gn-281292&branch=" + l.BranchID.String() + "&" + of: l.ID,
		"/v1/service-at-locations?accepting=unknown&status=active&service=" + v.ID.String() + "&location=" + l.ID.String() + "&" + of: sal.ID,
		"/v1/accreditations?status=accredited&" + of: a.ID, "/v1/branches?place=gn-281292&status=active&" + of: *l.BranchID,
	} {
		list := decode[struct{ Items []struct{ ID uuid.UUID } }](t, w.as(t, w.manager, "GET", query, ""), 200)
		if len(list.Items) != 1 || list.Items[0].ID != want {
			t.Errorf("%s: %+v, want %s", query, list, want)
		}
	}
	for query, want := range map[string]int{
		"/v1/services?need=EDU&" + of: 0, "/v1/services?status=defunct&" + of: 0, "/v1/service-at-locations?accepting=capacity&" + of: 0,
		"/v1/accreditations?status=applied&" + of: 0, "/v1/organizations?kind=private": 0, "/v1/organizations?status=active&kind=association": 3,
	} {
		if list := decode[struct{ Items []struct{} }](t, w.as(t, w.manager, "GET", query, ""), 200); len(list.Items) != want {
			t.Errorf("%s: %d, want %d", query, len(list.Items), want)
		}
	}
	var ids []string
	for link := "/v1/organizations?limit=1"; link != ""; {
		page := w.as(t, w.manager, "GET", link, "")
		list := decode[OrganizationList](t, page, 200)
		for _, o := range list.Items {
			ids = append(ids, o.ID.String())
		}
		link, _, _ = strings.Cut(strings.TrimPrefix(page.Header.Get("Link"), "<"), ">")
	}
	if len(ids) != 3 || ids[0] >= ids[1] || ids[1] >= ids[2] {
		t.Errorf("page by page: %q", ids)
	}
	first := decode[OrganizationList](t, w.as(t, w.manager, "GET", "/v1/organizations?limit=1", ""), 200)
	w.as(t, w.manager, "GET", "/v1/services?limit=1&cursor="+url.QueryEscape(first.NextCursor), "").want(t, 400, "invalid_cursor", "?cursor")
}

func TestOneKeyRegistersOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: the-same"
	made := decode[Organization](t, w.as(t, w.officer, "POST", "/v1/organizations", organizationBody, key), 201)
	decode[Organization](t, w.as(t, w.officer, "PUT", "/v1/organizations/"+made.ID.String()+"/status", `{"status":"defunct"}`, seen(1)), 200)
	again := w.as(t, w.officer, "POST", "/v1/organizations", organizationBody, key)
	if o := decode[Organization](t, again, 201); o.ID != made.ID || o.Status != "defunct" || o.Version != 2 || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a repetition: %+v", o)
	}
	w.as(t, w.officer, "POST", "/v1/organizations", strings.Replace(organizationBody, "QR-1", "QR-2", 1), key).want(t, 422, "idempotency_key_reused")
	a := post[Accreditation](t, w, "/v1/accreditations", `{"organization_id":"`+made.ID.String()+`"}`)
	path := "/v1/accreditations/" + a.ID.String()
	decode[Accreditation](t, w.as(t, w.officer, "POST", path+"/reject", "", seen(1), key+"-move"), 200)
	replay := w.as(t, w.officer, "POST", path+"/reject", "", seen(1), key+"-move")
	if decode[Accreditation](t, replay, 200); replay.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("a repeated move is not told as one")
	}
	w.as(t, w.officer, "POST", "/v1/accreditations", `{"organization_id":"`+w.first.String()+`"}`).want(t, 409, "accreditation_open")
	w.as(t, w.officer, "POST", "/v1/accreditations", `{"organization_id":"`+uuid.NewString()+`"}`).want(t, 422, "unknown_reference", "/organization_id")
	w.as(t, w.officer, "POST", "/v1/service-at-locations", `{"service_id":"`+uuid.NewString()+`"}`).want(t, 422, "unprocessable", "/service_id")
}

func TestWhoReadsAndWritesTheRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, v, l, sal, a := w.register(t)
	for name, token := range map[string]string{"case manager": w.manager, "provider": w.provider, "focal point": w.focal, "auditor": w.audit} {
		for _, write := range [][2]string{
			{"POST /v1/organizations", organizationBody},
			{"POST /v1/services", `{"organization_id":"` + o.ID.String() + `",` + serviceFields + `}`},
			{"POST /v1/locations", `{"organization_id":"` + o.ID.String() + `",` + locationFields + `}`},
			{"POST /v1/service-at-locations", `{"service_id":"` + v.ID.String() + `"}`},
			{"POST /v1/accreditations", `{"organization_id":"` + w.first.String() + `"}`},
			{"PUT /v1/organizations/" + o.ID.String(), organizationBody},
			{"PUT /v1/organizations/" + o.ID.String() + "/status", `{"status":"defunct"}`},
			{"PUT /v1/services/" + v.ID.String() + "/status", `{"status":"inactive"}`},
			{"PUT /v1/locations/" + l.ID.String(), `{` + locationFields + `}`},
			{"PUT /v1/service-at-locations/" + sal.ID.String() + "/status", `{"status":"inactive"}`},
			{"PUT /v1/service-at-locations/" + sal.ID.String() + "/accepting", `{"status":"waitlist"}`},
			{"POST /v1/accreditations/" + a.ID.String() + "/revoke", ""},
		} {
			method, path, _ := strings.Cut(write[0], " ")
			if got := w.as(t, token, method, path, write[1], seen(1)); got.StatusCode != http.StatusForbidden || got.problem.Code != "role_forbids" {
				t.Errorf("%s, %s: %d %s", name, write[0], got.StatusCode, got.body)
			}
		}
	}
	// The public part for a stranger, all of it for the ministry and the organization itself.
	for token, registration := range map[string]string{w.provider: "", w.focal: "", w.manager: "QR-1", w.audit: "QR-1"} {
		if got := decode[Organization](t, w.as(t, token, "GET", "/v1/organizations/"+o.ID.String(), ""), 200); got.RegistrationNumber != registration {
			t.Errorf("the registration is shown as %q, want %q", got.RegistrationNumber, registration)
		}
	}
	for token, status := range map[string]int{w.provider: 404, w.focal: 404, w.manager: 200, w.audit: 200} {
		if got := w.as(t, token, "GET", "/v1/accreditations/"+a.ID.String(), ""); got.StatusCode != status {
			t.Errorf("the accreditation: %d, want %d", got.StatusCode, status)
		}
	}
	if own := decode[AccreditationList](t, w.as(t, w.provider, "GET", "/v1/accreditations", ""), 200); len(own.Items) != 1 || own.Items[0].OrganizationID != w.first {
		t.Errorf("a provider's accreditations: %+v", own)
	}
	w.as(t, w.provider, "GET", "/v1/organizations/"+o.ID.String()+"/history", "").want(t, 403, "role_forbids")
	decode[ChangeList](t, w.as(t, w.provider, "GET", "/v1/organizations/"+w.first.String()+"/history", ""), 200)
}

func TestAProviderSaysWhetherItTakesPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/service-at-locations/" + w.offer.String() + "/accepting"
	w.as(t, w.worker, "PUT", path, `{"status":"no_capacity"}`, seen(1)).want(t, 403, "role_forbids")
	w.as(t, w.otherFocal, "PUT", path, `{"status":"no_capacity"}`, seen(1)).want(t, 403, "role_forbids")
	w.as(t, w.other, "PUT", path, `{"status":"no_capacity"}`, seen(1)).want(t, 403, "role_forbids")
	if !w.finds(t, w.offer) {
		t.Fatal("not found at first")
	}
	said := decode[ServiceAtLocation](t, w.as(t, w.focal, "PUT", path, `{"status":"no_capacity"}`, seen(1)), 200)
	if said.Accepting.Status != "no_capacity" || said.Version != 2 || !said.Accepting.AsOf.Equal(worldTime) || w.finds(t, w.offer) {
		t.Errorf("the focal point said: %+v", said)
	}
	w.as(t, w.provider, "PUT", path, `{"status":"waitlist"}`, seen(1)).want(t, 412, "version_conflict")
	decode[ServiceAtLocation](t, w.as(t, w.provider, "PUT", path, `{"status":"waitlist"}`, seen(2)), 200)
	if !w.finds(t, w.offer) {
		t.Error("not found after the machine said waitlist")
	}
	history := decode[ChangeList](t, w.as(t, w.focal, "GET", "/v1/service-at-locations/"+w.offer.String()+"/history", ""), 200)
	if n := len(history.Items); n != 3 || history.Items[2].By == nil {
		t.Errorf("history: %+v", history)
	}
}

// TestWhereAShelterIsItsFocalPointAloneKnows goes through every address of the register with every kind of stranger.
func TestWhereAShelterIsItsFocalPointAloneKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"organization_id":"` + w.first.String() + `","confidential":true,"place":"gn-281292","point":{"longitude":35.0987,"latitude":31.4321}}`
	for _, token := range []string{w.officer, w.manager, w.worker, w.provider, w.otherFocal} {
		w.as(t, token, "POST", "/v1/locations", body).want(t, 403, "role_forbids")
	}
	shelter := decode[Location](t, w.as(t, w.focal, "POST", "/v1/locations", body), 201)
	path := "/v1/locations/" + shelter.ID.String()
	v := post[Service](t, w, "/v1/services", `{"organization_id":"`+w.first.String()+`",`+serviceFields+`}`)
	sal := post[ServiceAtLocation](t, w, "/v1/service-at-locations", `{"service_id":"`+v.ID.String()+`","location_id":"`+shelter.ID.String()+`","confidential":true}`)
	if sal.LocationID != nil || !sal.Confidential || !w.finds(t, sal.ID) {
		t.Errorf("the offer for the officer: %+v", sal)
	}
	offer := "/v1/service-at-locations/" + sal.ID.String()
	change := `{"place":"gn-281292","point":{"longitude":35.0988,"latitude":31.4321}}`
	for name, token := range map[string]string{
		"officer": w.officer, "case manager": w.manager, "worker": w.worker, "machine": w.provider, "other focal point": w.otherFocal, "other machine": w.other, "auditor": w.audit,
	} {
		for _, read := range []string{path, path + "/history"} {
			w.as(t, token, "GET", read, "").want(t, 404, "not_found")
		}
		if a := w.as(t, token, "PUT", path, change, seen(1)); a.StatusCode != 403 && a.StatusCode != 404 {
			t.Errorf("%s changes it: %d", name, a.StatusCode)
		}
		for _, list := range []string{"/v1/locations?limit=100", "/v1/locations?organization=" + w.first.String(), "/v1/service-at-locations?limit=100",
			"/v1/service-at-locations?location=" + shelter.ID.String(), offer, offer + "/history", "/v1/services/" + v.ID.String() + "/history"} {
			a := w.as(t, token, "GET", list, "")
			for _, secret := range []string{shelter.ID.String(), "35.098", "31.432"} {
				if strings.Contains(a.body, secret) && !strings.Contains(list, "location="+secret) {
					t.Errorf("%s learns %s from %s: %s", name, secret, list, a.body)
				}
			}
		}
		if list := decode[ServiceAtLocationList](t, w.as(t, token, "GET", "/v1/service-at-locations?location="+shelter.ID.String(), ""), 200); len(list.Items) != 0 {
			t.Errorf("%s finds what is given there: %+v", name, list)
		}
	}
	// Other organizations do not even learn how many there are.
	for _, token := range []string{w.otherFocal, w.other} {
		w.as(t, token, "GET", offer, "").want(t, 404, "not_found")
		if list := decode[ServiceAtLocationList](t, w.as(t, token, "GET", "/v1/service-at-locations?service="+v.ID.String(), ""), 200); len(list.Items) != 0 {
			t.Errorf("a stranger counts %+v", list)
		}
	}
	own := decode[Location](t, w.as(t, w.focal, "PUT", path, change, seen(1)), 200)
	if own.Point.Longitude != 35.0988 || own.Version != 2 {
		t.Errorf("its own focal point: %+v", own)
	}
	if list := decode[LocationList](t, w.as(t, w.focal, "GET", "/v1/locations?organization="+w.first.String(), ""), 200); len(list.Items) != 2 {
		t.Errorf("the focal point's own: %+v", list)
	}
	if seen := decode[ServiceAtLocation](t, w.as(t, w.focal, "GET", offer, ""), 200); seen.LocationID == nil || *seen.LocationID != shelter.ID {
		t.Errorf("the offer for the focal point: %+v", seen)
	}
	if list := decode[ChangeList](t, w.as(t, w.focal, "GET", path+"/history", ""), 200); len(list.Items) != 2 {
		t.Errorf("its history: %+v", list)
	}
}
