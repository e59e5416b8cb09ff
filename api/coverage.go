package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// PlaceCoverage says how a place is served for a need.
type PlaceCoverage struct {
	Place         Named             `json:"place"`
	Governorate   Named             `json:"governorate"`
	DirectorateID *uuid.UUID        `json:"directorate_id,omitempty" format:"uuid" doc:"Which refers from there; absent where none does, and then nobody serves the place."`
	Point         Coordinates       `json:"point" doc:"Where it is. Points in Gaza are from before the war."`
	Population    int               `json:"population,omitempty" doc:"Indicative, mostly of 2007; absent where it is not known."`
	Band          string            `json:"band" example:"5_to_20_km" doc:"under_5_km, 5_to_20_km, over_20_km or none, by the effective distance of the nearest provider that has a place to go to."`
	Nearest       *CoveringProvider `json:"nearest,omitempty" doc:"The nearest provider that a case manager there could refer to now."`
	WithoutPlace  bool              `json:"without_place" doc:"Somebody serves there who has no place that is shown: by wire, or a shelter. Of a restricted need this is all that is said."`
	Full          *CoveringProvider `json:"full,omitempty" doc:"A provider that is nearer still and takes nobody just now."`
}

// CoveringProvider is the provider that is nearest to a place.
type CoveringProvider struct {
	ServiceAtLocationID uuid.UUID            `json:"service_at_location_id" format:"uuid"`
	Organization        CoveringOrganization `json:"organization"`
	DistanceMeters      int                  `json:"distance_m" doc:"In a straight line, about; never a travel time."`
	EffectiveMeters     int                  `json:"effective_distance_m" doc:"With the detours of the way between zones: what the band follows."`
}

// CoveringOrganization is whose service it is.
type CoveringOrganization struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name Text      `json:"name"`
}

// Coverage is a page of places.
type Coverage struct {
	Need       Named           `json:"need"`
	AsOf       time.Time       `json:"as_of" doc:"When this was so."`
	Items      []PlaceCoverage `json:"items" doc:"In the order of the places' codes."`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// CoverageFilter says which coverage is asked for.
type CoverageFilter struct {
	Need        string              `query:"need" required:"true" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need that is a leaf."`
	Governorate string              `query:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Only places of this governorate."`
	Directorate optional[uuid.UUID] `query:"directorate" format:"uuid" doc:"Only places that this directorate holds."`
}

func (f CoverageFilter) query() directory.CoverageQuery {
	return directory.CoverageQuery{Need: f.Need, Governorate: f.Governorate, Directorate: f.Directorate.Value}
}

const aboutCoverage = "For each place the provider of least effective distance among all that list-nearby would find for a household there of which nothing but " +
	"the place is known: instruments of the place's directorate, accreditations, zones and declared areas are respected, and whoever takes nobody is no coverage. " +
	"What is not rolled out yet counts as if it were. Of restricted needs (tier 3) only who is cleared gets rows, for the places of their directorates."

func (s *shell) coverage(store *directory.Store) {
	register(s, operation{
		id: "list-coverage", method: http.MethodGet, path: "/v1/coverage", tag: "coverage", scope: "reports.read",
		summary: "See how far it is from each place to the nearest provider", description: aboutCoverage,
		response: Coverage{Need: exampleNeedNamed, AsOf: exampleTime, Items: []PlaceCoverage{exampleCoverage}},
	}, func(ctx context.Context, in *struct {
		CoverageFilter
		Paged
	}) (*page[Coverage], error) {
		filters := []any{"coverage", in.CoverageFilter}
		query := in.query()
		query.Limit = in.Limit
		if _, err := openCursor(in.Cursor, &query.After, filters); err != nil {
			return nil, err
		}
		found, err := store.Coverage(ctx, actorOf(ctx), query)
		if err != nil {
			return nil, err
		}
		body := Coverage{Need: needNamed(found.Need), AsOf: utc(found.AsOf), Items: make([]PlaceCoverage, len(found.Items))}
		for i, p := range found.Items {
			body.Items[i] = placeCoverageOf(p)
		}
		var next *string
		if found.Next != "" {
			next = &found.Next
		}
		if body.NextCursor, err = nextCursor(next, filters); err != nil {
			return nil, err
		}
		return newPage(ctx, body, body.NextCursor), nil
	})
	s.coverageFiles(store)
}

func needNamed(n directory.Need) Named { return Named{Code: n.Code, Name: textOf(n.Name)} }

func placeCoverageOf(p directory.PlaceCoverage) PlaceCoverage {
	lon, lat := p.Point.LonLat()
	out := PlaceCoverage{
		Place: Named{Code: p.PlaceCode, Name: textOf(p.PlaceName)}, Governorate: Named{Code: p.GovernorateCode, Name: textOf(p.GovernorateName)},
		Point: Coordinates{Longitude: lon, Latitude: lat}, Population: p.Population, Band: string(p.Band),
		Nearest: coveringOf(p.Nearest), WithoutPlace: p.WithoutPlace, Full: coveringOf(p.Full),
	}
	if p.DirectorateID != uuid.Nil {
		out.DirectorateID = &p.DirectorateID
	}
	return out
}

func coveringOf(c *directory.Covering) *CoveringProvider {
	if c == nil {
		return nil
	}
	return &CoveringProvider{
		ServiceAtLocationID: c.ServiceAtLocationID, Organization: CoveringOrganization{ID: c.OrganizationID, Name: textOf(c.OrganizationName)},
		DistanceMeters: int(math.Round(c.DistanceMeters)), EffectiveMeters: int(math.Round(c.EffectiveMeters)),
	}
}

var exampleNeedNamed = Named{Code: exampleNeed.Code, Name: exampleNeed.Name}

var exampleCoverage = PlaceCoverage{
	Place: Named{Code: examplePlace.Code, Name: examplePlace.Name}, Governorate: examplePlace.Governorate,
	DirectorateID: new(uuid.MustParse("0198c0de-0001-7000-8000-000000000001")), Point: examplePlace.Point, Population: examplePlace.Population, Band: "under_5_km",
	Nearest: &CoveringProvider{
		ServiceAtLocationID: exampleServiceAtLocationID, DistanceMeters: 1200, EffectiveMeters: 1200,
		Organization: CoveringOrganization{ID: exampleAttempt.Organization.ID, Name: exampleAttempt.Organization.Name},
	},
}
