package directory

import (
	"math"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/fault"
)

// Query asks for the providers that can serve a household, nearest first.
type Query struct {
	Need string // code of a need; of a root: whatever meets one of its leaves
	// Place is the code of the household's place, or a name that only one place bears. Exactly one of Place and Point is given.
	Place string
	Point *geo.Point
	// RadiusMeters leaves out what lies further away in a straight line; 0 is no limit. What comes by wire is not left out.
	RadiusMeters int
	TargetGroup  string // empty: not stated, and nothing is left out for it; so are Age and Sex
	Age          *int   // whole years
	Sex          Sex
	// IdentityDocument opens the ways between zones that ask for one: palestinian, jerusalem, unrwa, passport, none; empty is none.
	IdentityDocument string
	Household        Household
	Wishes           Wishes
	Limit            int // rows on a page; 0 is 20, and there are at most 50
	// After is the Next of the page before; nil for the first page.
	After *Position

	closed []string // codes of the leaves that the actor may not refer for there; the search finds them
}

// Position is where a page of providers ended. Its fields are not a contract.
type Position struct {
	Stage      int
	RankMeters float64 // the effective distance, with OverdueMeters more for what is overdue
	ID         uuid.UUID
	Seen       int // rows on the pages before: what need not be fetched twice is fetched once
}

// The limits of a Query.
const (
	DefaultLimit        = 20
	MaximumLimit        = 50
	MinimumRadiusMeters = 100
	MaximumRadiusMeters = 300_000
	maximumSeen         = 100_000
)

// Somebody vouches for an entry when they confirm that it is still true, or make it. After OverdueDays it is overdue, and ranks among
// those of its stage as if it were OverdueMeters further away.
const (
	OverdueDays   = 180
	OverdueMeters = 10_000
)

// Validate returns every fault of the query at once, as fault.Invalid "query_invalid", or nil. That the place exists, the search
// says.
func (q Query) Validate() error {
	var l fault.List
	if _, ok := NeedByCode(q.Need); !ok {
		l.Add("?need", "Not a need that is known.", "احتياج غير معروف.")
	}
	if (q.Place == "") == (q.Point == nil) {
		l.Add("?place", "Give either a place or a point.", "حدد تجمعًا أو إحداثيات، أحدهما فقط.")
	}
	if q.RadiusMeters != 0 && (q.RadiusMeters < MinimumRadiusMeters || q.RadiusMeters > MaximumRadiusMeters) {
		l.Add("?radius_m", "Must be from 100 to 300000 metres.", "يجب أن يكون من 100 إلى 300000 متر.")
	}
	if q.TargetGroup != "" {
		oneOf(&l, "?target_group", q.TargetGroup, targetGroups...)
	}
	ageFits(&l, "?age", q.Age)
	oneOf(&l, "?sex", q.Sex, "", Female, Male)
	oneOf(&l, "?identity_document", q.IdentityDocument, append([]string{""}, IdentityDocuments...)...)
	q.Household.validate(&l)
	q.Wishes.validate(&l)
	if q.Limit < 0 || q.Limit > MaximumLimit {
		l.Add("?limit", "Must be from 1 to 50.", "يجب أن يكون من 1 إلى 50.")
	}
	if p := q.After; p != nil && (p.Stage < stageKnown || p.Stage > stageRemoteUnknown || p.Seen < 0 || p.Seen > maximumSeen ||
		!(p.RankMeters >= 0) || math.IsInf(p.RankMeters, 0)) {
		l.Add("?cursor", "Not a cursor of this search.", "ليست علامة متابعة لهذا البحث.")
	}
	return invalidQuery(l)
}

// invalidQuery is fault.Invalid "query_invalid" with the fields of the list, or nil if it is empty.
func invalidQuery(l fault.List) error {
	err := l.Err()
	if err == nil {
		return nil
	}
	e := fault.New(fault.Invalid, "query_invalid", "The search cannot be understood.", "تعذر فهم البحث.")
	e.Fields = err.(*fault.Error).Fields //nolint:errorlint // List.Err returns it bare
	return e
}

func (q Query) limit() int {
	if q.Limit == 0 {
		return DefaultLimit
	}
	return q.Limit
}

// The stages, in which the results come: what has a place before what comes by wire or is not shown, and in each what is known to
// take people before what is not (geo.md, "Nearby").
const (
	stageKnown = iota + 1
	stageUnknown
	stageRemoteKnown
	stageRemoteUnknown
)

// Provider is a service at a location that can serve the household, with why.
type Provider struct {
	ServiceAtLocationID uuid.UUID
	ServiceID           uuid.UUID
	ServiceName         Name
	DeliveryModes       []DeliveryMode
	NeedCodes           []string // the needs it meets, of those asked for
	OrganizationID      uuid.UUID
	OrganizationName    Name
	OrganizationKind    OrganizationKind
	// Location is where to go; nil if the service comes by wire or the place is not shown.
	Location *ProviderLocation
	// EffectiveMeters is the distance times the detour plus the extra of the way: what the order follows. 0 without a location.
	EffectiveMeters float64
	Accepting       Accepting
	Overdue         bool       // nobody has vouched for it in OverdueDays
	ConfirmedAt     *time.Time // when somebody last confirmed that it is still true; nil: never
	OpenDays        []string   // MO … SU: when it opens in the seven days from today; nil: not known
	Languages       []string   // ISO 639
	Accessibility   []string   // of AccessibilityFeatures
	FemaleWorker    bool       // a woman can be asked for
	Transport       bool       // it brings people, or pays for the way
	Alert           Name       // to be shown above everything else; empty: none
	Instrument      Instrument
	// Accreditation is nil for an organization of a kind that needs none.
	Accreditation *AccreditationUntil
	Reasons       []Reason
}

// ProviderLocation is where a provider is, and how far from the household's point in a straight line.
type ProviderLocation struct {
	ID             uuid.UUID
	Name           Name
	Address        Name
	PlaceCode      string
	PlaceName      Name
	Point          geo.Point
	DistanceMeters int
	ValidTo        *time.Time // last day of a temporary location; nil: until further notice
}

// Accepting is whether a provider takes people, as far as is known.
type Accepting struct {
	Status AcceptingStatus // UnknownCapacity if what is known is older than AcceptingDays
	AsOf   *time.Time      // when the provider last said; nil: never
	Known  bool
}

// Instrument is the memorandum, or what stands in its place, and the one term of it that permits the referral.
type Instrument struct {
	ID      uuid.UUID
	Kind    string
	Number  string
	Term    int
	ValidTo time.Time // last day
}

// AccreditationUntil is the accreditation in force.
type AccreditationUntil struct {
	Number  string
	ValidTo time.Time // last day
}

// Page is one page of providers, with what the search understood; Next is nil on the last one.
type Page struct {
	Origin        geo.Origin
	DirectorateID uuid.UUID // whose memoranda were searched
	Items         []Provider
	Next          *Position
}
