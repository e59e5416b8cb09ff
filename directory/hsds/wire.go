package hsds

// Organization is an HSDS organization.
type Organization struct {
	Record
	Name                 string        `json:"name"`
	AlternateName        string        `json:"alternate_name,omitempty"`
	Description          string        `json:"description"`
	Email                string        `json:"email,omitempty"`
	Website              string        `json:"website,omitempty"`
	AdditionalWebsites   []URL         `json:"additional_websites,omitempty"`
	TaxStatus            string        `json:"tax_status,omitempty"`
	TaxID                string        `json:"tax_id,omitempty"`
	YearIncorporated     *float64      `json:"year_incorporated,omitempty"`
	LegalStatus          string        `json:"legal_status,omitempty"`
	Logo                 string        `json:"logo,omitempty"`
	URI                  string        `json:"uri,omitempty"`
	ParentOrganizationID string        `json:"parent_organization_id,omitempty"`
	Funding              []Funding     `json:"funding,omitempty"`
	Contacts             []Contact     `json:"contacts,omitempty"`
	Phones               []Phone       `json:"phones,omitempty"`
	Locations            []Location    `json:"locations,omitempty"`
	Programs             []Program     `json:"programs,omitempty"`
	Identifiers          []Identifier  `json:"organization_identifiers,omitempty"`
	Services             []Service     `json:"services,omitempty"`
	Kind                 string        `json:"kind,omitempty"`             // profile
	Status               string        `json:"status,omitempty"`           // profile: active or defunct
	InformationOnly      bool          `json:"information_only,omitempty"` // profile
	Accreditation        *Accredited   `json:"accreditation,omitempty"`    // profile
	Confirmed            *Confirmation `json:"confirmed,omitempty"`        // profile
	Distance             *float64      `json:"distance,omitempty"`         // profile: metres from the point that was asked about
}

// Accredited is the accreditation of an organization that has one in force (profile). Days are 2006-01-02, both included.
type Accredited struct {
	Number    string `json:"number"`
	ValidFrom string `json:"valid_from"`
	ValidTo   string `json:"valid_to"`
	Authority string `json:"authority"`
}

// Confirmation says when somebody last said that all that is said of a thing is still true (profile).
type Confirmation struct {
	At string `json:"at"` // RFC 3339
}

// Service is an HSDS service.
type Service struct {
	Record
	OrganizationID         string              `json:"organization_id,omitempty"`
	ProgramID              string              `json:"program_id,omitempty"`
	Name                   string              `json:"name"`
	AlternateName          string              `json:"alternate_name,omitempty"`
	Description            string              `json:"description,omitempty"`
	URL                    string              `json:"url,omitempty"`
	AdditionalURLs         []URL               `json:"additional_urls,omitempty"`
	Email                  string              `json:"email,omitempty"`
	Status                 string              `json:"status"` // active, inactive, defunct or temporarily closed
	InterpretationServices string              `json:"interpretation_services,omitempty"`
	ApplicationProcess     string              `json:"application_process,omitempty"`
	FeesDescription        string              `json:"fees_description,omitempty"`
	WaitTime               string              `json:"wait_time,omitempty"`
	Fees                   string              `json:"fees,omitempty"`
	Accreditations         string              `json:"accreditations,omitempty"`
	EligibilityDescription string              `json:"eligibility_description,omitempty"`
	MinimumAge             *float64            `json:"minimum_age,omitempty"`
	MaximumAge             *float64            `json:"maximum_age,omitempty"`
	AssuredDate            string              `json:"assured_date,omitempty"`
	AssurerEmail           string              `json:"assurer_email,omitempty"`
	Licenses               string              `json:"licenses,omitempty"`
	Alert                  string              `json:"alert,omitempty"`
	LastModified           string              `json:"last_modified,omitempty"` // RFC 3339
	Phones                 []Phone             `json:"phones,omitempty"`
	Schedules              []Schedule          `json:"schedules,omitempty"`
	ServiceAreas           []ServiceArea       `json:"service_areas,omitempty"`
	ServiceAtLocations     []ServiceAtLocation `json:"service_at_locations,omitempty"`
	Languages              []Language          `json:"languages,omitempty"`
	Organization           *Organization       `json:"organization,omitempty"`
	Funding                []Funding           `json:"funding,omitempty"`
	CostOptions            []CostOption        `json:"cost_options,omitempty"`
	Program                *Program            `json:"program,omitempty"`
	RequiredDocuments      []RequiredDocument  `json:"required_documents,omitempty"`
	Contacts               []Contact           `json:"contacts,omitempty"`
	Capacities             []ServiceCapacity   `json:"capacities,omitempty"`

	// What follows is the profile's.
	Needs         []string      `json:"needs,omitempty"` // codes of terms of our own taxonomy
	Sex           string        `json:"sex,omitempty"`
	TargetGroups  []string      `json:"target_groups,omitempty"`
	DeliveryModes []string      `json:"delivery_modes,omitempty"`
	Eligibility   *Eligibility  `json:"eligibility,omitempty"`
	FemaleWorker  bool          `json:"female_worker,omitempty"`
	WomenOnly     bool          `json:"women_only,omitempty"`
	Transport     bool          `json:"transport,omitempty"`
	ServesNoMinor bool          `json:"serves_no_minor,omitempty"`
	Waiting       *Waiting      `json:"waiting,omitempty"`
	AlertUntil    string        `json:"alert_until,omitempty"`
	Confirmed     *Confirmation `json:"confirmed,omitempty"`
	Distance      *float64      `json:"distance,omitempty"` // metres from the point that was asked about to the nearest location
}

// Eligibility is who may be served, as far as it can be asked of facts (profile). What is absent asks nothing.
type Eligibility struct {
	SocialRegistry  bool     `json:"social_registry,omitempty"`
	PovertyBands    []string `json:"poverty_bands,omitempty"`
	DisabilityCard  bool     `json:"disability_card,omitempty"`
	RefugeeStatus   string   `json:"refugee_status,omitempty"`
	IdentityDocs    []string `json:"identity_documents,omitempty"`
	GovernorateOnly []string `json:"governorate_only,omitempty"`
}

// Waiting is how long one waits, in days, and when that was said (profile).
type Waiting struct {
	Days *int   `json:"days,omitempty"`
	AsOf string `json:"as_of,omitempty"` // RFC 3339
}

// ServiceAtLocation is an HSDS service_at_location.
type ServiceAtLocation struct {
	Record
	ServiceID    string            `json:"service_id,omitempty"`
	LocationID   string            `json:"location_id,omitempty"`
	Description  string            `json:"description,omitempty"`
	ServiceAreas []ServiceArea     `json:"service_areas,omitempty"`
	Contacts     []Contact         `json:"contacts,omitempty"`
	Phones       []Phone           `json:"phones,omitempty"`
	Schedules    []Schedule        `json:"schedules,omitempty"`
	Location     *Location         `json:"location,omitempty"`
	Service      *Service          `json:"service,omitempty"`
	Capacities   []ServiceCapacity `json:"capacities,omitempty"` // profile
	Status       string            `json:"status,omitempty"`     // profile: active, inactive or defunct
	Accepting    *Accepting        `json:"accepting,omitempty"`  // profile
	Waiting      *Waiting          `json:"waiting,omitempty"`    // profile
	Confirmed    *Confirmation     `json:"confirmed,omitempty"`  // profile
	Distance     *float64          `json:"distance,omitempty"`   // profile: metres from the point that was asked about
}

// Accepting says whether a service takes people at a location, and when that was known (profile).
type Accepting struct {
	Status string `json:"status"`          // capacity, no-capacity, waitlist, additional-assessment-required or unknown
	AsOf   string `json:"as_of,omitempty"` // RFC 3339
}

// Location is an HSDS location.
type Location struct {
	Record
	LocationType           string          `json:"location_type"`
	URL                    string          `json:"url,omitempty"`
	OrganizationID         string          `json:"organization_id,omitempty"`
	Name                   string          `json:"name,omitempty"`
	AlternateName          string          `json:"alternate_name,omitempty"`
	Description            string          `json:"description,omitempty"`
	Transportation         string          `json:"transportation,omitempty"`
	Latitude               *float64        `json:"latitude,omitempty"`
	Longitude              *float64        `json:"longitude,omitempty"`
	ExternalIdentifier     string          `json:"external_identifier,omitempty"`
	ExternalIdentifierType string          `json:"external_identifier_type,omitempty"`
	Languages              []Language      `json:"languages,omitempty"`
	Addresses              []Address       `json:"addresses,omitempty"`
	Contacts               []Contact       `json:"contacts,omitempty"`
	Accessibility          []Accessibility `json:"accessibility,omitempty"`
	Phones                 []Phone         `json:"phones,omitempty"`
	Schedules              []Schedule      `json:"schedules,omitempty"`
	Place                  string          `json:"place,omitempty"`      // profile: the code of the place that it lies in
	ValidFrom              string          `json:"valid_from,omitempty"` // profile: first day of a temporary one
	ValidTo                string          `json:"valid_to,omitempty"`   // profile: last day of a temporary one
	Confirmed              *Confirmation   `json:"confirmed,omitempty"`  // profile
}

// Taxonomy is an HSDS taxonomy.
type Taxonomy struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Description  string       `json:"description"`
	URI          string       `json:"uri,omitempty"`
	Version      string       `json:"version,omitempty"`
	Metadata     []Metadata   `json:"metadata,omitempty"`
	Translations Translations `json:"translations,omitempty"` // profile
}

// TaxonomyTerm is an HSDS taxonomy_term.
type TaxonomyTerm struct {
	ID             string       `json:"id"`
	Code           string       `json:"code,omitempty"`
	Name           string       `json:"name"`
	Description    string       `json:"description"`
	ParentID       string       `json:"parent_id,omitempty"`
	Taxonomy       string       `json:"taxonomy,omitempty"`
	TaxonomyDetail *Taxonomy    `json:"taxonomy_detail,omitempty"`
	Language       string       `json:"language,omitempty"`
	TaxonomyID     string       `json:"taxonomy_id,omitempty"`
	TermURI        string       `json:"term_uri,omitempty"`
	Metadata       []Metadata   `json:"metadata,omitempty"`
	Translations   Translations `json:"translations,omitempty"` // profile
}
