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
)

// nothingInForce fails with fault.Impossible "accreditation_in_force" while the organization has an accreditation that a renewal could
// continue or widen, and "accreditation_suspended" while that is stopped: a first application would come to nothing at its decision.
func nothingInForce(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	current, err := directory.CurrentAccreditation(ctx, q, organization)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil
	case err != nil:
		return err
	case geo.Today(now).After(current.ValidTo):
		return nil // nobody has closed it yet; the decision does
	case current.Status == directory.Suspended:
		return fault.New(fault.Impossible, "accreditation_suspended",
			"The accreditation of the organization is suspended. Wait for its end, or appeal against it; a new application does not lift it.",
			"اعتماد المنظمة موقوف. انتظروا انتهاء الإيقاف أو اعترضوا عليه، فالطلب الجديد لا يرفعه.")
	}
	return fault.New(fault.Impossible, "accreditation_in_force",
		"The organization is accredited. Begin a renewal instead: within the last 90 days, or now for a wider scope or the full track.",
		"المنظمة معتمدة. قدّموا طلب تجديد بدلًا من طلب أول: خلال آخر 90 يومًا، أو الآن لتوسيع النطاق أو للانتقال إلى المسار الكامل.")
}

// renew says what a renewal that is handed in does to what it renews. One that is in time continues it, see carryOn. One that comes earlier
// because it asks for more notes the last day and leaves it: what there is runs on beside it.
func (a *Application) renew(ctx context.Context, q pg.Querier, now time.Time) error {
	renewed, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil {
		return err
	}
	until := a.RenewedUntil
	if until.IsZero() {
		until = renewed.ValidTo
	}
	if renewed.Status != directory.Accredited || !tooEarly(until, geo.Today(now)) {
		return a.carryOn(ctx, q, now)
	}
	more, err := a.asksForMore(ctx, q)
	if err != nil {
		return err
	}
	if !more {
		a.RenewedUntil = time.Time{} // asked for more before it was returned, and no longer does
		return a.carryOn(ctx, q, now)
	}
	a.RenewedUntil = until
	return nil
}

// tooEarly reports whether the day is before the time in which what ends on the day until is renewed.
func tooEarly(until, day time.Time) bool { return day.Before(until.AddDate(0, 0, -RenewalDays)) }

// midTerm reports whether a renewal was handed in before its time, because it asked for more.
func (a Application) midTerm() bool {
	return a.Kind == Renewal && a.SubmittedAt != nil && tooEarly(a.RenewedUntil, geo.Today(*a.SubmittedAt))
}

// asksForMore reports whether a renewal asks for a need in a governorate to which what it renews does not extend, or for the full track
// where that was given on the light one.
func (a Application) asksForMore(ctx context.Context, q pg.Querier) (more bool, err error) {
	err = q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM accreditation_application_scope AS s
			  WHERE s.application_id = @id AND NOT tahweel_accreditation_covers(@accreditation, s.need_id, s.governorate_code)
			) OR @full AND coalesce((
			  SELECT given.track = 'light'
			  FROM accreditation_application AS given
			  WHERE given.accreditation_id = @accreditation AND given.outcome = 'accredited'
			  ORDER BY given.decided_at DESC, given.id DESC
			  LIMIT 1
			), false)`,
		pgx.StrictNamedArgs{"id": a.ID, "accreditation": a.AccreditationID, "full": a.Track == Full}).Scan(&more)
	return more, pg.Translate(err)
}

// begins is the first day of what a grant would give that there is not already: its own first day; of a renewal, whose first day stays, the
// last day of what it renews, or today once that has passed or if it is widened before.
func (a Application) begins(g directory.Grant, today time.Time) time.Time {
	switch {
	case a.Kind != Renewal:
		return g.ValidFrom
	case a.midTerm() || today.After(a.RenewedUntil):
		return today
	}
	return a.RenewedUntil
}
