package referrals

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/directory/reference"
	"tahweel/geo"
	"tahweel/internal/pg"
)

// When several providers' answers say that a service is not given where the directory says it is, somebody looks.
const (
	notOffered         = "service_not_offered"
	notOfferedDeclines = 5  // of different referrals
	notOfferedDays     = 90 // within which they count
	verifyWorkingDays  = 10 // until the task is due
)

// noteNotOffered opens a verification task if the decline was the one too many since the last task was resolved. A provider may cause
// that and neither see the other declines nor write the task, so it happens in the system's name; the offer is locked, so that of
// declines at the same instant one counts the other.
func noteNotOffered(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if c.attempt.ReasonCode == nil || *c.attempt.ReasonCode != notOffered {
		return nil
	}
	offer := c.attempt.ServiceAtLocationID
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		if _, err := q.Exec(ctx, `SELECT FROM service_at_location WHERE id = @offer FOR NO KEY UPDATE`, pgx.StrictNamedArgs{"offer": offer}); err != nil {
			return fmt.Errorf("lock the offer: %w", err)
		}
		var declines int
		err := q.QueryRow(ctx, `
			SELECT count(DISTINCT a.referral_id)
			FROM attempt AS a
			WHERE a.service_at_location_id = @offer
			  AND a.status = 'declined'
			  AND a.reason_code = @reason
			  AND a.closed_at > @since
			  AND a.closed_at > coalesce((
			    SELECT max(t.resolved_at)
			    FROM verification_task AS t
			    WHERE t.service_at_location_id = @offer), '-infinity')`,
			pgx.StrictNamedArgs{"offer": offer, "reason": notOffered, "since": now.AddDate(0, 0, -notOfferedDays)}).Scan(&declines)
		if err != nil {
			return fmt.Errorf("count the declines: %w", err)
		}
		if declines < notOfferedDeclines {
			return nil
		}
		due, err := verifyBy(ctx, q, now)
		if err != nil {
			return err
		}
		return directory.OpenVerification(ctx, q, offer, declines, due, now)
	})
}

// verifyBy is the last day on which a task that is opened now is in time, by the national calendar.
func verifyBy(ctx context.Context, q pg.Querier, now time.Time) (time.Time, error) {
	today := geo.Today(now)
	calendar, err := reference.CalendarOf(ctx, q, reference.Whose{}, today, today.AddDate(0, 0, geo.Horizon))
	if err != nil {
		return time.Time{}, err
	}
	if due, ok := calendar.AddWorkingDays(today, verifyWorkingDays); ok {
		return due, nil
	}
	return today.AddDate(0, 0, 14), nil
}
