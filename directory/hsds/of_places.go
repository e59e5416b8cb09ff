package hsds

import (
	"strconv"

	"github.com/google/uuid"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"tahweel/directory"
)

// addresses are those of the location; one that has none, but a place or an address of its own, is given one.
func (v View) addresses(l directory.Location) []Address {
	stated := l.Details.Addresses
	if len(stated) == 0 && (l.Address != directory.Name{} || l.PlaceCode != "") {
		stated = []directory.Address{{Record: directory.Record{ID: ownAddressID(l.ID)}, Country: "PS"}}
	}
	out := make([]Address, 0, len(stated))
	for i, a := range stated {
		if i == 0 && l.Address != (directory.Name{}) {
			a.Address1 = l.Address
		}
		if v.served() || a.ID == ownAddressID(l.ID) {
			a = v.located(a, l)
		}
		out = append(out, v.address(idText(l.ID), i, a))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// located fills what an address does not say itself with what is known of the place.
func (v View) located(a directory.Address, l directory.Location) directory.Address {
	if place, ok := v.Places[l.PlaceCode]; ok {
		if a.City == (directory.Name{}) {
			a.City = place.Name
		}
		a.StateProvince = or(a.StateProvince, place.Governorate.Name.EN)
	}
	if v.served() {
		for _, instead := range []directory.Name{a.Address2, a.City, l.Name} {
			if a.Address1 == (directory.Name{}) {
				a.Address1 = instead
			}
		}
		if a.City == (directory.Name{}) {
			a.City = l.Name
		}
		a.Country = or(a.Country, "PS")
	}
	return a
}

func ownAddressID(location uuid.UUID) uuid.UUID {
	return idOf(derived(location.String(), "own address"))
}

// serviceAreas are the areas that the service states, and after them those that it declares.
func (v View) serviceAreas(s directory.Service) []ServiceArea {
	id := idText(s.ID)
	out := parts(id, s.Details.StatedAreas, v.statedArea)
	for _, a := range s.Areas {
		out = append(out, v.area(id, a))
	}
	return out
}

func (v View) area(service string, a directory.Area) ServiceArea {
	t := v.texts()
	var out ServiceArea
	switch {
	case a.GovernorateCode != "":
		out = ServiceArea{Name: t.put("name", v.Governorates[a.GovernorateCode].Name), Governorate: a.GovernorateCode}
		out.ID = derived(service, "governorate", a.GovernorateCode)
	case a.PlaceCode != "":
		out = ServiceArea{Name: t.put("name", v.Places[a.PlaceCode].Name), Place: a.PlaceCode}
		out.ID = derived(service, "place", a.PlaceCode)
	case a.Nationwide:
		out = ServiceArea{Name: t.put("name", directory.Name{AR: "كل الوطن", EN: "The whole country"}), Nationwide: true}
		out.ID = derived(service, "nationwide")
	case a.Polygon != nil:
		text, err := geojson.Marshal(a.Polygon)
		if err != nil {
			text = nil // a multipolygon in memory always has a form; without one the area would have no extent
		}
		out = ServiceArea{Extent: string(text), ExtentType: "geojson"}
		out.ID = polygonID(service, out.Extent)
	}
	out.Translations = t.kept
	return out
}

// polygonID marks a polygon as one that the service declares, and not one that it only states.
func polygonID(service, extent string) string {
	return derived(service, "polygon", strconv.Itoa(len(extent)), extent)
}

// polygon reads the area's polygon, if it is one that the service declared.
func (a ServiceArea) polygon(service string) (*geom.MultiPolygon, bool) {
	if a.ExtentType != "geojson" || a.ID != polygonID(service, a.Extent) {
		return nil, false
	}
	var shape geom.T
	if err := geojson.Unmarshal([]byte(a.Extent), &shape); err != nil {
		return nil, false
	}
	polygon, ok := shape.(*geom.MultiPolygon)
	return polygon, ok
}
