package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// ServiceAtLocation is a service given at a location (HSDS service_at_location): what a household is referred to.
type ServiceAtLocation struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	OrganizationID uuid.UUID  `json:"organization_id" format:"uuid" doc:"Whose service it is."`
	ServiceID      uuid.UUID  `json:"service_id" format:"uuid"`
	LocationID     *uuid.UUID `json:"location_id,omitempty" format:"uuid" doc:"Absent if it comes by wire or to the house, and if it is confidential and you may not know it."`
	Confidential   bool       `json:"confidential" doc:"It is given at a confidential location."`
	Status         string     `json:"status" example:"active" doc:"active, inactive or defunct; only an active one is found."`
	Accepting      AcceptsNow `json:"accepting"`
	Version        int        `json:"version"`
	UpdatedAt      time.Time  `json:"updated_at"`
	Origin
	PendingChange *uuid.UUID `json:"pending_change,omitempty" format:"uuid" readOnly:"true" doc:"The change request that waits for an officer, see get-change-request. For who may read its organization in full."`
	OfferFields
}

// OfferFields are what may be said of a service at a location.
type OfferFields struct {
	Details *OfferDetails `json:"details,omitempty" doc:"What is said of it beyond its service and its location. A change replaces all of it."`
}

// AcceptsNow is whether people are taken.
type AcceptsNow struct {
	Status string     `json:"status" example:"capacity" doc:"capacity, no_capacity, waitlist, additional_assessment_required or unknown. Believed for 30 days."`
	AsOf   *time.Time `json:"as_of,omitempty" doc:"When that was said; absent if it is unknown."`
	Stale  bool       `json:"stale,omitempty" doc:"Something was said as_of that moment, more than 30 days ago: status is unknown now."`
}

// AcceptingStatus is whether people are taken, to be set.
type AcceptingStatus struct {
	Status string `json:"status" enum:"capacity,no_capacity,waitlist,additional_assessment_required,unknown" doc:"As of now. Say it again from time to time: after 30 days it counts as unknown."`
}

// NewServiceAtLocation is where a service is to be given.
type NewServiceAtLocation struct {
	ServiceID    uuid.UUID  `json:"service_id" format:"uuid"`
	LocationID   *uuid.UUID `json:"location_id,omitempty" format:"uuid" doc:"One of the organization's own. Left out for what comes by wire or to the house from nowhere in particular."`
	Confidential bool       `json:"confidential,omitempty" doc:"The location is a confidential one; the organization tells its id to whoever registers this."`
	OfferFields
}

// ServiceAtLocationList is a page of services at locations.
type ServiceAtLocationList struct {
	Items      []ServiceAtLocation `json:"items"`
	NextCursor string              `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type servicesAtLocationsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Service      optional[uuid.UUID] `query:"service" format:"uuid" doc:"Only those of this service."`
	Location     optional[uuid.UUID] `query:"location" format:"uuid" doc:"Only those at this location."`
	Status       string              `query:"status" enum:"active,inactive,defunct" doc:"Only those of this status."`
	Accepting    string              `query:"accepting" enum:"capacity,no_capacity,waitlist,additional_assessment_required,unknown" doc:"Only those of which this was said."`
}

// offer is the service at a location as it is shown now.
func (s *shell) offer(sal directory.ServiceAtLocation) ServiceAtLocation {
	now := s.clock()
	out := ServiceAtLocation{
		ID: sal.ID, OrganizationID: sal.OrganizationID, ServiceID: sal.ServiceID, Confidential: sal.Confidential, Status: string(sal.Status),
		Accepting: AcceptsNow{Status: string(sal.Accepting), AsOf: utcPointer(sal.AcceptingAsOf)}, Version: sal.Version, UpdatedAt: utc(sal.UpdatedAt),
		Origin: originOf(sal.Source, sal.Confirmation), PendingChange: idOrNil(sal.PendingChange), OfferFields: OfferFields{Details: offerDetailsOf(sal.Details, now)},
	}
	if stale(sal.AcceptingAsOf, now) {
		out.Accepting.Status, out.Accepting.Stale = string(directory.UnknownCapacity), true
	}
	if sal.LocationID != uuid.Nil {
		out.LocationID = &sal.LocationID
	}
	return out
}

func (s *shell) servicesAtLocations(store *directory.Store) {
	const tag, path = "service-at-locations", "/v1/service-at-locations"
	register(s, operation{
		id: "create-service-at-location", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Offer a service at a location", description: "From then on a household can be referred there. What it is does not change: end it and offer anew. For the organization's focal point and machine, and for the associations directorate. Of an organization that is listed it is inactive until an officer approves it, see pending_change.",
		request: NewServiceAtLocation{ServiceID: exampleServiceID, LocationID: &exampleLocationID}, response: exampleOffer,
	}, func(ctx context.Context, in *createInput[NewServiceAtLocation]) (*entity[ServiceAtLocation], error) {
		b := in.Body
		w, err := store.OfferAtOnce(ctx, actorOf(ctx), directory.ServiceAtLocation{
			ServiceID: b.ServiceID, LocationID: say(b.LocationID), Confidential: b.Confidential,
			Details: likewise[directory.OfferDetails](say(b.Details)),
		}, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, s.offer(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-service-at-location", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a service at a location", description: "One at a confidential location exists for the ministry and its own organization only.", response: exampleOffer,
	}, func(ctx context.Context, in *idInput) (*entity[ServiceAtLocation], error) {
		sal, err := store.ServiceAtLocation(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(sal.Version, s.offer(sal), in.Conditional)
	})
	register(s, operation{
		id: "list-service-at-locations", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List services at locations", description: "In the order of their ids, each as get-service-at-location shows it.",
		response: ServiceAtLocationList{Items: []ServiceAtLocation{exampleOffer}},
	}, func(ctx context.Context, in *servicesAtLocationsInput) (*page[ServiceAtLocationList], error) {
		filters := []string{"service-at-locations", in.Organization.Value.String(), in.Service.Value.String(), in.Location.Value.String(), in.Status, in.Accepting}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.ServicesAtLocations(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, ServiceID: in.Service.Value, LocationID: in.Location.Value, Status: in.Status,
			Accepting: in.Accepting, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list ServiceAtLocationList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(sal directory.ServiceAtLocation) uuid.UUID { return sal.ID }, s.offer)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "change-service-at-location", method: http.MethodPut, path: path + "/{id}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change a service at a location", description: "Replaces what is said of it: what is left out is empty afterwards. Which service it is, where, and its statuses stay. For the organization's focal point and machine, and for the associations directorate.",
		request: exampleOffer.OfferFields, response: exampleOffer,
	}, func(ctx context.Context, in *changeInput[OfferFields]) (*entity[ServiceAtLocation], error) {
		sal, err := store.ChangeOffer(ctx, actorOf(ctx), in.ID, in.version, likewise[directory.OfferDetails](say(in.Body.Details)))
		if err != nil {
			return nil, err
		}
		return newEntity(sal.Version, s.offer(sal), Conditional{})
	})
	register(s, operation{
		id: "set-service-at-location-status", method: http.MethodPut, path: path + "/{id}/status", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Say whether a service is given at a location", description: "What may be found counts from the next request. For the organization's focal point and machine, and for the associations directorate.",
		request: Availability{Status: "inactive"}, response: exampleOffer,
	}, func(ctx context.Context, in *changeInput[Availability]) (*entity[ServiceAtLocation], error) {
		sal, err := store.SetOfferStatus(ctx, actorOf(ctx), in.ID, in.version, directory.Status(in.Body.Status))
		if err != nil {
			return nil, err
		}
		return newEntity(sal.Version, s.offer(sal), Conditional{})
	})
	register(s, operation{
		id: "set-accepting", method: http.MethodPut, path: path + "/{id}/accepting", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Say whether people are taken", description: "For the provider's own focal point and machine, and for the associations directorate. What may be found counts from the next request.",
		request: AcceptingStatus{Status: "no_capacity"}, response: exampleOffer,
	}, func(ctx context.Context, in *changeInput[AcceptingStatus]) (*entity[ServiceAtLocation], error) {
		sal, err := store.SetAccepting(ctx, actorOf(ctx), in.ID, in.version, directory.AcceptingStatus(in.Body.Status))
		if err != nil {
			return nil, err
		}
		return newEntity(sal.Version, s.offer(sal), Conditional{})
	})
	historyOf(s, store, directory.ServiceAtLocationEntity, historyText{
		id: "list-service-at-location-history", path: path + "/{id}", tag: tag, of: "a service at a location",
	})
}

var exampleOffer = ServiceAtLocation{
	ID: exampleServiceAtLocationID, OrganizationID: exampleOrganizationID, ServiceID: exampleServiceID, LocationID: &exampleLocationID,
	Status: "active", Accepting: AcceptsNow{Status: "capacity", AsOf: &exampleTime}, Version: 1, UpdatedAt: exampleTime,
	OfferFields: OfferFields{Details: &OfferDetails{Schedules: []Schedule{{Freq: "WEEKLY", ByDay: "SU,MO,TU,WE,TH", OpensAt: "08:00", ClosesAt: "14:00"}}}},
}
