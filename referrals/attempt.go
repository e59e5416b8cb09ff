package referrals

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/policy"
)

// attempt is a row of the table, with what a reader needs of its service and instrument.
type attempt struct {
	ID                  uuid.UUID
	ReferralID          uuid.UUID
	DirectorateID       uuid.UUID
	OwnerAccountID      uuid.UUID
	Tier                int
	OrganizationID      uuid.UUID
	OrganizationAR      string
	OrganizationEN      string
	ServiceAtLocationID uuid.UUID
	ServiceAR           string
	ServiceEN           string
	DistanceMeters      *float64 // from the client's place to the service, straight; nil where either is not shown
	ConsentID           uuid.UUID
	InstrumentID        *uuid.UUID
	InstrumentNumber    *string
	InstrumentVersion   *int
	TermID              *uuid.UUID
	TermNumber          *int
	Status              Status
	HeldFrom            *Status
	DisclosedGroups     []string
	ReasonCode          *string
	Note                []byte
	OutcomeCode         *string
	NeedMet             *string
	ServiceDate         *time.Time
	Quantity            *int
	FeeCharged          *bool
	PartnerReference    *string
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
	SentAt              *time.Time
	FirstReadAt         *time.Time
	AcknowledgedAt      *time.Time
	AcceptedAt          *time.Time
	ServiceStartedAt    *time.Time
	ClosedAt            *time.Time

	Transition     Transition // by which it came into its status
	MovedAt        time.Time  // when it did
	SenderMovedAt  *time.Time // when the case manager last moved it
	HoldCode       *string
	EstimatedOn    *time.Time // waitlisted: when a place is expected
	ReviewOn       *time.Time // on hold: when it is looked at again
	InfoRounds     int
	LastProgressAt *time.Time
	ContactedAt    []time.Time
	ContactMethods []string
	ErrorNote      []byte
	PurgeDueAt     *time.Time

	PendingCancellationAt   *time.Time
	PendingCancellationCode *string
	PendingCancellationByID *uuid.UUID
	PendingCancellationText []byte

	NamesActor bool // the instrument names the reader as cleared for tier 3

	Priority       Priority
	DueAt          *time.Time     // when the system ends it in this state; nil: never, or not counted yet
	DueLeft        *time.Duration // of the provider's time, while its clock stands still for information
	Barred         *bool          // something stands against the provider; true: nothing more is shown to it
	WindDownEndsAt *time.Time     // when what is under way ends; nil while nothing stands against the provider
}

// object leaves the recipient out while the provider may not know of the attempt.
func (a attempt) object() policy.Object {
	o := policy.Object{OwnerAccountID: a.OwnerAccountID, DirectorateID: a.DirectorateID, Tier: a.Tier, NamesActor: a.NamesActor}
	if a.SentAt != nil {
		o.OrganizationID = a.OrganizationID
	}
	return o
}

func (a attempt) heldFrom() Status {
	if a.HeldFrom == nil {
		return ""
	}
	return *a.HeldFrom
}

// enter takes over a new status, and drops what belonged to the old one as the database's trigger does.
func (a *attempt) enter(t Transition, next Status, now time.Time) {
	held := a.heldFrom()
	if held == "" {
		held = a.Status
	}
	a.HeldFrom = nil
	if next == StatusOnHold {
		a.HeldFrom = &held
	} else {
		a.ReviewOn = nil
	}
	if next != StatusWaitlisted {
		a.EstimatedOn = nil
	}
	if next != StatusWaitlisted && next != StatusOnHold {
		a.HoldCode = nil
	}
	if next != StatusInService && next != StatusOnHold {
		a.dropCancellation()
	}
	if slices.Contains(sendersMoves, t) {
		a.SenderMovedAt = &now
	}
	a.Status, a.Transition, a.MovedAt = next, t, now
}

// dropCancellation takes back the flag that the case manager asked to cancel.
func (a *attempt) dropCancellation() {
	a.PendingCancellationAt, a.PendingCancellationCode, a.PendingCancellationByID, a.PendingCancellationText = nil, nil, nil, nil
}

// caseFile is an attempt with its referral and consent, as one transaction read them.
type caseFile struct {
	attempt  attempt
	referral referral
	consent  consentRow
}
