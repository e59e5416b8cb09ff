package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// CoverageQuery asks how far it is from places to the nearest provider for a need.
type CoverageQuery struct {
	Need        string    // code of a leaf
	Governorate string    // code; empty: all
	Directorate uuid.UUID // only places that it holds; Nil: all
	After       string    // the last place of the page before; empty: the first page
	Limit       int       // places on a page; 0: all of them
}

// Band is a class of effective distances.
type Band string

// The bands.
const (
	UnderFiveKm Band = "under_5_km"
	FiveTo20Km  Band = "5_to_20_km"
	Over20Km    Band = "over_20_km"
	NoProvider  Band = "none" // no provider that has a place to go to
)

// The edges of the bands, in metres of effective distance; one who lives at an edge is on its far side.
const (
	bandNear = 5_000
	bandFar  = 20_000
)

// bandOf returns the band of what is nearest, nil for nothing.
func bandOf(nearest *Covering) Band {
	switch {
	case nearest == nil:
		return NoProvider
	case nearest.EffectiveMeters < bandNear:
		return UnderFiveKm
	case nearest.EffectiveMeters < bandFar:
		return FiveTo20Km
	}
	return Over20Km
}

// Covering is the provider that is nearest to a place.
type Covering struct {
	ServiceAtLocationID uuid.UUID
	OrganizationID      uuid.UUID
	OrganizationName    Name
	DistanceMeters      float64 // in a straight line
	EffectiveMeters     float64 // with the detour and the extra of the way, as Nearby orders
}

// PlaceCoverage says how a place is served for a need.
type PlaceCoverage struct {
	PlaceCode       string
	PlaceName       Name
	GovernorateCode string
	GovernorateName Name
	DirectorateID   uuid.UUID // that holds the place and refers from there; Nil: none does, and nobody serves it
	Point           geo.Point
	Population      int // indicative; 0: not known
	// Nearest is the provider of least effective distance among all that Nearby would find for a household there of which only the
	// place is known; nil: none has a place to go to. For a need of tier 3 it is always nil.
	Nearest *Covering
	Band    Band
	// WithoutPlace tells that somebody serves there whose place is not shown or who comes by wire; for a need of tier 3, that
	// anybody does.
	WithoutPlace bool
	// Full is a provider nearer than Nearest that would serve if it took people; nil: there is none.
	Full *Covering
}

// CoveragePage is a page of places in the order of their codes.
type CoveragePage struct {
	Need  Need
	AsOf  time.Time
	Items []PlaceCoverage
	Next  string // the last code, for the page after; empty: there is none
}

var errCoverageLeaf = fault.New(fault.Invalid, "query_invalid", "The search cannot be understood.", "تعذر فهم البحث.").
	At("?need", "Not a leaf of the needs that are known.", "ليس احتياجًا تفصيليًا معروفًا.")

// Coverage returns how the places are served for the need now: for each the nearest provider and the band of its distance. Who serves
// is what Nearby says of it: instruments of the directorate that holds the place, accreditations, ways between zones for who has no
// document, declared areas and days; what is being rolled out is left out of account. Of a need of tier 3 only who is cleared learns
// anything, for the places of their directorates, and never a distance.
//
// It fails with fault.Forbidden unless the actor may read coverage, and with fault.Invalid "query_invalid" unless the need is a leaf.
func (s *Store) Coverage(ctx context.Context, actor policy.Actor, query CoverageQuery) (page CoveragePage, err error) {
	if !actor.Can(policy.Read, policy.ClassCoverage) {
		return CoveragePage{}, policy.RoleForbids(policy.Read, policy.ClassCoverage)
	}
	need, ok := NeedByCode(query.Need)
	if !ok || need.ParentCode == "" {
		return CoveragePage{}, errCoverageLeaf
	}
	now := s.clock()
	page = CoveragePage{Need: need, AsOf: now}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		ways, err := waysOn(ctx, q, geo.Today(now))
		if err != nil {
			return err
		}
		page.Items, err = coverage(ctx, q, need, query, ways, now, clearedOnly(actor, need))
		return err
	})
	if query.Limit > 0 && len(page.Items) > query.Limit {
		page.Items = page.Items[:query.Limit]
		page.Next = page.Items[query.Limit-1].PlaceCode
	}
	return page, err
}

// clearedOnly returns the directorates to whose places an answer about the need is kept; nil for all.
func clearedOnly(actor policy.Actor, need Need) []uuid.UUID {
	if need.Tier < 3 {
		return nil
	}
	return append([]uuid.UUID{}, actor.Cleared()...)
}

// coverage asks twice: for who can be used, and for who could if nobody were full.
func coverage(ctx context.Context, q pg.Querier, need Need, query CoverageQuery, ways ways, now time.Time, only []uuid.UUID) ([]PlaceCoverage, error) {
	rows, err := coverageRows(ctx, q, need, query, ways, now, only)
	if err != nil {
		return nil, err
	}
	all, err := roomyRows(ctx, q, need, query, ways, now, only)
	if err != nil {
		return nil, err
	}
	if len(all) != len(rows) {
		return nil, fmt.Errorf("coverage: %d places and then %d", len(rows), len(all))
	}
	places := make([]PlaceCoverage, len(rows))
	for i, r := range rows {
		places[i] = r.place(all[i], need.Tier)
	}
	return places, nil
}
