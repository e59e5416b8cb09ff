package api

import (
	"time"

	"github.com/google/uuid"
)

// OrganizationDetails are what else is said of an organization.
type OrganizationDetails struct {
	AlternateName    *Text                `json:"alternate_name,omitempty"`
	Email            string               `json:"email,omitempty" maxLength:"254"`
	Website          string               `json:"website,omitempty" maxLength:"2000" doc:"http or https."`
	Websites         []WebLink            `json:"websites,omitempty" maxItems:"50"`
	TaxStatus        string               `json:"tax_status,omitempty" maxLength:"200"`
	TaxID            string               `json:"tax_id,omitempty" maxLength:"200"`
	YearIncorporated *int                 `json:"year_incorporated,omitempty"`
	LegalStatus      *Text                `json:"legal_status,omitempty"`
	Logo             string               `json:"logo,omitempty" maxLength:"2000"`
	URI              string               `json:"uri,omitempty" maxLength:"2000"`
	ParentID         *uuid.UUID           `json:"parent_id,omitempty" format:"uuid" doc:"The organization that it belongs to."`
	Phones           []Phone              `json:"phones,omitempty" maxItems:"50"`
	Contacts         []ContactPoint       `json:"contacts,omitempty" maxItems:"50"`
	Funding          []Funding            `json:"funding,omitempty" maxItems:"50"`
	Programs         []Program            `json:"programs,omitempty" maxItems:"50"`
	Identifiers      []RegisterIdentifier `json:"identifiers,omitempty" maxItems:"50"`
	Attributes       []Attribute          `json:"attributes,omitempty" maxItems:"50"`
	Metadata         []Metadata           `json:"metadata,omitempty" maxItems:"50"`
}

// ServiceDetails are what else is said of a service.
type ServiceDetails struct {
	AlternateName          *Text              `json:"alternate_name,omitempty"`
	ProgramID              *uuid.UUID         `json:"program_id,omitempty" format:"uuid" doc:"A program of its organization."`
	URL                    string             `json:"url,omitempty" maxLength:"2000"`
	Links                  []WebLink          `json:"links,omitempty" maxItems:"50"`
	Email                  string             `json:"email,omitempty" maxLength:"254"`
	TemporarilyClosed      bool               `json:"temporarily_closed,omitempty"`
	InterpretationServices *Text              `json:"interpretation_services,omitempty"`
	ApplicationProcess     *Text              `json:"application_process,omitempty"`
	FeesDescription        *Text              `json:"fees_description,omitempty"`
	Fees                   string             `json:"fees,omitempty" maxLength:"2000" doc:"Deprecated in HSDS; kept for what came from elsewhere, as wait_time, accreditations and licenses are."`
	WaitTime               string             `json:"wait_time,omitempty" maxLength:"2000"`
	Accreditations         string             `json:"accreditations,omitempty" maxLength:"2000"`
	Licenses               string             `json:"licenses,omitempty" maxLength:"2000"`
	EligibilityDescription *Text              `json:"eligibility_description,omitempty"`
	AssuredDate            string             `json:"assured_date,omitempty" maxLength:"40"`
	AssurerEmail           string             `json:"assurer_email,omitempty" maxLength:"254"`
	LastModified           string             `json:"last_modified,omitempty" maxLength:"40" doc:"As the source of an import gave it."`
	Alert                  *Text              `json:"alert,omitempty" doc:"Shown above everything else that is said of it."`
	AlertUntil             string             `json:"alert_until,omitempty" maxLength:"40" doc:"Last day of the alert; absent: until it is taken back."`
	Phones                 []Phone            `json:"phones,omitempty" maxItems:"50"`
	Contacts               []ContactPoint     `json:"contacts,omitempty" maxItems:"50"`
	Schedules              []Schedule         `json:"schedules,omitempty" maxItems:"50"`
	StatedAreas            []StatedArea       `json:"stated_areas,omitempty" maxItems:"50"`
	Languages              []Language         `json:"languages,omitempty" maxItems:"50"`
	Funding                []Funding          `json:"funding,omitempty" maxItems:"50"`
	CostOptions            []CostOption       `json:"cost_options,omitempty" maxItems:"50"`
	RequiredDocuments      []RequiredDocument `json:"required_documents,omitempty" maxItems:"50"`
	Capacities             []ServiceCapacity  `json:"capacities,omitempty" maxItems:"50"`
	Attributes             []Attribute        `json:"attributes,omitempty" maxItems:"50"`
	Metadata               []Metadata         `json:"metadata,omitempty" maxItems:"50"`
	Eligibility            *WhoMayBeServed    `json:"eligibility,omitempty"`
	FemaleWorker           bool               `json:"female_worker,omitempty" doc:"A woman can be asked for."`
	WomenOnly              bool               `json:"women_only,omitempty" doc:"Its staff are women only."`
	Transport              bool               `json:"transport,omitempty" doc:"It brings people, or pays for the way."`
	WaitingDays            *int               `json:"waiting_days,omitempty" minimum:"0" doc:"From acceptance to the first contact, as the provider expects."`
	WaitingAsOf            *time.Time         `json:"waiting_as_of,omitempty" doc:"When that was said; left out: now."`
	WaitingStale           bool               `json:"waiting_stale,omitempty" readOnly:"true" doc:"It was said more than 30 days ago and counts as unknown. What is written here is ignored."`
	ServesNoMinor          bool               `json:"serves_no_minor,omitempty" doc:"A child comes with an adult."`
}

// WhoMayBeServed is who may be served, as far as it can be asked of a household's facts. What is absent asks nothing.
type WhoMayBeServed struct {
	SocialRegistry  bool     `json:"social_registry,omitempty" doc:"Registered in the national social registry."`
	PovertyBands    []string `json:"poverty_bands,omitempty" maxItems:"5" maxLength:"40" doc:"Any of extreme, poor, near_poor, not_poor, unknown."`
	DisabilityCard  bool     `json:"disability_card,omitempty"`
	RefugeeStatus   string   `json:"refugee_status,omitempty" maxLength:"40" doc:"refugee or non_refugee; absent: either."`
	IdentityDocs    []string `json:"identity_docs,omitempty" maxItems:"5" maxLength:"40" doc:"Any of palestinian, jerusalem, unrwa, passport, none."`
	GovernorateOnly []string `json:"governorate_only,omitempty" maxItems:"20" maxLength:"40" example:"[\"PS0150\"]" doc:"The household lives in one of these governorates."`
}

// LocationDetails are what else is said of a location. A confidential one has none.
type LocationDetails struct {
	LocationType           string          `json:"location_type,omitempty" maxLength:"40" doc:"physical, postal or virtual; absent: physical."`
	AlternateName          *Text           `json:"alternate_name,omitempty"`
	Description            *Text           `json:"description,omitempty"`
	Transportation         *Text           `json:"transportation,omitempty"`
	URL                    string          `json:"url,omitempty" maxLength:"2000"`
	ExternalIdentifier     string          `json:"external_identifier,omitempty" maxLength:"200"`
	ExternalIdentifierType string          `json:"external_identifier_type,omitempty" maxLength:"200"`
	StatedLatitude         *float64        `json:"stated_latitude,omitempty" doc:"As the source gave it, where it is no point on the earth."`
	StatedLongitude        *float64        `json:"stated_longitude,omitempty" doc:"As the source gave it, where it is no point on the earth."`
	Addresses              []PostalAddress `json:"addresses,omitempty" maxItems:"50"`
	Accessibility          []Accessibility `json:"accessibility,omitempty" maxItems:"50"`
	Languages              []Language      `json:"languages,omitempty" maxItems:"50"`
	Phones                 []Phone         `json:"phones,omitempty" maxItems:"50"`
	Contacts               []ContactPoint  `json:"contacts,omitempty" maxItems:"50"`
	Schedules              []Schedule      `json:"schedules,omitempty" maxItems:"50"`
	Attributes             []Attribute     `json:"attributes,omitempty" maxItems:"50"`
	Metadata               []Metadata      `json:"metadata,omitempty" maxItems:"50"`
}

// OfferDetails are what else is said of a service at a location; it goes before what service and location say.
type OfferDetails struct {
	Description  *Text             `json:"description,omitempty"`
	Phones       []Phone           `json:"phones,omitempty" maxItems:"50"`
	Contacts     []ContactPoint    `json:"contacts,omitempty" maxItems:"50"`
	Schedules    []Schedule        `json:"schedules,omitempty" maxItems:"50"`
	StatedAreas  []StatedArea      `json:"stated_areas,omitempty" maxItems:"50"`
	Capacities   []ServiceCapacity `json:"capacities,omitempty" maxItems:"50"`
	WaitingDays  *int              `json:"waiting_days,omitempty" minimum:"0" doc:"From acceptance to the first contact, as the provider expects."`
	WaitingAsOf  *time.Time        `json:"waiting_as_of,omitempty" doc:"When that was said; left out: now."`
	WaitingStale bool              `json:"waiting_stale,omitempty" readOnly:"true" doc:"It was said more than 30 days ago and counts as unknown. What is written here is ignored."`
	Attributes   []Attribute       `json:"attributes,omitempty" maxItems:"50"`
	Metadata     []Metadata        `json:"metadata,omitempty" maxItems:"50"`
}
