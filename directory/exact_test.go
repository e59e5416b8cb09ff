package directory_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/policy"
)

// ask makes the n-th query of the crowd.
func (c *crowd) ask(links map[string][]geo.Link) crowdQuery {
	r := c.rnd
	q := crowdQuery{directorate: c.directorates[r.IntN(len(c.directorates))], client: c.places[r.IntN(len(c.places))], passages: map[string]geo.Passage{}}
	q.Need = append(crowdNeeds, crowdLeaves...)[r.IntN(len(crowdNeeds)+len(crowdLeaves))]
	q.Limit = []int{1, 5, 20, 20, 50}[r.IntN(5)]
	q.IdentityDocument = []string{"", "jerusalem", "unrwa"}[r.IntN(3)]
	if q.Place = q.client.Code; r.IntN(3) == 0 {
		q.Place, q.Point = "", &q.client.Point
	}
	if r.IntN(3) == 0 {
		q.RadiusMeters = 100 + r.IntN(60_000)
	}
	if r.IntN(3) == 0 {
		q.TargetGroup = crowdGroups[r.IntN(len(crowdGroups))]
	}
	if r.IntN(3) == 0 {
		age := r.IntN(100)
		q.Age = &age
	}
	if r.IntN(3) == 0 {
		q.Sex = []directory.Sex{directory.Female, directory.Male}[r.IntN(2)]
	}
	q.wish(r)
	for _, p := range geo.Reach(q.client.ZoneCode, links[q.client.ZoneCode], today(0), q.IdentityDocument) {
		q.passages[p.To] = p
	}
	return q
}

// measure returns the distance of every location on the spheroid, and whether the sphere would put the nearest 20 in another order.
func measure(t *testing.T, conn *pgx.Conn, p geo.Point) (meters map[uuid.UUID]float64, sphereErrs bool) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT l.id, ST_Distance(l.geog, o.point), l.geog <-> o.point
		FROM location AS l
		CROSS JOIN (SELECT ST_MakePoint($1, $2)::geography AS point) AS o`, p.Lon(), p.Lat())
	if err != nil {
		t.Fatal(err)
	}
	type far struct {
		id             uuid.UUID
		meters, sphere float64
	}
	var all []far
	var f far
	meters = map[uuid.UUID]float64{}
	if _, err := pgx.ForEachRow(rows, []any{&f.id, &f.meters, &f.sphere}, func() error {
		meters[f.id] = f.meters
		all = append(all, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	by := func(key func(far) float64) []far {
		sorted := slices.Clone(all)
		slices.SortStableFunc(sorted, func(a, b far) int {
			if key(a) < key(b) {
				return -1
			}
			return 1
		})
		return sorted[:20]
	}
	return meters, !slices.Equal(by(func(f far) float64 { return f.meters }), by(func(f far) float64 { return f.sphere }))
}

// The answer, page after page, is that of plain loops over everything with distances on the spheroid.
func TestNearbyIsExact(t *testing.T) {
	t.Parallel()
	queries := 200
	if os.Getenv("TAHWEEL_PROVE") != "" {
		queries = 1000
	}
	w := newWorld(t)
	places, links := placesOf(t, w)
	c := newCrowd(t, places, []uuid.UUID{w.hebron.ID, w.directorate("BET", bethlehem).ID, w.directorate("GAZ", northGaza).ID}, 300)
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	w.ok(err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	c.load(conn)

	var answered, sphereErrs, unsure, pages int
	unnoticed := slices.Clone(crowdRules)
	for range queries {
		q := c.ask(links)
		meters, errs := measure(t, conn, q.client.Point)
		want := c.answer(q, meters)
		if errs {
			sphereErrs++
		}
		if len(want) > 0 {
			answered++
		}
		if ids := must(w.store.NearbyUnsure(t.Context(), caseManager(q.directorate), q.Query))(t); !sameIDs(ids, want[:min(q.Limit, len(want))]) {
			unsure++
		}
		unnoticed = slices.DeleteFunc(unnoticed, func(rule string) bool {
			broken := q
			broken.without = rule
			return !slices.Equal(c.answer(broken, meters), want)
		})
		pages += w.compare(q, want)
		if t.Failed() {
			t.Fatalf("query %+v", q)
		}
	}
	t.Logf("%d queries, %d with an answer, %d pages; the sphere errs in %d, a search that believes it in %d", queries, answered, pages, sphereErrs, unsure)
	if len(unnoticed) > 0 {
		t.Errorf("negative control: no query would notice the absence of %q", unnoticed)
	}
	if answered < queries/2 || sphereErrs == 0 || unsure == 0 {
		t.Errorf("negative control: %d of %d queries have an answer, the sphere errs in %d, a search that believes it in %d", answered, queries, sphereErrs, unsure)
	}
}

func sameIDs(ids []uuid.UUID, hits []crowdHit) bool {
	return slices.EqualFunc(ids, hits, func(id uuid.UUID, h crowdHit) bool { return id == h.id })
}

// compare reads up to three pages and returns how many there were.
func (w *world) compare(q crowdQuery, want []crowdHit) (pages int) {
	w.t.Helper()
	query := q.Query
	for pages < 3 {
		page, err := w.store.Nearby(w.t.Context(), caseManager(q.directorate), query)
		w.ok(err)
		pages++
		n := min(query.Limit, len(want))
		if len(page.Items) != n || (page.Next != nil) != (len(want) > n) {
			w.t.Errorf("page %d has %d providers, want %d; next %v of %d", pages, len(page.Items), n, page.Next, len(want))
			return pages
		}
		for i, item := range page.Items {
			if item.ServiceAtLocationID != want[i].id || item.EffectiveMeters-want[i].effective > 0.001 || want[i].effective-item.EffectiveMeters > 0.001 {
				w.t.Errorf("page %d, row %d: got %v at %v, want %+v", pages, i, item.ServiceAtLocationID, item.EffectiveMeters, want[i])
				return pages
			}
		}
		if page.Next == nil {
			return pages
		}
		query.After, want = page.Next, want[n:]
	}
	return pages
}

func placesOf(t *testing.T, w *world) ([]geo.Place, map[string][]geo.Link) {
	t.Helper()
	store := geo.NewStore(w.DB.DB, func() time.Time { return w.now })
	links := map[string][]geo.Link{}
	for _, l := range must(store.Links(t.Context(), policy.TheSystem(), today(0)))(t) {
		links[l.From] = append(links[l.From], l)
	}
	var places []geo.Place
	q := geo.PlaceQuery{Limit: 100}
	for {
		page := must(store.Places(t.Context(), policy.TheSystem(), q))(t)
		for _, m := range page.Items {
			if slices.Contains(crowdGovernorates, m.Governorate.Code) {
				places = append(places, m.Place)
			}
		}
		if page.Next == nil {
			return places, links
		}
		q.After = page.Next
	}
}
