-- +goose Up

-- What the public map shows. All of it is public and stands outside row-level security; none of it is made of what is confidential.

-- When an area was derived or imported. Imports are made by the service's login.
ALTER TABLE governorate_area ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
GRANT INSERT, UPDATE ON governorate_area TO tahweel_app;

-- Where a reach zone is, derived from the places as the governorates are, and always indicative: a zone is where passage is free and
-- has no boundary of its own.
CREATE TABLE reach_zone_area (
  zone_code  text                          CONSTRAINT reach_zone_area_pkey PRIMARY KEY
             CONSTRAINT reach_zone_area_zone_fkey REFERENCES reach_zone (code),
  geog       geography(MultiPolygon, 4326) NOT NULL,
  source     text                          NOT NULL,
  updated_at timestamptz                   NOT NULL DEFAULT now()
);

-- +goose StatementBegin
CREATE FUNCTION tahweel_derive_reach_zone_areas() RETURNS void LANGUAGE sql AS $$
  WITH point AS (
    SELECT p.zone_code, ST_Transform(p.geog::geometry, 32636) AS geom
    FROM place AS p
    WHERE p.kind <> 'displacement_site'
  ),
  cell AS (
    SELECT (ST_Dump(ST_VoronoiPolygons(ST_Collect(point.geom), 0, ST_Buffer(ST_Envelope(ST_Collect(point.geom)), 10000)))).geom AS geom
    FROM point
  ),
  area AS (
    SELECT point.zone_code, ST_ReducePrecision(
      ST_UnaryUnion(ST_Collect(ST_Intersection(cell.geom, ST_Buffer(point.geom, 5000)))), 1) AS geom
    FROM point
    JOIN cell ON ST_Intersects(cell.geom, point.geom)
    GROUP BY point.zone_code
  )
  INSERT INTO reach_zone_area (zone_code, geog, source)
  SELECT area.zone_code, ST_Multi(ST_Transform(area.geom, 4326))::geography, 'derived from the places'
  FROM area
  ON CONFLICT ON CONSTRAINT reach_zone_area_pkey DO UPDATE
  SET geog = EXCLUDED.geog, source = EXCLUDED.source, updated_at = now()
$$;
-- +goose StatementEnd
SELECT tahweel_derive_reach_zone_areas();

-- A service at an open location of a listed organization, between the days on which it is shown: those of the listing and those of the
-- location. Its accepting status counts until accepting_to and is unknown afterwards. x and y are whole metres of Web Mercator
-- (EPSG:3857), the cell is that of zoom 11 in the grid of 64 by 64 cells a tile, counted from the north-west; a cell of a lower zoom
-- is the same number without its last bits.
CREATE TABLE map_point (
  service_at_location_id uuid                  CONSTRAINT map_point_pkey PRIMARY KEY,
  organization_id        uuid                  NOT NULL,
  geom                   geometry(Point, 4326) NOT NULL,
  x                      integer               NOT NULL,
  y                      integer               NOT NULL,
  cell_x                 integer               NOT NULL,
  cell_y                 integer               NOT NULL,
  needs                  text[]                NOT NULL,  -- codes of the service's needs and of their roots
  roots                  text[]                NOT NULL,  -- those of them that are roots
  accepting_status       text                  NOT NULL,
  accepting_to           date,
  shown_from             date                  NOT NULL,
  shown_to               date                  NOT NULL
);
CREATE INDEX map_point_geom_idx ON map_point USING gist (geom);
CREATE INDEX map_point_organization_idx ON map_point (organization_id);

-- +goose StatementBegin
CREATE FUNCTION tahweel_map_cell(metres double precision) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN least(131071, greatest(0, floor((metres + 20037508.342789244) / (40075016.685578488 / 131072))))::integer;
-- +goose StatementEnd

-- Web Mercator ends at 85 degrees north and south: what lies beyond is drawn there.
CREATE VIEW map_point_source WITH (security_invoker = true) AS
SELECT sal.id AS service_at_location_id, s.organization_id, l.geog::geometry AS geom,
       round(ST_X(mercator.geom))::integer AS x, round(ST_Y(mercator.geom))::integer AS y,
       tahweel_map_cell(ST_X(mercator.geom)) AS cell_x, tahweel_map_cell(-ST_Y(mercator.geom)) AS cell_y,
       met.needs, met.roots, sal.accepting_status,
       ((sal.accepting_as_of + interval '30 days') AT TIME ZONE 'Asia/Hebron')::date AS accepting_to,
       greatest(ls.listed_from, l.valid_from) AS shown_from, least(ls.listed_to, l.valid_to) AS shown_to
FROM service AS s
JOIN listing AS ls ON ls.organization_id = s.organization_id
JOIN service_at_location AS sal ON sal.service_id = s.id
JOIN location AS l ON l.id = sal.location_id
CROSS JOIN LATERAL (
  SELECT ST_Transform(ST_SetSRID(ST_MakePoint(ST_X(l.geog::geometry), least(85, greatest(-85, ST_Y(l.geog::geometry)))), 4326), 3857) AS geom
) AS mercator
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(DISTINCT code.need ORDER BY code.need), '{}') AS needs,
         coalesce(array_agg(DISTINCT code.need ORDER BY code.need) FILTER (WHERE code.root), '{}') AS roots
  FROM service_need AS sn
  JOIN need AS n ON n.id = sn.need_id
  LEFT JOIN need AS parent ON parent.id = n.parent_id
  CROSS JOIN LATERAL (VALUES (n.code, parent.code IS NULL), (parent.code, true)) AS code (need, root)
  WHERE sn.service_id = s.id
    AND code.need IS NOT NULL
) AS met
WHERE sal.status = 'active'
  AND s.status = 'active'
  AND ls.listed_from IS NOT NULL
  AND l.geog IS NOT NULL;

-- The points of a cell on one day, those of map_day: how many, how many of them take people, and the sums of their metres, whose mean
-- is where the cluster is drawn. The row without a root counts all points; the others those of one root of the needs. A row that has
-- become empty stays until the day changes.
CREATE TABLE map_cluster (
  zoom      smallint NOT NULL,
  cell_x    integer  NOT NULL,
  cell_y    integer  NOT NULL,
  root      text     NOT NULL,  -- empty: all
  providers integer  NOT NULL,
  accepting integer  NOT NULL,
  sum_x     bigint   NOT NULL,
  sum_y     bigint   NOT NULL,
  CONSTRAINT map_cluster_pkey PRIMARY KEY (zoom, cell_x, cell_y, root)
);
CREATE INDEX map_cluster_tile_idx ON map_cluster (zoom, (cell_x >> 6), (cell_y >> 6));

CREATE TABLE map_day (
  day   date    NOT NULL,
  alone boolean NOT NULL DEFAULT true CONSTRAINT map_day_pkey PRIMARY KEY,
  CONSTRAINT map_day_one_row CHECK (alone)
);
INSERT INTO map_day (day) VALUES ((now() AT TIME ZONE 'Asia/Hebron')::date);

-- +goose StatementBegin

-- The clusters of the points on a day, from the points themselves: slow, and always right.
CREATE FUNCTION tahweel_map_clusters(points map_point[], day date)
  RETURNS TABLE (zoom integer, cell_x integer, cell_y integer, root text, providers bigint, accepting bigint, sum_x bigint, sum_y bigint)
  LANGUAGE sql STABLE AS $$
  SELECT zoom, p.cell_x >> (11 - zoom), p.cell_y >> (11 - zoom), root.code, count(*),
         count(*) FILTER (WHERE p.accepting_status = 'capacity' AND p.accepting_to >= tahweel_map_clusters.day), sum(p.x), sum(p.y)
  FROM unnest(points) AS p
  CROSS JOIN LATERAL unnest('{""}' || p.roots) AS root (code)
  CROSS JOIN generate_series(5, 11) AS zoom
  WHERE tahweel_map_clusters.day BETWEEN p.shown_from AND p.shown_to
  GROUP BY zoom, p.cell_x >> (11 - zoom), p.cell_y >> (11 - zoom), root.code
$$;

-- Takes points out of the clusters and puts others in. Rows are always met in the same order, so that two of these wait for each other
-- and do not lock each other out.
CREATE FUNCTION tahweel_move_clusters(gone map_point[], gone_on date, came map_point[], came_on date) RETURNS void LANGUAGE sql AS $$
  INSERT INTO map_cluster AS c (zoom, cell_x, cell_y, root, providers, accepting, sum_x, sum_y)
  SELECT moved.zoom, moved.cell_x, moved.cell_y, moved.root, sum(moved.providers), sum(moved.accepting), sum(moved.sum_x), sum(moved.sum_y)
  FROM (
    SELECT was.zoom, was.cell_x, was.cell_y, was.root, -was.providers AS providers, -was.accepting AS accepting, -was.sum_x AS sum_x, -was.sum_y AS sum_y
    FROM tahweel_map_clusters(gone, gone_on) AS was
    UNION ALL
    SELECT is_now.zoom, is_now.cell_x, is_now.cell_y, is_now.root, is_now.providers, is_now.accepting, is_now.sum_x, is_now.sum_y
    FROM tahweel_map_clusters(came, came_on) AS is_now
  ) AS moved
  GROUP BY moved.zoom, moved.cell_x, moved.cell_y, moved.root
  HAVING (sum(moved.providers), sum(moved.accepting), sum(moved.sum_x), sum(moved.sum_y)) <> (0, 0, 0, 0)
  ORDER BY moved.zoom, moved.cell_x, moved.cell_y, moved.root
  ON CONFLICT ON CONSTRAINT map_cluster_pkey DO UPDATE
  SET providers = c.providers + EXCLUDED.providers, accepting = c.accepting + EXCLUDED.accepting,
      sum_x = c.sum_x + EXCLUDED.sum_x, sum_y = c.sum_y + EXCLUDED.sum_y
$$;

-- Clusters follow points, whoever writes them. Those who change points do so side by side; the change of the day waits for all of them
-- and they for it, because it must know for each point on which day it was counted.
CREATE FUNCTION tahweel_clusters_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  gone  map_point[] := '{}';
  came  map_point[] := '{}';
  today date;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    gone := ARRAY(SELECT p FROM gone_point AS p);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    came := ARRAY(SELECT p FROM came_point AS p);
  END IF;
  IF cardinality(gone) + cardinality(came) > 0 THEN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('map_day', 0));
    SELECT d.day INTO today FROM map_day AS d;
    PERFORM tahweel_move_clusters(gone, today, came, today);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER clusters_follow_insert AFTER INSERT ON map_point
  REFERENCING NEW TABLE AS came_point
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_clusters_follow();
CREATE TRIGGER clusters_follow_update AFTER UPDATE ON map_point
  REFERENCING OLD TABLE AS gone_point NEW TABLE AS came_point
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_clusters_follow();
CREATE TRIGGER clusters_follow_delete AFTER DELETE ON map_point
  REFERENCING OLD TABLE AS gone_point
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_clusters_follow();

-- Makes the clusters those of another day: only points that come, go or cease to take people between the two are counted anew.
CREATE FUNCTION tahweel_change_map_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was     date;
  changed map_point[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('map_day', 0));
  SELECT d.day INTO was FROM map_day AS d;
  IF was = tahweel_change_map_day.day THEN
    RETURN;
  END IF;
  changed := ARRAY(
    SELECT p
    FROM map_point AS p
    WHERE (was BETWEEN p.shown_from AND p.shown_to, p.accepting_to >= was)
      IS DISTINCT FROM (tahweel_change_map_day.day BETWEEN p.shown_from AND p.shown_to, p.accepting_to >= tahweel_change_map_day.day));
  PERFORM tahweel_move_clusters(changed, was, changed, tahweel_change_map_day.day);
  DELETE FROM map_cluster AS c WHERE c.providers = 0;
  UPDATE map_day AS d SET day = tahweel_change_map_day.day;
END $$;

-- Makes the points of the organizations what they should be, and touches none that is so already.
CREATE FUNCTION tahweel_refresh_map(organizations uuid[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM map_point AS p
  WHERE p.organization_id = ANY (organizations)
    AND p.service_at_location_id NOT IN (
      SELECT src.service_at_location_id FROM map_point_source AS src WHERE src.organization_id = ANY (organizations));
  INSERT INTO map_point AS p
  SELECT src.*
  FROM map_point_source AS src
  WHERE src.organization_id = ANY (organizations)
  ORDER BY src.service_at_location_id
  ON CONFLICT ON CONSTRAINT map_point_pkey DO UPDATE
  SET organization_id = EXCLUDED.organization_id, geom = EXCLUDED.geom, x = EXCLUDED.x, y = EXCLUDED.y,
      cell_x = EXCLUDED.cell_x, cell_y = EXCLUDED.cell_y, needs = EXCLUDED.needs, roots = EXCLUDED.roots,
      accepting_status = EXCLUDED.accepting_status, accepting_to = EXCLUDED.accepting_to,
      shown_from = EXCLUDED.shown_from, shown_to = EXCLUDED.shown_to
  WHERE p IS DISTINCT FROM EXCLUDED
$$;

-- Points follow what refresh_provider_search rebuilds of an organization, under its lock and in its transaction: the cards always, the
-- listing where it changed. It is a trigger, so that whatever program calls that function keeps the map too.
CREATE FUNCTION tahweel_points_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tahweel_refresh_map(touched.ids)
  FROM (SELECT array_agg(DISTINCT c.organization_id) AS ids FROM came AS c) AS touched
  WHERE touched.ids IS NOT NULL;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER points_follow_insert AFTER INSERT ON provider_card
  REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_points_follow();
CREATE TRIGGER points_follow_insert AFTER INSERT ON listing
  REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_points_follow();
CREATE TRIGGER points_follow_update AFTER UPDATE ON listing
  REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION tahweel_points_follow();

INSERT INTO map_point
SELECT src.*
FROM map_point_source AS src;
ANALYZE map_point, map_cluster, reach_zone_area;

GRANT SELECT ON reach_zone_area, map_point_source TO tahweel_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON map_point, map_cluster TO tahweel_app;
GRANT SELECT, UPDATE ON map_day TO tahweel_app;
GRANT SELECT ON reach_zone_area, map_point, map_cluster, map_day TO tahweel_read;
