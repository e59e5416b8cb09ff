package ogc

import (
	"math"
	"strings"
	"time"

	"github.com/twpayne/go-geom"

	"tahweel/directory/atlas"
	"tahweel/geo"
)

// feature is a GeoJSON feature (RFC 7946).
type feature struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Geometry   geometry `json:"geometry"`
	Properties any      `json:"properties"`
	Links      []link   `json:"links,omitempty"`
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

func newFeature(id string, shape geometry, properties any) feature {
	return feature{Type: "Feature", ID: id, Geometry: shape, Properties: properties}
}

// degree keeps a centimetre of what a coordinate says.
func degree(d float64) float64 { return math.Round(d*1e7) / 1e7 }

func pointOf(p geo.Point) geometry {
	return geometry{"Point", [2]float64{degree(p.Lon()), degree(p.Lat())}}
}

func shapeOf(g geom.T) geometry {
	m, ok := g.(*geom.MultiPolygon)
	if !ok {
		return geometry{"MultiPolygon", [][][][2]float64{}}
	}
	polygons := make([][][][2]float64, m.NumPolygons())
	for i := range polygons {
		p := m.Polygon(i)
		for j := range p.NumLinearRings() {
			ring := p.LinearRing(j)
			points := make([][2]float64, ring.NumCoords())
			for k := range points {
				points[k] = [2]float64{degree(ring.Coord(k).X()), degree(ring.Coord(k).Y())}
			}
			polygons[i] = append(polygons[i], points)
		}
	}
	return geometry{"MultiPolygon", polygons}
}

type providerProperties struct {
	ServiceID          string `json:"service_id"`
	NameAR             string `json:"name_ar"`
	NameEN             string `json:"name_en"`
	OrganizationID     string `json:"organization_id"`
	OrganizationAR     string `json:"organization_ar"`
	OrganizationEN     string `json:"organization_en"`
	Kind               string `json:"kind"`
	InformationOnly    bool   `json:"information_only"`
	AccreditationUntil string `json:"accreditation_until,omitempty"`
	Needs              string `json:"needs"`          // codes, with commas between them: the tables that maps are kept in know no lists
	DeliveryModes      string `json:"delivery_modes"` // likewise
	MinimumAge         *int   `json:"minimum_age,omitempty"`
	MaximumAge         *int   `json:"maximum_age,omitempty"`
	Sex                string `json:"sex"`
	Accepting          string `json:"accepting"`
	AcceptingAsOf      string `json:"accepting_as_of,omitempty"`
	LocationAR         string `json:"location_ar,omitempty"`
	LocationEN         string `json:"location_en,omitempty"`
	AddressAR          string `json:"address_ar,omitempty"`
	AddressEN          string `json:"address_en,omitempty"`
	Place              string `json:"place,omitempty"`
	PlaceAR            string `json:"place_ar,omitempty"`
	PlaceEN            string `json:"place_en,omitempty"`
	Governorate        string `json:"governorate,omitempty"`
	GovernorateAR      string `json:"governorate_ar,omitempty"`
	GovernorateEN      string `json:"governorate_en,omitempty"`
	ReachZone          string `json:"reach_zone,omitempty"`
}

func providerFeature(p atlas.Provider) feature {
	return newFeature(p.ID.String(), pointOf(p.Point), providerProperties{
		ServiceID: p.ServiceID.String(), NameAR: p.Service.AR, NameEN: p.Service.EN, OrganizationID: p.OrganizationID.String(),
		OrganizationAR: p.Organization.AR, OrganizationEN: p.Organization.EN, Kind: p.OrganizationKind, InformationOnly: p.InformationOnly,
		AccreditationUntil: on(p.AccreditationUntil, time.DateOnly), Needs: strings.Join(p.Needs, ","), DeliveryModes: strings.Join(p.DeliveryModes, ","), MinimumAge: p.MinimumAge, MaximumAge: p.MaximumAge,
		Sex: p.Sex, Accepting: p.Accepting, AcceptingAsOf: on(p.AcceptingAsOf, time.RFC3339), LocationAR: p.Location.AR, LocationEN: p.Location.EN,
		AddressAR: p.Address.AR, AddressEN: p.Address.EN, Place: p.PlaceCode, PlaceAR: p.Place.AR, PlaceEN: p.Place.EN,
		Governorate: p.GovernorateCode, GovernorateAR: p.Governorate.AR, GovernorateEN: p.Governorate.EN, ReachZone: p.ZoneCode,
	})
}

func on(t *time.Time, layout string) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(layout)
}

type placeProperties struct {
	NameAR        string `json:"name_ar"`
	NameEN        string `json:"name_en"`
	Kind          string `json:"kind"`
	Governorate   string `json:"governorate"`
	GovernorateAR string `json:"governorate_ar"`
	GovernorateEN string `json:"governorate_en"`
	ReachZone     string `json:"reach_zone"`
	Population    *int   `json:"population,omitempty"`
	Camp          bool   `json:"camp"`
	PreWar        bool   `json:"pre_war"`
}

// gazaStrip begins the p-code of each governorate of the Gaza Strip. The points of places there are pre-war.
const gazaStrip = "PS02"

func placeFeature(p atlas.Place) feature {
	return newFeature(p.Code, pointOf(p.Point), placeProperties{
		NameAR: p.Name.AR, NameEN: p.Name.EN, Kind: p.Kind, Governorate: p.GovernorateCode, GovernorateAR: p.Governorate.AR,
		GovernorateEN: p.Governorate.EN, ReachZone: p.ZoneCode, Population: p.Population, Camp: p.Camp,
		PreWar: strings.HasPrefix(p.GovernorateCode, gazaStrip),
	})
}

type areaProperties struct {
	NameAR     string `json:"name_ar"`
	NameEN     string `json:"name_en"`
	Indicative bool   `json:"indicative"`
	Source     string `json:"source"`
	UpdatedAt  string `json:"updated_at"`
}

func areaFeature(a atlas.Area) feature {
	return newFeature(a.Code, shapeOf(a.Shape), areaProperties{a.Name.AR, a.Name.EN, a.Indicative, a.Source, on(&a.UpdatedAt, time.RFC3339)})
}
