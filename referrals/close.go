package referrals

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/mou"
	"tahweel/policy"
)

// ReopenWithin is how long after its closing a referral may be opened again (referrals.md, "Transitions").
const ReopenWithin = 90 * 24 * time.Hour

// The codes that a case manager's decision about a referral must carry.
var (
	// CloseCodes say why a need stays unmet (referrals.md, "Codes", not_completed).
	CloseCodes = NotCompletedCodes
	// ReopenCodes say why a closed referral is opened again.
	ReopenCodes = names(reopenList)
)

// DecideWith is what a case manager says with a decision about a referral.
type DecideWith struct {
	Code string
	Text string // required with "other"; sealed
}

// decision is one move of a referral that is asked for by name: its codes, and what it does before and after the status is written.
type decision struct {
	transition    referralTransition
	action        policy.Action
	codes         []string
	before, after func(ctx context.Context, q pg.Querier, d deciding) error
}

// deciding is a decision under way.
type deciding struct {
	actor    policy.Actor
	referral *referral
	with     DecideWith
	now      time.Time
}

// CloseReferral closes an active referral as unmet, once no attempt of it is open any more. It fails with fault.Impossible
// (attempt_is_open) while one is, or if the referral is not active, with fault.Conflict if somebody changed it since the version, with
// fault.Refused if the code is not one of CloseCodes or lacks its text, and with fault.Forbidden or fault.NotFound for anybody but its
// case manager.
func (s *Store) CloseReferral(ctx context.Context, actor policy.Actor, m Move, with DecideWith) (ReferralResult, error) {
	return s.decide(ctx, actor, m, with, decision{transition: closeUnmet, action: policy.CloseReferral, codes: CloseCodes, before: s.nothingOpen})
}

// CancelReferral gives a draft or active referral up. Its open attempts are recalled in the same transaction, with the same code; one
// whose service is under way or on hold stands in the way: fault.Impossible (service_under_way), because its provider is asked first
// (request-cancel). Otherwise it fails like CloseReferral, with the codes of RecallCodes.
func (s *Store) CancelReferral(ctx context.Context, actor policy.Actor, m Move, with DecideWith) (ReferralResult, error) {
	return s.decide(ctx, actor, m, with, decision{transition: cancelReferral, action: policy.CancelReferral, codes: RecallCodes, before: s.recallOpen})
}

// ReopenReferral makes a closed referral active again, within ReopenWithin of its closing; it then waits for a provider, and the next
// attempt is made as any. It fails with fault.Impossible (too_long_closed) after that, and otherwise like CloseReferral, with
// the codes of ReopenCodes.
func (s *Store) ReopenReferral(ctx context.Context, actor policy.Actor, m Move, with DecideWith) (ReferralResult, error) {
	return s.decide(ctx, actor, m, with, decision{
		transition: reopen, action: policy.ReopenReferral, codes: ReopenCodes, before: notTooLongClosed, after: waitsForProvider,
	})
}

// decide is the way of every decision about a referral, in the order of checks of policy.md; state, event, audit and what it does to
// attempts are one transaction. Attempts are locked before their referral, as every move of an attempt does.
func (s *Store) decide(ctx context.Context, actor policy.Actor, m Move, with DecideWith, p decision) (ReferralResult, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: p.action, Class: policy.ClassReferral, ObjectID: m.ID}
	if !actor.Can(p.action, policy.ClassReferral) {
		return ReferralResult{}, s.refused(ctx, entry, policy.RoleForbids(p.action, policy.ClassReferral))
	}
	var result ReferralResult
	err := s.settling(ctx, asOf{actor, now}, func(q pg.Querier) error {
		r, err := mayRead(ctx, q, actor, m.ID, p.action)
		if err != nil {
			return err
		}
		entry.PersonID = r.PersonID
		operation := "referral." + string(p.transition)
		_, seen, err := m.Once.Seen(ctx, q, operation)
		if err != nil {
			return err
		}
		if !seen {
			version, err := s.resolve(ctx, q, actor, m, with, p, now)
			if err != nil {
				return err
			}
			if err := m.Once.Record(ctx, q, operation, m.ID, version); err != nil {
				return err
			}
		}
		view, err := s.showReferral(ctx, q, actor, m.ID, now)
		result = ReferralResult{ReferralView: view, Replayed: seen}
		return err
	})
	return result, s.refused(ctx, entry, err)
}

func (s *Store) resolve(ctx context.Context, q pg.Querier, actor policy.Actor, m Move, with DecideWith, p decision, now time.Time) (int, error) {
	if _, err := lockAttempts(ctx, q, `referral_id = @of`, m.ID, func(Status) bool { return false }); err != nil {
		return 0, err
	}
	if err := lockReferral(ctx, q, m.ID); err != nil {
		return 0, err
	}
	found, err := referralsByID(ctx, q, []uuid.UUID{m.ID})
	if err != nil || len(found) == 0 {
		return 0, cmp.Or(err, error(errNoReferral))
	}
	r := found[0]
	if r.Version != m.Version {
		return 0, errStale
	}
	next, err := r.Status.next(p.transition)
	if err != nil {
		return 0, err
	}
	d := deciding{actor, &r, with, now}
	if err := p.before(ctx, q, d); err != nil {
		return 0, err
	}
	var faults fault.List
	checkCode(&faults, p.codes, with.Code, with.Text)
	if err := faults.Err(); err != nil {
		return 0, err
	}
	if r.Version, err = s.writeDecision(ctx, q, d, p.transition, next); err != nil {
		return 0, err
	}
	r.Status = next
	if err := decided(ctx, q, d, p); err != nil {
		return 0, err
	}
	if p.after != nil {
		if err := p.after(ctx, q, d); err != nil {
			return 0, err
		}
	}
	return r.Version, nil
}

// decided writes the event and the audit entry.
func decided(ctx context.Context, q pg.Querier, d deciding, p decision) error {
	e := referralEvent(*d.referral, d.now)
	e.Transition, e.Code = string(p.transition), d.with.Code
	if err := event.Append(ctx, q, e); err != nil {
		return err
	}
	return audit.Append(ctx, q, audit.Entry{
		At: d.now, Actor: d.actor, Action: p.action, Class: policy.ClassReferral, ObjectID: d.referral.ID, PersonID: d.referral.PersonID,
		Purpose: d.referral.Purpose, Allowed: true, Code: policy.Allowed.Code(),
	})
}

var (
	errAttemptOpen = fault.New(fault.Impossible, "attempt_is_open",
		"An attempt of this referral is still open. Recall it, or wait for its end.", "ما زالت إحدى محاولات هذه الإحالة مفتوحة. استرجعها أو انتظر نهايتها.")
	errServiceUnderWay = fault.New(fault.Impossible, "service_under_way",
		"A service of this referral is under way. Ask its provider to cancel it first.", "هناك خدمة جارية لهذه الإحالة. اطلب من مقدّمها إلغاءها أولًا.")
	errTooLongClosed = fault.New(fault.Impossible, "too_long_closed",
		"The referral was closed more than 90 days ago. Open a new one.", "أُغلقت الإحالة منذ أكثر من 90 يومًا. افتح إحالة جديدة.")
)

func (s *Store) nothingOpen(ctx context.Context, q pg.Querier, d deciding) error {
	open, err := openOf(ctx, q, d.referral.ID)
	if err == nil && len(open) > 0 {
		return errAttemptOpen
	}
	return err
}

// recallOpen takes every open attempt back before service has begun.
func (s *Store) recallOpen(ctx context.Context, q pg.Querier, d deciding) error {
	open, err := openOf(ctx, q, d.referral.ID)
	if err != nil {
		return err
	}
	for _, id := range open {
		c, err := caseByID(ctx, q, d.actor, id)
		if err != nil {
			return err
		}
		if c.attempt.Status == StatusInService || c.attempt.Status == StatusOnHold {
			return errServiceUnderWay
		}
		p := plan{transition: Recall, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
			c.attempt.ReasonCode = &d.with.Code
			return policy.Decision{}, s.sealNote(c, d.with.Text)
		}, after: func(ctx context.Context, q pg.Querier, c *caseFile, _ time.Time) error {
			return mou.ReturnPlaces(ctx, q, c.attempt.ID, false)
		}}
		if err := s.perform(ctx, q, d.actor, &c, Move{ID: id, Version: c.attempt.Version}, p, d.now); err != nil {
			return err
		}
	}
	return nil
}

func openOf(ctx context.Context, q pg.Querier, referralID uuid.UUID) ([]uuid.UUID, error) {
	return lockAttempts(ctx, q, `referral_id = @of`, referralID, func(s Status) bool { return s != StatusDraft && !s.Terminal() })
}

func notTooLongClosed(_ context.Context, _ pg.Querier, d deciding) error {
	if d.referral.ClosedAt != nil && d.now.Sub(*d.referral.ClosedAt) > ReopenWithin {
		return errTooLongClosed
	}
	return nil
}

// waitsForProvider: what is open again has no live attempt.
func waitsForProvider(ctx context.Context, q pg.Querier, d deciding) error {
	c := caseFile{referral: *d.referral}
	err := c.routeOn(ctx, q, d.now)
	d.referral.Version = c.referral.Version
	return err
}

// writeDecision writes the status and why: the code of the closing or of the opening again, and the text, sealed. It returns the new
// version. The row is locked, so that its version is no condition.
func (s *Store) writeDecision(ctx context.Context, q pg.Querier, d deciding, t referralTransition, next ReferralStatus) (int, error) {
	note, err := s.sealText(*d.referral, decisionOf(d.referral.ID), d.with.Text)
	if err != nil {
		return 0, err
	}
	var version int
	err = q.QueryRow(ctx, `
		UPDATE referral
		SET transition = @transition, status = @next, version = version + 1, updated_at = @now::timestamptz, needs_routing = false,
		    closed_at = CASE WHEN NOT @reopened THEN @now::timestamptz END,
		    close_code = CASE WHEN NOT @reopened THEN @code::text END,
		    reopen_code = CASE WHEN @reopened THEN @code::text END,
		    decision_note = @note
		WHERE id = @id
		RETURNING version`,
		pgx.StrictNamedArgs{
			"transition": t, "next": next, "now": d.now, "reopened": t == reopen, "code": d.with.Code, "note": note, "id": d.referral.ID,
		}).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("write a decision about a referral: %w", err)
	}
	return version, nil
}

func decisionOf(referralID uuid.UUID) sealed.Location {
	return sealed.Location{Table: "referral", Column: "decision_note", Row: referralID.String()}
}
