package referrals

import (
	"context"
	"time"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// Send puts a draft into the provider's inbox. It needs a term of an instrument in force that covers the directorate, the need,
// the client's place, target group and purpose at the referral's tier; a consent in force that names the recipient; a service that
// is open; and a place left in the term's quota. It makes the referral active.
//
// It fails with fault.Refused where term, consent or service say no (the fault explains which), with fault.Impossible where the
// state, the quota or another live attempt do, with fault.Conflict if the attempt was moved since, and with fault.Forbidden or
// fault.NotFound like every move.
func (s *Store) Send(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Send, rule: s.decideSend, after: s.afterSend})
}

func (s *Store) decideSend(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
	if c.referral.Status != ReferralDraft && c.referral.Status != ReferralActive {
		return policy.Decision{}, errReferralClosed
	}
	if err := serviceOpen(ctx, q, c.attempt.ServiceAtLocationID, c.referral.NeedID, now); err != nil {
		return policy.Decision{}, err
	}
	rollout, err := directory.RolloutFor(ctx, q, c.referral.GovernorateCode, c.referral.NeedID, c.attempt.OwnerAccountID)
	if err != nil {
		return policy.Decision{}, err
	}
	if err := rollout.Err(); err != nil {
		return policy.Decision{}, err
	}
	terms, err := mou.TermsFor(ctx, q, actOf(*c, now))
	if err != nil {
		return policy.Decision{}, err
	}
	d := policy.Decide(terms, c.consent.towards(c.attempt.OrganizationID, c.referral.Purpose), c.attempt.Tier, now)
	if err := d.Err(); err != nil {
		return d, err
	}
	c.attempt.InstrumentID, c.attempt.TermID = &d.Term.InstrumentID, &d.Term.TermID
	c.attempt.InstrumentVersion, c.attempt.InstrumentNumber, c.attempt.TermNumber = &d.Term.Version, &d.Term.InstrumentNumber, &d.Term.Number
	c.attempt.SentAt = &now
	return d, nil
}

func actOf(c caseFile, now time.Time) mou.Act {
	return mou.Act{
		OrganizationID: c.attempt.OrganizationID, DirectorateID: c.attempt.DirectorateID, NeedID: c.referral.NeedID,
		GovernorateCode: c.referral.GovernorateCode, TargetGroup: value(c.referral.TargetGroup), Purpose: c.referral.Purpose,
		OfferID: c.attempt.ServiceAtLocationID, Today: geo.Today(now),
	}
}

var errReferralClosed = fault.New(fault.Impossible, "referral_closed", "The referral is closed.", "الإحالة مغلقة.")

func (s *Store) afterSend(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if err := mou.TakePlaces(ctx, q, *c.attempt.TermID, c.attempt.DirectorateID, c.attempt.ID, geo.Today(now)); err != nil {
		return err
	}
	if c.referral.Status == ReferralDraft {
		return c.moveReferral(ctx, q, activate, now)
	}
	if err := lockReferral(ctx, q, c.referral.ID); err != nil {
		return err
	}
	_, err := setRouting(ctx, q, c.referral.ID, false, now)
	return err
}

// Discard throws a draft away before any provider has known of it. Nothing else changes: a draft holds no place, and the referral
// goes on as it was. It fails like every move.
func (s *Store) Discard(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Discard, rule: nothing})
}

// nothing is the rule of a transition that needs none.
func nothing(context.Context, pg.Querier, *caseFile, time.Time) (policy.Decision, error) {
	return policy.Decision{}, nil
}

// moveReferral takes the referral along with its attempt and says so in the log.
func (c *caseFile) moveReferral(ctx context.Context, q pg.Querier, t referralTransition, now time.Time) error {
	next, err := c.referral.Status.next(t)
	if err != nil {
		return err
	}
	if c.referral.Version, err = updateReferral(ctx, q, c.referral, t, next, now); err != nil {
		return err
	}
	c.referral.Status = next
	return event.Append(ctx, q, referralEvent(c.referral, now))
}

func referralEvent(r referral, now time.Time) event.Event {
	return event.Event{
		Type: "referral." + string(r.Status), OccurredAt: now, RecordedAt: now, ReferralID: r.ID, Version: r.Version,
		DirectorateID: r.DirectorateID, OwnerAccountID: r.OwnerAccountID, Tier: r.Tier,
	}
}
