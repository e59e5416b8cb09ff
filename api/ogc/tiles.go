package ogc

import (
	"net/http"
	"strconv"
	"strings"

	"tahweel/directory/atlas"
	"tahweel/geo"
	"tahweel/internal/fault"
)

var errTileAddress = fault.New(fault.Invalid, "malformed_tile",
	"A tile is /tiles/providers/{z}/{x}/{y}.mvt with whole numbers.", "عنوان البلاطة هو /tiles/providers/{z}/{x}/{y}.mvt بأعداد صحيحة.")

func (s *server) tile(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	y, suffix := strings.CutSuffix(r.PathValue("file"), ".mvt")
	if !suffix {
		return answer{}, errNoSuchPage
	}
	var numbers [3]int
	for i, text := range []string{r.PathValue("z"), r.PathValue("x"), y} {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || strconv.FormatUint(n, 10) != text {
			return answer{}, errTileAddress
		}
		numbers[i] = int(n)
	}
	t, err := atlas.NewTile(numbers[0], numbers[1], numbers[2])
	if err != nil {
		return answer{}, err
	}
	body, err := s.Map.ProviderTile(r.Context(), t)
	return answer{contentType: tileType, body: body}, err
}

// tileJSON is TileJSON 3.0.0, with the needs that the bits of a feature's property needs stand for.
type tileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Version      string        `json:"version"`
	Attribution  string        `json:"attribution"`
	Scheme       string        `json:"scheme"`
	Tiles        []string      `json:"tiles"`
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       [4]float64    `json:"bounds"`
	VectorLayers []vectorLayer `json:"vector_layers"`
	Needs        []needBit     `json:"needs"`
}

type vectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

type needBit struct {
	Bit    int    `json:"bit"`
	Code   string `json:"code"`
	NameAR string `json:"name_ar"`
	NameEN string `json:"name_en"`
}

func (s *server) tileJSON(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	roots, err := s.Map.Roots(r.Context())
	if err != nil {
		return answer{}, err
	}
	lang := exchangeOf(r).lang
	doc := tileJSON{
		TileJSON: "3.0.0", Name: mapTitle.In(lang), Description: mapAbout.In(lang), Version: semantic(s.Version), Attribution: geo.Attribution, Scheme: "xyz",
		Tiles: []string{s.Base + tilesRoot + "/providers/{z}/{x}/{y}.mvt"}, MaxZoom: atlas.MaximumZoom, Bounds: [4]float64{-180, -85, 180, 85},
		VectorLayers: []vectorLayer{{
			ID: "providers", Description: "Up to zoom " + strconv.Itoa(atlas.ClusteredZoom) + " clusters, from the next one on each provider.",
			MaxZoom: atlas.MaximumZoom,
			Fields: map[string]string{
				"count": "Number: how many providers", "accepting": "Number: how many of them take people", "needs": "Number: the needs they meet, as bits; see needs",
				"id": "String: the feature in /ogc/collections/providers; from zoom 12", "name_ar": "String: from zoom 12", "name_en": "String: from zoom 12",
				"organization_ar": "String: from zoom 12", "organization_en": "String: from zoom 12",
			},
		}},
		Needs: make([]needBit, len(roots)),
	}
	for i, root := range roots {
		doc.Needs[i] = needBit{1 << i, root.Code, root.Name.AR, root.Name.EN}
	}
	return document(jsonType, doc)
}

// semantic is the version as TileJSON wants it: three numbers.
func semantic(version string) string {
	number, _, _ := strings.Cut(version, "-")
	return number
}
