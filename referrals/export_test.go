package referrals

// What the tests look into.
var (
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
