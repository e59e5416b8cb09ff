package api

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// TestAnOfficersClosingOverTheAPI: a focal point asks for what an officer closed, and opens what it paused itself.
func TestAnOfficersClosingOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/service-at-locations/" + w.offer.String()
	set := func(token, status string) ServiceAtLocation {
		t.Helper()
		is := decode[ServiceAtLocation](t, w.as(t, w.officer, "GET", path, ""), 200)
		return decode[ServiceAtLocation](t, w.as(t, token, "PUT", path+"/status", `{"status":"`+status+`"}`, seen(is.Version)), 200)
	}
	set(w.focal, "inactive")
	if got := set(w.focal, "active"); got.Status != "active" {
		t.Errorf("what it paused itself: %+v", got)
	}
	set(w.officer, "inactive")
	got := set(w.focal, "active")
	if got.Status != "inactive" || got.PendingChange == nil || w.finds(t, w.offer) {
		t.Fatalf("what an officer closed: %+v", got)
	}
	change := "/v1/change-requests/" + got.PendingChange.String()
	w.as(t, w.focal, "POST", change+"/approve", "", seen(1)).want(t, 403, "role_forbids")
	if c := decode[ChangeRequest](t, w.as(t, w.officer, "POST", change+"/approve", "", seen(1)), 200); c.Status != "approved" || !w.finds(t, w.offer) {
		t.Errorf("approved: %+v", c)
	}
	set(w.officer, "defunct")
	is := decode[ServiceAtLocation](t, w.as(t, w.focal, "GET", path, ""), 200)
	w.as(t, w.focal, "PUT", path+"/status", `{"status":"active"}`, seen(is.Version)).want(t, 409, "ended_by_directorate")
}

// TestAShelterClosesUnseen: a closure of what is offered at a confidential place is for its organization and the ministry.
func TestAShelterClosesUnseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shelter := decode[Location](t, w.as(t, w.focal, "POST", "/v1/locations",
		fmt.Sprintf(`{"organization_id":%q,"place":%q,"point":{"longitude":35.1,"latitude":31.45},"confidential":true}`, w.first, yatta)), 201)
	offer := decode[ServiceAtLocation](t, w.as(t, w.officer, "GET", "/v1/service-at-locations/"+w.offer.String(), ""), 200)
	hidden := decode[ServiceAtLocation](t, w.as(t, w.focal, "POST", "/v1/service-at-locations",
		fmt.Sprintf(`{"service_id":%q,"location_id":%q,"confidential":true}`, offer.ServiceID, shelter.ID)), 201)
	close := func(offer uuid.UUID) uuid.UUID {
		t.Helper()
		return decode[Closure](t, w.as(t, w.focal, "POST", "/v1/closures", fmt.Sprintf(
			`{"organization_id":%q,"service_at_location_id":%q,"starts_on":"2026-06-07","ends_on":"2026-06-08","name":{"ar":"صيانة","en":"Works"}}`, w.first, offer)), 201).ID
	}
	secret, public := close(hidden.ID), close(w.offer)
	for name, c := range map[string]struct {
		token string
		knows bool
	}{"itself": {w.focal, true}, "its worker": {w.worker, true}, "a case manager": {w.manager, true}, "another's focal point": {w.otherFocal, false}, "another's machine": {w.other, false}} {
		list := decode[ClosureList](t, w.as(t, c.token, "GET", "/v1/closures?organization_id="+w.first.String(), ""), 200)
		has := func(id uuid.UUID) bool {
			return slices.ContainsFunc(list.Items, func(c Closure) bool { return c.ID == id })
		}
		if has(secret) != c.knows || !has(public) {
			t.Errorf("%s: the shelter's closure is listed %t, the other %t", name, has(secret), has(public))
		}
		for _, path := range []string{"/v1/closures/" + secret.String(), "/v1/closures/" + secret.String() + "/history"} {
			if got := w.as(t, c.token, "GET", path, ""); (got.StatusCode == 200) != c.knows || !c.knows && got.StatusCode != 404 {
				t.Errorf("%s: %s answers %d", name, path, got.StatusCode)
			}
		}
	}
	if got := w.do(t, "GET", "/v1/closures", ""); got.StatusCode != 401 {
		t.Errorf("anonymously: %d", got.StatusCode)
	}
}

// twins are two organizations of one name, with a branch of one telephone, and another that is neither.
func twins(t *testing.T, w *world) (first, second, other Organization) {
	t.Helper()
	body := func(ar, en string) string {
		return fmt.Sprintf(`{"kind":"public_body","name":{"ar":%q,"en":%q}}`, ar, en)
	}
	first = post[Organization](t, w, "/v1/organizations", body("مركز النور للتأهيل", "Nur rehabilitation centre"))
	second = post[Organization](t, w, "/v1/organizations", body("مركز النور للتأهيل", "Nur rehabilitation centre"))
	return first, second, post[Organization](t, w, "/v1/organizations", body("بلدية السرو", "Cypress municipality"))
}

func TestWordsOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, other := twins(t, w)
	found := func(query string) (ids []string) {
		t.Helper()
		for cursor := ""; ; {
			list := decode[ResultList](t, w.as(t, w.other, "GET", "/v1/search?entity=organization&limit=1&q="+query+cursor, ""), 200)
			for _, item := range list.Items {
				ids = append(ids, item.ID)
			}
			if list.NextCursor == "" {
				return ids
			}
			cursor = "&cursor=" + list.NextCursor
		}
	}
	both := []string{first.ID.String(), second.ID.String()}
	for _, query := range []string{"Nur%20rehabilitation%20centre", "%D9%85%D8%B1%D9%83%D8%B2%20%D8%A7%D9%84%D9%86%D9%88%D8%B1%20%D9%84%D9%84%D8%AA%D8%A3%D9%87%D9%8A%D9%84"} {
		if got := found(query); !slices.Equal(got[:min(2, len(got))], both) || slices.Contains(got, other.ID.String()) {
			t.Errorf("%s finds %v, want %v", query, got, both)
		}
	}
	if got := found("Zanzibar%20observatory"); len(got) != 0 { // the negative control
		t.Errorf("what is nowhere finds %v", got)
	}
	w.as(t, w.other, "GET", "/v1/search?need=NOTHING", "").want(t, 400, "query_invalid", "?need")
}

func TestTwinsAreShownAndMergedOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, other := twins(t, w)
	shown := func() (pairs int) {
		t.Helper()
		for _, d := range decode[DuplicateList](t, w.as(t, w.officer, "GET", "/v1/duplicates?kind=organization&limit=100", ""), 200).Items {
			var ids []uuid.UUID
			for _, e := range d.Entries {
				ids = append(ids, e.ID)
			}
			if slices.Contains(ids, other.ID) {
				t.Errorf("what is like nothing is shown: %+v", d)
			}
			if slices.Contains(ids, first.ID) && slices.Contains(ids, second.ID) {
				pairs++
			}
		}
		return pairs
	}
	if n := shown(); n != 1 {
		t.Errorf("the twins are shown %d times", n)
	}
	w.as(t, w.focal, "GET", "/v1/duplicates?kind=organization", "").want(t, 403, "role_forbids")
	path, body := "/v1/organizations/"+second.ID.String(), fmt.Sprintf(`{"into":%q}`, first.ID)
	w.as(t, w.focal, "POST", path+"/merge", body, seen(second.Version)).want(t, 403, "role_forbids")
	w.as(t, w.officer, "POST", path+"/merge", body, seen(second.Version+1)).want(t, 412, "version_conflict")
	if is := decode[Organization](t, w.as(t, w.officer, "GET", path, ""), 200); is.Status != "active" || is.MergedInto != nil {
		t.Errorf("refused and merged all the same: %+v", is)
	}
	got := decode[Organization](t, w.as(t, w.officer, "POST", path+"/merge", body, seen(second.Version)), 200)
	if got.Status != "defunct" || got.MergedInto == nil || *got.MergedInto != first.ID || shown() != 0 {
		t.Errorf("merged: %+v", got)
	}
}

func TestStillTrueOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offer := decode[ServiceAtLocation](t, w.as(t, w.focal, "GET", "/v1/service-at-locations/"+w.offer.String(), ""), 200)
	for _, path := range []string{
		"/v1/service-at-locations/" + w.offer.String(), "/v1/services/" + offer.ServiceID.String(), "/v1/organizations/" + w.first.String(),
	} {
		confirmed := func(is int) bool {
			t.Helper()
			got := decode[struct {
				Version     int     `json:"version"`
				ConfirmedAt *string `json:"confirmed_at"`
			}](t, w.as(t, w.focal, "GET", path, ""), 200)
			if got.Version != is {
				t.Errorf("%s has version %d, want %d", path, got.Version, is)
			}
			return got.ConfirmedAt != nil
		}
		w.as(t, w.otherFocal, "POST", path+"/confirm", "").want(t, 403, "role_forbids")
		w.as(t, w.worker, "POST", path+"/confirm", "").want(t, 403, "role_forbids")
		if confirmed(1) { // the negative control: nobody who may has said so yet
			t.Errorf("%s is confirmed before somebody says so", path)
		}
		if got := w.as(t, w.focal, "POST", path+"/confirm", ""); got.StatusCode != 200 || !confirmed(1) {
			t.Errorf("%s: %d, and it is not confirmed", path, got.StatusCode)
		}
	}
}
