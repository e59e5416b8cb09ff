package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// ConfirmOrganization records that all that the catalogue says of the organization is still true: of itself, its locations, and of what
// of its services and offers is active. It changes nothing else, neither a version nor when what was said was said. It is for whoever may
// edit the organization's catalogue; for others it fails with fault.Forbidden, and with fault.NotFound.
func (s *Store) ConfirmOrganization(ctx context.Context, actor policy.Actor, id uuid.UUID, once pg.Once) (Written[Organization], error) {
	d := deed{actor: actor, what: "organization.confirm", action: policy.Edit, id: id, once: once}
	return perform(ctx, s, d, readOrganization, func(q pg.Querier, now time.Time) (Organization, error) {
		o, err := confirmable(ctx, q, d, readOrganization, id)
		if err != nil {
			return Organization{}, err
		}
		for _, of := range []struct{ table, where string }{
			{"organization", "id"}, {"location", "organization_id"}, {"service", "status = 'active' AND organization_id"},
			{"service_at_location", "status = 'active' AND (SELECT s.organization_id FROM service AS s WHERE s.id = service_id)"},
		} {
			if err := confirm(ctx, q, of.table, of.where, id, actor.AccountID, now); err != nil {
				return Organization{}, err
			}
		}
		return o, refresh(ctx, q, id)
	})
}

// ConfirmService records that what is said of the service is still true; see ConfirmOrganization.
func (s *Store) ConfirmService(ctx context.Context, actor policy.Actor, id uuid.UUID, once pg.Once) (Written[Service], error) {
	return confirmOne(ctx, s, deed{actor: actor, what: "service.confirm", action: policy.Edit, id: id, once: once}, readService, "service")
}

// ConfirmOffer records that what is said of the service at the location is still true; see ConfirmOrganization.
func (s *Store) ConfirmOffer(ctx context.Context, actor policy.Actor, id uuid.UUID, once pg.Once) (Written[ServiceAtLocation], error) {
	d := deed{actor: actor, what: "service_at_location.confirm", action: policy.Edit, id: id, once: once}
	return confirmOne(ctx, s, d, readServiceAtLocation, "service_at_location")
}

func confirmOne[T owned](ctx context.Context, s *Store, d deed, read reader[T], table string) (Written[T], error) {
	return perform(ctx, s, d, read, func(q pg.Querier, now time.Time) (T, error) {
		thing, err := confirmable(ctx, q, d, read, d.id)
		if err != nil {
			return thing, err
		}
		if err := confirm(ctx, q, table, "id", d.id, d.actor.AccountID, now); err != nil {
			return thing, err
		}
		return thing, refresh(ctx, q, thing.owner())
	})
}

// confirmable reads what is to be confirmed and asks whether the actor may.
func confirmable[T owned](ctx context.Context, q pg.Querier, d deed, read reader[T], id uuid.UUID) (T, error) {
	thing, err := read(ctx, q, d.actor, id)
	if err != nil {
		return thing, err
	}
	return thing, d.permits(thing.owner())
}

// confirm writes when and by whom the rows of a table were confirmed of which where, a term of this package's, is the id.
func confirm(ctx context.Context, q pg.Querier, table, where string, id, by uuid.UUID, now time.Time) error {
	_, err := q.Exec(ctx, `
		UPDATE `+table+`
		SET confirmed_at = @now, confirmed_by = @by
		WHERE `+where+` = @id`,
		pgx.StrictNamedArgs{"id": id, "by": idOrNull(by), "now": now})
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return nil
}
