-- The referrals from bench.first on, bench.chunk of them: three years of them, evenly. Whoever declined is followed by another attempt.
CREATE TEMP TABLE matter AS
SELECT r.n, r.created_at, pg_temp.id_at(r.created_at, 1, r.n) AS referral_id, pg_temp.id_at(r.created_at, 2, r.n) AS person_id,
       d.account_id, d.directorate_id, s.code AS place_code, pg_temp.chance(r.n, 202) * 1000 AS lot,
       floor(t.of * pg_temp.chance(r.n, 203) * pg_temp.chance(r.n, 204))::bigint AS target, t.of
FROM (
  SELECT g.n, pg_temp.now() - interval '3 years' * (1 - g.n::float8 / current_setting('bench.referrals')::bigint) AS created_at
  FROM generate_series(current_setting('bench.first')::bigint,
                       least(current_setting('bench.first')::bigint + current_setting('bench.chunk')::bigint, current_setting('bench.referrals')::bigint) - 1) AS g (n)
) AS r
JOIN desk AS d ON d.n = floor(pg_temp.chance(r.n, 200) * (SELECT count(*) FROM desk))::bigint
JOIN target AS t ON t.directorate_id = d.directorate_id AND t.n = 0
JOIN spot AS s ON s.directorate = d.directorate AND s.n = floor(pg_temp.chance(r.n, 201) * s.of)::bigint;
ANALYZE matter;

-- The attempts, an hour apart where there are two; the needs are those of the first.
CREATE TEMP TABLE attempted AS
SELECT m.n * 2 + k.turn AS n, k.turn, k.last, m.n AS matter, m.referral_id, m.person_id, m.account_id, m.directorate_id, t.organization_id,
       t.service_at_location_id, t.instrument_id, t.term_id, t.need_id, t.tier, m.created_at + interval '1 day' * k.turn AS created_at,
       f.status, f.prior_status, f.transition, f.reason, f.referral, f.acknowledged, f.accepted, f.started, f.closed
FROM matter AS m
CROSS JOIN LATERAL (
  SELECT turn, turn = again AS last
  FROM (SELECT (m.lot >= 680 AND m.lot < 743)::integer AS again) AS a, generate_series(0, a.again) AS turn
) AS k
JOIN target AS t ON t.directorate_id = m.directorate_id AND t.n = m.target
JOIN fate AS f ON CASE WHEN k.turn = 1 THEN f.status = 'completed' ELSE m.lot >= f.low AND m.lot < f.high END;
ANALYZE attempted;

INSERT INTO person (id, wrapped_key, created_at)
SELECT m.person_id, pg_temp.sealed(m.n, 133), m.created_at
FROM matter AS m
ORDER BY m.n;

INSERT INTO referral (id, person_id, directorate_id, owner_account_id, need_id, tier, place_code, priority, sex, age_band, household_size_band, language,
                      registered_in_registry, poverty_band, prior_status, transition, status, needs_routing, closed_at, version, created_at, updated_at)
SELECT a.referral_id, a.person_id, a.directorate_id, a.account_id, a.need_id, a.tier, m.place_code,
       pg_temp.choose(m.n, 210, '{normal,normal,normal,urgent,emergency}'), pg_temp.choose(m.n, 211, '{female,male}'),
       pg_temp.choose(m.n, 212, '{0-4,5-11,12-17,18-24,25-59,60+}'), pg_temp.choose(m.n, 213, '{1,2-4,5-7,8+}'), 'ar',
       pg_temp.choose(m.n, 214, '{yes,no,unknown}'), pg_temp.choose(m.n, 215, '{extreme,poor,near_poor,unknown}'),
       CASE a.referral WHEN 'closed_met' THEN 'active' WHEN 'active' THEN 'draft' ELSE 'none' END,
       CASE a.referral WHEN 'closed_met' THEN 'meet' WHEN 'active' THEN 'activate' ELSE 'create' END,
       a.referral, a.referral = 'active' AND a.closed, CASE WHEN a.referral = 'closed_met' THEN a.created_at + interval '9 days' END,
       1 + a.n % 2 + (a.referral <> 'draft')::integer + a.closed::integer, m.created_at, a.created_at + interval '1 hour'
FROM attempted AS a
JOIN matter AS m ON m.n = a.matter
WHERE a.last
ORDER BY m.n;

INSERT INTO consent (id, referral_id, person_id, recipient_organization_id, purpose, groups, given_by, evidence, given_at, expires_at, created_at)
SELECT pg_temp.id_at(a.created_at, 3, a.n), a.referral_id, a.person_id, a.organization_id, 'service_provision', '{C,D,E}', 'self', 'signature',
       a.created_at, a.created_at + interval '180 days', a.created_at
FROM attempted AS a
ORDER BY a.created_at, a.n;

INSERT INTO attempt (id, referral_id, directorate_id, owner_account_id, tier, organization_id, service_at_location_id, consent_id, instrument_id,
                     instrument_version, term_id, prior_status, transition, status, held_from, disclosed_groups, reason_code, outcome_code, need_met,
                     service_date, version, created_at, updated_at, sent_at, first_read_at, acknowledged_at, accepted_at, service_started_at, closed_at,
                     hold_code, estimated_on, review_on, info_rounds, contacted_at, contact_methods, moved_at, sender_moved_at)
SELECT pg_temp.id_at(a.created_at, 4, a.n), a.referral_id, a.directorate_id, a.account_id, a.tier, a.organization_id, a.service_at_location_id,
       pg_temp.id_at(a.created_at, 3, a.n), sent.instrument_id, CASE WHEN sent.at IS NOT NULL THEN 1 END, sent.term_id,
       a.prior_status, a.transition, a.status, CASE WHEN a.status = 'on_hold' THEN 'in_service' END, CASE WHEN a.accepted THEN '{C,D,E}'::text[] END,
       a.reason, CASE WHEN a.status = 'completed' THEN 'service_provided_full' END, CASE WHEN a.status = 'completed' THEN 'yes' END,
       CASE WHEN a.started THEN (a.created_at + interval '5 days')::date END, 5, a.created_at, a.created_at + interval '5 days',
       sent.at, CASE WHEN a.acknowledged THEN sent.at + interval '2 hours' END, CASE WHEN a.acknowledged THEN sent.at + interval '3 hours' END,
       CASE WHEN a.accepted THEN sent.at + interval '1 day' END, CASE WHEN a.started THEN sent.at + interval '5 days' END,
       CASE WHEN a.closed THEN sent.at + interval '9 days' END,
       CASE a.status WHEN 'waitlisted' THEN 'no_capacity_waitlist' WHEN 'on_hold' THEN 'awaiting_documents' END,
       CASE WHEN a.status = 'waitlisted' THEN a.created_at::date + 40 END, CASE WHEN a.status = 'on_hold' THEN a.created_at::date + 30 END,
       (a.status = 'info_requested')::integer,
       CASE WHEN a.reason = 'client_unreachable' THEN ARRAY[sent.at + interval '2 days', sent.at + interval '3 days', sent.at + interval '4 days'] END,
       CASE WHEN a.reason = 'client_unreachable' THEN '{call,message,visit}'::text[] END, a.created_at + interval '5 days', sent.at
FROM attempted AS a
CROSS JOIN LATERAL (
  SELECT CASE WHEN a.status <> 'draft' THEN a.created_at + interval '1 hour' END AS at, CASE WHEN a.status <> 'draft' THEN a.instrument_id END AS instrument_id,
         CASE WHEN a.status <> 'draft' THEN a.term_id END AS term_id
) AS sent
ORDER BY a.created_at, a.n;
