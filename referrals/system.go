package referrals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// The moves of this file are the system's own: no role has them, so that every actor but policy.TheSystem is refused with
// fault.Forbidden. Each examines for itself whether what brings it about has happened, and fails with fault.Impossible
// (not_owed) if it has not; otherwise it fails like every move. Nothing is shown to anybody.

// Expire ends a sent or acknowledged attempt that the provider did not decide in time (no_acknowledgement, no_decision).
func (s *Store) Expire(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, Expire)
}

// Lapse ends an attempt that waited too long on a list (waitlist_lapsed) or for the sender's information (info_not_provided).
func (s *Store) Lapse(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, Lapse)
}

// CancelTimeout ends a service whose cancellation the case manager asked for, when the provider neither confirmed nor rejected it
// in time.
func (s *Store) CancelTimeout(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, CancelTimeout)
}

// ConsentWithdrawn ends an attempt that rests on a consent which the family withdrew. WithdrawConsent makes it in its own
// transaction.
func (s *Store) ConsentWithdrawn(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, ConsentWithdrawn)
}

// ProviderSuspended ends an attempt that its provider has not accepted, when its instrument or accreditation was suspended or
// ended by an act of the ministry, or the organization is defunct.
func (s *Store) ProviderSuspended(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, ProviderSuspended)
}

// WindDownEnded ends an accepted attempt 14 days after an administrative suspension.
func (s *Store) WindDownEnded(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, WindDownEnded)
}

// ProviderBarred ends an accepted attempt at once: a suspension for safeguarding, a termination for cause, a revoked accreditation.
func (s *Store) ProviderBarred(ctx context.Context, actor policy.Actor, m Move) error {
	return s.compel(ctx, actor, m, ProviderBarred)
}

// owable are the system's moves, the gravest first: where several are owed at once, the first is made.
var owable = []Transition{ConsentWithdrawn, ProviderBarred, ProviderSuspended, WindDownEnded, CancelTimeout, Expire, Lapse}

// owes reports whether what brings the move about has happened; whether the state allows it the map says.
func (c caseFile) owes(t Transition, now time.Time) bool {
	a := c.attempt
	switch t {
	case ConsentWithdrawn:
		return c.consent.WithdrawnAt != nil
	case ProviderSuspended:
		return a.Barred != nil
	case ProviderBarred:
		return a.Barred != nil && *a.Barred
	case WindDownEnded:
		return a.WindDownEndsAt != nil && !now.Before(*a.WindDownEndsAt)
	case CancelTimeout:
		return a.PendingCancellationAt != nil && a.DueAt != nil && !now.Before(*a.DueAt)
	case Expire, Lapse:
		due := a.countedDue()
		return due != nil && !now.Before(*due)
	default:
		return false
	}
}

// owed returns the move of the system that is to be made now, of those that are asked about.
func (c caseFile) owed(now time.Time, among ...Transition) (Transition, bool) {
	for _, t := range owable {
		if _, possible := transitions[c.attempt.Status][t]; possible && slices.Contains(among, t) && c.owes(t, now) {
			return t, true
		}
	}
	return "", false
}

// reason is the code of the system's move from the state.
func (c caseFile) reason(t Transition) string {
	switch t {
	case ConsentWithdrawn:
		return "client_withdrew_consent"
	case ProviderSuspended, ProviderBarred, WindDownEnded:
		return string(t)
	case Expire:
		if c.attempt.Status == StatusSent {
			return "no_acknowledgement"
		}
		return "no_decision"
	case Lapse:
		if c.attempt.Status == StatusWaitlisted {
			return "waitlist_lapsed"
		}
		return "info_not_provided"
	default:
		return value(c.attempt.PendingCancellationCode)
	}
}

var errNotOwed = fault.New(fault.Impossible, "not_owed", "What would bring this move about has not happened.", "لم يحدث ما يستدعي هذا الإجراء.")

// systemPlan is the plan of a move of the system's own.
func (s *Store) systemPlan(t Transition) plan {
	return plan{transition: t, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		if !c.owes(t, now) {
			return policy.Decision{}, errNotOwed
		}
		code := c.reason(t)
		c.attempt.ReasonCode = &code
		return policy.Decision{}, nil
	}, after: s.needsRouting}
}

// compel makes a move of the system's own in a transaction of its own.
func (s *Store) compel(ctx context.Context, actor policy.Actor, m Move, t Transition) error {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Action(t), Class: policy.ClassAttempt, ObjectID: m.ID}
	if !actor.Can(entry.Action, policy.ClassAttempt) {
		return s.refused(ctx, entry, policy.RoleForbids(entry.Action, policy.ClassAttempt))
	}
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		entry.PersonID = uuid.Nil
		c, err := caseByID(ctx, q, actor, m.ID)
		if err != nil {
			return err
		}
		entry.PersonID = c.referral.PersonID
		return s.perform(ctx, q, actor, &c, m, s.systemPlan(t), now)
	})
	return s.refused(ctx, entry, err)
}

// compelWithin makes a move of the system's own in the transaction of q, which may be somebody's: the attempt as it is there, and
// already locked.
func (s *Store) compelWithin(ctx context.Context, q pg.Querier, id uuid.UUID, t Transition, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		c, err := caseByID(ctx, q, policy.TheSystem(), id)
		if err != nil {
			return err
		}
		return s.perform(ctx, q, policy.TheSystem(), &c, Move{ID: id, Version: c.attempt.Version}, s.systemPlan(t), now)
	})
}

// owedMove says that the system owes the attempt a move before anything else may be done with it or read of it.
type owedMove struct {
	move       Move
	transition Transition
}

func (o *owedMove) Error() string { return fmt.Sprintf("referrals: %s is owed first", o.transition) }

// settled returns an owedMove unless the attempt is in a state that what stands against its provider allows. A bar acts at the next
// request and does not wait for the sweep; a timer does wait, so that an answer counts which came before anybody said it was too late.
func (c caseFile) settled(asked Transition, now time.Time) error {
	if slices.Contains(owable, asked) {
		return nil
	}
	if t, owed := c.owed(now, ProviderBarred, ProviderSuspended, WindDownEnded); owed {
		return &owedMove{Move{ID: c.attempt.ID, Version: c.attempt.Version}, t}
	}
	return nil
}

// settling runs fn in a transaction. Where it meets a move that the system owes, it makes that one and runs fn again, until fn meets none:
// each move leaves one fewer.
func (s *Store) settling(ctx context.Context, actor pg.Actor, fn func(q pg.Querier) error) error {
	for {
		err := s.db.InTx(ctx, actor, fn)
		var owed *owedMove
		if !errors.As(err, &owed) {
			return err
		}
		if err := s.compel(ctx, policy.TheSystem(), owed.move, owed.transition); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
}
