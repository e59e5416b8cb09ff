package api

import (
	"bytes"
	"context"
	"math"
	"net/http"

	"tahweel/geo"
)

// BoundaryImport is what became of a file of boundaries.
type BoundaryImport struct {
	Mode     string            `json:"mode" enum:"dry_run,apply"`
	Written  bool              `json:"written" doc:"Whether an area is another one now. The same file again changes nothing."`
	Features []BoundaryFeature `json:"features" doc:"In the order of the file."`
	Missing  []Named           `json:"missing" doc:"Governorates without a boundary in the file; their areas stay as they were."`
}

// BoundaryFeature is what became of one feature of it.
type BoundaryFeature struct {
	Number        int     `json:"number" minimum:"1"`
	Outcome       string  `json:"outcome" enum:"taken,repaired,unchanged,unknown,twice,no_polygon,no_degrees,elsewhere" doc:"The first three are boundaries afterwards, the others were passed over."`
	Detail        Text    `json:"detail"`
	Governorate   *Named  `json:"governorate,omitempty" doc:"Absent: none was recognised."`
	ByName        bool    `json:"by_name" doc:"It has no p-code and was recognised by its name."`
	AreaKM2       float64 `json:"area_km2,omitempty"`
	Places        int     `json:"places" doc:"Of the governorate."`
	PlacesOutside int     `json:"places_outside" doc:"Those of them that lie outside."`
}

type boundariesInput struct {
	Source  string `query:"source" required:"true" minLength:"1" maxLength:"300" example:"Ministry of Local Government, 2026" doc:"Where the boundaries are from, and under which licence: it is shown with them."`
	Mode    string `query:"mode" enum:"dry_run,apply" default:"dry_run" doc:"Try it first."`
	RawBody []byte `contentType:"application/octet-stream"`
}

func boundaryImportOf(report geo.BoundaryReport, mode string) BoundaryImport {
	out := BoundaryImport{Mode: mode, Written: report.Written, Features: make([]BoundaryFeature, len(report.Rows)), Missing: make([]Named, len(report.Missing))}
	for i, r := range report.Rows {
		f := BoundaryFeature{
			Number: r.Number, Outcome: string(r.Outcome), Detail: textOf(r.Sentence()), ByName: r.ByName,
			AreaKM2: math.Round(r.SquareKM*10) / 10, Places: r.Places, PlacesOutside: r.Outside,
		}
		if r.Governorate.Code != "" {
			f.Governorate = &Named{Code: r.Governorate.Code, Name: textOf(r.Governorate.Name)}
		}
		out.Features[i] = f
	}
	for i, g := range report.Missing {
		out.Missing[i] = Named{Code: g.Code, Name: textOf(g.Name)}
	}
	return out
}

func (s *shell) boundaries(store *geo.Store) {
	register(s, operation{
		id: "import-boundaries", method: http.MethodPut, path: "/v1/boundaries", tag: "places", scope: "directory.write", errors: []int{408, 413, 415, 422}, upload: exampleBoundaries,
		summary: "Replace the areas of governorates by official boundaries",
		description: "A GeoJSON FeatureCollection in WGS 84 with a feature for each governorate, its p-code (PS0101 …) or its name among the properties; at most 20 MiB. " +
			"What can be taken is taken in one transaction, and the answer says what became of each feature. For administrators.",
		response: exampleBoundaryImport,
	}, func(ctx context.Context, in *boundariesInput) (*page[BoundaryImport], error) {
		boundaries, err := geo.ReadBoundaries(bytes.NewReader(in.RawBody))
		if err != nil {
			return nil, err
		}
		report, err := store.ImportBoundaries(ctx, actorOf(ctx), boundaries, in.Source, in.Mode != "apply")
		if err != nil {
			return nil, err
		}
		return newPage(ctx, boundaryImportOf(report, in.Mode), ""), nil
	})
}

const exampleBoundaries = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ADM2_PCODE":"PS0150"},"geometry":{"type":"Polygon",` +
	`"coordinates":[[[34.9,31.35],[35.25,31.35],[35.25,31.65],[34.9,31.65],[34.9,31.35]]]}}]}`

var exampleBoundaryImport = BoundaryImport{
	Mode: "dry_run",
	Features: []BoundaryFeature{{
		Number: 1, Outcome: "taken", Governorate: &Named{Code: "PS0150", Name: Text{AR: "الخليل", EN: "Hebron"}}, AreaKM2: 1107.9, Places: 158, PlacesOutside: 3,
		Detail: Text{AR: "المعلم 1: PS0150 الخليل: أُخذت، 1107.9 كم²، خارجها 3 من 158 من التجمعات", EN: "feature 1: PS0150 Hebron: taken, 1107.9 km², 3 of 158 places outside"},
	}},
	Missing: []Named{{Code: "PS0145", Name: Text{AR: "بيت لحم", EN: "Bethlehem"}}},
}
