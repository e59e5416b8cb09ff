package geo

import (
	"fmt"

	"tahweel/internal/fault"
)

// Point is a place on the earth in WGS 84 degrees. Only NewPoint and SetLonLat make one, so that a Point is always on the
// earth; the zero Point is the one at latitude 0, longitude 0. A Point is comparable.
type Point struct{ lon, lat float64 }

// NewPoint returns the point at the latitude and longitude, in degrees. It fails with fault.Invalid "point_invalid", naming
// ?lat or ?lon, for NaN, a latitude beyond ±90 or a longitude beyond ±180, which PostGIS would silently fold onto another place.
func NewPoint(lat, lon float64) (Point, error) {
	e := errPointInvalid
	if !(lat >= -90 && lat <= 90) { // NaN fails every comparison
		e = e.At("?lat", "A latitude is between -90 and 90 degrees.", "خط العرض بين -90 و90 درجة.")
	}
	if !(lon >= -180 && lon <= 180) {
		e = e.At("?lon", "A longitude is between -180 and 180 degrees.", "خط الطول بين -180 و180 درجة.")
	}
	if e != errPointInvalid {
		return Point{}, e
	}
	return Point{lon: lon, lat: lat}, nil
}

// Lat returns the latitude in degrees, north positive.
func (p Point) Lat() float64 { return p.lat }

// Lon returns the longitude in degrees, east positive.
func (p Point) Lon() float64 { return p.lon }

// LonLat returns longitude and latitude in degrees, in the order of PostGIS.
func (p Point) LonLat() (lon, lat float64) { return p.lon, p.lat }

// SetLonLat makes p the point at lon and lat, in degrees, or fails as NewPoint does and leaves p as it was.
func (p *Point) SetLonLat(lon, lat float64) error {
	q, err := NewPoint(lat, lon)
	if err == nil {
		*p = q
	}
	return err
}

// String is for logs of tests and tools; where a household lives is not to be logged.
func (p Point) String() string { return fmt.Sprintf("%.5f,%.5f", p.lat, p.lon) }

var errPointInvalid = fault.New(fault.Invalid, "point_invalid",
	"The point is not on the earth.", "النقطة ليست على سطح الأرض.")
