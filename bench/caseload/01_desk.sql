-- The n-th row of a table, made at an instant, in the form of UUIDv7: in the order of time, as the program's own are.
CREATE FUNCTION pg_temp.id_at(at timestamptz, kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000' || lpad(to_hex(n), 12, '0'))::uuid;

-- Bytes that say nothing, as many as the sealed form of a text has.
CREATE FUNCTION pg_temp.sealed(n bigint, size integer) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN substring(decode(md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text) || md5((n + 3)::text) || md5((n + 4)::text)
                          || md5((n + 5)::text) || md5((n + 6)::text) || md5((n + 7)::text) || md5((n + 8)::text), 'hex') FOR size);

-- A case manager for about every two thousand referrals, at least two for each directorate.
CREATE TEMP TABLE desk AS
SELECT m.n, m.n % 14 AS directorate, pg_temp.id(1, m.n % 14) AS directorate_id, pg_temp.id(20, m.n) AS account_id
FROM generate_series(0, greatest(27, current_setting('bench.referrals')::bigint / 2000)) AS m (n);

INSERT INTO account (id, kind, name_ar, name_en, created_at)
SELECT d.account_id, 'person', 'مديرة حالة افتراضية ' || d.n, 'Invented case manager ' || d.n, pg_temp.now() - interval '4 years'
FROM desk AS d;

INSERT INTO membership (id, account_id, role, directorate_id, valid_from)
SELECT pg_temp.id(21, d.n), d.account_id, 'case_manager', d.directorate_id, pg_temp.now() - interval '4 years'
FROM desk AS d;

-- What a directorate may refer to: up to two thousand services at a place, each for one leaf under one term.
CREATE TEMP TABLE target AS
SELECT t.*, row_number() OVER (PARTITION BY t.directorate_id ORDER BY t.lot) - 1 AS n,
       least(2000, count(*) OVER (PARTITION BY t.directorate_id)) AS of
FROM (
  SELECT DISTINCT ON (ps.directorate_id, ps.service_at_location_id)
         ps.directorate_id, ps.service_at_location_id, ps.organization_id, ps.instrument_id, ps.term_id, n.id AS need_id, n.tier,
         hashtextextended(ps.service_at_location_id::text, 1) AS lot
  FROM provider_search AS ps
  JOIN need AS n ON n.id = ps.need_id
  WHERE n.tier IS NOT NULL
  ORDER BY ps.directorate_id, ps.service_at_location_id, n.code
) AS t;
DELETE FROM target WHERE n >= of;
CREATE UNIQUE INDEX ON target (directorate_id, n);
CREATE UNIQUE INDEX ON spot (directorate, n);
ANALYZE desk, target, spot;

-- How attempts end up, as shares of a thousand, and which instants each has seen.
CREATE TEMP TABLE fate AS
SELECT f.status, f.share, sum(f.share) OVER (ORDER BY f.n) - f.share AS low, sum(f.share) OVER (ORDER BY f.n) AS high,
       f.prior_status, f.transition, f.reason, f.referral, f.acknowledged, f.accepted, f.started, f.closed
FROM (VALUES
  (1, 'completed', 680, 'in_service', 'complete', NULL, 'closed_met', true, true, true, true),
  (2, 'declined', 90, 'acknowledged', 'decline', 'no_capacity', 'active', true, false, false, true),
  (3, 'cancelled', 60, 'accepted', 'recall', 'client_moved', 'active', true, true, false, true),
  (4, 'expired', 30, 'sent', 'expire', 'no_decision', 'active', false, false, false, true),
  (5, 'not_completed', 40, 'in_service', 'close_unmet', 'client_unreachable', 'active', true, true, true, true),
  (6, 'in_service', 30, 'accepted', 'start_service', NULL, 'active', true, true, true, false),
  (7, 'accepted', 20, 'acknowledged', 'accept', NULL, 'active', true, true, false, false),
  (8, 'sent', 20, 'draft', 'send', NULL, 'active', false, false, false, false),
  (9, 'acknowledged', 12, 'sent', 'acknowledge', NULL, 'active', true, false, false, false),
  (10, 'waitlisted', 5, 'acknowledged', 'waitlist', NULL, 'active', true, false, false, false),
  (11, 'on_hold', 4, 'in_service', 'hold', NULL, 'active', true, true, true, false),
  (12, 'info_requested', 4, 'acknowledged', 'request_info', NULL, 'active', true, false, false, false),
  (13, 'draft', 5, 'none', 'create', NULL, 'draft', false, false, false, false)
) AS f (n, status, share, prior_status, transition, reason, referral, acknowledged, accepted, started, closed);
