package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// Referral is one need of one person or household, as the ministry's side sees it.
type Referral struct {
	ID           uuid.UUID    `json:"id" format:"uuid"`
	Status       string       `json:"status" example:"draft" doc:"draft, active, closed_met, closed_partly_met, closed_unmet, cancelled or entered_in_error."`
	Version      int          `json:"version"`
	NeedsRouting bool         `json:"needs_routing" doc:"Active, and no attempt is live: it waits for a provider."`
	Tier         int          `json:"tier" doc:"How sensitive it is: 1 standard, 2 sensitive, 3 restricted."`
	Envelope     Envelope     `json:"envelope"`
	Eligibility  *Eligibility `json:"eligibility,omitempty"`
	Details
	Sender *Sender `json:"sender,omitempty"`
	References
	AllowedTransitions []string      `json:"allowed_transitions" doc:"What you may do with the referral next: close, cancel, reopen."`
	Attempts           []AttemptLine `json:"attempts,omitempty" doc:"Oldest first."`
	CreatedAt          time.Time     `json:"created_at"`
	UpdatedAt          time.Time     `json:"updated_at"`
	ClosedAt           *time.Time    `json:"closed_at,omitempty"`

	CloseCode  string `json:"close_code,omitempty" doc:"Why it was closed unmet or cancelled."`
	ReopenCode string `json:"reopen_code,omitempty" doc:"Why it was opened again, the last time."`
	Text       string `json:"text,omitempty" doc:"What was written with the last of these codes. Left out of lists."`
}

// AttemptLine is an attempt in one line.
type AttemptLine struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	Status       string     `json:"status" example:"sent"`
	Version      int        `json:"version"`
	Organization Text       `json:"organization"`
	SentAt       *time.Time `json:"sent_at,omitempty"`
}

// References are the ministry's own numbers; no provider sees them.
type References struct {
	CaseReference         string `json:"case_reference,omitempty" maxLength:"100" example:"CM-2026-0117" doc:"Of the case-management system."`
	PlanReference         string `json:"plan_reference,omitempty" maxLength:"100"`
	InterventionReference string `json:"intervention_reference,omitempty" maxLength:"100"`
}

// ReferralList is a page of referrals.
type ReferralList struct {
	Items      []Referral `json:"items"`
	NextCursor string     `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// Person is who is referred. All of it is sealed but the age, of which a band is kept.
type Person struct {
	Identity
	Age *int `json:"age,omitempty" minimum:"0" maximum:"130" doc:"In whole years, where the date of birth is not known; kept as a band only."`
}

// NewReferral is what a case manager writes to open a referral.
type NewReferral struct {
	Need        string       `json:"need" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a leaf of the taxonomy."`
	Place       string       `json:"place" maxLength:"40" example:"gn-281292" doc:"Code of the place where the household is."`
	Priority    string       `json:"priority" enum:"emergency,urgent,normal"`
	TargetGroup string       `json:"target_group,omitempty" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence"`
	Sex         string       `json:"sex,omitempty" enum:"female,male" doc:"Of the person."`
	Tier        int          `json:"tier,omitempty" minimum:"1" maximum:"3" doc:"Only to raise the sensitivity above that of the need."`
	Person      Person       `json:"person"`
	Contact     *Contact     `json:"contact,omitempty"`
	Household   *Household   `json:"household,omitempty"`
	Reason      *Reason      `json:"reason,omitempty"`
	Sensitive   *Sensitive   `json:"sensitive,omitempty"`
	Eligibility *Eligibility `json:"eligibility,omitempty"`

	Language            string   `json:"language,omitempty" pattern:"^[a-z]{2,3}$" example:"ar" doc:"Of the person, ISO 639."`
	Accessibility       []string `json:"accessibility,omitempty" maxItems:"10" uniqueItems:"true" enum:"wheelchair,walking_aid,sign_language,braille,large_print,easy_language,quiet_place" example:"[\"wheelchair\"]" doc:"What the person needs to be able to come and to understand."`
	PrefersFemaleWorker bool     `json:"prefers_female_worker,omitempty"`
	NeedsTransport      bool     `json:"needs_transport,omitempty"`
	NeedsAccompaniment  bool     `json:"needs_accompaniment,omitempty"`

	References
}

func (n NewReferral) domain() referrals.New {
	out := referrals.New{
		Envelope: referrals.Envelope{
			Need: n.Need, Place: n.Place, Priority: referrals.Priority(n.Priority), TargetGroup: n.TargetGroup, Sex: n.Sex,
			Language: n.Language, Accessibility: n.Accessibility, PrefersFemaleWorker: n.PrefersFemaleWorker,
			NeedsTransport: n.NeedsTransport, NeedsAccompaniment: n.NeedsAccompaniment,
		},
		References: referrals.References{Case: n.CaseReference, Plan: n.PlanReference, Intervention: n.InterventionReference},
		Age:        n.Person.Age, Tier: n.Tier, Eligibility: n.Eligibility.domain(),
		Details: referrals.Details{
			Identity: n.Person.Identity.domain(), Contact: n.Contact.domain(), Narrative: n.Reason.domain(),
			Household: n.Household.domain(), Sensitive: n.Sensitive.domain(),
		},
	}
	if n.Household != nil {
		out.HouseholdSize = n.Household.Size
	}
	return out
}

type newReferralInput struct {
	Keyed
	Body NewReferral
}

type referralInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the referral."`
}

type referralsInput struct {
	Paged
	Status string `query:"status" enum:"draft,active,closed_met,closed_partly_met,closed_unmet,cancelled,entered_in_error" doc:"Only referrals in this state."`
}

func (s *shell) referrals(store *referrals.Store) {
	register(s, operation{
		id: "create-referral", method: http.MethodPost, path: "/v1/referrals", tag: "referrals", scope: "referrals.write", status: http.StatusCreated,
		summary:     "Open a referral",
		description: "Makes a draft without an attempt; nobody but the ministry's side knows of it yet. What is personal is sealed before it is written.",
		request:     exampleNewReferral, response: exampleReferral,
	}, func(ctx context.Context, in *newReferralInput) (*entity[Referral], error) {
		result, err := store.Create(ctx, actorOf(ctx), in.Body.domain(), in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, result.Version, referralOf(result.ReferralView), result.Replayed)
		return located(e, "/v1/referrals/"+result.ID.String()), err
	})
	register(s, operation{
		id: "get-referral", method: http.MethodGet, path: "/v1/referrals/{id}", tag: "referrals", scope: "referrals.read",
		summary: "Read a referral", description: "For the case manager who owns it and those who oversee the directorate.", response: exampleReferral,
	}, func(ctx context.Context, in *referralInput) (*entity[Referral], error) {
		view, err := store.Referral(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(view.Version, referralOf(view), in.Conditional)
	})
	register(s, operation{
		id: "list-referrals", method: http.MethodGet, path: "/v1/referrals", tag: "referrals", scope: "referrals.read",
		summary: "List referrals", description: "Those you may read, the newest first. Sealed groups and attempts are left out of lists; read the referral itself.", response: ReferralList{Items: []Referral{exampleReferral}},
	}, func(ctx context.Context, in *referralsInput) (*page[ReferralList], error) {
		filters := []string{"referrals", in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Referrals(ctx, actorOf(ctx), referrals.Filter{Status: in.Status, After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(v referrals.ReferralView) uuid.UUID { return v.ID })
		list := ReferralList{Items: make([]Referral, len(items))}
		for i, v := range items {
			list.Items[i] = referralOf(v)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

func referralOf(v referrals.ReferralView) Referral {
	r := Referral{
		ID: v.ID, Status: string(v.Status), Version: v.Version, NeedsRouting: v.NeedsRouting, Tier: v.Tier, Envelope: envelopeOf(v.Envelope),
		Eligibility: eligibilityOf(&v.Eligibility), Details: detailsOf(v.Details),
		CreatedAt: utc(v.CreatedAt), UpdatedAt: utc(v.UpdatedAt), ClosedAt: utcPointer(v.ClosedAt),
		CloseCode: v.CloseCode, ReopenCode: v.ReopenCode, Text: v.Text, AllowedTransitions: v.AllowedTransitions,
	}
	r.Envelope.Need.Name = textOf(v.Need)
	r.Sender = senderOf(&v.Sender)
	for _, a := range v.Attempts {
		r.Attempts = append(r.Attempts, AttemptLine{
			ID: a.ID, Status: string(a.Status), Version: a.Version, Organization: textOf(a.Organization), SentAt: utcPointer(a.SentAt),
		})
	}
	r.References = References{CaseReference: v.References.Case, PlanReference: v.References.Plan, InterventionReference: v.References.Intervention}
	return r
}

var exampleNewReferral = NewReferral{
	Need: "DIS-PHYSIO", Place: "gn-281292", Priority: "normal", TargetGroup: "children", Sex: "female",
	Person: Person{
		Identity: Identity{GivenName: "ليان", FatherName: "سامي", FamilyName: "نموذج", BirthDate: "2017-03-14", DocumentType: "palestinian", DocumentNumber: "000000018"},
	},
	Contact:     &Contact{Telephones: []string{"+970590000000"}, SafeMethod: "call", SafeHours: "09:00-12:00"},
	Household:   &Household{Size: new(6), Members: []Member{{Relation: "mother", Name: "منى نموذج", Sex: "female", Age: new(34)}}},
	Reason:      &Reason{Strengths: []string{"الأم تستطيع المرافقة"}, Narrative: "تحتاج إلى علاج طبيعي بعد كسر في الساق."},
	Eligibility: &Eligibility{RegisteredInRegistry: "yes", PovertyBand: "poor"},
	Language:    "ar", References: References{CaseReference: "CM-2026-0117"},
}

var exampleReferral = Referral{
	ID: exampleReferralID, Status: "draft", Version: 1, Tier: 2, AllowedTransitions: []string{"cancel"},
	Envelope:    *exampleAttempt.Envelope,
	Eligibility: &Eligibility{RegisteredInRegistry: "yes", PovertyBand: "poor", DisabilityCard: "unknown"},
	Details: Details{
		Identity: &exampleNewReferral.Person.Identity, Contact: exampleNewReferral.Contact, Reason: exampleNewReferral.Reason,
	},
	Sender: exampleAttempt.Sender, References: exampleNewReferral.References, CreatedAt: exampleTime, UpdatedAt: exampleTime,
}
