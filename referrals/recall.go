package referrals

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// RecallWith is what a case manager says with a recall.
type RecallWith struct {
	Code string // of RecallCodes
	Text string // required with "other"; sealed
}

// Recall takes an attempt back before service has begun; what the provider was shown closes at once and the referral needs another
// provider. It fails with fault.Refused if the code is not one of RecallCodes or lacks its text, and like every move.
func (s *Store) Recall(ctx context.Context, actor policy.Actor, m Move, with RecallWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Recall, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		var faults fault.List
		checkCode(&faults, RecallCodes, with.Code, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.ReasonCode = &with.Code
		return policy.Decision{}, s.sealNote(c, with.Text)
	}, after: s.needsRouting})
}

// SafetyRecallWith is what a supervisor or a protection focal point says with a recall for safety.
type SafetyRecallWith struct {
	Code string // of SafetyCodes
	Text string // the justification, required; sealed, for the ministry's side only
}

// SafetyRecall takes any open attempt back at once, whatever the provider says: from the next request on it sees the envelope only,
// and of tier 3 nothing. The actor is a supervisor or a protection focal point of the case's directorate; of tier 3 the focal point
// alone, in a session of their own, for nobody else may know of it. It fails with fault.Refused if code or justification is
// missing, and like every move.
func (s *Store) SafetyRecall(ctx context.Context, actor policy.Actor, m Move, with SafetyRecallWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: SafetyRecall, asSystem: true, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		var faults fault.List
		checkCode(&faults, SafetyCodes, with.Code, "")
		checkText(&faults, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.ReasonCode = &with.Code
		return policy.Decision{}, s.sealNote(c, with.Text)
	}, after: s.needsRouting})
}

// checkText adds a fault where a move must be explained and is not.
func checkText(faults *fault.List, text string) {
	if strings.TrimSpace(text) == "" {
		faults.Add("/text", "Say why.", "اذكر السبب.")
	}
}

// needsRouting returns the attempt's places and marks the referral as waiting for another provider, unless another attempt is
// live. The provider who declines may cause this but may not see the referral's other attempts: it is done as the system.
func (s *Store) needsRouting(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if err := mou.ReturnPlaces(ctx, q, c.attempt.ID, false); err != nil {
		return err
	}
	return pg.Elevate(ctx, q, func(q pg.Querier) error { return c.routeOn(ctx, q, now) })
}

// routeOn marks the referral as waiting for another provider and says so in the log, unless an attempt is live.
func (c *caseFile) routeOn(ctx context.Context, q pg.Querier, now time.Time) error {
	if err := lockReferral(ctx, q, c.referral.ID); err != nil {
		return err
	}
	live, err := hasLiveAttempt(ctx, q, c.referral.ID)
	if err != nil || live {
		return err
	}
	version, err := setRouting(ctx, q, c.referral.ID, true, now)
	if err != nil || version == 0 {
		return err
	}
	c.referral.NeedsRouting, c.referral.Version = true, version
	e := referralEvent(c.referral, now)
	e.Type = "referral.needs_routing"
	return event.Append(ctx, q, e)
}

// cancelOthers ends the other open attempts of a referral before one is accepted, so that one is live at any time. The provider
// who accepts may not know of them: it is done as the system.
func (s *Store) cancelOthers(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		ids, err := lockAnswerable(ctx, q, c.referral.ID)
		if err != nil {
			return err
		}
		if !slices.Contains(ids, c.attempt.ID) {
			return errStale
		}
		for _, id := range ids {
			if id == c.attempt.ID {
				continue
			}
			if err := cancelOther(ctx, q, id, now); err != nil {
				return err
			}
		}
		_, err = setRouting(ctx, q, c.referral.ID, false, now)
		return err
	})
}

func cancelOther(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) error {
	c, err := caseByID(ctx, q, policy.TheSystem(), id)
	if err != nil {
		return err
	}
	next, err := c.attempt.Status.Next(Recall, "")
	if err != nil {
		return err
	}
	code := "need_met_elsewhere"
	c.attempt.ReasonCode = &code
	if err := c.advance(ctx, q, Recall, next, now); err != nil {
		return err
	}
	if err := mou.ReturnPlaces(ctx, q, id, false); err != nil {
		return err
	}
	return record(ctx, q, policy.TheSystem(), c, Recall, policy.Decision{}, now)
}
