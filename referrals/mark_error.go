package referrals

import (
	"context"
	"slices"
	"time"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// How long a wrong click can be undone by who made it, and how long what was written on the attempt is kept afterwards
// (referrals.md, "Transitions").
const (
	ErrorWindow = 72 * time.Hour
	PurgedAfter = 30 * 24 * time.Hour
)

var (
	errNotYourMove = fault.New(fault.Forbidden, "not_your_move", "The last move was not your organization's. Only who made it may undo it.",
		"لم تقم جهتكم بالانتقال الأخير. لا يتراجع عنه إلا من قام به.")
	errWindowClosed = fault.New(fault.Refused, "error_window_closed", "After 72 hours only an administrator may mark it as an error.",
		"بعد 72 ساعة لا يعلّمها كخطأ إلا مسؤول النظام.")
)

// MarkErrorWith says what was wrong.
type MarkErrorWith struct {
	Text string // required; sealed, for the ministry's side only
}

// MarkError takes an attempt out of the record as a mistake. "Who made it" may do so within 72 hours, and this is read so:
//
//   - the case manager made the attempt, and may mark it whatever the provider has answered since (it went to the wrong place, or is
//     about the wrong person), within 72 hours of a move of their own: sending, giving facts, recalling;
//   - the provider made its answer, and may mark the attempt while that answer is the last change of status, within 72 hours of it;
//   - an administrator may at any time, without seeing anything of the person: they name the attempt and its version;
//   - what the system or a supervisor did is no click of theirs: the case manager's window is the only one, then the administrator's.
//
// The provider then sees the envelope only. What was written on the attempt (codes, texts, facts, outcome) is shown to nobody any
// more and is due for purging after 30 days; nothing of the referral is. Places in quotas return, the month's too, and the referral
// waits for another provider unless an attempt is live. One that this attempt had closed as met is reopened, unless another attempt
// met the need.
//
// It fails with fault.Forbidden (not_your_move), fault.Refused (error_window_closed) or without a text, and like every move.
func (s *Store) MarkError(ctx context.Context, actor policy.Actor, m Move, with MarkErrorWith) (Result, error) {
	p := plan{transition: MarkError, blind: actor.Has(policy.Administrator), after: s.afterError}
	p.rule = func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		if err := c.attempt.mayMarkError(actor, now); err != nil {
			return policy.Decision{}, err
		}
		var faults fault.List
		checkText(&faults, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		due := now.Add(PurgedAfter)
		c.attempt.PurgeDueAt = &due
		var err error
		c.attempt.ErrorNote, err = s.sealText(c.referral, attemptText(c.attempt.ID, "error_note"), with.Text)
		return policy.Decision{}, err
	}
	return s.move(ctx, actor, m, p)
}

// mayMarkError decides by who made the last move and when; that the role permits it at all was decided before.
func (a attempt) mayMarkError(actor policy.Actor, now time.Time) error {
	made := a.SenderMovedAt
	switch {
	case actor.Kind == policy.System || actor.Has(policy.Administrator):
		return nil
	case readerOf(actor, a).recipient:
		if !slices.Contains(providersMoves, a.Transition) {
			return errNotYourMove
		}
		made = &a.MovedAt
	}
	if made == nil || now.Sub(*made) > ErrorWindow {
		return errWindowClosed
	}
	return nil
}

// afterError returns the places and routes the referral on. The referral is the ministry's row: it is moved as the system.
func (s *Store) afterError(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if err := mou.ReturnPlaces(ctx, q, c.attempt.ID, false); err != nil {
		return err
	}
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		if err := c.reopenUnmet(ctx, q, now); err != nil {
			return err
		}
		return c.routeOn(ctx, q, now)
	})
}

// reopenUnmet reopens a referral that was closed as met by an attempt that was a mistake.
func (c *caseFile) reopenUnmet(ctx context.Context, q pg.Querier, now time.Time) error {
	if c.referral.Status != ReferralMet && c.referral.Status != ReferralPartlyMet || value(c.attempt.NeedMet) == "" {
		return nil
	}
	served, err := otherwiseServed(ctx, q, c.attempt)
	if err != nil || served {
		return err
	}
	return c.moveReferral(ctx, q, reopen, now)
}
