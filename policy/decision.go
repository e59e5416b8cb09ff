package policy

import (
	"time"

	"github.com/google/uuid"
)

// Reason is why a decision is what it is. The zero value is a refusal: what nobody decided is refused.
type Reason uint8

// The reasons, in the order in which a term is examined; a later one means that the term came closer to permitting.
const (
	NoInstrument Reason = iota
	NotInForce
	NotAccredited
	ScopeNotCovered
	DirectorateNotCovered
	NeedNotCovered
	PlaceNotCovered
	GroupNotCovered
	PurposeNotCovered
	TierTooHigh
	NobodyCleared
	NoConsent
	ConsentOtherRecipient
	ConsentOtherPurpose
	ConsentWithdrawn
	ConsentExpired
	Allowed
)

// Term is one term of one instrument as it stands towards one act; package mou fills it from the rows of the transaction.
type Term struct {
	InstrumentID     uuid.UUID
	TermID           uuid.UUID
	InstrumentNumber string
	Version          int // of the instrument's terms
	Number           int
	ValidTo          time.Time

	InForce           bool // its status is in_force and today lies within its dates
	Accredited        bool // accreditation in force today, or of a kind that needs none
	CoversScope       bool // the accreditation extends to the need where the service is
	CoversDirectorate bool
	CoversNeed        bool // the need or an ancestor of it
	CoversPlace       bool // the governorate of the client's place
	CoversGroup       bool // the target group, where one is stated
	CoversPurpose     bool
	MaxTier           int
	Cleared           bool // tier 3: somebody is named who may see it
	Grants            Groups
}

// Consent is a family's agreement as it stands towards one act.
type Consent struct {
	Given     bool
	Recipient bool // it names this organization
	Purpose   bool // it is for this purpose
	Withdrawn bool
	ExpiresAt time.Time
	Groups    Groups
}

// Decision is the answer to "may this be sent there?": it says by which term, what may be disclosed, and until when.
type Decision struct {
	Reason Reason
	Term   Term      // the permitting term, or the one that came closest; zero with NoInstrument
	Groups Groups    // what the provider may see at most after accepting
	Until  time.Time // when the consent or the instrument ends, whichever is first
}

// Allowed reports whether the decision permits.
func (d Decision) Allowed() bool { return d.Reason == Allowed }

// Decide answers whether a referral of the tier may be sent under one of the terms with the consent. Terms are examined one by
// one and never united (policy.md): two terms that each cover a half permit nothing. The first that permits is taken, in the
// order given; if none does, the answer names the one that came closest. It allocates nothing.
func Decide(terms []Term, consent Consent, tier int, now time.Time) Decision {
	var best Decision
	for i := range terms {
		reason := examine(&terms[i], tier)
		if reason == Allowed {
			reason = consent.examine(now)
		}
		if i == 0 || reason > best.Reason {
			best = Decision{Reason: reason, Term: terms[i]}
		}
		if reason == Allowed {
			break
		}
	}
	if best.Allowed() {
		best.Groups = Ceiling(tier, Active) & best.Term.Grants & consent.Groups & Sealed
		best.Until = earlier(consent.ExpiresAt, best.Term.ValidTo)
	}
	return best
}

func examine(t *Term, tier int) Reason {
	switch {
	case !t.InForce:
		return NotInForce
	case !t.Accredited:
		return NotAccredited
	case !t.CoversScope:
		return ScopeNotCovered
	case !t.CoversDirectorate:
		return DirectorateNotCovered
	case !t.CoversNeed:
		return NeedNotCovered
	case !t.CoversPlace:
		return PlaceNotCovered
	case !t.CoversGroup:
		return GroupNotCovered
	case !t.CoversPurpose:
		return PurposeNotCovered
	case tier < 1 || tier > t.MaxTier:
		return TierTooHigh
	case tier >= 3 && !t.Cleared:
		return NobodyCleared
	default:
		return Allowed
	}
}

func (c Consent) examine(now time.Time) Reason {
	switch {
	case !c.Given:
		return NoConsent
	case !c.Recipient:
		return ConsentOtherRecipient
	case !c.Purpose:
		return ConsentOtherPurpose
	case c.Withdrawn:
		return ConsentWithdrawn
	case !now.Before(c.ExpiresAt):
		return ConsentExpired
	default:
		return Allowed
	}
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}
