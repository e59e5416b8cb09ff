package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory/reference"
)

// Directorate is an office of the ministry and the places it holds.
type Directorate struct {
	ID         uuid.UUID `json:"id" format:"uuid"`
	Code       string    `json:"code" example:"HEB"`
	Version    int       `json:"version"`
	Name       Text      `json:"name"`
	PlaceCodes []string  `json:"place_codes" doc:"In order."`
}

// Holdings are the places a directorate is to hold.
type Holdings struct {
	PlaceCodes         []string `json:"place_codes,omitempty" maxItems:"2000" uniqueItems:"true" doc:"Places by code."`
	GovernorateCodes   []string `json:"governorate_codes,omitempty" maxItems:"16" uniqueItems:"true" example:"[\"PS0150\"]" doc:"And every place of these that no directorate holds yet."`
	ExcludedPlaceCodes []string `json:"excluded_place_codes,omitempty" maxItems:"2000" uniqueItems:"true" doc:"But not these of the governorates."`
}

// NewDirectorate is what the administrator writes to create one.
type NewDirectorate struct {
	Code string `json:"code" minLength:"1" maxLength:"20" pattern:"^[A-Z0-9-]+$" example:"HEB"`
	Name Text   `json:"name"`
	Holdings
}

// ChangedDirectorate is a directorate written anew; its code stays.
type ChangedDirectorate struct {
	Name Text `json:"name"`
	Holdings
}

// DirectorateList is a page of directorates.
type DirectorateList struct {
	Items      []Directorate `json:"items"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

func (h Holdings) domain() reference.Holdings {
	return reference.Holdings{PlaceCodes: h.PlaceCodes, GovernorateCodes: h.GovernorateCodes, ExcludedPlaceCodes: h.ExcludedPlaceCodes}
}

func directorateOf(d reference.Directorate) (uuid.UUID, int, Directorate) {
	return d.ID, d.Version, Directorate{ID: d.ID, Code: d.Code, Version: d.Version, Name: textOf(d.Name), PlaceCodes: append([]string{}, d.PlaceCodes...)}
}

func (s *shell) directorates(store *reference.Store) {
	register(s, operation{
		id: "list-directorates", method: http.MethodGet, path: "/v1/directorates", tag: "directorates", scope: "directory.read",
		summary: "List directorates", description: "In the order of their codes, with their places.", response: DirectorateList{Items: []Directorate{exampleDirectorate}},
	}, func(ctx context.Context, in *struct{ Paged }) (*page[DirectorateList], error) {
		filters := []string{"directorates"}
		var after string
		if _, err := openCursor(in.Cursor, &after, filters); err != nil {
			return nil, err
		}
		found, err := store.Directorates(ctx, actorOf(ctx), after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		list := DirectorateList{Items: []Directorate{}}
		var next *string
		for i, d := range found {
			if i == in.Limit {
				next = &found[i-1].Code
				break
			}
			_, _, shown := directorateOf(d)
			list.Items = append(list.Items, shown)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"directorates", "a directorate", "A directorate is its places and not a governorate; a place belongs to one at most. The administrator keeps them."},
		NewDirectorate{Code: "HEB", Name: exampleDirectorate.Name, Holdings: Holdings{GovernorateCodes: []string{"PS0150"}}},
		ChangedDirectorate{Name: exampleDirectorate.Name, Holdings: Holdings{PlaceCodes: []string{"gn-281292"}}}, exampleDirectorate,
		func(ctx context.Context, id uuid.UUID) (reference.Directorate, error) {
			return store.Directorate(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b NewDirectorate, k Keyed) (reference.Written[reference.Directorate], error) {
			return store.CreateDirectorate(ctx, actorOf(ctx), b.Code, b.Name.sentence(), b.Holdings.domain(), k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b ChangedDirectorate) (reference.Written[reference.Directorate], error) {
			return store.ChangeDirectorate(ctx, actorOf(ctx), id, version, b.Name.sentence(), b.Holdings.domain())
		}, directorateOf)
	registerEntryHistory(s, "directorates", "a directorate", store.DirectorateHistory)
}

var exampleDirectorate = Directorate{
	ID: exampleDirectorateID, Code: "HEB", Version: 1, Name: Text{AR: "مديرية الخليل (مثال)", EN: "Hebron directorate (example)"}, PlaceCodes: []string{"gn-281292"},
}
