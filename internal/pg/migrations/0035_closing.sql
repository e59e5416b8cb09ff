-- +goose Up

-- What an officer closed its organization does not open by itself: the mark goes with a status that an officer sets, and goes when it is
-- active again. What organizations pause themselves has none.
ALTER TABLE service ADD COLUMN closed_by_register boolean NOT NULL DEFAULT false;
ALTER TABLE service_at_location ADD COLUMN closed_by_register boolean NOT NULL DEFAULT false;

-- +goose StatementBegin
-- The status of a service or an offer that an officer closed; '' if none did.
CREATE FUNCTION tahweel_closed_by_register(thing uuid) RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(
    (SELECT s.status FROM service AS s WHERE s.id = thing AND s.closed_by_register AND s.status <> 'active'),
    (SELECT sal.status FROM service_at_location AS sal WHERE sal.id = thing AND sal.closed_by_register AND sal.status <> 'active'),
    '');

CREATE FUNCTION tahweel_provider_keeps_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tahweel_bound(TG_TABLE_NAME) THEN
    RAISE EXCEPTION 'what an officer closed only an officer opens' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- What was closed before this: by the last change of its status, if somebody made it who was an officer.
DO $$
DECLARE
  closed text;
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  FOREACH closed IN ARRAY ARRAY['service', 'service_at_location'] LOOP
    EXECUTE format('
      UPDATE %1$I AS t
      SET closed_by_register = true
      WHERE t.status <> ''active''
        AND (SELECT h.action = ''change'' AND EXISTS (SELECT FROM membership AS m WHERE m.account_id = h.account_id AND m.role = ''associations_officer'')
             FROM history AS h
             WHERE h.entity = %1$L AND h.entity_id = t.id::text AND h.changed ? ''status''
             ORDER BY h.position DESC
             LIMIT 1)', closed);
  END LOOP;
  PERFORM set_config('tahweel.kind', '', true);
END $$;
-- +goose StatementEnd
CREATE TRIGGER service_stays_closed AFTER UPDATE ON service
  FOR EACH ROW
  WHEN (OLD.closed_by_register AND OLD.status <> 'active'
        AND (NOT NEW.closed_by_register OR NEW.status = 'active' OR OLD.status = 'defunct' AND NEW.status <> 'defunct'))
  EXECUTE FUNCTION tahweel_provider_keeps_closed();
CREATE TRIGGER service_at_location_stays_closed AFTER UPDATE ON service_at_location
  FOR EACH ROW
  WHEN (OLD.closed_by_register AND OLD.status <> 'active'
        AND (NOT NEW.closed_by_register OR NEW.status = 'active' OR OLD.status = 'defunct' AND NEW.status <> 'defunct'))
  EXECUTE FUNCTION tahweel_provider_keeps_closed();

-- A closure of an offer is for whoever sees the offer: one at a confidential place is no other organization's to know.
CREATE POLICY closure_of_what_is_seen ON closure AS RESTRICTIVE FOR SELECT
  USING (service_at_location_id IS NULL OR EXISTS (SELECT FROM service_at_location AS sal WHERE sal.id = service_at_location_id));

-- What else a service is called, the words of its eligibility, its areas in words and whether a child comes alone wait as its name, its
-- eligibility and its areas do; so does what else a location is called. An address in words does not: where a location is, its place
-- and its point say.
DROP TRIGGER service_waits ON service;
CREATE TRIGGER service_waits AFTER UPDATE ON service
  FOR EACH ROW
  WHEN ((OLD.name_ar, OLD.name_en, OLD.minimum_age, OLD.maximum_age, OLD.sex, OLD.target_groups, OLD.details -> 'eligibility',
         OLD.details -> 'alternate_name', OLD.details -> 'eligibility_description', OLD.details -> 'stated_areas', OLD.details -> 'serves_no_minor')
        IS DISTINCT FROM (NEW.name_ar, NEW.name_en, NEW.minimum_age, NEW.maximum_age, NEW.sex, NEW.target_groups, NEW.details -> 'eligibility',
         NEW.details -> 'alternate_name', NEW.details -> 'eligibility_description', NEW.details -> 'stated_areas', NEW.details -> 'serves_no_minor'))
  EXECUTE FUNCTION tahweel_provider_waits();
DROP TRIGGER location_waits ON location;
CREATE TRIGGER location_waits AFTER UPDATE ON location
  FOR EACH ROW
  WHEN ((OLD.name_ar, OLD.name_en, OLD.place_code, OLD.geog, OLD.details -> 'alternate_name')
        IS DISTINCT FROM (NEW.name_ar, NEW.name_en, NEW.place_code, NEW.geog, NEW.details -> 'alternate_name'))
  EXECUTE FUNCTION tahweel_provider_waits();

-- What waits already was asked without them: it says of them what the thing says.
-- +goose StatementBegin
DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  WITH said AS (
    SELECT c.id, jsonb_strip_nulls(jsonb_build_object(
             'alternate_name', coalesce(s.details, l.details) -> 'alternate_name', 'eligibility_description', s.details -> 'eligibility_description',
             'stated_areas', s.details -> 'stated_areas', 'serves_no_minor', s.details -> 'serves_no_minor')) AS too
    FROM change_request AS c
    LEFT JOIN service AS s ON s.id = c.service_id
    LEFT JOIN location AS l ON l.id = c.location_id
    WHERE c.status = 'waiting'
  )
  UPDATE change_request AS c
  SET base = c.base || said.too, proposed = c.proposed || said.too
  FROM said
  WHERE c.id = said.id AND said.too <> '{}';
  PERFORM set_config('tahweel.kind', '', true);
END $$;
-- +goose StatementEnd

-- In words, as nearby: who states no language speaks Arabic, and what nobody has confirmed for long comes later.
ALTER TABLE directory_text ADD COLUMN vouched_at timestamptz NOT NULL DEFAULT '-infinity'; -- when somebody last said that it is all true

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tahweel_refresh_text(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH org AS (
    SELECT o.*
    FROM organization AS o
    WHERE o.id = tahweel_refresh_text.organization AND o.status = 'active'
  ),
  needed AS (
    SELECT s.id AS service_id, array_agg(DISTINCT n.id) AS ids, array_agg(DISTINCT n.code) FILTER (WHERE n.parent_id IS NULL) AS roots,
           string_agg(DISTINCT n.name_ar, ' · ' ORDER BY n.name_ar) AS names_ar, string_agg(DISTINCT n.name_en, ' · ' ORDER BY n.name_en) AS names_en
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    JOIN service_need AS sn ON sn.service_id = s.id
    JOIN need_ancestor AS a ON a.need_id = sn.need_id
    JOIN need AS n ON n.id = a.ancestor_id
    GROUP BY s.id
  ),
  site AS (
    SELECT l.*, p.governorate_code, tahweel_detail(l.details, 'languages', 'code') AS languages,
           tahweel_detail(l.details, 'accessibility', 'feature') AS accessibility,
           concat_ws(' · ', p.name_ar, g.name_ar, nullif(l.address_ar, '')) AS place_ar,
           concat_ws(' · ', p.name_en, g.name_en, nullif(l.address_en, '')) AS place_en
    FROM org
    JOIN location AS l ON l.organization_id = org.id
    LEFT JOIN place AS p ON p.code = l.place_code
    LEFT JOIN governorate AS g ON g.code = p.governorate_code
    WHERE l.merged_into IS NULL
  ),
  offer AS (
    SELECT sal.service_id, sal.location_id, sal.accepting_status, sal.accepting_as_of, sal.confirmed_at
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    JOIN service_at_location AS sal ON sal.service_id = s.id
    WHERE s.status = 'active' AND sal.status = 'active' AND sal.confidential_location_id IS NULL
  ),
  item AS (
    SELECT 'service' AS entity, s.id, s.name_ar, s.name_en, s.description_ar, s.description_en, s.details,
           coalesce(n.names_ar, '') AS needs_ar, coalesce(n.names_en, '') AS needs_en, n.ids AS need_ids, n.roots AS need_roots,
           CASE WHEN s.target_groups = '{}' THEN '{everybody}' ELSE s.target_groups END AS target_groups,
           NULL::geography AS geog, NULL::date AS valid_from, NULL::date AS valid_to, s.confirmed_at, s.created_at
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    LEFT JOIN needed AS n ON n.service_id = s.id
    WHERE s.status = 'active'
    UNION ALL
    SELECT 'location', l.id, l.name_ar, l.name_en, coalesce(l.details #>> '{description,ar}', ''), coalesce(l.details #>> '{description,en}', ''), l.details,
           '', '', NULL, NULL, NULL, l.geog, l.valid_from, l.valid_to, l.confirmed_at, l.created_at
    FROM site AS l
  ),
  -- Which services and sites count for which row: its own, those it is offered with, and all of them for the organization.
  part AS (
    SELECT 'service' AS entity, i.id, i.id AS service_id, o.location_id, o.accepting_status, o.accepting_as_of, o.confirmed_at
    FROM item AS i
    LEFT JOIN offer AS o ON o.service_id = i.id
    WHERE i.entity = 'service'
    UNION ALL
    SELECT 'location', i.id, o.service_id, i.id, o.accepting_status, o.accepting_as_of, o.confirmed_at
    FROM item AS i
    LEFT JOIN offer AS o ON o.location_id = i.id
    WHERE i.entity = 'location'
    UNION ALL
    SELECT 'organization', org.id, i.id, o.location_id, o.accepting_status, o.accepting_as_of, o.confirmed_at
    FROM org
    JOIN item AS i ON i.entity = 'service'
    LEFT JOIN offer AS o ON o.service_id = i.id
    UNION ALL
    SELECT 'organization', org.id, NULL, site.id, NULL, NULL, NULL
    FROM org
    CROSS JOIN site
  ),
  fact AS (
    SELECT p.entity, p.id,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.need_ids))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x)::uuid[] AS need_ids,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.need_roots))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x) AS need_roots,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.target_groups))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x) AS target_groups,
           ARRAY(SELECT DISTINCT lower(x) AS x FROM unnest(array_agg(CASE
             WHEN p.service_id IS NOT NULL AND cardinality(tahweel_detail(s.details, 'languages', 'code') || l.languages) = 0 THEN '["ar"]'
             ELSE to_jsonb(tahweel_detail(s.details, 'languages', 'code') || l.languages) END)) AS j, jsonb_array_elements_text(coalesce(j, '[]')) AS x ORDER BY x) AS languages,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(l.accessibility))) AS j, jsonb_array_elements_text(coalesce(j, '[]')) AS x ORDER BY x) AS accessibility,
           coalesce(array_agg(DISTINCT l.place_code) FILTER (WHERE l.place_code IS NOT NULL), '{}') AS place_codes,
           coalesce(array_agg(DISTINCT l.governorate_code) FILTER (WHERE l.governorate_code IS NOT NULL), '{}') AS governorate_codes,
           coalesce(string_agg(DISTINCT l.place_ar, ' · '), '') AS place_ar, coalesce(string_agg(DISTINCT l.place_en, ' · '), '') AS place_en,
           coalesce(array_agg(p.accepting_status ORDER BY p.accepting_status, p.accepting_as_of) FILTER (WHERE p.accepting_status IS NOT NULL), '{}') AS accepting,
           coalesce(array_agg(p.accepting_as_of ORDER BY p.accepting_status, p.accepting_as_of) FILTER (WHERE p.accepting_status IS NOT NULL), '{}') AS accepting_as_of,
           max(p.confirmed_at) AS confirmed_at
    FROM part AS p
    LEFT JOIN item AS s ON s.entity = 'service' AND s.id = p.service_id
    LEFT JOIN site AS l ON l.id = p.location_id
    GROUP BY p.entity, p.id
  ),
  told AS (
    SELECT i.*, org.name_ar AS organization_ar, org.name_en AS organization_en, tahweel_telephones(i.details) AS telephones
    FROM item AS i
    CROSS JOIN org
    UNION ALL
    SELECT 'organization', org.id, org.name_ar, org.name_en, org.description_ar, org.description_en, org.details,
           coalesce((SELECT string_agg(DISTINCT n.names_ar, ' · ') FROM needed AS n), ''), coalesce((SELECT string_agg(DISTINCT n.names_en, ' · ') FROM needed AS n), ''),
           NULL, NULL, NULL, NULL, NULL, NULL, org.confirmed_at, org.created_at, '', '',
           tahweel_telephones(org.details) || ARRAY(
             SELECT tahweel_telephone_key(b.telephone)
             FROM branch AS b
             WHERE b.organization_id = org.id AND b.status <> 'defunct' AND tahweel_telephone_key(b.telephone) IS NOT NULL)
    FROM org
  ),
  fresh AS (
    SELECT t.entity, t.id, org.id AS organization_id, org.kind, t.organization_ar, t.organization_en, t.name_ar, t.name_en,
           coalesce(t.details #>> '{alternate_name,ar}', ''), coalesce(t.details #>> '{alternate_name,en}', ''),
           t.description_ar, t.description_en, t.needs_ar, t.needs_en, coalesce(f.place_ar, ''), coalesce(f.place_en, ''),
           coalesce(f.need_ids, '{}'), coalesce(f.need_roots, '{}'), coalesce(f.place_codes, '{}'), coalesce(f.governorate_codes, '{}'),
           coalesce(f.languages, '{}'), coalesce(f.accessibility, '{}'), coalesce(f.target_groups, '{}'),
           coalesce(f.accepting, '{}'), coalesce(f.accepting_as_of, '{}'), t.telephones, t.geog, t.valid_from, t.valid_to,
           coalesce(greatest(t.confirmed_at, f.confirmed_at), t.created_at)
    FROM told AS t
    CROSS JOIN org
    LEFT JOIN fact AS f ON f.entity = t.entity AND f.id = t.id
  ),
  gone AS (
    DELETE FROM directory_text AS t
    WHERE t.organization_id = tahweel_refresh_text.organization
      AND NOT EXISTS (SELECT FROM fresh AS f WHERE f.entity = t.entity AND f.id = t.id)
  )
  -- What has not changed is not written: an edit of one entry does not write all others of the organization anew.
  INSERT INTO directory_text AS t (
    entity, id, organization_id, organization_kind, organization_ar, organization_en, name_ar, name_en, alternate_ar, alternate_en,
    description_ar, description_en, needs_ar, needs_en, place_ar, place_en, need_ids, need_roots, place_codes, governorate_codes,
    languages, accessibility, target_groups, accepting, accepting_as_of, telephones, geog, valid_from, valid_to, vouched_at)
  SELECT f.*
  FROM fresh AS f
  ON CONFLICT (entity, id) DO UPDATE
  SET (
    organization_id, organization_kind, organization_ar, organization_en, name_ar, name_en, alternate_ar, alternate_en, description_ar,
    description_en, needs_ar, needs_en, place_ar, place_en, need_ids, need_roots, place_codes, governorate_codes, languages, accessibility,
    target_groups, accepting, accepting_as_of, telephones, geog, valid_from, valid_to, vouched_at
  ) = (
    excluded.organization_id, excluded.organization_kind, excluded.organization_ar, excluded.organization_en, excluded.name_ar,
    excluded.name_en, excluded.alternate_ar, excluded.alternate_en, excluded.description_ar, excluded.description_en, excluded.needs_ar,
    excluded.needs_en, excluded.place_ar, excluded.place_en, excluded.need_ids, excluded.need_roots, excluded.place_codes,
    excluded.governorate_codes, excluded.languages, excluded.accessibility, excluded.target_groups, excluded.accepting,
    excluded.accepting_as_of, excluded.telephones, excluded.geog, excluded.valid_from, excluded.valid_to,
    excluded.vouched_at
  )
  WHERE t.* IS DISTINCT FROM excluded.*;
END $$;

DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM tahweel_refresh_text(o.id) FROM organization AS o;
  PERFORM set_config('tahweel.kind', '', true);
END $$;
-- +goose StatementEnd
