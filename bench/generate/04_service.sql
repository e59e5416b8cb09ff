-- Leaves that anybody may serve, and the rare ones, which eight organizations of a directorate do, however many there are.
CREATE TEMP TABLE leaf AS
SELECT n.id, n.code, row_number() OVER (ORDER BY n.code COLLATE "C") - 1 AS n, count(*) OVER () AS of
FROM need AS n
WHERE n.tier IS NOT NULL
  AND n.code <> ALL (current_setting('bench.rare')::text[]);

CREATE TEMP TABLE rare AS
SELECT n.id, r.n - 1 AS n
FROM unnest(current_setting('bench.rare')::text[]) WITH ORDINALITY AS r (code, n)
JOIN need AS n ON n.code = r.code;
ANALYZE leaf, rare;

-- Every organization has a first service, half of them a second, and some a rare third.
CREATE TEMP TABLE offer AS
SELECT s.n, pg_temp.id(4, s.n) AS id, c.n AS company, c.id AS organization_id, c.directorate, s.n % 4 AS turn, rare.id AS rare_need_id,
       CASE WHEN pg_temp.chance(s.n, 40) < 0.03 THEN 'remote'
            WHEN pg_temp.chance(s.n, 40) < 0.04 THEN 'hidden'
            ELSE 'open' END AS setting,
       pg_temp.chance(s.n, 41) AS area
FROM company AS c
CROSS JOIN LATERAL (
  SELECT c.n * 4 + turn.n AS n, turn.n AS turn
  FROM generate_series(0, 2) AS turn (n)
) AS s
LEFT JOIN rare ON s.turn = 2 AND rare.n = c.rank / 8
WHERE s.turn = 0
   OR s.turn = 1 AND pg_temp.chance(c.n, 42) < 0.5
   OR rare.id IS NOT NULL;
ANALYZE offer;

INSERT INTO service (id, organization_id, status, name_ar, name_en, target_groups, minimum_age, maximum_age, sex, delivery_modes, details, confirmed_at, created_at, updated_at)
SELECT o.id, o.organization_id, CASE WHEN pg_temp.chance(o.n, 43) < 0.02 THEN 'inactive' ELSE 'active' END,
       'خدمة افتراضية ' || o.n, 'Invented service ' || o.n,
       CASE WHEN pg_temp.chance(o.n, 44) < 0.6 THEN '{}'
            ELSE ARRAY[pg_temp.choose(o.n, 45, '{women,children,youth}'), pg_temp.choose(o.n, 46, '{persons_with_disabilities,older_persons,families_in_poverty}')] END,
       CASE WHEN pg_temp.chance(o.n, 47) < 0.2 THEN 18 END,
       CASE WHEN pg_temp.chance(o.n, 48) < 0.2 THEN 60 END,
       CASE WHEN pg_temp.chance(o.n, 49) < 0.85 THEN 'any' ELSE pg_temp.choose(o.n, 50, '{female,male}') END,
       CASE WHEN o.setting = 'remote' THEN '{remote}'::text[]
            WHEN pg_temp.chance(o.n, 51) < 0.1 THEN '{facility,home_visit}'
            ELSE '{facility}' END,
       jsonb_strip_nulls(jsonb_build_object(
         'languages', CASE WHEN pg_temp.chance(o.n, 57) < 0.3 THEN '[{"code": "ar"}, {"code": "en"}]'::jsonb END,
         'female_worker', CASE WHEN pg_temp.chance(o.n, 58) < 0.4 THEN true END,
         'transport', CASE WHEN pg_temp.chance(o.n, 59) < 0.2 THEN true END,
         'schedules', CASE WHEN pg_temp.chance(o.n, 100) < 0.6 THEN '[{"freq": "WEEKLY", "by_day": "SU,MO,TU,WE,TH"}]'::jsonb
                           WHEN pg_temp.chance(o.n, 100) < 0.7 THEN '[{"freq": "WEEKLY", "by_day": "SA,MO"}]'::jsonb
                           WHEN pg_temp.chance(o.n, 100) < 0.75 THEN jsonb_build_array(jsonb_build_object(
                             'freq', 'WEEKLY', 'by_day', 'SU,TU', 'valid_from', (pg_temp.today() - 3)::text, 'valid_to', (pg_temp.today() + 3)::text)) END,
         'eligibility', CASE WHEN pg_temp.chance(o.n, 101) < 0.15 THEN '{"social_registry": true, "poverty_bands": ["extreme", "poor"]}'::jsonb
                             WHEN pg_temp.chance(o.n, 101) < 0.2 THEN '{"refugee_status": "refugee", "identity_docs": ["unrwa", "palestinian"]}'::jsonb
                             WHEN pg_temp.chance(o.n, 101) < 0.25 THEN '{"disability_card": true}'::jsonb END)),
       CASE WHEN pg_temp.chance(o.n, 102) < 0.7 THEN pg_temp.now() - interval '1 day' * floor(pg_temp.chance(o.n, 103) * 240) END,
       pg_temp.now() - interval '1 year', pg_temp.now()
FROM offer AS o;

-- A quarter of the services meet the popular need; one in five meets a second.
INSERT INTO service_need (service_id, need_id)
SELECT o.id, coalesce(o.rare_need_id, l.id)
FROM offer AS o
JOIN leaf AS l ON l.code = current_setting('bench.popular') AND pg_temp.chance(o.n, 52) < 0.25
               OR l.n = floor(pg_temp.chance(o.n, 53) * l.of) AND pg_temp.chance(o.n, 52) >= 0.25
UNION
SELECT o.id, l.id
FROM offer AS o
JOIN leaf AS l ON l.n = floor(pg_temp.chance(o.n, 54) * l.of)
WHERE o.rare_need_id IS NULL
  AND pg_temp.chance(o.n, 55) < 0.2;

-- One service in ten declares where it serves, and whatever comes by wire must; a drawn area is the exception.
INSERT INTO service_area (id, service_id, governorate_code, place_code, nationwide, polygon)
SELECT pg_temp.id(5, o.n), o.id,
       CASE WHEN o.kind = 'governorate' THEN s.governorate_code END,
       CASE WHEN o.kind = 'place' THEN s.code END,
       o.kind = 'nationwide',
       CASE WHEN o.kind = 'polygon' THEN ST_Multi(ST_Buffer(s.geog, 12000)::geometry)::geography END
FROM (
  SELECT offer.*, CASE WHEN area < 0.06 THEN 'governorate'
                       WHEN area < 0.08 THEN 'place'
                       WHEN area < 0.10 OR setting = 'remote' THEN 'nationwide'
                       WHEN area < 0.102 THEN 'polygon' END AS kind
  FROM offer
) AS o
JOIN spot AS s ON s.directorate = o.directorate AND s.n = floor(pg_temp.chance(o.n, 56) * s.of)
WHERE o.kind IS NOT NULL;
