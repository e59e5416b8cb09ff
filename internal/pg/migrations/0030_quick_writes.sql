-- +goose Up

-- Writing the register costs less; what is written is the same.

-- +goose StatementBegin

-- A table's name is of the type name, whose collation is C, and a function in PL/pgSQL compares by the collation of what it is given:
-- the last entry of a row was looked for without the index, in all of the history, at every write. With the collation of the columns
-- the index serves.
CREATE OR REPLACE FUNCTION tahweel_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM tahweel_history_write(
    TG_OP, TG_TABLE_NAME::text COLLATE "default", TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]::boolean,
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tahweel_term_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  term    jsonb;
BEGIN
  SELECT jsonb_build_object('instrument_id', t.instrument_id, 'term', t.number) INTO term
  FROM instrument_term AS t
  WHERE t.id = (coalesce(new_row, old_row) ->> 'term_id')::uuid;
  PERFORM tahweel_history_write(TG_OP, TG_TABLE_NAME::text COLLATE "default", 'instrument', 'instrument_id', 'instrument.instrument_id', 'term_id', false,
    old_row || term, new_row || term);
  RETURN NULL;
END $$;

-- The rest are functions in SQL that stood in the way of every write: such a function plans its statements anew whenever it is called,
-- which took longer than running them. In PL/pgSQL a connection plans them once. They say what they said.
CREATE OR REPLACE FUNCTION tahweel_normalise(name text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  silent CONSTANT text :=
    '[\u064B-\u065F\u0670\u0640''`\u00B4\u02B9\u02BB-\u02BF\u2018\u2019\u201B\u2032\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]';
BEGIN
  RETURN btrim(regexp_replace(lower(translate(
    regexp_replace(normalize(regexp_replace(name, silent, '', 'g'), NFKC), silent, '', 'g'),
    U&'\0623\0625\0622\0671\0649\06CC\06A9\0629' ||
      U&'\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9' ||
      U&'-\2010\2011\2012\2013\2014\2015\2212' ||
      U&'\0009\000A\000B\000C\000D\0085\1680\2028\2029',
    U&'\0627\0627\0627\0627\064A\064A\0643\0647' || '01234567890123456789' || repeat(' ', 17))), ' +', ' ', 'g'));
END $$;

CREATE OR REPLACE FUNCTION tahweel_openings(schedules jsonb) RETURNS TABLE (days smallint, rules jsonb) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
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
  ) AS u;
END $$;

CREATE OR REPLACE FUNCTION tahweel_refresh_listing(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO listing (organization_id, listed_from, listed_to, accreditation_number, accreditation_from, accreditation_to, information_only, changed_at)
  SELECT src.organization_id, src.listed_from, src.listed_to, src.accreditation_number, src.accreditation_from, src.accreditation_to,
         src.information_only, tahweel_now()
  FROM listing_source AS src
  WHERE src.organization_id = tahweel_refresh_listing.organization
  ON CONFLICT ON CONSTRAINT listing_pkey DO UPDATE
  SET listed_from = EXCLUDED.listed_from, listed_to = EXCLUDED.listed_to, accreditation_number = EXCLUDED.accreditation_number,
      accreditation_from = EXCLUDED.accreditation_from, accreditation_to = EXCLUDED.accreditation_to,
      information_only = EXCLUDED.information_only, changed_at = EXCLUDED.changed_at
  WHERE (listing.listed_from, listing.listed_to, listing.accreditation_number, listing.accreditation_from, listing.accreditation_to, listing.information_only)
    IS DISTINCT FROM
        (EXCLUDED.listed_from, EXCLUDED.listed_to, EXCLUDED.accreditation_number, EXCLUDED.accreditation_from, EXCLUDED.accreditation_to, EXCLUDED.information_only);
END $$;

CREATE OR REPLACE FUNCTION tahweel_move_clusters(gone map_point[], gone_on date, came map_point[], came_on date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO map_cluster AS c (zoom, cell_x, cell_y, root, providers, accepting, sum_x, sum_y)
  SELECT moved.zoom, moved.cell_x, moved.cell_y, moved.root, sum(moved.providers), sum(moved.accepting), sum(moved.sum_x), sum(moved.sum_y)
  FROM (
    SELECT was.zoom, was.cell_x, was.cell_y, was.root, -was.providers AS providers, -was.accepting AS accepting, -was.sum_x AS sum_x, -was.sum_y AS sum_y
    FROM tahweel_map_clusters(gone, gone_on) AS was
    UNION ALL
    SELECT is_now.zoom, is_now.cell_x, is_now.cell_y, is_now.root, is_now.providers, is_now.accepting, is_now.sum_x, is_now.sum_y
    FROM tahweel_map_clusters(came, came_on) AS is_now
  ) AS moved
  GROUP BY moved.zoom, moved.cell_x, moved.cell_y, moved.root
  HAVING (sum(moved.providers), sum(moved.accepting), sum(moved.sum_x), sum(moved.sum_y)) <> (0, 0, 0, 0)
  ORDER BY moved.zoom, moved.cell_x, moved.cell_y, moved.root
  ON CONFLICT ON CONSTRAINT map_cluster_pkey DO UPDATE
  SET providers = c.providers + EXCLUDED.providers, accepting = c.accepting + EXCLUDED.accepting,
      sum_x = c.sum_x + EXCLUDED.sum_x, sum_y = c.sum_y + EXCLUDED.sum_y;
END $$;

CREATE OR REPLACE FUNCTION tahweel_refresh_map(organizations uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM map_point AS p
  WHERE p.organization_id = ANY (organizations)
    AND p.service_at_location_id NOT IN (
      SELECT src.service_at_location_id FROM map_point_source AS src WHERE src.organization_id = ANY (organizations));
  INSERT INTO map_point AS p
  SELECT src.*
  FROM map_point_source AS src
  WHERE src.organization_id = ANY (organizations)
  ORDER BY src.service_at_location_id
  ON CONFLICT ON CONSTRAINT map_point_pkey DO UPDATE
  SET organization_id = EXCLUDED.organization_id, geom = EXCLUDED.geom, x = EXCLUDED.x, y = EXCLUDED.y,
      cell_x = EXCLUDED.cell_x, cell_y = EXCLUDED.cell_y, needs = EXCLUDED.needs, roots = EXCLUDED.roots,
      accepting_status = EXCLUDED.accepting_status, accepting_to = EXCLUDED.accepting_to,
      shown_from = EXCLUDED.shown_from, shown_to = EXCLUDED.shown_to
  WHERE p IS DISTINCT FROM EXCLUDED;
END $$;

-- Row policies ask this of each sealed field. The next version is found by its index and not in all instruments.
CREATE OR REPLACE FUNCTION tahweel_provider_bar(barred_instrument uuid) RETURNS TABLE (at_once boolean, ends_at timestamptz) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN QUERY
  WITH RECURSIVE version AS (
    SELECT i.id, i.organization_id, i.status, i.prior_status, i.updated_at, to_jsonb(i) AS said
    FROM instrument AS i
    WHERE i.id = barred_instrument
    UNION ALL
    SELECT next.id, next.organization_id, next.status, next.prior_status, next.updated_at, next.said
    FROM version AS v
    CROSS JOIN LATERAL (
      SELECT i.id, i.organization_id, i.status, i.prior_status, i.updated_at, to_jsonb(i) AS said
      FROM instrument AS i
      WHERE i.supersedes_id = v.id
        AND i.status NOT IN ('draft', 'proposed', 'signed')
      OFFSET 0
    ) AS next
  ), provider AS (
    SELECT o.id, o.kind, o.status, o.updated_at
    FROM version AS v
    JOIN organization AS o ON o.id = v.organization_id
    WHERE v.id = barred_instrument
  ), bar AS (
    SELECT coalesce((v.said ->> 'terminated_for_cause')::boolean, false) OR coalesce(v.said ->> 'suspension_kind' = 'safeguarding', false) AS cuts,
           coalesce((v.said ->> 'wind_down_ends_at')::timestamptz, v.updated_at + interval '336 hours') AS ends
    FROM version AS v
    WHERE v.status IN ('suspended', 'terminated') OR (v.status = 'expired' AND v.prior_status = 'suspended')
    UNION ALL
    SELECT a.status = 'revoked', a.updated_at + interval '336 hours'
    FROM provider AS p
    JOIN accreditation AS a ON a.organization_id = p.id
    WHERE tahweel_needs_accreditation(p.kind)
      AND a.status IN ('suspended', 'revoked')
      AND NOT EXISTS (SELECT FROM accreditation AS b WHERE b.organization_id = p.id AND b.status = 'accredited')
    UNION ALL
    SELECT false, p.updated_at + interval '336 hours'
    FROM provider AS p
    WHERE p.status = 'defunct'
  )
  SELECT bool_or(b.cuts), min(b.ends)
  FROM bar AS b
  HAVING count(*) > 0;
END $$;
-- +goose StatementEnd
