package directory

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/policy"
)

// StoredDetails are details as they stand in the database.
func StoredDetails[T any](details T) any { return document[T]{details} }

// NearbyUnsure is a search that believes the index: it asks once for as many rows as the page has, and does not look at the horizon.
func (s *Store) NearbyUnsure(ctx context.Context, actor policy.Actor, query Query) (ids []uuid.UUID, err error) {
	o := orientation{query: query, account: actor.AccountID, directorates: searching(actor), now: s.clock()}
	var rows []nearRow
	err = s.db.Read(ctx, actor, append(o.rounds(), func(batch *pgx.Batch) error {
		f, err := o.frame()
		if err == nil {
			f.queue(batch, f.limit(), &rows)
		}
		return err
	})...)
	for _, r := range rows[:min(len(rows), query.Limit)] {
		ids = append(ids, r.ServiceAtLocationID)
	}
	return ids, err
}

// ClosedNeeds returns "governorate need" for each need and governorate that a search leaves out for the actor.
func (s *Store) ClosedNeeds(ctx context.Context, actor policy.Actor, code string) (closed []string, err error) {
	var found []closedNeed
	need, _ := NeedByCode(code)
	err = s.db.Read(ctx, actor, func(batch *pgx.Batch) error {
		queueClosedNeeds(batch, need, actor.AccountID, &found)
		return nil
	})
	for _, c := range found {
		closed = append(closed, c.GovernorateCode+" "+c.Code)
	}
	return closed, err
}
