-- +goose Up

-- What became of each row of the register: who changed what, when. One table for all of them, appended to by a trigger, so that no
-- writer can forget it. It holds what the register holds and nothing of any person who is referred.
CREATE TABLE history (
  position        bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT history_pkey PRIMARY KEY,
  entity          text        NOT NULL,                   -- 'organization', 'service' …: the table, or the parent of a child table
  entity_id       text        NOT NULL,                   -- several key columns are joined by '/'
  version         integer     NOT NULL,                   -- of the entity after the change
  at              timestamptz NOT NULL,                   -- by the product's clock
  recorded_at     timestamptz NOT NULL DEFAULT now(),     -- by the server's
  account_id      uuid,                                   -- NULL: the system
  action          text        NOT NULL,                   -- create, change, remove, baseline, or the transition by its name
  changed         jsonb       NOT NULL,                   -- {column: {old, new}}; of a child table {table: {removed, added}}, each a row
  organization_id uuid,                                   -- whose it is; NULL: the ministry's
  confidential    boolean     NOT NULL                    -- its organization alone may know of it
);
CREATE INDEX history_entity_idx ON history (entity, entity_id, position);

ALTER TABLE history ENABLE ROW LEVEL SECURITY;
ALTER TABLE history FORCE ROW LEVEL SECURITY;
CREATE POLICY history_seen ON history FOR SELECT TO tahweel_app
  USING (
    (SELECT tahweel_is_system())
    OR (NOT confidential AND (SELECT tahweel_is_ministry()))
    OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
-- Only the trigger writes, in the owner's name, and nobody changes or removes: not even the owner has a policy for that.
CREATE POLICY history_appended ON history FOR INSERT TO tahweel_owner WITH CHECK (true);
CREATE POLICY history_looked_up ON history FOR SELECT TO tahweel_owner USING (true);
GRANT SELECT ON history TO tahweel_app;

-- A row as the history shows it: without what each entry says anyway and what must not be told, with geography as GeoJSON.
-- +goose StatementBegin
CREATE FUNCTION tahweel_history_row(given jsonb, left_out text[]) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (
    SELECT coalesce(jsonb_object_agg(key, CASE
             WHEN key IN ('geog', 'polygon') AND value <> 'null' THEN ST_AsGeoJSON((value #>> '{}')::geography)::jsonb
             ELSE value END), '{}')
    FROM jsonb_each(given)
    WHERE key <> ALL (left_out));

-- Appends one entry. source is the table, entity what it belongs to, id_columns its key, owner where to find the organization:
-- '' (nobody's), a column, or 'entity.column' (the same as of that entity, which was recorded before). A child table follows the
-- last entry of its parent: whoever changes both writes the parent first.
CREATE FUNCTION tahweel_history_write(
  operation text, source text, entity text, id_columns text, owner text, left_out text, confidential boolean, was jsonb, became jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  hidden   text[] := string_to_array(left_out, ',') || '{id,version,created_at,updated_at,prior_status}'::text[];
  here     jsonb := coalesce(became, was);
  its_id   text;
  its_organization uuid;
  its_version integer;
  its_time timestamptz;
  its_action text;
  before   history;
  old_row  jsonb;
  new_row  jsonb;
  changes  jsonb;
BEGIN
  SELECT string_agg(here ->> c.name, '/' ORDER BY c.ordinal)
  INTO its_id
  FROM unnest(string_to_array(id_columns, ',')) WITH ORDINALITY AS c (name, ordinal);

  SELECT h.* INTO before
  FROM history AS h
  WHERE h.entity = tahweel_history_write.entity AND h.entity_id = its_id
  ORDER BY h.position DESC
  LIMIT 1;

  IF owner LIKE '%.%' THEN
    SELECT h.organization_id INTO its_organization
    FROM history AS h
    WHERE h.entity = split_part(owner, '.', 1) AND h.entity_id = here ->> split_part(owner, '.', 2)
    ORDER BY h.position DESC
    LIMIT 1;
  ELSIF owner <> '' THEN
    its_organization := (here ->> owner)::uuid;
  END IF;

  hidden := hidden || string_to_array(id_columns, ',');
  old_row := tahweel_history_row(coalesce(was, '{}'), hidden);
  new_row := tahweel_history_row(coalesce(became, '{}'), hidden);
  IF source <> entity THEN
    its_version := coalesce(before.version, 1);
    its_time := CASE WHEN before.recorded_at = now() THEN before.at ELSE tahweel_now() END;
    its_action := 'change';
    changes := jsonb_build_object(source, jsonb_strip_nulls(jsonb_build_object(
      'removed', CASE WHEN was IS NOT NULL THEN old_row END, 'added', CASE WHEN became IS NOT NULL THEN new_row END)));
  ELSE
    its_version := coalesce((became ->> 'version')::integer, (was ->> 'version')::integer + 1, before.version + 1, 1);
    its_time := coalesce((became ->> 'updated_at')::timestamptz, CASE WHEN was IS NULL THEN (became ->> 'created_at')::timestamptz END, tahweel_now());
    its_action := CASE
      WHEN operation = 'BASELINE' THEN 'baseline'
      WHEN operation = 'DELETE' THEN 'remove'
      WHEN became ? 'transition' AND (was IS NULL OR was -> 'status' <> became -> 'status') THEN became ->> 'transition'
      WHEN operation = 'INSERT' THEN 'create'
      ELSE 'change' END;
    SELECT coalesce(jsonb_object_agg(key, jsonb_strip_nulls(jsonb_build_object('old', old_row -> key, 'new', new_row -> key))), '{}')
    INTO changes
    FROM jsonb_object_keys(old_row || new_row) AS k (key)
    WHERE key <> 'transition'
      AND nullif(old_row -> key, 'null') IS DISTINCT FROM nullif(new_row -> key, 'null');
  END IF;
  IF operation = 'UPDATE' AND changes = '{}' AND its_version = before.version THEN
    RETURN;
  END IF;

  INSERT INTO history (entity, entity_id, version, at, account_id, action, changed, organization_id, confidential)
  VALUES (entity, its_id, its_version, its_time, tahweel_account(), its_action, changes, its_organization, tahweel_history_write.confidential);
END $$;

-- In the owner's name, because the service must not be able to append by hand.
CREATE FUNCTION tahweel_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM tahweel_history_write(
    TG_OP, TG_TABLE_NAME::text, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]::boolean,
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
  RETURN NULL;
END $$;

-- Begins to keep the history of a table, for migrations: it attaches the trigger and records what stands there already.
CREATE FUNCTION tahweel_keep_history(
  source text, entity text, id_columns text, owner text, left_out text DEFAULT '', confidential boolean DEFAULT false
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION tahweel_history(%L, %L, %L, %L, %L)',
    source || '_history', source, entity, id_columns, owner, left_out, confidential);
  PERFORM set_config('tahweel.kind', 'system', true);
  EXECUTE format('SELECT tahweel_history_write(''BASELINE'', %L, %L, %L, %L, %L, %L, NULL, to_jsonb(t)) FROM %I AS t',
    source, entity, id_columns, owner, left_out, confidential, source);
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION tahweel_history_write, tahweel_keep_history FROM PUBLIC;

-- Parents before children. A confidential place's id is told to nobody by the offer that is made there.
SELECT tahweel_keep_history('organization', 'organization', 'id', 'id');
SELECT tahweel_keep_history('accreditation', 'accreditation', 'id', 'organization_id');
SELECT tahweel_keep_history('service', 'service', 'id', 'organization_id');
SELECT tahweel_keep_history('service_need', 'service', 'service_id', 'service.service_id');
SELECT tahweel_keep_history('service_area', 'service', 'service_id', 'service.service_id');
SELECT tahweel_keep_history('location', 'location', 'id', 'organization_id');
SELECT tahweel_keep_history('confidential_location', 'confidential_location', 'id', 'organization_id', '', true);
SELECT tahweel_keep_history('service_at_location', 'service_at_location', 'id', 'service.service_id', 'confidential_location_id');
