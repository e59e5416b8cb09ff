package directory

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
)

// frame is all that a search asks the database, apart from where the page begins.
type frame struct {
	Query
	NeedID      uuid.UUID
	Directorate uuid.UUID
	Origin      geo.Origin
	Passages    []geo.Passage // at least the origin's own zone
	Today       time.Time
	StaleBefore time.Time // an accepting status up to then is no longer believed
	OverdueAt   time.Time // who was vouched for up to then comes later
}

// reach is one value of provider_search.reach that may serve the client, with the least detour and extra of the ways to what is
// found under it: no more can be said of a declared area, whose providers may be in any zone.
type reach struct {
	key           string
	detour, extra float64
}

// reaches are ordered from the narrowest: the first that fits is the reason that is given.
func (f frame) reaches() []reach {
	least := reach{detour: f.Passages[0].Detour, extra: meters(f.Passages[0].ExtraKm)}
	zones := make([]reach, len(f.Passages))
	for i, p := range f.Passages {
		zones[i] = reach{"zone:" + p.To, p.Detour, meters(p.ExtraKm)}
		least.detour, least.extra = min(least.detour, zones[i].detour), min(least.extra, zones[i].extra)
	}
	var areas []reach
	declared := func(key string) { areas = append(areas, reach{key, least.detour, least.extra}) }
	if f.Place != "" {
		declared("place:" + f.Origin.PlaceCode)
	}
	declared("polygon")
	declared("governorate:" + f.Origin.GovernorateCode)
	declared("nationwide")
	return append(areas, zones...)
}

func meters(km float64) float64 { return km * 1000 }

// args are the arguments of sql, to start after the position and to fetch so many rows under each reach.
func (f frame) args(fetch int) pgx.StrictNamedArgs {
	var after Position
	if f.After != nil {
		after = *f.After
	}
	args := pgx.StrictNamedArgs{
		"directorate": f.Directorate, "need": f.NeedID, "governorate": f.Origin.GovernorateCode, "today": f.Today,
		"stale_before": f.StaleBefore, "lat": f.Origin.Point.Lat(), "lon": f.Origin.Point.Lon(), "fetch": fetch, "limit": f.limit() + 1,
		"overdue_at": f.OverdueAt, "facts": f.facts(),
		"after_stage": after.Stage, "after_rank": after.RankMeters, "after_id": after.ID,
	}
	var keys, zones []string
	var keyDetours, keyExtras, detours, extras []float64
	for _, r := range f.reaches() {
		keys, keyDetours, keyExtras = append(keys, r.key), append(keyDetours, r.detour), append(keyExtras, r.extra)
	}
	for _, p := range f.Passages {
		zones, detours, extras = append(zones, p.To), append(detours, p.Detour), append(extras, meters(p.ExtraKm))
	}
	args["reaches"], args["reach_detours"], args["reach_extras"] = keys, keyDetours, keyExtras
	args["zones"], args["detours"], args["extras"] = zones, detours, extras
	for _, c := range f.filters(f.Today) {
		args[c.name] = c.value
	}
	if f.RadiusMeters != 0 {
		args["radius"] = float64(f.RadiusMeters)
	}
	return args
}

// sql returns the statement for the filters that the query has; one text for each set of filters, so that it stays prepared.
func (q Query) sql() string {
	var extra strings.Builder
	for _, f := range q.filters(time.Time{}) {
		extra.WriteString("\n          AND ")
		extra.WriteString(f.clause)
	}
	few, many := "\n        AND b.few", "\n        AND NOT b.few"
	var scans []string
	if q.RadiusMeters == 0 {
		scans = []string{scanSQL(wholeLane, "0", extra.String(), few), scanSQL(nearestOfLane, "0", extra.String(), many)}
	} else {
		// Two scans of a full lane, for the radius is a condition of the index only where it stands alone, and what comes by wire has none.
		within := "\n        AND ST_DWithin(ps.geog, @point, @radius)"
		scans = []string{
			scanSQL(wholeLane, "0", extra.String()+"\n          AND (ps.geog IS NULL OR ST_DWithin(ps.geog, @point, @radius))", few),
			scanSQL(nearestOfLane, "0", extra.String(), many+within),
			scanSQL(nearestOfLane, "1", extra.String(), many+"\n        AND ps.geog IS NULL"),
		}
	}
	scan := "(" + strings.Join(scans, ")\n      UNION ALL\n      (") + ")"
	return strings.ReplaceAll(strings.Replace(nearestSQL, "@scan", scan, 1), "@point", originSQL)
}

// originSQL is a parameter to the planner, so that the index orders by it and a general plan is as good as one for the values.
const originSQL = "(SELECT o.point FROM origin AS o)"

// lane is a way to read one lane of provider_search: the column as its index has it, and what comes after the conditions.
type lane struct{ column, end string }

// A lane of up to 64 rows is read whole, by a B-tree: GiST keeps the rows of a small lane on as many pages as there are popular
// lanes around it, hundreds in a large table. lane + 0 is that index's own name for the column, which the other plan cannot use.
var (
	wholeLane     = lane{"ps.lane + 0", "ORDER BY ps.lane + 0, ps.service_at_location_id\n      LIMIT 65"}
	nearestOfLane = lane{"ps.lane", "ORDER BY ps.geog <-> @point\n      LIMIT (SELECT @fetch::integer)"}
)

// scanSQL reads the rows of one reach that filters and clauses let through. The filters are one CASE, of which the planner expects
// half to pass: multiplied, its guesses for each come to less than one row, and it would read and sort whole popular lanes.
func scanSQL(from lane, part, filters, clauses string) string {
	return `SELECT ps.geog <-> @point AS sphere, ` + part + ` AS part, ps.*
      FROM provider_search AS ps
      WHERE ` + from.column + ` = b.lane` + clauses + `
        AND CASE WHEN ps.directorate_id = @directorate
          AND ps.need_id = @need
          AND ps.reach = b.reach
          AND (ps.zone_code IS NULL OR ps.zone_code = ANY (@zones::text[]))
          AND @today::date BETWEEN ps.instrument_from AND ps.instrument_to
          AND @today::date BETWEEN ps.accreditation_from AND ps.accreditation_to
          AND @governorate = ANY (ps.client_governorates)
          AND (ps.accepting_status <> 'no_capacity' OR ps.accepting_as_of <= @stale_before)
          AND @today::date BETWEEN coalesce(ps.location_from, '-infinity') AND coalesce(ps.location_to, 'infinity')
          AND (ps.refuses IS NULL OR NOT ps.refuses && @facts::text[])
          AND (ps.reach <> 'polygon' OR ps.area_id IN (SELECT c.id FROM covering AS c))` + filters + `
        THEN true ELSE false END
      ` + from.end
}

// NearestSQL returns the statement of a search without filters, for benchmarks that send it without this program. Its named
// arguments are
//
//	directorate, need   uuid: who refers, and for what
//	governorate         text: of the client's place
//	today               date
//	stale_before        timestamptz: accepting statuses up to then are unknown
//	overdue_at          timestamptz: who was vouched for up to then comes later
//	facts               text[]: 'governorate:<code>' of the client's place, and what else is known of the household
//	lat, lon            float8: the client's point
//	reaches             text[]: 'zone:<zone>' for each zone that can be reached, 'governorate:<code>', 'nationwide', 'polygon'
//	                    and, for a place, 'place:<code>'
//	reach_detours, reach_extras   float8[]: of the same length, the least factor and extra metres under each reach
//	zones, detours, extras        text[], float8[], float8[]: the zones that can be reached, factor and extra metres of each
//	fetch               integer: rows read under each reach; Nearby begins with four times the page
//	limit               integer: rows returned; Nearby asks for one more than it shows
//	after_stage, after_rank, after_id   integer, float8, uuid: 0, 0 and the zero id for the first page
func NearestSQL() string { return Query{}.sql() }

// nearestSQL looks which drawn areas cover the point and which lanes have few rows; reads those whole and of the others the nearest
// rows by the index, which orders by the sphere; folds the rows of one service at a location into the one of the least term and the
// narrowest reach; orders them anew by the spheroid with the detour, and by 10 km more for what nobody has vouched for in half a year;
// and only then reads what is shown of them. What it orders by stands first in every step: to find a column behind those of varying
// width, PostgreSQL walks through the row at every comparison.
//
// The columns cut and horizon say how far the answer can be trusted: what was not read has an effective distance of at least horizon.
// The factor 0.99 makes a distance on the sphere a lower bound of that on the spheroid, for they differ by less than 0.7 %. Rows up
// to the position come last, so that there is a row to say so whenever anything was read.
const nearestSQL = `
  WITH origin AS MATERIALIZED (
    SELECT ST_MakePoint(@lon, @lat)::geography AS point
  ),
  covering AS MATERIALIZED (
    SELECT a.id
    FROM service_area AS a
    WHERE ST_Covers(a.polygon, @point)
  ),
  branch AS MATERIALIZED (
    SELECT b.reach, b.detour, b.extra, b.breadth, l.lane, (
             SELECT count(*)
             FROM (
               SELECT
               FROM provider_search AS ps
               WHERE ps.lane + 0 = l.lane
               ORDER BY ps.lane + 0, ps.service_at_location_id
               LIMIT 65
             ) AS begun
           ) < 65 AS few
    FROM unnest((SELECT @reaches::text[]), (SELECT @reach_detours::float8[]), (SELECT @reach_extras::float8[]))
      WITH ORDINALITY AS b (reach, detour, extra, breadth)
    CROSS JOIN LATERAL (SELECT tahweel_lane(@directorate, @need, b.reach) AS lane) AS l
  ),
  candidate AS MATERIALIZED (
    SELECT b.few, b.breadth, b.detour, b.extra, near.*
    FROM branch AS b
    CROSS JOIN LATERAL (
      @scan
    ) AS near
  ),
  trust AS MATERIALIZED (
    SELECT count(*) > 0 AS cut, coalesce(min(full_branch.unread), 'infinity') AS horizon
    FROM (
      SELECT CASE WHEN count(*) = count(c.sphere) THEN max(c.sphere) * 0.99 * c.detour + c.extra ELSE 'infinity' END AS unread
      FROM candidate AS c
      WHERE NOT c.few
      GROUP BY c.reach, c.part, c.detour, c.extra
      HAVING count(*) >= @fetch::integer
    ) AS full_branch
  ),
  fitting AS (
    SELECT DISTINCT ON (c.service_at_location_id) c.*
    FROM candidate AS c
    ORDER BY c.service_at_location_id, c.instrument_number, c.term_number, c.breadth
  ),
  measured AS (
    SELECT CASE WHEN f.geog IS NULL THEN 3 ELSE 1 END + (NOT m.known)::integer AS stage,
           m.effective + CASE WHEN m.overdue THEN 10000 ELSE 0 END AS rank, m.known, m.overdue, m.distance, m.effective, f.*
    FROM fitting AS f
    LEFT JOIN unnest((SELECT @zones::text[]), (SELECT @detours::float8[]), (SELECT @extras::float8[])) AS z (zone, detour, extra) ON z.zone = f.zone_code
    CROSS JOIN LATERAL (
      SELECT f.accepting_status <> 'unknown' AND f.accepting_as_of > @stale_before AS known,
             f.vouched_at <= @overdue_at AS overdue,
             coalesce(d.distance, 0) AS distance,
             coalesce(d.distance * z.detour + z.extra, 0) AS effective
      FROM (SELECT ST_Distance(f.geog, @point) AS distance OFFSET 0) AS d
    ) AS m
  ),
  page AS (
    SELECT (m.stage, m.rank, m.service_at_location_id) <= (@after_stage::integer, @after_rank::float8, @after_id::uuid) AS seen, m.*
    FROM measured AS m
    ORDER BY seen, m.stage, m.rank, m.service_at_location_id
    LIMIT @limit::integer
  )
  SELECT p.seen, p.stage, p.rank, p.effective, p.distance, p.known, p.overdue, t.cut, t.horizon,
         p.reach, coalesce(p.zone_code, '') AS zone_code,
         p.service_at_location_id, p.service_id, p.organization_id, p.need_codes,
         p.instrument_id, p.instrument_kind, p.instrument_number, p.term_number, p.instrument_to,
         p.accreditation_id, CASE WHEN p.accreditation_id IS NOT NULL THEN p.accreditation_to END AS accreditation_to,
         p.target_groups, p.minimum_age, p.maximum_age, p.sex, p.accepting_status, p.accepting_as_of,
         p.vouched_at, p.traits, p.location_to, card.confirmed_at,
         CASE WHEN p.open_rules IS NULL THEN p.open_days ELSE p.open_days | coalesce((
           SELECT bit_or(tahweel_weekday(@today::date + ahead))
           FROM generate_series(0, 6) AS ahead
           WHERE tahweel_open_on(p.open_rules, @today::date + ahead)
         ), 0) END AS open_days,
         coalesce(card.eligibility, '{}') AS eligibility,
         CASE WHEN coalesce(card.alert_until >= @today::date, true) THEN coalesce(card.alert_ar, '') ELSE '' END AS alert_ar,
         CASE WHEN coalesce(card.alert_until >= @today::date, true) THEN coalesce(card.alert_en, '') ELSE '' END AS alert_en,
         p.geog IS NOT NULL AS pointed, coalesce(ST_X(p.geog::geometry), 0) AS lon, coalesce(ST_Y(p.geog::geometry), 0) AS lat,
         card.service_name_ar, card.service_name_en, card.delivery_modes,
         card.organization_name_ar, card.organization_name_en, card.organization_kind,
         coalesce(card.accreditation_number, '') AS accreditation_number,
         card.location_id,
         coalesce(card.location_name_ar, '') AS location_name_ar, coalesce(card.location_name_en, '') AS location_name_en,
         coalesce(card.address_ar, '') AS address_ar, coalesce(card.address_en, '') AS address_en,
         coalesce(card.place_code, '') AS place_code,
         coalesce(card.place_name_ar, '') AS place_name_ar, coalesce(card.place_name_en, '') AS place_name_en
  FROM page AS p
  CROSS JOIN trust AS t
  CROSS JOIN LATERAL (
    SELECT pc.*
    FROM provider_card AS pc
    WHERE pc.service_at_location_id = p.service_at_location_id
    LIMIT 1
  ) AS card
  ORDER BY p.seen, p.stage, p.rank, p.service_at_location_id`
