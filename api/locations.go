package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
)

// Location is where services are given (HSDS location).
type Location struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	Confidential   bool      `json:"confidential" doc:"A shelter's place. Only its organization's focal point ever sees such a one."`
	Version        int       `json:"version"`
	UpdatedAt      time.Time `json:"updated_at"`
	Unplaced       bool      `json:"unplaced,omitempty" doc:"It came from elsewhere and nobody knows where it is: place is empty then, and point is 0, 0."`
	Origin
	PendingChange *uuid.UUID `json:"pending_change,omitempty" format:"uuid" readOnly:"true" doc:"The change request that waits for an officer, see get-change-request. For who may read its organization in full."`

	MergedInto *uuid.UUID `json:"merged_into,omitempty" format:"uuid" doc:"Of which location it was a second entry; what was offered here is offered there."`

	PossibleDuplicates []PossibleDuplicate `json:"possible_duplicates,omitempty" readOnly:"true" doc:"In the answer to create-location, and to change-location if it was moved or renamed: those of its name within 30 metres, at most 20, never a confidential one. It was written all the same."`
	LocationFields
}

// LocationFields are what may be said of a location. A confidential one has a place and a point and nothing else.
type LocationFields struct {
	BranchID *uuid.UUID  `json:"branch_id,omitempty" format:"uuid" doc:"The organization's branch that runs it."`
	Name     *Text       `json:"name,omitempty" doc:"Required unless it is confidential."`
	Place    string      `json:"place" maxLength:"40" example:"gn-281292" doc:"Code of the place where it is."`
	Point    Coordinates `json:"point"`
	Address  *Text       `json:"address,omitempty"`

	ValidFrom  string           `json:"valid_from,omitempty" format:"date" doc:"First day of a temporary one."`
	ValidTo    string           `json:"valid_to,omitempty" format:"date" doc:"Last day of a temporary one."`
	ExternalID string           `json:"external_id,omitempty" maxLength:"200" doc:"The organization's own number for it."`
	Details    *LocationDetails `json:"details,omitempty" doc:"All else that the catalogue says of it. A change replaces all of it."`
}

// NewLocation is a location to be registered.
type NewLocation struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	Confidential   bool      `json:"confidential,omitempty" doc:"Its name and address are not kept, and it is shown to nobody but its organization's focal point, who alone may register it."`
	LocationFields
}

// LocationList is a page of locations.
type LocationList struct {
	Items      []Location `json:"items"`
	NextCursor string     `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type locationsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Branch       optional[uuid.UUID] `query:"branch" format:"uuid" doc:"Only those of this branch."`
	Place        string              `query:"place" maxLength:"40" doc:"Only those in this place."`
}

func (f LocationFields) domain() (directory.Location, error) {
	point, err := geo.NewPoint(f.Point.Latitude, f.Point.Longitude)
	return directory.Location{
		BranchID: f.BranchID, Name: f.Name.domain(), PlaceCode: f.Place, Point: point, Address: f.Address.domain(), ValidFrom: dayOf(f.ValidFrom),
		ValidTo: dayOf(f.ValidTo), ExternalID: f.ExternalID, Details: likewise[directory.LocationDetails](say(f.Details)),
	}, err
}

func locationOf(l directory.Location) Location {
	lon, lat := l.Point.LonLat()
	return Location{
		ID: l.ID, OrganizationID: l.OrganizationID, Confidential: l.Confidential, Version: l.Version, UpdatedAt: utc(l.UpdatedAt),
		Unplaced: !l.Placed(), Origin: originOf(l.Source, l.Confirmation), PendingChange: idOrNil(l.PendingChange),
		MergedInto: l.MergedInto, PossibleDuplicates: possibleDuplicatesOf(l.PossibleDuplicates),
		LocationFields: LocationFields{
			BranchID: l.BranchID, Name: textOrNone(l.Name), Place: l.PlaceCode, Point: Coordinates{Longitude: lon, Latitude: lat}, Address: textOrNone(l.Address),
			ValidFrom: dayText(l.ValidFrom), ValidTo: dayText(l.ValidTo), ExternalID: l.ExternalID, Details: likewiseOrNone[LocationDetails](l.Details),
		},
	}
}

func (s *shell) locations(store *directory.Store) {
	const tag, path = "locations", "/v1/locations"
	register(s, operation{
		id: "create-location", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Register a location", description: "For the organization's focal point and machine, and for the associations directorate; a confidential one for its organization's focal point alone.",
		request: NewLocation{OrganizationID: exampleOrganizationID, LocationFields: exampleLocation.LocationFields}, response: exampleLocation,
	}, func(ctx context.Context, in *createInput[NewLocation]) (*entity[Location], error) {
		l, err := in.Body.domain()
		if err != nil {
			return nil, err
		}
		l.OrganizationID, l.Confidential = in.Body.OrganizationID, in.Body.Confidential
		w, err := store.CreateLocationOnce(ctx, actorOf(ctx), l, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, locationOf(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-location", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a location", description: "A confidential one does not exist for anybody but its organization's focal point.", response: exampleLocation,
	}, func(ctx context.Context, in *idInput) (*entity[Location], error) {
		l, err := store.Location(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(l.Version, locationOf(l), in.Conditional)
	})
	register(s, operation{
		id: "list-locations", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List locations", description: "In the order of their ids, each as get-location shows it.", response: LocationList{Items: []Location{exampleLocation}},
	}, func(ctx context.Context, in *locationsInput) (*page[LocationList], error) {
		filters := []string{"locations", in.Organization.Value.String(), in.Branch.Value.String(), in.Place}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Locations(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, BranchID: in.Branch.Value, PlaceCode: in.Place, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list LocationList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(l directory.Location) uuid.UUID { return l.ID }, locationOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "change-location", method: http.MethodPut, path: path + "/{id}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change a location", description: "Replaces all that may be said of it: what is left out is empty afterwards. Whether it is confidential does not change. " +
			"For whoever may register it. Name, place and point of a location of an organization that is listed wait for an officer, see pending_change; all else counts at once.",
		request: exampleLocation.LocationFields, response: exampleLocation,
	}, func(ctx context.Context, in *changeInput[LocationFields]) (*entity[Location], error) {
		l, err := in.Body.domain()
		if err != nil {
			return nil, err
		}
		l.ID, l.Version = in.ID, in.version
		l, err = store.ChangeLocation(ctx, actorOf(ctx), l)
		if err != nil {
			return nil, err
		}
		return newEntity(l.Version, locationOf(l), Conditional{})
	})
	historyOf(s, store, directory.LocationEntity, historyText{
		id: "list-location-history", path: path + "/{id}", tag: tag, of: "a location", seenBy: "Of a confidential one its organization's focal point alone. ",
	})
}

var exampleLocation = Location{
	ID: exampleLocationID, OrganizationID: exampleOrganizationID, Version: 1, UpdatedAt: exampleTime,
	LocationFields: LocationFields{
		BranchID: &exampleBranchID, Name: &Text{AR: "مركز يطا (مثال)", EN: "Yatta centre (example)"}, Place: "gn-281292",
		Point: Coordinates{Longitude: 35.0992, Latitude: 31.44714}, Address: &Text{AR: "شارع المدرسة", EN: "School street"},
		Details: &LocationDetails{Accessibility: []Accessibility{{Feature: "wheelchair_entrance"}}},
	},
}
