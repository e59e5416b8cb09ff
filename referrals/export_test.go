package referrals

// What the tests look into.
var (
	Transitions         = transitions
	ReferralTransitions = referralTransitions
)
