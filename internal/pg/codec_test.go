package pg_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

// spot is a point as a domain package has it.
type spot struct{ lon, lat float64 }

func (s spot) LonLat() (lon, lat float64) { return s.lon, s.lat }

func (s *spot) SetLonLat(lon, lat float64) error {
	if lat > 80 {
		return errors.New("too far north")
	}
	*s = spot{lon, lat}
	return nil
}

// typedID is a row id as domain packages have them.
type typedID struct{ uuid.UUID }

func TestPointsGoThereAndBack(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	yatta := spot{35.09, 31.447}
	for _, kind := range []string{"geography", "geometry"} {
		var back, viaPointer spot
		var lon, lat float64
		var srid int
		err := pool.QueryRow(t.Context(), "SELECT $1::"+kind+", $2::"+kind+", ST_X($1::"+kind+"::geometry), ST_Y($1::"+kind+"::geometry), ST_SRID($1::"+kind+"::geometry)",
			yatta, &yatta).Scan(&back, &viaPointer, &lon, &lat, &srid)
		if err != nil {
			t.Fatal(err)
		}
		if back != yatta || viaPointer != yatta || lon != yatta.lon || lat != yatta.lat || srid != pg.SRID {
			t.Errorf("%s: got %v, %v, longitude %v, latitude %v, SRID %d", kind, back, viaPointer, lon, lat, srid)
		}
	}
}

func TestArraysAndMissingPoints(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	want := []spot{{35.09, 31.447}, {34.5, 31.5}, {35.2, 31.9}}
	for _, kind := range []string{"geography", "geometry"} {
		var back []spot
		var maybe []*spot
		var none *spot
		err := pool.QueryRow(t.Context(), "SELECT $1::"+kind+"[], ARRAY[$2::"+kind+", NULL], $3::"+kind, want, want[0], (*spot)(nil)).
			Scan(&back, &maybe, &none)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, back, cmp.AllowUnexported(spot{})); diff != "" {
			t.Errorf("%s[]: %s", kind, diff)
		}
		if len(maybe) != 2 || maybe[0] == nil || *maybe[0] != want[0] || maybe[1] != nil || none != nil {
			t.Errorf("%s: with NULL: %v, %v", kind, maybe, none)
		}
	}
	var s spot
	if err := pool.QueryRow(t.Context(), "SELECT NULL::geography").Scan(&s); err == nil {
		t.Error("NULL became a point")
	}
}

// pgx makes one plan for all rows: a codec that keeps the first target would give every row the same point.
func TestEachRowHasItsOwnPoint(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	rows, err := pool.Query(t.Context(), "SELECT ST_SetSRID(ST_MakePoint(n, n), 4326)::geography AS place FROM generate_series(1, 5) AS n ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ Place spot }
	got, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range got {
		if want := (spot{float64(i + 1), float64(i + 1)}); r.Place != want {
			t.Errorf("row %d has %v", i+1, r.Place)
		}
	}
}

func TestShapesGoThereAndBack(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	ring := []geom.Coord{{35, 31}, {35.1, 31}, {35.1, 31.1}, {35, 31}}
	shapes := map[string]geom.T{
		"ST_Point":              geom.NewPointFlat(geom.XY, []float64{35, 31}),
		"ST_LineString":         geom.NewLineString(geom.XY).MustSetCoords(ring),
		"ST_Polygon":            geom.NewPolygon(geom.XY).MustSetCoords([][]geom.Coord{ring}),
		"ST_MultiPoint":         geom.NewMultiPoint(geom.XY).MustSetCoords(ring),
		"ST_MultiLineString":    geom.NewMultiLineString(geom.XY).MustSetCoords([][]geom.Coord{ring}),
		"ST_MultiPolygon":       geom.NewMultiPolygon(geom.XY).MustSetCoords([][][]geom.Coord{{ring}}),
		"ST_GeometryCollection": geom.NewGeometryCollection().MustPush(geom.NewPointFlat(geom.XY, []float64{35, 31})),
	}
	for want, shape := range shapes {
		var kind string
		var srid int
		var back geom.T
		err := pool.QueryRow(t.Context(), "SELECT ST_GeometryType($1::geometry), ST_SRID($1::geometry), $1::geometry", shape).Scan(&kind, &srid, &back)
		if err != nil || kind != want || srid != pg.SRID {
			t.Errorf("%s: arrived as %s of SRID %d, %v", want, kind, srid, err)
			continue
		}
		if shape.SRID() != 0 {
			t.Errorf("%s: encoding changed the caller's shape", want)
		}
		if collection, ok := back.(*geom.GeometryCollection); ok { // has no coordinates of its own
			shape, back = shape.(*geom.GeometryCollection).Geom(0), collection.Geom(0)
		}
		if diff := cmp.Diff(shape.FlatCoords(), back.FlatCoords()); diff != "" {
			t.Errorf("%s came back with %s", want, diff)
		}
	}
	var area geom.MultiPolygon
	if err := pool.QueryRow(t.Context(), "SELECT $1::geometry", shapes["ST_MultiPolygon"]).Scan(&area); err != nil || area.NumPolygons() != 1 {
		t.Errorf("into a concrete type: %d polygons, %v", area.NumPolygons(), err)
	}
	if err := pool.QueryRow(t.Context(), "SELECT $1::geometry", shapes["ST_Polygon"]).Scan(&area); err == nil {
		t.Error("a polygon was scanned into a multipolygon")
	}
	var s spot
	if err := pool.QueryRow(t.Context(), "SELECT $1::geometry", shapes["ST_Polygon"]).Scan(&s); err == nil {
		t.Error("a polygon was scanned into a point")
	}
	if err := pool.QueryRow(t.Context(), "SELECT 'SRID=4326;POINT(10 85)'::geometry").Scan(&s); err == nil {
		t.Error("the target's refusal was ignored")
	}
}

func TestWhatIsNotOnTheEarthIsNotSent(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	for name, value := range map[string]any{
		"latitude 135": spot{35, 135}, "longitude 181": spot{181, 31}, "not a number": spot{math.NaN(), 31},
		"infinite": spot{35, math.Inf(1)}, "a shape": geom.NewPointFlat(geom.XY, []float64{35, 91}),
		"another SRID": geom.NewPointFlat(geom.XY, []float64{35, 31}).SetSRID(32636),
	} {
		if _, err := pool.Exec(t.Context(), "SELECT $1::geography", value); err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	// The control: PostGIS itself folds latitude 135 without an error.
	var lat float64
	if err := pool.QueryRow(t.Context(), "SELECT ST_Y('POINT(35 135)'::geography::geometry)").Scan(&lat); err != nil || lat != 45 {
		t.Errorf("PostGIS made %v of latitude 135, %v", lat, err)
	}
}

func TestTimesAndIDs(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.FixedZone("Hebron", 2*60*60))
	id := typedID{uuid.Must(uuid.NewV7())}
	var back time.Time
	var times []time.Time
	var idBack typedID
	var ids []uuid.UUID
	err := pool.QueryRow(t.Context(), "SELECT $1::timestamptz, ARRAY[$1::timestamptz], $2::uuid, $3::uuid[]", at, id, []uuid.UUID{id.UUID}).
		Scan(&back, &times, &idBack, &ids)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Equal(at) || back.Location() != time.UTC || len(times) != 1 || times[0].Location() != time.UTC {
		t.Errorf("times came back as %v, %v", back, times)
	}
	if idBack != id || len(ids) != 1 || ids[0] != id.UUID {
		t.Errorf("ids came back as %v, %v", idBack, ids)
	}
}

func TestIdsGoThereAndBack(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t).DB.Pool()
	id, other := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	var text string
	var back, missing uuid.UUID
	var pointer, nothing *uuid.UUID
	var many []uuid.UUID
	var nullable uuid.NullUUID
	missing = other
	err := pool.QueryRow(t.Context(), "SELECT $1::uuid::text, $1::uuid, NULL::uuid, $2::uuid, $3::uuid, $4::uuid[], $5::uuid", id, &other, (*uuid.UUID)(nil),
		[]uuid.UUID{other, id}, uuid.NullUUID{}).Scan(&text, &back, &missing, &pointer, &nothing, &many, &nullable)
	if err != nil {
		t.Fatal(err)
	}
	if text != id.String() || back != id || missing != uuid.Nil || pointer == nil || *pointer != other || nothing != nil || nullable.Valid {
		t.Errorf("got %s, %v, %v, %v, %v, %v", text, back, missing, pointer, nothing, nullable)
	}
	if diff := cmp.Diff([]uuid.UUID{other, id}, many); diff != "" {
		t.Error(diff)
	}
	if err := pool.QueryRow(t.Context(), "SELECT 'no id'").Scan(&back); err == nil {
		t.Error("a text became an id")
	}
}
