-- Ten locations for each organization, most of them in its own directorate, each within some 3 km of a real place.
CREATE TEMP TABLE site AS
SELECT l.n, c.id AS organization_id, s.code,
       ST_MakePoint(ST_X(s.geog::geometry) + 0.03 * (pg_temp.chance(l.n, 60) + pg_temp.chance(l.n, 61) - 1),
                    ST_Y(s.geog::geometry) + 0.03 * (pg_temp.chance(l.n, 62) + pg_temp.chance(l.n, 63) - 1))::geography AS geog
FROM company AS c
CROSS JOIN LATERAL generate_series(c.n * 10, c.n * 10 + 9) AS l (n)
JOIN spot AS s ON pg_temp.chance(l.n, 64) < 0.92 AND s.directorate = c.directorate AND s.n = floor(pg_temp.chance(l.n, 65) * s.of)
UNION ALL
SELECT l.n, c.id, s.code, s.geog
FROM company AS c
CROSS JOIN LATERAL generate_series(c.n * 10, c.n * 10 + 9) AS l (n)
JOIN spot AS s ON s.overall = floor(pg_temp.chance(l.n, 66) * (SELECT count(*) FROM spot))
WHERE pg_temp.chance(l.n, 64) >= 0.92;

-- A third says how it can be entered; one in forty is there for a time only, and of those half not today.
INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, details, valid_from, valid_to, created_at, updated_at)
SELECT pg_temp.id(6, s.n), s.organization_id, s.code, s.geog, 'موقع افتراضي ' || s.n, 'Invented location ' || s.n,
       CASE WHEN pg_temp.chance(s.n, 110) < 0.15 THEN '{"accessibility": [{"feature": "ground_floor"}]}'::jsonb
            WHEN pg_temp.chance(s.n, 110) < 0.33 THEN '{"accessibility": [{"feature": "wheelchair_entrance"}, {"feature": "lift"}]}'::jsonb
            ELSE '{}' END,
       CASE WHEN pg_temp.chance(s.n, 111) < 0.025 THEN pg_temp.today() - 30 END,
       CASE WHEN pg_temp.chance(s.n, 111) < 0.012 THEN pg_temp.today() - 1
            WHEN pg_temp.chance(s.n, 111) < 0.025 THEN pg_temp.today() + 30 END,
       pg_temp.now(), pg_temp.now()
FROM site AS s;

INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at)
SELECT pg_temp.id(7, o.n), o.organization_id, s.code, s.geog, pg_temp.now(), pg_temp.now()
FROM offer AS o
JOIN spot AS s ON s.directorate = o.directorate AND s.n = floor(pg_temp.chance(o.n, 67) * s.of)
WHERE o.setting = 'hidden';

-- The first service is given at all of them, the second at three, a rare one at one; what comes by wire or is hidden, nowhere.
CREATE TEMP TABLE counter AS
SELECT o.id AS service_id, o.setting, o.n AS offer, place.n AS location,
       row_number() OVER (ORDER BY o.n, place.n) - 1 AS n
FROM offer AS o
CROSS JOIN LATERAL (
  SELECT o.company * 10 + step AS n
  FROM generate_series(0, CASE WHEN o.setting <> 'open' OR o.turn = 2 THEN 0 WHEN o.turn = 1 THEN 2 ELSE 9 END) AS step
) AS place;

INSERT INTO service_at_location (id, service_id, location_id, confidential_location_id, status, accepting_status, accepting_as_of, confirmed_at, created_at, updated_at)
SELECT pg_temp.id(8, c.n), c.service_id,
       CASE WHEN c.setting = 'open' THEN pg_temp.id(6, c.location) END,
       CASE WHEN c.setting = 'hidden' THEN pg_temp.id(7, c.offer) END,
       CASE WHEN pg_temp.chance(c.n, 70) < 0.02 THEN 'inactive' ELSE 'active' END,
       said.status,
       CASE WHEN said.status <> 'unknown' THEN pg_temp.now() - interval '1 hour' * floor(pg_temp.chance(c.n, 71) * 24 * 36) END,
       CASE WHEN pg_temp.chance(c.n, 112) < 0.3 THEN pg_temp.now() - interval '1 day' * floor(pg_temp.chance(c.n, 113) * 240) END,
       pg_temp.now() - interval '1 day' * floor(pg_temp.chance(c.n, 114) * 365), pg_temp.now()
FROM counter AS c
CROSS JOIN LATERAL (
  SELECT CASE WHEN pg_temp.chance(c.n, 72) < 0.65 THEN 'capacity'
              ELSE pg_temp.choose(c.n, 73, '{waitlist,additional_assessment_required,no_capacity,unknown,unknown}') END AS status
) AS said;
