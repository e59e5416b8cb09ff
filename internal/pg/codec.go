package pg

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"
)

// SRID is the only spatial reference system of the product: WGS 84, longitude and latitude in degrees.
const SRID = 4326

// Pointer is anything that is a place on the earth; it is sent as a PostGIS point. Degrees.
type Pointer interface{ LonLat() (lon, lat float64) }

// PointSetter is a scan target for PostGIS points. SetLonLat takes degrees and may refuse them.
type PointSetter interface{ SetLonLat(lon, lat float64) error }

// registerGeometry teaches the connection geometry and geography and their arrays, whose OIDs differ from database to database.
func registerGeometry(ctx context.Context, conn *pgx.Conn) error {
	var geometry, geometries, geography, geographies uint32
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT
			'geometry'::regtype::oid, 'geometry[]'::regtype::oid,
			'geography'::regtype::oid, 'geography[]'::regtype::oid`,
	).QueryRow(func(row pgx.Row) error { return row.Scan(&geometry, &geometries, &geography, &geographies) })
	batch.Queue(`
		SELECT ST_DWithin('POINT(35.1 31.5)'::geography, 'POINT(34.5 31.5)'::geography, 1000)`)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("learn the types of PostGIS: %w", err)
	}
	for _, t := range []struct {
		name         string
		scalar, many uint32
	}{{"geometry", geometry, geometries}, {"geography", geography, geographies}} {
		scalar := &pgtype.Type{Name: t.name, OID: t.scalar, Codec: geometryCodec{}}
		conn.TypeMap().RegisterType(scalar)
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "_" + t.name, OID: t.many, Codec: &pgtype.ArrayCodec{ElementType: scalar}})
	}
	return nil
}

// geometryCodec translates between EWKB, the binary form of PostGIS, and geom.T, Pointer and PointSetter.
type geometryCodec struct{}

func (geometryCodec) FormatSupported(format int16) bool { return format == pgtype.BinaryFormatCode }
func (geometryCodec) PreferredFormat() int16            { return pgtype.BinaryFormatCode }

func (geometryCodec) PlanEncode(_ *pgtype.Map, _ uint32, format int16, value any) pgtype.EncodePlan {
	if format != pgtype.BinaryFormatCode {
		return nil
	}
	switch value.(type) {
	case Pointer:
		return encodePoint{}
	case geom.T:
		return encodeGeometry{}
	}
	return nil
}

type encodePoint struct{}

func (encodePoint) Encode(value any, buf []byte) ([]byte, error) {
	lon, lat := value.(Pointer).LonLat()
	if err := onEarth(lon, lat); err != nil {
		return nil, err
	}
	buf = append(buf, 1) // little endian
	buf = binary.LittleEndian.AppendUint32(buf, 1|sridFlag)
	buf = binary.LittleEndian.AppendUint32(buf, SRID)
	buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(lon))
	return binary.LittleEndian.AppendUint64(buf, math.Float64bits(lat)), nil
}

// onEarth refuses coordinates that PostGIS would silently fold onto another place of the globe.
func onEarth(lon, lat float64) error {
	if !(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) { // NaN fails every comparison
		return errors.New("pg: the point is not on the earth: longitude -180 to 180, latitude -90 to 90")
	}
	return nil
}

type encodeGeometry struct{}

// sridFlag in the type word of EWKB says that the SRID follows it.
const sridFlag = 0x20000000

func (encodeGeometry) Encode(value any, buf []byte) ([]byte, error) {
	g := value.(geom.T)
	if srid := g.SRID(); srid != 0 && srid != SRID {
		return nil, fmt.Errorf("pg: a geometry of SRID %d, only %d is spoken here", srid, SRID)
	}
	if err := allOnEarth(g); err != nil {
		return nil, err
	}
	data, err := ewkb.Marshal(g, ewkb.NDR)
	if err != nil {
		return nil, fmt.Errorf("encode a geometry: %w", err)
	}
	if g.SRID() == SRID {
		return append(buf, data...), nil
	}
	// The geometry is the caller's and stays untouched: the SRID goes into its encoded form.
	kind := binary.LittleEndian.Uint32(data[1:5])
	buf = append(buf, data[0])
	buf = binary.LittleEndian.AppendUint32(buf, kind|sridFlag)
	buf = binary.LittleEndian.AppendUint32(buf, SRID)
	return append(buf, data[5:]...), nil
}

func allOnEarth(g geom.T) error {
	if collection, ok := g.(*geom.GeometryCollection); ok { // has no coordinates of its own, and panics when asked for them
		for _, part := range collection.Geoms() {
			if err := allOnEarth(part); err != nil {
				return err
			}
		}
		return nil
	}
	flat, stride := g.FlatCoords(), g.Stride()
	for i := 0; stride >= 2 && i+1 < len(flat); i += stride {
		if err := onEarth(flat[i], flat[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (geometryCodec) PlanScan(_ *pgtype.Map, _ uint32, format int16, target any) pgtype.ScanPlan {
	if format != pgtype.BinaryFormatCode {
		return nil
	}
	switch target.(type) {
	case PointSetter, *geom.T, *geom.Point, *geom.LineString, *geom.Polygon, *geom.MultiPoint, *geom.MultiLineString,
		*geom.MultiPolygon, *geom.GeometryCollection:
		return scanGeometry{}
	}
	return nil
}

// scanGeometry keeps no target: pgx makes one plan for all rows and gives each row's target to Scan.
type scanGeometry struct{}

func (scanGeometry) Scan(src []byte, target any) error {
	if src == nil {
		if dst, ok := target.(*geom.T); ok {
			*dst = nil
			return nil
		}
		return fmt.Errorf("pg: cannot scan NULL into %T", target)
	}
	g, err := ewkb.Unmarshal(src)
	if err != nil {
		return fmt.Errorf("decode a geometry: %w", err)
	}
	return assign(target, g)
}

func assign(target any, g geom.T) error {
	switch dst := target.(type) {
	case PointSetter:
		p, ok := g.(*geom.Point)
		if !ok || p.Empty() {
			return fmt.Errorf("pg: cannot scan %T into %T, only a point that is somewhere", g, target)
		}
		return dst.SetLonLat(p.X(), p.Y())
	case *geom.T:
		*dst = g
		return nil
	case *geom.Point:
		return swap(dst, g)
	case *geom.LineString:
		return swap(dst, g)
	case *geom.Polygon:
		return swap(dst, g)
	case *geom.MultiPoint:
		return swap(dst, g)
	case *geom.MultiLineString:
		return swap(dst, g)
	case *geom.MultiPolygon:
		return swap(dst, g)
	case *geom.GeometryCollection:
		src, ok := g.(*geom.GeometryCollection)
		if ok {
			*dst = *src
			return nil
		}
	}
	return fmt.Errorf("pg: cannot scan %T into %T", g, target)
}

// swap moves g into dst if it is of dst's type.
func swap[P interface{ Swap(P) }](dst P, g geom.T) error {
	src, ok := any(g).(P)
	if !ok {
		return fmt.Errorf("pg: cannot scan %T into %T", g, dst)
	}
	dst.Swap(src)
	return nil
}

func (geometryCodec) DecodeValue(_ *pgtype.Map, _ uint32, _ int16, src []byte) (any, error) {
	if src == nil {
		return nil, nil
	}
	return ewkb.Unmarshal(src)
}

func (c geometryCodec) DecodeDatabaseSQLValue(_ *pgtype.Map, _ uint32, _ int16, src []byte) (driver.Value, error) {
	if src == nil {
		return nil, nil
	}
	return src, nil
}
