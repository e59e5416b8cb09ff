package directory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Stage of the search by which a provider is in the answer or not; each is asked by itself.
const (
	StageOffered       = "offered"       // organization, service and offer are active
	StageAccreditation = "accreditation" // in force, where the kind needs one
	StageInstrument    = "instrument"    // in force
	StageDirectorate   = "directorate"   // that the term lets refer
	StageNeed          = "need"          // that the service serves, and the term covers
	StageSensitivity   = "sensitivity"   // of the need, to which the term reaches
	StagePlace         = "place"         // the governorate of the household, which the term covers
	StageTargetGroup   = "target_group"  // of service and term
	StageReach         = "reach"         // declared area, zone, radius
	StageAge           = "age"
	StageSex           = "sex"
	StageCapacity      = "capacity"
	StageScope         = "scope"       // need and governorate of the service's place, to which the accreditation reaches
	StageLocation      = "location"    // it is known where it is, and it is there on the day
	StageEligibility   = "eligibility" // what the service asks of a household
	StageWishes        = "wishes"      // what was wished, one check for each wish
	StageConfirmation  = "confirmation"
	StageRollout       = "rollout"
)

// Check is what one stage says of a provider. Code is stable; the sentence is for people.
type Check struct {
	Stage string
	OK    bool
	Reason
}

// Explanation is why a provider is in the answer to a query, or why it is not: it is listed just if every check says yes.
type Explanation struct {
	ServiceAtLocationID uuid.UUID
	OrganizationName    Name
	ServiceName         Name
	Origin              geo.Origin
	DirectorateID       uuid.UUID
	Listed              bool
	Checks              []Check
}

// Explain says why a service at a location is in the answer to the query, on whatever page, or is not. Of several terms, which are never
// united, the one that permits is examined, or the one that comes closest. Limit and After do not matter. It fails like Nearby, and with
// fault.NotFound if there is no such service at a location.
func (s *Store) Explain(ctx context.Context, actor policy.Actor, query Query, id uuid.UUID) (e Explanation, err error) {
	if !actor.Can(policy.Search, policy.ClassProvider) {
		return Explanation{}, policy.RoleForbids(policy.Search, policy.ClassProvider)
	}
	directorates := searching(actor)
	if len(directorates) == 0 {
		return Explanation{}, errNoDirectorate
	}
	if err := query.Validate(); err != nil {
		return Explanation{}, err
	}
	o := orientation{query: query, account: actor.AccountID, directorates: directorates, now: s.clock()}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		f, err := orient(ctx, q, o)
		if err != nil {
			return err
		}
		facts, err := factsOf(ctx, q, f, id)
		if err != nil {
			return err
		}
		e = f.explain(facts)
		return nil
	})
	return e, err
}

// offerFacts is all that the search asks of a service at a location, as the register has it.
type offerFacts struct {
	ServiceAtLocationID uuid.UUID
	OrganizationAr      string
	OrganizationEn      string
	ServiceAr           string
	ServiceEn           string
	OrganizationStatus  Status
	InformationOnly     bool
	ServiceStatus       Status
	OfferStatus         Status
	NeedsAccreditation  bool
	AccreditationStatus string // of the one in force, else of the last one; empty: none
	AccreditationNumber string
	AccreditationFrom   *time.Time
	AccreditationTo     *time.Time
	Serves              bool // the need or a leaf of it
	TargetGroups        []string
	MinimumAge          *int
	MaximumAge          *int
	Sex                 Sex
	AcceptingStatus     AcceptingStatus
	AcceptingAsOf       *time.Time
	ZoneCode            string // of the location or of a place that is not shown; empty: it comes by wire
	GovernorateCode     *string
	Shown               bool // where it is: its point is known and may be
	Placed              bool // it has no location, or one in a place that is known
	LocationFrom        *time.Time
	LocationTo          *time.Time
	VouchedAt           time.Time
	Traits              []string
	Eligibility         document[Eligibility]
	Scheduled           bool // it has a schedule that can be understood
	OpensThen           bool // on the day that was wished, by its schedule
	Holiday             bool // that day is a national holiday
	Closed              bool // that day is one of the provider's closures
	Meters              float64
	WithinRadius        bool
	Areas               []string // forms of reach that the service declares: 'nationwide', 'governorate:…', 'place:…', 'polygon', 'other polygon'

	terms []termFacts
}

// termFacts is what the search asks of one term of one instrument.
type termFacts struct {
	InstrumentKind    string
	InstrumentNumber  string
	InstrumentTo      time.Time
	TermNumber        int
	InForce           bool
	CoversDirectorate bool
	Needs             []string // leaves asked for that the service serves and the term covers
	NeedsOfTier       []string // of these, those to whose sensitivity the term reaches
	NeedsInScope      []string // of these, those to which the accreditation reaches at the service's place
	CoversPlace       bool
	CoversGroup       bool
}

func (f frame) explain(o offerFacts) Explanation {
	e := Explanation{
		ServiceAtLocationID: o.ServiceAtLocationID, OrganizationName: Name{AR: o.OrganizationAr, EN: o.OrganizationEn},
		ServiceName: Name{AR: o.ServiceAr, EN: o.ServiceEn}, Origin: f.Origin, DirectorateID: f.Directorate,
	}
	term := f.closest(o.terms)
	e.Checks = []Check{f.offered(o), f.accredited(o)}
	e.Checks = append(e.Checks, f.permitted(o, term)...)
	e.Checks = append(e.Checks, f.located(o), f.reached(o), f.aged(o), f.sexed(o), f.eligible(o), f.accepting(o))
	e.Checks = append(e.Checks, f.wished(o)...)
	e.Checks = append(e.Checks, f.rolledOut(term), f.confirmed(o))
	e.Listed = !slices.ContainsFunc(e.Checks, func(c Check) bool { return !c.OK })
	return e
}

// closest is the term that permits, or that says yes the longest; nil without any.
func (f frame) closest(terms []termFacts) *termFacts {
	var best *termFacts
	most := -1
	for i := range terms {
		if n := f.score(terms[i]); n > most {
			best, most = &terms[i], n
		}
	}
	return best
}

// score counts how far the term is permitted in the order of the stages.
func (f frame) score(t termFacts) int {
	for n, ok := range []bool{
		t.InForce, t.CoversDirectorate, len(t.Needs) > 0, len(t.NeedsOfTier) > 0, t.CoversPlace, t.CoversGroup,
		len(t.NeedsInScope) > 0, f.anyOpen(t.NeedsInScope),
	} {
		if !ok {
			return n
		}
	}
	return 8
}

// anyOpen reports whether one of the needs is rolled out.
func (f frame) anyOpen(needs []string) bool {
	return slices.ContainsFunc(needs, func(code string) bool { return !slices.Contains(f.closed, code) })
}

// way is the first form of reach that fits, the narrowest first, and whether there is one.
func (f frame) way(o offerFacts) (string, bool) {
	if o.ZoneCode != "" && !slices.ContainsFunc(f.Passages, func(p geo.Passage) bool { return p.To == o.ZoneCode }) {
		return "", false
	}
	if len(o.Areas) == 0 {
		return "zone:" + o.ZoneCode, o.ZoneCode != ""
	}
	for _, r := range f.reaches() {
		if slices.Contains(o.Areas, r.key) {
			return r.key, true
		}
	}
	return "", false
}
