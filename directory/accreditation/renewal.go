package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// RenewalDays is how many days before its last day an accreditation may be renewed, and by how many it then goes on at a time until the
// renewal is decided on.
const RenewalDays = 90

// carryOn continues what a renewal renews: in time is from 90 days before the last day until that. Handed in again after it was
// returned, it has been continued already.
func (a *Application) carryOn(ctx context.Context, q pg.Querier, now time.Time) error {
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil {
		return err
	}
	today := geo.Today(now)
	switch {
	case renewed.Status != directory.Accredited:
		return errNothingToRenew
	case !a.RenewedUntil.IsZero() && !today.After(renewed.ValidTo):
		return nil
	case today.Before(renewed.ValidTo.AddDate(0, 0, -RenewalDays)):
		return fault.New(fault.Refused, "renewal_too_early",
			"A renewal may be handed in from 90 days before the last day.", "يُقدَّم طلب التجديد ابتداءً من 90 يومًا قبل اليوم الأخير.")
	case today.After(renewed.ValidTo):
		return fault.New(fault.Refused, "renewal_too_late",
			"The accreditation has run out; apply anew.", "انتهت مدة الاعتماد، قدّموا طلبًا جديدًا.")
	}
	a.RenewedUntil = renewed.ValidTo
	return prolong(ctx, q, a.AccreditationID, renewed.ValidTo.AddDate(0, 0, RenewalDays), now)
}

// letGo ends what a renewal continued: on the day on which it would have ended, or yesterday if that has passed, so that nothing is in
// force any more.
func (a *Application) letGo(ctx context.Context, q pg.Querier, now time.Time) error {
	if a.RenewedUntil.IsZero() {
		return nil
	}
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil || renewed.Status != directory.Accredited {
		return err
	}
	until := a.RenewedUntil
	if yesterday := geo.Today(now).AddDate(0, 0, -1); until.Before(yesterday) && yesterday.Before(renewed.ValidTo) {
		until = yesterday
	}
	return prolong(ctx, q, a.AccreditationID, until, now)
}

// prolong does it in the system's name: an organization that renews in time may cause it and does not keep the register.
func prolong(ctx context.Context, q pg.Querier, accreditation uuid.UUID, until, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error { return directory.Prolong(ctx, q, accreditation, "", until, now) })
}

// Sweep continues once more each accreditation of which a timely renewal is still not decided on and whose last day is a week away or
// nearer, and returns how many it continued. It is the system's, and any number of servers may run it.
func (s *Store) Sweep(ctx context.Context) (continued int, err error) {
	now := s.clock()
	err = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		continued = 0
		type row struct {
			ID      uuid.UUID
			ValidTo time.Time
		}
		due, err := collect(ctx, q, "find what is to be continued", func(r row) row { return r }, `
			SELECT acc.id, acc.valid_to
			FROM accreditation AS acc
			JOIN accreditation_application AS app ON app.accreditation_id = acc.id
			WHERE acc.status = 'accredited'
				AND app.kind = 'renewal'
				AND app.renewed_until IS NOT NULL
				AND app.status NOT IN ('draft', 'decided', 'withdrawn')
				AND acc.valid_to BETWEEN @today::date AND @today::date + 7
			ORDER BY acc.id
			FOR UPDATE OF acc SKIP LOCKED`, pgx.StrictNamedArgs{"today": geo.Today(now)})
		for _, r := range due {
			if err := directory.Prolong(ctx, q, r.ID, "", r.ValidTo.AddDate(0, 0, RenewalDays), now); err != nil {
				return err
			}
			continued++
		}
		return err
	})
	return continued, err
}
