package accreditation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Status is where an application is in its life.
type Status string

// The statuses of an application.
const (
	Draft       Status = "draft"
	Submitted   Status = "submitted"
	Returned    Status = "returned"
	Complete    Status = "complete"
	UnderReview Status = "under_review"
	Visited     Status = "visited"
	Reviewed    Status = "reviewed"
	Signed      Status = "signed"
	Decided     Status = "decided"
	Withdrawn   Status = "withdrawn"

	unborn Status = "none" // before the draft, as the transition table has it
)

// Event moves an application.
type Event string

// The events of an application.
const (
	StartDraft   Event = "draft"
	Submit       Event = "submit"
	Return       Event = "return"
	MarkComplete Event = "complete"
	Assign       Event = "assign"
	Visit        Event = "visit"
	Review       Event = "review"
	Sign         Event = "sign"
	HandBack     Event = "hand_back"
	Confirm      Event = "confirm"
	RecordMinute Event = "record_minute"
	Reopen       Event = "reopen" // an appeal against the rejection was heard
	Withdraw     Event = "withdraw"
)

// life is the whole life of an application; the table accreditation_application_transition holds the same.
//
//	draft → submitted ⇄ returned
//	            └→ complete → under_review → visited → reviewed ⇄ signed → decided
//	                               ↑  └────── light ──────↑  └─ minute ───────↑ │
//	                               └────────────────── reopen ──────────────────┘
//
// It is withdrawn from anywhere before it is signed.
var life = map[Status]map[Event]Status{
	unborn:      {StartDraft: Draft},
	Draft:       {Submit: Submitted, Withdraw: Withdrawn},
	Submitted:   {Return: Returned, MarkComplete: Complete, Withdraw: Withdrawn},
	Returned:    {Submit: Submitted, Withdraw: Withdrawn},
	Complete:    {Assign: UnderReview, Withdraw: Withdrawn},
	UnderReview: {Assign: UnderReview, Visit: Visited, Review: Reviewed, Withdraw: Withdrawn},
	Visited:     {Visit: Visited, Review: Reviewed, Withdraw: Withdrawn},
	Reviewed:    {Sign: Signed, RecordMinute: Decided, Withdraw: Withdrawn},
	Signed:      {HandBack: Reviewed, Confirm: Decided},
	Decided:     {Reopen: UnderReview},
}

// Next returns the status to which the event leads, or fails with fault.Impossible "invalid_transition".
func (s Status) Next(e Event) (Status, error) {
	if next, ok := life[s][e]; ok {
		return next, nil
	}
	return "", impossible(string(e), "the application", "الطلب", string(s))
}

// impossible is the fault of a step that does not exist.
func impossible(event, what, whatAR, status string) error {
	return fault.New(fault.Impossible, "invalid_transition",
		fmt.Sprintf("%s is not possible while %s is %s.", event, what, status), fmt.Sprintf("الإجراء %s غير ممكن وحالة %s %s.", event, whatAR, status))
}

// Events returns what may be done with the application next, in the order of the alphabet; reopening is an appeal's.
func (a Application) Events() []Event {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(life[a.Status])), func(e Event) bool { return e == Reopen })
}

// Kind says whether an application is the first or renews an accreditation.
type Kind string

// The kinds of application.
const (
	First   Kind = "first"
	Renewal Kind = "renewal"
)

// Track is how much is asked of an organization.
type Track string

// The tracks: the light one is a page, for needs of tier 1, without a visit, and provisional.
const (
	Full  Track = "full"
	Light Track = "light"
)

// LightMonths is for how long an accreditation on the light track holds at most.
const LightMonths = 12

// Outcome is what was decided.
type Outcome string

// The outcomes of an application.
const (
	Accredited Outcome = "accredited"
	Rejected   Outcome = "rejected"
)

// Scope is one need in one governorate.
type Scope struct{ Need, Governorate string } // codes

// Papers are what an organization says of itself in its application.
type Papers struct {
	RegisteringAuthority  string
	RegistrationNumber    string
	RegistrationExpiresOn time.Time // last day; zero: does not expire
	LegalForm             string
	BoardSize             *int
	LastAssemblyOn        time.Time // zero: not said
	AuditedYear           *int      // of the last accounts that an auditor has seen
	StaffWomen, StaffMen  *int
	Volunteers            *int
	Services              fault.Sentence // what it offers
	Scope                 []Scope        // what it applies for
	QuestionnaireID       uuid.UUID      // Nil: no answers
	Answers               []Answer
}

// Application is an organization's application for accreditation, or for its renewal.
type Application struct {
	ID              uuid.UUID
	OrganizationID  uuid.UUID
	Kind            Kind
	Track           Track
	Status          Status
	Outcome         Outcome // of what is decided
	AccreditationID uuid.UUID
	RenewedUntil    time.Time // a renewal's: the last day of what it renews, before that was continued
	Papers
	ReturnReason string
	AssignedTo   uuid.UUID // the officer who examines it; Nil: nobody yet
	SubmittedAt  *time.Time
	DecidedAt    *time.Time
	Version      int
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (a Application) key() (uuid.UUID, int) { return a.ID, a.Version }
func (a Application) owner() uuid.UUID      { return a.OrganizationID }

// open reports whether what the application says may still be changed.
func (a Application) open() bool { return a.Status == Draft || a.Status == Returned }
