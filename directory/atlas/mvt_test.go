package atlas_test

import (
	"encoding/binary"
	"math"
	"testing"

	"tahweel/directory/atlas"
	"tahweel/geo"
)

// feature is a point of a vector tile, in 4096ths of the tile, with its properties.
type feature struct {
	x, y       int
	properties map[string]any
}

// decode reads a Mapbox Vector Tile (specification 2.1) with one layer of points, as far as ours go.
func decode(t *testing.T, tile []byte) []feature {
	t.Helper()
	var features []feature
	for _, layer := range fields(t, tile) {
		var keys []string
		var values []any
		for _, f := range fields(t, layer.bytes) {
			switch f.number {
			case 1:
				if string(f.bytes) != "providers" {
					t.Errorf("the layer is called %q", f.bytes)
				}
			case 3:
				keys = append(keys, string(f.bytes))
			case 4:
				values = append(values, valueOf(t, f.bytes))
			}
		}
		for _, f := range fields(t, layer.bytes) {
			if f.number == 2 {
				features = append(features, featureOf(t, f.bytes, keys, values))
			}
		}
	}
	return features
}

func featureOf(t *testing.T, encoded []byte, keys []string, values []any) feature {
	t.Helper()
	f := feature{properties: map[string]any{}}
	for _, part := range fields(t, encoded) {
		switch part.number {
		case 2:
			tags := integers(part.bytes)
			for i := 0; i+1 < len(tags); i += 2 {
				f.properties[keys[tags[i]]] = values[tags[i+1]]
			}
		case 4: // MoveTo once, then two zigzag integers
			g := integers(part.bytes)
			if len(g) != 3 || g[0] != 9 {
				t.Fatalf("not one point: %v", g)
			}
			f.x, f.y = zigzag(g[1]), zigzag(g[2])
		}
	}
	return f
}

func valueOf(t *testing.T, encoded []byte) any {
	t.Helper()
	f := fields(t, encoded)[0]
	switch f.number {
	case 1:
		return string(f.bytes)
	case 4, 5:
		return int(f.integer)
	case 6:
		return zigzag(f.integer)
	}
	t.Fatalf("a value of type %d", f.number)
	return nil
}

type field struct {
	number  int
	integer uint64
	bytes   []byte
}

// fields takes a protocol buffer apart.
func fields(t *testing.T, b []byte) []field {
	t.Helper()
	var all []field
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		value, m := binary.Uvarint(b[n:])
		if n <= 0 || m <= 0 {
			t.Fatal("not a protocol buffer")
		}
		b = b[n+m:]
		f := field{number: int(key >> 3), integer: value}
		if key&7 == 2 {
			f.bytes, b = b[:value], b[value:]
		}
		all = append(all, f)
	}
	return all
}

func integers(b []byte) (all []uint64) {
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		all, b = append(all, v), b[n:]
	}
	return all
}

func zigzag(v uint64) int { return int(v>>1) ^ -int(v&1) }

// around is the tile of the zoom in which the point lies.
func around(t *testing.T, z int, p geo.Point) atlas.Tile {
	t.Helper()
	n := math.Exp2(float64(z))
	lat := p.Lat() * math.Pi / 180
	return must(atlas.NewTile(z, int((p.Lon()+180)/360*n), int((1-math.Log(math.Tan(lat)+1/math.Cos(lat))/math.Pi)/2*n)))(t)
}

// degrees is where the feature of the tile lies.
func degrees(t atlas.Tile, f feature) (lon, lat float64) {
	n := math.Exp2(float64(t.Z))
	lon = (float64(t.X)+float64(f.x)/4096)/n*360 - 180
	lat = math.Atan(math.Sinh(math.Pi*(1-2*(float64(t.Y)+float64(f.y)/4096)/n))) * 180 / math.Pi
	return lon, lat
}

func abs(f float64) float64 { return math.Abs(f) }
