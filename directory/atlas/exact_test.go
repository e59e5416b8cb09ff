package atlas_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tahweel/directory"
	"tahweel/directory/atlas"
	"tahweel/policy"
)

// counted is one cluster.
type counted struct {
	Zoom, CellX, CellY   int
	Root                 string
	Providers, Accepting int
	SumX, SumY           int64
}

const kept = `
	SELECT c.zoom, c.cell_x, c.cell_y, c.root, c.providers, c.accepting, c.sum_x, c.sum_y
	FROM map_cluster AS c
	WHERE c.providers > 0
	ORDER BY 1, 2, 3, 4`

// brute counts the clusters of a day from the register itself, by another way than the product: tiles by ST_TileEnvelope's own
// arithmetic in degrees, needs through need_ancestor, dates from organization and accreditation.
const brute = `
	WITH shown AS (
	  SELECT sal.id, s.id AS service_id, ST_X(l.geog::geometry) AS lon, radians(ST_Y(l.geog::geometry)) AS lat,
	         sal.accepting_status = 'capacity' AND $1::date <= ((sal.accepting_as_of + interval '30 days') AT TIME ZONE 'Asia/Hebron')::date AS accepting
	  FROM organization AS o
	  JOIN service AS s ON s.organization_id = o.id AND s.status = 'active'
	  JOIN service_at_location AS sal ON sal.service_id = s.id AND sal.status = 'active'
	  JOIN location AS l ON l.id = sal.location_id
	  WHERE o.status = 'active'
	    AND coalesce($1 BETWEEN l.valid_from AND coalesce(l.valid_to, 'infinity'), coalesce($1 <= l.valid_to, true))
	    AND (o.information_only OR o.kind NOT IN ('association', 'zakat_committee', 'private') OR EXISTS (
	      SELECT FROM accreditation AS a
	      WHERE a.organization_id = o.id AND a.status = 'accredited' AND $1 BETWEEN a.valid_from AND a.valid_to))
	),
	placed AS (
	  SELECT shown.*, zoom, (lon + 180) / 360 * 64 * 2 ^ zoom AS x, (1 - ln(tan(lat) + 1 / cos(lat)) / pi()) / 2 * 64 * 2 ^ zoom AS y
	  FROM shown, generate_series(5, 11) AS zoom
	)
	SELECT zoom, floor(x)::integer, floor(y)::integer, root.code, count(*)::integer, (count(*) FILTER (WHERE accepting))::integer,
	       sum(round(lon * 20037508.342789244 / 180))::bigint,
	       sum(round(6378137 * ln(tan(lat) + 1 / cos(lat))))::bigint
	FROM placed
	CROSS JOIN LATERAL (
	  SELECT ''
	  UNION
	  SELECT r.code
	  FROM service_need AS sn
	  JOIN need_ancestor AS na ON na.need_id = sn.need_id
	  JOIN need AS r ON r.id = na.ancestor_id AND r.parent_id IS NULL
	  WHERE sn.service_id = placed.service_id
	) AS root (code)
	GROUP BY 1, 2, 3, 4
	ORDER BY 1, 2, 3, 4`

// exact fails unless the clusters of today are those that the register gives.
func (w *world) exact(when string) {
	w.t.Helper()
	if difference := w.differ(); difference != "" {
		w.t.Fatalf("%s: %s", when, difference)
	}
}

func (w *world) differ() string {
	w.t.Helper()
	w.ok(w.atlas.ChangeDay(w.t.Context()))
	got, want := ask[counted](w, kept), ask[counted](w, brute, w.today(0))
	if len(got) != len(want) {
		return fmt.Sprintf("%d clusters are kept, and there are %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("kept is %+v, but it is %+v", got[i], want[i])
		}
	}
	return ""
}

// changes are the ways in which the map can become another one. Each picks what it changes; one that does not apply does nothing.
var changes = []func(*register){
	func(r *register) { // a new provider
		o := r.w.public()
		if r.chance.IntN(2) == 0 {
			from := r.chance.IntN(20) - 10
			var a directory.Accreditation
			o, a = r.w.association(from, from+1+r.chance.IntN(20))
			r.accreditations = append(r.accreditations, a)
		}
		r.organizations = append(r.organizations, o)
	},
	func(r *register) { // a service at a place, maybe for a time
		if len(r.organizations) == 0 {
			return
		}
		o := pick(r, r.organizations)
		s := r.w.service(o.ID, pick(r, [][]string{{physio}, {physio, device}, {"EDU-KG"}, {"EDU-KG", "GBV-PSS", physio}})...)
		l := r.w.location(o.ID, pick(r, r.places), func(l *directory.Location) {
			if r.chance.IntN(3) == 0 {
				from := r.w.today(r.chance.IntN(10) - 5)
				to := from.AddDate(0, 0, r.chance.IntN(10))
				l.ValidFrom, l.ValidTo = &from, &to
			}
			if r.chance.IntN(5) == 0 {
				*l = directory.Location{OrganizationID: o.ID, PlaceCode: l.PlaceCode, Point: l.Point, Confidential: true}
			}
		})
		status := pick(r, []directory.AcceptingStatus{directory.Capacity, directory.Capacity, directory.Waitlist, directory.UnknownCapacity})
		r.services, r.offers = append(r.services, s), append(r.offers, r.w.offer(s, l, status, r.chance.IntN(35)))
		if !l.Confidential {
			r.locations = append(r.locations, l)
		}
	},
	func(r *register) { // a location moves
		if len(r.locations) == 0 {
			return
		}
		l := pick(r, r.locations)
		r.w.exec(`UPDATE location SET geog = ST_Project(geog, 2000, random()), version = version + 1 WHERE id = $1`, l.ID)
		r.w.exec(`SELECT refresh_provider_search($1)`, l.OrganizationID)
	},
	func(r *register) { // a service meets other needs
		if len(r.services) == 0 {
			return
		}
		s := pick(r, r.services)
		r.w.exec(`DELETE FROM service_need WHERE service_id = $1 AND need_id = (SELECT id FROM need WHERE code = $2)`, s.ID, physio)
		r.w.exec(`SELECT refresh_provider_search($1)`, s.OrganizationID)
	},
	func(r *register) { // somebody says whether they take people
		if len(r.offers) == 0 {
			return
		}
		o := pick(r, r.offers)
		r.w.exec(`UPDATE service_at_location SET accepting_status = 'capacity', accepting_as_of = $2, version = version + 1 WHERE id = $1`, o.ID, r.w.now)
		r.w.exec(`SELECT refresh_provider_search(s.organization_id) FROM service AS s WHERE s.id = $1`, o.ServiceID)
	},
	func(r *register) { // an accreditation is suspended or reinstated, or a provider gives up
		if len(r.accreditations) > 0 {
			i := r.chance.IntN(len(r.accreditations))
			a := r.accreditations[i]
			if a.Status == directory.Accredited {
				r.accreditations[i] = must(r.w.store.Suspend(r.w.t.Context(), policy.TheSystem(), a.ID, a.Version, directory.Administrative))(r.w.t)
			} else {
				r.accreditations[i] = must(r.w.store.Reinstate(r.w.t.Context(), policy.TheSystem(), a.ID, a.Version))(r.w.t)
			}
		}
		if len(r.offers) > 0 && r.chance.IntN(3) == 0 {
			o := pick(r, r.offers)
			r.w.exec(`UPDATE service_at_location SET status = CASE status WHEN 'active' THEN 'inactive' ELSE 'active' END, version = version + 1 WHERE id = $1`, o.ID)
			r.w.exec(`SELECT refresh_provider_search(s.organization_id) FROM service AS s WHERE s.id = $1`, o.ServiceID)
		}
	},
	func(r *register) { r.w.now = r.w.now.AddDate(0, 0, r.chance.IntN(9)-3) }, // time passes; clocks are put back too
}

// register is what the changes have made.
type register struct {
	w              *world
	chance         *rand.Rand
	places         []string
	organizations  []directory.Organization
	accreditations []directory.Accreditation
	services       []directory.Service
	locations      []directory.Location
	offers         []directory.ServiceAtLocation
}

func pick[T any](r *register, from []T) T { return from[r.chance.IntN(len(from))] }

func newRegister(w *world, seed uint64) *register {
	r := &register{w: w, chance: rand.New(rand.NewPCG(seed, 4)), places: []string{yatta, beitHanun, jericho}}
	for range 5 {
		changes[0](r)
		changes[1](r)
	}
	return r
}

// Whatever happens to the register, and whatever day it becomes, the clusters are those that counting everything anew gives.
func TestClustersAreExactAfterEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := newRegister(w, seed)
	w.exact("at first")
	for i := range 40 {
		kind := r.chance.IntN(len(changes))
		changes[kind](r)
		w.exact(fmt.Sprintf("change %d, of kind %d", i, kind))
	}
	if len(ask[counted](w, kept)) == 0 {
		t.Error("nothing was left to compare")
	}
}

// TestTheComparisonSeesADrift is the control: clusters that miss one change, or a day, are caught.
func TestTheComparisonSeesADrift(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"points that do not follow":   `DROP TRIGGER points_follow_insert ON provider_card`,
		"clusters that do not follow": `DROP TRIGGER clusters_follow_insert ON map_point`,
		"a day that counts nothing": `CREATE OR REPLACE FUNCTION tahweel_change_map_day(day date) RETURNS void LANGUAGE sql AS
			$$ UPDATE map_day AS d SET day = tahweel_change_map_day.day $$`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o, _ := w.association(-1, 30)
			ending, _ := w.association(-1, 1)
			w.offer(w.service(ending.ID, physio), w.location(ending.ID, yatta, nil), directory.Capacity, 1)
			w.exact("before")
			w.Exec(t, broken)
			w.offer(w.service(o.ID, physio), w.location(o.ID, yatta, nil), directory.Capacity, 1)
			w.now = w.now.AddDate(0, 0, 3)
			if w.differ() == "" {
				t.Error("nobody noticed")
			}
		})
	}
}

// A tile made of points on a day that nobody has counted yet is the tile that the clusters give.
func TestATileIsTheSameByBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := newRegister(w, 7)
	for range 20 {
		changes[1](r)
	}
	tiles := func() (all [][]byte) {
		for z := range atlas.ClusteredZoom + 1 {
			all = append(all, must(w.atlas.ProviderTile(t.Context(), around(t, z, w.pointOf(yatta))))(t))
		}
		return all
	}
	for day := range 4 {
		w.now = w.now.AddDate(0, 0, day)
		made := tiles()
		w.ok(w.atlas.ChangeDay(t.Context()))
		for z, tile := range tiles() {
			if !bytes.Equal(tile, made[z]) {
				t.Errorf("day %d, zoom %d: %d bytes from the clusters, %d from the points", day, z, len(tile), len(made[z]))
			}
		}
	}
}

// Whatever is suspended is gone from the next tile, at every zoom.
func TestATileForgetsWhoIsSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, a := w.association(-1, 50)
	l := w.location(o.ID, yatta, nil)
	sal := w.offer(w.service(o.ID, physio, device), l, directory.Capacity, 1)
	w.offer(w.service(o.ID, "EDU-KG"), l, directory.Waitlist, 1)
	hidden := w.location(o.ID, beitHanun, func(l *directory.Location) { l.Confidential, l.Name = true, directory.Name{} })
	w.offer(w.service(o.ID, "GBV-PSS"), hidden, directory.Capacity, 1)
	roots := must(w.atlas.Roots(t.Context()))(t)
	bit := func(code string) int {
		return 1 << slices.IndexFunc(roots, func(r atlas.Root) bool { return r.Code == code })
	}
	for z := range atlas.MaximumZoom + 1 {
		features := decode(t, must(w.atlas.ProviderTile(t.Context(), around(t, z, l.Point)))(t))
		count, needs, accepting := 0, 0, 0
		for _, f := range features {
			count, needs, accepting = count+f.properties["count"].(int), needs|f.properties["needs"].(int), accepting+f.properties["accepting"].(int)
			lon, lat := degrees(around(t, z, l.Point), f)
			if z > 4 && (abs(lon-l.Point.Lon()) > 0.02 || abs(lat-l.Point.Lat()) > 0.02) {
				t.Errorf("zoom %d: drawn at %f, %f", z, lat, lon)
			}
		}
		if count != 2 || accepting != 1 || needs != bit("DIS")|bit("EDU") {
			t.Errorf("zoom %d: %v", z, features)
		}
		if z > atlas.ClusteredZoom && !slices.ContainsFunc(features, func(f feature) bool { return f.properties["id"] == sal.ID.String() }) {
			t.Errorf("zoom %d: %s is not there: %v", z, sal.ID, features)
		}
		if elsewhere := decode(t, must(w.atlas.ProviderTile(t.Context(), around(t, z, w.pointOf(beitHanun))))(t)); z > 9 && len(elsewhere) > 0 {
			t.Errorf("zoom %d: a confidential location is drawn: %v", z, elsewhere)
		}
	}
	must(w.store.Suspend(t.Context(), policy.TheSystem(), a.ID, a.Version, directory.Administrative))(t)
	for z := range atlas.MaximumZoom + 1 {
		if tile := must(w.atlas.ProviderTile(t.Context(), around(t, z, l.Point)))(t); len(tile) > 0 {
			t.Errorf("zoom %d: what is suspended is drawn in %d bytes", z, len(tile))
		}
	}
}

func TestTilesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int{{-1, 0, 0}, {17, 0, 0}, {3, 8, 0}, {3, 0, 8}, {3, -1, 0}, {0, 0, 1}, {62, 1 << 61, 0}} {
		if _, err := atlas.NewTile(c[0], c[1], c[2]); err == nil {
			t.Errorf("%v is a tile", c)
		}
	}
}
