package ogc_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/policy"
)

// A client that knows nothing but the landing page finds everything: that is what the standard is for.
func TestEverythingIsFoundFromTheLandingPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, _ := w.association()
	w.offer(o.ID, yatta, "DIS-PHYSIO", nil)

	var landing struct {
		Title, Attribution string
		Links              []linked
	}
	w.ok(json.Unmarshal([]byte(w.get("/ogc").body), &landing))
	if !strings.Contains(landing.Attribution, "GeoNames") {
		t.Errorf("no attribution: %+v", landing)
	}
	for rel, want := range map[string]string{
		"self": "application/json", "service-desc": "application/vnd.oai.openapi+json;version=3.0", "conformance": "application/json", "data": "application/json", "related": "application/json",
	} {
		i := slices.IndexFunc(landing.Links, func(l linked) bool { return l.Rel == rel })
		if i < 0 || landing.Links[i].Type != want {
			t.Errorf("no link %s to %s: %v", rel, want, landing.Links)
			continue
		}
		if r := w.get(landing.Links[i].Href); r.status != http.StatusOK || r.header.Get("Content-Type") != want {
			t.Errorf("%s leads to %d %s", rel, r.status, r.header.Get("Content-Type"))
		}
	}
	if r := w.get(link(landing.Links, "conformance")); !strings.Contains(r.body, "ogcapi-features-1/1.0/conf/core") {
		t.Error(r.body)
	}
	var data struct {
		Collections []struct {
			ID, Title, Description, Attribution, ItemType string
			Links                                         []linked
			Extent                                        struct{ Spatial struct{ BBox [][]float64 } }
		}
	}
	w.ok(json.Unmarshal([]byte(w.get(link(landing.Links, "data")).body), &data))
	counts := map[string]int{"providers": 1, "governorates": 16, "places": 711, "reach_zones": 3}
	if len(data.Collections) != len(counts) {
		t.Errorf("%d collections", len(data.Collections))
	}
	for _, c := range data.Collections {
		if c.ItemType != "feature" || c.Attribution == "" || len(c.Extent.Spatial.BBox) != 1 {
			t.Errorf("%+v", c)
		}
		alone := w.get(link(c.Links, "self"))
		if alone.status != http.StatusOK || !strings.Contains(alone.body, c.Title) {
			t.Errorf("%s by itself: %d %s", c.ID, alone.status, alone.body)
		}
		page := w.features(link(c.Links, "items"))
		if page.Type != "FeatureCollection" || page.NumberMatched != counts[c.ID] || page.NumberReturned != len(page.Features) || page.TimeStamp.IsZero() {
			t.Errorf("%s: %d of %d features at %v", c.ID, page.NumberReturned, page.NumberMatched, page.TimeStamp)
		}
		one := w.get(link(page.Links, "self") + "/" + page.Features[0].ID)
		if one.status != http.StatusOK || one.header.Get("Content-Type") != "application/geo+json" || !strings.Contains(one.body, `"rel":"collection"`) {
			t.Errorf("%s, one: %d %s", c.ID, one.status, one.body)
		}
	}
}

// Whoever follows next sees each feature once, in whatever pages.
func TestPagesHoldEachFeatureOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, address := range []string{"/ogc/collections/places/items?limit=200", "/ogc/collections/places/items?limit=40&governorate=PS0150&bbox=34,31,36,33"} {
		seen := map[string]bool{}
		var matched int
		page := w.features(address)
		for pages := 1; ; pages++ {
			for _, f := range page.Features {
				if seen[f.ID] {
					t.Errorf("%s comes twice", f.ID)
				}
				seen[f.ID] = true
			}
			matched = page.NumberMatched
			next := link(page.Links, "next")
			if next == "" {
				break
			}
			if pages > 20 {
				t.Fatal("there is no end")
			}
			page = w.features(next)
		}
		if len(seen) != matched || matched < 50 {
			t.Errorf("%s: %d features, %d announced", address, len(seen), matched)
		}
	}
	w.client = http.DefaultClient // the contract says what to ask; more than the maximum is the maximum all the same
	if page := w.features("/ogc/collections/places/items?limit=99999"); page.NumberReturned != 711 {
		t.Errorf("%d places", page.NumberReturned)
	}
}

func TestFiltersAndBoxes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, _ := w.association()
	w.offer(o.ID, yatta, "DIS-PHYSIO", nil)
	w.offer(o.ID, jericho, "EDU-KG", nil)
	for query, want := range map[string]int{
		"":                                2,
		"need=DIS":                        1,
		"need=DIS-PHYSIO":                 1,
		"need=HEA":                        0,
		"governorate=PS0135":              1,
		"governorate=PS0999":              0,
		"kind=association":                2,
		"kind=private":                    0,
		"accepting=capacity":              2,
		"accepting=waitlist&need=DIS":     0,
		"bbox=35,31.4,35.2,31.5":          1,
		"bbox=35,31.4,-400,35.2,31.5,900": 1,
		"bbox=35.3,30,-170,33":            1, // over the antimeridian
		"bbox=170,-40,-170,40":            0,
		"datetime=2026-01-01T00:00:00Z":   2,
		"datetime=../2026-01-01":          2,
		"f=json&limit=1":                  2,
	} {
		if page := w.features("/ogc/collections/providers/items?" + query); page.NumberMatched != want {
			t.Errorf("%q matches %d, want %d", query, page.NumberMatched, want)
		}
	}
}

// What is not understood is refused and not ignored: an answer to another question would be taken for the answer to this one.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	items := "/ogc/collections/providers/items"
	for address, want := range map[string]int{
		items + "?colour=red": 400, items + "?limit=0": 400, items + "?limit=ten": 400, items + "?limit=1&limit=2": 400, items + "?limit=-1": 400,
		items + "?bbox=1,2,3": 400, items + "?bbox=1,2,3,north": 400, items + "?bbox=0,0,0,91": 400, items + "?bbox=0,2,1,1": 400, items + "?bbox=NaN,0,1,1": 400,
		items + "?datetime=yesterday": 400, items + "?datetime=2026-02-01/2026-01-01": 400, items + "?datetime=/": 400 - 200,
		items + "?need=NOTHING": 400, items + "?kind=school": 400, items + "?governorate=x": 400, items + "?accepting=maybe": 400, items + "?cursor='": 400,
		items + "?f=html": 400, items + "?need=%00": 400, items + "?need=%ff": 400, items + "?%zz": 400,
		"/ogc?x=1": 400, "/ogc/conformance?x=1": 400, "/ogc/collections?limit=1": 400, "/ogc/collections/places?x=1": 400, "/ogc/api?x=1": 400,
		"/ogc/collections/governorates/items?need=DIS": 400,
		"/ogc/nothing": 404, "/ogc/collections/nobody": 404, "/ogc/collections/nobody/items": 404, items + "/x": 404,
		items + "/01900000-0000-7000-8000-000000000000": 404, items + "/01900000-0000-7000-8000-000000000000/x": 404,
		"/ogc/collections/places/items/gn-1": 404, "/ogc//collections": 404,
		"/tiles/providers/0/0/0.mvt?x=1": 400, "/tiles/providers/a/0/0.mvt": 400, "/tiles/providers/1/-1/0.mvt": 400, "/tiles/providers/01/0/0.mvt": 400,
		"/tiles/providers/1/2/0.mvt": 404, "/tiles/providers/1/0/2.mvt": 404, "/tiles/providers/17/0/0.mvt": 404, "/tiles/providers/0/0/0.png": 404,
		"/tiles/providers/99999999999999999999/0/0.mvt": 400, "/tiles/others/0/0/0.mvt": 404, "/tiles/providers.json?f=xml": 400,
	} {
		r := w.get(address)
		if r.status != want {
			t.Errorf("%s: %d, want %d", address, r.status, want)
		}
		if r.status >= 400 && (r.header.Get("Content-Type") != "application/problem+json" || strings.Contains(r.body, "colour") || strings.Contains(r.body, "red")) {
			t.Errorf("%s: %s %s", address, r.header.Get("Content-Type"), r.body)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if r := w.send(method, items); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: %d", method, r.status)
		}
	}
	arabic := w.get(items+"?limit=0", "Accept-Language", "ar")
	if !strings.Contains(arabic.body, "عدد صحيح") {
		t.Error(arabic.body)
	}
}

// Any web page may read the map, and who has an answer already gets it for a 304.
func TestHeadersOfAPublicMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, _ := w.association()
	w.offer(o.ID, yatta, "DIS-PHYSIO", nil)
	for _, address := range []string{"/ogc", "/ogc/collections/places/items", "/ogc/collections/providers/items", "/tiles/providers/0/0/0.mvt", "/tiles/providers.json"} {
		r := w.get(address, "Origin", "https://elsewhere.example", "Accept-Encoding", "identity")
		if r.header.Get("Access-Control-Allow-Origin") != "*" || r.header.Get("Cache-Control") != "public, no-cache" || r.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", address, r.header)
		}
		if again := w.get(address, "If-None-Match", r.header.Get("ETag"), "Accept-Encoding", "identity"); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %d", address, again.status)
		}
		head := w.send(http.MethodHead, address, "Accept-Encoding", "identity")
		if head.status != http.StatusOK || head.body != "" || head.header.Get("ETag") != r.header.Get("ETag") {
			t.Errorf("HEAD %s: %d %v", address, head.status, head.header)
		}
		if r := w.send(http.MethodOptions, address, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET"); r.status != http.StatusNoContent {
			t.Errorf("OPTIONS %s: %d", address, r.status)
		}
	}
	packed := w.get("/ogc/collections/places/items", "Accept-Encoding", "gzip")
	plain := w.get("/ogc/collections/places/items", "Accept-Encoding", "gzip;q=0")
	if packed.header.Get("Content-Encoding") != "gzip" || plain.header.Get("Content-Encoding") != "" || packed.header.Get("ETag") == plain.header.Get("ETag") ||
		len(packed.body)*3 > len(plain.body) {
		t.Errorf("packed: %v, %d bytes; plain: %v, %d bytes", packed.header, len(packed.body), plain.header, len(plain.body))
	}
	was := w.get("/ogc/collections/providers/items", "Accept-Encoding", "identity").header.Get("ETag")
	w.now = w.now.Add(1e9)
	if r := w.get("/ogc/collections/providers/items", "If-None-Match", was, "Accept-Encoding", "identity"); r.status != http.StatusNotModified {
		t.Errorf("a second later the same list is another one: %d", r.status)
	}
	w.offer(o.ID, jericho, "EDU-KG", nil)
	if r := w.get("/ogc/collections/providers/items", "If-None-Match", was, "Accept-Encoding", "identity"); r.status != http.StatusOK {
		t.Errorf("another list passes for the same: %d", r.status)
	}
}

func TestTileJSONNamesTheNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var doc struct {
		TileJSON, Attribution string
		Tiles                 []string
		Needs                 []struct {
			Bit          int
			Code, NameAr string
		}
	}
	w.ok(json.Unmarshal([]byte(w.get("/tiles/providers.json").body), &doc))
	if doc.TileJSON != "3.0.0" || doc.Tiles[0] != w.base+"/tiles/providers/{z}/{x}/{y}.mvt" || len(doc.Needs) != 13 || doc.Needs[0].Bit != 1 || doc.Needs[0].Code != "CHP" {
		t.Errorf("%+v", doc)
	}
}

// TestOnTheNextRequestTheSuspendedAreGone, from everything: the list, the feature and the tiles. Another organization stays, so that an
// empty map does not pass for the answer.
func TestOnTheNextRequestTheSuspendedAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.association()
	other, _ := w.association()
	gone, stays := w.offer(o.ID, yatta, "DIS-PHYSIO", nil), w.offer(other.ID, yatta, "DIS-PHYSIO", nil)
	tile := "/tiles/providers/14/9789/6683.mvt" // Yatta
	shown := func() (all string) {
		for _, address := range []string{
			"/ogc/collections/providers/items", "/ogc/collections/providers/items/" + gone.ID.String(), "/ogc/collections/providers/items/" + stays.ID.String(), tile,
		} {
			all += w.get(address, "Accept-Encoding", "identity").body
		}
		return all
	}
	if before := shown(); strings.Count(before, gone.ID.String()) < 4 || strings.Count(before, stays.ID.String()) < 4 {
		t.Fatalf("not shown everywhere before: %s", before)
	}
	must(w.store.Suspend(t.Context(), policy.TheSystem(), a.ID, a.Version, directory.Administrative))(t)
	if after := shown(); strings.Contains(after, gone.ID.String()) || strings.Contains(after, o.Name.EN) || strings.Count(after, stays.ID.String()) < 4 {
		t.Errorf("still shown: %s", after)
	}
}
