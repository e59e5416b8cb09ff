package directory

import (
	"time"

	"github.com/google/uuid"
)

// Record is what every part of a catalogue entry has in HSDS: an id that stays, and what else is said of it. A part has no life
// outside the thing that it belongs to: it is written and read with it, as a whole.
type Record struct {
	ID         uuid.UUID // the zero id of a new part: the store gives it one
	Attributes []Attribute
	Metadata   []Metadata
}

// Attribute classifies a thing, or one of its parts, by a term of any taxonomy (HSDS attribute).
type Attribute struct {
	ID             uuid.UUID
	TaxonomyTermID uuid.UUID // of a need or of a term of another taxonomy; the zero id: none
	LinkType       string
	LinkEntity     string // what the source said it is of; empty: what it stands in
	Label          string
	Value          string
	Metadata       []Metadata
}

// Metadata says what was done to a field elsewhere, before it came here (HSDS metadata); what is done here, the history keeps.
type Metadata struct {
	ID               uuid.UUID
	ResourceType     string // what the source said it is of; empty: what it stands in
	LastActionDate   string // 2006-01-02
	LastActionType   string
	FieldName        string
	PreviousValue    string
	ReplacementValue string
	UpdatedBy        string
}

// Phone is a telephone number (HSDS phone).
type Phone struct {
	Record
	Number      string // E.164 where it could be understood, else as it was given
	Extension   *int
	Type        string // voice, fax, text, cell, video, pager or textphone (HSDS); empty: voice
	Description Name
	Languages   []Language
	OnCall      bool // answered around the clock, for emergencies
}

// Language is a language in which people are served (HSDS language).
type Language struct {
	Record
	Code string // ISO 639, such as ar
	Name string
	Note Name
}

// Contact is a person or an office to turn to (HSDS contact).
type Contact struct {
	Record
	Name       Name
	Title      Name
	Department Name
	Email      string
	Phones     []Phone
}

// Schedule is when something is open: a recurrence of RFC 5545 with hours (HSDS schedule).
type Schedule struct {
	Record
	ValidFrom     string // 2006-01-02, as all days here; empty: always was
	ValidTo       string
	DTStart       string
	Until         string
	Count         *int
	Wkst          string // MO … SU
	Freq          string // WEEKLY or MONTHLY
	Interval      *int
	ByDay         string // "SU,MO,TU"
	ByWeekNo      string
	ByMonthDay    string
	ByYearDay     string
	Timezone      *float64 // hours from UTC; nil: the country's own
	OpensAt       string   // 08:00, with an offset where the source gave one
	ClosesAt      string
	Description   Name
	ScheduleLink  string
	AttendingType string // how one attends: in person, telephone … (HSDS); outreach: the provider comes on these days
	Notes         Name
}

// Address is where a location is (HSDS address).
type Address struct {
	Record
	Attention     string
	Address1      Name
	Address2      Name
	City          Name
	Region        Name
	StateProvince string
	PostalCode    string
	Country       string // ISO 3166-1, such as PS
	AddressType   string // physical, postal or virtual; empty: physical
}

// Accessibility is one thing that makes a location usable, or not (HSDS accessibility).
type Accessibility struct {
	Record
	Feature     string // one of AccessibilityFeatures, which a search can ask for; empty: none of them
	Description Name
	Details     Name
	URL         string
}

// AccessibilityFeatures are the features that a search can ask for.
var AccessibilityFeatures = []string{
	"wheelchair_entrance", "ground_floor", "lift", "accessible_toilet", "accessible_parking", "sign_language", "braille", "easy_language", "companion_welcome",
}

// RequiredDocument is what a person must bring (HSDS required_document).
type RequiredDocument struct {
	Record
	Document Name
	URI      string
}

// CostOption is what a service costs; free is the norm and needs none (HSDS cost_option).
type CostOption struct {
	Record
	ValidFrom         string
	ValidTo           string
	Option            Name
	Currency          string // ISO 4217
	Amount            *float64
	AmountDescription Name
}

// Funding is who pays (HSDS funding).
type Funding struct {
	Record
	Source Name
}

// Program groups services of an organization (HSDS program).
type Program struct {
	Record
	Name          Name
	AlternateName Name
	Description   Name
}

// Link is a further address on the web (HSDS url).
type Link struct {
	Record
	Label Name
	URL   string
}

// Identifier is what an organization is called in a register of another authority (HSDS organization_identifier).
type Identifier struct {
	Record
	Scheme     string
	Type       string
	Identifier string
}

// Unit is what a capacity counts: beds, places, parcels (HSDS unit).
type Unit struct {
	Record
	Name       Name
	Scheme     string
	Identifier string
	URI        string
}

// ServiceCapacity is how much there is of something (HSDS service_capacity). Older than AcceptingDays it says nothing any more.
type ServiceCapacity struct {
	Record
	Unit        Unit
	Available   float64
	Maximum     *float64
	Description Name
	Updated     *time.Time // when it was said
}

// StatedArea is a service area in words, or in a form that nothing here computes with (HSDS service_area); Area is one that is.
type StatedArea struct {
	Record
	Name        Name
	Description Name
	Extent      string
	ExtentType  string
	URI         string
}
