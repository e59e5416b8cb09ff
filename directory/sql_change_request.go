package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

type changeRequestRow struct {
	ID                  uuid.UUID
	OrganizationID      uuid.UUID
	ServiceID           *uuid.UUID
	LocationID          *uuid.UUID
	ServiceAtLocationID *uuid.UUID
	Activates           bool
	Base                document[Guarded]
	Proposed            document[Guarded]
	Status              ChangeStatus
	Reason              string
	RequestedBy         *uuid.UUID
	DecidedBy           *uuid.UUID
	DecidedAt           *time.Time
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

func (r changeRequestRow) request() ChangeRequest {
	return ChangeRequest{
		ID: r.ID, OrganizationID: r.OrganizationID, ServiceID: orNil(r.ServiceID), LocationID: orNil(r.LocationID),
		ServiceAtLocationID: orNil(r.ServiceAtLocationID), Activates: r.Activates, Base: r.Base.Value, Proposed: r.Proposed.Value,
		Status: r.Status, Reason: r.Reason, RequestedBy: orNil(r.RequestedBy), DecidedBy: orNil(r.DecidedBy), DecidedAt: r.DecidedAt,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

const changeRequestSQL = `
	SELECT id, organization_id, service_id, location_id, service_at_location_id, activates, base, proposed, status, reason,
	       requested_by, decided_by, decided_at, version, created_at, updated_at
	FROM change_request`

func selectChangeRequest(ctx context.Context, q pg.Querier, id uuid.UUID) (ChangeRequest, error) {
	return one(ctx, q, "read the change request", changeRequestRow.request, changeRequestSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

// waitingFor returns the request that waits for the thing, a service, a location or an offer, or one without an id.
func waitingFor(ctx context.Context, q pg.Querier, thing uuid.UUID) (ChangeRequest, error) {
	c, err := one(ctx, q, "read the change request", changeRequestRow.request, changeRequestSQL+`
		WHERE @thing IN (service_id, location_id, service_at_location_id)
		  AND status = 'waiting'`, pgx.StrictNamedArgs{"thing": thing})
	if errors.Is(err, pgx.ErrNoRows) {
		return ChangeRequest{}, nil
	}
	return c, err
}

// waitingForAll returns the requests that wait, by the things for which they do.
func waitingForAll(ctx context.Context, q pg.Querier, things []uuid.UUID) (map[uuid.UUID]ChangeRequest, error) {
	found, err := many(ctx, q, "read the change requests", changeRequestRow.request, changeRequestSQL+`
		WHERE status = 'waiting'
		  AND (service_id = ANY (@things) OR location_id = ANY (@things) OR service_at_location_id = ANY (@things))
		ORDER BY id`, pgx.StrictNamedArgs{"things": things})
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]ChangeRequest, len(found))
	for _, c := range found {
		out[c.thing()] = c
	}
	return out, nil
}

func selectChangeRequests(ctx context.Context, q pg.Querier, f Filter, organizations []uuid.UUID) ([]ChangeRequest, error) {
	return many(ctx, q, "list the change requests", changeRequestRow.request, changeRequestSQL+`
		WHERE (@everywhere OR organization_id = ANY (@organizations))
		  AND (@organization::uuid IS NULL OR organization_id = @organization)
		  AND (@status = '' OR status = @status)
		  AND id > @after
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"everywhere": organizations == nil, "organizations": append([]uuid.UUID{}, organizations...), "organization": f.organization(),
			"status": f.Status, "after": f.After, "limit": f.Limit,
		})
}

// standing is what decides whether a provider's change of a thing waits.
type standing struct {
	Guarded  bool   // the directorate has vouched for its organization
	NotLetIn bool   // it was asked for, and never approved
	Closed   Status // of what an officer closed: inactive or defunct; empty if none did
}

func standingOf(ctx context.Context, q pg.Querier, organization, thing uuid.UUID) (s standing, err error) {
	err = q.QueryRow(ctx, `SELECT tahweel_guarded(@organization), tahweel_not_let_in(@thing), tahweel_closed_by_register(@thing)`,
		pgx.StrictNamedArgs{"organization": organization, "thing": thing}).Scan(&s.Guarded, &s.NotLetIn, &s.Closed)
	if err != nil {
		return standing{}, fmt.Errorf("read whether it waits: %w", err)
	}
	return s, nil
}

// ask writes the request: a new one, or in place of the one that waits already.
func ask(ctx context.Context, q pg.Querier, c ChangeRequest, now time.Time) error {
	args := pgx.StrictNamedArgs{
		"id": c.ID, "activates": c.Activates, "base": document[Guarded]{c.Base}, "proposed": document[Guarded]{c.Proposed},
		"requested_by": idOrNull(c.RequestedBy), "now": now,
	}
	if c.ID != uuid.Nil {
		tag, err := q.Exec(ctx, `
			UPDATE change_request
			SET activates = @activates, base = @base, proposed = @proposed, requested_by = @requested_by, version = version + 1, updated_at = @now
			WHERE id = @id AND status = 'waiting'`, args)
		return conditional("ask for a change", tag.RowsAffected(), err)
	}
	if err := identify(&c.ID); err != nil {
		return err
	}
	args["id"], args["organization"], args["service"] = c.ID, c.OrganizationID, idOrNull(c.ServiceID)
	args["location"], args["offer"] = idOrNull(c.LocationID), idOrNull(c.ServiceAtLocationID)
	_, err := q.Exec(ctx, `
		INSERT INTO change_request (
		  id, organization_id, service_id, location_id, service_at_location_id, activates, base, proposed, requested_by, created_at, updated_at
		) VALUES (@id, @organization, @service, @location, @offer, @activates, @base, @proposed, @requested_by, @now, @now)`, args)
	if err != nil {
		return fmt.Errorf("ask for a change: %w", err)
	}
	return nil
}

// settleRequest writes what became of a request.
func settleRequest(ctx context.Context, q pg.Querier, c ChangeRequest, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE change_request
		SET status = @status, reason = @reason, decided_by = @decided_by, decided_at = @decided_at, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version AND status = 'waiting'`,
		pgx.StrictNamedArgs{
			"id": c.ID, "version": c.Version, "status": c.Status, "reason": c.Reason, "decided_by": idOrNull(c.DecidedBy), "decided_at": c.DecidedAt, "now": now,
		})
	return conditional("decide the change", tag.RowsAffected(), err)
}
