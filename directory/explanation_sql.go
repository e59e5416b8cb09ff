package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// factsOf reads the register itself and not the search table, which has no row for what is not found. The zone of a place that is not
// shown is read as the system, as refresh_provider_search does, for the answer to whether it can be reached.
func factsOf(ctx context.Context, q pg.Querier, f frame, id uuid.UUID) (o offerFacts, err error) {
	err = pg.Elevate(ctx, q, func(q pg.Querier) error {
		args := pgx.StrictNamedArgs{
			"id": id, "need": f.NeedID, "lat": f.Origin.Point.Lat(), "lon": f.Origin.Point.Lon(), "radius": float64(f.RadiusMeters), "open_on": f.Today,
		}
		if day, ok := f.Wishes.day(f.Today); ok {
			args["open_on"] = day
		}
		rows, err := q.Query(ctx, offerFactsSQL, args)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[offerFacts])
		if err != nil {
			return err
		}
		if len(found) > 0 {
			o = found[0]
		}
		return nil
	})
	if err != nil {
		return offerFacts{}, fmt.Errorf("read what is offered: %w", err)
	}
	if o.ServiceAtLocationID == uuid.Nil {
		return offerFacts{}, errNotFound
	}
	if o.terms, err = termsOf(ctx, q, f, id, o.GovernorateCode); err != nil {
		return offerFacts{}, fmt.Errorf("read the terms: %w", err)
	}
	return o, nil
}

// termsOf reads the terms in the actor's own name; the governorate of a place that is not shown serves the accreditation's scope alone.
func termsOf(ctx context.Context, q pg.Querier, f frame, id uuid.UUID, governorate *string) ([]termFacts, error) {
	rows, err := q.Query(ctx, termFactsSQL, pgx.StrictNamedArgs{
		"id": id, "need": f.NeedID, "directorate": f.Directorate, "governorate": f.Origin.GovernorateCode, "group": f.TargetGroup, "today": f.Today,
		"its_governorate": governorate,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[termFacts])
}

const offerFactsSQL = `
	WITH origin AS (
	  SELECT ST_MakePoint(@lon, @lat)::geography AS point
	)
	SELECT sal.id AS service_at_location_id, o.name_ar AS organization_ar, o.name_en AS organization_en, s.name_ar AS service_ar, s.name_en AS service_en,
	       o.status AS organization_status, o.information_only, s.status AS service_status, sal.status AS offer_status,
	       tahweel_needs_accreditation(o.kind) AS needs_accreditation,
	       coalesce(acc.status, '') AS accreditation_status, coalesce(acc.number, '') AS accreditation_number,
	       acc.valid_from AS accreditation_from, acc.valid_to AS accreditation_to,
	       EXISTS (
	         SELECT
	         FROM service_need AS sn
	         JOIN need_ancestor AS c ON c.need_id = sn.need_id
	         WHERE sn.service_id = s.id AND c.ancestor_id = @need
	       ) AS serves,
	       s.target_groups, s.minimum_age, s.maximum_age, s.sex, sal.accepting_status, sal.accepting_as_of,
	       coalesce(lp.zone_code, cp.zone_code, '') AS zone_code, coalesce(lp.governorate_code, cp.governorate_code) AS governorate_code,
	       l.geog IS NOT NULL AS shown, l.id IS NULL OR lp.code IS NOT NULL AS placed,
	       card.location_from, card.location_to, card.vouched_at, card.traits, coalesce(card.eligibility, '{}') AS eligibility,
	       card.open_days IS NOT NULL AND (card.open_days <> 0 OR card.open_rules IS NOT NULL) AS scheduled,
	       coalesce(card.open_days & tahweel_weekday(@open_on::date) <> 0, false) OR coalesce(tahweel_open_on(card.open_rules, @open_on::date), false) AS opens_then,
	       EXISTS (
	         SELECT
	         FROM calendar_day AS d
	         WHERE d.kind = 'holiday' AND d.status = 'active' AND @open_on::date BETWEEN d.starts_on AND d.ends_on
	       ) AS holiday,
	       EXISTS (
	         SELECT
	         FROM closure AS x
	         WHERE x.organization_id = o.id AND x.status = 'active' AND @open_on::date BETWEEN x.starts_on AND x.ends_on
	           AND coalesce(x.service_at_location_id = sal.id, true)
	       ) AS closed,
	       coalesce(ST_Distance(l.geog, origin.point), 0) AS meters,
	       l.geog IS NULL OR @radius::float8 = 0 OR ST_DWithin(l.geog, origin.point, @radius) AS within_radius,
	       ARRAY(
	         SELECT CASE WHEN sa.nationwide THEN 'nationwide'
	                     WHEN sa.governorate_code IS NOT NULL THEN 'governorate:' || sa.governorate_code
	                     WHEN sa.place_code IS NOT NULL THEN 'place:' || sa.place_code
	                     WHEN ST_Covers(sa.polygon, origin.point) THEN 'polygon'
	                     ELSE 'other polygon' END
	         FROM service_area AS sa
	         WHERE sa.service_id = s.id
	         ORDER BY sa.id
	       ) AS areas
	FROM service_at_location AS sal
	CROSS JOIN origin
	JOIN service AS s ON s.id = sal.service_id
	JOIN organization AS o ON o.id = s.organization_id
	JOIN provider_card_source AS card ON card.service_at_location_id = sal.id
	LEFT JOIN location AS l ON l.id = sal.location_id
	LEFT JOIN place AS lp ON lp.code = l.place_code
	LEFT JOIN confidential_location AS cl ON cl.id = sal.confidential_location_id
	LEFT JOIN place AS cp ON cp.code = cl.place_code
	LEFT JOIN LATERAL (
	  SELECT a.status, a.number, a.valid_from, a.valid_to
	  FROM accreditation AS a
	  WHERE a.organization_id = o.id
	  ORDER BY a.status = 'accredited' DESC, a.id DESC
	  LIMIT 1
	) AS acc ON true
	WHERE sal.id = @id`

const termFactsSQL = `
	SELECT i.kind AS instrument_kind, i.number AS instrument_number, i.valid_to AS instrument_to, t.number AS term_number,
	       i.status = 'in_force' AND @today::date BETWEEN i.valid_from AND i.valid_to AS in_force,
	       EXISTS (SELECT FROM instrument_term_directorate AS d WHERE d.term_id = t.id AND d.directorate_id = @directorate) AS covers_directorate,
	       met.needs, met.needs_of_tier, met.needs_in_scope,
	       EXISTS (SELECT FROM instrument_term_governorate AS g WHERE g.term_id = t.id AND g.governorate_code = @governorate) AS covers_place,
	       t.target_groups = '{}' OR @group = '' OR @group = ANY (t.target_groups) AS covers_group
	FROM service_at_location AS sal
	JOIN service AS s ON s.id = sal.service_id
	JOIN instrument AS i ON i.organization_id = s.organization_id
	JOIN instrument_term AS t ON t.instrument_id = i.id
	CROSS JOIN LATERAL (
	  SELECT coalesce(array_agg(n.code ORDER BY n.code), '{}') AS needs,
	         coalesce(array_agg(n.code ORDER BY n.code) FILTER (WHERE t.max_tier >= n.tier), '{}') AS needs_of_tier,
	         coalesce(array_agg(n.code ORDER BY n.code) FILTER (
	           WHERE t.max_tier >= n.tier
	             AND coalesce((
	               SELECT tahweel_accreditation_covers(acc.id, n.id, @its_governorate::text)
	               FROM accreditation AS acc
	               WHERE acc.organization_id = s.organization_id AND acc.status = 'accredited'
	             ), true)
	         ), '{}') AS needs_in_scope
	  FROM service_need AS sn
	  JOIN need AS n ON n.id = sn.need_id
	  JOIN need_ancestor AS asked ON asked.need_id = n.id AND asked.ancestor_id = @need
	  WHERE sn.service_id = s.id
	    AND EXISTS (
	      SELECT
	      FROM instrument_term_need AS tn
	      JOIN need_ancestor AS c ON c.ancestor_id = tn.need_id
	      WHERE tn.term_id = t.id AND c.need_id = n.id
	    )
	) AS met
	WHERE sal.id = @id
	  AND i.status NOT IN ('draft', 'proposed')
	ORDER BY i.number, t.number`
