package mou

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// TakePlaces takes one place of every quota of the term that counts for the directorate, on the attempt's behalf, or fails with
// fault.Impossible (quota_exhausted) and takes none: the transaction is then to be rolled back. Counters move by a conditional
// UPDATE under the row's lock, never by counting, so that a quota is not oversubscribed however many send at once.
func TakePlaces(ctx context.Context, q pg.Querier, termID, directorateID, attemptID uuid.UUID, today time.Time) error {
	quotas, err := quotasOf(ctx, q, termID, directorateID)
	if err != nil {
		return err
	}
	for _, quota := range quotas {
		if err := take(ctx, q, quota, attemptID, startsOn(quota.Period, today)); err != nil {
			return err
		}
	}
	return nil
}

// quotasOf is ordered, so that two senders lock counters in the same order.
func quotasOf(ctx context.Context, q pg.Querier, termID, directorateID uuid.UUID) ([]Quota, error) {
	rows, err := q.Query(ctx, `
		SELECT id, directorate_id, period, cap, 0 AS used
		FROM instrument_quota
		WHERE term_id = @term
			AND (directorate_id IS NULL OR directorate_id = @directorate)
		ORDER BY id`,
		pgx.StrictNamedArgs{"term": termID, "directorate": directorateID})
	if err != nil {
		return nil, fmt.Errorf("read the quotas: %w", err)
	}
	quotas, err := pgx.CollectRows(rows, pgx.RowToStructByName[Quota])
	if err != nil {
		return nil, fmt.Errorf("read the quotas: %w", err)
	}
	return quotas, nil
}

// dayZero stands for the one counter of an open quota.
var dayZero = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

func startsOn(p Period, today time.Time) time.Time {
	if p == Month {
		return time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return dayZero
}

func take(ctx context.Context, q pg.Querier, quota Quota, attemptID uuid.UUID, starts time.Time) error {
	tag, err := q.Exec(ctx, `
		WITH taken AS (
			INSERT INTO instrument_quota_use AS u (quota_id, starts_on, used, cap)
			VALUES (@quota, @starts_on, 1, @cap)
			ON CONFLICT (quota_id, starts_on) DO UPDATE
			SET used = u.used + 1
			WHERE u.used < u.cap
			RETURNING quota_id, starts_on
		)
		INSERT INTO attempt_quota (attempt_id, quota_id, starts_on)
		SELECT @attempt, quota_id, starts_on
		FROM taken`,
		pgx.StrictNamedArgs{"quota": quota.ID, "starts_on": starts, "cap": quota.Cap, "attempt": attemptID})
	if err != nil {
		return fmt.Errorf("take a place of a quota: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil
	}
	if quota.Period == Month {
		return fault.New(fault.Impossible, "quota_exhausted",
			fmt.Sprintf("The memorandum's monthly quota of %d is used up.", quota.Cap), fmt.Sprintf("استُنفدت الحصة الشهرية في المذكرة، وهي %d.", quota.Cap))
	}
	return fault.New(fault.Impossible, "quota_exhausted",
		fmt.Sprintf("All %d places of the memorandum are taken.", quota.Cap), fmt.Sprintf("جميع الأماكن في المذكرة مشغولة، وعددها %d.", quota.Cap))
}

// ReturnPlaces gives back what an attempt took, once it has ended: always the place that counts open attempts, and the month's
// too where no service came of it (declined, recalled, expired). The actor may be the provider, whose view includes the term.
func ReturnPlaces(ctx context.Context, q pg.Querier, attemptID uuid.UUID, served bool) error {
	_, err := q.Exec(ctx, `
		WITH returned AS (
			DELETE FROM attempt_quota AS aq
			USING instrument_quota AS iq
			WHERE aq.attempt_id = @attempt
				AND iq.id = aq.quota_id
				AND (iq.period = 'open' OR NOT @served)
			RETURNING aq.quota_id, aq.starts_on
		)
		UPDATE instrument_quota_use AS u
		SET used = u.used - 1
		FROM returned AS r
		WHERE u.quota_id = r.quota_id AND u.starts_on = r.starts_on`,
		pgx.StrictNamedArgs{"attempt": attemptID, "served": served})
	if err != nil {
		return fmt.Errorf("return the places of an attempt: %w", err)
	}
	return nil
}
