package accreditation

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
)

// CampaignStatus is where a survey is in its life.
type CampaignStatus string

// The statuses of a survey.
const (
	Planned CampaignStatus = "planned"
	Open    CampaignStatus = "open"
	Closed  CampaignStatus = "closed"
)

// CampaignEvent moves a survey.
type CampaignEvent string

// The events of a survey.
const (
	Plan  CampaignEvent = "plan"
	Begin CampaignEvent = "open"
	Close CampaignEvent = "close"
)

// campaignLife is the whole life of a survey; the table survey_campaign_transition holds the same.
//
//	planned → open → closed
var campaignLife = map[CampaignStatus]map[CampaignEvent]CampaignStatus{
	"none":  {Plan: Planned},
	Planned: {Begin: Open},
	Open:    {Close: Closed},
}

// Next returns the status to which the event leads, or fails with fault.Impossible "invalid_transition".
func (s CampaignStatus) Next(e CampaignEvent) (CampaignStatus, error) {
	if next, ok := campaignLife[s][e]; ok {
		return next, nil
	}
	return "", impossible(string(e), "the campaign", "الحملة", string(s))
}

// Campaign is a survey of the providers in some directorates.
type Campaign struct {
	ID              uuid.UUID
	Name            fault.Sentence
	Directorates    []uuid.UUID
	From, To        time.Time // first and last day
	QuestionnaireID uuid.UUID
	Status          CampaignStatus
	Version         int
	UpdatedAt       time.Time
}

func (c Campaign) key() (uuid.UUID, int) { return c.ID, c.Version }
func (Campaign) owner() uuid.UUID        { return uuid.Nil }

// Events returns what may be done with the survey next.
func (c Campaign) Events() []CampaignEvent { return slices.Sorted(maps.Keys(campaignLife[c.Status])) }

// Validate returns every fault of the survey at once, as fault.Refused, or nil.
func (c Campaign) Validate() error {
	var l fault.List
	named(&l, "/name", c.Name)
	if len(c.Directorates) == 0 {
		l.Add("/directorates", "A survey is of one directorate or more.", "المسح لمديرية واحدة أو أكثر.")
	}
	if c.From.After(c.To) {
		l.Add("/ends_on", "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
	return l.Err()
}

// EntryStatus is what became of a provider that a survey found.
type EntryStatus string

// The statuses of an entry.
const (
	Surveyed        EntryStatus = "surveyed"
	Invited         EntryStatus = "invited"
	HasApplied      EntryStatus = "applied"
	IsAccredited    EntryStatus = "accredited"
	InformationOnly EntryStatus = "information_only"
	Merged          EntryStatus = "merged" // the organization was entered twice, and the survey found the other one too
)

// EntryEvent moves an entry.
type EntryEvent string

// The events of an entry. Applying, falling back and being accredited are the organization's, merging is the register's.
const (
	Survey                EntryEvent = "survey"
	Invite                EntryEvent = "invite"
	ListForInformation    EntryEvent = "list_for_information"
	HandsIn               EntryEvent = "apply"
	FallBack              EntryEvent = "fall_back"
	FallBackToInformation EntryEvent = "fall_back_to_information"
	BecomesAccredited     EntryEvent = "accredit"
	Merge                 EntryEvent = "merge"
)

// entryLife is the whole life of an entry; the table survey_entry_transition holds the same.
//
//	surveyed → invited → applied → accredited
//	   └→ information_only ⇄ invited;  applied → surveyed, or information_only, where the application came to nothing
//
// What is accredited without having applied is so from anywhere, and so is what is merged; one that is for information only may apply.
var entryLife = map[EntryStatus]map[EntryEvent]EntryStatus{
	"none":          {Survey: Surveyed},
	Surveyed:        {Invite: Invited, ListForInformation: InformationOnly, HandsIn: HasApplied, BecomesAccredited: IsAccredited, Merge: Merged},
	Invited:         {HandsIn: HasApplied, ListForInformation: InformationOnly, BecomesAccredited: IsAccredited, Merge: Merged},
	InformationOnly: {Invite: Invited, HandsIn: HasApplied, BecomesAccredited: IsAccredited, Merge: Merged},
	HasApplied:      {FallBack: Surveyed, FallBackToInformation: InformationOnly, BecomesAccredited: IsAccredited, Merge: Merged},
	IsAccredited:    {Merge: Merged},
}

// Next returns the status to which the event leads, or fails with fault.Impossible "invalid_transition".
func (s EntryStatus) Next(e EntryEvent) (EntryStatus, error) {
	if next, ok := entryLife[s][e]; ok {
		return next, nil
	}
	return "", impossible(string(e), "the entry", "القيد", string(s))
}

// Invitation is how an organization was asked to apply. Nothing in it is a key to anything: it records a letter.
type Invitation struct {
	LetterNumber string
	On           time.Time
	Channel      string // letter, visit, telephone, email or meeting
}

var channels = []string{"letter", "visit", "telephone", "email", "meeting"}

// Validate returns every fault of the invitation at once, as fault.Refused, or nil.
func (i Invitation) Validate() error {
	var l fault.List
	required(&l, "/letter_number", i.LetterNumber)
	if i.On.IsZero() {
		l.Add("/invited_on", "The day is required.", "التاريخ مطلوب.")
	}
	if !slices.Contains(channels, i.Channel) {
		list := strings.Join(channels, ", ")
		l.Add("/channel", "Must be one of: "+list+".", "يجب أن تكون القيمة إحدى: "+list+".")
	}
	return l.Err()
}

// Entry is a provider that a survey found: what it answered, and what became of it.
type Entry struct {
	ID             uuid.UUID
	CampaignID     uuid.UUID
	OrganizationID uuid.UUID
	FoundOn        time.Time
	Answers        []Answer
	Status         EntryStatus
	Invitation     Invitation // zero until it is invited
	// PossibleDuplicates are what the provider may be a second entry of, in the answer to Record if it was registered with it.
	PossibleDuplicates []directory.LookAlike
	Version            int
	UpdatedAt          time.Time
}

func (e Entry) key() (uuid.UUID, int) { return e.ID, e.Version }
func (Entry) owner() uuid.UUID        { return uuid.Nil }

// Events returns what the directorate may do with the entry next, in the order of the alphabet.
func (e Entry) Events() []EntryEvent {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(entryLife[e.Status])), func(v EntryEvent) bool { return v != Invite && v != ListForInformation })
}

// Found is a provider as a survey records it: one of the register, or one that is registered with it.
type Found struct {
	CampaignID     uuid.UUID
	OrganizationID uuid.UUID              // Nil: a new one
	Organization   directory.Organization // new: its kind and name
	Branch         directory.Branch       // new: where it is and how it is reached
	On             time.Time
	Answers        []Answer
}
