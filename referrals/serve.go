package referrals

import (
	"context"
	"time"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// StartWith is what a provider says at the first real contact.
type StartWith struct {
	ServiceDate time.Time // midnight UTC of the day; zero: today
}

// StartService records the first real contact of an accepted attempt. It fails with fault.Refused if the service date lies in the
// future or before acceptance, and like every move.
func (s *Store) StartService(ctx context.Context, actor policy.Actor, m Move, with StartWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: StartService, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		day := with.ServiceDate
		if day.IsZero() {
			day = geo.Today(now)
		}
		var faults fault.List
		checkServiceDate(&faults, *c, day, now)
		c.attempt.ServiceDate, c.attempt.ServiceStartedAt = &day, &now
		return policy.Decision{}, faults.Err()
	}})
}

// CompleteWith is the outcome as the provider reports it.
type CompleteWith struct {
	Outcome     string // of OutcomeCodes
	NeedMet     string // yes, partly, no
	ServiceDate time.Time
	Quantity    *int
	FeeCharged  *bool // free is the norm
}

// Complete closes an accepted, started or held attempt with its outcome. Need met yes or partly closes the referral so; need met no
// leaves it open and in need of another provider. It fails with fault.Refused if a code is unknown or the service date lies in the
// future or before acceptance, and like every move.
func (s *Store) Complete(ctx context.Context, actor policy.Actor, m Move, with CompleteWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Complete, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		var faults fault.List
		oneOf(&faults, "/outcome", with.Outcome, OutcomeCodes...)
		oneOf(&faults, "/need_met", with.NeedMet, NeedMet...)
		if with.Quantity != nil && *with.Quantity < 1 {
			faults.Add("/quantity", "A quantity is at least 1.", "الكمية 1 على الأقل.")
		}
		checkServiceDate(&faults, *c, with.ServiceDate, now)
		c.attempt.OutcomeCode, c.attempt.NeedMet, c.attempt.ServiceDate = &with.Outcome, &with.NeedMet, &with.ServiceDate
		c.attempt.Quantity, c.attempt.FeeCharged = with.Quantity, with.FeeCharged
		return policy.Decision{}, faults.Err()
	}, after: s.afterComplete})
}

func checkServiceDate(faults *fault.List, c caseFile, day, now time.Time) {
	switch {
	case day.IsZero():
		faults.Add("/service_date", "Say on which day the service was given.", "اذكر يوم تقديم الخدمة.")
	case day.After(geo.Today(now)):
		faults.Add("/service_date", "A service date is not in the future.", "لا يكون تاريخ الخدمة في المستقبل.")
	case c.attempt.AcceptedAt != nil && day.Before(geo.Today(*c.attempt.AcceptedAt)):
		faults.Add("/service_date", "A service date is not before acceptance.", "لا يسبق تاريخ الخدمة تاريخ القبول.")
	}
}

// afterComplete closes the referral or routes it on. The referral is the ministry's row: it is moved as the system.
func (s *Store) afterComplete(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if err := mou.ReturnPlaces(ctx, q, c.attempt.ID, true); err != nil {
		return err
	}
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		switch *c.attempt.NeedMet {
		case "yes":
			return c.moveReferral(ctx, q, meet, now)
		case "partly":
			return c.moveReferral(ctx, q, meetPartly, now)
		default:
			return c.routeOn(ctx, q, now)
		}
	})
}
