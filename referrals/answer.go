package referrals

import (
	"context"
	"time"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// Acknowledge records that the provider has seen a sent attempt. It is not an answer. It fails like every move: fault.Forbidden,
// fault.NotFound, fault.Conflict, fault.Impossible.
func (s *Store) Acknowledge(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Acknowledge, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		c.attempt.AcknowledgedAt = &now
		return policy.Decision{}, nil
	}})
}

// Accept records that the receiving organization takes the attempt. Only a member of that organization may accept, and only while
// it is sent, acknowledged, info_requested or waitlisted; a tier 3 attempt only a cleared person in a session of their own. The
// instrument and the consent are examined again, for accepting discloses: what both grant at this moment is the most that will
// ever be shown. Other open attempts of the referral are cancelled (need_met_elsewhere).
//
// It fails with fault.Forbidden or fault.NotFound for anybody else, fault.Impossible in another state, fault.Conflict if somebody
// moved it since version, and fault.Refused if instrument or consent ended meanwhile.
func (s *Store) Accept(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Accept, rule: s.decideAccept, before: s.cancelOthers})
}

func (s *Store) decideAccept(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
	terms, err := mou.TermsUnder(ctx, q, actOf(*c, now), *c.attempt.TermID)
	if err != nil {
		return policy.Decision{}, err
	}
	d := policy.Decide(terms, c.consent.towards(c.attempt.OrganizationID, c.referral.Purpose), c.attempt.Tier, now)
	if err := d.Err(); err != nil {
		return d, err
	}
	c.attempt.AcceptedAt = &now
	c.attempt.DisclosedGroups = d.Groups.Letters()
	return d, nil
}

// DeclineWith is what a provider says with a decline.
type DeclineWith struct {
	Code string // of DeclineCodes
	Text string // required with "other"; sealed
}

// Decline records that the provider will not serve, while the attempt is sent, acknowledged or info_requested. From then on it sees
// the envelope only, and the referral needs another provider. It fails with fault.Refused if the code is not one of DeclineCodes or
// lacks its text, and like every move.
func (s *Store) Decline(ctx context.Context, actor policy.Actor, m Move, with DeclineWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Decline, rule: func(_ context.Context, _ pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		var faults fault.List
		checkCode(&faults, DeclineCodes, with.Code, with.Text)
		if err := faults.Err(); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.ReasonCode = &with.Code
		return policy.Decision{}, s.sealNote(c, with.Text)
	}, after: func(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
		if err := s.needsRouting(ctx, q, c, now); err != nil {
			return err
		}
		return noteNotOffered(ctx, q, c, now)
	}})
}
