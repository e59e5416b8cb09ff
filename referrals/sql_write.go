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

// facts are what a new referral's codes stand for.
type facts struct {
	NeedID        uuid.UUID
	Tier          int
	DirectorateID uuid.UUID
}

// factsFor resolves need and place, and says for which of the case manager's directorates the referral is: the one that holds the
// place, else the first, because a family that moves keeps its case manager.
func factsFor(ctx context.Context, q pg.Querier, n New, directorates []uuid.UUID) (facts, error) {
	var faults fault.List
	var f facts
	var tier *int
	err := q.QueryRow(ctx, `SELECT id, tier FROM need WHERE code = @code`, pgx.StrictNamedArgs{"code": n.Need}).Scan(&f.NeedID, &tier)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		faults.Add("/need", "There is no such need.", "لا توجد حاجة كهذه.")
	case err != nil:
		return facts{}, fmt.Errorf("read a need: %w", err)
	case tier == nil:
		faults.Add("/need", "A referral states one need of the lowest level, not a whole field.", "تذكر الإحالة حاجة من المستوى الأدنى لا مجالًا كاملًا.")
	default:
		f.Tier = *tier
	}
	var known bool
	var holder *uuid.UUID
	err = q.QueryRow(ctx, `
		SELECT true, dp.directorate_id
		FROM place AS p
		LEFT JOIN directorate_place AS dp ON dp.place_code = p.code
		WHERE p.code = @code`, pgx.StrictNamedArgs{"code": n.Place}).Scan(&known, &holder)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return facts{}, fmt.Errorf("read a place: %w", err)
	}
	if !known {
		faults.Add("/place", "There is no such place.", "لا يوجد مكان كهذا.")
	}
	f.DirectorateID = directorates[0]
	for _, d := range directorates {
		if holder != nil && *holder == d {
			f.DirectorateID = d
		}
	}
	return f, faults.Err()
}

func insertReferral(ctx context.Context, q pg.Querier, r referral, n New, today, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO person (id, wrapped_key, created_at)
		VALUES (@id, @wrapped_key, @now)`,
		pgx.StrictNamedArgs{"id": r.PersonID, "wrapped_key": r.WrappedKey, "now": now})
	batch.Queue(`
		INSERT INTO referral (id, person_id, directorate_id, owner_account_id, need_id, tier, place_code, priority, target_group, sex, age_band,
		                      household_size_band, language, accessibility, prefers_female_worker, needs_transport, needs_accompaniment,
		                      registered_in_registry, poverty_band, disability_card, case_reference, plan_reference, intervention_reference,
		                      created_at, updated_at)
		VALUES (@id, @person_id, @directorate_id, @owner_account_id, @need_id, @tier, @place_code, @priority, @target_group, @sex, @age_band,
		        @household_size_band, @language, @accessibility, @prefers_female_worker, @needs_transport, @needs_accompaniment,
		        @registered_in_registry, @poverty_band, @disability_card, @case_reference, @plan_reference, @intervention_reference,
		        @now, @now)`,
		pgx.StrictNamedArgs{
			"id": r.ID, "person_id": r.PersonID, "directorate_id": r.DirectorateID, "owner_account_id": r.OwnerAccountID, "need_id": r.NeedID,
			"tier": r.Tier, "place_code": n.Place, "priority": n.Priority, "target_group": orNull(n.TargetGroup), "sex": orNull(n.Sex),
			"age_band": orNull(n.ageBand(today)), "household_size_band": orNull(n.householdSizeBand()), "language": orNull(n.Language),
			"accessibility": orEmpty(n.Accessibility), "prefers_female_worker": n.PrefersFemaleWorker, "needs_transport": n.NeedsTransport,
			"needs_accompaniment": n.NeedsAccompaniment, "registered_in_registry": orUnknown(n.Eligibility.RegisteredInRegistry),
			"poverty_band": orUnknown(n.Eligibility.PovertyBand), "disability_card": orUnknown(n.Eligibility.DisabilityCard),
			"case_reference": orNull(n.References.Case), "plan_reference": orNull(n.References.Plan),
			"intervention_reference": orNull(n.References.Intervention), "now": now,
		})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write a referral: %w", err)
	}
	return nil
}

func insertSealed(ctx context.Context, q pg.Querier, r referral, fields []sealedField, tokens []token) error {
	batch := &pgx.Batch{}
	for _, f := range fields {
		batch.Queue(`
			INSERT INTO sealed_field (referral_id, name, group_code, ciphertext)
			VALUES (@referral, @name, @group_code, @ciphertext)`,
			pgx.StrictNamedArgs{"referral": r.ID, "name": f.Name, "group_code": f.GroupCode, "ciphertext": f.Ciphertext})
	}
	for _, t := range tokens {
		batch.Queue(`
			INSERT INTO person_index (person_id, field, token)
			VALUES (@person, @field, @token)
			ON CONFLICT ON CONSTRAINT person_index_pkey DO NOTHING`,
			pgx.StrictNamedArgs{"person": r.PersonID, "field": t.field, "token": t.value})
	}
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write sealed fields: %w", err)
	}
	return nil
}

func insertAttempt(ctx context.Context, q pg.Querier, a attempt, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO attempt (id, referral_id, directorate_id, owner_account_id, tier, organization_id, service_at_location_id, consent_id,
		                     created_at, updated_at)
		VALUES (@id, @referral, @directorate, @owner, @tier, @organization, @service_at_location, @consent, @now, @now)`,
		pgx.StrictNamedArgs{
			"id": a.ID, "referral": a.ReferralID, "directorate": a.DirectorateID, "owner": a.OwnerAccountID, "tier": a.Tier,
			"organization": a.OrganizationID, "service_at_location": a.ServiceAtLocationID, "consent": a.ConsentID, "now": now,
		})
	if err != nil {
		return fmt.Errorf("write an attempt: %w", err)
	}
	return nil
}

func attemptLines(ctx context.Context, q pg.Querier, referralID uuid.UUID) ([]AttemptLine, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.status, a.version, o.name_ar, o.name_en, a.sent_at
		FROM attempt AS a
		JOIN organization AS o ON o.id = a.organization_id
		WHERE a.referral_id = @referral
		ORDER BY a.id`,
		pgx.StrictNamedArgs{"referral": referralID})
	if err != nil {
		return nil, fmt.Errorf("read the attempts of a referral: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (AttemptLine, error) {
		var l AttemptLine
		err := row.Scan(&l.ID, &l.Status, &l.Version, &l.Organization.AR, &l.Organization.EN, &l.SentAt)
		return l, err
	})
}

// referralPage and attemptPage state the row rule themselves; row-level security states it again.
func referralPage(ctx context.Context, q pg.Querier, actor policy.Actor, f Filter) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		SELECT id
		FROM referral
		WHERE ((owner_account_id = @account AND directorate_id = ANY (@case_directorates))
		       OR (tier < 3 AND directorate_id = ANY (@overseen))
		       OR (tier = 3 AND directorate_id = ANY (@cleared)))
			AND (@status = '' OR status = @status)
			AND (@after::uuid IS NULL OR id < @after)
		ORDER BY id DESC
		LIMIT @limit`, pageArgs(actor, f))
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

func attemptPage(ctx context.Context, q pg.Querier, actor policy.Actor, f Filter) ([]uuid.UUID, error) {
	args := pageArgs(actor, f)
	args["organizations"] = actor.Organizations()
	args["own_session"] = actor.Kind == policy.Person && actor.OwnSession
	args["referral"] = orNil(f.ReferralID)
	args["reference"] = orNull(f.Reference)
	rows, err := q.Query(ctx, `
		SELECT id
		FROM attempt AS a
		WHERE ((owner_account_id = @account AND directorate_id = ANY (@case_directorates))
		       OR (tier < 3 AND directorate_id = ANY (@overseen))
		       OR (tier = 3 AND directorate_id = ANY (@cleared))
		       OR (sent_at IS NOT NULL AND organization_id = ANY (@organizations)
		           AND (tier < 3 OR (@own_session AND EXISTS (
		             SELECT FROM instrument_cleared_person AS c
		             WHERE c.instrument_id = a.instrument_id AND c.account_id = @account)))))
			AND (@status = '' OR status = @status)
			AND (@after::uuid IS NULL OR id < @after)
			AND (@referral::uuid IS NULL OR referral_id = @referral)
			AND (@reference::text IS NULL OR partner_reference = @reference)
		ORDER BY id DESC
		LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

func pageArgs(actor policy.Actor, f Filter) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"account": actor.AccountID, "case_directorates": actor.Directorates(policy.CaseManager), "overseen": actor.Overseen(),
		"cleared": actor.Cleared(), "status": f.Status, "after": orNil(f.After), "limit": f.Limit,
	}
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
