package geo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

func clock() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

func newStore(t *testing.T) (*geo.Store, *pgtest.DB) {
	t.Helper()
	db := pgtest.New(t)
	return geo.NewStore(db.DB, clock), db
}

func search(t *testing.T, store *geo.Store, query geo.PlaceQuery) geo.PlacePage {
	t.Helper()
	page, err := store.Places(t.Context(), pg.System{}, query)
	if err != nil {
		t.Fatalf("%q: %v", query.Search, err)
	}
	return page
}

const (
	yatta     = "gn-281292"
	beitHanun = "gn-281146"
	jericho   = "gn-284899"
	hebron    = "gn-285066"
	jerusalem = "man-jerusalem"
)

func TestPlacesAreFoundHoweverTheyAreSpelt(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, c := range []struct{ search, code string }{
		{"يطا", yatta},
		{"يطــا", yatta},
		{"یطا", yatta}, // a Persian keyboard
		{"Yatta", yatta},
		{"YATTA ", yatta},
		{"Yata", yatta},
		{"بيت حانون", beitHanun},
		{"بَيْت حَانُون", beitHanun},
		{"بيت حنون", beitHanun}, // another spelling
		{"Beit Hanun", beitHanun},
		{"beit-hanoun", beitHanun},
		{"Bayt Hanun", beitHanun},
		{"أريحا", jericho},
		{"اريحا", jericho},
		{"Jericho", jericho},
		{"قطنه", "gn-282376"},
		{"Shu'fat Camp", "wof-1376891693"},
		{"Shufat camp", "wof-1376891693"},
		{"القدس", jerusalem},
	} {
		page := search(t, store, geo.PlaceQuery{Search: c.search})
		if len(page.Items) == 0 || page.Items[0].Code != c.code {
			t.Errorf("%q does not find %s first: %v", c.search, c.code, codes(page))
		}
	}
}

func codes(page geo.PlacePage) []string {
	codes := make([]string, len(page.Items))
	for i, m := range page.Items {
		codes[i] = m.Code
	}
	return codes
}

func TestExactBeforePrefixBeforeSimilar(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	page := search(t, store, geo.PlaceQuery{Search: "بيت", Limit: 100})
	order := map[geo.Match]int{geo.Exact: 0, geo.Prefix: 1, geo.Similar: 2}
	for i, m := range page.Items {
		if i > 0 && order[m.Match] < order[page.Items[i-1].Match] {
			t.Errorf("%s (%s) comes after %s (%s)", m.MatchedName, m.Match, page.Items[i-1].MatchedName, page.Items[i-1].Match)
		}
	}
	if page.Items[0].Match != geo.Prefix || page.Items[0].Name.AR != "بيت لاهيا" {
		t.Errorf("of the names that begin with بيت the most populous place is not first: %+v", page.Items[0])
	}
	gaza := search(t, store, geo.PlaceQuery{Search: "رفح"})
	if gaza.Items[0].Code != "gn-281102" || gaza.Items[0].Match != geo.Exact || gaza.Items[0].MatchedName != "رفح" {
		t.Errorf("the town comes not before the camp named after it: %+v", gaza.Items[0])
	}
}

func TestNothingIsFoundForNothing(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, s := range []string{"'", "ـ", "xyzzyx", "%", "_", `\`, "%%%"} {
		if page := search(t, store, geo.PlaceQuery{Search: s}); len(page.Items) != 0 || page.Next != nil {
			t.Errorf("%q finds %v", s, codes(page))
		}
	}
	_, err := store.Places(t.Context(), pg.System{}, geo.PlaceQuery{Search: strings.Repeat("ي", 101)})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("101 characters: %v", err)
	}
}

func TestAmbiguousNamesAreMarked(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, name := range []string{"الطيبة", "طيبه", "برقة", "جبع", "Jaba", "المغير", "رافات", "تلفيت", "الدوحة", "البيرة", "الزاوية", "خربة الدير", "المواصي", "زعترة", "صير"} {
		page := search(t, store, geo.PlaceQuery{Search: name})
		governorates := map[string]bool{}
		for _, m := range page.Items {
			if m.Match != geo.Exact {
				break
			}
			governorates[m.Governorate.Code] = true
			if !m.AmbiguousName {
				t.Errorf("%s of %s is not marked as ambiguous", m.MatchedName, m.Governorate.Name.EN)
			}
			if m.Governorate.Name.AR == "" || m.Governorate.Name.EN == "" {
				t.Errorf("%s has no governorate by which to tell it apart", m.Code)
			}
		}
		if len(governorates) < 2 {
			t.Errorf("%s is found in %v only", name, governorates)
		}
	}
	for _, name := range []string{"يطا", "الخليل", "Beit Hanun", "رفح"} {
		if page := search(t, store, geo.PlaceQuery{Search: name}); page.Items[0].AmbiguousName {
			t.Errorf("%s is marked as ambiguous", name)
		}
	}
	page := search(t, store, geo.PlaceQuery{Search: "جبع", GovernorateCode: "PS0101"})
	if len(page.Items) == 0 || page.Items[0].Code != "gn-283570" {
		t.Errorf("the governorate does not tell them apart: %v", codes(page))
	}
}

func TestPagesMakeTheWhole(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, name := range []string{"", "بيت", "khirbet", "ال"} {
		var whole []string
		for after := (*geo.PlacePosition)(nil); ; {
			page := search(t, store, geo.PlaceQuery{Search: name, Limit: 37, After: after})
			whole = append(whole, codes(page)...)
			if page.Next == nil {
				break
			}
			after = page.Next
		}
		seen := map[string]bool{}
		for _, code := range whole {
			if seen[code] {
				t.Errorf("%q: %s is on two pages", name, code)
			}
			seen[code] = true
		}
		if name == "" && len(whole) != len(facts(t, "places")) {
			t.Errorf("all pages have %d places, want %d", len(whole), len(facts(t, "places")))
		}
		first := search(t, store, geo.PlaceQuery{Search: name, Limit: 100})
		if diff := cmp.Diff(whole[:len(first.Items)], codes(first)); diff != "" {
			t.Errorf("%q: pages of 37 are not the page of 100: %s", name, diff)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	place, err := store.Place(t.Context(), pg.System{}, yatta)
	if err != nil {
		t.Fatal(err)
	}
	if place.Name != (fault.Sentence{AR: "يطا", EN: "Yatta"}) || place.Governorate.Code != "PS0150" || place.ZoneCode != "west_bank" ||
		place.Point.Lat() != 31.44714 || place.Point.Lon() != 35.0992 || place.Camp || place.Version != 1 {
		t.Errorf("%+v", place)
	}
	if _, err = store.Place(t.Context(), pg.System{}, "gn-0"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a place that is none: %v", err)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, c := range []struct{ name, place, code, zone string }{
		{"code", yatta, yatta, "west_bank"},
		{"name of one place", "يطا", yatta, "west_bank"},
		{"English name", "beit hanoun", beitHanun, "gaza_strip"},
		{"town and the camp called after it", "رفح", "gn-281102", "gaza_strip"},
		{"city", "القدس", jerusalem, "east_jerusalem"},
	} {
		origin, err := store.Locate(t.Context(), pg.System{}, geo.Where{Place: c.place})
		if err != nil || origin.PlaceCode != c.code || origin.ZoneCode != c.zone {
			t.Errorf("%s: %+v, %v", c.name, origin, err)
		}
	}
	for _, c := range []struct{ place, code string }{
		{"gn-0", "place_not_found"},
		{"نيويورك", "place_not_found"},
		{"جبع", "place_ambiguous"},
		{"الطيبة", "place_ambiguous"},
		{"", "place_required"},
	} {
		_, err := store.Locate(t.Context(), pg.System{}, geo.Where{Place: c.place, Pointer: "/place"})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != c.code || f.Fields[0].Pointer != "/place" {
			t.Errorf("%q: %v, want %s", c.place, err, c.code)
			continue
		}
		if detail := f.Fields[0].Detail; c.place == "جبع" && (!strings.Contains(detail.EN, "Jaba' (Jerusalem): gn-283571") ||
			!strings.Contains(detail.AR, "جبع (جنين): gn-283570")) {
			t.Errorf("it is not said which places are meant: %+v", detail)
		}
	}
}

func TestFreePoint(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	locate := func(lat, lon float64) (geo.Origin, error) {
		p, err := geo.NewPoint(lat, lon)
		if err != nil {
			t.Fatal(err)
		}
		return store.Locate(context.Background(), pg.System{}, geo.Where{Point: &p})
	}
	origin, err := locate(31.445, 35.095) // on the western side of Yatta
	if err != nil || origin.PlaceCode != yatta || origin.GovernorateCode != "PS0150" || origin.ZoneCode != "west_bank" {
		t.Errorf("%+v, %v", origin, err)
	}
	if origin.Point.Lat() != 31.445 {
		t.Errorf("the point was moved to the place: %v", origin.Point)
	}
	for name, at := range map[string][2]float64{"Amman": {31.95, 35.93}, "Cairo": {30.04, 31.24}, "the Gulf of Guinea": {0, 0}} {
		if _, err := locate(at[0], at[1]); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "point_out_of_area") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A temporary place is there from its first day to its last, for the search, by its code and for the points around it.
func TestTemporaryPlace(t *testing.T) {
	t.Parallel()
	_, db := newStore(t)
	db.Exec(t, `
		INSERT INTO place (code, name_ar, name_en, kind, governorate_code, zone_code, geog, valid_from, valid_to)
		VALUES ('tmp-camp-1', 'موقع تجريبي', 'Invented site', 'displacement_site', 'PS0270', 'gaza_strip', 'POINT(34.27 31.36)', '2026-02-01', '2026-03-01')`)
	for on, there := range map[string]bool{"2026-01-31": false, "2026-02-01": true, "2026-03-01": true, "2026-03-02": false} {
		store := geo.NewStore(db.DB, func() time.Time { return day(on).Add(12 * time.Hour) })
		page := search(t, store, geo.PlaceQuery{Search: "موقع تجريبي"})
		if found := len(page.Items) > 0 && page.Items[0].Code == "tmp-camp-1"; found != there {
			t.Errorf("%s: found %v", on, found)
		}
		if _, err := store.Place(t.Context(), pg.System{}, "tmp-camp-1"); (err == nil) != there {
			t.Errorf("%s: %v", on, err)
		}
		p, err := geo.NewPoint(31.36, 34.27)
		if err != nil {
			t.Fatal(err)
		}
		if origin, err := store.Locate(t.Context(), pg.System{}, geo.Where{Point: &p}); err != nil || (origin.PlaceCode == "tmp-camp-1") != there {
			t.Errorf("%s: %+v, %v", on, origin, err)
		}
	}
}
