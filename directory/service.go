package directory

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/twpayne/go-geom"

	"tahweel/geo"
	"tahweel/internal/fault"
)

// Sex says whom a service is for.
type Sex string

// The values of Sex; of a client it is Female or Male.
const (
	AnySex Sex = "any"
	Female Sex = "female"
	Male   Sex = "male"
)

// DeliveryMode says how a service comes to the household.
type DeliveryMode string

// The delivery modes.
const (
	Facility  DeliveryMode = "facility"
	HomeVisit DeliveryMode = "home_visit"
	Mobile    DeliveryMode = "mobile"
	Remote    DeliveryMode = "remote"
)

var deliveryModes = []DeliveryMode{Facility, HomeVisit, Mobile, Remote}

// Service is what an organization offers (HSDS service), with the needs that it meets (HSDS taxonomy terms).
type Service struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         Status   // HSDS service.status; empty: active
	Name           Name     // HSDS service.name
	Description    Name     // HSDS service.description
	NeedCodes      []string // leaves of the taxonomy
	TargetGroups   []string // none: everybody
	MinimumAge     *int     // HSDS service.minimum_age, whole years, included; nil: no limit
	MaximumAge     *int     // HSDS service.maximum_age, whole years, included; nil: no limit
	Sex            Sex      // empty: any
	DeliveryModes  []DeliveryMode
	// Areas are what the service declares to serve (HSDS service_area); with any, it serves exactly them and only where there is
	// passage; without one, it serves whoever can reach it.
	Areas      []Area
	Details    ServiceDetails
	ExternalID string // the organization's own number for it; empty: none
	Source     string // from which import it came; empty: from here
	Confirmation
	PendingChange uuid.UUID // what waits for an officer, for who may read its organization in full; the zero id: nothing
	Version       int
	UpdatedAt     time.Time
}

// Area is one declared area, in exactly one of its forms.
type Area struct {
	GovernorateCode string
	PlaceCode       string
	Nationwide      bool
	Polygon         *geom.MultiPolygon // WGS 84, longitude before latitude
}

func (a Area) forms() int {
	n := 0
	for _, given := range []bool{a.GovernorateCode != "", a.PlaceCode != "", a.Nationwide, a.Polygon != nil} {
		if given {
			n++
		}
	}
	return n
}

// Validate returns every fault of the service at once, as fault.Refused, or nil. Needs are looked up in the taxonomy; that
// governorates and places exist, the database says.
func (s Service) Validate() error { return s.validate(nil, time.Time{}) }

func (s Service) validate(was *Service, now time.Time) error {
	var l fault.List
	oneOf(&l, "/status", s.Status, "", Active, Inactive, Defunct)
	named(&l, "/name", s.Name)
	if len(s.NeedCodes) == 0 && s.Source == "" { // what was imported may wait to be classified; until then no search for a need finds it
		l.Add("/needs", "A service meets at least one need.", "تلبي الخدمة احتياجًا واحدًا على الأقل.")
	}
	for i, code := range s.NeedCodes {
		if n, ok := NeedByCode(code); !ok || n.Root() {
			l.Add("/needs/"+strconv.Itoa(i), "Must be a leaf of the taxonomy.", "يجب أن يكون احتياجًا تفصيليًا من التصنيف.")
		}
	}
	eachOneOf(&l, "/target_groups", s.TargetGroups, targetGroups...)
	ageFits(&l, "/minimum_age", s.MinimumAge)
	ageFits(&l, "/maximum_age", s.MaximumAge)
	if s.MinimumAge != nil && s.MaximumAge != nil && *s.MinimumAge > *s.MaximumAge {
		l.Add("/maximum_age", "Must not be below the minimum age.", "يجب ألا يقل عن الحد الأدنى للعمر.")
	}
	oneOf(&l, "/sex", s.Sex, "", AnySex, Female, Male)
	if len(s.DeliveryModes) == 0 {
		l.Add("/delivery_modes", "At least one delivery mode is required.", "طريقة تقديم واحدة على الأقل مطلوبة.")
	}
	eachOneOf(&l, "/delivery_modes", s.DeliveryModes, deliveryModes...)
	for i, a := range s.Areas {
		if a.forms() != 1 {
			l.Add("/areas/"+strconv.Itoa(i), "An area is a governorate, a place, a polygon or nationwide: exactly one.",
				"المنطقة محافظة أو تجمع أو مضلع أو كل الوطن: واحدة فقط.")
		}
		if a.Polygon != nil && !closed(a.Polygon) {
			l.Add("/areas/"+strconv.Itoa(i)+"/polygon", "Each ring has at least four positions of longitude and latitude and ends where it begins.",
				"لكل حلقة أربع نقاط على الأقل من خط الطول وخط العرض، وتنتهي حيث بدأت.")
		}
	}
	checkDetails(&l, now, s.Source, s.Details, before(was, func(s Service) ServiceDetails { return s.Details }))
	return l.Err()
}

// closed reports whether the polygon has rings, each closed and on the earth.
func closed(p *geom.MultiPolygon) bool {
	for _, polygon := range p.Coords() {
		if len(polygon) == 0 {
			return false
		}
		for _, ring := range polygon {
			if len(ring) < 4 || !slices.Equal(ring[0], ring[len(ring)-1]) {
				return false
			}
			for _, c := range ring {
				if _, err := geo.NewPoint(c.Y(), c.X()); err != nil {
					return false
				}
			}
		}
	}
	return p.NumPolygons() > 0
}

// AcceptingStatus says whether a service at a location takes people now.
type AcceptingStatus string

// The accepting statuses.
const (
	Capacity             AcceptingStatus = "capacity"
	NoCapacity           AcceptingStatus = "no_capacity"
	Waitlist             AcceptingStatus = "waitlist"
	AdditionalAssessment AcceptingStatus = "additional_assessment_required"
	UnknownCapacity      AcceptingStatus = "unknown"
)

var acceptingStatuses = []AcceptingStatus{Capacity, NoCapacity, Waitlist, AdditionalAssessment, UnknownCapacity}

// AcceptingDays is how long an accepting status is believed; older than that it counts as unknown (geo.md, "Nearby").
const AcceptingDays = 30

// StillKnown reports whether an accepting status, a capacity or a waiting time that was said at that instant is believed at now.
func StillKnown(said, now time.Time) bool { return !said.Before(now.AddDate(0, 0, -AcceptingDays)) }

// ServiceAtLocation is a service given at a location (HSDS service_at_location): what a household is referred to.
type ServiceAtLocation struct {
	ID        uuid.UUID
	ServiceID uuid.UUID
	// LocationID is where it is given; the zero id if it comes by wire or to the house from nowhere in particular, which only
	// services with such a delivery mode may. A location that is only remote has no place to go to, and is offered without one.
	LocationID uuid.UUID
	// Confidential says that LocationID is of a confidential location.
	Confidential  bool
	Status        Status // empty: active
	Accepting     AcceptingStatus
	AcceptingAsOf *time.Time // when that was known; nil exactly if it is unknown
	Version       int
	// OrganizationID is whose service it is; reads give it, writes take it from the service.
	OrganizationID uuid.UUID
	Details        OfferDetails
	Source         string // from which import it came; empty: from here
	Confirmation
	PendingChange uuid.UUID // what waits for an officer, for who may read its organization in full; the zero id: nothing
	UpdatedAt     time.Time
}

// Validate returns every fault of the service at a location at once, as fault.Refused, or nil.
func (s ServiceAtLocation) Validate(now time.Time) error { return s.validate(nil, now) }

func (s ServiceAtLocation) validate(was *ServiceAtLocation, now time.Time) error {
	var l fault.List
	oneOf(&l, "/status", s.Status, "", Active, Inactive, Defunct)
	oneOf(&l, "/accepting/status", s.Accepting, acceptingStatuses...)
	if (s.Accepting == UnknownCapacity) != (s.AcceptingAsOf == nil) {
		l.Add("/accepting/as_of", "Required if the status is known, and only then.", "مطلوب إذا كانت الحالة معروفة، وفقط عندئذ.")
	}
	if s.AcceptingAsOf != nil && s.AcceptingAsOf.After(now) {
		l.Add("/accepting/as_of", "Must not be in the future.", "يجب ألا يكون في المستقبل.")
	}
	if s.Confidential && s.LocationID == uuid.Nil {
		l.Add("/location_id", "A confidential location must be named.", "يجب تحديد الموقع السري.")
	}
	checkDetails(&l, now, s.Source, s.Details, before(was, func(s ServiceAtLocation) OfferDetails { return s.Details }))
	return l.Err()
}
