-- +goose Up

-- Whether one of the rules holds on the day. A search asks it for seven days of every row that has rules; in SQL the function was
-- planned anew at every search and begun anew at every call, which took a quarter of a popular search. It says what it said.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tahweel_open_on(rules jsonb, day date) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
#variable_conflict use_variable
DECLARE
  month     CONSTANT date    := date_trunc('month', day);
  of_month  CONSTANT integer := day - month + 1;
  length    CONSTANT integer := (month + interval '1 month')::date - month;
  code      CONSTANT text    := (ARRAY['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'])[extract(isodow FROM day)::integer];
  weekday   CONSTANT integer := tahweel_weekday(day);
  from_head CONSTANT text    := (of_month - 1) / 7 + 1 || code;
  from_tail CONSTANT text    := '-' || (length - of_month) / 7 + 1 || code;
BEGIN
  RETURN EXISTS (
    SELECT
    FROM jsonb_to_recordset(rules) AS r (first date, last date, start date, every integer, days integer, monthly boolean, nth jsonb, month_days jsonb)
    WHERE day >= coalesce(r.first, '-infinity')
      AND day <= coalesce(r.last, 'infinity')
      AND CASE WHEN r.monthly THEN
            (coalesce(r.days & weekday <> 0, false)
              OR coalesce(r.nth ? from_head, false)
              OR coalesce(r.nth ? from_tail, false)
              OR coalesce(r.month_days @> to_jsonb(of_month), false)
              OR coalesce(r.month_days @> to_jsonb(of_month - length - 1), false))
            AND (r.every = 1 OR (extract(year FROM age(month, date_trunc('month', r.start))) * 12
                                 + extract(month FROM age(month, date_trunc('month', r.start))))::integer % r.every = 0)
          ELSE r.days & weekday <> 0
            AND (r.every = 1 OR (date_trunc('week', day)::date - date_trunc('week', r.start)::date) / 7 % r.every = 0)
          END
  );
END $$;
-- +goose StatementEnd

-- Who is asked first is who asks with every request: the system, for the client of a token.
ALTER POLICY client_seen ON client USING (
  (SELECT tahweel_is_system())
  OR tahweel_manages_client(account_id, organization_id)
  OR (SELECT tahweel_has_role('auditor'))
);

-- Functions in SQL that hold a question of their own are planned anew whenever they are called, which takes longer than they do. In
-- PL/pgSQL a connection plans them once. They say what they said.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tahweel_history_row(given jsonb, left_out text[]) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (
    SELECT coalesce(jsonb_object_agg(e.key, CASE
             WHEN e.key IN ('geog', 'polygon') AND e.value <> 'null' THEN ST_AsGeoJSON((e.value #>> '{}')::geography)::jsonb
             ELSE e.value END), '{}')
    FROM jsonb_each(given) AS e
    WHERE e.key <> ALL (left_out));
END $$;

CREATE OR REPLACE FUNCTION tahweel_organizations_as(VARIADIC wanted text[]) RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (
    SELECT coalesce(array_agg(split_part(held, '@', 2)::uuid), '{}')
    FROM unnest(coalesce(nullif(current_setting('tahweel.organization_roles', true), ''), '{}')::text[]) AS held
    WHERE split_part(held, '@', 1) = ANY (wanted));
END $$;

CREATE OR REPLACE FUNCTION tahweel_focal_organizations() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN tahweel_organizations_as('provider_focal_point');
END $$;

CREATE OR REPLACE FUNCTION tahweel_detail(details jsonb, list text, field text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN ARRAY(
    SELECT part.value ->> field
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(details -> list) = 'array' THEN details -> list ELSE '[]' END) AS part (value)
    WHERE part.value ->> field <> '');
END $$;

CREATE OR REPLACE FUNCTION tahweel_telephones(details jsonb) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN ARRAY(
    SELECT tahweel_telephone_key(number)
    FROM unnest(tahweel_detail(details, 'phones', 'number')) AS number
    WHERE tahweel_telephone_key(number) IS NOT NULL);
END $$;
-- +goose StatementEnd
