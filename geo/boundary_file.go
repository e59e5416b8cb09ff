package geo

import (
	"encoding/json"
	"io"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"tahweel/internal/fault"
)

var errNotGeoJSON = fault.New(fault.Refused, "not_geojson",
	"The file is not a GeoJSON FeatureCollection.", "الملف ليس مجموعة معالم بصيغة GeoJSON.")

// ReadBoundaries reads a GeoJSON feature collection (RFC 7946). A feature whose geometry cannot be read has none. It fails with
// fault.Refused "not_geojson" for anything else.
func ReadBoundaries(r io.Reader) ([]Boundary, error) {
	var collection struct {
		Type     string
		Features []struct {
			Properties map[string]any
			Geometry   *geojson.Geometry
		}
	}
	if err := json.NewDecoder(r).Decode(&collection); err != nil {
		return nil, errNotGeoJSON.Because(err)
	}
	if collection.Type != "FeatureCollection" {
		return nil, errNotGeoJSON
	}
	boundaries := make([]Boundary, len(collection.Features))
	for i, f := range collection.Features {
		for _, v := range f.Properties {
			if text, ok := v.(string); ok {
				boundaries[i].Texts = append(boundaries[i].Texts, text)
			}
		}
		boundaries[i].Shape = shapeOf(f.Geometry)
	}
	return boundaries, nil
}

func shapeOf(g *geojson.Geometry) geom.T {
	if g == nil {
		return nil
	}
	shape, err := g.Decode()
	if err != nil {
		return nil
	}
	return shape
}
