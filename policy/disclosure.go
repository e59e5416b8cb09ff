package policy

import "time"

// Stage is how far an attempt has come, as disclosure sees it.
type Stage uint8

// The stages of referrals.md, "Tiers and stages".
const (
	Unsent     Stage = iota // a draft: the provider may not know of it
	Pending                 // sent … waitlisted
	Active                  // accepted … 30 days after closing
	Afterwards              // completed or not completed, more than 30 days ago
	Ended                   // declined, expired, cancelled, entered in error
)

// AfterClosing is how long a provider keeps what it was shown once a service is over (referrals.md, "Tiers and stages").
const AfterClosing = 30 * 24 * time.Hour

// Ceiling is what a tier lets a provider see at a stage before instrument and consent narrow it further. Tier 3 never shows the
// envelope: its few facts (Restricted) stand in its place. A tier that is not known counts as the strictest.
func Ceiling(tier int, stage Stage) Groups {
	switch {
	case stage == Unsent:
		return 0
	case strictest(tier):
		return restricted(stage)
	case stage == Pending:
		return Envelope | Eligibility | Sender
	case stage == Active && tier == 2:
		return All &^ Household
	case stage == Active:
		return All &^ Sensitive
	default:
		return Envelope
	}
}

func strictest(tier int) bool { return tier < 1 || tier >= 3 }

func restricted(stage Stage) Groups {
	switch stage {
	case Pending:
		return Sender
	case Active:
		return Sender | Identity | Contact | Narrative
	default:
		return 0
	}
}

// View is what one provider's look at one attempt depends on.
type View struct {
	Tier    int
	Stage   Stage
	Granted Groups  // the ceiling that accept fixed; what a later change of the memorandum would add is never shown
	Consent Consent // as it stands now
	Cleared bool    // tier 3: the actor is named and in their own session
}

// Disclosed returns the groups that the provider sees: the ceiling of tier and stage, and of the sealed groups those that were
// granted and are consented to. A withdrawn consent cuts the provider at once, as if the attempt had ended; an expired one stops
// new disclosures but does not break a service under way (referrals.md, "Consent").
func (v View) Disclosed() Groups {
	if strictest(v.Tier) && !v.Cleared {
		return 0
	}
	if v.Stage != Unsent && (!v.Consent.Given || v.Consent.Withdrawn) {
		v.Stage = Ended
	}
	ceiling := Ceiling(v.Tier, v.Stage)
	return ceiling&^Sealed | ceiling&Sealed&v.Granted&v.Consent.Groups
}
