package directory_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/policy"
)

func supervisor(directorate uuid.UUID) policy.Actor {
	return policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.Supervisor, DirectorateID: directorate}}}
}

// nearestOf asks Nearby for everything, page by page, and returns what of it is nearest and whether something has no place.
func (w *world) nearestOf(need, place string, directorate uuid.UUID) (nearest *directory.Provider, unplaced bool) {
	w.t.Helper()
	q := directory.Query{Need: need, Place: place, Limit: directory.MaximumLimit}
	for {
		page := must(w.store.Nearby(w.t.Context(), caseManager(directorate), q))(w.t)
		for _, p := range page.Items {
			if p.Location == nil {
				unplaced = true
				continue
			}
			if nearest == nil || p.EffectiveMeters < nearest.EffectiveMeters ||
				p.EffectiveMeters == nearest.EffectiveMeters && slices.Compare(p.ServiceAtLocationID[:], nearest.ServiceAtLocationID[:]) < 0 {
				nearest = &p
			}
		}
		if page.Next == nil {
			return nearest, unplaced
		}
		q.After = page.Next
	}
}

// agrees says how the coverage of a place differs from what Nearby finds from there, or nothing.
func (w *world) agrees(need string, p directory.PlaceCoverage) string {
	w.t.Helper()
	nearest, unplaced := w.nearestOf(need, p.PlaceCode, p.DirectorateID)
	switch {
	case unplaced != p.WithoutPlace:
		return fmt.Sprintf("without a place: %v, Nearby %v", p.WithoutPlace, unplaced)
	case nearest == nil && p.Nearest == nil:
		return ""
	case nearest == nil || p.Nearest == nil:
		return fmt.Sprintf("nearest %+v, Nearby %+v", p.Nearest, nearest)
	case nearest.ServiceAtLocationID != p.Nearest.ServiceAtLocationID || nearest.OrganizationID != p.Nearest.OrganizationID ||
		math.Abs(nearest.EffectiveMeters-p.Nearest.EffectiveMeters) > 0.001:
		return fmt.Sprintf("nearest %v at %f m, Nearby %v at %f m", p.Nearest.ServiceAtLocationID, p.Nearest.EffectiveMeters, nearest.ServiceAtLocationID, nearest.EffectiveMeters)
	}
	return ""
}

// Coverage of a crowd is, place by place, what a case manager there would find.
func TestCoverageIsWhatNearbyFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	places, _ := placesOf(t, w)
	held := []uuid.UUID{w.hebron.ID, w.directorate("BET", bethlehem).ID, w.directorate("GAZ", northGaza).ID}
	c := newCrowd(t, places, held, 120)
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	w.ok(err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	c.load(conn)
	w.drawAreas(conn)

	pairs, found, byWire, full, unheld := 0, 0, 0, 0, 0
	for _, need := range []string{"DIS-PHYSIO", "DIS-SPEECH", "FSC-PARCEL"} {
		query := directory.CoverageQuery{Need: need}
		all := must(w.store.Coverage(t.Context(), supervisor(w.hebron.ID), query))(t).Items
		if len(all) != 711 {
			t.Fatalf("%d places, want all 711", len(all))
		}
		for i, p := range all {
			if p.DirectorateID == uuid.Nil {
				unheld++
				if p.Nearest != nil || p.WithoutPlace || p.Band != directory.NoProvider {
					t.Errorf("nobody holds %s, and yet it is served: %+v", p.PlaceCode, p)
				}
				continue
			}
			if i%9 != 0 && p.GovernorateCode != northGaza {
				continue
			}
			pairs++
			if differs := w.agrees(need, p); differs != "" {
				t.Errorf("%s from %s: %s", need, p.PlaceCode, differs)
			}
			if p.Nearest != nil {
				found++
			}
			if p.WithoutPlace {
				byWire++
			}
			if p.Full != nil {
				full++
			}
		}
	}
	t.Logf("%d pairs, %d with a nearest provider, %d with one without a place, %d with a nearer one that is full", pairs, found, byWire, full)
	if found < pairs/3 || byWire == 0 || full == 0 || unheld == 0 {
		t.Error("too few of these pairs show anything")
	}
}

// drawAreas gives every third service that serves an area a drawn one besides.
func (w *world) drawAreas(conn *pgx.Conn) {
	w.t.Helper()
	_, err := conn.Exec(w.t.Context(), `
		INSERT INTO service_area (id, service_id, nationwide, polygon)
		SELECT gen_random_uuid(), s.service_id, false, ST_Multi(ST_Buffer(p.geog, 12000)::geometry)::geography
		FROM (SELECT sa.service_id, row_number() OVER (ORDER BY sa.service_id) AS n FROM service_area AS sa GROUP BY sa.service_id) AS s
		JOIN (SELECT p.geog, row_number() OVER (ORDER BY p.code) AS n FROM place AS p) AS p ON p.n = s.n * 7
		WHERE s.n % 3 = 0`)
	w.ok(err)
	_, err = conn.Exec(w.t.Context(), `SELECT refresh_provider_search(id) FROM organization`)
	w.ok(err)
}

// at is the coverage of one place.
func (w *world) at(need, place string) directory.PlaceCoverage {
	w.t.Helper()
	all := must(w.store.Coverage(w.t.Context(), supervisor(w.hebron.ID), directory.CoverageQuery{Need: need}))(w.t).Items
	return of(w.t, all, place)
}

func of(t *testing.T, all []directory.PlaceCoverage, place string) directory.PlaceCoverage {
	t.Helper()
	i := slices.IndexFunc(all, func(p directory.PlaceCoverage) bool { return p.PlaceCode == place })
	if i < 0 {
		t.Fatalf("%s is not among %d places", place, len(all))
	}
	return all[i]
}

// No way leads from Gaza to a provider in Hebron, however far its memorandum reaches; who overlooks the zones finds it.
func TestCoverageKeepsToTheZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gaza := w.directorate("GAZ", northGaza)
	p := w.association()
	p.term.directorates, p.term.governorates = []uuid.UUID{w.hebron.ID, gaza.ID}, []string{hebron, northGaza}
	m := w.add(p)
	if got := w.at(physio, beitHanun); got.Nearest != nil || got.Band != directory.NoProvider || got.DirectorateID != gaza.ID {
		t.Errorf("Beit Hanun is served from Hebron: %+v", got)
	}
	through := must(w.store.CoverageThroughWalls(t.Context(), supervisor(w.hebron.ID), directory.CoverageQuery{Need: physio}))(t)
	if got := of(t, through, beitHanun); got.Nearest == nil || got.Nearest.ServiceAtLocationID != m.offer.ID || got.Band != directory.Over20Km {
		t.Errorf("negative control: without zones Beit Hanun should be served from Hebron: %+v", got)
	}
}

// A provider that takes nobody is no coverage and is said to be there, until what it said is too old.
func TestCoverageTellsOfWhoIsFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.accepting = directory.NoCapacity
	m := w.add(p)
	got := w.at(physio, yatta)
	if got.Nearest != nil || got.Band != directory.NoProvider || got.Full == nil || got.Full.ServiceAtLocationID != m.offer.ID || got.Full.OrganizationID != m.organization.ID {
		t.Errorf("a full provider: %+v", got)
	}
	w.now = noon.AddDate(0, 0, directory.AcceptingDays)
	if got := w.at(physio, yatta); got.Nearest == nil || got.Full != nil || got.Band != directory.UnderFiveKm {
		t.Errorf("after %d days: %+v", directory.AcceptingDays, got)
	}
	w.now = noon.AddDate(0, 0, 51) // the accreditation has ended
	if got := w.at(physio, yatta); got.Nearest != nil || got.Full != nil {
		t.Errorf("without an accreditation: %+v", got)
	}
}

// Of a need of tier 3 only who is cleared learns anything, of their own places, and no distance even of a place that is shown.
func TestCoverageOfRestrictedNeeds(t *testing.T) {
	t.Parallel()
	const shelter = "SHL-SAFE"
	w := newWorld(t)
	w.directorate("BET", bethlehem)
	for _, confidential := range []bool{true, false} {
		p := w.association()
		p.service.NeedCodes, p.term.needs, p.confidential = []string{shelter}, []string{shelter}, confidential
		w.add(p)
	}
	protection := policy.Actor{
		AccountID: uuid.New(), Kind: policy.Person, OwnSession: true,
		Memberships: []policy.Membership{{Role: policy.ProtectionFocalPoint, DirectorateID: w.hebron.ID}},
	}
	query := directory.CoverageQuery{Need: shelter}
	page := must(w.store.Coverage(t.Context(), protection, query))(t)
	if got := of(t, page.Items, yatta); !got.WithoutPlace || got.Nearest != nil || got.Full != nil || got.Band != directory.NoProvider {
		t.Errorf("Yatta: %+v", got)
	}
	if i := slices.IndexFunc(page.Items, func(p directory.PlaceCoverage) bool { return p.DirectorateID != w.hebron.ID }); i >= 0 {
		t.Errorf("a place of another directorate is shown: %+v", page.Items[i])
	}
	protection.OwnSession = false
	for name, actor := range map[string]policy.Actor{
		"a supervisor": supervisor(w.hebron.ID), "a focal point without a session": protection, "the system": policy.TheSystem(),
	} {
		if page := must(w.store.Coverage(t.Context(), actor, query))(t); len(page.Items) != 0 {
			t.Errorf("%s sees %d places", name, len(page.Items))
		}
	}
}

func TestCoverageIsAskedForALeafByWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, actor := range map[string]policy.Actor{"nobody": {}, "a case manager": caseManager(w.hebron.ID)} {
		_, err := w.store.Coverage(t.Context(), actor, directory.CoverageQuery{Need: physio})
		wantFault(t, name, err, "forbidden")
	}
	for _, need := range []string{"", "DIS", "NO-SUCH"} {
		_, err := w.store.Coverage(t.Context(), supervisor(w.hebron.ID), directory.CoverageQuery{Need: need})
		wantFault(t, need, err, "invalid")
	}
	var codes []string
	q := directory.CoverageQuery{Need: physio, Directorate: w.hebron.ID, Limit: 40}
	for pages := 0; pages == 0 || q.After != ""; pages++ {
		page := must(w.store.Coverage(t.Context(), supervisor(w.hebron.ID), q))(t)
		for _, p := range page.Items {
			codes = append(codes, p.PlaceCode)
			if p.DirectorateID != w.hebron.ID || p.GovernorateCode != hebron {
				t.Errorf("%+v is not Hebron's", p)
			}
		}
		q.After = page.Next
	}
	q = directory.CoverageQuery{Need: physio, Governorate: hebron}
	whole := must(w.store.Coverage(t.Context(), supervisor(w.hebron.ID), q))(t).Items
	if !slices.IsSorted(codes) || len(slices.Compact(codes)) != len(whole) || len(whole) < 41 {
		t.Errorf("%d places on the pages, %d in the governorate", len(codes), len(whole))
	}
}
