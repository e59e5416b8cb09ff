package hsds

// Attribute is an HSDS attribute.
type Attribute struct {
	ID             string        `json:"id"`
	LinkID         string        `json:"link_id,omitempty"`
	TaxonomyTermID string        `json:"taxonomy_term_id,omitempty"`
	LinkType       string        `json:"link_type,omitempty"`
	LinkEntity     string        `json:"link_entity,omitempty"`
	Value          string        `json:"value,omitempty"`
	TaxonomyTerm   *TaxonomyTerm `json:"taxonomy_term,omitempty"`
	Metadata       []Metadata    `json:"metadata,omitempty"`
	Label          string        `json:"label,omitempty"`
}

// Metadata is an HSDS metadata object.
type Metadata struct {
	ID               string `json:"id"`
	ResourceID       string `json:"resource_id,omitempty"`
	ResourceType     string `json:"resource_type,omitempty"`
	LastActionDate   string `json:"last_action_date"`
	LastActionType   string `json:"last_action_type"`
	FieldName        string `json:"field_name"`
	PreviousValue    string `json:"previous_value"`
	ReplacementValue string `json:"replacement_value"`
	UpdatedBy        string `json:"updated_by"`
}

// URL is an HSDS url.
type URL struct {
	Record
	Label          string `json:"label,omitempty"`
	URL            string `json:"url"`
	OrganizationID string `json:"organization_id,omitempty"`
	ServiceID      string `json:"service_id,omitempty"`
}

// Phone is an HSDS phone.
type Phone struct {
	Record
	LocationID          string     `json:"location_id,omitempty"`
	ServiceID           string     `json:"service_id,omitempty"`
	OrganizationID      string     `json:"organization_id,omitempty"`
	ContactID           string     `json:"contact_id,omitempty"`
	ServiceAtLocationID string     `json:"service_at_location_id,omitempty"`
	Number              string     `json:"number"`
	Extension           *float64   `json:"extension,omitempty"`
	Type                string     `json:"type,omitempty"`
	Description         string     `json:"description,omitempty"`
	Languages           []Language `json:"languages,omitempty"`
	OnCall              bool       `json:"on_call,omitempty"` // profile: answered around the clock
}

// Language is an HSDS language.
type Language struct {
	Record
	ServiceID  string `json:"service_id,omitempty"`
	LocationID string `json:"location_id,omitempty"`
	PhoneID    string `json:"phone_id,omitempty"`
	Name       string `json:"name,omitempty"`
	Code       string `json:"code,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Contact is an HSDS contact.
type Contact struct {
	Record
	OrganizationID      string  `json:"organization_id,omitempty"`
	ServiceID           string  `json:"service_id,omitempty"`
	ServiceAtLocationID string  `json:"service_at_location_id,omitempty"`
	LocationID          string  `json:"location_id,omitempty"`
	Name                string  `json:"name,omitempty"`
	Title               string  `json:"title,omitempty"`
	Department          string  `json:"department,omitempty"`
	Email               string  `json:"email,omitempty"`
	Phones              []Phone `json:"phones,omitempty"`
}

// Schedule is an HSDS schedule.
type Schedule struct {
	Record
	ServiceID           string   `json:"service_id,omitempty"`
	LocationID          string   `json:"location_id,omitempty"`
	ServiceAtLocationID string   `json:"service_at_location_id,omitempty"`
	ValidFrom           string   `json:"valid_from,omitempty"`
	ValidTo             string   `json:"valid_to,omitempty"`
	DTStart             string   `json:"dtstart,omitempty"`
	Timezone            *float64 `json:"timezone,omitempty"`
	Until               string   `json:"until,omitempty"`
	Count               *float64 `json:"count,omitempty"`
	Wkst                string   `json:"wkst,omitempty"`
	Freq                string   `json:"freq,omitempty"`
	Interval            *float64 `json:"interval,omitempty"`
	ByDay               string   `json:"byday,omitempty"`
	ByWeekNo            string   `json:"byweekno,omitempty"`
	ByMonthDay          string   `json:"bymonthday,omitempty"`
	ByYearDay           string   `json:"byyearday,omitempty"`
	Description         string   `json:"description,omitempty"`
	OpensAt             string   `json:"opens_at,omitempty"`
	ClosesAt            string   `json:"closes_at,omitempty"`
	ScheduleLink        string   `json:"schedule_link,omitempty"`
	AttendingType       string   `json:"attending_type,omitempty"`
	Notes               string   `json:"notes,omitempty"`
}

// Address is an HSDS address. All but its second line, region and addressee are required, and may be empty.
type Address struct {
	Record
	LocationID    string `json:"location_id,omitempty"`
	Attention     string `json:"attention,omitempty"`
	Address1      string `json:"address_1"`
	Address2      string `json:"address_2,omitempty"`
	City          string `json:"city"`
	Region        string `json:"region,omitempty"`
	StateProvince string `json:"state_province"`
	PostalCode    string `json:"postal_code"`
	Country       string `json:"country"`
	AddressType   string `json:"address_type"`
}

// Accessibility is an HSDS accessibility object.
type Accessibility struct {
	Record
	LocationID  string `json:"location_id,omitempty"`
	Description string `json:"description,omitempty"`
	Details     string `json:"details,omitempty"`
	URL         string `json:"url,omitempty"`
	Feature     string `json:"feature,omitempty"` // profile: one of directory.AccessibilityFeatures
}

// RequiredDocument is an HSDS required_document.
type RequiredDocument struct {
	Record
	ServiceID string `json:"service_id,omitempty"`
	Document  string `json:"document,omitempty"`
	URI       string `json:"uri,omitempty"`
}

// CostOption is an HSDS cost_option.
type CostOption struct {
	Record
	ServiceID         string   `json:"service_id,omitempty"`
	ValidFrom         string   `json:"valid_from,omitempty"`
	ValidTo           string   `json:"valid_to,omitempty"`
	Option            string   `json:"option,omitempty"`
	Currency          string   `json:"currency,omitempty"`
	Amount            *float64 `json:"amount,omitempty"`
	AmountDescription string   `json:"amount_description,omitempty"`
}

// Funding is an HSDS funding object.
type Funding struct {
	Record
	OrganizationID string `json:"organization_id,omitempty"`
	ServiceID      string `json:"service_id,omitempty"`
	Source         string `json:"source,omitempty"`
}

// Program is an HSDS program.
type Program struct {
	Record
	OrganizationID string `json:"organization_id,omitempty"`
	Name           string `json:"name"`
	AlternateName  string `json:"alternate_name,omitempty"`
	Description    string `json:"description"`
}

// Identifier is an HSDS organization_identifier.
type Identifier struct {
	Record
	OrganizationID string `json:"organization_id,omitempty"`
	Scheme         string `json:"identifier_scheme,omitempty"`
	Type           string `json:"identifier_type"`
	Identifier     string `json:"identifier"`
}

// Unit is an HSDS unit.
type Unit struct {
	Record
	Name       string `json:"name"`
	Scheme     string `json:"scheme,omitempty"`
	Identifier string `json:"identifier,omitempty"`
	URI        string `json:"uri,omitempty"`
}

// ServiceCapacity is an HSDS service_capacity.
type ServiceCapacity struct {
	Record
	ServiceID   string   `json:"service_id,omitempty"`
	Unit        *Unit    `json:"unit,omitempty"`
	UnitID      string   `json:"unit_id,omitempty"`
	Available   float64  `json:"available"`
	Maximum     *float64 `json:"maximum,omitempty"`
	Description string   `json:"description,omitempty"`
	Updated     string   `json:"updated,omitempty"` // RFC 3339
}

// ServiceArea is an HSDS service_area.
type ServiceArea struct {
	Record
	ServiceID           string `json:"service_id,omitempty"`
	ServiceAtLocationID string `json:"service_at_location_id,omitempty"`
	Name                string `json:"name,omitempty"`
	Description         string `json:"description,omitempty"`
	Extent              string `json:"extent,omitempty"`
	ExtentType          string `json:"extent_type,omitempty"`
	URI                 string `json:"uri,omitempty"`
	Governorate         string `json:"governorate,omitempty"` // profile: the code of the governorate that it is
	Place               string `json:"place,omitempty"`       // profile: the code of the place that it is
	Nationwide          bool   `json:"nationwide,omitempty"`  // profile
}

// MetaTableDescription is an HSDS meta_table_description: what is said of a table of a package.
type MetaTableDescription struct {
	Record
	Name         string `json:"name,omitempty"`
	Language     string `json:"language,omitempty"`
	CharacterSet string `json:"character_set,omitempty"`
}
