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

const attemptColumns = `
	a.id, a.referral_id, a.directorate_id, a.owner_account_id, a.tier, a.organization_id, o.name_ar AS organization_ar,
	o.name_en AS organization_en, a.service_at_location_id, s.name_ar AS service_ar, s.name_en AS service_en,
	ST_Distance(p.geog, l.geog) AS distance_meters, a.consent_id, a.instrument_id, i.number AS instrument_number,
	a.instrument_version, a.term_id, t.number AS term_number, a.status, a.held_from, a.disclosed_groups, a.reason_code, a.note,
	a.outcome_code, a.need_met, a.service_date, a.quantity, a.fee_charged, a.partner_reference, a.version, a.created_at, a.updated_at,
	a.sent_at, a.first_read_at, a.acknowledged_at, a.accepted_at, a.service_started_at, a.closed_at, a.transition, coalesce(a.moved_at, a.updated_at) AS moved_at,
	coalesce(a.sender_moved_at, a.sent_at) AS sender_moved_at, a.hold_code, a.estimated_on, a.review_on, a.info_rounds, a.last_progress_at,
	a.contacted_at, a.contact_methods, a.error_note, a.purge_due_at, a.pending_cancellation_at, a.pending_cancellation_code,
	a.pending_cancellation_by_id, a.pending_cancellation_text,
	EXISTS (
	  SELECT FROM instrument_cleared_person AS c
	  WHERE c.instrument_id = a.instrument_id AND c.account_id = @account
	) AS names_actor,
	r.priority, a.due_at, a.due_left, bar.at_once AS barred, bar.ends_at AS wind_down_ends_at`

const attemptTables = `
	FROM attempt AS a
	JOIN referral AS r ON r.id = a.referral_id
	JOIN place AS p ON p.code = r.place_code
	JOIN organization AS o ON o.id = a.organization_id
	JOIN service_at_location AS sal ON sal.id = a.service_at_location_id
	JOIN service AS s ON s.id = sal.service_id
	LEFT JOIN location AS l ON l.id = sal.location_id
	LEFT JOIN instrument AS i ON i.id = a.instrument_id
	LEFT JOIN instrument_term AS t ON t.id = a.term_id
	LEFT JOIN LATERAL tahweel_provider_bar(a.instrument_id) AS bar ON true`

const referralSQL = `
	SELECT r.id, r.person_id, pe.wrapped_key, r.directorate_id, d.name_ar AS directorate_ar, d.name_en AS directorate_en,
	       r.owner_account_id, ac.name_ar AS owner_ar, ac.name_en AS owner_en, ac.work_telephone AS owner_telephone,
	       ac.work_email AS owner_email, r.need_id, n.code AS need_code, n.name_ar AS need_ar, n.name_en AS need_en, r.tier,
	       r.place_code, p.population AS place_population, p.governorate_code, r.priority, r.purpose, r.target_group, r.sex, r.age_band,
	       r.household_size_band, r.language, r.accessibility, r.prefers_female_worker, r.needs_transport, r.needs_accompaniment,
	       r.registered_in_registry, r.poverty_band, r.disability_card, r.case_reference, r.plan_reference, r.intervention_reference,
	       r.status, r.needs_routing, r.version, r.created_at, r.updated_at, r.closed_at, r.close_code, r.reopen_code, r.decision_note,
	       att.live_attempt, att.open_attempt, att.under_way
	FROM referral AS r
	JOIN person AS pe ON pe.id = r.person_id
	JOIN directorate AS d ON d.id = r.directorate_id
	JOIN account AS ac ON ac.id = r.owner_account_id
	JOIN need AS n ON n.id = r.need_id
	JOIN place AS p ON p.code = r.place_code
	CROSS JOIN LATERAL (
	  SELECT coalesce(bool_or(a.status IN ('sent', 'acknowledged', 'info_requested', 'accepted', 'in_service', 'on_hold')), false) AS live_attempt,
	         coalesce(bool_or(a.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')), false) AS open_attempt,
	         coalesce(bool_or(a.status IN ('in_service', 'on_hold')), false) AS under_way
	  FROM attempt AS a
	  WHERE a.referral_id = r.id
	) AS att`

// casesByID reads attempts with their referrals and consents in one round trip, newest first. Ids that row-level security hides are
// missing from the answer.
func casesByID(ctx context.Context, q pg.Querier, actor policy.Actor, ids []uuid.UUID) ([]caseFile, error) {
	var attempts []attempt
	referrals, consents := map[uuid.UUID]referral{}, map[uuid.UUID]consentRow{}
	args := pgx.StrictNamedArgs{"ids": ids}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT`+attemptColumns+attemptTables+`
	WHERE a.id = ANY (@ids)
	ORDER BY a.id DESC`, pgx.StrictNamedArgs{"ids": ids, "account": actor.AccountID}).Query(func(rows pgx.Rows) error {
		var err error
		attempts, err = pgx.CollectRows(rows, pgx.RowToStructByName[attempt])
		return err
	})
	batch.Queue(referralSQL+`
	WHERE r.id IN (SELECT referral_id FROM attempt WHERE id = ANY (@ids))`, args).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[referral])
		for _, r := range found {
			referrals[r.ID] = r
		}
		return err
	})
	batch.Queue(`
	SELECT id, recipient_organization_id, purpose, groups, expires_at, withdrawn_at
	FROM consent
	WHERE id IN (SELECT consent_id FROM attempt WHERE id = ANY (@ids))`, args).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[consentRow])
		for _, c := range found {
			consents[c.ID] = c
		}
		return err
	})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	cases := make([]caseFile, len(attempts))
	for i, a := range attempts {
		cases[i] = caseFile{attempt: a, referral: referrals[a.ReferralID], consent: consents[a.ConsentID]}
	}
	return cases, nil
}

func caseByID(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (caseFile, error) {
	cases, err := casesByID(ctx, q, actor, []uuid.UUID{id})
	if err != nil {
		return caseFile{}, err
	}
	if len(cases) == 0 {
		return caseFile{}, errNotFound
	}
	return cases[0], nil
}

func referralsByID(ctx context.Context, q pg.Querier, ids []uuid.UUID) ([]referral, error) {
	rows, err := q.Query(ctx, referralSQL+`
	WHERE r.id = ANY (@ids)
	ORDER BY r.id DESC`, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[referral])
	if err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	return found, nil
}

func sealedFields(ctx context.Context, q pg.Querier, referralID uuid.UUID) ([]sealedField, error) {
	rows, err := q.Query(ctx, `
		SELECT name, group_code, ciphertext
		FROM sealed_field
		WHERE referral_id = @referral
		ORDER BY name`,
		pgx.StrictNamedArgs{"referral": referralID})
	if err != nil {
		return nil, fmt.Errorf("read sealed fields: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[sealedField])
	if err != nil {
		return nil, fmt.Errorf("read sealed fields: %w", err)
	}
	return found, nil
}

// updateAttempt is the one statement that moves an attempt into a status.
func updateAttempt(ctx context.Context, q pg.Querier, a attempt, t Transition, next Status, now time.Time) error {
	dueAt, dueLeft := a.timed(t, next, now)
	tag, err := q.Exec(ctx, `
		UPDATE attempt
		SET transition = @transition, status = @next, version = version + 1, updated_at = @now,
		    instrument_id = @instrument_id, instrument_version = @instrument_version, term_id = @term_id,
		    disclosed_groups = @disclosed_groups, reason_code = @reason_code, note = @note, outcome_code = @outcome_code,
		    need_met = @need_met, service_date = @service_date, quantity = @quantity, fee_charged = @fee_charged, sent_at = @sent_at,
		    acknowledged_at = @acknowledged_at, accepted_at = @accepted_at, service_started_at = @service_started_at, closed_at = @closed_at,
		    hold_code = @hold_code, estimated_on = @estimated_on, review_on = @review_on, info_rounds = @info_rounds,
		    contacted_at = @contacted_at, contact_methods = @contact_methods, error_note = @error_note, purge_due_at = @purge_due_at,
		    due_at = @due_at, due_left = @due_left
		WHERE id = @id
			AND status = @status
			AND version = @version`,
		pgx.StrictNamedArgs{
			"transition": t, "next": next, "now": now, "instrument_id": a.InstrumentID, "instrument_version": a.InstrumentVersion,
			"term_id": a.TermID, "disclosed_groups": a.DisclosedGroups, "reason_code": a.ReasonCode, "note": a.Note,
			"outcome_code": a.OutcomeCode, "need_met": a.NeedMet, "service_date": a.ServiceDate, "quantity": a.Quantity,
			"fee_charged": a.FeeCharged, "sent_at": a.SentAt, "acknowledged_at": a.AcknowledgedAt, "accepted_at": a.AcceptedAt,
			"service_started_at": a.ServiceStartedAt, "closed_at": a.ClosedAt, "due_at": dueAt, "due_left": dueLeft, "id": a.ID, "status": a.Status, "version": a.Version,
			"hold_code": a.HoldCode, "estimated_on": a.EstimatedOn, "review_on": a.ReviewOn, "info_rounds": a.InfoRounds,
			"contacted_at": a.ContactedAt, "contact_methods": a.ContactMethods, "error_note": a.ErrorNote, "purge_due_at": a.PurgeDueAt,
		})
	if err != nil {
		return fmt.Errorf("move an attempt: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errStale
	}
	return nil
}

// updateInPlace writes a move that leaves the status as it is. It names neither status nor transition, so that the last change of
// status stays on record.
func updateInPlace(ctx context.Context, q pg.Querier, a attempt, t Transition, now time.Time) error {
	dueAt, _ := a.timed(t, a.Status, now)
	tag, err := q.Exec(ctx, `
		UPDATE attempt
		SET version = version + 1, updated_at = @now, note = @note, hold_code = @hold_code, estimated_on = @estimated_on,
		    last_progress_at = @last_progress_at, pending_cancellation_at = @pending_at, pending_cancellation_code = @pending_code,
		    pending_cancellation_by_id = @pending_by, pending_cancellation_text = @pending_text, due_at = @due_at
		WHERE id = @id
			AND status = @status
			AND version = @version`,
		pgx.StrictNamedArgs{
			"now": now, "note": a.Note, "hold_code": a.HoldCode, "estimated_on": a.EstimatedOn, "last_progress_at": a.LastProgressAt,
			"pending_at": a.PendingCancellationAt, "pending_code": a.PendingCancellationCode, "pending_by": a.PendingCancellationByID,
			"pending_text": a.PendingCancellationText, "due_at": dueAt, "id": a.ID, "status": a.Status, "version": a.Version,
		})
	if err != nil {
		return fmt.Errorf("note a move on an attempt: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errStale
	}
	return nil
}

func markRead(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) error {
	_, err := q.Exec(ctx, `
		UPDATE attempt
		SET first_read_at = @now
		WHERE id = @id
			AND first_read_at IS NULL`,
		pgx.StrictNamedArgs{"id": id, "now": now})
	if err != nil {
		return fmt.Errorf("remember the first reading: %w", err)
	}
	return nil
}

// updateReferral moves the referral and returns its new version. Its version is no condition: a referral follows from its
// attempts, of which several may act on it at once, and the row's lock puts them in order.
func updateReferral(ctx context.Context, q pg.Querier, r referral, t referralTransition, next ReferralStatus, now time.Time) (int, error) {
	var version int
	err := q.QueryRow(ctx, `
		UPDATE referral
		SET transition = @transition, status = @next::text, version = version + 1, updated_at = @now::timestamptz, needs_routing = false,
		    closed_at = CASE WHEN @next::text = 'active' THEN NULL ELSE @now::timestamptz END
		WHERE id = @id
			AND status = @status
		RETURNING version`,
		pgx.StrictNamedArgs{"transition": t, "next": next, "now": now, "id": r.ID, "status": r.Status},
	).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, errReferralClosed
	}
	if err != nil {
		return 0, fmt.Errorf("move a referral: %w", err)
	}
	return version, nil
}

func setRouting(ctx context.Context, q pg.Querier, referralID uuid.UUID, needed bool, now time.Time) (int, error) {
	var version int
	err := q.QueryRow(ctx, `
		UPDATE referral
		SET needs_routing = @needed, version = version + 1, updated_at = @now
		WHERE id = @id
			AND status = 'active'
			AND needs_routing <> @needed
		RETURNING version`,
		pgx.StrictNamedArgs{"id": referralID, "needed": needed, "now": now}).Scan(&version)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("mark a referral for routing: %w", err)
	}
	return version, nil
}

func hasLiveAttempt(ctx context.Context, q pg.Querier, referralID uuid.UUID) (bool, error) {
	var live bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM attempt
			WHERE referral_id = @referral
				AND status IN ('sent', 'acknowledged', 'info_requested', 'accepted', 'in_service', 'on_hold'))`,
		pgx.StrictNamedArgs{"referral": referralID},
	).Scan(&live)
	if err != nil {
		return false, fmt.Errorf("look for a live attempt: %w", err)
	}
	return live, nil
}

// lockAnswerable locks the attempts of the referral that a provider could still accept and returns them. Whoever accepts locks them
// all in the one order, so that of two providers one waits for the other and then finds its own attempt gone.
func lockAnswerable(ctx context.Context, q pg.Querier, referralID uuid.UUID) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		SELECT id
		FROM attempt
		WHERE referral_id = @referral
			AND status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted')
		ORDER BY id
		FOR UPDATE`,
		pgx.StrictNamedArgs{"referral": referralID})
	if err != nil {
		return nil, fmt.Errorf("lock the attempts of a referral: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// lockReferral waits for whoever else routes the referral; what is read afterwards is what they left.
func lockReferral(ctx context.Context, q pg.Querier, id uuid.UUID) error {
	_, err := q.Exec(ctx, `
		SELECT id
		FROM referral
		WHERE id = @id
		FOR UPDATE`, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return fmt.Errorf("lock a referral: %w", err)
	}
	return nil
}

// otherwiseServed reports whether another attempt of the referral was completed and met the need at least partly.
func otherwiseServed(ctx context.Context, q pg.Querier, a attempt) (bool, error) {
	var served bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM attempt
			WHERE referral_id = @referral
				AND id <> @id
				AND status = 'completed'
				AND need_met IN ('yes', 'partly'))`,
		pgx.StrictNamedArgs{"referral": a.ReferralID, "id": a.ID},
	).Scan(&served)
	if err != nil {
		return false, fmt.Errorf("look for another completed attempt: %w", err)
	}
	return served, nil
}

// serviceOpen refuses a service that is not active or says that it takes nobody; what it said over 30 days ago is unknown (geo.md).
func serviceOpen(ctx context.Context, q pg.Querier, serviceAtLocationID, needID uuid.UUID, now time.Time) error {
	var active, full bool
	err := q.QueryRow(ctx, `
		SELECT sal.status = 'active' AND s.status = 'active',
		       sal.accepting_status = 'no_capacity' AND sal.accepting_as_of > @now::timestamptz - interval '30 days'
		FROM service_at_location AS sal
		JOIN service AS s ON s.id = sal.service_id
		WHERE sal.id = @id
			AND EXISTS (SELECT FROM service_need AS sn WHERE sn.service_id = s.id AND sn.need_id = @need)`,
		pgx.StrictNamedArgs{"id": serviceAtLocationID, "need": needID, "now": now},
	).Scan(&active, &full)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return errOtherNeed
	case err != nil:
		return fmt.Errorf("read a service: %w", err)
	case !active:
		return fault.New(fault.Refused, "service_not_open", "The service is not offered at present.", "الخدمة غير متاحة حاليًا.")
	case full:
		return fault.New(fault.Refused, "service_has_no_capacity", "The service has said that it has no free place.", "أفادت الخدمة بعدم وجود أماكن شاغرة.")
	}
	return nil
}

var errOtherNeed = fault.New(fault.Refused, "service_does_not_serve_need",
	"The service does not serve this need.", "الخدمة لا تلبّي هذه الحاجة.").
	At("/service_at_location_id", "The service does not serve this need.", "الخدمة لا تلبّي هذه الحاجة.")

// offerOf returns the organization that offers the service there, if it serves the need.
func offerOf(ctx context.Context, q pg.Querier, serviceAtLocationID, needID uuid.UUID) (uuid.UUID, error) {
	var organization uuid.UUID
	var serves bool
	err := q.QueryRow(ctx, `
		SELECT s.organization_id, EXISTS (SELECT FROM service_need AS sn WHERE sn.service_id = s.id AND sn.need_id = @need)
		FROM service_at_location AS sal
		JOIN service AS s ON s.id = sal.service_id
		WHERE sal.id = @id`,
		pgx.StrictNamedArgs{"id": serviceAtLocationID, "need": needID},
	).Scan(&organization, &serves)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, fault.New(fault.Refused, "service_at_location_not_found", "There is no such service.", "لا توجد خدمة كهذه.").
			At("/service_at_location_id", "There is no such service.", "لا توجد خدمة كهذه.")
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("read a service: %w", err)
	}
	if !serves {
		return uuid.Nil, errOtherNeed
	}
	return organization, nil
}
