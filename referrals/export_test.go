package referrals

import (
	"context"

	"tahweel/policy"
)

// What the tests look into.
var (
	Callable            = callable
	Steady              = steady
	ProvidersMoves      = providersMoves
	Transitions         = transitions
	ReferralTransitions = referralTransitions
	DueAt               = dueAt
	ResumedAt           = resumedAt
	LeftOf              = leftOf
)

// The steps of which time is counted.
const (
	DecideStep   = decideStep
	InformStep   = informStep
	WaitStep     = waitStep
	WithdrawStep = withdrawStep
)

// Plain makes a move that has no rule and no effect of its own: what refuses it is what all moves have in common.
func (s *Store) Plain(ctx context.Context, actor policy.Actor, m Move, t Transition) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: t, rule: nothing})
}
