-- +goose Up

-- An organization's own people and machines keep its catalogue. What they write counts at once, but for name, need, place and
-- eligibility where the directorate has vouched for them: that waits as a change request. A change request has one thing, what its
-- guarded fields were (base) and what they shall be (proposed); activates: the thing was registered by its organization and is
-- inactive until it is approved for the first time.
CREATE TABLE change_request (
  id                     uuid        CONSTRAINT change_request_pkey PRIMARY KEY,
  organization_id        uuid        NOT NULL CONSTRAINT change_request_organization_fkey REFERENCES organization (id),
  service_id             uuid        CONSTRAINT change_request_service_fkey REFERENCES service (id) DEFERRABLE INITIALLY DEFERRED, -- asked before what it lets in
  location_id            uuid        CONSTRAINT change_request_location_fkey REFERENCES location (id),
  service_at_location_id uuid        CONSTRAINT change_request_offer_fkey REFERENCES service_at_location (id) DEFERRABLE INITIALLY DEFERRED,
  activates              boolean     NOT NULL DEFAULT false,
  base                   jsonb       NOT NULL DEFAULT '{}',
  proposed               jsonb       NOT NULL DEFAULT '{}',
  status                 text        NOT NULL DEFAULT 'waiting' CONSTRAINT change_request_status_known CHECK (status IN ('waiting', 'approved', 'rejected', 'withdrawn')),
  reason                 text        NOT NULL DEFAULT '', -- of a rejection
  requested_by           uuid,                            -- the account; NULL: the system
  decided_by             uuid,
  decided_at             timestamptz,
  version                integer     NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  CONSTRAINT change_request_of_one CHECK (num_nonnulls(service_id, location_id, service_at_location_id) = 1),
  CONSTRAINT change_request_decision_tied CHECK ((status = 'waiting') = (decided_at IS NULL)),
  CONSTRAINT change_request_reason_given CHECK (status <> 'rejected' OR reason <> '')
);
CREATE UNIQUE INDEX change_request_service_waiting ON change_request (service_id) WHERE status = 'waiting';
CREATE UNIQUE INDEX change_request_location_waiting ON change_request (location_id) WHERE status = 'waiting';
CREATE UNIQUE INDEX change_request_offer_waiting ON change_request (service_at_location_id) WHERE status = 'waiting';
CREATE INDEX change_request_service_idx ON change_request (service_id, created_at) WHERE activates;
CREATE INDEX change_request_offer_idx ON change_request (service_at_location_id, created_at) WHERE activates;
CREATE INDEX change_request_organization_idx ON change_request (organization_id, id);

-- Five families were sent where the service is not given: somebody looks.
CREATE TABLE verification_task (
  id                     uuid        CONSTRAINT verification_task_pkey PRIMARY KEY,
  service_at_location_id uuid        NOT NULL CONSTRAINT verification_task_offer_fkey REFERENCES service_at_location (id),
  organization_id        uuid        NOT NULL CONSTRAINT verification_task_organization_fkey REFERENCES organization (id),
  owner_role             text        NOT NULL CONSTRAINT verification_task_owner_known CHECK (owner_role IN ('associations_officer')),
  reason                 text        NOT NULL CONSTRAINT verification_task_reason_known CHECK (reason IN ('service_not_offered')),
  declines               integer     NOT NULL CONSTRAINT verification_task_declines_positive CHECK (declines > 0), -- when it was opened
  status                 text        NOT NULL DEFAULT 'open' CONSTRAINT verification_task_status_known CHECK (status IN ('open', 'done')),
  outcome                text        CONSTRAINT verification_task_outcome_known CHECK (outcome IN ('confirmed', 'corrected', 'withdrawn')),
  due_on                 date        NOT NULL,
  resolved_by            uuid,
  resolved_at            timestamptz,
  version                integer     NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  CONSTRAINT verification_task_done_tied CHECK ((status = 'done') = (outcome IS NOT NULL) AND (status = 'done') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX verification_task_one_open ON verification_task (service_at_location_id) WHERE status = 'open';
CREATE INDEX verification_task_offer_idx ON verification_task (service_at_location_id, resolved_at);
CREATE INDEX attempt_not_offered_idx ON attempt (service_at_location_id, closed_at) WHERE status = 'declined' AND reason_code = 'service_not_offered';

-- +goose StatementBegin
-- The organizations whose catalogue the actor keeps.
CREATE FUNCTION tahweel_edits() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_organizations_as('provider_focal_point', 'provider_client');

-- Whether the directorate has vouched for the organization: it is listed today, or accredited, also while that is suspended.
CREATE FUNCTION tahweel_guarded(organization uuid) RETURNS boolean LANGUAGE sql STABLE
  RETURN EXISTS (
      SELECT FROM listing AS l
      WHERE l.organization_id = organization AND (tahweel_now() AT TIME ZONE 'Asia/Hebron')::date BETWEEN l.listed_from AND l.listed_to)
    OR EXISTS (SELECT FROM accreditation AS a WHERE a.organization_id = organization AND a.status IN ('accredited', 'suspended'));

-- Whether a service waits to be let in: until then all of it may be written.
CREATE FUNCTION tahweel_awaits(service uuid) RETURNS boolean LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM change_request AS c WHERE c.service_id = service AND c.activates AND c.status = 'waiting');

-- Whether a service or an offer was asked for and was not let in yet.
CREATE FUNCTION tahweel_not_let_in(thing uuid) RETURNS boolean LANGUAGE sql STABLE
  RETURN coalesce((
    SELECT c.status <> 'approved'
    FROM change_request AS c
    WHERE thing IN (c.service_id, c.service_at_location_id) AND c.activates
    ORDER BY c.created_at DESC, c.id DESC
    LIMIT 1), false);

-- Whether the actor may write needs and areas of a service as its organization.
CREATE FUNCTION tahweel_edits_service(service uuid) RETURNS boolean LANGUAGE sql STABLE
  RETURN EXISTS (
    SELECT FROM service AS s
    WHERE s.id = tahweel_edits_service.service
      AND s.organization_id = ANY (tahweel_edits())
      AND (NOT tahweel_guarded(s.organization_id) OR tahweel_awaits(s.id)));
-- +goose StatementEnd

-- Both tables are written by the organization or in its presence, and decided by the associations directorate. What is decided stays.
ALTER TABLE change_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_request FORCE ROW LEVEL SECURITY;
CREATE POLICY change_request_parties ON change_request FOR SELECT
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
CREATE POLICY change_request_asked ON change_request FOR INSERT
  WITH CHECK (status = 'waiting' AND ((SELECT tahweel_keeps_register()) OR organization_id = ANY ((SELECT tahweel_edits())::uuid[])));
CREATE POLICY change_request_decided ON change_request FOR UPDATE
  USING (status = 'waiting' AND (SELECT tahweel_keeps_register())) WITH CHECK ((SELECT tahweel_keeps_register()));
CREATE POLICY change_request_replaced ON change_request FOR UPDATE
  USING (status = 'waiting' AND organization_id = ANY ((SELECT tahweel_edits())::uuid[]))
  WITH CHECK (status IN ('waiting', 'withdrawn') AND organization_id = ANY ((SELECT tahweel_edits())::uuid[]));
ALTER TABLE verification_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_task FORCE ROW LEVEL SECURITY;
CREATE POLICY verification_task_kept ON verification_task USING ((SELECT tahweel_keeps_register()));
GRANT SELECT, INSERT, UPDATE ON change_request, verification_task TO tahweel_app;
SELECT tahweel_keep_history('change_request', 'change_request', 'id', 'organization_id');
SELECT tahweel_keep_history('verification_task', 'verification_task', 'id', '');

-- What an organization writes of its own catalogue.
CREATE POLICY service_created_by_provider ON service FOR INSERT WITH CHECK (organization_id = ANY ((SELECT tahweel_edits())::uuid[]));
CREATE POLICY service_changed_by_provider ON service FOR UPDATE USING (organization_id = ANY ((SELECT tahweel_edits())::uuid[]));
CREATE POLICY location_created_by_provider ON location FOR INSERT WITH CHECK (organization_id = ANY ((SELECT tahweel_edits())::uuid[]));
CREATE POLICY location_changed_by_provider ON location FOR UPDATE USING (organization_id = ANY ((SELECT tahweel_edits())::uuid[]));
CREATE POLICY service_need_created_by_provider ON service_need FOR INSERT WITH CHECK (tahweel_edits_service(service_id));
CREATE POLICY service_need_removed_by_provider ON service_need FOR DELETE USING (tahweel_edits_service(service_id));
CREATE POLICY service_area_created_by_provider ON service_area FOR INSERT WITH CHECK (tahweel_edits_service(service_id));
CREATE POLICY service_area_removed_by_provider ON service_area FOR DELETE USING (tahweel_edits_service(service_id));
CREATE POLICY service_at_location_created_by_provider ON service_at_location FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM service AS s WHERE s.id = service_id AND s.organization_id = ANY ((SELECT tahweel_edits())::uuid[])));
-- Of the organization itself it says what it does and how it is reached, and that all is still true.
CREATE POLICY organization_changed_by_provider ON organization FOR UPDATE USING (id = ANY ((SELECT tahweel_edits())::uuid[]));

-- A policy sees no old values, triggers do. They bind whom policies bind.
-- +goose StatementBegin
CREATE FUNCTION tahweel_bound(register text) RETURNS boolean LANGUAGE sql STABLE
  RETURN row_security_active(register) AND NOT tahweel_keeps_register();

CREATE FUNCTION tahweel_provider_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tahweel_bound(TG_TABLE_NAME) AND tahweel_guarded(NEW.organization_id) AND NOT tahweel_awaits(NEW.id) THEN
    RAISE EXCEPTION 'name, need, place and eligibility wait for an officer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION tahweel_provider_is_let_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  its_organization uuid;
BEGIN
  IF NOT tahweel_bound(TG_TABLE_NAME) THEN
    RETURN NULL;
  END IF;
  IF TG_TABLE_NAME = 'service' THEN
    its_organization := NEW.organization_id;
  ELSE
    SELECT s.organization_id INTO its_organization FROM service AS s WHERE s.id = NEW.service_id;
  END IF;
  IF tahweel_guarded(its_organization) AND (TG_OP = 'INSERT' OR tahweel_not_let_in(NEW.id)) THEN
    RAISE EXCEPTION 'what is new waits for an officer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION tahweel_provider_stays_itself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tahweel_bound(TG_TABLE_NAME) THEN
    RAISE EXCEPTION 'what an organization is and is called, the directorate says' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER service_waits AFTER UPDATE ON service
  FOR EACH ROW
  WHEN ((OLD.name_ar, OLD.name_en, OLD.minimum_age, OLD.maximum_age, OLD.sex, OLD.target_groups, OLD.details -> 'eligibility')
        IS DISTINCT FROM (NEW.name_ar, NEW.name_en, NEW.minimum_age, NEW.maximum_age, NEW.sex, NEW.target_groups, NEW.details -> 'eligibility'))
  EXECUTE FUNCTION tahweel_provider_waits();
CREATE TRIGGER location_waits AFTER UPDATE ON location
  FOR EACH ROW
  WHEN ((OLD.name_ar, OLD.name_en, OLD.place_code, OLD.geog) IS DISTINCT FROM (NEW.name_ar, NEW.name_en, NEW.place_code, NEW.geog))
  EXECUTE FUNCTION tahweel_provider_waits();
CREATE TRIGGER service_let_in AFTER UPDATE ON service
  FOR EACH ROW WHEN (NEW.status = 'active' AND OLD.status <> 'active') EXECUTE FUNCTION tahweel_provider_is_let_in();
CREATE TRIGGER service_new_let_in AFTER INSERT ON service
  FOR EACH ROW WHEN (NEW.status = 'active') EXECUTE FUNCTION tahweel_provider_is_let_in();
CREATE TRIGGER service_at_location_let_in AFTER UPDATE ON service_at_location
  FOR EACH ROW WHEN (NEW.status = 'active' AND OLD.status <> 'active') EXECUTE FUNCTION tahweel_provider_is_let_in();
CREATE TRIGGER service_at_location_new_let_in AFTER INSERT ON service_at_location
  FOR EACH ROW WHEN (NEW.status = 'active') EXECUTE FUNCTION tahweel_provider_is_let_in();
CREATE TRIGGER organization_stays_itself AFTER UPDATE ON organization
  FOR EACH ROW
  WHEN ((to_jsonb(OLD) - '{description_ar,description_en,details,confirmed_at,confirmed_by,version,updated_at}'::text[], OLD.details -> 'parent_id')
        IS DISTINCT FROM (to_jsonb(NEW) - '{description_ar,description_en,details,confirmed_at,confirmed_by,version,updated_at}'::text[], NEW.details -> 'parent_id'))
  EXECUTE FUNCTION tahweel_provider_stays_itself();
-- A provider writes the status of what it offers too; which service it is and where stays for everybody but the directorate.
DROP TRIGGER service_at_location_accepting_only ON service_at_location;
CREATE TRIGGER service_at_location_accepting_only AFTER UPDATE ON service_at_location
  FOR EACH ROW
  WHEN ((OLD.id, OLD.service_id, OLD.location_id, OLD.confidential_location_id, OLD.created_at)
        IS DISTINCT FROM (NEW.id, NEW.service_id, NEW.location_id, NEW.confidential_location_id, NEW.created_at))
  EXECUTE FUNCTION tahweel_provider_says_accepting();

-- That something is still true is no change of it: it makes no version and no entry in the history. The log has it.
DROP TRIGGER organization_history ON organization;
CREATE TRIGGER organization_history AFTER INSERT OR UPDATE OR DELETE ON organization
  FOR EACH ROW EXECUTE FUNCTION tahweel_history('organization', 'id', 'id', 'confirmed_at,confirmed_by', 'false');
DROP TRIGGER service_history ON service;
CREATE TRIGGER service_history AFTER INSERT OR UPDATE OR DELETE ON service
  FOR EACH ROW EXECUTE FUNCTION tahweel_history('service', 'id', 'organization_id', 'confirmed_at,confirmed_by', 'false');
DROP TRIGGER location_history ON location;
CREATE TRIGGER location_history AFTER INSERT OR UPDATE OR DELETE ON location
  FOR EACH ROW EXECUTE FUNCTION tahweel_history('location', 'id', 'organization_id', 'confirmed_at,confirmed_by', 'false');
DROP TRIGGER service_at_location_history ON service_at_location;
CREATE TRIGGER service_at_location_history AFTER INSERT OR UPDATE OR DELETE ON service_at_location
  FOR EACH ROW EXECUTE FUNCTION tahweel_history('service_at_location', 'id', 'service.service_id', 'confidential_location_id,confirmed_at,confirmed_by', 'false');

-- Displacement sites are registered and end; what the map itself says stays as it was seeded.
ALTER TABLE place ADD COLUMN updated_at timestamptz;
ALTER TABLE place ENABLE ROW LEVEL SECURITY;
ALTER TABLE place FORCE ROW LEVEL SECURITY;
CREATE POLICY place_read ON place FOR SELECT USING (true);
CREATE POLICY place_kept ON place USING ((SELECT tahweel_keeps_reference())) WITH CHECK ((SELECT tahweel_keeps_reference()));
CREATE POLICY place_seeded ON place TO tahweel_owner USING (true) WITH CHECK (true); -- migrations bring new places
SELECT tahweel_keep_history('place', 'place', 'code', '');
