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

	Code             *string // of a decline, recall, expiry or closing unmet
	Text             *string // what was written with it; the ministry's side only
	OutcomeCode      *string
	NeedMet          *string
	ServiceDate      *time.Time
	Quantity         *int
	FeeCharged       *bool
	PartnerReference *string

	CreatedAt, UpdatedAt                    time.Time
	SentAt, AcknowledgedAt, AcceptedAt      *time.Time
	ServiceStartedAt, ClosedAt, FirstReadAt *time.Time
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

// reader is how an actor stands to an attempt: on the ministry's side or as its recipient.
type reader struct {
	actor     policy.Actor
	recipient bool
}

// groupsFor is what the reader may see of the case: the ministry's side all of it, the recipient what tier, stage, instrument and
// consent leave.
func (c caseFile) groupsFor(r reader, now time.Time) policy.Groups {
	if !r.recipient {
		return policy.All
	}
	granted, _ := policy.ParseGroups(c.attempt.DisclosedGroups)
	return policy.View{
		Tier: c.attempt.Tier, Stage: c.attempt.stage(now), Granted: granted,
		Consent: c.consent.towards(c.attempt.OrganizationID, c.referral.Purpose), Cleared: c.attempt.NamesActor && r.actor.Kind == policy.Person && r.actor.OwnSession,
	}.Disclosed()
}

// project is the one projection: nothing leaves the package but through it. details holds what of the sealed groups was opened,
// at most groups; note is the opened note, or empty.
func (c caseFile) project(r reader, groups policy.Groups, details Details, note string) View {
	a := c.attempt
	v := View{
		ID: a.ID, ReferralID: a.ReferralID, Status: a.Status, Version: a.Version, OrganizationID: a.OrganizationID,
		Organization: fault.Sentence{AR: a.OrganizationAR, EN: a.OrganizationEN}, ServiceAtLocationID: a.ServiceAtLocationID,
		Service: fault.Sentence{AR: a.ServiceAR, EN: a.ServiceEN}, Details: details.only(groups & policy.Sealed), Groups: groups,
		AllowedTransitions: a.allowed(r.actor), Code: a.ReasonCode, OutcomeCode: a.OutcomeCode, NeedMet: a.NeedMet,
		ServiceDate: a.ServiceDate, Quantity: a.Quantity, FeeCharged: a.FeeCharged, PartnerReference: a.PartnerReference,
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, SentAt: a.SentAt, AcknowledgedAt: a.AcknowledgedAt, AcceptedAt: a.AcceptedAt,
		ServiceStartedAt: a.ServiceStartedAt, ClosedAt: a.ClosedAt,
	}
	c.addOpen(&v, r, groups)
	if !r.recipient {
		v.FirstReadAt = a.FirstReadAt
		expires := c.consent.ExpiresAt
		v.ConsentExpiresAt = &expires
		if note != "" {
			v.Text = &note
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

// shipped are the transitions that have a method in this package; allowed offers no other.
var shipped = []Transition{Send, Acknowledge, Accept, Decline, Recall, StartService, Complete}

// allowed lists what the actor may do with the attempt next, in the order of an attempt's life.
func (a attempt) allowed(actor policy.Actor) []Transition {
	list := []Transition{}
	for _, t := range shipped {
		if _, err := a.Status.Next(t, a.heldFrom()); err != nil {
			continue
		}
		if _, _, ok := actor.May(policy.Action(t), policy.ClassAttempt, a.object()); ok {
			list = append(list, t)
		}
	}
	return list
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
