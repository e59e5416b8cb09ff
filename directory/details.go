package directory

import (
	"time"

	"github.com/google/uuid"
)

// The details of a thing are what the catalogue says of it beyond what its own fields hold: all that HSDS 3.2 can say. They are one
// document in the database, because they are always read and written with their thing; what a search asks for stands in columns of
// the search besides.

// OrganizationDetails are what else is said of an organization.
type OrganizationDetails struct {
	AlternateName    Name
	Email            string
	Website          string
	Websites         []Link
	TaxStatus        string
	TaxID            string
	YearIncorporated *int
	LegalStatus      Name
	Logo             string
	URI              string
	ParentID         uuid.UUID // HSDS parent_organization_id
	Phones           []Phone
	Contacts         []Contact
	Funding          []Funding
	Programs         []Program
	Identifiers      []Identifier
	Attributes       []Attribute
	Metadata         []Metadata
}

// ServiceDetails are what else is said of a service.
type ServiceDetails struct {
	AlternateName          Name
	ProgramID              uuid.UUID // of a program of its organization
	URL                    string
	Links                  []Link // HSDS additional_urls
	Email                  string
	TemporarilyClosed      bool // HSDS status "temporarily closed"; the service's own status is then inactive
	InterpretationServices Name
	ApplicationProcess     Name
	FeesDescription        Name
	Fees                   string // deprecated in HSDS, kept for round trips, as WaitTime, Accreditations and Licenses are
	WaitTime               string
	Accreditations         string
	Licenses               string
	EligibilityDescription Name
	AssuredDate            string
	AssurerEmail           string
	LastModified           string // as the source gave it; RFC 3339
	Alert                  Name   // shown above everything else that is said of it
	AlertUntil             string // last day of the alert; empty: until it is taken back
	Phones                 []Phone
	Contacts               []Contact
	Schedules              []Schedule
	StatedAreas            []StatedArea
	Languages              []Language
	Funding                []Funding
	CostOptions            []CostOption
	RequiredDocuments      []RequiredDocument
	Capacities             []ServiceCapacity
	Attributes             []Attribute
	Metadata               []Metadata

	Eligibility   Eligibility
	FemaleWorker  bool       // a woman can be asked for
	WomenOnly     bool       // its staff are women only
	Transport     bool       // it brings people, or pays for the way
	WaitingDays   *int       // from acceptance to the first contact, as the provider expects
	WaitingAsOf   *time.Time // when that was said
	ServesNoMinor bool       // a child comes with an adult
}

// Eligibility is who may be served, as far as it can be asked of a household's facts (referrals.md, field group B). What is empty asks
// nothing.
type Eligibility struct {
	SocialRegistry  bool     // registered in the national social registry
	PovertyBands    []string // any of these
	DisabilityCard  bool
	RefugeeStatus   string   // refugee, non_refugee; empty: either
	IdentityDocs    []string // any of palestinian, jerusalem, unrwa, passport, none
	GovernorateOnly []string // the household's own governorate is one of these codes
}

// LocationDetails are what else is said of a location. A confidential one has none.
type LocationDetails struct {
	LocationType           string // physical, postal or virtual; empty: physical
	AlternateName          Name
	Description            Name
	Transportation         Name
	URL                    string
	ExternalIdentifier     string
	ExternalIdentifierType string
	StatedLatitude         *float64 // as the source gave it, where both together are no point on the earth
	StatedLongitude        *float64
	Addresses              []Address
	Accessibility          []Accessibility
	Languages              []Language
	Phones                 []Phone
	Contacts               []Contact
	Schedules              []Schedule
	Attributes             []Attribute
	Metadata               []Metadata
}

// OfferDetails are what else is said of a service at a location; what is said here goes before what service and location say.
type OfferDetails struct {
	Description Name
	Phones      []Phone
	Contacts    []Contact
	Schedules   []Schedule
	StatedAreas []StatedArea
	Capacities  []ServiceCapacity // places with their unit
	WaitingDays *int
	WaitingAsOf *time.Time
	Attributes  []Attribute
	Metadata    []Metadata
}
