package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// held is an account with one membership; an account without any has one row with a nil role.
type held struct {
	Kind           string
	Status         string
	Barred         bool    // its organization is not active
	ClientStatus   *string // of the client that asked; nil if the account has no such client
	Role           *string
	OrganizationID *uuid.UUID
	DirectorateID  *uuid.UUID
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// queueHeld queues the account, its client and its memberships at the instant as one statement, so that they belong together.
func queueHeld(batch *pgx.Batch, id, client uuid.UUID, at time.Time, found *[]held) {
	batch.Queue(`
		SELECT a.kind, a.status, tahweel_organization_barred(o.status) AS barred, c.status AS client_status,
		       m.role, m.organization_id, m.directorate_id
		FROM account AS a
		LEFT JOIN organization AS o ON o.id = a.organization_id
		LEFT JOIN client AS c ON c.id = @client AND c.account_id = a.id
		LEFT JOIN membership AS m
			ON m.account_id = a.id
			AND m.valid_from <= @at
			AND (m.valid_to IS NULL OR m.valid_to > @at)
		WHERE a.id = @id
		ORDER BY m.valid_from, m.id`,
		pgx.StrictNamedArgs{"id": id, "client": client, "at": at}).Query(func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, pgx.RowToStructByName[held])
		return err
	})
}

func readAccount(ctx context.Context, q pg.Querier, id uuid.UUID) (Account, error) {
	rows, err := q.Query(ctx, `
		SELECT
			id, kind, status, name_ar, name_en,
			coalesce(job_title_ar, '') AS job_title_ar, coalesce(job_title_en, '') AS job_title_en,
			coalesce(work_telephone, '') AS work_telephone, coalesce(work_email, '') AS work_email,
			organization_id, version, created_at, revoked_at
		FROM account
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[accountRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, errNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	return row.account(), nil
}

// accountRow is a row of account as readAccount selects it.
type accountRow struct {
	ID             uuid.UUID
	Kind           policy.Kind
	Status         Status
	NameAR         string
	NameEN         string
	JobTitleAR     string
	JobTitleEN     string
	WorkTelephone  string
	WorkEmail      string
	OrganizationID *uuid.UUID
	Version        int
	CreatedAt      time.Time
	RevokedAt      *time.Time
}

func (r accountRow) account() Account {
	a := Account{
		ID: r.ID, Kind: r.Kind, Status: r.Status, NameAR: r.NameAR, NameEN: r.NameEN,
		JobTitleAR: r.JobTitleAR, JobTitleEN: r.JobTitleEN, WorkTelephone: r.WorkTelephone, WorkEmail: r.WorkEmail,
		OrganizationID: orNil(r.OrganizationID), Version: r.Version, CreatedAt: r.CreatedAt,
	}
	if r.RevokedAt != nil {
		a.RevokedAt = *r.RevokedAt
	}
	return a
}

// insertAccount writes the account and its memberships.
func insertAccount(ctx context.Context, q pg.Querier, a Account, memberships []Membership, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO account (
			id, kind, name_ar, name_en, job_title_ar, job_title_en, work_telephone, work_email, organization_id, created_at)
		VALUES (
			@id, @kind, @name_ar, @name_en,
			nullif(@job_title_ar, ''), nullif(@job_title_en, ''), nullif(@work_telephone, ''), nullif(@work_email, ''),
			@organization_id, @now)`,
		pgx.StrictNamedArgs{
			"id": a.ID, "kind": a.Kind, "name_ar": a.NameAR, "name_en": a.NameEN,
			"job_title_ar": a.JobTitleAR, "job_title_en": a.JobTitleEN,
			"work_telephone": a.WorkTelephone, "work_email": a.WorkEmail,
			"organization_id": orNull(a.OrganizationID), "now": now,
		})
	if err != nil {
		return fmt.Errorf("store an account: %w", pg.Translate(err))
	}
	for _, m := range memberships {
		if _, err := insertMembership(ctx, q, a.ID, m, now); err != nil {
			return err
		}
	}
	return nil
}

// insertMembership writes a membership, from now on unless it says otherwise, and returns its id.
func insertMembership(ctx context.Context, q pg.Querier, account uuid.UUID, m Membership, now time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("make an id: %w", err)
	}
	from, to := m.ValidFrom, &m.ValidTo
	if from.IsZero() {
		from = now
	}
	if to.IsZero() {
		to = nil
	}
	_, err = q.Exec(ctx, `
		INSERT INTO membership (id, account_id, role, organization_id, directorate_id, valid_from, valid_to)
		VALUES (@id, @account_id, @role, @organization_id, @directorate_id, @valid_from, @valid_to)`,
		pgx.StrictNamedArgs{
			"id": id, "account_id": account, "role": m.Role,
			"organization_id": orNull(m.OrganizationID), "directorate_id": orNull(m.DirectorateID),
			"valid_from": from, "valid_to": to,
		})
	if err != nil {
		return uuid.Nil, fmt.Errorf("store a membership: %w", pg.Translate(err))
	}
	return id, nil
}

// revokeAccount reports false if the account is not active at that version.
func revokeAccount(ctx context.Context, q pg.Querier, id uuid.UUID, version int, now time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `
		UPDATE account
		SET status = 'revoked', revoked_at = @now, version = version + 1
		WHERE id = @id
			AND version = @version
			AND status = 'active'`,
		pgx.StrictNamedArgs{"id": id, "version": version, "now": now})
	if err != nil {
		return false, fmt.Errorf("revoke an account: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// administratorsLock is the advisory lock under which administrators are counted and made.
const administratorsLock = 7_208_051

// lockAdministrators waits until nobody else is making an administrator and reports whether an active account is one. The lock
// is a statement of its own, because a statement sees only what was committed before it began.
func lockAdministrators(ctx context.Context, q pg.Querier, at time.Time) (bool, error) {
	if _, err := q.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.StrictNamedArgs{"lock": administratorsLock}); err != nil {
		return false, fmt.Errorf("wait for other administrators: %w", err)
	}
	var exists bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT
			FROM membership AS m
			JOIN account AS a ON a.id = m.account_id
			WHERE m.role = 'administrator'
				AND a.status = 'active'
				AND (m.valid_to IS NULL OR m.valid_to > @at))`,
		pgx.StrictNamedArgs{"at": at}).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for an administrator: %w", err)
	}
	return exists, nil
}
