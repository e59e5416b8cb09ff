package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	cells "tahweel/internal/text"
)

// CoverageFeatures is a GeoJSON feature collection (RFC 7946): a point for each place.
type CoverageFeatures struct {
	Type        string            `json:"type" enum:"FeatureCollection"`
	Attribution string            `json:"attribution" doc:"Due wherever the map is shown."`
	AsOf        time.Time         `json:"as_of" doc:"When this was so."`
	Features    []CoverageFeature `json:"features"`
}

// ContentType is that of GeoJSON.
func (CoverageFeatures) ContentType(string) string { return "application/geo+json" }

// CoverageFeature is one place.
type CoverageFeature struct {
	Type       string             `json:"type" enum:"Feature"`
	ID         string             `json:"id" example:"gn-281292" doc:"The place's code."`
	Geometry   PointGeometry      `json:"geometry"`
	Properties CoverageProperties `json:"properties"`
}

// PointGeometry is a GeoJSON point.
type PointGeometry struct {
	Type        string    `json:"type" enum:"Point"`
	Coordinates []float64 `json:"coordinates" minItems:"2" maxItems:"2" example:"[35.0992,31.44714]" doc:"Longitude and latitude, WGS 84."`
}

// CoverageProperties are flat, as programs for maps like them.
type CoverageProperties struct {
	Need                string     `json:"need"`
	NameAR              string     `json:"name_ar"`
	NameEN              string     `json:"name_en"`
	Governorate         string     `json:"governorate" example:"PS0150"`
	DirectorateID       *uuid.UUID `json:"directorate_id,omitempty" format:"uuid"`
	Population          int        `json:"population,omitempty"`
	Band                string     `json:"band"`
	ServiceAtLocationID *uuid.UUID `json:"service_at_location_id,omitempty" format:"uuid" doc:"Of the nearest provider; absent, as all about it, where there is none."`
	OrganizationAR      string     `json:"organization_ar,omitempty"`
	OrganizationEN      string     `json:"organization_en,omitempty"`
	DistanceMeters      *int       `json:"distance_m,omitempty"`
	EffectiveMeters     *int       `json:"effective_distance_m,omitempty"`
	WithoutPlace        bool       `json:"without_place"`
	FullNearer          bool       `json:"full_nearer" doc:"A provider that is nearer still takes nobody just now."`
}

// table is the example of a CSV answer, and its content type.
type table string

// ContentType is that of CSV (RFC 4180).
func (table) ContentType(string) string { return "text/csv" }

// tableAnswer is a CSV answer.
type tableAnswer struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" hidden:"true"`
	Body        []byte
}

func (s *shell) coverageFiles(store *directory.Store) {
	register(s, operation{
		id: "export-coverage-geojson", method: http.MethodGet, path: "/v1/coverage.geojson", tag: "coverage", scope: "reports.read",
		summary: "Get the coverage of a need as GeoJSON", description: "All places at once, for a map. " + aboutCoverage,
		response: featuresOf(directory.CoveragePage{Need: directory.Need{Code: exampleNeed.Code}, AsOf: exampleTime}, []PlaceCoverage{exampleCoverage}),
	}, func(ctx context.Context, in *CoverageFilter) (*struct{ Body CoverageFeatures }, error) {
		found, err := store.Coverage(ctx, actorOf(ctx), in.query())
		if err != nil {
			return nil, err
		}
		places := make([]PlaceCoverage, len(found.Items))
		for i, p := range found.Items {
			places[i] = placeCoverageOf(p)
		}
		return &struct{ Body CoverageFeatures }{featuresOf(found, places)}, nil
	})
	register(s, operation{
		id: "export-coverage-csv", method: http.MethodGet, path: "/v1/coverage.csv", tag: "coverage", scope: "reports.read",
		summary: "Get the coverage of a need as CSV", description: "All places at once, for a spreadsheet; cells that a spreadsheet would compute are made text. " + aboutCoverage,
		response: table(csvOf([][]string{coverageColumns, coverageCells(exampleNeed.Code, exampleCoverage)})),
	}, func(ctx context.Context, in *CoverageFilter) (*tableAnswer, error) {
		found, err := store.Coverage(ctx, actorOf(ctx), in.query())
		if err != nil {
			return nil, err
		}
		rows := [][]string{coverageColumns}
		for _, p := range found.Items {
			rows = append(rows, coverageCells(found.Need.Code, placeCoverageOf(p)))
		}
		return newTable("coverage-"+found.Need.Code, rows), nil
	})
}

func featuresOf(found directory.CoveragePage, places []PlaceCoverage) CoverageFeatures {
	out := CoverageFeatures{Type: "FeatureCollection", Attribution: geo.Attribution, AsOf: utc(found.AsOf), Features: make([]CoverageFeature, len(places))}
	for i, p := range places {
		properties := CoverageProperties{
			Need: found.Need.Code, NameAR: p.Place.Name.AR, NameEN: p.Place.Name.EN, Governorate: p.Governorate.Code, DirectorateID: p.DirectorateID,
			Population: p.Population, Band: p.Band, WithoutPlace: p.WithoutPlace, FullNearer: p.Full != nil,
		}
		if n := p.Nearest; n != nil {
			properties.ServiceAtLocationID, properties.DistanceMeters, properties.EffectiveMeters = &n.ServiceAtLocationID, &n.DistanceMeters, &n.EffectiveMeters
			properties.OrganizationAR, properties.OrganizationEN = n.Organization.Name.AR, n.Organization.Name.EN
		}
		out.Features[i] = CoverageFeature{
			Type: "Feature", ID: p.Place.Code, Properties: properties,
			Geometry: PointGeometry{Type: "Point", Coordinates: []float64{p.Point.Longitude, p.Point.Latitude}},
		}
	}
	return out
}

var coverageColumns = []string{
	"need", "place", "name_ar", "name_en", "governorate", "governorate_ar", "governorate_en", "directorate_id", "longitude", "latitude", "population", "band",
	"service_at_location_id", "organization_id", "organization_ar", "organization_en", "distance_m", "effective_distance_m", "without_place",
	"full_service_at_location_id", "full_effective_distance_m",
}

func coverageCells(need string, p PlaceCoverage) []string {
	directorate, population := "", ""
	if p.DirectorateID != nil {
		directorate = p.DirectorateID.String()
	}
	if p.Population > 0 {
		population = strconv.Itoa(p.Population)
	}
	cells := []string{
		need, p.Place.Code, p.Place.Name.AR, p.Place.Name.EN, p.Governorate.Code, p.Governorate.Name.AR, p.Governorate.Name.EN, directorate,
		degrees(p.Point.Longitude), degrees(p.Point.Latitude), population, p.Band,
	}
	if n := p.Nearest; n != nil {
		cells = append(cells, n.ServiceAtLocationID.String(), n.Organization.ID.String(), n.Organization.Name.AR, n.Organization.Name.EN,
			strconv.Itoa(n.DistanceMeters), strconv.Itoa(n.EffectiveMeters))
	} else {
		cells = append(cells, "", "", "", "", "", "")
	}
	cells = append(cells, strconv.FormatBool(p.WithoutPlace))
	if f := p.Full; f != nil {
		return append(cells, f.ServiceAtLocationID.String(), strconv.Itoa(f.EffectiveMeters))
	}
	return append(cells, "", "")
}

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }

// newTable is a CSV file of that name.
func newTable(name string, rows [][]string) *tableAnswer {
	return &tableAnswer{
		ContentType: "text/csv; charset=utf-8; header=present", Disposition: `attachment; filename="` + name + `.csv"`, Body: []byte(csvOf(rows)),
	}
}

// csvOf writes rows as RFC 4180 has them, with cells in which a spreadsheet would see a formula as text.
func csvOf(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = harmless(cell)
		}
		_ = w.Write(cells) // into memory, which does not fail
	}
	w.Flush()
	return b.String()
}

// harmless puts an apostrophe before what a spreadsheet would compute: names are what organizations say of themselves.
func harmless(cell string) string {
	if _, err := strconv.ParseFloat(cell, 64); err != nil && cells.Formula(cell) {
		return "'" + cell
	}
	return cell
}
