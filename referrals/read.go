package referrals

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ReferralView is a referral as somebody on the ministry's side sees it. Details is empty in lists.
type ReferralView struct {
	ID           uuid.UUID
	Status       ReferralStatus
	NeedsRouting bool
	Tier         int
	Version      int
	Need         fault.Sentence
	Envelope     Envelope
	Eligibility  Eligibility
	Details      Details
	References   References
	Sender       Sender
	Attempts     []AttemptLine // oldest first; empty in lists
	CreatedAt    time.Time
	UpdatedAt    time.Time
	ClosedAt     *time.Time
	CloseCode    string // why it was closed unmet or cancelled; empty while open
	ReopenCode   string // why it was opened again, the last time
	Text         string // what was written with the last of the two; empty in lists
	// AllowedTransitions are what the actor may do with the referral next: close, cancel, reopen.
	AllowedTransitions []string
}

// AttemptLine is an attempt in one line.
type AttemptLine struct {
	ID           uuid.UUID
	Status       Status
	Version      int
	Organization fault.Sentence
	SentAt       *time.Time
}

// Referral returns one referral with its details and attempts. It fails with fault.NotFound if there is none or the actor may not
// know of it, and with fault.Forbidden if no role of the actor reads referrals, as no provider's does.
func (s *Store) Referral(ctx context.Context, actor policy.Actor, id uuid.UUID) (ReferralView, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassReferral, ObjectID: id}
	if !actor.Can(policy.Read, policy.ClassReferral) {
		return ReferralView{}, s.refused(ctx, entry, policy.RoleForbids(policy.Read, policy.ClassReferral))
	}
	var view ReferralView
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		var err error
		view, err = s.showReferral(ctx, q, actor, id, now)
		return err
	})
	return view, s.refused(ctx, entry, err)
}

// mayRead reads the referral and checks the relation; who may not read it is told that it does not exist.
func mayRead(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, action policy.Action) (referral, error) {
	found, err := referralsByID(ctx, q, []uuid.UUID{id})
	if err != nil {
		return referral{}, err
	}
	if len(found) == 0 {
		return referral{}, errNoReferral
	}
	if _, _, ok := actor.May(policy.Read, policy.ClassReferral, found[0].object()); !ok {
		return referral{}, errNoReferral
	}
	if _, _, ok := actor.May(action, policy.ClassReferral, found[0].object()); !ok {
		return referral{}, policy.RoleForbids(action, policy.ClassReferral)
	}
	return found[0], nil
}

var errNoReferral = fault.New(fault.NotFound, "not_found", "There is no such referral, or you may not know of it.", "لا توجد إحالة كهذه، أو لا يحق لك العلم بها.")

func (s *Store) showReferral(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, now time.Time) (ReferralView, error) {
	r, err := mayRead(ctx, q, actor, id, policy.Read)
	if err != nil {
		return ReferralView{}, err
	}
	view := r.view(actor, now)
	if view.Details, _, err = s.unseal(ctx, q, r, attempt{}, policy.All); err != nil {
		return ReferralView{}, err
	}
	if r.DecisionNote != nil {
		key, err := s.keyOf(r)
		if err != nil {
			return ReferralView{}, err
		}
		text, err := key.Open(decisionOf(r.ID), r.DecisionNote)
		if err != nil {
			return ReferralView{}, err
		}
		view.Text = string(text)
	}
	if view.Attempts, err = attemptLines(ctx, q, id); err != nil {
		return ReferralView{}, err
	}
	return view, audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: "disclose", Class: policy.ClassReferral, ObjectID: r.ID, PersonID: r.PersonID, Purpose: r.Purpose,
		Allowed: true, Code: policy.Allowed.Code(), Groups: policy.Sealed,
	})
}

func (r referral) view(actor policy.Actor, now time.Time) ReferralView {
	return ReferralView{
		ID: r.ID, Status: r.Status, NeedsRouting: r.NeedsRouting, Tier: r.Tier, Version: r.Version, Need: fault.Sentence{AR: r.NeedAR, EN: r.NeedEN},
		Envelope: r.envelope(), Eligibility: Eligibility{RegisteredInRegistry: r.RegisteredInRegistry, PovertyBand: r.PovertyBand, DisabilityCard: r.DisabilityCard},
		References: References{Case: value(r.CaseReference), Plan: value(r.PlanReference), Intervention: value(r.InterventionReference)},
		Sender:     *r.sender(), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ClosedAt: r.ClosedAt,
		CloseCode: value(r.CloseCode), ReopenCode: value(r.ReopenCode), AllowedTransitions: r.allowed(actor, now),
	}
}

// allowed lists what the actor may do with the referral next: what the state map, the role and the guards permit. A move on the list
// can still be refused for what it must carry.
func (r referral) allowed(actor policy.Actor, now time.Time) []string {
	list := []string{}
	for _, d := range []struct {
		transition referralTransition
		action     policy.Action
		name       string
		guarded    bool
	}{
		{closeUnmet, policy.CloseReferral, "close", !r.OpenAttempt},
		{cancelReferral, policy.CancelReferral, "cancel", !r.UnderWay},
		{reopen, policy.ReopenReferral, "reopen", r.ClosedAt == nil || now.Sub(*r.ClosedAt) <= ReopenWithin},
	} {
		_, err := r.Status.next(d.transition)
		if _, _, ok := actor.May(d.action, policy.ClassReferral, r.object()); err == nil && ok && d.guarded {
			list = append(list, d.name)
		}
	}
	return list
}

// Filter narrows a list. After is the last id of the page before; lists are newest first.
type Filter struct {
	Status     string    // of the attempt or of the referral; empty: all
	ReferralID uuid.UUID // attempts of one referral; Nil: all
	Reference  string    // attempts with this number of the provider's; empty: all
	After      uuid.UUID // Nil: from the newest
	Limit      int
}

// Referrals lists the referrals that the actor may read, newest first, without details. It fails with fault.Forbidden if no role of
// the actor reads referrals.
func (s *Store) Referrals(ctx context.Context, actor policy.Actor, f Filter) ([]ReferralView, error) {
	now := s.clock()
	if !actor.Can(policy.Read, policy.ClassReferral) {
		return nil, s.refused(ctx, audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassReferral}, policy.RoleForbids(policy.Read, policy.ClassReferral))
	}
	var views []ReferralView
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		views = nil
		ids, err := referralPage(ctx, q, actor, f)
		if err != nil {
			return err
		}
		found, err := referralsByID(ctx, q, ids)
		for _, r := range found {
			if _, _, ok := actor.May(policy.Read, policy.ClassReferral, r.object()); ok {
				views = append(views, r.view(actor, now))
			}
		}
		return err
	})
	return views, err
}

// Attempts lists the attempts that the actor may read, newest first, without any sealed group: those are shown, and logged, one at
// a time. It fails with fault.Forbidden if no role of the actor reads attempts.
func (s *Store) Attempts(ctx context.Context, actor policy.Actor, f Filter) ([]View, error) {
	now := s.clock()
	if !actor.Can(policy.Read, policy.ClassAttempt) {
		return nil, s.refused(ctx, audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassAttempt}, policy.RoleForbids(policy.Read, policy.ClassAttempt))
	}
	var views []View
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		views = nil
		ids, err := attemptPage(ctx, q, actor, f)
		if err != nil {
			return err
		}
		cases, err := casesByID(ctx, q, actor, ids)
		for _, c := range cases {
			if _, _, ok := actor.May(policy.Read, policy.ClassAttempt, c.attempt.object()); ok {
				r := readerOf(actor, c.attempt)
				views = append(views, c.project(r, c.groupsFor(r, now)&^policy.Sealed, opened{}, now))
			}
		}
		return err
	})
	return views, err
}
