package referrals

import (
	"fmt"

	"tahweel/internal/fault"
)

// ReferralStatus is where a referral is in its life.
type ReferralStatus string

// The statuses of a referral (referrals.md, "Levels").
const (
	ReferralDraft          ReferralStatus = "draft"
	ReferralActive         ReferralStatus = "active"
	ReferralMet            ReferralStatus = "closed_met"
	ReferralPartlyMet      ReferralStatus = "closed_partly_met"
	ReferralUnmet          ReferralStatus = "closed_unmet"
	ReferralCancelled      ReferralStatus = "cancelled"
	ReferralEnteredInError ReferralStatus = "entered_in_error"
)

// referralTransition is a move in a referral's life. Its case manager asks by name to close it unmet, to cancel it and to open it
// again; the others follow from the moves of its attempts.
type referralTransition string

const (
	activate          referralTransition = "activate"
	meet              referralTransition = "meet"
	meetPartly        referralTransition = "meet_partly"
	closeUnmet        referralTransition = "close_unmet"
	cancelReferral    referralTransition = "cancel"
	markReferralError referralTransition = "mark_error"
	reopen            referralTransition = "reopen"
)

// referralTransitions is the whole life of a referral; the table referral_transition holds the same and a test compares them.
//
//	draft ─activate→ active ─meet, meet_partly, close_unmet→ closed_… ─reopen→ active
//	  └───────────────┴─cancel→ cancelled, mark_error→ entered_in_error
var referralTransitions = map[ReferralStatus]map[referralTransition]ReferralStatus{
	ReferralDraft: {activate: ReferralActive, cancelReferral: ReferralCancelled, markReferralError: ReferralEnteredInError},
	ReferralActive: {
		meet: ReferralMet, meetPartly: ReferralPartlyMet, closeUnmet: ReferralUnmet,
		cancelReferral: ReferralCancelled, markReferralError: ReferralEnteredInError,
	},
	ReferralMet:       {reopen: ReferralActive},
	ReferralPartlyMet: {reopen: ReferralActive},
	ReferralUnmet:     {reopen: ReferralActive},
}

// next returns the status to which the transition leads, or a fault.Impossible fault (invalid_transition) if it is not one from here.
func (s ReferralStatus) next(t referralTransition) (ReferralStatus, error) {
	if to, ok := referralTransitions[s][t]; ok {
		return to, nil
	}
	return "", fault.New(fault.Impossible, "invalid_transition",
		fmt.Sprintf("%s is not possible while the referral is %s.", t, s), fmt.Sprintf("الإجراء %s غير ممكن وحالة الإحالة %s.", t, s))
}
