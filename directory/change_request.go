package directory

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twpayne/go-geom"

	"tahweel/geo"
	"tahweel/internal/fault"
)

// ChangeStatus says what became of a change request.
type ChangeStatus string

// The statuses of a change request. One waits until it is approved or rejected, or until the organization takes it back; then it stays.
const (
	Waiting   ChangeStatus = "waiting"
	Approved  ChangeStatus = "approved"
	Turned    ChangeStatus = "rejected"
	Withdrawn ChangeStatus = "withdrawn"
)

// changeMoves are the moves of a change request; every other is refused, by the policies of its table too.
var changeMoves = map[ChangeStatus][]ChangeStatus{Waiting: {Approved, Turned, Withdrawn}}

// ChangeRequest is what an organization wants said of its catalogue and an officer decides: what is Guarded of what the directorate has
// vouched for, or whether something is let in that is new or was closed by an officer. Of one thing, one at most waits.
type ChangeRequest struct {
	ID                  uuid.UUID
	OrganizationID      uuid.UUID
	ServiceID           uuid.UUID // of these three exactly one
	LocationID          uuid.UUID
	ServiceAtLocationID uuid.UUID
	Activates           bool    // what is new or was closed by an officer, and becomes active when it is approved
	Base                Guarded // what is said of the thing, where the request was made
	Proposed            Guarded // what shall be said; empty for an offer, which only becomes active
	Status              ChangeStatus
	Reason              string // of a rejection
	RequestedBy         uuid.UUID
	DecidedBy           uuid.UUID
	DecidedAt           *time.Time
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

func (c ChangeRequest) key() (uuid.UUID, int) { return c.ID, c.Version }

// thing is what the request speaks of.
func (c ChangeRequest) thing() uuid.UUID {
	switch {
	case c.ServiceID != uuid.Nil:
		return c.ServiceID
	case c.LocationID != uuid.Nil:
		return c.LocationID
	}
	return c.ServiceAtLocationID
}

// says reports whether the request asks for what the other does, so that there is nothing to ask anew.
func (c ChangeRequest) says(other ChangeRequest) bool {
	return c.ID != uuid.Nil && c.Activates == other.Activates && c.Base.Equal(other.Base) && c.Proposed.Equal(other.Proposed)
}

// Guarded is what waits: of a service its names, needs and areas and who may be served, in codes and in words, of a location its names
// and place. An address in words does not wait: where a location is, its place and its point say.
type Guarded struct {
	Name                   Name
	AlternateName          Name
	NeedCodes              []string
	TargetGroups           []string
	MinimumAge             *int
	MaximumAge             *int
	Sex                    Sex
	Areas                  []GuardedArea
	StatedAreas            []StatedArea
	Eligibility            Eligibility
	EligibilityDescription Name
	ServesNoMinor          bool
	PlaceCode              string
	Longitude              *float64
	Latitude               *float64
}

// GuardedArea is an Area as a document has it.
type GuardedArea struct {
	GovernorateCode string
	PlaceCode       string
	Nationwide      bool
	Polygon         [][][]geom.Coord
}

// Drawn is the polygon of the area, nil if it has none.
func (a GuardedArea) Drawn() (*geom.MultiPolygon, error) {
	if len(a.Polygon) == 0 {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return geom.NewMultiPolygon(geom.XY).SetCoords(a.Polygon)
}

func (s Service) guarded() Guarded {
	g := Guarded{
		Name: s.Name, NeedCodes: slices.Sorted(slices.Values(s.NeedCodes)), TargetGroups: slices.Sorted(slices.Values(s.TargetGroups)),
		MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge, Sex: s.Sex,
	}
	g.AlternateName, g.StatedAreas = s.Details.AlternateName, s.Details.StatedAreas
	g.Eligibility, g.EligibilityDescription, g.ServesNoMinor = s.Details.Eligibility, s.Details.EligibilityDescription, s.Details.ServesNoMinor
	for _, a := range s.Areas {
		area := GuardedArea{GovernorateCode: a.GovernorateCode, PlaceCode: a.PlaceCode, Nationwide: a.Nationwide}
		if a.Polygon != nil {
			area.Polygon = a.Polygon.Coords()
		}
		g.Areas = append(g.Areas, area)
	}
	return g
}

// with returns the service with what is guarded as g has it.
func (s Service) with(g Guarded) (Service, error) {
	s.Name, s.NeedCodes, s.TargetGroups, s.MinimumAge, s.MaximumAge, s.Sex = g.Name, g.NeedCodes, g.TargetGroups, g.MinimumAge, g.MaximumAge, g.Sex
	s.Details = s.Details.with(g)
	s.Areas = nil
	for _, a := range g.Areas {
		polygon, err := a.Drawn()
		if err != nil {
			return Service{}, err
		}
		s.Areas = append(s.Areas, Area{GovernorateCode: a.GovernorateCode, PlaceCode: a.PlaceCode, Nationwide: a.Nationwide, Polygon: polygon})
	}
	return s, nil
}

// keeping returns the service with what is guarded as it was.
func (s Service) keeping(was Service) Service {
	s.Name, s.NeedCodes, s.TargetGroups, s.MinimumAge, s.MaximumAge, s.Sex = was.Name, was.NeedCodes, was.TargetGroups, was.MinimumAge, was.MaximumAge, was.Sex
	s.Details, s.Areas = s.Details.with(was.guarded()), was.Areas
	return s
}

// with returns the details with what is guarded as g has it.
func (d ServiceDetails) with(g Guarded) ServiceDetails {
	d.AlternateName, d.StatedAreas = g.AlternateName, g.StatedAreas
	d.Eligibility, d.EligibilityDescription, d.ServesNoMinor = g.Eligibility, g.EligibilityDescription, g.ServesNoMinor
	return d
}

func (l Location) guarded() Guarded {
	g := Guarded{Name: l.Name, AlternateName: l.Details.AlternateName, PlaceCode: l.PlaceCode}
	if l.Placed() {
		longitude, latitude := l.Point.LonLat()
		g.Longitude, g.Latitude = &longitude, &latitude
	}
	return g
}

func (l Location) with(g Guarded) (Location, error) {
	l.Name, l.Details.AlternateName, l.PlaceCode, l.Point = g.Name, g.AlternateName, g.PlaceCode, geo.Point{}
	if g.Latitude == nil || g.Longitude == nil {
		return l, nil
	}
	var err error
	l.Point, err = geo.NewPoint(*g.Latitude, *g.Longitude)
	return l, err
}

// keeping returns the location with what is guarded as it was.
func (l Location) keeping(was Location) Location {
	l.Name, l.Details.AlternateName, l.PlaceCode, l.Point = was.Name, was.Details.AlternateName, was.PlaceCode, was.Point
	return l
}

// Equal reports whether both say the same.
func (g Guarded) Equal(other Guarded) bool { return sameDocument(g, other) }

var (
	errNotWaiting = fault.New(fault.Impossible, "change_decided",
		"This change was decided or taken back already.", "حُسم هذا التعديل أو سُحب من قبل.")
	errBaseMoved = fault.New(fault.Impossible, "change_overtaken",
		"What the change speaks of is different meanwhile. The organization must propose it again.",
		"تغيّر ما يتناوله هذا التعديل في هذه الأثناء. على المنظمة أن تقترحه من جديد.")
)

// decided returns the request as the officer's decision leaves it.
func (c ChangeRequest) decided(to ChangeStatus, version int, reason string, by uuid.UUID, now time.Time) (ChangeRequest, error) {
	if c.Version != version {
		return ChangeRequest{}, errMoved
	}
	if !slices.Contains(changeMoves[c.Status], to) {
		return ChangeRequest{}, errNotWaiting
	}
	if to == Turned && strings.TrimSpace(reason) == "" {
		var l fault.List
		l.Add("/reason", "A rejection has a reason.", "للرفض سبب.")
		return ChangeRequest{}, l.Err()
	}
	c.Status, c.Reason, c.DecidedBy, c.DecidedAt = to, reason, by, &now
	return c, nil
}
