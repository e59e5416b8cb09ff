package referrals

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// Priority says how long a provider has (referrals.md, "Time").
type Priority string

// The priorities.
const (
	Emergency Priority = "emergency"
	Urgent    Priority = "urgent"
	Normal    Priority = "normal"
)

// Envelope is group A: what a provider may know before it has answered.
type Envelope struct {
	Need              string // code of a leaf of the taxonomy
	Place             string // code; a provider sees that of a small place never
	GovernorateCode   string
	DistanceBand      string // in the place's stead: under_5_km, 5_to_20_km, over_20_km
	Priority          Priority
	TargetGroup       string
	Sex               string // female, male, or empty: not said
	AgeBand           string
	HouseholdSizeBand string
	Language          string
	Accessibility     []string

	PrefersFemaleWorker bool
	NeedsTransport      bool
	NeedsAccompaniment  bool
}

// Eligibility is group B: derived facts, each yes, no or unknown, never a score.
type Eligibility struct {
	RegisteredInRegistry string // yes, no, unknown
	PovertyBand          string // extreme, poor, near_poor, not_poor, unknown
	DisabilityCard       string // yes, no, unknown
}

// References are the ministry's own numbers; no provider sees them.
type References struct{ Case, Plan, Intervention string }

// New is what a case manager writes to open a referral. Age and household size are turned into bands and not kept.
type New struct {
	Envelope
	Age           *int // whole years; taken from the date of birth when that is given
	HouseholdSize *int
	Tier          int // 0: that of the need; may be raised, never lowered
	Eligibility   Eligibility
	Details       Details
	References    References
}

// Validate returns nil, or one fault that lists every field that breaks a rule. today is the date in the service's time zone.
func (n New) Validate(today time.Time) error {
	var faults fault.List
	if n.Need == "" {
		faults.Add("/need", "A referral states a need.", "تذكر الإحالة حاجة.")
	}
	if n.Place == "" {
		faults.Add("/place", "A referral states where the household is.", "تذكر الإحالة مكان الأسرة.")
	}
	oneOf(&faults, "/priority", string(n.Priority), "emergency", "urgent", "normal")
	oneOf(&faults, "/sex", n.Sex, "", "female", "male")
	oneOf(&faults, "/target_group", n.TargetGroup, append([]string{""}, TargetGroups...)...)
	oneOf(&faults, "/eligibility/registered_in_registry", n.Eligibility.RegisteredInRegistry, "", "yes", "no", "unknown")
	oneOf(&faults, "/eligibility/poverty_band", n.Eligibility.PovertyBand, "", "extreme", "poor", "near_poor", "not_poor", "unknown")
	oneOf(&faults, "/eligibility/disability_card", n.Eligibility.DisabilityCard, "", "yes", "no", "unknown")
	if n.Age != nil && (*n.Age < 0 || *n.Age > 130) {
		faults.Add("/person/age", "An age is from 0 to 130.", "العمر من 0 إلى 130.")
	}
	if n.HouseholdSize != nil && (*n.HouseholdSize < 1 || *n.HouseholdSize > 60) {
		faults.Add("/household/size", "A household has 1 to 60 members.", "عدد أفراد الأسرة من 1 إلى 60.")
	}
	for i, a := range n.Accessibility {
		oneOf(&faults, "/accessibility/"+strconv.Itoa(i), a, Accessibility...)
	}
	if !languageCode.MatchString(n.Language) {
		faults.Add("/language", "A language is a code of ISO 639.", "اللغة رمز من ISO 639.")
	}
	n.Details.validate(&faults, today)
	return faults.Err()
}

// Accessibility is what a person may need to be able to come and to understand. The list is closed because it is kept in clear.
var Accessibility = []string{"wheelchair", "walking_aid", "sign_language", "braille", "large_print", "easy_language", "quiet_place"}

var languageCode = regexp.MustCompile(`^([a-z]{2,3})?$`)

// TargetGroups are whom services are for (mission.md); HSDS eligibility says the same in words.
var TargetGroups = []string{"women", "children", "youth", "persons_with_disabilities", "older_persons", "families_in_poverty", "survivors_of_violence"}

func oneOf(faults *fault.List, at, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		list := strings.Join(slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return s == "" }), ", ")
		faults.Add(at, "must be one of: "+list, "يجب أن يكون واحدًا من: "+list)
	}
}

// ageBand is empty where neither a date of birth nor an age was given.
func (n New) ageBand(today time.Time) string {
	age := n.Age
	if born, ok := n.Details.birthDate(); ok {
		years := yearsBetween(born, today)
		age = &years
	}
	if age == nil {
		return ""
	}
	return band(*age, []bandEnd{{4, "0-4"}, {11, "5-11"}, {17, "12-17"}, {24, "18-24"}, {59, "25-59"}}, "60+")
}

func (n New) householdSizeBand() string {
	if n.HouseholdSize == nil {
		return ""
	}
	return band(*n.HouseholdSize, []bandEnd{{1, "1"}, {4, "2-4"}, {7, "5-7"}}, "8+")
}

type bandEnd struct {
	last int
	name string
}

func band(value int, ends []bandEnd, beyond string) string {
	for _, e := range ends {
		if value <= e.last {
			return e.name
		}
	}
	return beyond
}

func yearsBetween(born, today time.Time) int {
	years := today.Year() - born.Year()
	if today.Month() < born.Month() || (today.Month() == born.Month() && today.Day() < born.Day()) {
		years--
	}
	return years
}

// isChild reports whether the age band is under 18 (Convention on the Rights of the Child, article 1).
func isChild(ageBand string) bool { return ageBand == "0-4" || ageBand == "5-11" || ageBand == "12-17" }

// referral is a row of the table with the codes behind its ids.
type referral struct {
	ID                    uuid.UUID
	PersonID              uuid.UUID
	WrappedKey            []byte
	DirectorateID         uuid.UUID
	DirectorateAR         string
	DirectorateEN         string
	OwnerAccountID        uuid.UUID
	OwnerAR               string
	OwnerEN               string
	OwnerTelephone        *string
	OwnerEmail            *string
	NeedID                uuid.UUID
	NeedCode              string
	NeedAR                string
	NeedEN                string
	Tier                  int
	PlaceCode             string
	PlacePopulation       *int
	GovernorateCode       string
	Priority              Priority
	Purpose               string
	TargetGroup           *string
	Sex                   *string
	AgeBand               *string
	HouseholdSizeBand     *string
	Language              *string
	Accessibility         []string
	PrefersFemaleWorker   bool
	NeedsTransport        bool
	NeedsAccompaniment    bool
	RegisteredInRegistry  string
	PovertyBand           string
	DisabilityCard        string
	CaseReference         *string
	PlanReference         *string
	InterventionReference *string
	Status                ReferralStatus
	NeedsRouting          bool
	Version               int
	CreatedAt             time.Time
	UpdatedAt             time.Time
	ClosedAt              *time.Time
	CloseCode             *string
	ReopenCode            *string
	DecisionNote          []byte // what was written when it was closed, cancelled or opened again; sealed
	LiveAttempt           bool   // of those attempts that the reader may see, as the next two
	OpenAttempt           bool   // sent and not ended yet, a waitlisted one too
	UnderWay              bool   // a service has begun, also one on hold
}

func (r referral) object() policy.Object {
	return policy.Object{OwnerAccountID: r.OwnerAccountID, DirectorateID: r.DirectorateID, Tier: r.Tier}
}
