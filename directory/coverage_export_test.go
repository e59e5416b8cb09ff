package directory

import (
	"context"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// CoverageThroughWalls is coverage as if one could pass from every zone to every other.
func (s *Store) CoverageThroughWalls(ctx context.Context, actor policy.Actor, query CoverageQuery) (places []PlaceCoverage, err error) {
	need, _ := NeedByCode(query.Need)
	now := s.clock()
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		known, err := waysOn(ctx, q, geo.Today(now))
		if err != nil {
			return err
		}
		zones := map[string]bool{}
		for _, zone := range known.from {
			zones[zone] = true
		}
		var open ways
		for from := range zones {
			for to := range zones {
				open.from, open.to = append(open.from, from), append(open.to, to)
				open.detours, open.extras = append(open.detours, 1), append(open.extras, 0)
			}
		}
		places, err = coverage(ctx, q, need, query, open, now, nil)
		return err
	})
	return places, err
}
