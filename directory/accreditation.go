package directory

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// AccreditationStatus is where an accreditation is in its life.
type AccreditationStatus string

// The statuses of an accreditation.
const (
	Applied     AccreditationStatus = "applied"
	UnderReview AccreditationStatus = "under_review"
	Accredited  AccreditationStatus = "accredited"
	Suspended   AccreditationStatus = "suspended"
	Expired     AccreditationStatus = "expired"
	Revoked     AccreditationStatus = "revoked"
	Rejected    AccreditationStatus = "rejected"

	unborn AccreditationStatus = "none" // before the application, as the transition table has it
)

// AccreditationEvent moves an accreditation.
type AccreditationEvent string

// The events of an accreditation.
const (
	Apply       AccreditationEvent = "apply"
	StartReview AccreditationEvent = "start_review"
	Accredit    AccreditationEvent = "accredit"
	Reject      AccreditationEvent = "reject"
	Suspend     AccreditationEvent = "suspend"
	Reinstate   AccreditationEvent = "reinstate"
	Expire      AccreditationEvent = "expire"
	Revoke      AccreditationEvent = "revoke"
)

// accreditationLife is the whole life of an accreditation; the table accreditation_transition holds the same.
//
//	none → applied → under_review → accredited ⇄ suspended
//	          └──→ rejected ←──┘        └──→ expired, revoked ←──┘
var accreditationLife = map[AccreditationStatus]map[AccreditationEvent]AccreditationStatus{
	unborn:      {Apply: Applied},
	Applied:     {StartReview: UnderReview, Reject: Rejected},
	UnderReview: {Accredit: Accredited, Reject: Rejected},
	Accredited:  {Suspend: Suspended, Expire: Expired, Revoke: Revoked},
	Suspended:   {Reinstate: Accredited, Expire: Expired, Revoke: Revoked},
}

// Next returns the status to which the event leads, or fails with fault.Impossible "invalid_transition".
func (s AccreditationStatus) Next(e AccreditationEvent) (AccreditationStatus, error) {
	if next, ok := accreditationLife[s][e]; ok {
		return next, nil
	}
	return "", fault.New(fault.Impossible, "invalid_transition",
		fmt.Sprintf("%s is not possible while the accreditation is %s.", e, s),
		fmt.Sprintf("الإجراء %s غير ممكن وحالة الاعتماد %s.", e, s))
}

// Accreditation is the social ministry's leave for an organization to serve. It is in force on a day if it is accredited and the
// day lies between ValidFrom and ValidTo, both included.
type Accreditation struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         AccreditationStatus
	Grant          // zero until it is accredited
	// Suspension and SuspendedAt say why and since when it is suspended; empty and nil otherwise.
	Suspension  SuspensionKind
	SuspendedAt *time.Time
	Paper       // of the last move
	// PreparedBy are the accounts that registered the application and took it into review; they do not accredit.
	PreparedBy []uuid.UUID
	Version    int
	UpdatedAt  time.Time
}

// SuspensionKind says why an accreditation is suspended; what follows for the referrals under way differs (policy.md, "Life").
type SuspensionKind string

// The kinds of suspension: an administrative one stops what is new and lets what is under way come to its end, one for safeguarding
// cuts at once.
const (
	Administrative SuspensionKind = "administrative"
	Safeguarding   SuspensionKind = "safeguarding"
)

// Events returns what the actor may do with the accreditation on the day today, as far as it goes by where it is and by who prepared it,
// in the order of the alphabet.
func (a Accreditation) Events(actor policy.Actor, today time.Time) []AccreditationEvent {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(accreditationLife[a.Status])), func(e AccreditationEvent) bool {
		return e == Accredit && a.preparedBy(actor) || e == Expire && !a.ended(today)
	})
}

// preparedBy reports whether the actor, unless it is the system, prepared what is to be decided.
func (a Accreditation) preparedBy(actor policy.Actor) bool {
	return actor.Kind != policy.System && slices.Contains(a.PreparedBy, actor.AccountID)
}

// Grant is what accrediting decides.
type Grant struct {
	Number    string
	ValidFrom time.Time // first day
	ValidTo   time.Time // last day
}

// Validate returns every fault of the grant at once, as fault.Refused, or nil.
func (g Grant) Validate() error {
	var l fault.List
	if g.Number == "" {
		l.Add("/number", "A number is required.", "الرقم مطلوب.")
	}
	if g.ValidFrom.IsZero() {
		l.Add("/valid_from", "The first day is required.", "اليوم الأول مطلوب.")
	}
	if !g.ValidFrom.Before(g.ValidTo) {
		l.Add("/valid_to", "The last day must be after the first.", "يجب أن يكون اليوم الأخير بعد الأول.")
	}
	return l.Err()
}
