package geo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/text"
)

// ask runs one query and returns its only column.
func ask[T any](t *testing.T, db *pgtest.DB, sql string, args pgx.StrictNamedArgs) []T {
	t.Helper()
	var answer []T
	err := db.DB.InTx(context.Background(), pg.System{}, func(q pg.Querier) error {
		rows, err := q.Query(context.Background(), sql, args)
		if err != nil {
			return err
		}
		answer, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

const normaliseAll = `
	SELECT tahweel_normalise(u.name)
	FROM unnest(@names::text[]) WITH ORDINALITY AS u (name, n)
	ORDER BY u.n`

func TestNormaliseIsTheSameInTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var names []string
	for r := rune(1); r <= 0xFFFF; r++ { // every letter there is a keyboard for, alone and between others
		if r < 0xD800 || r > 0xDFFF {
			names = append(names, string(r), "أ"+string(r)+"b")
		}
	}
	written := rapid.StringOfN(rapid.RuneFrom([]rune("أإآٱاىيیکةهلم ءؤئ٠٩۰۹aZéÉßİıŁ-–'’ʿ\t\u00a0\u064b\u0651\u0654\u0640\u200fﻻﷲ½²ﬁ")), 0, 30, -1)
	for i := range 2000 {
		names = append(names, written.Example(i))
	}
	for _, f := range facts(t, "places") {
		names = append(names, f["name_ar"], f["name_en"])
	}
	different, lowerOnly := 0, 0
	for i, got := range ask[string](t, db, normaliseAll, pgx.StrictNamedArgs{"names": names}) {
		if want := text.Normalise(names[i]); got != want {
			if different++; different <= 10 {
				t.Errorf("%+q is %+q in the database and %+q in Go", names[i], got, want)
			}
		}
		if got != strings.ToLower(names[i]) {
			lowerOnly++
		}
	}
	if lowerOnly < 1000 { // the negative control: lower case alone is not it
		t.Errorf("only %d names tell the two apart from lower case, so that this test proves little", lowerOnly)
	}
}

func TestTheSeedIsThere(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for sql, want := range map[string]int{
		"SELECT count(*)::integer FROM place":                                    711,
		"SELECT count(*)::integer FROM governorate":                              16,
		"SELECT count(DISTINCT governorate_code)::integer FROM place":            16,
		"SELECT count(*)::integer FROM place WHERE camp AND kind = 'camp'":       27,
		"SELECT count(*)::integer FROM place WHERE camp":                         27,
		"SELECT count(*)::integer FROM place_name WHERE NOT alias":               2 * 711,
		"SELECT count(*)::integer FROM place_name WHERE alias":                   len(facts(t, "aliases")),
		"SELECT count(*)::integer FROM place WHERE zone_code = 'gaza_strip'":     45,
		"SELECT count(*)::integer FROM place WHERE zone_code = 'east_jerusalem'": 19,
		"SELECT count(*)::integer FROM governorate_area WHERE indicative":        16,
		// A zone follows the governorate, but for Jerusalem, which has places on both sides.
		"SELECT count(*)::integer FROM place WHERE (governorate_code >= 'PS0255') <> (zone_code = 'gaza_strip')":           0,
		"SELECT count(*)::integer FROM place WHERE zone_code = 'east_jerusalem' AND governorate_code <> 'PS0140'":          0,
		"SELECT count(*)::integer FROM place WHERE geog::geometry && ST_MakeEnvelope(34.2, 31.2, 35.7, 32.6, 4326)":        711,
		"SELECT count(*)::integer FROM place WHERE code = 'man-jerusalem' AND zone_code = 'east_jerusalem'":                1,
		"SELECT count(*)::integer FROM (SELECT FROM place GROUP BY name_ar, governorate_code HAVING count(*) > 1) AS twin": 0,
	} {
		if got := ask[int](t, db, sql, nil)[0]; got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}

// Beit Hanun lies nearer to many places of the West Bank than 60 km, and to none of them is there a way.
func TestDistanceIsNotReach(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	const near = `
		SELECT p.zone_code
		FROM place AS p
		JOIN place AS home ON home.code = @home
		WHERE ST_DWithin(p.geog, home.geog, 60000)
			AND p.code <> home.code
			AND p.zone_code = ANY (@zones)`
	count := func(home string, reach []geo.Passage) map[string]int {
		found := map[string]int{}
		for _, zone := range ask[string](t, db, near, pgx.StrictNamedArgs{"home": home, "zones": zones(reach)}) {
			found[zone]++
		}
		return found
	}
	inForce, err := store.Links(t.Context(), pg.System{}, geo.Today(clock()))
	if err != nil {
		t.Fatal(err)
	}
	reach := geo.Reach("gaza_strip", inForce, geo.Today(clock()), "")
	if found := count(beitHanun, reach); found["west_bank"] != 0 || found["east_jerusalem"] != 0 || found["gaza_strip"] < 40 {
		t.Errorf("from Beit Hanun: %v", found)
	}
	naive := []geo.Passage{{To: "gaza_strip"}, {To: "west_bank"}, {To: "east_jerusalem"}}
	if found := count(beitHanun, naive); found["west_bank"] < 50 { // the negative control: a radius alone
		t.Errorf("a naive radius finds only %v, so that this test proves nothing", found)
	}
	withDocument := geo.Reach("west_bank", inForce, geo.Today(clock()), "jerusalem")
	without := geo.Reach("west_bank", inForce, geo.Today(clock()), "palestinian")
	if a, b := count(hebron, withDocument), count(hebron, without); a["east_jerusalem"] == 0 || b["east_jerusalem"] != 0 || b["west_bank"] == 0 {
		t.Errorf("from Hebron with a Jerusalem document: %v, without: %v", a, b)
	}
	back := geo.Between("east_jerusalem", "west_bank", inForce, geo.Today(clock()), "")
	if back.Reason != geo.Open {
		t.Errorf("from East Jerusalem to the West Bank: %s", back.Reason)
	}
	for _, pair := range [][2]string{{"west_bank", "gaza_strip"}, {"gaza_strip", "west_bank"}, {"east_jerusalem", "gaza_strip"}, {"gaza_strip", "east_jerusalem"}} {
		if p := geo.Between(pair[0], pair[1], inForce, geo.Today(clock()), "jerusalem"); p.Reason != geo.NoPassage || p.Note.AR == "" || p.Note.EN == "" {
			t.Errorf("%v: %+v", pair, p)
		}
	}
}

func TestAreasCoverTheirOwnPointsAndNoOthers(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	const wrong = `
		SELECT p.code
		FROM place AS p
		JOIN governorate_area AS a ON (a.governorate_code = p.governorate_code) <> ST_Covers(a.geog, p.geog)`
	if codes := ask[string](t, db, wrong, nil); len(codes) != 0 {
		t.Errorf("not in their own area, or in another: %v", codes)
	}
	if invalid := ask[string](t, db, "SELECT governorate_code FROM governorate_area WHERE NOT ST_IsValid(geog::geometry)", nil); len(invalid) != 0 {
		t.Errorf("not valid: %v", invalid)
	}
	areas, err := store.Areas(t.Context(), pg.System{})
	if err != nil || len(areas) != 16 || !areas[0].Indicative || len(areas[0].Shape.FlatCoords()) < 100 {
		t.Errorf("%d areas, %v", len(areas), err)
	}
	// An imported boundary stays when the areas are derived anew; an indicative one is replaced.
	db.Exec(t, "UPDATE governorate_area SET indicative = false, source = 'imported' WHERE governorate_code = 'PS0101'")
	db.Exec(t, "UPDATE governorate_area SET source = 'old' WHERE governorate_code = 'PS0105'")
	db.Exec(t, "SELECT tahweel_derive_governorate_areas()")
	const sources = "SELECT source FROM governorate_area WHERE governorate_code IN ('PS0101', 'PS0105') ORDER BY governorate_code"
	if got := fmt.Sprint(ask[string](t, db, sources, nil)); got != "[imported derived from the places]" {
		t.Error(got)
	}
}

func TestNamesFollowThePlace(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	db.Exec(t, "UPDATE place SET name_en = 'Invented Name' WHERE code = 'gn-281292'")
	if page := search(t, store, geo.PlaceQuery{Search: "invented name"}); len(page.Items) == 0 || page.Items[0].Code != yatta {
		t.Errorf("not found by its new name: %v", codes(page))
	}
	const old = "SELECT name FROM place_name WHERE place_code = 'gn-281292' AND NOT alias ORDER BY lang"
	if got := fmt.Sprint(ask[string](t, db, old, nil)); got != "[يطا Invented Name]" {
		t.Errorf("names of the place: %s", got)
	}
}

// What the service may do to reference data: add and change places and links, and remove nothing but a name.
func TestTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const link = `
		INSERT INTO reach_link (id, zone_a, zone_b, passable, identity_documents, detour, source, valid_from, valid_to)
		VALUES (gen_random_uuid(), %s)`
	const site = `
		INSERT INTO place (code, name_ar, name_en, kind, governorate_code, zone_code, geog, valid_from, valid_to)
		VALUES (%s)`
	for _, c := range []struct{ name, sql, state, constraint string }{
		{"a link to itself", fmt.Sprintf(link, "'west_bank', 'west_bank', true, '{}', 1, 'test', '2020-01-01', '2020-01-02'"), "23514", "reach_link_two_zones"},
		{"an invented document", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{library}', 1, 'test', '2020-01-01', '2020-01-02'"), "23514", "reach_link_documents_known"},
		{"a closed way with a document", fmt.Sprintf(link, "'west_bank', 'gaza_strip', false, '{passport}', 1, 'test', '2020-01-01', '2020-01-02'"), "23514", "reach_link_closed_needs_no_document"},
		{"a short cut", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{}', 0.5, 'test', '2020-01-01', '2020-01-02'"), "23514", "reach_link_detour_plausible"},
		{"no source", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{}', 1, '', '2020-01-01', '2020-01-02'"), "23514", "reach_link_source_present"},
		{"the last day before the first", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{}', 1, 'test', '2020-01-02', '2020-01-01'"), "23514", "reach_link_dates_ordered"},
		{"two links on one day", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{}', 1, 'test', '2020-01-01', '2025-01-01'"), "23P01", "reach_link_one_at_a_time"},
		{"one link after the other", fmt.Sprintf(link, "'west_bank', 'gaza_strip', true, '{}', 1, 'test', '2020-01-01', '2024-12-31'"), "", ""},
		{"an unknown governorate", fmt.Sprintf(site, "'tmp-1', 'أ', 'A', 'camp', 'PS9999', 'gaza_strip', 'POINT(34.3 31.3)', NULL, NULL"), "23503", "place_governorate_fkey"},
		{"an unknown kind", fmt.Sprintf(site, "'tmp-1', 'أ', 'A', 'castle', 'PS0270', 'gaza_strip', 'POINT(34.3 31.3)', NULL, NULL"), "23514", "place_kind_known"},
		{"no name", fmt.Sprintf(site, "'tmp-1', '', 'A', 'camp', 'PS0270', 'gaza_strip', 'POINT(34.3 31.3)', NULL, NULL"), "23514", "place_name_ar_present"},
		{"a name without a letter", "INSERT INTO place_name (place_code, lang, name) VALUES ('gn-281292', 'ar', ' ـ ')", "23514", "place_name_present"},
		{"a temporary place", fmt.Sprintf(site, "'tmp-1', 'أ', 'A', 'displacement_site', 'PS0270', 'gaza_strip', 'POINT(34.3 31.3)', '2026-01-01', '2026-12-31'"), "", ""},
		{"removing a place", "DELETE FROM place WHERE code = 'gn-281292'", "42501", ""},
		{"removing a link", "DELETE FROM reach_link", "42501", ""},
		{"changing a governorate", "UPDATE governorate SET name_en = 'X'", "42501", ""},
	} {
		err := db.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), c.sql)
			return err
		})
		var e *pgconn.PgError
		switch {
		case c.state == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.state != "" && (!errors.As(err, &e) || e.Code != c.state || e.ConstraintName != c.constraint):
			t.Errorf("%s: %v, want %s %s", c.name, err, c.state, c.constraint)
		}
	}
}
