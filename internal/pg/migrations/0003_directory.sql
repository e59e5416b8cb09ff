-- +goose Up

-- Who acts, as internal/pg sets it for one transaction. An unset setting is nobody: it matches no row.
-- +goose StatementBegin
CREATE FUNCTION tahweel_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('tahweel.account_id', true), '')::uuid;
CREATE FUNCTION tahweel_organizations() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.organization_ids', true), ''), '{}')::uuid[];
-- The directorates in which the actor manages cases of their own.
CREATE FUNCTION tahweel_case_directorates() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.case_directorates', true), ''), '{}')::uuid[];
-- The directorates that the actor oversees: everything in them below tier 3.
CREATE FUNCTION tahweel_directorates() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.directorate_ids', true), ''), '{}')::uuid[];
-- The directorates in which the actor is cleared for tier 3, in a session of their own.
CREATE FUNCTION tahweel_protection_directorates() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.protection_directorates', true), ''), '{}')::uuid[];
CREATE FUNCTION tahweel_own_session() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(current_setting('tahweel.own_session', true), '') = 'true';
CREATE FUNCTION tahweel_has_role(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.roles', true), ''), '{}')::text[] && wanted;
-- A role of the ministry, as against one of a provider.
CREATE FUNCTION tahweel_is_ministry() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_has_role('case_manager', 'supervisor', 'directorate_head', 'intake_officer', 'protection_focal_point', 'ministry_client',
    'associations_officer', 'associations_signatory', 'auditor', 'data_protection_officer', 'administrator');
-- +goose StatementEnd

CREATE TABLE directorate (
  id         uuid        CONSTRAINT directorate_pkey PRIMARY KEY,
  code       text        NOT NULL CONSTRAINT directorate_code_unique UNIQUE,
  name_ar    text        NOT NULL,
  name_en    text        NOT NULL,
  version    integer     NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL
);

-- A directorate is its places; a place belongs to at most one (geo.md).
CREATE TABLE directorate_place (
  place_code     text NOT NULL CONSTRAINT directorate_place_pkey PRIMARY KEY
                 CONSTRAINT directorate_place_place_fkey REFERENCES place (code),
  directorate_id uuid NOT NULL CONSTRAINT directorate_place_directorate_fkey REFERENCES directorate (id)
);
CREATE INDEX directorate_place_directorate_idx ON directorate_place (directorate_id);

-- The taxonomy of needs; a leaf has a tier, a root has none.
CREATE TABLE need (
  id             uuid     CONSTRAINT need_pkey PRIMARY KEY,
  code           text     NOT NULL CONSTRAINT need_code_unique UNIQUE,
  parent_id      uuid     CONSTRAINT need_parent_fkey REFERENCES need (id),
  tier           smallint CONSTRAINT need_tier_known CHECK (tier IN (1, 2, 3)),
  name_ar        text     NOT NULL,
  name_en        text     NOT NULL,
  description_ar text     NOT NULL,
  description_en text     NOT NULL,
  CONSTRAINT need_leaf_has_tier CHECK ((parent_id IS NULL) = (tier IS NULL))
);

-- A need and each of its ancestors, itself included: searching for a root finds what serves its leaves.
CREATE VIEW need_ancestor WITH (security_invoker = true) AS
WITH RECURSIVE up (need_id, ancestor_id) AS (
  SELECT n.id, n.id FROM need AS n
  UNION ALL
  SELECT up.need_id, n.parent_id
  FROM up
  JOIN need AS n ON n.id = up.ancestor_id
  WHERE n.parent_id IS NOT NULL
)
SELECT need_id, ancestor_id FROM up;

CREATE TABLE organization (
  id                      uuid        CONSTRAINT organization_pkey PRIMARY KEY,
  kind                    text        NOT NULL CONSTRAINT organization_kind_known CHECK (kind IN
                          ('association', 'zakat_committee', 'municipality', 'ministry_unit', 'public_body', 'un_agency', 'private')),
  status                  text        NOT NULL DEFAULT 'active' CONSTRAINT organization_status_known CHECK (status IN ('active', 'defunct')),
  information_only        boolean     NOT NULL DEFAULT false,
  name_ar                 text        NOT NULL CONSTRAINT organization_name_ar_present CHECK (name_ar <> ''),
  name_en                 text        NOT NULL CONSTRAINT organization_name_en_present CHECK (name_en <> ''),
  description_ar          text        NOT NULL DEFAULT '',
  description_en          text        NOT NULL DEFAULT '',
  registering_authority   text        NOT NULL DEFAULT '',
  registration_number     text        NOT NULL DEFAULT '',
  registration_expires_on date,
  version                 integer     NOT NULL DEFAULT 1,
  created_at              timestamptz NOT NULL,
  updated_at              timestamptz NOT NULL
);

-- Which kinds of organization need accreditation by the social ministry (policy.md).
-- +goose StatementBegin
CREATE FUNCTION tahweel_needs_accreditation(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN kind IN ('association', 'zakat_committee', 'private');
-- +goose StatementEnd

CREATE TABLE accreditation_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT accreditation_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO accreditation_transition (from_status, transition, to_status) VALUES
  ('none', 'apply', 'applied'),
  ('applied', 'start_review', 'under_review'),
  ('applied', 'reject', 'rejected'),
  ('under_review', 'accredit', 'accredited'),
  ('under_review', 'reject', 'rejected'),
  ('accredited', 'suspend', 'suspended'),
  ('suspended', 'reinstate', 'accredited'),
  ('accredited', 'expire', 'expired'),
  ('suspended', 'expire', 'expired'),
  ('accredited', 'revoke', 'revoked'),
  ('suspended', 'revoke', 'revoked');

CREATE TABLE accreditation (
  id              uuid        CONSTRAINT accreditation_pkey PRIMARY KEY,
  organization_id uuid        NOT NULL CONSTRAINT accreditation_organization_fkey REFERENCES organization (id),
  prior_status    text        NOT NULL DEFAULT 'none',
  transition      text        NOT NULL DEFAULT 'apply',
  status          text        NOT NULL,
  number          text,
  valid_from      date,
  valid_to        date,
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT accreditation_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES accreditation_transition,
  CONSTRAINT accreditation_decided CHECK (
    (status IN ('accredited', 'suspended', 'expired', 'revoked')) = (number IS NOT NULL AND valid_from IS NOT NULL AND valid_to IS NOT NULL)),
  CONSTRAINT accreditation_dates_ordered CHECK (valid_from < valid_to)
);
CREATE UNIQUE INDEX accreditation_one_open ON accreditation (organization_id) WHERE status IN ('applied', 'under_review', 'accredited', 'suspended');
CREATE INDEX accreditation_organization_idx ON accreditation (organization_id);

-- A move hands the old status to the foreign key, whoever writes the UPDATE: what is not in the transition table is refused.
-- +goose StatementBegin
CREATE FUNCTION tahweel_hand_over_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.prior_status := 'none';
  ELSE
    NEW.prior_status := OLD.status;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accreditation_created BEFORE INSERT ON accreditation
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();
CREATE TRIGGER accreditation_moved BEFORE UPDATE OF prior_status, transition, status ON accreditation
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();

CREATE TABLE service (
  id              uuid        CONSTRAINT service_pkey PRIMARY KEY,
  organization_id uuid        NOT NULL CONSTRAINT service_organization_fkey REFERENCES organization (id),
  status          text        NOT NULL DEFAULT 'active' CONSTRAINT service_status_known CHECK (status IN ('active', 'inactive', 'defunct')),
  name_ar         text        NOT NULL CONSTRAINT service_name_ar_present CHECK (name_ar <> ''),
  name_en         text        NOT NULL CONSTRAINT service_name_en_present CHECK (name_en <> ''),
  description_ar  text        NOT NULL DEFAULT '',
  description_en  text        NOT NULL DEFAULT '',
  target_groups   text[]      NOT NULL DEFAULT '{}',  -- empty: everybody
  minimum_age     smallint,                           -- whole years, inclusive
  maximum_age     smallint,
  sex             text        NOT NULL DEFAULT 'any' CONSTRAINT service_sex_known CHECK (sex IN ('any', 'female', 'male')),
  delivery_modes  text[]      NOT NULL CONSTRAINT service_delivery_modes_known CHECK (
                  cardinality(delivery_modes) > 0 AND delivery_modes <@ '{facility,home_visit,mobile,remote}'::text[]),
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT service_target_groups_known CHECK (target_groups <@
    '{women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence}'::text[]),
  CONSTRAINT service_ages_ordered CHECK (minimum_age BETWEEN 0 AND 130 AND maximum_age BETWEEN coalesce(minimum_age, 0) AND 130)
);
CREATE INDEX service_organization_idx ON service (organization_id);

CREATE TABLE service_need (
  service_id uuid NOT NULL CONSTRAINT service_need_service_fkey REFERENCES service (id),
  need_id    uuid NOT NULL CONSTRAINT service_need_need_fkey REFERENCES need (id),
  CONSTRAINT service_need_pkey PRIMARY KEY (service_id, need_id)
);

-- A declared area; a service with one serves exactly it, a service without one serves what it can reach (geo.md).
CREATE TABLE service_area (
  id              uuid CONSTRAINT service_area_pkey PRIMARY KEY,
  service_id      uuid NOT NULL CONSTRAINT service_area_service_fkey REFERENCES service (id),
  governorate_code text CONSTRAINT service_area_governorate_fkey REFERENCES governorate (code),
  place_code      text CONSTRAINT service_area_place_fkey REFERENCES place (code),
  nationwide      boolean NOT NULL DEFAULT false,
  polygon         geography(MultiPolygon, 4326),
  CONSTRAINT service_area_one_form CHECK (num_nonnulls(governorate_code, place_code, polygon) + nationwide::integer = 1)
);
CREATE INDEX service_area_service_idx ON service_area (service_id);

CREATE TABLE location (
  id              uuid        CONSTRAINT location_pkey PRIMARY KEY,
  organization_id uuid        NOT NULL CONSTRAINT location_organization_fkey REFERENCES organization (id),
  place_code      text        NOT NULL CONSTRAINT location_place_fkey REFERENCES place (code),
  geog            geography(Point, 4326) NOT NULL,
  name_ar         text        NOT NULL,
  name_en         text        NOT NULL,
  address_ar      text        NOT NULL DEFAULT '',
  address_en      text        NOT NULL DEFAULT '',
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
CREATE INDEX location_organization_idx ON location (organization_id);

-- Where a shelter is, is known to its own organization only. Nothing of this table is ever serialised or searched.
CREATE TABLE confidential_location (
  id              uuid        CONSTRAINT confidential_location_pkey PRIMARY KEY,
  organization_id uuid        NOT NULL CONSTRAINT confidential_location_organization_fkey REFERENCES organization (id),
  place_code      text        NOT NULL CONSTRAINT confidential_location_place_fkey REFERENCES place (code),
  geog            geography(Point, 4326) NOT NULL,
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL
);
ALTER TABLE confidential_location ENABLE ROW LEVEL SECURITY;
ALTER TABLE confidential_location FORCE ROW LEVEL SECURITY;
CREATE POLICY confidential_location_own ON confidential_location
  USING ((SELECT tahweel_is_system()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));

CREATE TABLE service_at_location (
  id               uuid        CONSTRAINT service_at_location_pkey PRIMARY KEY,
  service_id       uuid        NOT NULL CONSTRAINT service_at_location_service_fkey REFERENCES service (id),
  location_id      uuid        CONSTRAINT service_at_location_location_fkey REFERENCES location (id), -- NULL: remote, or confidential
  confidential_location_id uuid CONSTRAINT service_at_location_confidential_fkey REFERENCES confidential_location (id),
  status           text        NOT NULL DEFAULT 'active' CONSTRAINT service_at_location_status_known CHECK (status IN ('active', 'inactive', 'defunct')),
  accepting_status text        NOT NULL DEFAULT 'unknown' CONSTRAINT service_at_location_accepting_known CHECK (accepting_status IN
                   ('capacity', 'no_capacity', 'waitlist', 'additional_assessment_required', 'unknown')),
  accepting_as_of  timestamptz,
  version          integer     NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  CONSTRAINT service_at_location_unique UNIQUE (service_id, location_id),
  CONSTRAINT service_at_location_one_place CHECK (location_id IS NULL OR confidential_location_id IS NULL),
  CONSTRAINT service_at_location_as_of_known CHECK ((accepting_status = 'unknown') = (accepting_as_of IS NULL))
);
CREATE INDEX service_at_location_service_idx ON service_at_location (service_id);

GRANT SELECT ON need, need_ancestor, accreditation_transition TO tahweel_app, tahweel_read;
GRANT INSERT, UPDATE ON need TO tahweel_app;
GRANT SELECT, INSERT, UPDATE ON directorate, organization, accreditation, service, location, service_at_location, confidential_location TO tahweel_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON directorate_place, service_need, service_area TO tahweel_app;
GRANT SELECT ON directorate, directorate_place, organization, service, service_need, service_area, location, service_at_location TO tahweel_read;
