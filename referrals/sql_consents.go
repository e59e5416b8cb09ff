package referrals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

const consentSQL = `
	SELECT c.id, c.referral_id, c.recipient_organization_id, o.name_ar, o.name_en, c.purpose, c.groups, c.given_by, c.evidence,
	       c.child_assent, c.given_at, c.expires_at, c.withdrawn_at, coalesce(c.withdrawal_channel, ''), c.version, c.created_at
	FROM consent AS c
	JOIN organization AS o ON o.id = c.recipient_organization_id`

// scanConsent reads a row of consentSQL and says what it is good for at the instant.
func scanConsent(now time.Time) pgx.RowToFunc[ConsentView] {
	return func(row pgx.CollectableRow) (ConsentView, error) {
		var v ConsentView
		var groups []string
		err := row.Scan(&v.ID, &v.ReferralID, &v.RecipientID, &v.Recipient.AR, &v.Recipient.EN, &v.Purpose, &groups, &v.GivenBy, &v.Evidence,
			&v.ChildAssent, &v.GivenAt, &v.ExpiresAt, &v.WithdrawnAt, &v.WithdrawalChannel, &v.Version, &v.CreatedAt)
		v.Groups, _ = policy.ParseGroups(groups)
		switch {
		case v.WithdrawnAt != nil:
			v.State = ConsentIsClosed
		case !now.Before(v.ExpiresAt):
			v.State = ConsentExpired
		default:
			v.State = ConsentInForce
		}
		return v, err
	}
}

func consentByID(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) (ConsentView, error) {
	return oneConsent(ctx, q, consentSQL+`
	WHERE c.id = @id`, id, now)
}

// lockConsent is consentByID of the row as it is once nobody else holds it.
func lockConsent(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) (ConsentView, error) {
	return oneConsent(ctx, q, consentSQL+`
	WHERE c.id = @id
	FOR UPDATE OF c`, id, now)
}

func oneConsent(ctx context.Context, q pg.Querier, sql string, id uuid.UUID, now time.Time) (ConsentView, error) {
	rows, err := q.Query(ctx, sql, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return ConsentView{}, fmt.Errorf("read a consent: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanConsent(now))
	if errors.Is(err, pgx.ErrNoRows) {
		return ConsentView{}, errNoConsent
	}
	if err != nil {
		return ConsentView{}, fmt.Errorf("read a consent: %w", err)
	}
	return v, nil
}

func consentsOf(ctx context.Context, q pg.Querier, referralID uuid.UUID, f Filter, now time.Time) ([]ConsentView, error) {
	rows, err := q.Query(ctx, consentSQL+`
	WHERE c.referral_id = @referral
		AND (@after::uuid IS NULL OR c.id < @after)
	ORDER BY c.id DESC
	LIMIT @limit`,
		pgx.StrictNamedArgs{"referral": referralID, "after": orNil(f.After), "limit": f.Limit})
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	return pgx.CollectRows(rows, scanConsent(now))
}

func insertConsent(ctx context.Context, q pg.Querier, r referral, recipient uuid.UUID, c Consent, now time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("referrals: %w", err)
	}
	_, err = q.Exec(ctx, `
		INSERT INTO consent (id, referral_id, person_id, recipient_organization_id, purpose, groups, given_by, evidence, child_assent, given_at,
		                     expires_at, created_at)
		VALUES (@id, @referral, @person, @recipient, @purpose, @groups, @given_by, @evidence, @child_assent, @given_at, @expires_at, @now)`,
		pgx.StrictNamedArgs{
			"id": id, "referral": r.ID, "person": r.PersonID, "recipient": recipient, "purpose": c.Purpose, "groups": c.Groups.Letters(),
			"given_by": c.GivenBy, "evidence": c.Evidence, "child_assent": c.ChildAssent, "given_at": c.GivenAt, "expires_at": c.ExpiresAt, "now": now,
		})
	if err != nil {
		return uuid.Nil, fmt.Errorf("write a consent: %w", err)
	}
	return id, nil
}

func closeConsent(ctx context.Context, q pg.Querier, id uuid.UUID, channel string, now time.Time) error {
	_, err := q.Exec(ctx, `
		UPDATE consent
		SET withdrawn_at = @now, withdrawal_channel = @channel, version = version + 1
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id, "channel": channel, "now": now})
	if err != nil {
		return fmt.Errorf("withdraw a consent: %w", err)
	}
	return nil
}

// lockResting locks every attempt that rests on the consent, drafts too, so that none is sent or accepted meanwhile, and returns those
// that were sent and are open.
func lockResting(ctx context.Context, q pg.Querier, consentID uuid.UUID) ([]uuid.UUID, error) {
	return lockAttempts(ctx, q, `consent_id = @of`, consentID, func(s Status) bool { return s != StatusDraft && !s.Terminal() })
}

// lockAttempts locks the attempts that the condition names, in an order that all take, and returns those whose status is wanted.
func lockAttempts(ctx context.Context, q pg.Querier, condition string, of uuid.UUID, wanted func(Status) bool) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		SELECT id, status
		FROM attempt
		WHERE `+condition+`
		ORDER BY id
		FOR UPDATE`,
		pgx.StrictNamedArgs{"of": of})
	if err != nil {
		return nil, fmt.Errorf("lock attempts: %w", err)
	}
	var ids []uuid.UUID
	var id uuid.UUID
	var status Status
	_, err = pgx.ForEachRow(rows, []any{&id, &status}, func() error {
		if wanted(status) {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lock attempts: %w", err)
	}
	return ids, nil
}

func organizationExists(ctx context.Context, q pg.Querier, id uuid.UUID) error {
	var exists bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM organization
			WHERE id = @id
				AND NOT information_only)`,
		pgx.StrictNamedArgs{"id": id}).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for an organization: %w", err)
	}
	if !exists {
		return fault.New(fault.Refused, "recipient_not_found", "There is no such organization to receive personal data.", "لا توجد منظمة كهذه لتلقي البيانات الشخصية.").
			At("/recipient_organization_id", "There is no such organization to receive personal data.", "لا توجد منظمة كهذه لتلقي البيانات الشخصية.")
	}
	return nil
}
