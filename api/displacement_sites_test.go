package api

import (
	"net/http"
	"testing"
	"time"

	"tahweel/geo"
	"tahweel/policy"
)

func TestADisplacementSiteIsFoundForItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"name":{"ar":"موقع نزوح الاختبار","en":"Testing ground site"},"governorate":"PS0150","zone":"west_bank","point":{"longitude":35.1,"latitude":31.45},"valid_from":"2026-05-01","valid_to":"2026-06-30"}`
	if got := w.as(t, w.officer, "POST", "/v1/places", body); got.StatusCode != http.StatusForbidden {
		t.Errorf("an officer registers a place: %d", got.StatusCode)
	}
	site := decode[DisplacementSite](t, w.as(t, w.administrator, "POST", "/v1/places", body), 201)
	found := func() bool {
		t.Helper()
		list := decode[PlaceList](t, w.as(t, w.manager, "GET", "/v1/places?search=testing%20ground%20site", ""), 200)
		return len(list.Items) > 0 && list.Items[0].Code == site.Code && list.Items[0].Kind == "displacement_site"
	}
	if !found() {
		t.Error("it is not found by its name")
	}
	later := geo.NewStore(w.db.DB, func() time.Time { return worldTime.AddDate(0, 2, 0) })
	page, err := later.Places(t.Context(), policy.TheSystem(), geo.PlaceQuery{Search: "testing ground site"})
	if err != nil || len(page.Items) > 0 && page.Items[0].Code == site.Code {
		t.Errorf("after its last day it is found: %+v, %v", page, err)
	}
	path := "/v1/places/" + site.Code
	backwards := `{"name":{"ar":"","en":"x"},"governorate":"PS0150","zone":"west_bank","point":{"longitude":35.1,"latitude":31.45},"valid_from":"2026-05-01","valid_to":"2026-04-01"}`
	if p := decode[Problem](t, w.as(t, w.administrator, "PUT", path, backwards, seen(site.Version)), 422); len(p.Errors) != 2 {
		t.Errorf("%+v", p)
	}
	ended := `{"name":{"ar":"موقع نزوح الاختبار","en":"Testing ground site"},"governorate":"PS0150","zone":"west_bank","point":{"longitude":35.1,"latitude":31.45},"valid_from":"2026-05-01","valid_to":"2026-05-30"}`
	changed := decode[DisplacementSite](t, w.as(t, w.administrator, "PUT", path, ended, seen(site.Version)), 200)
	if changed.Version != 2 || found() {
		t.Errorf("what has ended is found: %+v", changed)
	}
	if got := decode[DisplacementSite](t, w.as(t, w.manager, "GET", path, ""), 200); got.ValidTo != "2026-05-30" {
		t.Errorf("%+v", got)
	}
	if changes := decode[ChangeList](t, w.as(t, w.manager, "GET", path+"/history", ""), 200); len(changes.Items) != 2 {
		t.Errorf("%+v", changes)
	}
	if got := w.as(t, w.administrator, "GET", "/v1/places/gn-281292", ""); got.StatusCode != http.StatusNotFound {
		t.Errorf("a town is a displacement site: %d", got.StatusCode)
	}
}
