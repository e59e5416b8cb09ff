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

const (
	// RenewalDays is how many days before its last day an accreditation may be renewed, and by how many it then goes on at a time while
	// the renewal is with the ministry.
	RenewalDays = 90
	// ReturnedDays is for how many days after its return a renewal still continues what it renews: the time to put it right. The notice of
	// the return names the day.
	ReturnedDays = 30
	// sweptDays is how many days before the last day a further step is taken.
	sweptDays = 7
)

// continuedUntil is until when a timely renewal continues what it renews, which was to end on the day renewed, while it is with the
// ministry: the first step that is not due for the next one today.
func continuedUntil(renewed, today time.Time) time.Time {
	until := renewed.AddDate(0, 0, RenewalDays)
	for !until.After(today.AddDate(0, 0, sweptDays)) {
		until = until.AddDate(0, 0, RenewalDays)
	}
	return until
}

// carryOn continues what a renewal renews: in time is from 90 days before the last day until that. Handed in again after it was
// returned, it was in time, and is until the day that its return named; so it is while the accreditation is suspended.
func (a *Application) carryOn(ctx context.Context, q pg.Querier, now time.Time) error {
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil {
		return err
	}
	today, again := geo.Today(now), !a.RenewedUntil.IsZero()
	switch {
	case renewed.Status != directory.Accredited && !(again && renewed.Status == directory.Suspended):
		return errNothingToRenew
	case !again && today.Before(renewed.ValidTo.AddDate(0, 0, -RenewalDays)):
		return fault.New(fault.Refused, "renewal_too_early",
			"A renewal may be handed in from 90 days before the last day.", "يُقدَّم طلب التجديد ابتداءً من 90 يومًا قبل اليوم الأخير.")
	case today.After(renewed.ValidTo):
		return fault.New(fault.Refused, "renewal_too_late",
			"The accreditation has run out; apply anew.", "انتهت مدة الاعتماد، قدّموا طلبًا جديدًا.")
	case !again:
		a.RenewedUntil = renewed.ValidTo
	}
	return a.prolong(ctx, q, continuedUntil(a.RenewedUntil, today), now)
}

// carryAgain continues what a renewal renews from today on, because its rejection was overturned. What was suspended meanwhile is
// continued and stays suspended. What has ended meanwhile stays ended: the application is under review all the same, and accredits anew
// if that is the decision, see renews. If it was renewed by another application meanwhile, that day is the one to go on from.
func (a *Application) carryAgain(ctx context.Context, q pg.Querier, rejected, now time.Time) error {
	if a.RenewedUntil.IsZero() {
		return nil
	}
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil {
		return err
	}
	if renewed.ValidTo.After(a.leftOver(rejected)) {
		a.RenewedUntil = renewed.ValidTo
		return nil
	}
	return a.prolong(ctx, q, continuedUntil(a.RenewedUntil, geo.Today(now)), now)
}

// letGo ends what a renewal continued: on the day on which it would have ended, or yesterday if that has passed, so that nothing is in
// force any more; nor comes into force again, if it is suspended.
func (a *Application) letGo(ctx context.Context, q pg.Querier, now time.Time) error {
	if a.RenewedUntil.IsZero() {
		return nil
	}
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		return directory.EndAccreditationBy(ctx, q, a.AccreditationID, a.leftOver(now), now)
	})
}

// leftOver is the last day of what a renewal renews, when the renewal comes to nothing.
func (a *Application) leftOver(now time.Time) time.Time {
	return later(a.RenewedUntil, geo.Today(now).AddDate(0, 0, -1))
}

// putOff bounds what a renewal that is returned continues, and returns until when: for 30 days, or as long as it would have run without
// a renewal. Zero: it continues nothing.
func (a *Application) putOff(ctx context.Context, q pg.Querier, now time.Time) (until time.Time, err error) {
	if a.RenewedUntil.IsZero() {
		return until, nil
	}
	until = later(a.RenewedUntil, geo.Today(now).AddDate(0, 0, ReturnedDays))
	err = pg.Elevate(ctx, q, func(q pg.Querier) error { return directory.EndAccreditationBy(ctx, q, a.AccreditationID, until, now) })
	if err != nil {
		return until, err
	}
	return until, a.prolong(ctx, q, until, now)
}

// returned is what the organization is told of a return: until says until when a renewal continues, if it does.
func returned(reason fault.Sentence, until time.Time) fault.Sentence {
	said := fault.Sentence{AR: "أُعيد طلبكم لاستكماله: " + reason.AR, EN: "Your application is returned to be put right: " + reason.EN}
	if !until.IsZero() {
		day := until.Format(time.DateOnly)
		said.AR += " أعيدوا تقديمه حتى " + day + "، فالاعتماد ممدَّد إلى ذلك اليوم لا بعده."
		said.EN += " Hand it in again by " + day + ": the accreditation is continued until that day and no longer."
	}
	return said
}

// renews reports whether a renewal still has something to renew: if its accreditation expired meanwhile, the decision gives another one.
func (a *Application) renews(ctx context.Context, q pg.Querier) (bool, error) {
	if a.Kind != Renewal {
		return false, nil
	}
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	return renewed.Status != directory.Expired, err
}

// prolong does it in the system's name: an organization that renews in time may cause it and does not keep the register.
func (a *Application) prolong(ctx context.Context, q pg.Querier, until, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		return directory.ContinueAccreditation(ctx, q, a.AccreditationID, until, now)
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Sweep continues once more each accreditation of which a timely renewal is with the ministry and whose last day is a week away or nearer,
// or has passed because nobody swept, and returns how many it continued. It is the system's, and any number of servers may run it.
func (s *Store) Sweep(ctx context.Context) (continued int, err error) {
	now := s.clock()
	err = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		continued = 0
		type row struct {
			ID           uuid.UUID
			RenewedUntil time.Time
		}
		due, err := collect(ctx, q, "find what is to be continued", func(r row) row { return r }, `
			SELECT acc.id, app.renewed_until
			FROM accreditation AS acc
			JOIN accreditation_application AS app ON app.accreditation_id = acc.id
			WHERE acc.status IN ('accredited', 'suspended')
				AND app.kind = 'renewal'
				AND app.renewed_until IS NOT NULL
				AND app.status NOT IN ('draft', 'returned', 'decided', 'withdrawn')
				AND acc.valid_to <= @today::date + @ahead::int
			ORDER BY acc.id
			FOR UPDATE OF acc, app SKIP LOCKED`, pgx.StrictNamedArgs{"today": geo.Today(now), "ahead": sweptDays})
		for _, r := range due {
			if err := directory.ContinueAccreditation(ctx, q, r.ID, continuedUntil(r.RenewedUntil, geo.Today(now)), now); err != nil {
				return err
			}
			continued++
		}
		return err
	})
	return continued, err
}
