package directory

import (
	"context"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// StoredDetails are details as they stand in the database.
func StoredDetails[T any](details T) any { return document[T]{details} }

// NearbyUnsure is a search that believes the index: it asks once for as many rows as the page has, and does not look at the horizon.
func (s *Store) NearbyUnsure(ctx context.Context, actor policy.Actor, query Query) (ids []uuid.UUID, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		f, err := orient(ctx, q, actor.AccountID, query, searching(actor), s.clock())
		if err != nil {
			return err
		}
		rows, err := nearestRows(ctx, q, f, f.limit())
		for _, r := range rows[:min(len(rows), f.limit())] {
			ids = append(ids, r.ServiceAtLocationID)
		}
		return err
	})
	return ids, err
}
