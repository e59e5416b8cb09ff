package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory/reference"
	"tahweel/geo"
	"tahweel/internal/history"
)

// ReachZone is an area within which nothing stands in the way.
type ReachZone struct {
	Code    string `json:"code" example:"west_bank"`
	Version int    `json:"version"`
	Name    Text   `json:"name"`
}

// ReachZoneList is all zones.
type ReachZoneList struct {
	Items []ReachZone `json:"items"`
}

// ReachZoneName is what may change of a zone.
type ReachZoneName struct {
	Name Text `json:"name"`
}

// ReachLink is whether a client in one zone may get to a provider in another, for some time.
type ReachLink struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	NewReachLink
}

// NewReachLink is what the administrator writes to create one.
type NewReachLink struct {
	From string `json:"from" maxLength:"40" example:"west_bank" doc:"Zone of the client."`
	To   string `json:"to" maxLength:"40" example:"east_jerusalem" doc:"Zone of the provider."`
	ChangedReachLink
}

// ChangedReachLink is a way written anew; its zones stay.
type ChangedReachLink struct {
	Passable          bool     `json:"passable"`
	IdentityDocuments []string `json:"identity_documents,omitempty" maxItems:"4" uniqueItems:"true" enum:"palestinian,jerusalem,unrwa,passport" doc:"Any one of them opens the way; absent: none is needed."`
	Detour            float64  `json:"detour" minimum:"1" maximum:"10" example:"1.3" doc:"Factor on the straight line."`
	ExtraKm           float64  `json:"extra_km,omitempty" minimum:"0" maximum:"1000" doc:"Added after the factor."`
	Note              *Text    `json:"note,omitempty" doc:"Shown as the reason."`
	Source            string   `json:"source" minLength:"1" maxLength:"300" doc:"Who says so."`
	ValidFrom         string   `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo           string   `json:"valid_to,omitempty" format:"date" doc:"The last day; absent: until further notice."`
}

// ReachLinkList is a page of ways.
type ReachLinkList struct {
	Items      []ReachLink `json:"items"`
	NextCursor string      `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type zoneInput struct {
	Conditional
	Code string `path:"code" maxLength:"40" doc:"Of the zone." example:"west_bank"`
}

type renameZoneInput struct {
	Versioned
	Code string `path:"code" maxLength:"40" doc:"Of the zone." example:"west_bank"`
	Body ReachZoneName
}

type zoneHistoryInput struct {
	Paged
	Code string `path:"code" maxLength:"40" doc:"Of the zone." example:"west_bank"`
}

type linksInput struct {
	Paged
	From string `query:"from" maxLength:"40" doc:"Only ways from this zone."`
	To   string `query:"to" maxLength:"40" doc:"Only ways to this zone."`
	On   string `query:"on" format:"date" doc:"Only those in force on this day."`
}

func zoneOf(z reference.Zone) ReachZone {
	return ReachZone{Code: z.Code, Version: z.Version, Name: textOf(z.Name)}
}

func (s *shell) reachZones(store *reference.Store) {
	register(s, operation{
		id: "list-reach-zones", method: http.MethodGet, path: "/v1/reach-zones", tag: "reach-zones", scope: "directory.read",
		summary: "List reach zones", description: "All of them. Within a zone nothing stands in the way; between two, what the ways say.", response: ReachZoneList{Items: []ReachZone{exampleZone}},
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[ReachZoneList], error) {
		found, err := store.Zones(ctx, actorOf(ctx))
		if err != nil {
			return nil, err
		}
		list := ReachZoneList{Items: make([]ReachZone, len(found))}
		for i, z := range found {
			list.Items[i] = zoneOf(z)
		}
		return publicPage(ctx, list, "", in.Conditional)
	})
	register(s, operation{
		id: "get-reach-zone", method: http.MethodGet, path: "/v1/reach-zones/{code}", tag: "reach-zones", scope: "directory.read",
		summary: "Read a reach zone", description: "Its names.", response: exampleZone,
	}, func(ctx context.Context, in *zoneInput) (*entity[ReachZone], error) {
		z, err := store.Zone(ctx, actorOf(ctx), in.Code)
		if err != nil {
			return nil, err
		}
		return newEntity(z.Version, zoneOf(z), in.Conditional)
	})
	register(s, operation{
		id: "change-reach-zone", method: http.MethodPut, path: "/v1/reach-zones/{code}", tag: "reach-zones", scope: "directory.write", errors: []int{422},
		summary: "Rename a reach zone", description: "Code and places are facts of the map and stay.", request: ReachZoneName{Name: exampleZone.Name}, response: exampleZone,
	}, func(ctx context.Context, in *renameZoneInput) (*entity[ReachZone], error) {
		z, err := store.RenameZone(ctx, actorOf(ctx), in.Code, in.version, in.Body.Name.sentence())
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, z.Entity.Version, zoneOf(z.Entity), false)
	})
	register(s, operation{
		id: "list-reach-zone-history", method: http.MethodGet, path: "/v1/reach-zones/{code}/history", tag: "reach-zones", scope: "directory.read",
		summary: "Read what became of a reach zone", description: "Who changed what, when, oldest first, for the ministry.", response: ChangeList{Items: exampleChanges},
	}, func(ctx context.Context, in *zoneHistoryInput) (*page[ChangeList], error) {
		return historyPage(ctx, in.Paged, []string{"reach-zones", in.Code}, func(p history.Page) ([]history.Change, error) {
			return store.ZoneHistory(ctx, actorOf(ctx), in.Code, p)
		})
	})
}

func (b ChangedReachLink) domain() reference.Link {
	return reference.Link{Link: geo.Link{
		Passable: b.Passable, IdentityDocuments: b.IdentityDocuments, Detour: b.Detour, ExtraKm: b.ExtraKm, Note: say(b.Note).sentence(),
		Source: b.Source, ValidFrom: dateOf(b.ValidFrom), ValidTo: dayOf(b.ValidTo),
	}}
}

func linkOf(l reference.Link) (uuid.UUID, int, ReachLink) {
	out := ReachLink{ID: l.ID, Version: l.Version, NewReachLink: NewReachLink{From: l.From, To: l.To, ChangedReachLink: ChangedReachLink{
		Passable: l.Passable, IdentityDocuments: l.IdentityDocuments, Detour: l.Detour, ExtraKm: l.ExtraKm, Source: l.Source, ValidFrom: dateText(l.ValidFrom),
	}}}
	if l.Note.AR != "" || l.Note.EN != "" {
		out.Note = new(textOf(l.Note))
	}
	if l.ValidTo != nil {
		out.ValidTo = dateText(*l.ValidTo)
	}
	return l.ID, l.Version, out
}

func (s *shell) reachLinks(store *reference.Store) {
	register(s, operation{
		id: "list-reach-links", method: http.MethodGet, path: "/v1/reach-links", tag: "reach-links", scope: "directory.read",
		summary: "List the ways between zones", description: "Past ones too. Where none is in force there is no passage.", response: ReachLinkList{Items: []ReachLink{exampleLink}},
	}, func(ctx context.Context, in *linksInput) (*page[ReachLinkList], error) {
		filters := []string{"reach-links", in.From, in.To, in.On}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Links(ctx, actorOf(ctx), reference.LinkFilter{From: in.From, To: in.To, On: dayOf(in.On), After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(l reference.Link) uuid.UUID { return l.ID })
		list := ReachLinkList{Items: make([]ReachLink, len(items))}
		for i, l := range items {
			_, _, list.Items[i] = linkOf(l)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"reach-links", "a way between zones", "Directional and dated; of one pair of zones one at most is in force on a day. The administrator keeps them."},
		exampleLink.NewReachLink, exampleLink.ChangedReachLink, exampleLink,
		func(ctx context.Context, id uuid.UUID) (reference.Link, error) {
			return store.Link(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b NewReachLink, k Keyed) (reference.Written[reference.Link], error) {
			l := b.domain()
			l.From, l.To = b.From, b.To
			return store.CreateLink(ctx, actorOf(ctx), l, k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b ChangedReachLink) (reference.Written[reference.Link], error) {
			return store.ChangeLink(ctx, actorOf(ctx), id, version, b.domain())
		}, linkOf)
	registerEntryHistory(s, "reach-links", "a way between zones", store.LinkHistory)
}

var exampleZone = ReachZone{Code: "west_bank", Version: 1, Name: Text{AR: "الضفة الغربية", EN: "West Bank"}}

var exampleLink = ReachLink{
	ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000004"), Version: 1, NewReachLink: NewReachLink{
		From: "west_bank", To: "east_jerusalem", ChangedReachLink: ChangedReachLink{
			Passable: true, IdentityDocuments: []string{"jerusalem"}, Detour: 1.3, ExtraKm: 5, Source: "Example circular 12/2026", ValidFrom: "2026-01-01",
			Note: &Text{AR: "بالهوية المقدسية فقط", EN: "With a Jerusalem identity card only"},
		},
	},
}
