package accreditation

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Against says against what an appeal is.
type Against string

// What may be appealed against.
const (
	Rejection  Against = "rejection"
	Suspension Against = "suspension"
	Revocation Against = "revocation"
)

// AppealStatus is where an appeal is in its life.
type AppealStatus string

// The statuses of an appeal.
const (
	Lodged          AppealStatus = "lodged"
	AppealSigned    AppealStatus = "signed"
	AppealDecided   AppealStatus = "decided"
	AppealWithdrawn AppealStatus = "withdrawn"
)

// AppealEvent moves an appeal.
type AppealEvent string

// The events of an appeal.
const (
	Lodge          AppealEvent = "lodge"
	SignAppeal     AppealEvent = "sign"
	HandAppealBack AppealEvent = "hand_back"
	ConfirmAppeal  AppealEvent = "confirm"
	WithdrawAppeal AppealEvent = "withdraw"
)

// appealLife is the whole life of an appeal; the table accreditation_appeal_transition holds the same.
//
//	lodged ⇄ signed → decided;  lodged → withdrawn
var appealLife = map[AppealStatus]map[AppealEvent]AppealStatus{
	"none":       {Lodge: Lodged},
	Lodged:       {WithdrawAppeal: AppealWithdrawn, SignAppeal: AppealSigned},
	AppealSigned: {HandAppealBack: Lodged, ConfirmAppeal: AppealDecided},
}

// Next returns the status to which the event leads, or fails with fault.Impossible "invalid_transition".
func (s AppealStatus) Next(e AppealEvent) (AppealStatus, error) {
	if next, ok := appealLife[s][e]; ok {
		return next, nil
	}
	return "", impossible(string(e), "the appeal", "الاعتراض", string(s))
}

// AppealOutcome is what became of the decision that was appealed against.
type AppealOutcome string

// The outcomes of an appeal.
const (
	Upheld     AppealOutcome = "upheld"
	Overturned AppealOutcome = "overturned"
)

// Appeal is an organization's objection to a rejection, a suspension or a revocation.
type Appeal struct {
	ID              uuid.UUID
	OrganizationID  uuid.UUID
	Against         Against
	ApplicationID   uuid.UUID // that was rejected
	AccreditationID uuid.UUID // that was suspended or revoked
	Grounds         string
	DecidedBy       []uuid.UUID // who decided what it is against
	Status          AppealStatus
	AppealRuling    // once it is signed
	SignedBy        uuid.UUID
	ConfirmedBy     uuid.UUID
	Version         int
	UpdatedAt       time.Time
}

// AppealRuling is what is decided on an appeal.
type AppealRuling struct {
	Outcome      AppealOutcome
	LetterNumber string
	Reason       fault.Sentence
}

func (a Appeal) key() (uuid.UUID, int) { return a.ID, a.Version }
func (a Appeal) owner() uuid.UUID      { return a.OrganizationID }

// Events returns what may be done with the appeal next, in the order of the alphabet.
func (a Appeal) Events() []AppealEvent { return slices.Sorted(maps.Keys(appealLife[a.Status])) }

// Validate returns every fault of the ruling at once, as fault.Refused, or nil.
func (r AppealRuling) Validate() error {
	var l fault.List
	if r.Outcome != Upheld && r.Outcome != Overturned {
		l.Add("/outcome", "Must be one of: upheld, overturned.", "يجب أن تكون القيمة إحدى: upheld, overturned.")
	}
	required(&l, "/letter_number", r.LetterNumber)
	named(&l, "/reason", r.Reason)
	return l.Err()
}
