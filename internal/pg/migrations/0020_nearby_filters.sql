-- +goose Up

-- What a search can ask for beyond need, place and person, read once out of the details into columns. Only the details as package
-- directory writes them are read here; what cannot be understood counts as not said, and never stops a write.

-- A calendar day, or NULL for what is none.
-- +goose StatementBegin
CREATE FUNCTION tahweel_date(said text) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF said !~ '^\d{4}-\d{2}-\d{2}' THEN
    RETURN NULL;
  END IF;
  RETURN make_date(substr(said, 1, 4)::integer, substr(said, 6, 2)::integer, substr(said, 9, 2)::integer);
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
  RETURN NULL;
END $$;

-- A day of the week as one bit, Monday the lowest.
CREATE FUNCTION tahweel_weekday(day date) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN 1 << (extract(isodow FROM day)::integer - 1);

-- Schedules (RFC 5545, as HSDS has them) as the days of the week that hold always, and rules for those that hold for a time, every
-- other week or in the month. A schedule without days, with a day that is none, or with more than one COUNT is not known to open.
CREATE FUNCTION tahweel_openings(schedules jsonb) RETURNS TABLE (days smallint, rules jsonb) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  WITH said AS (
    SELECT e.n, upper(coalesce(e.s ->> 'freq', '')) AS freq,
           greatest(least(coalesce((e.s ->> 'interval')::numeric, 1), 1000), 1)::integer AS every, (e.s ->> 'count')::numeric AS count,
           tahweel_date(e.s ->> 'dt_start') AS start,
           greatest(tahweel_date(e.s ->> 'valid_from'), tahweel_date(e.s ->> 'dt_start')) AS first,
           least(tahweel_date(e.s ->> 'valid_to'), tahweel_date(e.s ->> 'until')) AS last,
           EXISTS (
             SELECT
             FROM unnest(ARRAY[e.s ->> 'valid_from', e.s ->> 'valid_to', e.s ->> 'dt_start', e.s ->> 'until']) AS d (said)
             WHERE d.said IS NOT NULL AND tahweel_date(d.said) IS NULL
           ) AS unreadable,
           (SELECT bit_or(1 << w.bit)
            FROM regexp_split_to_table(upper(e.s ->> 'by_day'), '[^A-Z0-9+-]+') AS t (code)
            JOIN (VALUES ('MO', 0), ('TU', 1), ('WE', 2), ('TH', 3), ('FR', 4), ('SA', 5), ('SU', 6)) AS w (code, bit) ON w.code = t.code) AS days,
           (SELECT jsonb_agg(ltrim(t.code, '+') ORDER BY t.code)
            FROM regexp_split_to_table(upper(e.s ->> 'by_day'), '[^A-Z0-9+-]+') AS t (code)
            WHERE t.code ~ '^[+-]?[1-5](MO|TU|WE|TH|FR|SA|SU)$') AS nth,
           (SELECT jsonb_agg(t.day::integer ORDER BY t.day)
            FROM regexp_split_to_table(e.s ->> 'by_month_day', '[^0-9+-]+') AS t (day)
            WHERE t.day ~ '^[+-]?[0-9]{1,2}$') AS month_days
    FROM jsonb_array_elements(tahweel_openings.schedules) WITH ORDINALITY AS e (s, n)
  ),
  understood AS (
    SELECT s.n, s.every, s.start, s.first,
           CASE WHEN s.count = 1 OR s.freq = '' AND s.days IS NULL THEN least(s.last, s.start) ELSE s.last END AS last,
           s.freq = 'MONTHLY' AS monthly, s.nth, s.month_days,
           CASE WHEN s.freq = 'DAILY' OR s.freq = '' AND s.days IS NULL AND s.start IS NOT NULL THEN 127
                WHEN s.freq = 'WEEKLY' AND s.days IS NULL THEN tahweel_weekday(s.start)
                ELSE s.days END AS days
    FROM said AS s
    WHERE NOT s.unreadable
      AND s.freq IN ('', 'DAILY', 'WEEKLY', 'MONTHLY')
      AND (s.count IS NULL OR s.count = 1 AND s.start IS NOT NULL)
      AND (s.every = 1 OR s.start IS NOT NULL AND s.freq <> 'DAILY')
  )
  SELECT coalesce(bit_or(u.days) FILTER (WHERE u.always), 0)::smallint,
         jsonb_agg(jsonb_strip_nulls(jsonb_build_object('first', u.first, 'last', u.last, 'start', u.start, 'every', u.every, 'days', u.days,
                                                        'monthly', nullif(u.monthly, false), 'nth', u.nth, 'month_days', u.month_days)) ORDER BY u.n)
           FILTER (WHERE NOT u.always)
  FROM (
    SELECT k.*, NOT k.monthly AND k.every = 1 AND k.first IS NULL AND k.last IS NULL AS always
    FROM understood AS k
    WHERE k.days IS NOT NULL OR k.monthly AND (k.nth IS NOT NULL OR k.month_days IS NOT NULL)
  ) AS u
$$;

-- Whether one of the rules holds on the day.
CREATE FUNCTION tahweel_open_on(rules jsonb, day date) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT EXISTS (
    SELECT
    FROM jsonb_to_recordset(rules) AS r (first date, last date, start date, every integer, days integer, monthly boolean, nth jsonb, month_days jsonb)
    CROSS JOIN LATERAL (
      SELECT extract(day FROM day)::integer AS of_month,
             extract(day FROM date_trunc('month', day) + interval '1 month' - interval '1 day')::integer AS length,
             (ARRAY['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])[extract(isodow FROM day)::integer] AS code
    ) AS d
    WHERE day >= coalesce(r.first, '-infinity')
      AND day <= coalesce(r.last, 'infinity')
      AND CASE WHEN r.monthly THEN
            (coalesce(r.days & tahweel_weekday(day) <> 0, false)
              OR coalesce(r.nth ? ((d.of_month - 1) / 7 + 1 || d.code), false)
              OR coalesce(r.nth ? ('-' || (d.length - d.of_month) / 7 + 1 || d.code), false)
              OR coalesce(r.month_days @> to_jsonb(d.of_month), false)
              OR coalesce(r.month_days @> to_jsonb(d.of_month - d.length - 1), false))
            AND (r.every = 1 OR (extract(year FROM age(date_trunc('month', day), date_trunc('month', r.start))) * 12
                                 + extract(month FROM age(date_trunc('month', day), date_trunc('month', r.start))))::integer % r.every = 0)
          ELSE r.days & tahweel_weekday(day) <> 0
            AND (r.every = 1 OR (date_trunc('week', day)::date - date_trunc('week', r.start)::date) / 7 % r.every = 0)
          END
  )
$$;
-- +goose StatementEnd

-- The search is built anew at the end; lane stays the last column, so that the rows of the view are those of the table.
TRUNCATE provider_search, provider_card;
ALTER TABLE provider_search DROP COLUMN lane;
ALTER TABLE provider_search
  ADD COLUMN vouched_at    timestamptz NOT NULL,      -- when somebody last said that it is all true; older than 180 days it comes later
  ADD COLUMN traits        text[]      NOT NULL,      -- mode:…, language:…, access:…, female_worker, transport: what can be asked for
  ADD COLUMN refuses       text[],                    -- facts of a household that exclude it; what is not known of one excludes nothing
  ADD COLUMN open_days     smallint,                  -- bits of tahweel_weekday; NULL: no schedule is known
  ADD COLUMN open_rules    jsonb,                     -- of tahweel_openings, NULL: none
  ADD COLUMN location_from date,                      -- of a temporary location
  ADD COLUMN location_to   date,                      -- last day
  ADD COLUMN lane          bigint NOT NULL GENERATED ALWAYS AS (tahweel_lane(directorate_id, need_id, reach)) STORED;
CREATE INDEX provider_search_nearest ON provider_search USING gist (lane, geog);
CREATE INDEX provider_search_lane ON provider_search ((lane + 0), service_at_location_id);
ALTER TABLE provider_card
  ADD COLUMN vouched_at    timestamptz NOT NULL,
  ADD COLUMN traits        text[]      NOT NULL,
  ADD COLUMN refuses       text[],
  ADD COLUMN open_days     smallint,
  ADD COLUMN open_rules    jsonb,
  ADD COLUMN location_from date,
  ADD COLUMN location_to   date,
  ADD COLUMN confirmed_at  timestamptz,               -- NULL: nobody ever said that it is all true
  ADD COLUMN eligibility   jsonb,                     -- what is asked of a household, for words; refuses is what excludes
  ADD COLUMN alert_ar      text,
  ADD COLUMN alert_en      text,
  ADD COLUMN alert_until   date;                      -- last day

CREATE OR REPLACE VIEW provider_card_source WITH (security_invoker = true) AS
SELECT sal.id AS service_at_location_id, s.organization_id,
       s.name_ar AS service_name_ar, s.name_en AS service_name_en, s.delivery_modes,
       o.name_ar AS organization_name_ar, o.name_en AS organization_name_en, o.kind AS organization_kind,
       acc.number AS accreditation_number,
       l.id AS location_id, l.name_ar AS location_name_ar, l.name_en AS location_name_en, l.address_ar, l.address_en,
       p.code AS place_code, p.name_ar AS place_name_ar, p.name_en AS place_name_en,
       coalesce(greatest(sal.confirmed_at, s.confirmed_at), sal.created_at) AS vouched_at,
       ARRAY(
         SELECT 'mode:' || mode FROM unnest(s.delivery_modes) AS mode
         UNION
         SELECT 'language:' || coalesce(lower(language ->> 'code'), 'ar') -- who says nothing speaks Arabic
         FROM jsonb_array_elements(coalesce(nullif(coalesce(s.details -> 'languages', '[]') || coalesce(l.details -> 'languages', '[]'), '[]'), '[{}]')) AS language
         UNION
         SELECT 'access:' || (feature ->> 'feature') FROM jsonb_array_elements(l.details -> 'accessibility') AS feature WHERE feature ? 'feature'
         UNION
         SELECT 'female_worker' WHERE s.details ? 'female_worker' OR s.details ? 'women_only'
         UNION
         SELECT 'transport' WHERE s.details ? 'transport'
         ORDER BY 1
       ) AS traits,
       CASE WHEN s.details ? 'eligibility' THEN ARRAY(
         SELECT 'social_registry:no' WHERE s.details -> 'eligibility' ? 'social_registry'
         UNION ALL
         SELECT 'disability_card:no' WHERE s.details -> 'eligibility' ? 'disability_card'
         UNION ALL
         SELECT CASE s.details -> 'eligibility' ->> 'refugee_status' WHEN 'refugee' THEN 'refugee:no' ELSE 'refugee:yes' END
         WHERE s.details -> 'eligibility' ->> 'refugee_status' IN ('refugee', 'non_refugee')
         UNION ALL
         SELECT 'poverty_band:' || band
         FROM unnest('{extreme,poor,near_poor,not_poor}'::text[]) AS band
         WHERE s.details -> 'eligibility' ? 'poverty_bands'
           AND NOT s.details -> 'eligibility' -> 'poverty_bands' ? band
         UNION ALL
         SELECT 'identity_document:' || document
         FROM unnest('{palestinian,jerusalem,unrwa,passport,none}'::text[]) AS document
         WHERE s.details -> 'eligibility' ? 'identity_docs'
           AND NOT s.details -> 'eligibility' -> 'identity_docs' ? document
         UNION ALL
         SELECT 'governorate:' || g.code
         FROM governorate AS g
         WHERE s.details -> 'eligibility' ? 'governorate_only'
           AND NOT s.details -> 'eligibility' -> 'governorate_only' ? g.code
         ORDER BY 1
       ) END AS refuses,
       open.days AS open_days, open.rules AS open_rules, l.valid_from AS location_from, l.valid_to AS location_to,
       greatest(sal.confirmed_at, s.confirmed_at) AS confirmed_at, s.details -> 'eligibility' AS eligibility,
       s.details -> 'alert' ->> 'ar' AS alert_ar, s.details -> 'alert' ->> 'en' AS alert_en, tahweel_date(s.details ->> 'alert_until') AS alert_until
FROM service_at_location AS sal
JOIN service AS s ON s.id = sal.service_id
JOIN organization AS o ON o.id = s.organization_id
LEFT JOIN location AS l ON l.id = sal.location_id
LEFT JOIN place AS p ON p.code = l.place_code
LEFT JOIN accreditation AS acc ON acc.organization_id = o.id AND acc.status = 'accredited'
LEFT JOIN LATERAL tahweel_openings(coalesce(sal.details -> 'schedules', l.details -> 'schedules', s.details -> 'schedules')) AS open ON true;

-- As before, and: only the needs to which the accreditation reaches at the service's place; what the card has of a service at a place;
-- and no row for a location that lies nobody knows where, since nothing tells whether it can be reached. A location with a place and
-- without a point is found like one that is not shown.
CREATE OR REPLACE VIEW provider_search_source WITH (security_invoker = true) AS
WITH permitted AS (
  SELECT o.id AS organization_id, o.kind, td.directorate_id, a.ancestor_id AS need_id,
         sal.id AS service_at_location_id, sal.location_id, sal.confidential_location_id, sal.accepting_status, sal.accepting_as_of,
         s.id AS service_id, s.target_groups, s.minimum_age, s.maximum_age, s.sex,
         i.id AS instrument_id, i.number AS instrument_number, i.kind AS instrument_kind, i.valid_from AS instrument_from, i.valid_to AS instrument_to,
         t.id AS term_id, t.number AS term_number, t.target_groups AS term_target_groups,
         acc.id AS accreditation_id, acc.valid_from AS accreditation_from, acc.valid_to AS accreditation_to,
         array_agg(DISTINCT n.code ORDER BY n.code) AS need_codes
  FROM organization AS o
  LEFT JOIN LATERAL (
    SELECT ac.id, ac.valid_from, ac.valid_to, tahweel_accreditation_covers(ac.id, NULL, NULL) AS unlimited
    FROM accreditation AS ac
    WHERE ac.organization_id = o.id
      AND ac.status = 'accredited'
    OFFSET 0
  ) AS acc ON true
  JOIN instrument AS i ON i.organization_id = o.id
  JOIN instrument_term AS t ON t.instrument_id = i.id
  JOIN instrument_term_need AS tn ON tn.term_id = t.id
  JOIN service AS s ON s.organization_id = o.id
  JOIN service_need AS sn ON sn.service_id = s.id
  JOIN need AS n ON n.id = sn.need_id
  JOIN need_ancestor AS c ON c.need_id = n.id AND c.ancestor_id = tn.need_id
  JOIN need_ancestor AS a ON a.need_id = n.id
  JOIN instrument_term_directorate AS td ON td.term_id = t.id
  JOIN service_at_location AS sal ON sal.service_id = s.id
  WHERE sal.status = 'active'
    AND s.status = 'active'
    AND o.status = 'active'
    AND NOT o.information_only
    AND i.status = 'in_force'
    AND t.max_tier >= n.tier
    AND (acc.id IS NOT NULL OR NOT tahweel_needs_accreditation(o.kind))
    AND (acc.id IS NULL OR acc.unlimited OR tahweel_accreditation_covers(acc.id, n.id, (
      SELECT p.governorate_code
      FROM place AS p
      WHERE p.code = coalesce(
        (SELECT l.place_code FROM location AS l WHERE l.id = sal.location_id),
        (SELECT cl.place_code FROM confidential_location AS cl WHERE cl.id = sal.confidential_location_id))
    )))
  GROUP BY o.id, td.directorate_id, a.ancestor_id, sal.id, s.id, i.id, t.id, acc.id, acc.valid_from, acc.valid_to
)
SELECT p.directorate_id, p.need_id,
       coalesce(area.reach, 'zone:' || coalesce(lp.zone_code, cp.zone_code)) AS reach,
       l.geog, coalesce(lp.zone_code, cp.zone_code) AS zone_code,
       p.service_at_location_id, p.service_id, p.organization_id, p.instrument_id, p.term_id, p.term_number,
       p.instrument_number, p.instrument_kind, p.instrument_from, p.instrument_to,
       p.accreditation_id,
       coalesce(p.accreditation_from, '-infinity') AS accreditation_from, coalesce(p.accreditation_to, 'infinity') AS accreditation_to,
       (SELECT array_agg(g.governorate_code ORDER BY g.governorate_code) FROM instrument_term_governorate AS g WHERE g.term_id = p.term_id) AS client_governorates,
       p.target_groups, p.term_target_groups, p.minimum_age, p.maximum_age, p.sex,
       p.accepting_status, p.accepting_as_of, area.area_id, p.need_codes,
       card.vouched_at, card.traits, card.refuses, card.open_days, card.open_rules, card.location_from, card.location_to
FROM permitted AS p
JOIN provider_card AS card ON card.service_at_location_id = p.service_at_location_id
LEFT JOIN location AS l ON l.id = p.location_id
LEFT JOIN place AS lp ON lp.code = l.place_code
LEFT JOIN confidential_location AS cl ON cl.id = p.confidential_location_id
LEFT JOIN place AS cp ON cp.code = cl.place_code
LEFT JOIN LATERAL (
  SELECT sa.id AS area_id,
         CASE WHEN sa.nationwide THEN 'nationwide'
              WHEN sa.governorate_code IS NOT NULL THEN 'governorate:' || sa.governorate_code
              WHEN sa.place_code IS NOT NULL THEN 'place:' || sa.place_code
              ELSE 'polygon' END AS reach
  FROM service_area AS sa
  WHERE sa.service_id = p.service_id
) AS area ON true
WHERE coalesce(area.reach, lp.zone_code, cp.zone_code) IS NOT NULL
  AND (p.location_id IS NULL OR lp.code IS NOT NULL);

-- The cards come first: the search takes from them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refresh_provider_search(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind text := coalesce(current_setting('tahweel.kind', true), '');
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM FROM organization AS o WHERE o.id = refresh_provider_search.organization FOR UPDATE;
  DELETE FROM provider_search AS ps WHERE ps.organization_id = refresh_provider_search.organization;
  DELETE FROM provider_card AS pc WHERE pc.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_card SELECT src.* FROM provider_card_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_search SELECT src.* FROM provider_search_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  PERFORM tahweel_refresh_listing(refresh_provider_search.organization);
  PERFORM set_config('tahweel.kind', kind, true);
END $$;

DO $$
BEGIN
  PERFORM refresh_provider_search(o.id) FROM organization AS o;
END $$;
-- +goose StatementEnd
