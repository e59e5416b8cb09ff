package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/twpayne/go-geom"

	"tahweel/directory"
)

// Service is what an organization offers (HSDS service).
type Service struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	Status         string    `json:"status" example:"active" doc:"active, inactive or defunct; only an active one is found."`
	Version        int       `json:"version"`
	UpdatedAt      time.Time `json:"updated_at"`
	Origin
	PendingChange *uuid.UUID `json:"pending_change,omitempty" format:"uuid" readOnly:"true" doc:"The change request that waits for an officer, see get-change-request. For who may read its organization in full."`
	ServiceFields
}

// ServiceFields are what may be said of a service.
type ServiceFields struct {
	Name          Text     `json:"name"`
	Description   *Text    `json:"description,omitempty"`
	Needs         []string `json:"needs" maxItems:"60" uniqueItems:"true" maxLength:"40" example:"[\"DIS-PHYSIO\"]" doc:"Codes of the leaves of the taxonomy that it meets; at least one, but for what was imported and waits to be classified."`
	TargetGroups  []string `json:"target_groups,omitempty" maxItems:"7" uniqueItems:"true" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence" doc:"Absent: for everybody."`
	MinimumAge    *int     `json:"minimum_age,omitempty" minimum:"0" maximum:"130" doc:"In whole years, included."`
	MaximumAge    *int     `json:"maximum_age,omitempty" minimum:"0" maximum:"130" doc:"In whole years, included."`
	Sex           string   `json:"sex,omitempty" enum:"any,female,male" doc:"For whom; any unless it says otherwise."`
	DeliveryModes []string `json:"delivery_modes" minItems:"1" maxItems:"4" uniqueItems:"true" enum:"facility,home_visit,mobile,remote"`
	Areas         []Area   `json:"areas,omitempty" maxItems:"500" doc:"What it declares to serve: with any, exactly these; without one, whoever can reach it."`
	ExternalID    string   `json:"external_id,omitempty" maxLength:"200" example:"PT-7" doc:"The organization's own number for it."`

	Details *ServiceDetails `json:"details,omitempty" doc:"All else that the catalogue says of it. A change replaces all of it."`
}

// Area is one declared area (HSDS service_area), in exactly one of its forms.
type Area struct {
	Governorate string        `json:"governorate,omitempty" pattern:"^PS[0-9]{4}$" example:"PS0150"`
	Place       string        `json:"place,omitempty" maxLength:"40" example:"gn-281292"`
	Nationwide  bool          `json:"nationwide,omitempty"`
	Polygon     *MultiPolygon `json:"polygon,omitempty"`
}

// MultiPolygon is a GeoJSON MultiPolygon (RFC 7946): positions are longitude before latitude.
type MultiPolygon struct {
	Type        string          `json:"type" enum:"MultiPolygon"`
	Coordinates [][][][]float64 `json:"coordinates" minItems:"1" maxItems:"100" doc:"Polygons of rings of positions; a ring is closed."`
}

// NewService is a service to be registered.
type NewService struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	ServiceFields
}

// ServiceList is a page of services.
type ServiceList struct {
	Items      []Service `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type servicesInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Need         string              `query:"need" maxLength:"40" example:"DIS" doc:"Only those that meet this need, or one below it."`
	Status       string              `query:"status" enum:"active,inactive,defunct" doc:"Only those of this status."`
}

func (f ServiceFields) domain() directory.Service {
	out := directory.Service{
		Name: f.Name.domain(), Description: f.Description.domain(), NeedCodes: f.Needs, TargetGroups: f.TargetGroups,
		MinimumAge: f.MinimumAge, MaximumAge: f.MaximumAge, Sex: directory.Sex(f.Sex),
		ExternalID: f.ExternalID, Details: likewise[directory.ServiceDetails](say(f.Details)),
	}
	for _, mode := range f.DeliveryModes {
		out.DeliveryModes = append(out.DeliveryModes, directory.DeliveryMode(mode))
	}
	for _, a := range f.Areas {
		out.Areas = append(out.Areas, directory.Area{GovernorateCode: a.Governorate, PlaceCode: a.Place, Nationwide: a.Nationwide, Polygon: a.Polygon.domain()})
	}
	return out
}

// domain makes a geometry of the coordinates; what is no polygon becomes an empty one, which the service refuses.
func (m *MultiPolygon) domain() *geom.MultiPolygon {
	if m == nil {
		return nil
	}
	coords := make([][][]geom.Coord, len(m.Coordinates))
	for i, polygon := range m.Coordinates {
		coords[i] = make([][]geom.Coord, len(polygon))
		for j, ring := range polygon {
			for _, position := range ring {
				coords[i][j] = append(coords[i][j], geom.Coord(position))
			}
		}
	}
	made, err := geom.NewMultiPolygon(geom.XY).SetCoords(coords)
	if err != nil {
		return geom.NewMultiPolygon(geom.XY)
	}
	return made
}

func multiPolygonOf(p *geom.MultiPolygon) *MultiPolygon {
	if p == nil {
		return nil
	}
	out := &MultiPolygon{Type: "MultiPolygon"}
	for _, polygon := range p.Coords() {
		var rings [][][]float64
		for _, ring := range polygon {
			var positions [][]float64
			for _, position := range ring {
				positions = append(positions, position)
			}
			rings = append(rings, positions)
		}
		out.Coordinates = append(out.Coordinates, rings)
	}
	return out
}

// shownService is the service as it is shown now.
func (s *shell) shownService(v directory.Service) Service { return serviceOf(v, s.clock()) }

func serviceOf(v directory.Service, now time.Time) Service {
	out := Service{
		ID: v.ID, OrganizationID: v.OrganizationID, Status: string(v.Status), Version: v.Version, UpdatedAt: utc(v.UpdatedAt), Origin: originOf(v.Source, v.Confirmation), PendingChange: idOrNil(v.PendingChange),
		ServiceFields: ServiceFields{
			Name: textOf(v.Name), Description: textOrNone(v.Description), Needs: v.NeedCodes, TargetGroups: v.TargetGroups,
			MinimumAge: v.MinimumAge, MaximumAge: v.MaximumAge, Sex: string(v.Sex),
			ExternalID: v.ExternalID, Details: serviceDetailsOf(v.Details, now),
		},
	}
	for _, mode := range v.DeliveryModes {
		out.DeliveryModes = append(out.DeliveryModes, string(mode))
	}
	for _, a := range v.Areas {
		out.Areas = append(out.Areas, Area{Governorate: a.GovernorateCode, Place: a.PlaceCode, Nationwide: a.Nationwide, Polygon: multiPolygonOf(a.Polygon)})
	}
	return out
}

func (s *shell) services(store *directory.Store) {
	const tag, path = "services", "/v1/services"
	register(s, operation{
		id: "create-service", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Register a service", description: "It is offered nowhere yet: create-service-at-location does that. For the organization's focal point and machine, and for the associations directorate. Of an organization that is listed it is inactive until an officer approves it, see pending_change.",
		request: NewService{OrganizationID: exampleOrganizationID, ServiceFields: exampleService.ServiceFields}, response: exampleService,
	}, func(ctx context.Context, in *createInput[NewService]) (*entity[Service], error) {
		v := in.Body.domain()
		v.OrganizationID = in.Body.OrganizationID
		w, err := store.CreateServiceOnce(ctx, actorOf(ctx), v, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, s.shownService(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-service", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a service", description: "With the needs that it meets and the areas that it declares.", response: exampleService,
	}, func(ctx context.Context, in *idInput) (*entity[Service], error) {
		v, err := store.Service(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(v.Version, s.shownService(v), in.Conditional)
	})
	register(s, operation{
		id: "list-services", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List services", description: "In the order of their ids. Who may be referred where, list-nearby says.", response: ServiceList{Items: []Service{exampleService}},
	}, func(ctx context.Context, in *servicesInput) (*page[ServiceList], error) {
		filters := []string{"services", in.Organization.Value.String(), in.Need, in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Services(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, NeedCode: in.Need, Status: in.Status, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list ServiceList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(v directory.Service) uuid.UUID { return v.ID }, s.shownService)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "change-service", method: http.MethodPut, path: path + "/{id}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change a service", description: "Replaces all that may be said of it, its needs and areas too: what is left out is empty afterwards. For the organization's focal point and machine, and for the associations directorate. " +
			"Name, needs, areas and eligibility of a service of an organization that is listed wait for an officer, see pending_change; all else counts at once.",
		request: exampleService.ServiceFields, response: exampleService,
	}, func(ctx context.Context, in *changeInput[ServiceFields]) (*entity[Service], error) {
		v := in.Body.domain()
		v.ID, v.Version = in.ID, in.version
		v, err := store.ChangeService(ctx, actorOf(ctx), v)
		if err != nil {
			return nil, err
		}
		return newEntity(v.Version, s.shownService(v), Conditional{})
	})
	register(s, operation{
		id: "set-service-status", method: http.MethodPut, path: path + "/{id}/status", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Say whether a service is offered", description: "What may be found counts from the next request. For the organization's focal point and machine, and for the associations directorate.",
		request: Availability{Status: "inactive"}, response: exampleService,
	}, func(ctx context.Context, in *changeInput[Availability]) (*entity[Service], error) {
		v, err := store.SetServiceStatus(ctx, actorOf(ctx), in.ID, in.version, directory.Status(in.Body.Status))
		if err != nil {
			return nil, err
		}
		return newEntity(v.Version, s.shownService(v), Conditional{})
	})
	historyOf(s, store, directory.ServiceEntity, historyText{id: "list-service-history", path: path + "/{id}", tag: tag, of: "a service"})
}

var exampleService = Service{
	ID: exampleServiceID, OrganizationID: exampleOrganizationID, Status: "active", Version: 1, UpdatedAt: exampleTime,
	ServiceFields: ServiceFields{
		Name: Text{AR: "علاج طبيعي للأطفال", EN: "Physiotherapy for children"}, Needs: []string{"DIS-PHYSIO"}, TargetGroups: []string{"children"},
		MaximumAge: new(17), Sex: "any", DeliveryModes: []string{"facility"}, Areas: []Area{{Governorate: "PS0150"}},
		Details: &ServiceDetails{
			RequiredDocuments: []RequiredDocument{{Document: &Text{AR: "تقرير طبي", EN: "A medical report"}}},
			Languages:         []Language{{Code: "ar"}}, FemaleWorker: true,
		},
	},
}
