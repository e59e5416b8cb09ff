-- +goose Up

CREATE TABLE instrument_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT instrument_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO instrument_transition (from_status, transition, to_status) VALUES
  ('none', 'create', 'draft'),
  ('draft', 'propose', 'proposed'),
  ('proposed', 'withdraw', 'draft'),
  ('proposed', 'sign', 'signed'),
  ('signed', 'enter_into_force', 'in_force'),
  ('in_force', 'suspend', 'suspended'),
  ('suspended', 'resume', 'in_force'),
  ('in_force', 'expire', 'expired'),
  ('suspended', 'expire', 'expired'),
  ('in_force', 'terminate', 'terminated'),
  ('suspended', 'terminate', 'terminated');

-- A memorandum, or what stands in its place for an organization that is not an association (policy.md).
CREATE TABLE instrument (
  id                  uuid        CONSTRAINT instrument_pkey PRIMARY KEY,
  organization_id     uuid        NOT NULL CONSTRAINT instrument_organization_fkey REFERENCES organization (id),
  kind                text        NOT NULL CONSTRAINT instrument_kind_known CHECK (kind IN ('memorandum', 'internal_order', 'inter_agency_protocol', 'letter')),
  number              text        NOT NULL CONSTRAINT instrument_number_unique UNIQUE,
  terms_version       integer     NOT NULL DEFAULT 1,
  prior_status        text        NOT NULL DEFAULT 'none',
  transition          text        NOT NULL DEFAULT 'create',
  status              text        NOT NULL,
  valid_from          date        NOT NULL,
  valid_to            date        NOT NULL,
  onward_sharing      text        NOT NULL DEFAULT 'no' CONSTRAINT instrument_onward_sharing_known CHECK (onward_sharing IN ('no', 'on_request')),
  retention_days      integer     NOT NULL DEFAULT 1825 CONSTRAINT instrument_retention_days_positive CHECK (retention_days > 0),
  breach_notice_hours integer     NOT NULL DEFAULT 24 CONSTRAINT instrument_breach_notice_within_72h CHECK (breach_notice_hours BETWEEN 1 AND 72),
  document_sha256     bytea       CONSTRAINT instrument_document_sha256_length CHECK (octet_length(document_sha256) = 32),
  drafted_by_id       uuid,       -- the account, which does not sign; NULL: the system
  supersedes_id       uuid        CONSTRAINT instrument_supersedes_fkey REFERENCES instrument (id),
  version             integer     NOT NULL DEFAULT 1,
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  CONSTRAINT instrument_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES instrument_transition,
  CONSTRAINT instrument_dates_ordered CHECK (valid_from < valid_to)
);
CREATE INDEX instrument_organization_idx ON instrument (organization_id);
CREATE TRIGGER instrument_created BEFORE INSERT ON instrument
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();
CREATE TRIGGER instrument_moved BEFORE UPDATE OF prior_status, transition, status ON instrument
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();

-- One term: who may refer what for whom, and what the provider may then see. Terms are never united with each other.
CREATE TABLE instrument_term (
  id            uuid     CONSTRAINT instrument_term_pkey PRIMARY KEY,
  instrument_id uuid     NOT NULL CONSTRAINT instrument_term_instrument_fkey REFERENCES instrument (id),
  number        smallint NOT NULL,
  purposes      text[]   NOT NULL DEFAULT '{service_provision}',
  target_groups text[]   NOT NULL DEFAULT '{}',  -- empty: everybody
  max_tier      smallint NOT NULL CONSTRAINT instrument_term_max_tier_known CHECK (max_tier IN (1, 2, 3)),
  grants        text[]   NOT NULL CONSTRAINT instrument_term_grants_known CHECK (grants <@ '{C,D,E,F,G,H}'::text[]), -- the groups after acceptance, of those that tier and consent allow
  CONSTRAINT instrument_term_number_unique UNIQUE (instrument_id, number)
);

CREATE TABLE instrument_term_directorate (
  term_id        uuid NOT NULL CONSTRAINT instrument_term_directorate_term_fkey REFERENCES instrument_term (id),
  directorate_id uuid NOT NULL CONSTRAINT instrument_term_directorate_directorate_fkey REFERENCES directorate (id),
  CONSTRAINT instrument_term_directorate_pkey PRIMARY KEY (term_id, directorate_id)
);
CREATE TABLE instrument_term_need (
  term_id uuid NOT NULL CONSTRAINT instrument_term_need_term_fkey REFERENCES instrument_term (id),
  need_id uuid NOT NULL CONSTRAINT instrument_term_need_need_fkey REFERENCES need (id), -- a root covers its leaves
  CONSTRAINT instrument_term_need_pkey PRIMARY KEY (term_id, need_id)
);
-- The governorates of the client's place; no row is no place, since unknown is refusal.
CREATE TABLE instrument_term_governorate (
  term_id          uuid NOT NULL CONSTRAINT instrument_term_governorate_term_fkey REFERENCES instrument_term (id),
  governorate_code text NOT NULL CONSTRAINT instrument_term_governorate_governorate_fkey REFERENCES governorate (code),
  CONSTRAINT instrument_term_governorate_pkey PRIMARY KEY (term_id, governorate_code)
);

-- Who at the provider may see tier 3: named persons, never a machine.
CREATE TABLE instrument_cleared_person (
  instrument_id uuid NOT NULL CONSTRAINT instrument_cleared_person_instrument_fkey REFERENCES instrument (id),
  account_id    uuid NOT NULL,
  CONSTRAINT instrument_cleared_person_pkey PRIMARY KEY (instrument_id, account_id)
);

-- A quota limits how many referrals a term takes: at one time ('open') or sent in one calendar month ('month').
CREATE TABLE instrument_quota (
  id             uuid    CONSTRAINT instrument_quota_pkey PRIMARY KEY,
  term_id        uuid    NOT NULL CONSTRAINT instrument_quota_term_fkey REFERENCES instrument_term (id),
  directorate_id uuid    CONSTRAINT instrument_quota_directorate_fkey REFERENCES directorate (id), -- NULL: all of the term's together
  period         text    NOT NULL CONSTRAINT instrument_quota_period_known CHECK (period IN ('open', 'month')),
  cap            integer NOT NULL CONSTRAINT instrument_quota_cap_positive CHECK (cap > 0)
);
CREATE INDEX instrument_quota_term_idx ON instrument_quota (term_id);
-- One counter a quota and period; it is moved by a conditional UPDATE and guarded by the CHECK, never by counting rows.
CREATE TABLE instrument_quota_use (
  quota_id   uuid    NOT NULL CONSTRAINT instrument_quota_use_quota_fkey REFERENCES instrument_quota (id),
  starts_on  date    NOT NULL, -- first of the month; 1970-01-01 for 'open'
  used       integer NOT NULL,
  cap        integer NOT NULL,
  CONSTRAINT instrument_quota_use_pkey PRIMARY KEY (quota_id, starts_on),
  CONSTRAINT instrument_quota_not_oversubscribed CHECK (used BETWEEN 0 AND cap)
);

-- What was in force is immutable: once an instrument has left draft and proposed, neither it nor its terms change (policy.md).
-- +goose StatementBegin
CREATE FUNCTION tahweel_terms_are_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
  -- Both sides of a change count: a term is not moved out of a signed instrument either.
  IF EXISTS (
    SELECT FROM instrument AS i
    WHERE i.status NOT IN ('draft', 'proposed')
      AND i.id IN (
        (old_row ->> 'instrument_id')::uuid,
        (new_row ->> 'instrument_id')::uuid,
        (SELECT t.instrument_id FROM instrument_term AS t WHERE t.id = (old_row ->> 'term_id')::uuid),
        (SELECT t.instrument_id FROM instrument_term AS t WHERE t.id = (new_row ->> 'term_id')::uuid))
  ) THEN
    RAISE EXCEPTION 'the terms of an instrument that was signed do not change'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'instrument_terms_immutable';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION tahweel_instrument_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an instrument that was signed does not change'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'instrument_terms_immutable';
END $$;
-- +goose StatementEnd
CREATE TRIGGER instrument_immutable BEFORE UPDATE ON instrument
  FOR EACH ROW
  WHEN (OLD.status NOT IN ('draft', 'proposed')
    AND (OLD.organization_id, OLD.kind, OLD.number, OLD.terms_version, OLD.valid_from, OLD.valid_to, OLD.onward_sharing, OLD.retention_days,
         OLD.breach_notice_hours, OLD.document_sha256, OLD.drafted_by_id, OLD.supersedes_id)
      IS DISTINCT FROM
        (NEW.organization_id, NEW.kind, NEW.number, NEW.terms_version, NEW.valid_from, NEW.valid_to, NEW.onward_sharing, NEW.retention_days,
         NEW.breach_notice_hours, NEW.document_sha256, NEW.drafted_by_id, NEW.supersedes_id))
  EXECUTE FUNCTION tahweel_instrument_is_open();

-- Whether the actor writes instruments: the associations directorate.
-- +goose StatementBegin
CREATE FUNCTION tahweel_keeps_instruments() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR tahweel_has_role('associations_officer', 'associations_signatory');
-- +goose StatementEnd

-- Instruments are private to the ministry and the organization that signed. Both lock the row while they act under it, which
-- takes the right to update; none but the associations directorate can bring an update to an end.
ALTER TABLE instrument ENABLE ROW LEVEL SECURITY;
ALTER TABLE instrument FORCE ROW LEVEL SECURITY;
CREATE POLICY instrument_parties ON instrument FOR SELECT
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
CREATE POLICY instrument_locked ON instrument FOR UPDATE
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]))
  WITH CHECK ((SELECT tahweel_keeps_instruments()));
CREATE POLICY instrument_kept ON instrument FOR INSERT WITH CHECK ((SELECT tahweel_keeps_instruments()));

ALTER TABLE instrument_term ENABLE ROW LEVEL SECURITY;
ALTER TABLE instrument_term FORCE ROW LEVEL SECURITY;
CREATE POLICY instrument_term_parties ON instrument_term FOR SELECT
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR EXISTS (SELECT FROM instrument AS i WHERE i.id = instrument_id));
CREATE POLICY instrument_term_kept ON instrument_term USING ((SELECT tahweel_keeps_instruments()));
-- At a provider each knows of their own clearance only.
ALTER TABLE instrument_cleared_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE instrument_cleared_person FORCE ROW LEVEL SECURITY;
CREATE POLICY instrument_cleared_person_parties ON instrument_cleared_person FOR SELECT
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR account_id = (SELECT tahweel_account()));
CREATE POLICY instrument_cleared_person_kept ON instrument_cleared_person USING ((SELECT tahweel_keeps_instruments()));

-- +goose StatementBegin
DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['instrument_term_directorate', 'instrument_term_need', 'instrument_term_governorate', 'instrument_quota'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR
                    EXISTS (SELECT FROM instrument_term AS t WHERE t.id = term_id))', child || '_parties', child);
    EXECUTE format('CREATE POLICY %I ON %I USING ((SELECT tahweel_keeps_instruments()))', child || '_kept', child);
  END LOOP;
  FOREACH child IN ARRAY ARRAY['instrument_term', 'instrument_cleared_person', 'instrument_term_directorate', 'instrument_term_need',
                               'instrument_term_governorate', 'instrument_quota'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION tahweel_terms_are_open()',
                   child || '_immutable', child);
  END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE instrument_quota_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE instrument_quota_use FORCE ROW LEVEL SECURITY;
CREATE POLICY instrument_quota_use_parties ON instrument_quota_use
  USING (EXISTS (SELECT FROM instrument_quota AS q WHERE q.id = quota_id));

GRANT SELECT ON instrument_transition TO tahweel_app, tahweel_read;
GRANT SELECT, INSERT, UPDATE ON instrument, instrument_term, instrument_quota, instrument_quota_use TO tahweel_app;
GRANT SELECT, INSERT, DELETE ON instrument_term_directorate, instrument_term_need, instrument_term_governorate, instrument_cleared_person TO tahweel_app;
