package geo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// polygon is a closed ring of longitudes and latitudes.
func polygon(coordinates ...float64) geom.T {
	return geom.NewPolygonFlat(geom.XY, append(coordinates, coordinates[:2]...), []int{len(coordinates) + 2})
}

func around(lon, lat, by float64) geom.T {
	return polygon(lon-by, lat-by, lon+by, lat-by, lon+by, lat+by, lon-by, lat+by)
}

// fileOfAllSorts has a feature of each outcome; the boundaries are invented.
func fileOfAllSorts() []geo.Boundary {
	return []geo.Boundary{
		{Texts: []string{"Anything", "PS0150"}, Shape: around(35.1, 31.45, 0.2)},                    // Hebron, by its p-code
		{Texts: []string{"جِنين"}, Shape: around(35.3, 32.46, 0.2)},                                 // Jenin, by a name
		{Texts: []string{"PS0135"}, Shape: polygon(35.3, 31.6, 35.7, 32.1, 35.7, 31.6, 35.3, 32.1)}, // Jericho, a bow tie
		{Texts: []string{"Atlantis"}, Shape: around(35.1, 31.45, 0.2)},                              // nowhere
		{Texts: []string{"PS0145", "PS0140"}, Shape: around(35.2, 31.7, 0.1)},                       // two at once
		{Texts: []string{"PS0275"}, Shape: around(34.25, 31.29, 0.05)},                              // Rafah
		{Texts: []string{"رفح"}, Shape: around(34.25, 31.29, 0.05)},                                 // and again
		{Texts: []string{"PS0130"}, Shape: geom.NewPointFlat(geom.XY, []float64{35.2, 31.9})},       // a point
		{Texts: []string{"PS0115"}, Shape: around(170_000, 180_000, 10_000)},                        // metres of some grid
		{Texts: []string{"PS0110"}, Shape: around(32.3, 35.0, 0.2)},                                 // latitude first
		{Texts: []string{"PS0120"}}, // nothing
		{Texts: []string{"PS0105", "en"}, Shape: geom.NewMultiPolygon(geom.XYZ)},                                        // empty
		{Texts: []string{"PS0260"}, Shape: geom.NewMultiPolygonFlat(geom.XYZ, withHeights(34.45, 31.5), [][]int{{15}})}, // with heights
	}
}

func withHeights(lon, lat float64) []float64 {
	return []float64{lon - .1, lat - .1, 9, lon + .1, lat - .1, 9, lon + .1, lat + .1, 9, lon - .1, lat + .1, 9, lon - .1, lat - .1, 9}
}

func outcomes(r geo.BoundaryReport) (all []geo.BoundaryOutcome) {
	for _, row := range r.Rows {
		all = append(all, row.Outcome)
	}
	return all
}

func (w imported) areas(t *testing.T) map[string]bool {
	t.Helper()
	areas, err := w.store.Areas(t.Context(), pg.System{})
	if err != nil {
		t.Fatal(err)
	}
	official := map[string]bool{}
	for _, a := range areas {
		official[a.GovernorateCode] = !a.Indicative && a.Source == "an invented survey"
	}
	return official
}

type imported struct {
	store *geo.Store
	db    *pgtest.DB
}

func (w imported) run(t *testing.T, dryRun bool) geo.BoundaryReport {
	t.Helper()
	report, err := w.store.ImportBoundaries(t.Context(), policy.TheSystem(), fileOfAllSorts(), "an invented survey", dryRun)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestBoundariesAreImported(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	w := imported{store, db}
	want := []geo.BoundaryOutcome{
		geo.BoundaryTaken, geo.BoundaryTaken, geo.BoundaryRepaired, geo.BoundaryUnknown, geo.BoundaryUnknown, geo.BoundaryTwice, geo.BoundaryTwice,
		geo.BoundaryNoPolygon, geo.BoundaryNoDegrees, geo.BoundaryElsewhere, geo.BoundaryNoPolygon, geo.BoundaryNoPolygon, geo.BoundaryTaken,
	}
	report := w.run(t, true)
	if diff := cmp.Diff(want, outcomes(report)); diff != "" || report.Written {
		t.Errorf("a dry run, written %v: %s", report.Written, diff)
	}
	for code, official := range w.areas(t) {
		if official {
			t.Errorf("a dry run wrote %s", code)
		}
	}
	report = w.run(t, false)
	if diff := cmp.Diff(want, outcomes(report)); diff != "" || !report.Written || len(report.Missing) != 12 {
		t.Errorf("written %v, %d missing: %s", report.Written, len(report.Missing), diff)
	}
	hebron, jenin, jericho := report.Rows[0], report.Rows[1], report.Rows[2]
	if hebron.SquareKM < 1000 || hebron.SquareKM > 2000 || hebron.Outside == 0 || hebron.Outside >= hebron.Places || hebron.ByName || !jenin.ByName || jericho.Reason == "" {
		t.Errorf("%+v %+v %+v", hebron, jenin, jericho)
	}
	for code, official := range w.areas(t) {
		if official != (code == "PS0150" || code == "PS0101" || code == "PS0135" || code == "PS0260") {
			t.Errorf("%s is official: %v", code, official)
		}
	}

	db.Exec(t, `SELECT tahweel_derive_governorate_areas()`) // whoever derives anew leaves what was imported
	before := pgtest.Value[string](t, db, `SELECT string_agg(a::text, ' ' ORDER BY a.governorate_code) FROM governorate_area AS a`)
	again := w.run(t, false)
	after := pgtest.Value[string](t, db, `SELECT string_agg(a::text, ' ' ORDER BY a.governorate_code) FROM governorate_area AS a`)
	if again.Written || before != after || again.Rows[0].Outcome != geo.BoundaryUnchanged || again.Rows[2].Outcome != geo.BoundaryUnchanged {
		t.Errorf("the same file changes something: %v %v", again.Written, outcomes(again))
	}
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM audit_entry WHERE action = 'import_boundaries'`); n != 1 {
		t.Errorf("%d imports are in the log, want the one that wrote", n)
	}
}

// Nothing is half-written: if the last area cannot be, the first ones are not either. The control is that without the accident they are.
func TestAnImportThatFailsWritesNothing(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	db.Exec(t, `ALTER TABLE governorate_area ADD CONSTRAINT accident CHECK (governorate_code <> 'PS0260' OR indicative)`)
	_, err := store.ImportBoundaries(t.Context(), policy.TheSystem(), fileOfAllSorts(), "an invented survey", false)
	if err == nil {
		t.Fatal("no accident")
	}
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM governorate_area WHERE NOT indicative`); n != 0 {
		t.Errorf("%d areas were written by an import that failed", n)
	}
	db.Exec(t, `ALTER TABLE governorate_area DROP CONSTRAINT accident`)
	imported{store, db}.run(t, false)
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM governorate_area WHERE NOT indicative`); n != 4 {
		t.Errorf("%d areas were written without the accident", n)
	}
}

func TestWhoMayImportBoundaries(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	manager := policy.Actor{Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.CaseManager}}}
	if _, err := store.ImportBoundaries(t.Context(), manager, nil, "x", false); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a case manager: %v", err)
	}
	if _, err := store.ImportBoundaries(t.Context(), policy.TheSystem(), nil, "", false); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a source: %v", err)
	}
}
