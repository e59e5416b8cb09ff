package geo_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"tahweel/geo"
	"tahweel/internal/fault"
)

func TestNewPointRefusesWhatIsNotOnTheEarth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		lat, lon float64
		pointers []string
	}{
		{"latitude 135, which PostGIS would fold", 135, 35, []string{"?lat"}},
		{"latitude -90.1", -90.1, 35, []string{"?lat"}},
		{"longitude 180.5", 31, 180.5, []string{"?lon"}},
		{"NaN", math.NaN(), 35, []string{"?lat"}},
		{"infinity and NaN", math.Inf(1), math.NaN(), []string{"?lat", "?lon"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := geo.NewPoint(c.lat, c.lon)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != "point_invalid" || len(f.Fields) != len(c.pointers) {
				t.Fatalf("NewPoint(%v, %v): %v", c.lat, c.lon, err)
			}
			for i, want := range c.pointers {
				if f.Fields[i].Pointer != want {
					t.Errorf("field %d is %s, want %s", i, f.Fields[i].Pointer, want)
				}
			}
		})
	}
}

func TestPointKeepsLatitudeAndLongitudeApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		p, err := geo.NewPoint(lat, lon)
		if err != nil {
			t.Fatal(err)
		}
		var q geo.Point
		if err := q.SetLonLat(p.LonLat()); err != nil || q != p || q.Lat() != lat || q.Lon() != lon {
			t.Fatalf("%v became %v (%v)", p, q, err)
		}
		if err := q.SetLonLat(lon, 91); err == nil || q != p {
			t.Fatalf("a refused point changed %v to %v", p, q)
		}
	})
}
