package mou

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/policy"
)

// Kind is the form of an instrument (policy.md, "The memorandum as data").
type Kind string

// The kinds of instrument.
const (
	Memorandum          Kind = "memorandum"
	InternalOrder       Kind = "internal_order"
	InterAgencyProtocol Kind = "inter_agency_protocol"
	Letter              Kind = "letter"
)

// Instrument is one signed relation between the ministry and an organization. Validity is in whole days, both inclusive.
type Instrument struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Kind           Kind
	Number         string // of the ministry's register, unique
	TermsVersion   int
	Status         Status
	ValidFrom      time.Time
	ValidTo        time.Time
	// OnwardSharing, RetentionDays and BreachNoticeHours are what the organization promises about what it was shown; empty and zero are
	// the defaults no, 1825 and 24.
	OnwardSharing     OnwardSharing
	RetentionDays     int
	BreachNoticeHours int
	DraftedBy         *uuid.UUID  // the account, which does not sign it; nil: the system
	WrittenBy         []uuid.UUID // accounts that changed the draft; they do not sign it either
	Supersedes        *uuid.UUID  // the instrument of which this is an amendment
	Version           int         // of the row, for concurrent writers
	Terms             []Term
	Cleared           []uuid.UUID // accounts that may see tier 3

	// What moves left behind; the store writes it.
	OrganizationName   fault.Sentence
	SupersededBy       *uuid.UUID // the amendment that entered into force in its place
	LetterNumber       string     // of the signature
	DocumentSHA256     []byte     // of what was signed; 32 bytes
	SignedAt           *time.Time
	SuspendedAt        *time.Time
	SuspensionKind     SuspensionKind
	TerminatedAt       *time.Time
	TerminatedForCause bool
	WindDownEndsAt     *time.Time // nil: nothing winds down
	Reason             string     // of the suspension or termination
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// OnwardSharing says whether the organization may hand on what it was shown.
type OnwardSharing string

// The kinds of onward sharing. In both cases only the ministry sends (referrals.md, "onward_request").
const (
	NoSharing      OnwardSharing = "no"
	ShareOnRequest OnwardSharing = "on_request"
)

// SuspensionKind says what a suspension does to what is under way (policy.md): an administrative one stops new sends and leaves 14
// days to wind down, one for safeguarding cuts everything at once.
type SuspensionKind string

// The kinds of suspension.
const (
	Administrative SuspensionKind = "administrative"
	Safeguarding   SuspensionKind = "safeguarding"
)

// Term is who may refer what for whom, and what the provider may see after it accepts. Empty TargetGroups cover everybody; an
// empty list of directorates, needs or governorates covers nothing.
type Term struct {
	ID           uuid.UUID
	Number       int
	Directorates []uuid.UUID
	Needs        []string // codes of the taxonomy; a root covers its leaves
	Governorates []string // of the client's place
	TargetGroups []string
	Purposes     []string
	MaxTier      int
	Grants       policy.Groups // of the sealed groups C to H
	Quotas       []Quota
}

// Period is over what time a quota counts.
type Period string

// The periods of a quota.
const (
	Open  Period = "open"  // attempts that are open at one time
	Month Period = "month" // attempts sent in one calendar month of the service's time zone
)

// Quota limits what one term takes, from one directorate or (DirectorateID nil) from all of the term's together.
type Quota struct {
	ID            uuid.UUID
	DirectorateID *uuid.UUID
	Period        Period
	Cap           int
	Used          int // places taken now, or in the running month
}

// Validate returns nil, or one fault that lists every field that breaks a rule.
func (in Instrument) Validate() error {
	var faults fault.List
	switch in.Kind {
	case Memorandum, InternalOrder, InterAgencyProtocol, Letter:
	default:
		faults.Add("/kind", "This kind of instrument is not known.", "نوع الوثيقة غير معروف.")
	}
	if in.Number == "" {
		faults.Add("/number", "An instrument has a number.", "للوثيقة رقم.")
	}
	if !in.ValidFrom.Before(in.ValidTo) {
		faults.Add("/valid_to", "An instrument ends after it begins.", "تنتهي الوثيقة بعد بدايتها.")
	}
	if in.OnwardSharing != "" && in.OnwardSharing != NoSharing && in.OnwardSharing != ShareOnRequest {
		faults.Add("/onward_sharing", "Onward sharing is no or on_request.", "مشاركة البيانات no أو on_request.")
	}
	if in.RetentionDays < 0 || in.RetentionDays > 36500 {
		faults.Add("/retention_days", "Data are kept from 1 to 36500 days.", "تُحفظ البيانات من 1 إلى 36500 يوم.")
	}
	if in.BreachNoticeHours < 0 || in.BreachNoticeHours > 72 {
		faults.Add("/breach_notice_hours", "A breach is reported within 1 to 72 hours.", "يُبلَّغ عن الخرق خلال 1 إلى 72 ساعة.")
	}
	if len(in.Terms) == 0 {
		faults.Add("/terms", "An instrument has at least one term.", "للوثيقة بند واحد على الأقل.")
	}
	for i, t := range in.Terms {
		t.validate(&faults, "/terms/"+strconv.Itoa(i))
	}
	return faults.Err()
}

func (t Term) validate(faults *fault.List, at string) {
	if len(t.Directorates) == 0 {
		faults.Add(at+"/directorates", "A term names at least one directorate.", "يسمّي البند مديرية واحدة على الأقل.")
	}
	if len(t.Needs) == 0 {
		faults.Add(at+"/needs", "A term names at least one need.", "يسمّي البند حاجة واحدة على الأقل.")
	}
	if len(t.Governorates) == 0 {
		faults.Add(at+"/governorates", "A term names at least one governorate.", "يسمّي البند محافظة واحدة على الأقل.")
	}
	for i, code := range t.TargetGroups {
		if !directory.KnownTargetGroup(code) {
			faults.Add(at+"/target_groups/"+strconv.Itoa(i), "This target group is not known.", "الفئة المستهدفة غير معروفة.")
		}
	}
	if t.MaxTier < 1 || t.MaxTier > 3 {
		faults.Add(at+"/max_tier", "The level of sensitivity is 1, 2 or 3.", "درجة الحساسية 1 أو 2 أو 3.")
	}
	if !policy.Groups(policy.Sealed).Has(t.Grants) {
		faults.Add(at+"/grants", "A term grants groups C to H only.", "يمنح البند المجموعات C إلى H فقط.")
	}
	for i, q := range t.Quotas {
		if q.Cap < 1 || (q.Period != Open && q.Period != Month) {
			faults.Add(at+"/quotas/"+strconv.Itoa(i), "A quota has a positive cap and the period open or month.", "للحصة حد موجب وفترة open أو month.")
		}
	}
}
