package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/pg"
)

// ways are the ways between zones for a household without a document: parallel columns.
type ways struct {
	from, to        []string
	detours, extras []float64
}

// waysOn reads the links of the day.
func waysOn(ctx context.Context, q pg.Querier, today time.Time) (ways, error) {
	rows, err := q.Query(ctx, `
		SELECT z.code
		FROM reach_zone AS z
		ORDER BY z.code`)
	if err != nil {
		return ways{}, fmt.Errorf("read the zones: %w", err)
	}
	zones, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return ways{}, fmt.Errorf("read the zones: %w", err)
	}
	batch := &pgx.Batch{}
	links := geo.QueueLinks(batch, today)
	if err := run(ctx, q, "read the ways", batch); err != nil {
		return ways{}, err
	}
	var w ways
	for _, zone := range zones {
		for _, p := range geo.Reach(zone, links(), today, "") {
			w.from, w.to = append(w.from, p.From), append(w.to, p.To)
			w.detours, w.extras = append(w.detours, p.Detour), append(w.extras, meters(p.ExtraKm))
		}
	}
	return w, nil
}

// coverageRow is one row of coverageSQL.
type coverageRow struct {
	Code            string
	NameAr          string
	NameEn          string
	GovernorateCode string
	GovernorateAr   string
	GovernorateEn   string
	DirectorateID   *uuid.UUID
	Geog            geo.Point
	Population      int

	ServiceAtLocationID *uuid.UUID
	OrganizationID      *uuid.UUID
	OrganizationNameAr  string
	OrganizationNameEn  string
	Distance            float64
	Effective           float64
	WithoutPlace        bool
}

// nearest is nil if nobody with a place was found.
func (r coverageRow) nearest() *Covering {
	if r.ServiceAtLocationID == nil || r.OrganizationID == nil {
		return nil
	}
	return &Covering{
		ServiceAtLocationID: *r.ServiceAtLocationID, OrganizationID: *r.OrganizationID,
		OrganizationName: Name{AR: r.OrganizationNameAr, EN: r.OrganizationNameEn}, DistanceMeters: r.Distance, EffectiveMeters: r.Effective,
	}
}

// place is what the row says, and all, which counts who is full. Of tier 3 it says no more than that somebody is there.
func (r coverageRow) place(all coverageRow, tier int) PlaceCoverage {
	p := PlaceCoverage{
		PlaceCode: r.Code, PlaceName: Name{AR: r.NameAr, EN: r.NameEn}, GovernorateCode: r.GovernorateCode,
		GovernorateName: Name{AR: r.GovernorateAr, EN: r.GovernorateEn}, Point: r.Geog, Population: r.Population,
		Nearest: r.nearest(), WithoutPlace: r.WithoutPlace,
	}
	if r.DirectorateID != nil {
		p.DirectorateID = *r.DirectorateID
	}
	if full := all.nearest(); full != nil && (p.Nearest == nil || full.EffectiveMeters < p.Nearest.EffectiveMeters) {
		p.Full = full
	}
	if tier >= 3 {
		p.WithoutPlace = p.WithoutPlace || p.Nearest != nil
		p.Nearest, p.Full = nil, nil
	}
	p.Band = bandOf(p.Nearest)
	return p
}

// coverageRows asks for who can be used.
func coverageRows(ctx context.Context, q pg.Querier, need Need, query CoverageQuery, w ways, now time.Time, only []uuid.UUID) ([]coverageRow, error) {
	return coverageWhile(ctx, q, need, query, w, now, now.AddDate(0, 0, -AcceptingDays), only)
}

// roomyRows asks for who could be used if nobody were full: what was said of that counts as too old.
func roomyRows(ctx context.Context, q pg.Querier, need Need, query CoverageQuery, w ways, now time.Time, only []uuid.UUID) ([]coverageRow, error) {
	return coverageWhile(ctx, q, need, query, w, now, now.AddDate(1000, 0, 0), only)
}

func coverageWhile(
	ctx context.Context, q pg.Querier, need Need, query CoverageQuery, w ways, now, staleBefore time.Time, only []uuid.UUID,
) ([]coverageRow, error) {
	limit := &query.Limit
	if query.Limit == 0 {
		limit = nil
	} else {
		*limit++
	}
	rows, err := q.Query(ctx, coverageSQL, pgx.StrictNamedArgs{
		"need": need.ID, "governorate_code": query.Governorate, "held_by": idOrNull(query.Directorate), "only": only, "after": query.After,
		"limit": limit, "today": geo.Today(now), "stale_before": staleBefore,
		"from_zones": w.from, "to_zones": w.to, "detours": w.detours, "extras": w.extras,
	})
	if err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[coverageRow])
	if err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	return found, nil
}

// fromEachPlace reads a lane of the search as Nearby does, for many places at once: the columns of a branch stand where a search has
// the arguments of its one household.
var fromEachPlace = strings.NewReplacer(
	"@directorate", "b.directorate_id",
	"@governorate", "b.governorate_code",
	"@zones::text[]", "b.zones",
	"@facts::text[]", "ARRAY['governorate:' || b.governorate_code]",
	"@point", "b.point",
	"@fetch::integer", "1",
	"ps.area_id IN (SELECT c.id FROM covering AS c)", "ps.area_id = ANY (b.areas)",
)

func coverageScan(from lane, clauses string) string {
	return fromEachPlace.Replace(scanSQL(from, "0", "", clauses))
}

// coverageSQL takes the places that were asked for, and of each the reaches under which there is anything at all. The index finds the
// nearest row of each reach on the sphere; its effective distance on the spheroid is one that the answer need not exceed, and what is
// not further, of any reach, is read and measured to the last metre. So the answer is exact, and two scans of an index are enough.
var coverageSQL = `
  WITH way AS MATERIALIZED (
    SELECT w.origin, w.zone, w.detour, w.extra
    FROM unnest(@from_zones::text[], @to_zones::text[], @detours::float8[], @extras::float8[]) AS w (origin, zone, detour, extra)
  ),
  around AS MATERIALIZED (
    SELECT w.origin, array_agg(w.zone) AS zones, min(w.detour) AS detour, min(w.extra) AS extra
    FROM way AS w
    GROUP BY w.origin
  ),
  asked AS MATERIALIZED (
    SELECT p.code, p.name_ar, p.name_en, p.governorate_code, g.name_ar AS governorate_ar, g.name_en AS governorate_en, p.zone_code, p.geog,
           coalesce(p.population, 0) AS population, dp.directorate_id
    FROM place AS p
    JOIN governorate AS g ON g.code = p.governorate_code
    LEFT JOIN directorate_place AS dp ON dp.place_code = p.code
    WHERE coalesce(p.valid_from <= @today, true)
      AND coalesce(p.valid_to >= @today, true)
      AND (@governorate_code = '' OR p.governorate_code = @governorate_code)
      AND (@held_by::uuid IS NULL OR dp.directorate_id = @held_by)
      AND (@only::uuid[] IS NULL OR dp.directorate_id = ANY (@only))
      AND p.code > @after
    ORDER BY p.code
    LIMIT @limit::integer
  ),
  branch AS MATERIALIZED (
    SELECT a.code, a.geog AS point, a.directorate_id, a.governorate_code, a.zone_code, z.zones, r.reach, r.detour, r.extra, l.lane,
           CASE WHEN r.reach = 'polygon' THEN (SELECT array_agg(sa.id) FROM service_area AS sa WHERE ST_Covers(sa.polygon, a.geog)) END AS areas
    FROM asked AS a
    JOIN around AS z ON z.origin = a.zone_code
    CROSS JOIN LATERAL (
      SELECT 'zone:' || w.zone AS reach, w.detour, w.extra
      FROM way AS w
      WHERE w.origin = a.zone_code
      UNION ALL
      SELECT declared.reach, z.detour, z.extra
      FROM unnest(ARRAY['place:' || a.code, 'polygon', 'governorate:' || a.governorate_code, 'nationwide']) AS declared (reach)
    ) AS r
    CROSS JOIN LATERAL (SELECT tahweel_lane(a.directorate_id, @need, r.reach) AS lane OFFSET 0) AS l
    WHERE a.directorate_id IS NOT NULL
      AND EXISTS (SELECT FROM provider_search AS ps WHERE ps.lane + 0 = l.lane)
  ),
  within AS MATERIALIZED (
    SELECT b.code, min(ST_Distance(near.geog, b.point) * w.detour + w.extra) AS effective
    FROM branch AS b
    CROSS JOIN LATERAL (
      ` + coverageScan(nearestOfLane, "\n        AND ps.geog IS NOT NULL") + `
    ) AS near
    JOIN way AS w ON w.origin = b.zone_code AND w.zone = near.zone_code
    GROUP BY b.code
  ),
  nearest AS MATERIALIZED (
    SELECT DISTINCT ON (b.code) b.code, near.service_at_location_id, near.organization_id, m.distance, m.effective
    FROM branch AS b
    JOIN within AS i ON i.code = b.code
    CROSS JOIN LATERAL (
      ` + coverageScan(lane{"ps.lane", ""}, "\n        AND ST_DWithin(ps.geog, b.point, greatest(i.effective - b.extra, 0) / b.detour + 1)") + `
    ) AS near
    JOIN way AS w ON w.origin = b.zone_code AND w.zone = near.zone_code
    CROSS JOIN LATERAL (SELECT ST_Distance(near.geog, b.point) AS distance, ST_Distance(near.geog, b.point) * w.detour + w.extra AS effective) AS m
    ORDER BY b.code, m.effective, near.service_at_location_id
  ),
  unplaced AS MATERIALIZED (
    SELECT DISTINCT b.code
    FROM branch AS b
    WHERE EXISTS (
      ` + coverageScan(lane{"ps.lane", ""}, "\n        AND ps.geog IS NULL") + `
    )
  )
  SELECT a.code, a.name_ar, a.name_en, a.governorate_code, a.governorate_ar, a.governorate_en, a.directorate_id, a.geog, a.population,
         n.service_at_location_id, n.organization_id,
         coalesce(o.name_ar, '') AS organization_name_ar, coalesce(o.name_en, '') AS organization_name_en,
         coalesce(n.distance, 0) AS distance, coalesce(n.effective, 0) AS effective,
         u.code IS NOT NULL AS without_place
  FROM asked AS a
  LEFT JOIN nearest AS n ON n.code = a.code
  LEFT JOIN organization AS o ON o.id = n.organization_id
  LEFT JOIN unplaced AS u ON u.code = a.code
  ORDER BY a.code`
