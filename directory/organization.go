package directory

import (
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Name is a name or a text in both languages.
type Name = fault.Sentence

// OrganizationKind says what an organization is in law; accreditation follows from it.
type OrganizationKind string

// The kinds of organization (policy.md, "The memorandum as data").
const (
	Association    OrganizationKind = "association"
	ZakatCommittee OrganizationKind = "zakat_committee"
	Municipality   OrganizationKind = "municipality"
	MinistryUnit   OrganizationKind = "ministry_unit"
	PublicBody     OrganizationKind = "public_body"
	UNAgency       OrganizationKind = "un_agency"
	Private        OrganizationKind = "private"
)

var organizationKinds = []OrganizationKind{Association, ZakatCommittee, Municipality, MinistryUnit, PublicBody, UNAgency, Private}

// NeedsAccreditation reports whether an organization of the kind may serve only with an accreditation in force; the SQL function
// tahweel_needs_accreditation says the same.
func (k OrganizationKind) NeedsAccreditation() bool {
	return k == Association || k == ZakatCommittee || k == Private
}

// Status says whether an organization, a service or a service at a location is offered (HSDS service.status).
type Status string

// The statuses. An organization is active or defunct only.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
	Defunct  Status = "defunct"
)

// Organization offers services (HSDS organization).
type Organization struct {
	ID              uuid.UUID
	Kind            OrganizationKind
	Status          Status // empty: active
	InformationOnly bool   // in the directory for signposting; never receives personal data
	Name            Name   // HSDS organization.name
	Description     Name   // HSDS organization.description
	// The registration is another record than the accreditation: made by another authority, with its own expiry.
	RegisteringAuthority  string
	RegistrationNumber    string
	RegistrationExpiresOn *time.Time // last day; nil: does not expire
	Details               OrganizationDetails
	Source                string      // from which import it came; empty: from here
	MergedInto            *uuid.UUID  // of which it was a second entry; nil: of none
	PossibleDuplicates    []LookAlike // of one that was just created: those with its name or a telephone of it
	Confirmation
	Version   int
	UpdatedAt time.Time
}

// Confirmation says when somebody last said that all that is said of a thing is still true, and who.
type Confirmation struct {
	ConfirmedAt *time.Time // nil: never
	ConfirmedBy uuid.UUID  // the account
}

// ConfirmationDays is how long a confirmation lasts. What was confirmed longer ago, or never and is older than that, is overdue, and
// overdue entries come later in a search.
const ConfirmationDays = 180

// public returns what everybody may know of the organization: all but its registration.
func (o Organization) public() Organization {
	o.RegisteringAuthority, o.RegistrationNumber, o.RegistrationExpiresOn = "", "", nil
	return o
}

// Validate returns every fault of the organization at once, as fault.Refused, or nil. Like those of all the catalogue, details that came
// with an import are taken as they came.
func (o Organization) Validate() error { return o.validate(nil, time.Time{}) }

func (o Organization) validate(was *Organization, now time.Time) error {
	var l fault.List
	oneOf(&l, "/kind", o.Kind, organizationKinds...)
	oneOf(&l, "/status", o.Status, "", Active, Defunct)
	named(&l, "/name", o.Name)
	checkDetails(&l, now, o.Source, o.Details, before(was, func(o Organization) OrganizationDetails { return o.Details }))
	if o.ID != uuid.Nil && o.Details.ParentID == o.ID {
		l.Add("/details/parent_id", "An organization is not its own parent.", "لا تكون المنظمة تابعة لنفسها.")
	}
	return l.Err()
}

// Directorate is an office of the ministry. It is its places and not a governorate: some governorates have several.
type Directorate struct {
	ID   uuid.UUID
	Code string
	Name Name
	// PlaceCodes are the places it holds, besides every place of GovernorateCodes that no directorate holds yet and that is not
	// among ExcludedPlaceCodes.
	PlaceCodes         []string
	GovernorateCodes   []string
	ExcludedPlaceCodes []string
	Version            int
}

// Validate returns every fault of the directorate at once, as fault.Refused, or nil.
func (d Directorate) Validate() error {
	var l fault.List
	if d.Code == "" {
		l.Add("/code", "A code is required.", "الرمز مطلوب.")
	}
	named(&l, "/name", d.Name)
	if len(d.PlaceCodes)+len(d.GovernorateCodes) == 0 {
		l.Add("/place_codes", "A directorate holds at least one place.", "للمديرية تجمع واحد على الأقل.")
	}
	return l.Err()
}
