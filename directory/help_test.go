package directory_test

import (
	"testing"

	"github.com/twpayne/go-geom"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
)

var kinds = map[string]fault.Kind{
	"forbidden": fault.Forbidden, "invalid": fault.Invalid, "refused": fault.Refused, "impossible": fault.Impossible,
	"conflict": fault.Conflict, "not found": fault.NotFound,
}

func wantFault(t *testing.T, what string, err error, kind string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kinds[kind] {
		t.Errorf("%s: got %v, want %s", what, err, kind)
	}
}

func ptr(lat, lon float64) *geo.Point {
	p, err := geo.NewPoint(lat, lon)
	if err != nil {
		panic(err)
	}
	return &p
}

func with(change func(*directory.Query)) directory.Query {
	q := near(yatta)
	change(&q)
	return q
}

func area(a directory.Area) func(*world, *provider) {
	return func(_ *world, p *provider) { p.service.Areas = []directory.Area{a} }
}

func remote(areas ...directory.Area) func(*world, *provider) {
	return func(_ *world, p *provider) {
		p.service.DeliveryModes, p.service.Areas, p.place = []directory.DeliveryMode{directory.Remote}, areas, ""
	}
}

func square(lat, lon, side float64) *geom.MultiPolygon {
	h := side / 2
	return geom.NewMultiPolygon(geom.XY).MustSetCoords([][][]geom.Coord{{{
		{lon - h, lat - h}, {lon + h, lat - h}, {lon + h, lat + h}, {lon - h, lat + h}, {lon - h, lat - h},
	}}})
}
