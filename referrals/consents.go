package referrals

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ConsentView is a consent as somebody on the ministry's side sees it.
type ConsentView struct {
	ID                uuid.UUID
	ReferralID        uuid.UUID
	RecipientID       uuid.UUID
	Recipient         fault.Sentence
	Purpose           string
	Groups            policy.Groups
	GivenBy           string
	Evidence          string
	ChildAssent       *bool
	GivenAt           time.Time
	ExpiresAt         time.Time
	WithdrawnAt       *time.Time
	WithdrawalChannel string
	State             ConsentState
	Version           int
	CreatedAt         time.Time
}

// ConsentState is what a consent is good for now.
type ConsentState string

// The states of a consent. An expired one stops new disclosures and does not break a service under way; a withdrawn one cuts
// everything (referrals.md, "Consent").
const (
	ConsentInForce  ConsentState = "in_force"
	ConsentExpired  ConsentState = "expired"
	ConsentIsClosed ConsentState = "withdrawn"
)

// WithdrawalChannels are how a family may say that it withdraws a consent.
var WithdrawalChannels = []string{"in_person", "telephone", "written", "representative"}

// ConsentResult is a consent after a write; Replayed if the same key had written it before.
type ConsentResult struct {
	ConsentView
	Replayed bool
}

// NewConsent is a consent that is recorded apart from an attempt.
type NewConsent struct {
	ReferralID              uuid.UUID
	RecipientOrganizationID uuid.UUID
	Consent
}

var errNoConsent = fault.New(fault.NotFound, "not_found", "There is no such consent, or you may not know of it.", "لا توجد موافقة كهذه، أو لا يحق لك العلم بها.")

// RecordConsent keeps a family's agreement with one recipient, for an attempt to rest on later. It fails with fault.Forbidden unless
// the actor is a case manager, with fault.NotFound if the actor may not know of the referral, with fault.Impossible if the referral
// is closed, and with fault.Refused if the consent breaks a rule or the recipient does not exist.
func (s *Store) RecordConsent(ctx context.Context, actor policy.Actor, n NewConsent, once pg.Once) (ConsentResult, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.RecordConsent, Class: policy.ClassReferral, ObjectID: n.ReferralID}
	if !actor.Can(entry.Action, policy.ClassReferral) {
		return ConsentResult{}, s.refused(ctx, entry, policy.RoleForbids(entry.Action, policy.ClassReferral))
	}
	var result ConsentResult
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		r, err := mayRead(ctx, q, actor, n.ReferralID, entry.Action)
		if err != nil {
			return err
		}
		outcome, seen, err := once.Seen(ctx, q, "consent.record")
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !seen {
			if id, err = s.recordConsent(ctx, q, actor, r, n, now); err != nil {
				return err
			}
			if err := once.Record(ctx, q, "consent.record", id, 1); err != nil {
				return err
			}
		}
		view, err := consentByID(ctx, q, id, now)
		result = ConsentResult{ConsentView: view, Replayed: seen}
		return err
	})
	return result, s.refused(ctx, entry, err)
}

func (s *Store) recordConsent(ctx context.Context, q pg.Querier, actor policy.Actor, r referral, n NewConsent, now time.Time) (uuid.UUID, error) {
	if r.Status != ReferralDraft && r.Status != ReferralActive {
		return uuid.Nil, errReferralClosed
	}
	c, err := n.complete("", value(r.AgeBand), now)
	if err != nil {
		return uuid.Nil, err
	}
	if err := organizationExists(ctx, q, n.RecipientOrganizationID); err != nil {
		return uuid.Nil, err
	}
	id, err := insertConsent(ctx, q, r, n.RecipientOrganizationID, c, now)
	if err != nil {
		return uuid.Nil, err
	}
	return id, consentHappened(ctx, q, actor, r, id, policy.RecordConsent, c.Groups, "", now)
}

// consentHappened writes the event and the audit entry of an act on a consent.
func consentHappened(ctx context.Context, q pg.Querier, actor policy.Actor, r referral, id uuid.UUID, action policy.Action, groups policy.Groups, code string, now time.Time) error {
	e := referralEvent(r, now)
	e.Type, e.ConsentID, e.Code = "consent.recorded", &id, code
	if action == policy.WithdrawConsent {
		e.Type = "consent.withdrawn"
	}
	if err := event.AppendBy(ctx, q, actor, e); err != nil {
		return err
	}
	return audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: action, Class: policy.ClassReferral, ObjectID: id, PersonID: r.PersonID, Purpose: r.Purpose,
		Allowed: true, Code: policy.Allowed.Code(), Groups: groups,
	})
}

// Consents lists a referral's consents, newest first. It fails with fault.Forbidden if no role of the actor reads referrals, and with
// fault.NotFound if the actor may not know of this one.
func (s *Store) Consents(ctx context.Context, actor policy.Actor, referralID uuid.UUID, f Filter) (views []ConsentView, err error) {
	err = s.readReferral(ctx, actor, referralID, func(q pg.Querier, r referral, now time.Time) error {
		views, err = consentsOf(ctx, q, r.ID, f, now)
		return err
	})
	return views, err
}

// Consent returns one consent. It fails with fault.Forbidden if no role of the actor reads referrals, and with fault.NotFound if
// there is none or the actor may not know of its referral.
func (s *Store) Consent(ctx context.Context, actor policy.Actor, id uuid.UUID) (view ConsentView, err error) {
	err = s.readConsent(ctx, actor, id, func(_ pg.Querier, v ConsentView) error {
		view = v
		return nil
	})
	return view, err
}

// readReferral runs fn with a referral that the actor may read.
func (s *Store) readReferral(ctx context.Context, actor policy.Actor, id uuid.UUID, fn func(pg.Querier, referral, time.Time) error) error {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassReferral, ObjectID: id}
	if !actor.Can(policy.Read, policy.ClassReferral) {
		return s.refused(ctx, entry, policy.RoleForbids(policy.Read, policy.ClassReferral))
	}
	return s.refused(ctx, entry, s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		r, err := mayRead(ctx, q, actor, id, policy.Read)
		if err != nil {
			return err
		}
		return fn(q, r, now)
	}))
}

// readConsent runs fn with a consent whose referral the actor may read.
func (s *Store) readConsent(ctx context.Context, actor policy.Actor, id uuid.UUID, fn func(pg.Querier, ConsentView) error) error {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassReferral, ObjectID: id}
	if !actor.Can(policy.Read, policy.ClassReferral) {
		return s.refused(ctx, entry, policy.RoleForbids(policy.Read, policy.ClassReferral))
	}
	return s.refused(ctx, entry, s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		v, _, err := mayReadConsent(ctx, q, actor, id, policy.Read, now)
		if err != nil {
			return err
		}
		return fn(q, v)
	}))
}

// mayReadConsent reads a consent with its referral; to whom the referral is hidden the consent does not exist.
func mayReadConsent(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, action policy.Action, now time.Time) (ConsentView, referral, error) {
	v, err := consentByID(ctx, q, id, now)
	if err != nil {
		return ConsentView{}, referral{}, err
	}
	r, err := mayRead(ctx, q, actor, v.ReferralID, action)
	if fault.KindOf(err) == fault.NotFound {
		return ConsentView{}, referral{}, errNoConsent
	}
	return v, r, err
}

// WithdrawWith is what a withdrawal must say.
type WithdrawWith struct {
	Channel string // of WithdrawalChannels: how the family said so
}

// WithdrawConsent ends a consent at once and with it every attempt that rests on it and is under way, in the same transaction
// (client_withdrew_consent): from then on its recipient sees the envelope only. A case manager may record it, and whoever
// oversees the directorate, so that nobody has to wait for a colleague. It fails with fault.Forbidden or fault.NotFound for anybody
// else, with fault.Conflict if somebody changed the consent since the version, with fault.Impossible (consent_closed) if it was
// withdrawn before, and with fault.Refused if the channel is not known.
//
// Against an acceptance at the same instant one of the two comes first: then the attempt is accepted and cancelled again, or it is
// cancelled and the acceptance refused.
func (s *Store) WithdrawConsent(ctx context.Context, actor policy.Actor, m Move, with WithdrawWith) (ConsentResult, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.WithdrawConsent, Class: policy.ClassReferral, ObjectID: m.ID}
	if !actor.Can(entry.Action, policy.ClassReferral) {
		return ConsentResult{}, s.refused(ctx, entry, policy.RoleForbids(entry.Action, policy.ClassReferral))
	}
	var result ConsentResult
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		_, r, err := mayReadConsent(ctx, q, actor, m.ID, entry.Action, now)
		if err != nil {
			return err
		}
		_, seen, err := m.Once.Seen(ctx, q, "consent.withdraw")
		if err != nil {
			return err
		}
		if !seen {
			if err := s.withdraw(ctx, q, actor, r, m, with, now); err != nil {
				return err
			}
			if err := m.Once.Record(ctx, q, "consent.withdraw", m.ID, m.Version+1); err != nil {
				return err
			}
		}
		view, err := consentByID(ctx, q, m.ID, now)
		result = ConsentResult{ConsentView: view, Replayed: seen}
		return err
	})
	return result, s.refused(ctx, entry, err)
}

var errConsentClosed = fault.New(fault.Impossible, "consent_closed", "The consent was withdrawn before.", "سُحبت الموافقة من قبل.")

// withdraw locks the attempts first and then the consent, in the order in which an acceptance does, and reads only after that. It
// works as the system: who oversees a directorate may cause this and writes nothing else of a case.
func (s *Store) withdraw(ctx context.Context, q pg.Querier, actor policy.Actor, r referral, m Move, with WithdrawWith, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		resting, err := lockResting(ctx, q, m.ID)
		if err != nil {
			return err
		}
		v, err := lockConsent(ctx, q, m.ID, now)
		switch {
		case err != nil:
			return err
		case v.Version != m.Version:
			return errStale
		case v.State == ConsentIsClosed:
			return errConsentClosed
		}
		if !slices.Contains(WithdrawalChannels, with.Channel) {
			var faults fault.List
			oneOf(&faults, "/channel", with.Channel, WithdrawalChannels...)
			return faults.Err()
		}
		if err := closeConsent(ctx, q, m.ID, with.Channel, now); err != nil {
			return err
		}
		for _, id := range resting {
			if err := s.compelWithin(ctx, q, id, ConsentWithdrawn, now); err != nil {
				return err
			}
		}
		return consentHappened(ctx, q, actor, r, m.ID, policy.WithdrawConsent, v.Groups, with.Channel, now)
	})
}

// existing is the consent that an attempt names, if it can rest on it: of the same referral, for the recipient and the purpose, in
// force.
func existing(ctx context.Context, q pg.Querier, id uuid.UUID, r referral, recipient uuid.UUID, now time.Time) (ConsentView, error) {
	v, err := consentByID(ctx, q, id, now)
	if fault.KindOf(err) == fault.NotFound || err == nil && v.ReferralID != r.ID {
		return ConsentView{}, fault.New(fault.Refused, "consent_not_found", "The referral has no such consent.", "لا توجد للإحالة موافقة كهذه.").
			At("/consent_id", "The referral has no such consent.", "لا توجد للإحالة موافقة كهذه.")
	}
	if err != nil {
		return ConsentView{}, err
	}
	decision := policy.Decision{Reason: policy.Allowed}
	switch {
	case v.RecipientID != recipient:
		decision.Reason = policy.ConsentOtherRecipient
	case v.Purpose != r.Purpose:
		decision.Reason = policy.ConsentOtherPurpose
	case v.State == ConsentIsClosed:
		decision.Reason = policy.ConsentWithdrawn
	case v.State == ConsentExpired:
		decision.Reason = policy.ConsentExpired
	}
	return v, decision.Err()
}
