package geo

import (
	"context"
	"time"

	"tahweel/internal/pg"
)

// Store reads places and zones. They are public reference data: every actor that was identified may read them.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a store on db. Places and links are those in force on the day of clock in Palestine.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// Places returns a page of the places that answer the query: exact matches before beginnings before similar names, a place's
// own names before other spellings, the more populous before the less. It fails with fault.Invalid "search_too_long".
func (s *Store) Places(ctx context.Context, actor pg.Actor, query PlaceQuery) (page PlacePage, err error) {
	search, err := query.normalise()
	if err != nil || search.empty() {
		return PlacePage{}, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		page, err = placesBy(ctx, q, search, s.today())
		return err
	})
	return page, err
}

// Place returns the place of that code, or fails with fault.NotFound "place_not_found"; a place that no longer exists, or does
// not exist yet, is not found.
func (s *Store) Place(ctx context.Context, actor pg.Actor, code string) (place Place, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		place, err = placeByCode(ctx, q, code, s.today())
		return err
	})
	return place, err
}

// Locate returns what is known of a place or a free point, as Resolve does.
func (s *Store) Locate(ctx context.Context, actor pg.Actor, where Where) (origin Origin, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		origin, err = Resolve(ctx, q, where, s.today())
		return err
	})
	return origin, err
}

// Governorates returns all governorates in the order of their codes.
func (s *Store) Governorates(ctx context.Context, actor pg.Actor) (governorates []Governorate, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		governorates, err = allGovernorates(ctx, q)
		return err
	})
	return governorates, err
}

// Zones returns all reach zones in the order of their codes.
func (s *Store) Zones(ctx context.Context, actor pg.Actor) (zones []Zone, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		zones, err = allZones(ctx, q)
		return err
	})
	return zones, err
}

// Links returns the links in force on the day, see Today, in the order of their zones.
func (s *Store) Links(ctx context.Context, actor pg.Actor, day time.Time) (links []Link, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		links, err = allLinks(ctx, q, day)
		return err
	})
	return links, err
}

// Areas returns the areas of the governorates in the order of their codes.
func (s *Store) Areas(ctx context.Context, actor pg.Actor) (areas []Area, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		areas, err = allAreas(ctx, q)
		return err
	})
	return areas, err
}

func (s *Store) today() time.Time { return Today(s.clock()) }
