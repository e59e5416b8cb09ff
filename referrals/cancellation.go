package referrals

import (
	"context"
	"time"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// RequestCancelWith is why a case manager wants a service under way to end.
type RequestCancelWith struct {
	Code string // of RecallCodes
	Text string // required with "other"; sealed, shown to the provider where group B is
}

var (
	errAlreadyPending = fault.New(fault.Impossible, "cancellation_pending", "A cancellation was requested already and waits for the provider.",
		"طُلب الإلغاء مسبقًا وهو بانتظار مقدّم الخدمة.")
	errNothingPending = fault.New(fault.Impossible, "no_cancellation_pending", "Nobody has asked to cancel this attempt.",
		"لم يطلب أحد إلغاء هذه المحاولة.")
)

// RequestCancel asks the provider to end a service under way, in service or on hold. The status stays and a flag is set, until the
// provider confirms or rejects, the time runs out, or the attempt ends otherwise. It fails with fault.Impossible
// (cancellation_pending) while an earlier request waits, with fault.Refused if the code is not one of RecallCodes or lacks its text,
// and like every move.
func (s *Store) RequestCancel(ctx context.Context, actor policy.Actor, m Move, with RequestCancelWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: RequestCancel, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		if c.attempt.PendingCancellationAt != nil {
			return policy.Decision{}, errAlreadyPending
		}
		var faults fault.List
		checkCode(&faults, RecallCodes, with.Code, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		var err error
		c.attempt.PendingCancellationAt, c.attempt.PendingCancellationCode, c.attempt.PendingCancellationByID = &now, &with.Code, &actor.AccountID
		c.attempt.PendingCancellationText, err = s.sealText(c.referral, attemptText(c.attempt.ID, "pending_cancellation_text"), with.Text)
		return policy.Decision{}, err
	}})
}

// ConfirmCancel ends a service at the case manager's request, with the code of the request; the referral needs another provider. It
// fails with fault.Impossible (no_cancellation_pending) where nobody asked: that is a matter of the attempt's state and not of the
// body, hence no fault.Refused. It fails like every move.
func (s *Store) ConfirmCancel(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: ConfirmCancel, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		if c.attempt.PendingCancellationAt == nil {
			return policy.Decision{}, errNothingPending
		}
		c.attempt.ReasonCode = c.attempt.PendingCancellationCode
		return policy.Decision{}, nil
	}, after: s.needsRouting})
}

// RejectCancelWith is why a provider goes on although it was asked to stop.
type RejectCancelWith struct {
	Text string // required; sealed, for the ministry's side only
}

// RejectCancel takes the flag of RequestCancel back and the service goes on; the case manager may ask again. It fails with
// fault.Impossible (no_cancellation_pending) where nobody asked, with fault.Refused without a text, and like every move.
func (s *Store) RejectCancel(ctx context.Context, actor policy.Actor, m Move, with RejectCancelWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: RejectCancel, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		if c.attempt.PendingCancellationAt == nil {
			return policy.Decision{}, errNothingPending
		}
		var faults fault.List
		checkText(&faults, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.dropCancellation()
		return policy.Decision{}, s.sealNote(c, with.Text)
	}})
}
