package api

import (
	"time"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// Attempt is one try with one provider's service, as the caller may see it now. What may not be seen has no key.
type Attempt struct {
	ID           uuid.UUID        `json:"id" format:"uuid"`
	ReferralID   uuid.UUID        `json:"referral_id" format:"uuid"`
	Status       string           `json:"status" example:"sent" doc:"draft, sent, acknowledged, info_requested, waitlisted, accepted, in_service, on_hold, declined, expired, cancelled, completed, not_completed or entered_in_error."`
	Version      int              `json:"version" doc:"Grows by one with each move; what If-Match takes."`
	Organization OrganizationName `json:"organization"`
	Service      ServiceName      `json:"service"`

	Envelope    *Envelope    `json:"envelope,omitempty" doc:"Group A."`
	Restricted  *Restricted  `json:"restricted,omitempty" doc:"What stands in the envelope's place where the referral is restricted."`
	Eligibility *Eligibility `json:"eligibility,omitempty" doc:"Group B."`
	Details
	Sender *Sender `json:"sender,omitempty" doc:"Group I."`

	Disclosure         Disclosure `json:"disclosure"`
	AllowedTransitions []string   `json:"allowed_transitions" doc:"What you may do next. In paths, _ is written -."`

	Code             string   `json:"code,omitempty" example:"no_capacity" doc:"Why it was declined, recalled or closed."`
	AttributableTo   string   `json:"attributable_to,omitempty" example:"provider" doc:"To whom the code is put down: provider, client, sender or system."`
	Text             string   `json:"text,omitempty" doc:"What was written with the last move that had a text; for the ministry's side."`
	ServiceDate      string   `json:"service_date,omitempty" format:"date"`
	Outcome          *Outcome `json:"outcome,omitempty"`
	PartnerReference string   `json:"partner_reference,omitempty" doc:"The provider's own number for it."`

	Hold                *HoldState           `json:"hold,omitempty" doc:"While it is on the waiting list or on hold."`
	PendingCancellation *PendingCancellation `json:"pending_cancellation,omitempty" doc:"While the case manager's request to end the service waits for the provider."`
	Information         []Information        `json:"information,omitempty" doc:"What the provider asked before it decides, and what it was told. Left out of lists."`
	ContactAttempts     []ContactAttempt     `json:"contact_attempts,omitempty" doc:"How the client was sought; for the ministry's side."`

	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	SentAt           *time.Time `json:"sent_at,omitempty"`
	FirstReadAt      *time.Time `json:"first_read_at,omitempty"`
	AcknowledgedAt   *time.Time `json:"acknowledged_at,omitempty"`
	AcceptedAt       *time.Time `json:"accepted_at,omitempty"`
	ServiceStartedAt *time.Time `json:"service_started_at,omitempty"`
	LastProgressAt   *time.Time `json:"last_progress_at,omitempty" doc:"When the provider last said that service goes on."`
	ClosedAt         *time.Time `json:"closed_at,omitempty"`
	PurgeDueAt       *time.Time `json:"purge_due_at,omitempty" doc:"When what was written on an attempt marked as an error is purged; for the ministry's side."`
}

// HoldState is why an attempt waits and until when.
type HoldState struct {
	Code           string `json:"code" example:"no_capacity_waitlist" doc:"One of the hold codes."`
	AttributableTo string `json:"attributable_to" example:"provider" doc:"provider, client, sender or system."`
	EstimatedOn    string `json:"estimated_on,omitempty" format:"date" doc:"On the waiting list: when a place is expected."`
	ReviewOn       string `json:"review_on,omitempty" format:"date" doc:"On hold: when the pause is looked at again."`
}

// PendingCancellation is what the case manager asks of the provider.
type PendingCancellation struct {
	Code        string    `json:"code" example:"client_moved" doc:"One of the cancel codes."`
	RequestedAt time.Time `json:"requested_at"`
	Text        string    `json:"text,omitempty" doc:"Left out of lists, and where group B is not open to you."`
}

// Information is one round of question and answer. The texts are shown where group B is.
type Information struct {
	Round         int        `json:"round" minimum:"1" maximum:"2"`
	Items         []string   `json:"items" example:"[\"document\"]" doc:"Item codes asked for."`
	Question      string     `json:"question,omitempty"`
	AskedAt       time.Time  `json:"asked_at"`
	AnsweredItems []string   `json:"answered_items,omitempty" doc:"Those of the items that were answered."`
	Answer        string     `json:"answer,omitempty"`
	AnsweredAt    *time.Time `json:"answered_at,omitempty"`
}

// OrganizationName names an organization.
type OrganizationName struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name Text      `json:"name"`
}

// ServiceName names a service where it is offered.
type ServiceName struct {
	ServiceAtLocationID uuid.UUID `json:"service_at_location_id" format:"uuid"`
	Name                Text      `json:"name"`
}

// Envelope is group A: what a provider may know before it has answered.
type Envelope struct {
	Need              Named    `json:"need"`
	Priority          string   `json:"priority" example:"normal" doc:"emergency, urgent or normal."`
	Governorate       string   `json:"governorate" example:"PS0150"`
	Place             string   `json:"place,omitempty" example:"gn-281292" doc:"Absent for a provider where the place is small."`
	DistanceBand      string   `json:"distance_band,omitempty" doc:"In the place's stead: under_5_km, 5_to_20_km or over_20_km."`
	TargetGroup       string   `json:"target_group,omitempty"`
	Sex               string   `json:"sex,omitempty" doc:"female or male; absent where it was not said."`
	AgeBand           string   `json:"age_band,omitempty" example:"5-11"`
	HouseholdSizeBand string   `json:"household_size_band,omitempty" example:"5-7"`
	Language          string   `json:"language,omitempty" example:"ar"`
	Accessibility     []string `json:"accessibility,omitempty"`

	PrefersFemaleWorker bool `json:"prefers_female_worker"`
	NeedsTransport      bool `json:"needs_transport"`
	NeedsAccompaniment  bool `json:"needs_accompaniment"`
}

// Restricted is all that a cleared person sees of a restricted referral before accepting it.
type Restricted struct {
	Governorate string `json:"governorate" example:"PS0150"`
	AgeBand     string `json:"age_band,omitempty" example:"18-24"`
}

// Sender is group I: who refers, and how to reach them.
type Sender struct {
	CaseManager Text   `json:"case_manager"`
	Directorate Text   `json:"directorate"`
	Telephone   string `json:"telephone,omitempty"`
	Email       string `json:"email,omitempty"`
}

// Disclosure says what this answer holds and on what ground.
type Disclosure struct {
	Groups     []string    `json:"groups" example:"[\"A\",\"B\",\"I\"]" doc:"The field groups you may see now, A to I; one of which nothing was said has no key."`
	Instrument *Instrument `json:"instrument,omitempty" doc:"Under which term it was sent; absent while a draft."`
	Until      *time.Time  `json:"until,omitempty" doc:"When the family's consent ends; for the ministry's side."`
}

// Instrument names a term of a memorandum or another instrument.
type Instrument struct {
	Number  string `json:"number" example:"2026/014"`
	Version int    `json:"version"`
	Term    int    `json:"term"`
}

// Outcome is what came of it.
type Outcome struct {
	Code       string `json:"code" example:"service_provided_full" doc:"service_provided_full, service_provided_partial, enrolled_ongoing, one_off_assistance or information_or_advice_only."`
	NeedMet    string `json:"need_met" example:"yes" doc:"yes, partly or no."`
	Quantity   *int   `json:"quantity,omitempty"`
	FeeCharged *bool  `json:"fee_charged,omitempty"`
}

func attemptOf(v referrals.View) Attempt {
	a := Attempt{
		ID: v.ID, ReferralID: v.ReferralID, Status: string(v.Status), Version: v.Version,
		Organization: OrganizationName{ID: v.OrganizationID, Name: textOf(v.Organization)},
		Service:      ServiceName{ServiceAtLocationID: v.ServiceAtLocationID, Name: textOf(v.Service)},
		Eligibility:  eligibilityOf(v.Eligibility), Details: detailsOf(v.Details),
		Disclosure:         Disclosure{Groups: v.Groups.Letters(), Until: utcPointer(v.ConsentExpiresAt)},
		AllowedTransitions: transitionNames(v.AllowedTransitions),
		Code:               say(v.Code), AttributableTo: string(say(v.AttributableTo)), Text: say(v.Text), PartnerReference: say(v.PartnerReference),
		CreatedAt: utc(v.CreatedAt), UpdatedAt: utc(v.UpdatedAt), SentAt: utcPointer(v.SentAt), FirstReadAt: utcPointer(v.FirstReadAt),
		AcknowledgedAt: utcPointer(v.AcknowledgedAt), AcceptedAt: utcPointer(v.AcceptedAt),
		ServiceStartedAt: utcPointer(v.ServiceStartedAt), ClosedAt: utcPointer(v.ClosedAt), LastProgressAt: utcPointer(v.LastProgressAt),
		PurgeDueAt: utcPointer(v.PurgeDueAt),
	}
	a.addWritten(v)
	if e := v.Envelope; e != nil {
		envelope := envelopeOf(*e)
		envelope.Need.Name = textOf(v.Need)
		a.Envelope = &envelope
	}
	if r := v.Restricted; r != nil {
		a.Restricted = &Restricted{Governorate: r.GovernorateCode, AgeBand: r.AgeBand}
	}
	a.Sender = senderOf(v.Sender)
	if i := v.Instrument; i != nil {
		a.Disclosure.Instrument = &Instrument{Number: i.Number, Version: i.Version, Term: i.Term}
	}
	a.ServiceDate = dayText(v.ServiceDate)
	if v.OutcomeCode != nil {
		a.Outcome = &Outcome{Code: *v.OutcomeCode, NeedMet: say(v.NeedMet), Quantity: v.Quantity, FeeCharged: v.FeeCharged}
	}
	return a
}

// addWritten adds what the movers wrote beside the last code.
func (a *Attempt) addWritten(v referrals.View) {
	if h := v.Hold; h != nil {
		a.Hold = &HoldState{Code: h.Code, AttributableTo: string(say(h.AttributableTo)), EstimatedOn: dayText(h.EstimatedOn), ReviewOn: dayText(h.ReviewOn)}
	}
	if p := v.Pending; p != nil {
		a.PendingCancellation = &PendingCancellation{Code: p.Code, RequestedAt: utc(p.RequestedAt), Text: p.Text}
	}
	for _, i := range v.Inquiries {
		a.Information = append(a.Information, Information{
			Round: i.Round, Items: i.Items, Question: i.Question, AskedAt: utc(i.AskedAt), AnsweredItems: i.AnsweredItems, Answer: i.Answer,
			AnsweredAt: utcPointer(i.AnsweredAt),
		})
	}
	for _, c := range v.ContactAttempts {
		a.ContactAttempts = append(a.ContactAttempts, ContactAttempt{At: utc(c.At), Method: c.Method})
	}
}

func senderOf(s *referrals.Sender) *Sender {
	if s == nil {
		return nil
	}
	return &Sender{CaseManager: textOf(s.CaseManager), Directorate: textOf(s.Directorate), Telephone: s.Telephone, Email: s.Email}
}

func envelopeOf(e referrals.Envelope) Envelope {
	return Envelope{
		Need: Named{Code: e.Need}, Priority: string(e.Priority), Governorate: e.GovernorateCode, Place: e.Place, DistanceBand: e.DistanceBand,
		TargetGroup: e.TargetGroup, Sex: e.Sex, AgeBand: e.AgeBand, HouseholdSizeBand: e.HouseholdSizeBand, Language: e.Language,
		Accessibility: e.Accessibility, PrefersFemaleWorker: e.PrefersFemaleWorker, NeedsTransport: e.NeedsTransport,
		NeedsAccompaniment: e.NeedsAccompaniment,
	}
}

func transitionNames(list []referrals.Transition) []string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = string(t)
	}
	return names
}

var exampleSentAt = exampleTime.Add(time.Minute)

// exampleAttempt is what a provider sees of an attempt that was sent to it: no key of identity, contact or reason.
var exampleAttempt = Attempt{
	ID: exampleAttemptID, ReferralID: exampleReferralID, Status: "sent", Version: 2,
	Organization: OrganizationName{ID: uuid.MustParse("0198c0de-2222-7000-8000-000000000001"), Name: Text{AR: "جمعية الأمل النموذجية (مثال)", EN: "Model Hope Society (example)"}},
	Service:      ServiceName{ServiceAtLocationID: exampleServiceAtLocationID, Name: Text{AR: "علاج طبيعي للأطفال", EN: "Physiotherapy for children"}},
	Envelope: &Envelope{
		Need: Named{Code: "DIS-PHYSIO", Name: Text{AR: "العلاج الطبيعي", EN: "Physiotherapy"}}, Priority: "normal", Governorate: "PS0150", Place: "gn-281292",
		Sex: "female", AgeBand: "5-11", HouseholdSizeBand: "5-7", Language: "ar",
	},
	Eligibility: &Eligibility{RegisteredInRegistry: "yes", PovertyBand: "poor", DisabilityCard: "unknown"},
	Sender: &Sender{
		CaseManager: Text{AR: "هالة المثال", EN: "Hala Example"}, Directorate: Text{AR: "مديرية الخليل (مثال)", EN: "Hebron Directorate (example)"},
		Telephone: "+970 2 000 0000",
	},
	Disclosure:         Disclosure{Groups: []string{"A", "B", "I"}, Instrument: &Instrument{Number: "2026/014", Version: 1, Term: 3}},
	AllowedTransitions: []string{"acknowledge", "request_info", "accept", "waitlist", "decline"},
	CreatedAt:          exampleTime, UpdatedAt: exampleSentAt, SentAt: &exampleSentAt,
}

var exampleServiceAtLocationID = uuid.MustParse("0198c0de-3333-7000-8000-000000000001")
