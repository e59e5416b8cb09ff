-- +goose Up

-- In which organizations the actor holds one of the roles. The setting names each membership as 'role@organization'.
-- +goose StatementBegin
CREATE FUNCTION tahweel_organizations_as(VARIADIC wanted text[]) RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (
    SELECT coalesce(array_agg(split_part(held, '@', 2)::uuid), '{}')
    FROM unnest(coalesce(nullif(current_setting('tahweel.organization_roles', true), ''), '{}')::text[]) AS held
    WHERE split_part(held, '@', 1) = ANY (wanted));

-- Whether the actor writes the register: the associations directorate.
CREATE FUNCTION tahweel_keeps_register() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR tahweel_has_role('associations_officer');
-- +goose StatementEnd

-- A local office of an organization, with its own address and telephone. A location may belong to one of the same organization.
CREATE TABLE branch (
  id              uuid        CONSTRAINT branch_pkey PRIMARY KEY,
  organization_id uuid        NOT NULL CONSTRAINT branch_organization_fkey REFERENCES organization (id),
  status          text        NOT NULL DEFAULT 'active' CONSTRAINT branch_status_known CHECK (status IN ('active', 'inactive', 'defunct')),
  name_ar         text        NOT NULL CONSTRAINT branch_name_ar_present CHECK (name_ar <> ''),
  name_en         text        NOT NULL CONSTRAINT branch_name_en_present CHECK (name_en <> ''),
  place_code      text        NOT NULL CONSTRAINT branch_place_fkey REFERENCES place (code),
  address_ar      text        NOT NULL DEFAULT '',
  address_en      text        NOT NULL DEFAULT '',
  telephone       text        NOT NULL DEFAULT '', -- of the office, as it is dialled; never a person's own
  email           text        NOT NULL DEFAULT '',
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT branch_of_organization UNIQUE (id, organization_id)
);
CREATE INDEX branch_organization_idx ON branch (organization_id);
GRANT SELECT, INSERT, UPDATE ON branch TO tahweel_app;
GRANT SELECT ON branch TO tahweel_read;
SELECT tahweel_keep_history('branch', 'branch', 'id', 'organization_id');

ALTER TABLE location ADD COLUMN branch_id uuid;
ALTER TABLE location ADD CONSTRAINT location_branch_fkey FOREIGN KEY (branch_id, organization_id) REFERENCES branch (id, organization_id);
CREATE INDEX location_branch_idx ON location (branch_id) WHERE branch_id IS NOT NULL;

-- Suspended for a time as an administrative measure, or at once to protect people: what follows for referrals differs.
ALTER TABLE accreditation ADD COLUMN suspension_kind text
  CONSTRAINT accreditation_suspension_kind_known CHECK (suspension_kind IN ('administrative', 'safeguarding'));
ALTER TABLE accreditation ADD COLUMN suspended_at timestamptz;
-- The program before this column suspends without saying which; it then counts as administrative.
ALTER TABLE accreditation ADD CONSTRAINT accreditation_suspension_tied CHECK (status = 'suspended' OR (suspension_kind IS NULL AND suspended_at IS NULL));

-- What ends a suspension ends what is said of it, also when a program says so that does not know these columns.
-- +goose StatementBegin
CREATE FUNCTION tahweel_suspension_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.suspension_kind := NULL;
  NEW.suspended_at := NULL;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accreditation_suspension_ends BEFORE UPDATE ON accreditation
  FOR EACH ROW WHEN (NEW.status <> 'suspended') EXECUTE FUNCTION tahweel_suspension_ends();

-- Lists go by id.
CREATE INDEX service_at_location_location_idx ON service_at_location (location_id);
CREATE INDEX service_need_need_idx ON service_need (need_id);

-- The public part of the register is read by everybody and written by the associations directorate.
-- +goose StatementBegin
DO $$
DECLARE
  register text;
BEGIN
  FOREACH register IN ARRAY ARRAY['organization', 'branch', 'service', 'service_need', 'service_area', 'location', 'accreditation', 'service_at_location'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', register);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', register);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_keeps_register()))', register || '_created', register);
  END LOOP;
  FOREACH register IN ARRAY ARRAY['organization', 'branch', 'service', 'service_need', 'service_area', 'location'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (true)', register || '_public', register);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE USING ((SELECT tahweel_keeps_register()))', register || '_changed', register);
  END LOOP;
  FOREACH register IN ARRAY ARRAY['service_need', 'service_area'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR DELETE USING ((SELECT tahweel_keeps_register()))', register || '_removed', register);
  END LOOP;
END $$;
-- +goose StatementEnd

-- An accreditation is between the ministry and its organization. Who acts under it locks the row, which takes the right to update;
-- none but the associations directorate can bring an update to an end.
CREATE POLICY accreditation_parties ON accreditation FOR SELECT
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
CREATE POLICY accreditation_locked ON accreditation FOR UPDATE
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]))
  WITH CHECK ((SELECT tahweel_keeps_register()));

-- That something is offered at a confidential place is no other organization's to know, not even how often.
CREATE POLICY service_at_location_public ON service_at_location FOR SELECT
  USING (
    confidential_location_id IS NULL
    OR (SELECT tahweel_is_system())
    OR (SELECT tahweel_is_ministry())
    OR EXISTS (SELECT FROM service AS s WHERE s.id = service_id AND s.organization_id = ANY ((SELECT tahweel_organizations())::uuid[])));
-- A provider says itself whether it takes people.
CREATE POLICY service_at_location_changed ON service_at_location FOR UPDATE
  USING (
    (SELECT tahweel_keeps_register())
    OR EXISTS (
      SELECT FROM service AS s
      WHERE s.id = service_id
        AND s.organization_id = ANY ((SELECT tahweel_organizations_as('provider_focal_point', 'provider_client'))::uuid[])));

-- It says that and nothing else of its row; a policy sees no old values, a trigger does. It binds whom policies bind.
-- +goose StatementBegin
CREATE FUNCTION tahweel_provider_says_accepting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF row_security_active('service_at_location') AND NOT tahweel_keeps_register() THEN
    RAISE EXCEPTION 'a provider changes its accepting status only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER service_at_location_accepting_only AFTER UPDATE ON service_at_location
  FOR EACH ROW
  WHEN ((OLD.id, OLD.service_id, OLD.location_id, OLD.confidential_location_id, OLD.status, OLD.created_at)
        IS DISTINCT FROM (NEW.id, NEW.service_id, NEW.location_id, NEW.confidential_location_id, NEW.status, NEW.created_at))
  EXECUTE FUNCTION tahweel_provider_says_accepting();

-- Where a shelter is, its organization's focal point writes and reads; its other members and its machines do not.
DROP POLICY confidential_location_own ON confidential_location;
CREATE POLICY confidential_location_own ON confidential_location
  USING ((SELECT tahweel_is_system()) OR organization_id = ANY ((SELECT tahweel_organizations_as('provider_focal_point'))::uuid[]));
DROP POLICY history_seen ON history;
CREATE POLICY history_seen ON history FOR SELECT TO tahweel_app
  USING (
    (SELECT tahweel_is_system())
    OR (NOT confidential AND ((SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[])))
    OR organization_id = ANY ((SELECT tahweel_organizations_as('provider_focal_point'))::uuid[]));
