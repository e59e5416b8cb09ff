package hsds_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/policy"
)

// crawl reads everything that the face serves, in every form in which it serves it, and returns all of the bytes.
func (w *world) crawl() string {
	w.t.Helper()
	var all strings.Builder
	keep := func(path string) []byte {
		body := w.get(path)
		all.Write(body)
		return body
	}
	for _, path := range []string{"", "/", "/openapi.json", "/profile", "/profile/service.json"} {
		keep(path)
	}
	for _, list := range []string{"/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms"} {
		for _, query := range []string{
			"?per_page=500", "?per_page=500&full=true&full_service=true", "?lang=en&full=true", "?minimal=true", "?modified_after=2000-01-01&full=true",
			"?format=ndjson&full=true&full_service=true", "?format=ndjson&modified_after=2000-01-01", "?latitude=31.42&longitude=35.07&full=true",
			"?latitude=31.4213571&longitude=35.0777123&radius=50", "?search=Hidden", "?search=%D8%A8%D9%8A%D8%AA", "?organization_id=" + w.shelter.ID.String() + "&full=true",
		} {
			keep(list + query)
		}
		var page listed
		w.ok(json.Unmarshal(w.get(list+"?per_page=500&modified_after=2000-01-01"), &page))
		for _, thing := range page.Contents {
			a := w.send(http.MethodGet, list+"/"+thing.ID+"?full_service=true")
			all.Write(a.body)
		}
		all.Write(w.send(http.MethodPost, list+"?full=true").body)
	}
	return all.String()
}

// secrets are what nobody may read of the confidential place, and of what is not public.
func (w *world) secrets() []string {
	return []string{
		"31.4213", "35.0777", w.refuge.ID.String(), w.hidden.ID.String(), "Hidden house", "بيت مخفي",
		"Unaccredited association", "جمعية غير معتمدة", "Undisclosed service", w.applicant.ID.String(), "REG-PRIVATE-77",
	}
}

func TestNothingConfidentialIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.crawl()
	for _, secret := range w.secrets() {
		if at := strings.Index(all, secret); at >= 0 {
			t.Errorf("%q is served: …%s…", secret, all[max(0, at-200):at+50])
		}
	}
	// The control: what is public of the same kinds is found in the same bytes.
	for _, open := range []string{"31.5781", "35.1003", "Invented office", "Invented shelter", "Safe house", "2026/002"} {
		if !strings.Contains(all, open) {
			t.Errorf("%q is not found, the test proves nothing", open)
		}
	}
}

// The control of the crawl: the same place, had it been entered as an open one, would be found.
func TestAnOpenPlaceWouldBeFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	point, err := geo.NewPoint(w.refuge.Point.Lat(), w.refuge.Point.Lon())
	w.ok(err)
	open, err := w.store.CreateLocation(t.Context(), policy.TheSystem(), directory.Location{
		OrganizationID: w.shelter.ID, PlaceCode: yatta, Point: point, Name: directory.Name{AR: "بيت مخفي", EN: "Hidden house"},
	})
	w.ok(err)
	all := w.crawl()
	for _, secret := range append(w.secrets()[:2], "Hidden house", "بيت مخفي", open.ID.String()) {
		if !strings.Contains(all, secret) {
			t.Errorf("%q of an open place is not found by the crawl", secret)
		}
	}
}

// A temporary place is there until its last day.
func TestATemporaryPlaceIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	last := geo.Today(begun).AddDate(0, 0, 1)
	point, err := geo.NewPoint(31.6, 35.2)
	w.ok(err)
	tent, err := w.store.CreateLocation(t.Context(), policy.TheSystem(), directory.Location{
		OrganizationID: w.town.ID, PlaceCode: halhul, Point: point, Name: directory.Name{AR: "خيمة", EN: "Tent"}, ValidTo: &last,
	})
	w.ok(err)
	offer := w.offer(directory.Service{ID: w.advice.ID, Name: directory.Name{EN: "tent"}}, tent)
	there := func() bool { return strings.Contains(string(w.get("/services?full=true&lang=en")), "Tent") }
	if !there() {
		t.Error("the tent is not shown while it stands")
	}
	w.pass(48 * 3600 * 1e9)
	if there() {
		t.Error("the tent is shown after its last day")
	}
	if a := w.send(http.MethodGet, "/service_at_locations/"+offer.ID.String()); a.status != http.StatusNotFound {
		t.Errorf("what was offered there: %d", a.status)
	}
	if page := w.list("/service_at_locations?modified_after=2026-06-02"); len(page.Contents) != 1 || page.Contents[0].Status != "defunct" {
		t.Errorf("who reads what is new does not hear that it is over: %+v", page)
	}
}
