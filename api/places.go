package api

import (
	"context"
	"net/http"

	"tahweel/geo"
)

// Place is a town, village, camp or displacement site.
type Place struct {
	Code        string      `json:"code" example:"gn-281292" doc:"The place's stable code."`
	Name        Text        `json:"name"`
	Kind        string      `json:"kind" example:"city" doc:"city, town, village, hamlet, neighbourhood, bedouin, camp or displacement_site; a rule of thumb."`
	Camp        bool        `json:"camp" doc:"Whether it is one of the 27 official refugee camps."`
	Governorate Named       `json:"governorate"`
	Zone        string      `json:"zone" example:"west_bank" doc:"The reach zone: within it nothing stands in the way."`
	Point       Coordinates `json:"point" doc:"Where it is. Points in Gaza are from before the war."`
	Population  int         `json:"population,omitempty" doc:"Indicative, mostly of 2007; absent where it is not known."`
	Match       string      `json:"match" enum:"exact,prefix,similar" doc:"How the place answers the search."`
	MatchedName string      `json:"matched_name,omitempty" doc:"The name or other spelling by which it was found."`
	Ambiguous   bool        `json:"ambiguous" doc:"A place in another governorate bears the matched name too: ask which one is meant."`
}

// PlaceList is a page of places.
type PlaceList struct {
	Items      []Place `json:"items"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type placesInput struct {
	Paged
	Conditional
	Search      string `query:"search" maxLength:"100" example:"يطا" doc:"A name or the beginning of one, Arabic or English, in any spelling. Without it, all places, the most populous first."`
	Governorate string `query:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Only places of this governorate: the answer to an ambiguous name."`
}

func (s *shell) places(store *geo.Store) {
	register(s, operation{
		id: "list-places", method: http.MethodGet, path: "/v1/places", tag: "places", scope: "directory.read",
		summary: "Find a place by name",
		description: "Towns, villages, camps and displacement sites by name, best match first. Spelling does not matter: hamza, ta marbuta, diacritics and English " +
			"transliterations are folded. " + geo.Attribution,
		response: PlaceList{Items: []Place{examplePlace}},
	}, func(ctx context.Context, in *placesInput) (*page[PlaceList], error) {
		query := geo.PlaceQuery{Search: in.Search, GovernorateCode: in.Governorate, Limit: in.Limit}
		filters := []string{"places", in.Search, in.Governorate}
		var after geo.PlacePosition
		given, err := openCursor(in.Cursor, &after, filters)
		if err != nil {
			return nil, err
		}
		if given {
			query.After = &after
		}
		found, err := store.Places(ctx, actorOf(ctx), query)
		if err != nil {
			return nil, err
		}
		list := PlaceList{Items: make([]Place, len(found.Items))}
		for i, m := range found.Items {
			list.Items[i] = placeOf(m)
		}
		if list.NextCursor, err = nextCursor(found.Next, filters); err != nil {
			return nil, err
		}
		return publicPage(ctx, list, list.NextCursor, in.Conditional)
	})
}

func placeOf(m geo.PlaceMatch) Place {
	lon, lat := m.Point.LonLat()
	return Place{
		Code: m.Code, Name: textOf(m.Name), Kind: m.Kind, Camp: m.Camp, Zone: m.ZoneCode, Population: say(m.Population),
		Governorate: Named{Code: m.Governorate.Code, Name: textOf(m.Governorate.Name)},
		Point:       Coordinates{Longitude: lon, Latitude: lat},
		Match:       string(m.Match), MatchedName: m.MatchedName, Ambiguous: m.AmbiguousName,
	}
}

var examplePlace = Place{
	Code: "gn-281292", Name: Text{AR: "يطا", EN: "Yatta"}, Kind: "city", Zone: "west_bank",
	Governorate: Named{Code: "PS0150", Name: Text{AR: "الخليل", EN: "Hebron"}},
	Point:       Coordinates{Longitude: 35.0992, Latitude: 31.44714}, Population: 41425,
	Match: "exact", MatchedName: "يطا",
}
