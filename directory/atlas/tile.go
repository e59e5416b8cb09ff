package atlas

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Zooms of the tiles. Up to ClusteredZoom a tile holds clusters, one for each of its 64 by 64 cells that is not empty; from the next one
// on it holds each provider.
const (
	MaximumZoom   = 16
	ClusteredZoom = 11
	coarsestZoom  = 5 // the lowest whose clusters are kept; those below are made of its own
)

// Tile is the address of a vector tile: z is the zoom, x counts from the west and y from the north (the "XYZ" scheme).
type Tile struct{ Z, X, Y int }

// NewTile returns the tile, or fails with fault.NotFound "no_such_tile" if the zoom is beyond MaximumZoom or there is no such column or
// row at this zoom.
func NewTile(z, x, y int) (Tile, error) {
	if z < 0 || z > MaximumZoom || x < 0 || x >= 1<<z || y < 0 || y >= 1<<z {
		return Tile{}, errNoTile
	}
	return Tile{z, x, y}, nil
}

var errNoTile = fault.New(fault.NotFound, "no_such_tile", "There is no such tile.", "لا توجد بلاطة كهذه.")

// Root is a root of the needs. Its place in Roots is its bit in the tiles' property needs.
type Root struct {
	Code string
	Name directory.Name
}

// Roots returns the roots of the needs in the order of their codes.
func (s *Store) Roots(ctx context.Context) (roots []Root, err error) {
	type rootRow struct{ Code, NameAr, NameEn string }
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		found, err := collect[rootRow](ctx, q, `
			SELECT n.code, n.name_ar, n.name_en
			FROM need AS n
			WHERE n.parent_id IS NULL
			ORDER BY n.code COLLATE "C"`, pgx.StrictNamedArgs{})
		roots = make([]Root, len(found))
		for i, r := range found {
			roots[i] = Root{Code: r.Code, Name: directory.Name{AR: r.NameAr, EN: r.NameEn}}
		}
		return err
	})
	return roots, err
}

// rootCodes are the roots of the needs in the order of Roots: the place of a code, counted from 1, is its bit, counted from 1.
const rootCodes = `
			(SELECT array_agg(n.code ORDER BY n.code COLLATE "C") FROM need AS n WHERE n.parent_id IS NULL)`

// ProviderTile returns the providers shown today in a tile, as a Mapbox Vector Tile with the layer "providers"; empty if there are none.
//
// Features up to ClusteredZoom stand at the mean of their points and have count, accepting (how many of them take people) and needs (the
// roots that at least one of them meets, as bits). From the next zoom on each provider has id, its names, accepting (1 or 0) and needs,
// and count is 1.
func (s *Store) ProviderTile(ctx context.Context, t Tile) (tile []byte, err error) {
	day := s.today()
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		if t.Z > ClusteredZoom {
			tile, err = pointTile(ctx, q, t, day)
			return err
		}
		var counted bool
		if err := q.QueryRow(ctx, `SELECT d.day = @day FROM map_day AS d`, pgx.StrictNamedArgs{"day": day}).Scan(&counted); err != nil {
			return fmt.Errorf("read the day of the map: %w", err)
		}
		tile, err = clusterTile(ctx, q, t, day, counted)
		return err
	})
	return tile, err
}

// clustersKept reads what the database keeps; clustersMade makes the same of the points, for a day that is not the kept one.
const (
	clustersKept = `
		SELECT c.cell_x >> @coarser AS x, c.cell_y >> @coarser AS y, c.root, c.providers, c.accepting, c.sum_x, c.sum_y
		FROM map_cluster AS c
		WHERE c.zoom = @zoom
			AND c.cell_x >> 6 BETWEEN @x << @coarser AND ((@x + 1) << @coarser) - 1
			AND c.cell_y >> 6 BETWEEN @y << @coarser AND ((@y + 1) << @coarser) - 1
			AND c.providers > 0
			AND @day::date IS NOT NULL`
	clustersMade = `
		SELECT c.cell_x >> @coarser AS x, c.cell_y >> @coarser AS y, c.root, c.providers, c.accepting, c.sum_x, c.sum_y
		FROM tahweel_map_clusters(ARRAY(
			SELECT p
			FROM map_point AS p
			WHERE p.cell_x >> (17 - @z) = @x
				AND p.cell_y >> (17 - @z) = @y
		), @day) AS c
		WHERE c.zoom = @zoom`
)

func clusterTile(ctx context.Context, q pg.Querier, t Tile, day time.Time, counted bool) (tile []byte, err error) {
	clusters := clustersMade
	if counted {
		clusters = clustersKept
	}
	zoom := max(t.Z, coarsestZoom)
	args := pgx.StrictNamedArgs{"z": t.Z, "x": t.X, "y": t.Y, "zoom": zoom, "coarser": zoom - t.Z, "day": day}
	err = q.QueryRow(ctx, `
		WITH part AS (`+clusters+`
		),
		cell AS (
			SELECT part.x, part.y,
			       sum(part.providers) FILTER (WHERE part.root = '')::integer AS count,
			       sum(part.accepting) FILTER (WHERE part.root = '')::integer AS accepting,
			       coalesce(bit_or(1 << array_position(`+rootCodes+`, part.root) - 1), 0) AS needs,
			       sum(part.sum_x::double precision) FILTER (WHERE part.root = '') AS sum_x,
			       sum(part.sum_y::double precision) FILTER (WHERE part.root = '') AS sum_y
			FROM part
			GROUP BY part.x, part.y
		),
		feature AS (
			SELECT ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(cell.sum_x / cell.count, cell.sum_y / cell.count), 3857),
			         ST_TileEnvelope(@z, @x, @y), 4096, 0, false) AS geom,
			       cell.count, cell.accepting, cell.needs
			FROM cell
			ORDER BY cell.y, cell.x
		)
		SELECT ST_AsMVT(feature, 'providers', 4096, 'geom')
		FROM feature`, args).Scan(&tile)
	if err != nil {
		return nil, fmt.Errorf("make a tile of clusters: %w", err)
	}
	return tile, nil
}

func pointTile(ctx context.Context, q pg.Querier, t Tile, day time.Time) (tile []byte, err error) {
	err = q.QueryRow(ctx, `
		WITH feature AS (
			SELECT ST_AsMVTGeom(ST_Transform(p.geom, 3857), ST_TileEnvelope(@z, @x, @y), 4096, 0, true) AS geom,
			       p.service_at_location_id::text AS id, 1 AS count,
			       (p.accepting_status = 'capacity' AND coalesce(p.accepting_to >= @day, false))::integer AS accepting,
			       (SELECT coalesce(bit_or(1 << array_position(`+rootCodes+`, root.code) - 1), 0) FROM unnest(p.roots) AS root (code)) AS needs,
			       s.name_ar, s.name_en, o.name_ar AS organization_ar, o.name_en AS organization_en
			FROM map_point AS p
			JOIN service_at_location AS sal ON sal.id = p.service_at_location_id
			JOIN service AS s ON s.id = sal.service_id
			JOIN organization AS o ON o.id = s.organization_id
			WHERE p.geom && ST_Transform(ST_TileEnvelope(@z, @x, @y), 4326)
				AND @day BETWEEN p.shown_from AND p.shown_to
			ORDER BY p.service_at_location_id
		)
		SELECT ST_AsMVT(feature, 'providers', 4096, 'geom')
		FROM feature`, pgx.StrictNamedArgs{"z": t.Z, "x": t.X, "y": t.Y, "day": day}).Scan(&tile)
	if err != nil {
		return nil, fmt.Errorf("make a tile of providers: %w", err)
	}
	return tile, nil
}
