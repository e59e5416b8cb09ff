package referrals

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Move says which attempt is to be moved, from which version, and under which idempotency key.
type Move struct {
	ID      uuid.UUID
	Version int
	Once    pg.Once
}

// Result is the attempt as the mover may see it after the move, or now, if the move had been made before under the same key.
type Result struct {
	View
	Replayed bool
}

var (
	errNotFound = fault.New(fault.NotFound, "not_found", "There is no such attempt, or you may not know of it.", "لا توجد محاولة كهذه، أو لا يحق لك العلم بها.")
	errStale    = fault.New(fault.Conflict, "version_conflict", "Somebody moved it since the version you saw. Read it again.", "غيّر أحدهم حالتها بعد النسخة التي اطّلعت عليها. اقرأها من جديد.")
)

// decide is the rule of one transition: it examines the case and fills the columns of the attempt that the move sets, but
// neither status nor version. Whatever it refuses leaves nothing behind.
type decide func(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) (policy.Decision, error)

// effect is what a move does beyond the attempt: to the referral, to quotas, to other attempts.
type effect func(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error

// plan is one transition: its rule, and what it does before and after the status is written (nil: nothing).
type plan struct {
	transition    Transition
	rule          decide
	before, after effect
	// asSystem: whoever may cause the move does not own the rows that it writes, as a supervisor who recalls another's case.
	asSystem bool
	// blind: whoever may cause the move may not read the attempt, as an administrator who undoes an error. They are shown its
	// status and nothing of the person.
	blind bool
}

func (e effect) run(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if e == nil {
		return nil
	}
	return e(ctx, q, c, now)
}

// move is the way of every transition: role, existence and relation, replay, version, state, the rule, and then status, event,
// audit, effects and idempotency in the one transaction (policy.md, "Order of checks"). A refusal is audited by itself.
func (s *Store) move(ctx context.Context, actor policy.Actor, m Move, p plan) (Result, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Action(p.transition), Class: policy.ClassAttempt, ObjectID: m.ID}
	if !actor.Can(entry.Action, policy.ClassAttempt) {
		return Result{}, s.refused(ctx, entry, policy.RoleForbids(entry.Action, policy.ClassAttempt))
	}
	var result Result
	err := s.settling(ctx, asOf{actor, now}, func(q pg.Querier) error {
		entry.PersonID = uuid.Nil
		return elevated(ctx, q, p.blind, func(q pg.Querier) error {
			c, err := s.mayMove(ctx, q, actor, m.ID, entry.Action)
			if err != nil {
				return err
			}
			entry.PersonID = c.referral.PersonID
			result, err = s.moveOnce(ctx, q, actor, c, m, p, now)
			return err
		})
	})
	return result, s.refused(ctx, entry, err)
}

// moveOnce makes the move unless it was made before under the same key, and shows what the actor may see then.
func (s *Store) moveOnce(ctx context.Context, q pg.Querier, actor policy.Actor, c caseFile, m Move, p plan, now time.Time) (Result, error) {
	_, seen, err := m.Once.Seen(ctx, q, "attempt."+string(p.transition))
	if err != nil {
		return Result{}, err
	}
	if !seen {
		err := elevated(ctx, q, p.asSystem && !p.blind, func(q pg.Querier) error { return s.perform(ctx, q, actor, &c, m, p, now) })
		if err != nil {
			return Result{}, err
		}
	}
	view, err := s.show(ctx, q, actor, c, now)
	return Result{View: view, Replayed: seen}, err
}

// elevated runs fn as the system where the plan says so.
func elevated(ctx context.Context, q pg.Querier, system bool, fn func(pg.Querier) error) error {
	if !system {
		return fn(q)
	}
	return pg.Elevate(ctx, q, fn)
}

// mayMove reads the case and checks existence and relation: who may not even read it is told that it does not exist, unless a rule
// lets them do this to any attempt.
func (s *Store) mayMove(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, action policy.Action) (caseFile, error) {
	c, err := caseByID(ctx, q, actor, id)
	if err != nil {
		return caseFile{}, err
	}
	_, relation, may := actor.May(action, policy.ClassAttempt, c.attempt.object())
	if _, _, reads := actor.May(policy.Read, policy.ClassAttempt, c.attempt.object()); !reads && relation != policy.Anyone {
		return caseFile{}, errNotFound
	}
	if !may {
		return caseFile{}, policy.RoleForbids(action, policy.ClassAttempt)
	}
	return c, nil
}

func (s *Store) perform(ctx context.Context, q pg.Querier, actor policy.Actor, c *caseFile, m Move, p plan, now time.Time) error {
	if err := c.settled(p.transition, now); err != nil {
		return err
	}
	if c.attempt.Version != m.Version {
		return errStale
	}
	next, err := c.attempt.Status.Next(p.transition, c.attempt.heldFrom())
	if err != nil {
		return err
	}
	decision, err := p.rule(ctx, q, c, now)
	if err != nil {
		return err
	}
	if err := p.before.run(ctx, q, c, now); err != nil {
		return err
	}
	if err := c.advance(ctx, q, p.transition, next, now); err != nil {
		return err
	}
	if err := p.after.run(ctx, q, c, now); err != nil {
		return err
	}
	if err := record(ctx, q, actor, *c, p.transition, decision, now); err != nil {
		return err
	}
	return m.Once.Record(ctx, q, "attempt."+string(p.transition), c.attempt.ID, c.attempt.Version)
}

// advance writes the new status on condition that nobody moved the attempt since it was read. A transition that changes no status
// is written too: it makes a version like any other.
func (c *caseFile) advance(ctx context.Context, q pg.Querier, t Transition, next Status, now time.Time) error {
	if steady[t] != nil {
		if err := updateInPlace(ctx, q, c.attempt, t, now); err != nil {
			return err
		}
	} else {
		if next.Terminal() {
			c.attempt.ClosedAt = &now
		}
		if err := updateAttempt(ctx, q, c.attempt, t, next, now); err != nil {
			return err
		}
		c.attempt.enter(t, next, now)
	}
	c.attempt.UpdatedAt = now
	c.attempt.Version++
	return nil
}

// record writes what happened for partners (event) and for the auditor (audit), in the transaction of the move.
func record(ctx context.Context, q pg.Querier, actor policy.Actor, c caseFile, t Transition, d policy.Decision, now time.Time) error {
	happened := attemptEvent(c.attempt, now)
	happened.Transition, happened.Code = string(t), value(c.attempt.ReasonCode)
	if kind, ok := steadyEvents[t]; ok {
		happened.Type = kind
	}
	if err := event.AppendBy(ctx, q, actor, happened); err != nil {
		return err
	}
	e := audit.Entry{
		At: now, Actor: actor, Action: policy.Action(t), Class: policy.ClassAttempt, ObjectID: c.attempt.ID, PersonID: c.referral.PersonID,
		Purpose: c.referral.Purpose, Allowed: true, Code: policy.Allowed.Code(), Groups: d.Groups,
	}
	if c.attempt.InstrumentID != nil {
		e.InstrumentID, e.InstrumentVersion, e.TermNumber = *c.attempt.InstrumentID, *c.attempt.InstrumentVersion, d.Term.Number
		if c.attempt.TermNumber != nil {
			e.TermNumber = *c.attempt.TermNumber
		}
	}
	return audit.Append(ctx, q, e)
}

// steadyEvents are the types of event where the status says nothing.
var steadyEvents = map[Transition]string{
	RequestCancel: "attempt.cancellation_requested", RejectCancel: "attempt.cancellation_rejected",
	RenewWaitlist: "attempt.waitlist_renewed", ReportProgress: "attempt.progress_reported",
}

func attemptEvent(a attempt, now time.Time) event.Event {
	e := event.Event{
		Type: "attempt." + string(a.Status), OccurredAt: now, RecordedAt: now, ReferralID: a.ReferralID, AttemptID: &a.ID,
		Version: a.Version, DirectorateID: a.DirectorateID, OwnerAccountID: a.OwnerAccountID, Tier: a.Tier,
	}
	if a.SentAt != nil {
		e.OrganizationID = &a.OrganizationID
	}
	return e
}

// refused audits a refusal and returns it. What is no refusal, an accident or a lost race, is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	switch f.Kind {
	case fault.Forbidden, fault.NotFound, fault.Refused, fault.Impossible:
	default:
		return err
	}
	e.Code = f.Code
	if auditErr := audit.Refused(ctx, s.db, e); auditErr != nil {
		return errors.Join(errors.New("referrals: a refusal could not be audited"), auditErr)
	}
	return err
}
