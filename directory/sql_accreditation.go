package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

func insertAccreditation(ctx context.Context, q pg.Querier, a Accreditation, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO accreditation (id, organization_id, transition, status, version, created_at, updated_at)
		VALUES (@id, @organization, 'apply', @status, @version, @now, @now)`,
		pgx.StrictNamedArgs{"id": a.ID, "organization": a.OrganizationID, "status": a.Status, "version": a.Version, "now": now})
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	return nil
}

func selectAccreditation(ctx context.Context, q pg.Querier, id uuid.UUID) (Accreditation, error) {
	var a Accreditation
	var number *string
	var from, to *time.Time
	err := q.QueryRow(ctx, `
		SELECT id, organization_id, status, number, valid_from, valid_to, version
		FROM accreditation
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id}).
		Scan(&a.ID, &a.OrganizationID, &a.Status, &number, &from, &to, &a.Version)
	if err != nil {
		return Accreditation{}, fmt.Errorf("read the accreditation: %w", err)
	}
	if number != nil && from != nil && to != nil {
		a.Grant = Grant{Number: *number, ValidFrom: *from, ValidTo: *to}
	}
	return a, nil
}

func updateAccreditation(ctx context.Context, q pg.Querier, was, a Accreditation, e AccreditationEvent, now time.Time) error {
	args := pgx.StrictNamedArgs{
		"id": a.ID, "was": was.Status, "was_version": was.Version, "event": e, "status": a.Status, "version": a.Version, "now": now,
		"number": nil, "valid_from": nil, "valid_to": nil,
	}
	if a.Number != "" {
		args["number"], args["valid_from"], args["valid_to"] = a.Number, a.ValidFrom, a.ValidTo
	}
	tag, err := q.Exec(ctx, `
		UPDATE accreditation
		SET transition = @event, status = @status, number = @number, valid_from = @valid_from, valid_to = @valid_to,
		    version = @version, updated_at = @now
		WHERE id = @id AND status = @was AND version = @was_version`, args)
	if err != nil {
		return fmt.Errorf("%s: %w", e, err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}
