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

// AccountFilter says which accounts a list has.
type AccountFilter struct {
	OrganizationID uuid.UUID   // uuid.Nil: any
	Kind           policy.Kind // empty: any
	Status         Status      // empty: any
	Role           policy.Role // that they have now; empty: any or none
	After          uuid.UUID   // the last of the page before
	Limit          int
}

// readAccounts states the row rule itself; row-level security states it again.
func readAccounts(ctx context.Context, q pg.Querier, actor policy.Actor, f AccountFilter, now time.Time) ([]AccountView, error) {
	rows, err := q.Query(ctx, `
		SELECT
			id, kind, status, name_ar, name_en,
			coalesce(job_title_ar, '') AS job_title_ar, coalesce(job_title_en, '') AS job_title_en,
			coalesce(work_telephone, '') AS work_telephone, coalesce(work_email, '') AS work_email,
			organization_id, version, created_at, revoked_at
		FROM account AS a
		WHERE id > @after
			AND (@all OR id = @account OR organization_id = ANY (@organizations))
			AND (@organization::uuid IS NULL OR organization_id = @organization)
			AND (@kind = '' OR kind = @kind)
			AND (@status = '' OR status = @status)
			AND (@role = '' OR EXISTS (
				SELECT
				FROM membership AS m
				WHERE m.account_id = a.id
					AND m.role = @role
					AND m.valid_from <= @now
					AND (m.valid_to IS NULL OR m.valid_to > @now)))
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"after": f.After, "limit": f.Limit, "organization": orNull(f.OrganizationID), "kind": string(f.Kind), "status": string(f.Status),
			"role": string(f.Role), "now": now, "all": seesAll(actor), "account": actor.AccountID, "organizations": actor.Organizations(),
		})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[accountRow])
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	views := make([]AccountView, len(found))
	for i, row := range found {
		views[i].Account = row.account()
	}
	return views, readMemberships(ctx, q, views)
}

// updateAccount writes what may change about an account, if it is at the version still.
func updateAccount(ctx context.Context, q pg.Querier, a Account) error {
	tag, err := q.Exec(ctx, `
		UPDATE account
		SET name_ar = @name_ar,
			name_en = @name_en,
			job_title_ar = nullif(@job_title_ar, ''),
			job_title_en = nullif(@job_title_en, ''),
			work_telephone = nullif(@work_telephone, ''),
			work_email = nullif(@work_email, ''),
			version = version + 1
		WHERE id = @id
			AND version = @version
			AND status = 'active'`,
		pgx.StrictNamedArgs{
			"id": a.ID, "version": a.Version, "name_ar": a.NameAR, "name_en": a.NameEN, "job_title_ar": a.JobTitleAR,
			"job_title_en": a.JobTitleEN, "work_telephone": a.WorkTelephone, "work_email": a.WorkEmail,
		})
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	if tag.RowsAffected() != 1 {
		return errMoved
	}
	return nil
}

// membershipRow is a row of membership as the selects below have it.
type membershipRow struct {
	ID             uuid.UUID
	AccountID      uuid.UUID
	Role           policy.Role
	OrganizationID *uuid.UUID
	DirectorateID  *uuid.UUID
	ValidFrom      time.Time
	ValidTo        *time.Time
	Version        int
}

func (r membershipRow) membership() Membership {
	m := Membership{
		ID: r.ID, ValidFrom: r.ValidFrom, Version: r.Version,
		Membership: policy.Membership{Role: r.Role, OrganizationID: orNil(r.OrganizationID), DirectorateID: orNil(r.DirectorateID)},
	}
	if r.ValidTo != nil {
		m.ValidTo = *r.ValidTo
	}
	return m
}

// readMemberships gives each account its memberships, the oldest first.
func readMemberships(ctx context.Context, q pg.Querier, views []AccountView) error {
	ids := make([]uuid.UUID, len(views))
	at := map[uuid.UUID]*AccountView{}
	for i := range views {
		ids[i] = views[i].ID
		at[ids[i]] = &views[i]
	}
	rows, err := q.Query(ctx, `
		SELECT id, account_id, role, organization_id, directorate_id, valid_from, valid_to, version
		FROM membership
		WHERE account_id = ANY (@ids)
		ORDER BY valid_from, id`,
		pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[membershipRow])
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	for _, r := range found {
		at[r.AccountID].Memberships = append(at[r.AccountID].Memberships, r.membership())
	}
	return nil
}

func readMembership(ctx context.Context, q pg.Querier, id uuid.UUID) (MembershipView, error) {
	rows, err := q.Query(ctx, `
		SELECT id, account_id, role, organization_id, directorate_id, valid_from, valid_to, version
		FROM membership
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return MembershipView{}, fmt.Errorf("read a membership: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[membershipRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return MembershipView{}, errNoMembership
	}
	if err != nil {
		return MembershipView{}, fmt.Errorf("read a membership: %w", err)
	}
	return MembershipView{Membership: row.membership(), AccountID: row.AccountID}, nil
}

// endMembership reports false if the membership is not at the version. One that has not begun yet is over as it begins.
func endMembership(ctx context.Context, q pg.Querier, id uuid.UUID, version int, now time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `
		UPDATE membership
		SET valid_to = greatest(@now, valid_from + interval '1 microsecond'),
			version = version + 1
		WHERE id = @id
			AND version = @version`,
		pgx.StrictNamedArgs{"id": id, "version": version, "now": now})
	if err != nil {
		return false, fmt.Errorf("end a membership: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}
