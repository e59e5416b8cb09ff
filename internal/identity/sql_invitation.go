package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// invitationRow is a row of client_invitation as the selects below have it.
type invitationRow struct {
	ID             uuid.UUID
	AccountID      *uuid.UUID
	OrganizationID *uuid.UUID
	Scopes         []string
	InvitedBy      *uuid.UUID
	CreatedAt      time.Time
	ExpiresAt      time.Time
	UsedAt         *time.Time
	ClientID       *uuid.UUID
	RequestHash    []byte
}

func (r invitationRow) invitation() Invitation {
	i := Invitation{
		ID: r.ID, AccountID: orNil(r.AccountID), OrganizationID: orNil(r.OrganizationID), Scopes: r.Scopes, InvitedBy: orNil(r.InvitedBy),
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, ClientID: orNil(r.ClientID),
	}
	if r.UsedAt != nil {
		i.UsedAt = *r.UsedAt
	}
	return i
}

func readInvitation(ctx context.Context, q pg.Querier, id uuid.UUID) (Invitation, error) {
	rows, err := q.Query(ctx, `
		SELECT id, account_id, organization_id, scopes, invited_by, created_at, expires_at, used_at, client_id, request_hash
		FROM client_invitation
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Invitation{}, fmt.Errorf("read an invitation: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[invitationRow])
	if err != nil {
		return Invitation{}, fmt.Errorf("read an invitation: %w", err)
	}
	return row.invitation(), nil
}

// lockInvitation returns the invitation with the code and the hash of the registration that used it, and keeps others from using it
// until the transaction ends.
func lockInvitation(ctx context.Context, q pg.Querier, codeHash []byte) (Invitation, []byte, error) {
	rows, err := q.Query(ctx, `
		SELECT id, account_id, organization_id, scopes, invited_by, created_at, expires_at, used_at, client_id, request_hash
		FROM client_invitation
		WHERE code_hash = @hash
		FOR UPDATE`,
		pgx.StrictNamedArgs{"hash": codeHash})
	if err != nil {
		return Invitation{}, nil, fmt.Errorf("read an invitation: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[invitationRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Invitation{}, nil, errInvitation
	}
	if err != nil {
		return Invitation{}, nil, fmt.Errorf("read an invitation: %w", err)
	}
	return row.invitation(), row.RequestHash, nil
}

func insertInvitation(ctx context.Context, q pg.Querier, i Invitation, codeHash []byte) error {
	_, err := q.Exec(ctx, `
		INSERT INTO client_invitation (id, code_hash, account_id, organization_id, scopes, invited_by, created_at, expires_at)
		VALUES (@id, @code_hash, @account_id, @organization_id, @scopes, @invited_by, @created_at, @expires_at)`,
		pgx.StrictNamedArgs{
			"id": i.ID, "code_hash": codeHash, "account_id": orNull(i.AccountID), "organization_id": orNull(i.OrganizationID),
			"scopes": i.Scopes, "invited_by": orNull(i.InvitedBy), "created_at": i.CreatedAt, "expires_at": i.ExpiresAt,
		})
	if err != nil {
		return fmt.Errorf("store an invitation: %w", err)
	}
	return nil
}

func useInvitation(ctx context.Context, q pg.Querier, id, client uuid.UUID, request []byte, now time.Time) error {
	_, err := q.Exec(ctx, `
		UPDATE client_invitation
		SET used_at = @now, client_id = @client, request_hash = @request
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id, "client": client, "request": request, "now": now})
	if err != nil {
		return fmt.Errorf("use an invitation: %w", err)
	}
	return nil
}

// organizationBarred fails with fault.NotFound if there is no such organization.
func organizationBarred(ctx context.Context, q pg.Querier, id uuid.UUID) (barred bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT tahweel_organization_barred(status)
		FROM organization
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id}).Scan(&barred)
	if err != nil {
		return false, fmt.Errorf("read an organization: %w", pg.Translate(err))
	}
	return barred, nil
}
