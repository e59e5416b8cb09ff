-- Ten locations for each organization, most of them in its own directorate, each within some 3 km of a real place.
INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at)
SELECT pg_temp.id(6, l.n), c.id, s.code,
       ST_MakePoint(ST_X(s.geog::geometry) + 0.03 * (pg_temp.chance(l.n, 60) + pg_temp.chance(l.n, 61) - 1),
                    ST_Y(s.geog::geometry) + 0.03 * (pg_temp.chance(l.n, 62) + pg_temp.chance(l.n, 63) - 1))::geography,
       'موقع افتراضي ' || l.n, 'Invented location ' || l.n, pg_temp.now(), pg_temp.now()
FROM company AS c
CROSS JOIN LATERAL generate_series(c.n * 10, c.n * 10 + 9) AS l (n)
JOIN spot AS s ON pg_temp.chance(l.n, 64) < 0.92 AND s.directorate = c.directorate AND s.n = floor(pg_temp.chance(l.n, 65) * s.of)
UNION ALL
SELECT pg_temp.id(6, l.n), c.id, s.code, s.geog, 'موقع افتراضي ' || l.n, 'Invented location ' || l.n, pg_temp.now(), pg_temp.now()
FROM company AS c
CROSS JOIN LATERAL generate_series(c.n * 10, c.n * 10 + 9) AS l (n)
JOIN spot AS s ON s.overall = floor(pg_temp.chance(l.n, 66) * (SELECT count(*) FROM spot))
WHERE pg_temp.chance(l.n, 64) >= 0.92;

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

INSERT INTO service_at_location (id, service_id, location_id, confidential_location_id, status, accepting_status, accepting_as_of, created_at, updated_at)
SELECT pg_temp.id(8, c.n), c.service_id,
       CASE WHEN c.setting = 'open' THEN pg_temp.id(6, c.location) END,
       CASE WHEN c.setting = 'hidden' THEN pg_temp.id(7, c.offer) END,
       CASE WHEN pg_temp.chance(c.n, 70) < 0.02 THEN 'inactive' ELSE 'active' END,
       said.status,
       CASE WHEN said.status <> 'unknown' THEN pg_temp.now() - interval '1 hour' * floor(pg_temp.chance(c.n, 71) * 24 * 36) END,
       pg_temp.now(), pg_temp.now()
FROM counter AS c
CROSS JOIN LATERAL (
  SELECT CASE WHEN pg_temp.chance(c.n, 72) < 0.65 THEN 'capacity'
              ELSE pg_temp.choose(c.n, 73, '{waitlist,additional_assessment_required,no_capacity,unknown,unknown}') END AS status
) AS said;
