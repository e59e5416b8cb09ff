package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// ChangeRequest is what an organization wants said of its catalogue, and waits for an officer.
type ChangeRequest struct {
	ID                  uuid.UUID  `json:"id" format:"uuid"`
	OrganizationID      uuid.UUID  `json:"organization_id" format:"uuid"`
	ServiceID           *uuid.UUID `json:"service_id,omitempty" format:"uuid" doc:"What it speaks of: this, location_id or service_at_location_id."`
	LocationID          *uuid.UUID `json:"location_id,omitempty" format:"uuid"`
	ServiceAtLocationID *uuid.UUID `json:"service_at_location_id,omitempty" format:"uuid"`
	Activates           bool       `json:"activates" doc:"It is new or was closed by an officer, and becomes active when it is approved."`
	Before              *Guarded   `json:"before,omitempty" doc:"What was said when the change was proposed."`
	Proposed            *Guarded   `json:"proposed,omitempty" doc:"What shall be said. Absent for a service at a location, which only becomes active."`
	Status              string     `json:"status" example:"waiting" doc:"waiting, approved, rejected or withdrawn."`
	Reason              string     `json:"reason,omitempty" doc:"Of a rejection."`
	RequestedBy         *uuid.UUID `json:"requested_by,omitempty" format:"uuid" doc:"The account."`
	DecidedBy           *uuid.UUID `json:"decided_by,omitempty" format:"uuid"`
	DecidedAt           *time.Time `json:"decided_at,omitempty"`
	Version             int        `json:"version" doc:"Grows when it is proposed anew: who decides, decides on what they saw."`
	CreatedAt           time.Time  `json:"created_at"`
	UpdatedAt           time.Time  `json:"updated_at"`
}

// Guarded is what of a service or a location waits for an officer.
type Guarded struct {
	Name                   *Text           `json:"name,omitempty"`
	AlternateName          *Text           `json:"alternate_name,omitempty"`
	Needs                  []string        `json:"needs,omitempty"`
	TargetGroups           []string        `json:"target_groups,omitempty"`
	MinimumAge             *int            `json:"minimum_age,omitempty"`
	MaximumAge             *int            `json:"maximum_age,omitempty"`
	Sex                    string          `json:"sex,omitempty"`
	Areas                  []Area          `json:"areas,omitempty"`
	StatedAreas            []StatedArea    `json:"stated_areas,omitempty" doc:"Areas in words."`
	Eligibility            *WhoMayBeServed `json:"eligibility,omitempty"`
	EligibilityDescription *Text           `json:"eligibility_description,omitempty"`
	ServesNoMinor          bool            `json:"serves_no_minor,omitempty"`
	Place                  string          `json:"place,omitempty"`
	Point                  *Coordinates    `json:"point,omitempty"`
}

// Rejection says why a change is not made.
type Rejection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" example:"The accreditation does not cover this need." doc:"The organization reads it."`
}

// ChangeRequestList is a page of change requests.
type ChangeRequestList struct {
	Items      []ChangeRequest `json:"items"`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type changeRequestsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Status       string              `query:"status" enum:"waiting,approved,rejected,withdrawn" doc:"Only those of this status."`
}

// plainStepInput is a step of a thing that says nothing more.
type plainStepInput struct {
	Keyed
	Versioned
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
}

func guardedOf(g directory.Guarded) *Guarded {
	areas := g.Areas
	g.Areas = nil // they are drawn otherwise
	out := likewiseOrNone[Guarded](g)
	if out == nil {
		return nil
	}
	out.Needs, out.Place, out.Areas = g.NeedCodes, g.PlaceCode, make([]Area, len(areas))
	for i, a := range areas {
		out.Areas[i] = Area{Governorate: a.GovernorateCode, Place: a.PlaceCode, Nationwide: a.Nationwide}
		if polygon, err := a.Drawn(); err == nil { // it was drawn when it was proposed
			out.Areas[i].Polygon = multiPolygonOf(polygon)
		}
	}
	if g.Longitude != nil && g.Latitude != nil {
		out.Point = &Coordinates{Longitude: *g.Longitude, Latitude: *g.Latitude}
	}
	return out
}

func changeRequestOf(c directory.ChangeRequest) ChangeRequest {
	return ChangeRequest{
		ID: c.ID, OrganizationID: c.OrganizationID, ServiceID: idOrNil(c.ServiceID), LocationID: idOrNil(c.LocationID),
		ServiceAtLocationID: idOrNil(c.ServiceAtLocationID), Activates: c.Activates, Before: guardedOf(c.Base), Proposed: guardedOf(c.Proposed),
		Status: string(c.Status), Reason: c.Reason, RequestedBy: idOrNil(c.RequestedBy), DecidedBy: idOrNil(c.DecidedBy),
		DecidedAt: utcPointer(c.DecidedAt), Version: c.Version, CreatedAt: utc(c.CreatedAt), UpdatedAt: utc(c.UpdatedAt),
	}
}

func (s *shell) changeRequests(store *directory.Store) {
	const tag, path = "change-requests", "/v1/change-requests"
	register(s, operation{
		id: "get-change-request", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a change request", description: "For the ministry and the organization itself.", response: exampleChangeRequest,
	}, func(ctx context.Context, in *idInput) (*entity[ChangeRequest], error) {
		c, err := store.ChangeRequest(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(c.Version, changeRequestOf(c), in.Conditional)
	})
	register(s, operation{
		id: "list-change-requests", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List change requests", description: "All for the ministry, its own for an organization, in the order of their ids.",
		response: ChangeRequestList{Items: []ChangeRequest{exampleChangeRequest}},
	}, func(ctx context.Context, in *changeRequestsInput) (*page[ChangeRequestList], error) {
		filters := []string{"change-requests", in.Organization.Value.String(), in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.ChangeRequests(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, Status: in.Status, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list ChangeRequestList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(c directory.ChangeRequest) uuid.UUID { return c.ID }, changeRequestOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "approve-change-request", method: http.MethodPost, path: path + "/{id}/approve", tag: tag, scope: "directory.write",
		summary: "Approve a change", description: "It is made at once, and counts from the next request. Not if what it speaks of was changed by somebody else since it was proposed. For the associations directorate.",
		response: exampleChangeRequest,
	}, func(ctx context.Context, in *plainStepInput) (*entity[ChangeRequest], error) {
		w, err := store.ApproveChange(ctx, actorOf(ctx), in.ID, in.version, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, changeRequestOf(w.Entity), w.Replayed)
	})
	register(s, operation{
		id: "reject-change-request", method: http.MethodPost, path: path + "/{id}/reject", tag: tag, scope: "directory.write",
		summary: "Reject a change", description: "What it speaks of stays as it is; the organization reads the reason. For the associations directorate.",
		request: Rejection{Reason: "The accreditation does not cover this need."}, response: exampleChangeRequest,
	}, func(ctx context.Context, in *stepInput[Rejection]) (*entity[ChangeRequest], error) {
		w, err := store.RejectChange(ctx, actorOf(ctx), in.ID, in.version, in.Body.Reason, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, changeRequestOf(w.Entity), w.Replayed)
	})
	historyOf(s, store, directory.ChangeRequestEntity, historyText{id: "list-change-request-history", path: path + "/{id}", tag: tag, of: "a change request"})
}

var exampleChangeRequest = ChangeRequest{
	ID: uuid.MustParse("0198c0de-8888-7000-8000-000000000001"), OrganizationID: exampleOrganizationID, ServiceID: &exampleServiceID,
	Before:   &Guarded{Name: &exampleService.Name, Needs: exampleService.Needs, Sex: "any"},
	Proposed: &Guarded{Name: &Text{AR: "علاج طبيعي", EN: "Physiotherapy"}, Needs: exampleService.Needs, Sex: "any"},
	Status:   "waiting", Version: 1, CreatedAt: exampleTime, UpdatedAt: exampleTime,
}
