package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory/reference"
)

// Closure is days on which a directorate or a provider does not work.
type Closure struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	Closed
	ChangedClosure
}

// Closed is who is closed: a directorate, an organization, or one of its services at a location.
type Closed struct {
	DirectorateID       *uuid.UUID `json:"directorate_id,omitempty" format:"uuid" doc:"Give this or organization_id."`
	OrganizationID      *uuid.UUID `json:"organization_id,omitempty" format:"uuid"`
	ServiceAtLocationID *uuid.UUID `json:"service_at_location_id,omitempty" format:"uuid" doc:"Of the organization; absent: all of it."`
}

// ClosureDays are the days of a closure and why.
type ClosureDays struct {
	StartsOn string `json:"starts_on" format:"date" example:"2026-06-07"`
	EndsOn   string `json:"ends_on" format:"date" example:"2026-06-11" doc:"The last day."`
	Name     Text   `json:"name"`
	Reason   *Text  `json:"reason,omitempty"`
}

// NewClosure is what is written to announce a closure.
type NewClosure struct {
	Closed
	ClosureDays
}

// ChangedClosure is a closure written anew; whose it is stays.
type ChangedClosure struct {
	ClosureDays
	Status string `json:"status,omitempty" enum:"active,cancelled" doc:"active unless it says so. What does not happen is cancelled."`
}

// ClosureList is a page of closures.
type ClosureList struct {
	Items      []Closure `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type closuresInput struct {
	Paged
	Period
	DirectorateID       uuid.UUID `query:"directorate_id" format:"uuid" doc:"Only those of this directorate."`
	OrganizationID      uuid.UUID `query:"organization_id" format:"uuid" doc:"Only those of this organization and its services."`
	ServiceAtLocationID uuid.UUID `query:"service_at_location_id" format:"uuid" doc:"Only those of this service at its location alone."`
}

func (b ClosureDays) domain() reference.Closure {
	return reference.Closure{First: dateOf(b.StartsOn), Last: dateOf(b.EndsOn), Name: b.Name.sentence(), Reason: say(b.Reason).sentence()}
}

func closureOf(c reference.Closure) (uuid.UUID, int, Closure) {
	out := Closure{
		ID: c.ID, Version: c.Version,
		Closed: Closed{DirectorateID: idOrNil(c.DirectorateID), OrganizationID: idOrNil(c.OrganizationID), ServiceAtLocationID: idOrNil(c.ServiceAtLocationID)},
		ChangedClosure: ChangedClosure{
			Status: string(c.Status), ClosureDays: ClosureDays{StartsOn: dateText(c.First), EndsOn: dateText(c.Last), Name: textOf(c.Name)},
		},
	}
	if c.Reason.AR != "" || c.Reason.EN != "" {
		out.Reason = new(textOf(c.Reason))
	}
	return c.ID, c.Version, out
}

// idOrNil is nil, which is left out, for no id.
func idOrNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func (s *shell) closures(store *reference.Store) {
	register(s, operation{
		id: "list-closures", method: http.MethodGet, path: "/v1/closures", tag: "closures", scope: "directory.read",
		summary: "List closures", description: "In the order of their first day, cancelled ones too.", response: ClosureList{Items: []Closure{exampleClosure}},
	}, func(ctx context.Context, in *closuresInput) (*page[ClosureList], error) {
		filters := []string{"closures", in.From, in.To, in.DirectorateID.String(), in.OrganizationID.String(), in.ServiceAtLocationID.String()}
		between, err := in.between(in.Paged, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Closures(ctx, actorOf(ctx), reference.ClosureFilter{
			Between: between, DirectorateID: in.DirectorateID, OrganizationID: in.OrganizationID, ServiceAtLocationID: in.ServiceAtLocationID,
		})
		if err != nil {
			return nil, err
		}
		list := ClosureList{Items: []Closure{}}
		var next *reference.DayPosition
		for i, c := range found {
			if i == in.Limit {
				next = &reference.DayPosition{First: found[i-1].First, ID: found[i-1].ID}
				break
			}
			_, _, shown := closureOf(c)
			list.Items = append(list.Items, shown)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"closures", "a closure", "A supervisor announces those of the directorate, a provider its own, the associations directorate any provider's."},
		NewClosure{Closed: exampleClosure.Closed, ClosureDays: exampleClosure.ClosureDays}, exampleClosure.ChangedClosure, exampleClosure,
		func(ctx context.Context, id uuid.UUID) (reference.Closure, error) {
			return store.Closure(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b NewClosure, k Keyed) (reference.Written[reference.Closure], error) {
			c := b.ClosureDays.domain()
			c.DirectorateID, c.OrganizationID, c.ServiceAtLocationID = say(b.DirectorateID), say(b.OrganizationID), say(b.ServiceAtLocationID)
			return store.CreateClosure(ctx, actorOf(ctx), c, k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b ChangedClosure) (reference.Written[reference.Closure], error) {
			c := b.ClosureDays.domain()
			c.Status = reference.Status(b.Status)
			return store.ChangeClosure(ctx, actorOf(ctx), id, version, c)
		}, closureOf)
	registerEntryHistory(s, "closures", "a closure", store.ClosureHistory)
}

var exampleClosure = Closure{
	ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000003"), Version: 1, Closed: Closed{OrganizationID: &exampleInstrument.Organization.ID},
	ChangedClosure: ChangedClosure{Status: "active", ClosureDays: ClosureDays{
		StartsOn: "2026-06-07", EndsOn: "2026-06-11", Name: Text{AR: "جرد سنوي", EN: "Annual stocktaking"},
	}},
}
