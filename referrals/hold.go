package referrals

import (
	"context"
	"fmt"
	"time"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// How far ahead a provider may put things off, in days (referrals.md, "Attempt states").
const (
	LongestEstimate = 60 // until a place is expected
	LongestHold     = 30 // until a pause is looked at again
)

// WaitlistWith is what a provider says when it would serve and has no place now.
type WaitlistWith struct {
	Code        string    // of HoldCodes
	EstimatedOn time.Time // midnight UTC of the day on which a place is expected: today to LongestEstimate days ahead
	Text        string    // required with "other"; sealed, for the ministry's side only
}

var errEmergencyWaits = fault.New(fault.Refused, "emergency_not_waitlisted", "An emergency cannot wait for a place. Accept or decline it.",
	"لا تنتظر الحالة الطارئة مكانًا شاغرًا. اقبلها أو ارفضها.")

// Waitlist keeps an attempt until there is a place. It is then not live: the referral waits for another provider beside it, and the
// first acceptance cancels the rest. Its place in a quota stays taken. It fails with fault.Refused for an emergency, and if the code
// is not one of HoldCodes or lacks its text or the date is out of range; and like every move.
func (s *Store) Waitlist(ctx context.Context, actor policy.Actor, m Move, with WaitlistWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Waitlist, rule: s.waits(with), after: s.besideWaiting})
}

// RenewWaitlist says anew why and until when an attempt waits; the status stays. It fails like Waitlist.
func (s *Store) RenewWaitlist(ctx context.Context, actor policy.Actor, m Move, with WaitlistWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: RenewWaitlist, rule: s.waits(with)})
}

func (s *Store) waits(with WaitlistWith) decide {
	return func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		if c.referral.Priority == Emergency {
			return policy.Decision{}, errEmergencyWaits
		}
		var faults fault.List
		checkCode(&faults, HoldCodes, with.Code, with.Text)
		checkAhead(&faults, "/estimated_on", with.EstimatedOn, now, LongestEstimate)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.HoldCode, c.attempt.EstimatedOn = &with.Code, &with.EstimatedOn
		return policy.Decision{}, s.sealNote(c, with.Text)
	}
}

// besideWaiting lets another provider be tried beside the one that waits, which keeps its place in the quota.
func (s *Store) besideWaiting(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error { return c.routeOn(ctx, q, now) })
}

// LeaveWaitlist ends the waiting without a service. It fails with fault.Refused if the code is not one of NotCompletedCodes or lacks
// its text, or if a client is said to be unreachable after fewer than three contact attempts since it was sent; and like every move.
func (s *Store) LeaveWaitlist(ctx context.Context, actor policy.Actor, m Move, with CloseUnmetWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: LeaveWaitlist, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		return policy.Decision{}, s.notCompleted(c, with, c.attempt.SentAt, now)
	}, after: s.needsRouting})
}

// HoldWith is what a provider says when it pauses.
type HoldWith struct {
	Code     string    // of HoldCodes
	ReviewOn time.Time // midnight UTC of the day on which the pause is looked at again: today to LongestHold days ahead
	Text     string    // required with "other"; sealed, for the ministry's side only
}

// Hold pauses an accepted attempt or a service under way. It fails with fault.Refused if the code is not one of HoldCodes or lacks
// its text or the date is out of range; and like every move.
func (s *Store) Hold(ctx context.Context, actor policy.Actor, m Move, with HoldWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Hold, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		var faults fault.List
		checkCode(&faults, HoldCodes, with.Code, with.Text)
		checkAhead(&faults, "/review_on", with.ReviewOn, now, LongestHold)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.HoldCode, c.attempt.ReviewOn = &with.Code, &with.ReviewOn
		return policy.Decision{}, s.sealNote(c, with.Text)
	}})
}

// Resume goes on with an attempt in the state that it was held from. It fails like every move.
func (s *Store) Resume(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Resume, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		c.attempt.Note = nil // it said why the attempt was held
		return policy.Decision{}, nil
	}})
}

// checkAhead adds a fault unless the day is today or at most so many days later.
func checkAhead(faults *fault.List, at string, day, now time.Time, days int) {
	today := geo.Today(now)
	if day.Before(today) || day.After(today.AddDate(0, 0, days)) {
		faults.Add(at, fmt.Sprintf("The day is today or at most %d days ahead.", days), fmt.Sprintf("اليوم هو اليوم الحالي أو بعده بما لا يزيد على %d يومًا.", days))
	}
}
