package api

import (
	"context"
	"math"
	"net/http"

	"github.com/twpayne/go-geom"

	"tahweel/directory"
	"tahweel/geo"
)

// GapFeatures is a GeoJSON feature collection (RFC 7946): the area of each governorate that has a gap.
type GapFeatures struct {
	Type        string       `json:"type" enum:"FeatureCollection"`
	Attribution string       `json:"attribution" doc:"Due wherever the map is shown."`
	Features    []GapFeature `json:"features"`
}

// ContentType is that of GeoJSON.
func (GapFeatures) ContentType(string) string { return "application/geo+json" }

// GapFeature is one governorate.
type GapFeature struct {
	Type       string        `json:"type" enum:"Feature"`
	ID         string        `json:"id" example:"PS0150" doc:"The governorate's code."`
	Geometry   AreaGeometry  `json:"geometry"`
	Properties GapProperties `json:"properties"`
}

// AreaGeometry is a GeoJSON multipolygon.
type AreaGeometry struct {
	Type        string          `json:"type" enum:"MultiPolygon"`
	Coordinates [][][][]float64 `json:"coordinates" doc:"Polygons of rings of longitude and latitude, WGS 84."`
}

// GapProperties are flat, as programs for maps like them.
type GapProperties struct {
	Need               string `json:"need"`
	NameAR             string `json:"name_ar" doc:"Of the governorate."`
	NameEN             string `json:"name_en"`
	Indicative         bool   `json:"indicative" doc:"The area was derived from the places and is no boundary: say so where it is shown."`
	Places             int    `json:"places"`
	Population         int    `json:"population" doc:"Indicative, mostly of 2007."`
	FarPlaces          int    `json:"far_places"`
	FarPopulation      int    `json:"far_population"`
	UnservedPlaces     int    `json:"unserved_places"`
	UnservedPopulation int    `json:"unserved_population"`
	FullPlaces         int    `json:"full_places"`
	FullPopulation     int    `json:"full_population"`
}

func (s *shell) coverageGapMap(store *directory.Store, places *geo.Store) {
	register(s, operation{
		id: "export-coverage-gaps-geojson", method: http.MethodGet, path: "/v1/coverage/gaps.geojson", tag: "coverage", scope: "reports.read",
		summary: "Get the coverage gaps of a need as GeoJSON", description: "The areas of the governorates, for a map. " + aboutGaps,
		response: GapFeatures{Type: "FeatureCollection", Attribution: geo.Attribution, Features: []GapFeature{gapFeatureOf(exampleGap, exampleArea)}},
	}, func(ctx context.Context, in *struct {
		Need string `query:"need" required:"true" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need that is a leaf."`
	}) (*struct{ Body GapFeatures }, error) {
		found, err := store.Gaps(ctx, actorOf(ctx), directory.GapQuery{Need: in.Need})
		if err != nil {
			return nil, err
		}
		areas, err := places.Areas(ctx, actorOf(ctx))
		if err != nil {
			return nil, err
		}
		return &struct{ Body GapFeatures }{GapMap(found.Items, areas)}, nil
	})
}

// GapMap is the map of the gaps of one need, each with the area of its governorate.
func GapMap(gaps []directory.Gap, areas []geo.Area) GapFeatures {
	of := make(map[string]geo.Area, len(areas))
	for _, a := range areas {
		of[a.GovernorateCode] = a
	}
	features := []GapFeature{}
	for _, g := range gapsOf(gaps) {
		features = append(features, gapFeatureOf(g, of[g.Governorate.Code]))
	}
	return GapFeatures{Type: "FeatureCollection", Attribution: geo.Attribution, Features: features}
}

func gapFeatureOf(g Gap, a geo.Area) GapFeature {
	return GapFeature{
		Type: "Feature", ID: g.Governorate.Code, Geometry: AreaGeometry{Type: "MultiPolygon", Coordinates: polygonsOf(a.Shape)},
		Properties: GapProperties{
			Need: g.Need.Code, NameAR: g.Governorate.Name.AR, NameEN: g.Governorate.Name.EN, Indicative: a.Indicative, Places: g.All.Places, Population: g.All.Population,
			FarPlaces: g.Far.Places, FarPopulation: g.Far.Population, UnservedPlaces: g.Unserved.Places, UnservedPopulation: g.Unserved.Population,
			FullPlaces: g.Full.Places, FullPopulation: g.Full.Population,
		},
	}
}

// polygonsOf are the coordinates of a multipolygon to a metre; of no shape, none.
func polygonsOf(shape geom.T) [][][][]float64 {
	polygons := [][][][]float64{}
	multi, ok := shape.(*geom.MultiPolygon)
	if !ok {
		return polygons
	}
	for _, polygon := range multi.Coords() {
		rings := [][][]float64{}
		for _, ring := range polygon {
			points := make([][]float64, len(ring))
			for i, c := range ring {
				points[i] = []float64{math.Round(c.X()*1e5) / 1e5, math.Round(c.Y()*1e5) / 1e5}
			}
			rings = append(rings, points)
		}
		polygons = append(polygons, rings)
	}
	return polygons
}

var exampleArea = geo.Area{
	Indicative: true,
	Shape:      geom.NewMultiPolygonFlat(geom.XY, []float64{35, 31.4, 35.2, 31.4, 35.2, 31.6, 35, 31.4}, [][]int{{8}}),
}
