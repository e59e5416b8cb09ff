package directory

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// ChangeOffer replaces the details of a service at a location; which service, where, and its statuses stay. It fails as
// ChangeService does; none of it waits.
func (s *Store) ChangeOffer(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, d OfferDetails) (ServiceAtLocation, error) {
	deed := deed{actor: actor, what: "service_at_location.change", action: policy.Edit, id: id}
	return change(ctx, s, deed, readServiceAtLocation, func(q pg.Querier, now time.Time) (ServiceAtLocation, error) {
		was, err := editable(ctx, q, deed, readServiceAtLocation, id, version)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		sal := was
		sal.Details = d
		if err := sal.validate(&was, now); err != nil {
			return ServiceAtLocation{}, err
		}
		if sal.Details, err = settled(d, was.Details, now); err != nil {
			return ServiceAtLocation{}, err
		}
		if err := updateOfferDetails(ctx, q, sal, now); err != nil {
			return ServiceAtLocation{}, err
		}
		return sal, refresh(ctx, q, sal.OrganizationID)
	})
}

func updateOfferDetails(ctx context.Context, q pg.Querier, sal ServiceAtLocation, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE service_at_location
		SET details = @details, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{"id": sal.ID, "details": document[OfferDetails]{sal.Details}, "version": sal.Version, "now": now})
	return conditional("change the service at a location", tag.RowsAffected(), err)
}
