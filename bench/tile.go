package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory/atlas"
	"tahweel/internal/pg"
)

// MaximumTileBytes is the goal: no tile up to zoom MaximumTileZoom is larger, before compression.
const (
	MaximumTileBytes = 100_000
	MaximumTileZoom  = 10
)

// TilesOf returns the tiles of a zoom that hold anything on the day of the map.
func TilesOf(ctx context.Context, q pg.Querier, zoom int) ([]atlas.Tile, error) {
	kept := max(zoom, 5)
	rows, err := q.Query(ctx, `
		SELECT DISTINCT @zoom::integer AS z, c.cell_x >> (6 + @coarser) AS x, c.cell_y >> (6 + @coarser) AS y
		FROM map_cluster AS c
		WHERE c.zoom = @kept
			AND c.providers > 0
		ORDER BY x, y`, pgx.StrictNamedArgs{"zoom": zoom, "kept": kept, "coarser": kept - zoom})
	if err != nil {
		return nil, fmt.Errorf("bench: list the tiles: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[atlas.Tile])
}

// RawTile makes the tile without clusters, as PostGIS alone would: one feature for each point. It returns its size in bytes.
func RawTile(ctx context.Context, q pg.Querier, t atlas.Tile, day time.Time) (size int, err error) {
	err = q.QueryRow(ctx, `
		WITH feature AS (
		  SELECT ST_AsMVTGeom(ST_Transform(p.geom, 3857), ST_TileEnvelope(@z, @x, @y), 4096, 0, true) AS geom,
		         p.service_at_location_id::text AS id, (p.accepting_status = 'capacity')::integer AS accepting
		  FROM map_point AS p
		  WHERE p.geom && ST_Transform(ST_TileEnvelope(@z, @x, @y), 4326)
		    AND @day BETWEEN p.shown_from AND p.shown_to
		)
		SELECT length(ST_AsMVT(feature, 'providers', 4096, 'geom'))
		FROM feature`, pgx.StrictNamedArgs{"z": t.Z, "x": t.X, "y": t.Y, "day": day}).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("bench: make a tile of points: %w", err)
	}
	return size, nil
}
