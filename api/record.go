package api

import (
	"time"

	"github.com/google/uuid"
)

// Metadata says what was done to a field elsewhere, before it came here (HSDS metadata).
type Metadata struct {
	ID               *uuid.UUID `json:"id,omitempty" format:"uuid"`
	ResourceType     string     `json:"resource_type,omitempty" maxLength:"200" doc:"What the source said it is of; absent: what it stands in."`
	LastActionDate   string     `json:"last_action_date,omitempty" maxLength:"40" example:"2026-05-31"`
	LastActionType   string     `json:"last_action_type,omitempty" maxLength:"60"`
	FieldName        string     `json:"field_name,omitempty" maxLength:"200"`
	PreviousValue    string     `json:"previous_value,omitempty" maxLength:"4000"`
	ReplacementValue string     `json:"replacement_value,omitempty" maxLength:"4000"`
	UpdatedBy        string     `json:"updated_by,omitempty" maxLength:"200"`
}

// Attribute classifies a thing, or one of its parts, by a term of any taxonomy (HSDS attribute).
type Attribute struct {
	ID             *uuid.UUID `json:"id,omitempty" format:"uuid"`
	TaxonomyTermID *uuid.UUID `json:"taxonomy_term_id,omitempty" format:"uuid"`
	LinkType       string     `json:"link_type,omitempty" maxLength:"200"`
	LinkEntity     string     `json:"link_entity,omitempty" maxLength:"200" doc:"What the source said it is of; absent: what it stands in."`
	Label          string     `json:"label,omitempty" maxLength:"500"`
	Value          string     `json:"value,omitempty" maxLength:"2000"`
	Metadata       []Metadata `json:"metadata,omitempty" maxItems:"50"`
}

// Record is what every part has.
type Record struct {
	ID         *uuid.UUID  `json:"id,omitempty" format:"uuid" doc:"Of the part. It stays; a part that is written without one gets the one that stood at its place, or a new one."`
	Attributes []Attribute `json:"attributes,omitempty" maxItems:"50"`
	Metadata   []Metadata  `json:"metadata,omitempty" maxItems:"50"`
}

// Language is one in which people are served (HSDS language).
type Language struct {
	Record
	Code string `json:"code,omitempty" maxLength:"40" example:"ar" doc:"ISO 639."`
	Name string `json:"name,omitempty" maxLength:"200"`
	Note *Text  `json:"note,omitempty"`
}

// Phone is a telephone number (HSDS phone).
type Phone struct {
	Record
	Number      string     `json:"number" maxLength:"60" example:"+97020000001" doc:"Kept in E.164. Without a country it is one of Palestine; Arabic digits are read."`
	Extension   *int       `json:"extension,omitempty" minimum:"0"`
	Type        string     `json:"type,omitempty" maxLength:"40" example:"voice" doc:"voice, fax, text, cell, video, pager or textphone; absent: voice."`
	Description *Text      `json:"description,omitempty"`
	Languages   []Language `json:"languages,omitempty" maxItems:"20"`
	OnCall      bool       `json:"on_call,omitempty" doc:"Answered around the clock, for emergencies."`
}

// ContactPoint is a person or an office to turn to (HSDS contact).
type ContactPoint struct {
	Record
	Name       *Text   `json:"name,omitempty"`
	Title      *Text   `json:"title,omitempty"`
	Department *Text   `json:"department,omitempty"`
	Email      string  `json:"email,omitempty" maxLength:"254"`
	Phones     []Phone `json:"phones,omitempty" maxItems:"20"`
}

// Schedule is when something is open: a recurrence of RFC 5545 with hours (HSDS schedule).
type Schedule struct {
	Record
	ValidFrom     string   `json:"valid_from,omitempty" maxLength:"40" doc:"First day; absent: always was."`
	ValidTo       string   `json:"valid_to,omitempty" maxLength:"40" doc:"Last day."`
	DTStart       string   `json:"dt_start,omitempty" maxLength:"40"`
	Until         string   `json:"until,omitempty" maxLength:"40" doc:"Last day of the recurrence; this or count."`
	Count         *int     `json:"count,omitempty" minimum:"1"`
	Wkst          string   `json:"wkst,omitempty" maxLength:"40" example:"SU" doc:"First day of the week."`
	Freq          string   `json:"freq,omitempty" maxLength:"40" example:"WEEKLY" doc:"WEEKLY or MONTHLY."`
	Interval      *int     `json:"interval,omitempty" minimum:"1"`
	ByDay         string   `json:"by_day,omitempty" maxLength:"100" example:"SU,MO,TU,WE,TH" doc:"Days of the week as in RFC 5545."`
	ByWeekNo      string   `json:"by_week_no,omitempty" maxLength:"200"`
	ByMonthDay    string   `json:"by_month_day,omitempty" maxLength:"200"`
	ByYearDay     string   `json:"by_year_day,omitempty" maxLength:"2000"`
	Timezone      *float64 `json:"timezone,omitempty" doc:"Hours from UTC; absent: the country's own time."`
	OpensAt       string   `json:"opens_at,omitempty" maxLength:"40" example:"08:00"`
	ClosesAt      string   `json:"closes_at,omitempty" maxLength:"40" example:"15:00"`
	Description   *Text    `json:"description,omitempty"`
	ScheduleLink  string   `json:"schedule_link,omitempty" maxLength:"2000"`
	AttendingType string   `json:"attending_type,omitempty" maxLength:"200" doc:"How one attends; outreach: the provider comes on these days."`
	Notes         *Text    `json:"notes,omitempty"`
}

// PostalAddress is where a location is (HSDS address).
type PostalAddress struct {
	Record
	Attention     string `json:"attention,omitempty" maxLength:"500"`
	Address1      *Text  `json:"address1,omitempty"`
	Address2      *Text  `json:"address2,omitempty"`
	City          *Text  `json:"city,omitempty"`
	Region        *Text  `json:"region,omitempty"`
	StateProvince string `json:"state_province,omitempty" maxLength:"200"`
	PostalCode    string `json:"postal_code,omitempty" maxLength:"40"`
	Country       string `json:"country,omitempty" maxLength:"40" example:"PS" doc:"ISO 3166-1."`
	AddressType   string `json:"address_type,omitempty" maxLength:"40" doc:"physical, postal or virtual; absent: physical."`
}

// Accessibility is one thing that makes a location usable, or not (HSDS accessibility).
type Accessibility struct {
	Record
	Feature     string `json:"feature,omitempty" maxLength:"40" example:"wheelchair_entrance" doc:"wheelchair_entrance, ground_floor, lift, accessible_toilet, accessible_parking, sign_language, braille, easy_language or companion_welcome: what a search can ask for. Absent: none of these."`
	Description *Text  `json:"description,omitempty"`
	Details     *Text  `json:"details,omitempty"`
	URL         string `json:"url,omitempty" maxLength:"2000"`
}

// RequiredDocument is what a person must bring (HSDS required_document).
type RequiredDocument struct {
	Record
	Document *Text  `json:"document,omitempty"`
	URI      string `json:"uri,omitempty" maxLength:"2000"`
}

// CostOption is what a service costs; free is the norm and needs none (HSDS cost_option).
type CostOption struct {
	Record
	ValidFrom         string   `json:"valid_from,omitempty" maxLength:"40"`
	ValidTo           string   `json:"valid_to,omitempty" maxLength:"40"`
	Option            *Text    `json:"option,omitempty"`
	Currency          string   `json:"currency,omitempty" maxLength:"40" example:"ILS" doc:"ISO 4217; required with an amount."`
	Amount            *float64 `json:"amount,omitempty"`
	AmountDescription *Text    `json:"amount_description,omitempty"`
}

// Funding is who pays (HSDS funding).
type Funding struct {
	Record
	Source *Text `json:"source,omitempty"`
}

// Program groups services of an organization (HSDS program).
type Program struct {
	Record
	Name          *Text `json:"name,omitempty"`
	AlternateName *Text `json:"alternate_name,omitempty"`
	Description   *Text `json:"description,omitempty"`
}

// WebLink is a further address on the web (HSDS url).
type WebLink struct {
	Record
	Label *Text  `json:"label,omitempty"`
	URL   string `json:"url" maxLength:"2000" doc:"http or https."`
}

// RegisterIdentifier is what an organization is called in a register of another authority (HSDS organization_identifier).
type RegisterIdentifier struct {
	Record
	Scheme     string `json:"scheme,omitempty" maxLength:"200"`
	Type       string `json:"type,omitempty" maxLength:"200"`
	Identifier string `json:"identifier" maxLength:"200"`
}

// CapacityUnit is what a capacity counts: beds, places, parcels (HSDS unit).
type CapacityUnit struct {
	Record
	Name       *Text  `json:"name,omitempty"`
	Scheme     string `json:"scheme,omitempty" maxLength:"200"`
	Identifier string `json:"identifier,omitempty" maxLength:"200"`
	URI        string `json:"uri,omitempty" maxLength:"2000"`
}

// ServiceCapacity is how much there is of something (HSDS service_capacity).
type ServiceCapacity struct {
	Record
	Unit        CapacityUnit `json:"unit"`
	Available   float64      `json:"available"`
	Maximum     *float64     `json:"maximum,omitempty"`
	Description *Text        `json:"description,omitempty"`
	Updated     *time.Time   `json:"updated,omitempty" doc:"When that was said; left out: now."`
	Stale       bool         `json:"stale,omitempty" readOnly:"true" doc:"It was said more than 30 days ago and counts as unknown. What is written here is ignored."`
}

// StatedArea is a service area in words, or in a form that nothing here computes with (HSDS service_area).
type StatedArea struct {
	Record
	Name        *Text  `json:"name,omitempty"`
	Description *Text  `json:"description,omitempty"`
	Extent      string `json:"extent,omitempty" maxLength:"20000"`
	ExtentType  string `json:"extent_type,omitempty" maxLength:"60"`
	URI         string `json:"uri,omitempty" maxLength:"2000"`
}
