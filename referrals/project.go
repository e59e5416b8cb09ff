package referrals

import (
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// View is one attempt as one reader may see it now. Whatever is nil is not to be shown: detail, list, replay and answer to a move
// are all made by the same projection.
type View struct {
	ID                  uuid.UUID
	ReferralID          uuid.UUID
	Status              Status
	Version             int
	OrganizationID      uuid.UUID
	Organization        fault.Sentence
	ServiceAtLocationID uuid.UUID
	Service             fault.Sentence
	Need                fault.Sentence

	Envelope    *Envelope
	Restricted  *Restricted // tier 3, in the envelope's stead
	Eligibility *Eligibility
	Details     Details
	Sender      *Sender

	Groups             policy.Groups // the groups that this view holds
	Instrument         *InstrumentRef
	ConsentExpiresAt   *time.Time
	AllowedTransitions []Transition

	Code             *string      // of a decline, recall, expiry or closing unmet
	AttributableTo   *Attribution // to whom Code is put down
	Text             *string      // what was written with the last move that had a text; the ministry's side only
	Hold             *HoldView    // while it waits
	Pending          *PendingCancellation
	Inquiries        []Inquiry        // empty in lists
	ContactAttempts  []ContactAttempt // of a closing unmet; the ministry's side only
	PurgeDueAt       *time.Time       // of an error; the ministry's side only
	OutcomeCode      *string
	NeedMet          *string
	ServiceDate      *time.Time
	Quantity         *int
	FeeCharged       *bool
	PartnerReference *string

	CreatedAt, UpdatedAt                    time.Time
	SentAt, AcknowledgedAt, AcceptedAt      *time.Time
	ServiceStartedAt, ClosedAt, FirstReadAt *time.Time
	LastProgressAt                          *time.Time
}

// HoldView says why an attempt is on a waiting list or on hold, and until when.
type HoldView struct {
	Code           string // of HoldCodes
	AttributableTo *Attribution
	EstimatedOn    *time.Time // waitlisted
	ReviewOn       *time.Time // on hold
}

// PendingCancellation is what a case manager asks of a provider whose service is under way.
type PendingCancellation struct {
	Code        string // of RecallCodes
	RequestedAt time.Time
	Text        string // empty in lists and where group B is not open
}

// Restricted is all that a cleared person sees of tier 3 before accepting.
type Restricted struct{ GovernorateCode, AgeBand string }

// Sender is group I.
type Sender struct {
	CaseManager fault.Sentence
	Directorate fault.Sentence
	Telephone   string
	Email       string
}

// InstrumentRef names the term under which an attempt was sent.
type InstrumentRef struct {
	ID      uuid.UUID
	Number  string
	Version int
	Term    int
}

// reader is how an actor stands to an attempt: on the ministry's side, as its recipient, or as a stranger, who may do something to
// it and read nothing of it.
type reader struct {
	actor     policy.Actor
	recipient bool
	stranger  bool
}

// groupsFor is what the reader may see of the case: the ministry's side all of it, the recipient what tier, stage, instrument and
// consent leave, a stranger nothing.
func (c caseFile) groupsFor(r reader, now time.Time) policy.Groups {
	if r.stranger {
		return 0
	}
	if !r.recipient {
		return policy.All
	}
	granted, _ := policy.ParseGroups(c.attempt.DisclosedGroups)
	return policy.View{
		Tier: c.attempt.Tier, Stage: c.attempt.stage(now), Granted: granted,
		Consent: c.consent.towards(c.attempt.OrganizationID, c.referral.Purpose), Cleared: c.attempt.NamesActor && r.actor.Kind == policy.Person && r.actor.OwnSession,
	}.Disclosed()
}

// project is the one projection: nothing leaves the package but through it. shown holds what was unsealed for the reader, of the
// sealed groups at most groups. Of an attempt that was a mistake, what was written on it is shown to nobody.
func (c caseFile) project(r reader, groups policy.Groups, shown opened, now time.Time) View {
	a := c.attempt
	v := View{
		ID: a.ID, ReferralID: a.ReferralID, Status: a.Status, Version: a.Version, OrganizationID: a.OrganizationID,
		Organization: fault.Sentence{AR: a.OrganizationAR, EN: a.OrganizationEN}, ServiceAtLocationID: a.ServiceAtLocationID,
		Service: fault.Sentence{AR: a.ServiceAR, EN: a.ServiceEN}, Details: shown.details.only(groups & policy.Sealed), Groups: groups,
		AllowedTransitions: c.allowed(r.actor, now),
		CreatedAt:          a.CreatedAt, UpdatedAt: a.UpdatedAt, SentAt: a.SentAt, AcknowledgedAt: a.AcknowledgedAt, AcceptedAt: a.AcceptedAt,
		ServiceStartedAt: a.ServiceStartedAt, ClosedAt: a.ClosedAt,
	}
	if r.stranger {
		return v.statusOnly(a.Tier)
	}
	c.addOpen(&v, r, groups)
	if a.Status != StatusEnteredInError {
		a.addWritten(&v, r, shown)
	}
	if !r.recipient {
		v.FirstReadAt, v.PurgeDueAt = a.FirstReadAt, a.PurgeDueAt
		expires := c.consent.ExpiresAt
		v.ConsentExpiresAt = &expires
		if shown.errorNote != "" {
			v.Text = &shown.errorNote
		}
	}
	if a.Tier >= 3 && groups.Has(policy.Narrative) && r.recipient {
		v.Details = v.Details.structuredOnly()
	}
	if a.InstrumentID != nil {
		v.Instrument = &InstrumentRef{ID: *a.InstrumentID, Number: *a.InstrumentNumber, Version: *a.InstrumentVersion, Term: *a.TermNumber}
	}
	return v
}

// statusOnly is what a stranger is shown of what they did; of tier 3 not even to whom it was sent.
func (v View) statusOnly(tier int) View {
	s := View{
		ID: v.ID, ReferralID: v.ReferralID, Status: v.Status, Version: v.Version, AllowedTransitions: v.AllowedTransitions,
		CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
	if tier < 3 {
		s.OrganizationID, s.Organization, s.ServiceAtLocationID, s.Service = v.OrganizationID, v.Organization, v.ServiceAtLocationID, v.Service
	}
	return s
}

// addWritten adds what the movers wrote: codes, facts and texts.
func (a attempt) addWritten(v *View, r reader, shown opened) {
	v.Code, v.AttributableTo = a.ReasonCode, attributed(reasons(a.Status), a.ReasonCode)
	v.OutcomeCode, v.NeedMet, v.ServiceDate, v.Quantity, v.FeeCharged = a.OutcomeCode, a.NeedMet, a.ServiceDate, a.Quantity, a.FeeCharged
	v.PartnerReference, v.LastProgressAt, v.Inquiries = a.PartnerReference, a.LastProgressAt, shown.inquiries
	if a.HoldCode != nil {
		v.Hold = &HoldView{Code: *a.HoldCode, AttributableTo: attributed(holdList, a.HoldCode), EstimatedOn: a.EstimatedOn, ReviewOn: a.ReviewOn}
	}
	if a.PendingCancellationAt != nil {
		v.Pending = &PendingCancellation{Code: *a.PendingCancellationCode, RequestedAt: *a.PendingCancellationAt, Text: shown.cancellation}
	}
	if r.recipient {
		return
	}
	for i, at := range a.ContactedAt {
		v.ContactAttempts = append(v.ContactAttempts, ContactAttempt{At: at, Method: a.ContactMethods[i]})
	}
	if shown.note != "" {
		v.Text = &shown.note
	}
}

// addOpen adds the groups that are not sealed: A or what stands in its place, B and I.
func (c caseFile) addOpen(v *View, r reader, groups policy.Groups) {
	if groups.Has(policy.Envelope) {
		e := c.referral.envelope()
		if r.recipient {
			e = c.forProvider(e)
		}
		v.Envelope = &e
		v.Need = fault.Sentence{AR: c.referral.NeedAR, EN: c.referral.NeedEN}
	} else if groups != 0 {
		v.Restricted = &Restricted{GovernorateCode: c.referral.GovernorateCode, AgeBand: value(c.referral.AgeBand)}
	}
	if groups.Has(policy.Eligibility) {
		v.Eligibility = &Eligibility{
			RegisteredInRegistry: c.referral.RegisteredInRegistry, PovertyBand: c.referral.PovertyBand, DisabilityCard: c.referral.DisabilityCard,
		}
	}
	if groups.Has(policy.Sender) {
		v.Sender = c.referral.sender()
	}
}

// smallPlace is the population under which a place would say too much about who lives there.
const smallPlace = 5000

// forProvider keeps back the target group, which serves the choice of a provider and is not of group A, and the client's place
// where it is small or of unknown size; it then gives a distance band instead.
func (c caseFile) forProvider(e Envelope) Envelope {
	e.TargetGroup = "" // it may say what happened to the person, as "survivors_of_violence" does
	if c.referral.PlacePopulation != nil && *c.referral.PlacePopulation >= smallPlace {
		return e
	}
	e.Place = ""
	if d := c.attempt.DistanceMeters; d != nil {
		switch {
		case *d < 5_000:
			e.DistanceBand = "under_5_km"
		case *d < 20_000:
			e.DistanceBand = "5_to_20_km"
		default:
			e.DistanceBand = "over_20_km"
		}
	}
	return e
}

func (r referral) envelope() Envelope {
	return Envelope{
		Need: r.NeedCode, Place: r.PlaceCode, GovernorateCode: r.GovernorateCode, Priority: r.Priority, TargetGroup: value(r.TargetGroup),
		Sex: value(r.Sex), AgeBand: value(r.AgeBand), HouseholdSizeBand: value(r.HouseholdSizeBand), Language: value(r.Language),
		Accessibility: r.Accessibility, PrefersFemaleWorker: r.PrefersFemaleWorker, NeedsTransport: r.NeedsTransport,
		NeedsAccompaniment: r.NeedsAccompaniment,
	}
}

func (r referral) sender() *Sender {
	return &Sender{
		CaseManager: fault.Sentence{AR: r.OwnerAR, EN: r.OwnerEN}, Directorate: fault.Sentence{AR: r.DirectorateAR, EN: r.DirectorateEN},
		Telephone: value(r.OwnerTelephone), Email: value(r.OwnerEmail),
	}
}

// structuredOnly drops the free text of group E (tier 3); where nothing else was said the group is absent.
func (d Details) structuredOnly() Details {
	switch {
	case d.Narrative == nil:
	case len(d.Narrative.Structured) == 0:
		d.Narrative = nil
	default:
		d.Narrative = &Narrative{Structured: d.Narrative.Structured}
	}
	return d
}

// allowed lists what the actor may do with the attempt next, in the order of an attempt's life: what the state map, the role and
// whatever of the guards can be seen from the state permit. A move on the list can still be refused for what it must carry.
func (c caseFile) allowed(actor policy.Actor, now time.Time) []Transition {
	list := []Transition{}
	for _, t := range callable {
		if _, err := c.attempt.Status.Next(t, c.attempt.heldFrom()); err != nil {
			continue
		}
		if _, _, ok := actor.May(policy.Action(t), policy.ClassAttempt, c.attempt.object()); ok && c.guarded(t, actor, now) {
			list = append(list, t)
		}
	}
	return list
}

// guarded reports whether the guards of a transition that can be seen from the state are met.
func (c caseFile) guarded(t Transition, actor policy.Actor, now time.Time) bool {
	switch t {
	case Send:
		return (c.referral.Status == ReferralDraft || c.referral.Status == ReferralActive) && !c.referral.LiveAttempt
	case RequestInfo:
		return c.attempt.InfoRounds < MostInfoRounds
	case Waitlist, RenewWaitlist:
		return c.referral.Priority != Emergency
	case RequestCancel:
		return c.attempt.PendingCancellationAt == nil
	case ConfirmCancel, RejectCancel:
		return c.attempt.PendingCancellationAt != nil
	case MarkError:
		return c.attempt.mayMarkError(actor, now) == nil
	default:
		return true
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
