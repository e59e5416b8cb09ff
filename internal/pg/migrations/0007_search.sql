-- +goose Up

-- Every way in which a provider's service may and can be used: one row for (directorate that may refer, need or an ancestor of
-- it, service at a place, term of an instrument, reach). Terms are never united. Dates are columns, compared when asked.
--   reach: 'zone:<zone>' where the service declares no area and radius and reach decide; otherwise just what it declared:
--          'governorate:<code>', 'place:<code>', 'nationwide', 'polygon'.
--   zone_code: where the provider is, also for a declared area: an area is only as good as the road. NULL: it comes by wire.
-- The organization comes first, and stands in the grouping, so that a rebuild of one reads that one only: the planner orders no more
-- than eight joins of itself, and by need before organization it would read every term there is.
CREATE VIEW provider_search_source WITH (security_invoker = true) AS
WITH permitted AS (
  SELECT o.id AS organization_id, o.kind, td.directorate_id, a.ancestor_id AS need_id,
         sal.id AS service_at_location_id, sal.location_id, sal.confidential_location_id, sal.accepting_status, sal.accepting_as_of,
         s.id AS service_id, s.target_groups, s.minimum_age, s.maximum_age, s.sex,
         i.id AS instrument_id, i.number AS instrument_number, i.kind AS instrument_kind, i.valid_from AS instrument_from, i.valid_to AS instrument_to,
         t.id AS term_id, t.number AS term_number, t.target_groups AS term_target_groups,
         array_agg(DISTINCT n.code ORDER BY n.code) AS need_codes
  FROM organization AS o
  JOIN instrument AS i ON i.organization_id = o.id
  JOIN instrument_term AS t ON t.instrument_id = i.id
  JOIN instrument_term_need AS tn ON tn.term_id = t.id
  JOIN service AS s ON s.organization_id = o.id
  JOIN service_need AS sn ON sn.service_id = s.id
  JOIN need AS n ON n.id = sn.need_id
  JOIN need_ancestor AS c ON c.need_id = n.id AND c.ancestor_id = tn.need_id
  JOIN need_ancestor AS a ON a.need_id = n.id
  JOIN instrument_term_directorate AS td ON td.term_id = t.id
  JOIN service_at_location AS sal ON sal.service_id = s.id
  WHERE sal.status = 'active'
    AND s.status = 'active'
    AND o.status = 'active'
    AND NOT o.information_only
    AND i.status = 'in_force'
    AND t.max_tier >= n.tier
  GROUP BY o.id, td.directorate_id, a.ancestor_id, sal.id, s.id, i.id, t.id
)
SELECT p.directorate_id, p.need_id,
       coalesce(area.reach, 'zone:' || coalesce(lp.zone_code, cp.zone_code)) AS reach,
       l.geog, coalesce(lp.zone_code, cp.zone_code) AS zone_code,
       p.service_at_location_id, p.service_id, p.organization_id, p.instrument_id, p.term_id, p.term_number,
       p.instrument_number, p.instrument_kind, p.instrument_from, p.instrument_to,
       acc.id AS accreditation_id,
       coalesce(acc.valid_from, '-infinity') AS accreditation_from, coalesce(acc.valid_to, 'infinity') AS accreditation_to,
       (SELECT array_agg(g.governorate_code ORDER BY g.governorate_code) FROM instrument_term_governorate AS g WHERE g.term_id = p.term_id) AS client_governorates,
       p.target_groups, p.term_target_groups, p.minimum_age, p.maximum_age, p.sex,
       p.accepting_status, p.accepting_as_of, area.area_id, p.need_codes
FROM permitted AS p
LEFT JOIN location AS l ON l.id = p.location_id
LEFT JOIN place AS lp ON lp.code = l.place_code
LEFT JOIN confidential_location AS cl ON cl.id = p.confidential_location_id
LEFT JOIN place AS cp ON cp.code = cl.place_code
LEFT JOIN accreditation AS acc ON acc.organization_id = p.organization_id AND acc.status = 'accredited'
LEFT JOIN LATERAL (
  SELECT sa.id AS area_id,
         CASE WHEN sa.nationwide THEN 'nationwide'
              WHEN sa.governorate_code IS NOT NULL THEN 'governorate:' || sa.governorate_code
              WHEN sa.place_code IS NOT NULL THEN 'place:' || sa.place_code
              ELSE 'polygon' END AS reach
  FROM service_area AS sa
  WHERE sa.service_id = p.service_id
) AS area ON true
WHERE (acc.id IS NOT NULL OR NOT tahweel_needs_accreditation(p.kind))
  AND coalesce(area.reach, lp.zone_code, cp.zone_code) IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION tahweel_lane(directorate_id uuid, need_id uuid, reach text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN hashtextextended(reach, uuid_hash_extended(need_id, uuid_hash_extended(directorate_id, 0)));
-- +goose StatementEnd

CREATE TABLE provider_search (
  directorate_id         uuid NOT NULL,
  need_id                uuid NOT NULL,
  reach                  text NOT NULL,
  geog                   geography(Point, 4326), -- NULL: remote, or a place that is not shown
  zone_code              text,                   -- NULL: remote
  service_at_location_id uuid NOT NULL,
  service_id             uuid NOT NULL,
  organization_id        uuid NOT NULL,
  instrument_id          uuid NOT NULL,
  term_id                uuid NOT NULL,
  term_number            smallint NOT NULL,
  instrument_number      text NOT NULL,
  instrument_kind        text NOT NULL,
  instrument_from        date NOT NULL,
  instrument_to          date NOT NULL,
  accreditation_id       uuid,
  accreditation_from     date NOT NULL,
  accreditation_to       date NOT NULL,
  client_governorates    text[],
  target_groups          text[] NOT NULL,
  term_target_groups     text[] NOT NULL,
  minimum_age            smallint,
  maximum_age            smallint,
  sex                    text NOT NULL,
  accepting_status       text NOT NULL,
  accepting_as_of        timestamptz,
  area_id                uuid,
  need_codes             text[] NOT NULL,        -- of the service's own needs, those that this row stands for
  lane                   bigint NOT NULL GENERATED ALWAYS AS (tahweel_lane(directorate_id, need_id, reach)) STORED
);
-- A KNN scan computes distances before it looks at a filter (performance.md), so every selective predicate stands before geog; as
-- one number, because GiST splits its pages by the first column, and a popular need costs a tenth of the buffers. Two lanes that
-- hash alike do no harm: the query compares the three columns too.
CREATE INDEX provider_search_nearest ON provider_search USING gist (lane, geog);
-- A lane of few rows is read whole by this one. GiST is wasteful with those: among popular lanes their rows lie on pages that hundreds
-- of others overlap. The expression keeps the planner, which knows no more than the mean lane, from taking it for the others.
CREATE INDEX provider_search_lane ON provider_search ((lane + 0), service_at_location_id);
CREATE INDEX service_area_polygon_idx ON service_area USING gist (polygon);
CREATE INDEX provider_search_organization_idx ON provider_search (organization_id);

-- What is shown of a service at a place, once for all of its search rows: so that a page costs two buffers a row and not a
-- dozen lookups. The exclusion constraint is a unique key on a hash index, which needs no descent.
CREATE TABLE provider_card (
  service_at_location_id uuid   NOT NULL,
  organization_id        uuid   NOT NULL,
  service_name_ar        text   NOT NULL,
  service_name_en        text   NOT NULL,
  delivery_modes         text[] NOT NULL,
  organization_name_ar   text   NOT NULL,
  organization_name_en   text   NOT NULL,
  organization_kind      text   NOT NULL,
  accreditation_number   text,
  location_id            uuid,  -- NULL, as all below: remote, or a place that is not shown
  location_name_ar       text,
  location_name_en       text,
  address_ar             text,
  address_en             text,
  place_code             text,
  place_name_ar          text,
  place_name_en          text,
  CONSTRAINT provider_card_one_each EXCLUDE USING hash (service_at_location_id WITH =)
);
CREATE INDEX provider_card_organization_idx ON provider_card (organization_id);

CREATE VIEW provider_card_source WITH (security_invoker = true) AS
SELECT sal.id AS service_at_location_id, s.organization_id,
       s.name_ar AS service_name_ar, s.name_en AS service_name_en, s.delivery_modes,
       o.name_ar AS organization_name_ar, o.name_en AS organization_name_en, o.kind AS organization_kind,
       acc.number AS accreditation_number,
       l.id AS location_id, l.name_ar AS location_name_ar, l.name_en AS location_name_en, l.address_ar, l.address_en,
       p.code AS place_code, p.name_ar AS place_name_ar, p.name_en AS place_name_en
FROM service_at_location AS sal
JOIN service AS s ON s.id = sal.service_id
JOIN organization AS o ON o.id = s.organization_id
LEFT JOIN location AS l ON l.id = sal.location_id
LEFT JOIN place AS p ON p.code = l.place_code
LEFT JOIN accreditation AS acc ON acc.organization_id = o.id AND acc.status = 'accredited';

-- Rebuilds one organization's part. Whoever changes a service, a place, an accreditation or an instrument calls it in the same
-- transaction; the organization's row is locked so that two rebuilds follow each other. It reads as the system, because who
-- changes one thing need not see the others: an officer sees no confidential place, and must not lose it from the search.
-- +goose StatementBegin
CREATE FUNCTION refresh_provider_search(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind text := coalesce(current_setting('tahweel.kind', true), '');
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM FROM organization AS o WHERE o.id = refresh_provider_search.organization FOR UPDATE;
  DELETE FROM provider_search AS ps WHERE ps.organization_id = refresh_provider_search.organization;
  DELETE FROM provider_card AS pc WHERE pc.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_search SELECT src.* FROM provider_search_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_card SELECT src.* FROM provider_card_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  PERFORM set_config('tahweel.kind', kind, true);
END $$;
-- +goose StatementEnd

GRANT SELECT, INSERT, DELETE ON provider_search, provider_card TO tahweel_app;
GRANT SELECT ON provider_search_source, provider_card_source TO tahweel_app;
GRANT SELECT ON provider_search, provider_card TO tahweel_read;
