-- One organization for ten locations, in the directorates by turns; all invented.
CREATE TEMP TABLE company AS
SELECT o.n, pg_temp.id(2, o.n) AS id, o.n % 14 AS directorate, o.n / 14 AS rank,
       CASE WHEN pg_temp.chance(o.n, 20) < 0.75 THEN 'association'
            ELSE pg_temp.choose(o.n, 21, '{zakat_committee,municipality,ministry_unit,public_body,un_agency,private}') END AS kind
FROM generate_series(0, current_setting('bench.locations')::bigint / 10 - 1) AS o (n);
ANALYZE company;

INSERT INTO organization (id, kind, status, information_only, name_ar, name_en, created_at, updated_at)
SELECT c.id, c.kind, CASE WHEN pg_temp.chance(c.n, 22) < 0.02 THEN 'defunct' ELSE 'active' END, pg_temp.chance(c.n, 23) < 0.01,
       'مؤسسة افتراضية ' || c.n, 'Invented organization ' || c.n, pg_temp.now(), pg_temp.now()
FROM company AS c;

-- Most are accredited; of some the accreditation has lapsed or has yet to begin, though nobody has moved it.
INSERT INTO accreditation (id, organization_id, prior_status, transition, status, number, valid_from, valid_to, created_at, updated_at)
SELECT pg_temp.id(3, c.n), c.id, move.prior_status, move.transition, move.status,
       CASE WHEN move.dated THEN 'BENCH-A-' || c.n END,
       CASE WHEN move.dated THEN pg_temp.today() + validity.starts END,
       CASE WHEN move.dated THEN pg_temp.today() + validity.ends END,
       pg_temp.now(), pg_temp.now()
FROM company AS c
JOIN (VALUES (0.00, 0.90, 'under_review', 'accredit', 'accredited', true),
             (0.90, 0.94, 'accredited', 'suspend', 'suspended', true),
             (0.94, 0.97, 'accredited', 'revoke', 'revoked', true),
             (0.97, 1.00, 'applied', 'start_review', 'under_review', false))
  AS move (low, high, prior_status, transition, status, dated)
  ON pg_temp.chance(c.n, 30) >= move.low AND pg_temp.chance(c.n, 30) < move.high
JOIN (VALUES (0.00, 0.90, -400, 300),
             (0.90, 0.92, -700, 0),
             (0.92, 0.94, 0, 365),
             (0.94, 0.97, -700, -1),
             (0.97, 1.00, 1, 365))
  AS validity (low, high, starts, ends)
  ON pg_temp.chance(c.n, 31) >= validity.low AND pg_temp.chance(c.n, 31) < validity.high
WHERE c.kind IN ('association', 'zakat_committee', 'private');
