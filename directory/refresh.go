package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Refresh rebuilds what may be found of the organization, as every write does unless it is made through pg.DB.Filling. It fails with
// fault.Forbidden unless the actor may manage organizations.
func (s *Store) Refresh(ctx context.Context, actor policy.Actor, organization uuid.UUID) error {
	if !actor.Can(policy.Manage, policy.ClassOrganization) {
		return policy.RoleForbids(policy.Manage, policy.ClassOrganization)
	}
	return s.db.InTx(ctx, asOf{actor, s.clock()}, func(q pg.Querier) error { return refresh(ctx, q, organization) })
}

// RefreshListing says anew on which days the organization is listed: what remains of a refresh while a database is filled, for whether
// it ever was listed is remembered and cannot be made good later.
func RefreshListing(ctx context.Context, q pg.Querier, organization uuid.UUID) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		if _, err := q.Exec(ctx, `SELECT tahweel_refresh_listing(@organization)`, pgx.StrictNamedArgs{"organization": organization}); err != nil {
			return fmt.Errorf("refresh the listing: %w", err)
		}
		return nil
	})
}
