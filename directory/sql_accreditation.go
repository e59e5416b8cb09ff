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

type accreditationRow struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         AccreditationStatus
	Number         *string
	ValidFrom      *time.Time
	ValidTo        *time.Time
	SuspensionKind *SuspensionKind
	SuspendedAt    *time.Time
	LetterNumber   string
	Reason         string
	Version        int
	UpdatedAt      time.Time
	PreparedBy     []uuid.UUID
}

func (r accreditationRow) accreditation() Accreditation {
	a := Accreditation{ID: r.ID, OrganizationID: r.OrganizationID, Status: r.Status, SuspendedAt: r.SuspendedAt, Version: r.Version, UpdatedAt: r.UpdatedAt}
	a.PreparedBy, a.Paper = r.PreparedBy, Paper{LetterNumber: r.LetterNumber, Reason: r.Reason}
	if r.Number != nil && r.ValidFrom != nil && r.ValidTo != nil {
		a.Grant = Grant{Number: *r.Number, ValidFrom: *r.ValidFrom, ValidTo: *r.ValidTo}
	}
	if r.SuspensionKind != nil {
		a.Suspension = *r.SuspensionKind
	} else if r.Status == Suspended {
		a.Suspension = Administrative // suspended before the kind was asked for
	}
	return a
}

// Who prepared it, the history knows, also of what was prepared by a program that did not ask.
const accreditationSQL = `
	SELECT id, organization_id, status, number, valid_from, valid_to, suspension_kind, suspended_at, letter_number, reason, version, updated_at,
	       ARRAY (
	         SELECT DISTINCT h.account_id
	         FROM history AS h
	         WHERE h.entity = 'accreditation'
	           AND h.entity_id = accreditation.id::text
	           AND h.action IN ('apply', 'start_review')
	           AND h.account_id IS NOT NULL
	         ORDER BY h.account_id
	       ) AS prepared_by
	FROM accreditation`

func selectAccreditation(ctx context.Context, q pg.Querier, id uuid.UUID) (Accreditation, error) {
	return one(ctx, q, "read the accreditation", accreditationRow.accreditation, accreditationSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

// selectAccreditations lists them by id; organizations is nil for an actor who may read all.
func selectAccreditations(ctx context.Context, q pg.Querier, f Filter, organizations []uuid.UUID) ([]Accreditation, error) {
	return many(ctx, q, "list the accreditations", accreditationRow.accreditation, accreditationSQL+`
		WHERE (@organization::uuid IS NULL OR organization_id = @organization)
		  AND (@organizations::uuid[] IS NULL OR organization_id = ANY (@organizations))
		  AND (@status = '' OR status = @status)
		  AND id > @after
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"organization": f.organization(), "organizations": organizations, "status": f.Status, "after": f.After, "limit": f.Limit,
		})
}

func updateAccreditation(ctx context.Context, q pg.Querier, was, a Accreditation, m AccreditationMove, now time.Time) error {
	args := pgx.StrictNamedArgs{
		"id": a.ID, "was": was.Status, "was_version": was.Version, "event": m.Event, "status": a.Status, "version": a.Version, "now": now,
		"number": nil, "valid_from": nil, "valid_to": nil,
		"suspension_kind": orNull(string(a.Suspension), itself), "suspended_at": a.SuspendedAt,
		"letter": m.LetterNumber, "reason": m.Reason,
	}
	if a.Number != "" {
		args["number"], args["valid_from"], args["valid_to"] = a.Number, a.ValidFrom, a.ValidTo
	}
	tag, err := q.Exec(ctx, `
		UPDATE accreditation
		SET transition = @event, status = @status, number = @number, valid_from = @valid_from, valid_to = @valid_to,
		    suspension_kind = @suspension_kind, suspended_at = @suspended_at, letter_number = @letter, reason = @reason, version = @version,
		    updated_at = @now
		WHERE id = @id AND status = @was AND version = @was_version`, args)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Event, err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}
