-- One memorandum for each organization, most of them in force; of some the dates say otherwise than the status.
INSERT INTO instrument (id, organization_id, kind, number, prior_status, transition, status, valid_from, valid_to, suspended_at, suspension_kind,
                        terminated_at, terminated_for_cause, created_at, updated_at)
SELECT pg_temp.id(9, c.n), c.id, 'memorandum', 'BENCH-M-' || c.n, move.prior_status, move.transition, move.status,
       pg_temp.today() + validity.starts, pg_temp.today() + validity.ends,
       CASE WHEN move.status = 'suspended' THEN pg_temp.now() END, CASE WHEN move.status = 'suspended' THEN 'safeguarding' END,
       CASE WHEN move.status = 'terminated' THEN pg_temp.now() END, CASE WHEN move.status = 'terminated' THEN true END, pg_temp.now(), pg_temp.now()
FROM company AS c
JOIN (VALUES (0.00, 0.92, 'signed', 'enter_into_force', 'in_force'),
             (0.92, 0.94, 'in_force', 'suspend', 'suspended'),
             (0.94, 0.96, 'in_force', 'terminate', 'terminated'),
             (0.96, 0.98, 'proposed', 'sign', 'signed'),
             (0.98, 1.00, 'none', 'create', 'draft'))
  AS move (low, high, prior_status, transition, status)
  ON pg_temp.chance(c.n, 80) >= move.low AND pg_temp.chance(c.n, 80) < move.high
JOIN (VALUES (0.00, 0.92, -200, 500),
             (0.92, 0.94, -365, 0),
             (0.94, 0.96, 0, 365),
             (0.96, 0.98, -365, -1),
             (0.98, 1.00, 1, 365))
  AS validity (low, high, starts, ends)
  ON pg_temp.chance(c.n, 81) >= validity.low AND pg_temp.chance(c.n, 81) < validity.high;

-- The first term is wide; three in ten have a narrower second one.
CREATE TEMP TABLE term AS
SELECT c.n * 2 + second.n AS n, pg_temp.id(10, c.n * 2 + second.n) AS id, second.n AS turn, c.n AS company, c.directorate
FROM company AS c
CROSS JOIN generate_series(0, 1) AS second (n)
WHERE second.n = 0
   OR pg_temp.chance(c.n, 82) < 0.3;
ANALYZE term;

INSERT INTO instrument_term (id, instrument_id, number, target_groups, max_tier, grants)
SELECT t.id, pg_temp.id(9, t.company), t.turn + 1,
       CASE WHEN t.turn = 1 THEN ARRAY[pg_temp.choose(t.n, 83, '{women,children,persons_with_disabilities}')] ELSE '{}' END,
       CASE WHEN pg_temp.chance(t.n, 84) < 0.5 THEN 3 WHEN pg_temp.chance(t.n, 84) < 0.95 THEN 2 ELSE 1 END,
       '{C,D,E}'
FROM term AS t;

-- Its own directorate, for one in five the next one too, and for a few all.
INSERT INTO instrument_term_directorate (term_id, directorate_id)
SELECT t.id, d.id
FROM term AS t
JOIN directorate AS d
  ON d.id = pg_temp.id(1, t.directorate)
  OR d.id = pg_temp.id(1, (t.directorate + 1) % 14) AND pg_temp.chance(t.n, 85) < 0.2
  OR t.turn = 0 AND pg_temp.chance(t.n, 86) < 0.02;

-- The needs of the organization's services, as roots where the term is wide.
INSERT INTO instrument_term_need (term_id, need_id)
SELECT DISTINCT t.id, CASE WHEN t.turn = 0 AND pg_temp.chance(t.n, 87) < 0.7 THEN n.parent_id ELSE n.id END
FROM term AS t
JOIN offer AS o ON o.company = t.company
JOIN service_need AS sn ON sn.service_id = o.id
JOIN need AS n ON n.id = sn.need_id;

-- The governorates of those directorates, but not always all of them; for one in eight the whole country.
INSERT INTO instrument_term_governorate (term_id, governorate_code)
SELECT t.id, h.governorate_code
FROM term AS t
JOIN home AS h ON pg_temp.chance(t.n, 88) < 0.12
               OR h.directorate = t.directorate AND pg_temp.chance(t.n, 89) < 0.97
               OR h.directorate = (t.directorate + 1) % 14 AND pg_temp.chance(t.n, 90) < 0.5;
