-- +goose Up

-- The instant that rules of time compare with: the transaction's own, unless the program set another (a moved clock).
-- +goose StatementBegin
CREATE FUNCTION tahweel_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  RETURN coalesce(nullif(current_setting('tahweel.now', true), '')::timestamptz, now());
-- Whether the actor works on a case from the ministry's side: its owner.
CREATE FUNCTION tahweel_owns_case(owner_account_id uuid, directorate_id uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR (owner_account_id = tahweel_account() AND directorate_id = ANY (tahweel_case_directorates()));
-- Whether the ministry's side sees a case: its owner, who oversees the directorate (below tier 3), or who is cleared there.
CREATE FUNCTION tahweel_ministry_sees(owner_account_id uuid, directorate_id uuid, tier smallint) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_owns_case(owner_account_id, directorate_id)
    OR (tier < 3 AND directorate_id = ANY (tahweel_directorates()))
    OR (tier = 3 AND directorate_id = ANY (tahweel_protection_directorates()));
-- +goose StatementEnd

ALTER TABLE instrument
  ADD CONSTRAINT instrument_drafted_by_fkey FOREIGN KEY (drafted_by_id) REFERENCES account (id);
ALTER TABLE instrument_cleared_person
  ADD CONSTRAINT instrument_cleared_person_account_fkey FOREIGN KEY (account_id) REFERENCES account (id);

-- A beneficiary: nothing but the key under which the sealed fields can be read. Erasing it erases the person.
CREATE TABLE person (
  id          uuid        CONSTRAINT person_pkey PRIMARY KEY,
  wrapped_key bytea,
  created_at  timestamptz NOT NULL,
  erased_at   timestamptz,
  CONSTRAINT person_key_until_erased CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
);

-- Blind indexes: a keyed hash of a normalised document number or telephone, so that equal ones can be found without being read.
CREATE TABLE person_index (
  person_id uuid  NOT NULL CONSTRAINT person_index_person_fkey REFERENCES person (id),
  field     text  NOT NULL CONSTRAINT person_index_field_known CHECK (field IN ('document', 'telephone')),
  token     bytea NOT NULL,
  CONSTRAINT person_index_pkey PRIMARY KEY (person_id, field, token)
);
CREATE INDEX person_index_token_idx ON person_index (field, token);

CREATE TABLE referral_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT referral_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO referral_transition (from_status, transition, to_status) VALUES
  ('none', 'create', 'draft'),
  ('draft', 'activate', 'active'),
  ('draft', 'cancel', 'cancelled'),
  ('draft', 'mark_error', 'entered_in_error'),
  ('active', 'meet', 'closed_met'),
  ('active', 'meet_partly', 'closed_partly_met'),
  ('active', 'close_unmet', 'closed_unmet'),
  ('active', 'cancel', 'cancelled'),
  ('active', 'mark_error', 'entered_in_error'),
  ('closed_met', 'reopen', 'active'),
  ('closed_partly_met', 'reopen', 'active'),
  ('closed_unmet', 'reopen', 'active');

-- One need of one person or household (FHIR ServiceRequest). The columns are group A, the envelope; B to H are sealed or derived.
CREATE TABLE referral (
  id                     uuid        CONSTRAINT referral_pkey PRIMARY KEY,
  person_id              uuid        NOT NULL CONSTRAINT referral_person_fkey REFERENCES person (id),
  directorate_id         uuid        NOT NULL CONSTRAINT referral_directorate_fkey REFERENCES directorate (id),
  owner_account_id       uuid        NOT NULL CONSTRAINT referral_owner_fkey REFERENCES account (id),
  need_id                uuid        NOT NULL CONSTRAINT referral_need_fkey REFERENCES need (id),
  tier                   smallint    NOT NULL CONSTRAINT referral_tier_known CHECK (tier IN (1, 2, 3)),
  place_code             text        NOT NULL CONSTRAINT referral_place_fkey REFERENCES place (code),
  priority               text        NOT NULL CONSTRAINT referral_priority_known CHECK (priority IN ('emergency', 'urgent', 'normal')),
  purpose                text        NOT NULL DEFAULT 'service_provision',
  target_group           text        CONSTRAINT referral_target_group_known CHECK (target_group IN
                         ('women', 'children', 'youth', 'persons_with_disabilities', 'older_persons', 'families_in_poverty', 'survivors_of_violence')),
  sex                    text        CONSTRAINT referral_sex_known CHECK (sex IN ('female', 'male')),
  age_band               text        CONSTRAINT referral_age_band_known CHECK (age_band IN ('0-4', '5-11', '12-17', '18-24', '25-59', '60+')),
  household_size_band    text        CONSTRAINT referral_household_size_band_known CHECK (household_size_band IN ('1', '2-4', '5-7', '8+')),
  language               text        CONSTRAINT referral_language_code CHECK (language ~ '^[a-z]{2,3}$'),
  accessibility          text[]      NOT NULL DEFAULT '{}' CONSTRAINT referral_accessibility_known CHECK (accessibility <@
                         '{wheelchair,walking_aid,sign_language,braille,large_print,easy_language,quiet_place}'::text[]),
  prefers_female_worker  boolean     NOT NULL DEFAULT false,
  needs_transport        boolean     NOT NULL DEFAULT false,
  needs_accompaniment    boolean     NOT NULL DEFAULT false,
  registered_in_registry text        NOT NULL DEFAULT 'unknown' CONSTRAINT referral_registered_known CHECK (registered_in_registry IN ('yes', 'no', 'unknown')),
  poverty_band           text        NOT NULL DEFAULT 'unknown' CONSTRAINT referral_poverty_band_known CHECK (poverty_band IN ('extreme', 'poor', 'near_poor', 'not_poor', 'unknown')),
  disability_card        text        NOT NULL DEFAULT 'unknown' CONSTRAINT referral_disability_card_known CHECK (disability_card IN ('yes', 'no', 'unknown')),
  case_reference         text,
  plan_reference         text,
  intervention_reference text,
  prior_status           text        NOT NULL DEFAULT 'none',
  transition             text        NOT NULL DEFAULT 'create',
  status                 text        NOT NULL DEFAULT 'draft',
  needs_routing          boolean     NOT NULL DEFAULT false,
  close_code             text,
  closed_at              timestamptz,
  beneficiary_word       text        NOT NULL DEFAULT 'not_asked' CONSTRAINT referral_beneficiary_word_known CHECK (beneficiary_word IN ('not_asked', 'confirmed', 'disputed', 'unreachable')),
  version                integer     NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  CONSTRAINT referral_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES referral_transition,
  CONSTRAINT referral_closed_at_tied CHECK ((status IN ('draft', 'active')) = (closed_at IS NULL)),
  CONSTRAINT referral_routing_only_active CHECK (status = 'active' OR NOT needs_routing)
);
CREATE INDEX referral_owner_idx ON referral (owner_account_id, id);
CREATE INDEX referral_directorate_idx ON referral (directorate_id, id);
CREATE INDEX referral_person_idx ON referral (person_id);
CREATE TRIGGER referral_created BEFORE INSERT ON referral
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();
CREATE TRIGGER referral_moved BEFORE UPDATE OF prior_status, transition, status ON referral
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();

-- Groups C to H: one sealed value a field, bound to table, column and row; what was not said has no row.
CREATE TABLE sealed_field (
  referral_id uuid  NOT NULL CONSTRAINT sealed_field_referral_fkey REFERENCES referral (id),
  name        text  NOT NULL,
  group_code  text  NOT NULL CONSTRAINT sealed_field_group_known CHECK (group_code IN ('C', 'D', 'E', 'F', 'G', 'H')),
  ciphertext  bytea NOT NULL,
  CONSTRAINT sealed_field_pkey PRIMARY KEY (referral_id, name)
);

-- A family's agreement that one recipient gets these groups for this purpose until then.
CREATE TABLE consent (
  id                        uuid        CONSTRAINT consent_pkey PRIMARY KEY,
  referral_id               uuid        NOT NULL CONSTRAINT consent_referral_fkey REFERENCES referral (id),
  person_id                 uuid        NOT NULL CONSTRAINT consent_person_fkey REFERENCES person (id),
  recipient_organization_id uuid        NOT NULL CONSTRAINT consent_recipient_fkey REFERENCES organization (id),
  purpose                   text        NOT NULL CONSTRAINT consent_purpose_code CHECK (purpose ~ '^[a-z_]{1,60}$'),
  groups                    text[]      NOT NULL CONSTRAINT consent_groups_known CHECK (groups <@ '{A,B,C,D,E,F,G,H,I}'::text[]),
  given_by                  text        NOT NULL CONSTRAINT consent_given_by_known CHECK (given_by IN ('self', 'caregiver', 'guardian')),
  evidence                  text        NOT NULL CONSTRAINT consent_evidence_known CHECK (evidence IN ('signature', 'recorded_verbal', 'otp')),
  child_assent              boolean,
  given_at                  timestamptz NOT NULL,
  expires_at                timestamptz NOT NULL,
  withdrawn_at              timestamptz,
  version                   integer     NOT NULL DEFAULT 1,
  created_at                timestamptz NOT NULL,
  CONSTRAINT consent_expires_after_given CHECK (expires_at > given_at)
);
CREATE INDEX consent_referral_idx ON consent (referral_id);

-- The whole state map of an attempt (referrals.md, "Transitions"); referrals/status.go holds the same as data, a test compares.
CREATE TABLE attempt_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT attempt_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO attempt_transition (from_status, transition, to_status) VALUES
  ('none', 'create', 'draft'),
  ('draft', 'send', 'sent'),
  ('draft', 'discard', 'entered_in_error'),
  ('sent', 'acknowledge', 'acknowledged'),
  ('sent', 'request_info', 'info_requested'),
  ('acknowledged', 'request_info', 'info_requested'),
  ('info_requested', 'provide_info', 'acknowledged'),
  ('sent', 'accept', 'accepted'),
  ('acknowledged', 'accept', 'accepted'),
  ('info_requested', 'accept', 'accepted'),
  ('waitlisted', 'accept', 'accepted'),
  ('sent', 'waitlist', 'waitlisted'),
  ('acknowledged', 'waitlist', 'waitlisted'),
  ('info_requested', 'waitlist', 'waitlisted'),
  ('sent', 'decline', 'declined'),
  ('acknowledged', 'decline', 'declined'),
  ('info_requested', 'decline', 'declined'),
  ('waitlisted', 'leave_waitlist', 'not_completed'),
  ('sent', 'expire', 'expired'),
  ('acknowledged', 'expire', 'expired'),
  ('waitlisted', 'lapse', 'cancelled'),
  ('info_requested', 'lapse', 'cancelled'),
  ('sent', 'recall', 'cancelled'),
  ('acknowledged', 'recall', 'cancelled'),
  ('info_requested', 'recall', 'cancelled'),
  ('waitlisted', 'recall', 'cancelled'),
  ('accepted', 'recall', 'cancelled'),
  ('accepted', 'start_service', 'in_service'),
  ('accepted', 'hold', 'on_hold'),
  ('in_service', 'hold', 'on_hold'),
  ('on_hold', 'resume', 'in_service'),
  ('on_hold', 'resume', 'accepted'),
  ('accepted', 'complete', 'completed'),
  ('in_service', 'complete', 'completed'),
  ('on_hold', 'complete', 'completed'),
  ('accepted', 'close_unmet', 'not_completed'),
  ('in_service', 'close_unmet', 'not_completed'),
  ('on_hold', 'close_unmet', 'not_completed'),
  ('in_service', 'confirm_cancel', 'cancelled'),
  ('on_hold', 'confirm_cancel', 'cancelled'),
  ('in_service', 'cancel_timeout', 'cancelled'),
  ('on_hold', 'cancel_timeout', 'cancelled'),
  ('sent', 'safety_recall', 'cancelled'),
  ('acknowledged', 'safety_recall', 'cancelled'),
  ('info_requested', 'safety_recall', 'cancelled'),
  ('waitlisted', 'safety_recall', 'cancelled'),
  ('accepted', 'safety_recall', 'cancelled'),
  ('in_service', 'safety_recall', 'cancelled'),
  ('on_hold', 'safety_recall', 'cancelled'),
  ('sent', 'consent_withdrawn', 'cancelled'),
  ('acknowledged', 'consent_withdrawn', 'cancelled'),
  ('info_requested', 'consent_withdrawn', 'cancelled'),
  ('waitlisted', 'consent_withdrawn', 'cancelled'),
  ('accepted', 'consent_withdrawn', 'cancelled'),
  ('in_service', 'consent_withdrawn', 'cancelled'),
  ('on_hold', 'consent_withdrawn', 'cancelled'),
  ('sent', 'provider_suspended', 'cancelled'),
  ('acknowledged', 'provider_suspended', 'cancelled'),
  ('info_requested', 'provider_suspended', 'cancelled'),
  ('waitlisted', 'provider_suspended', 'cancelled'),
  ('sent', 'mark_error', 'entered_in_error'),
  ('acknowledged', 'mark_error', 'entered_in_error'),
  ('info_requested', 'mark_error', 'entered_in_error'),
  ('waitlisted', 'mark_error', 'entered_in_error'),
  ('accepted', 'mark_error', 'entered_in_error'),
  ('in_service', 'mark_error', 'entered_in_error'),
  ('on_hold', 'mark_error', 'entered_in_error'),
  ('declined', 'mark_error', 'entered_in_error'),
  ('expired', 'mark_error', 'entered_in_error'),
  ('cancelled', 'mark_error', 'entered_in_error'),
  ('completed', 'mark_error', 'entered_in_error'),
  ('not_completed', 'mark_error', 'entered_in_error'),
  ('accepted', 'wind_down_ended', 'cancelled'),
  ('in_service', 'wind_down_ended', 'cancelled'),
  ('on_hold', 'wind_down_ended', 'cancelled'),
  ('accepted', 'provider_barred', 'cancelled'),
  ('in_service', 'provider_barred', 'cancelled'),
  ('on_hold', 'provider_barred', 'cancelled');

-- One try with one provider's service (FHIR Task).
CREATE TABLE attempt (
  id                     uuid        CONSTRAINT attempt_pkey PRIMARY KEY,
  referral_id            uuid        NOT NULL CONSTRAINT attempt_referral_fkey REFERENCES referral (id),
  directorate_id         uuid        NOT NULL CONSTRAINT attempt_directorate_fkey REFERENCES directorate (id),
  owner_account_id       uuid        NOT NULL CONSTRAINT attempt_owner_fkey REFERENCES account (id),
  tier                   smallint    NOT NULL CONSTRAINT attempt_tier_known CHECK (tier IN (1, 2, 3)),
  organization_id        uuid        NOT NULL CONSTRAINT attempt_organization_fkey REFERENCES organization (id),
  service_at_location_id uuid        NOT NULL CONSTRAINT attempt_service_at_location_fkey REFERENCES service_at_location (id),
  consent_id             uuid        NOT NULL CONSTRAINT attempt_consent_fkey REFERENCES consent (id),
  instrument_id          uuid        CONSTRAINT attempt_instrument_fkey REFERENCES instrument (id),
  instrument_version     integer,    -- terms_version of the instrument when sent
  term_id                uuid        CONSTRAINT attempt_term_fkey REFERENCES instrument_term (id),
  prior_status           text        NOT NULL DEFAULT 'none',
  transition             text        NOT NULL DEFAULT 'create',
  status                 text        NOT NULL DEFAULT 'draft',
  held_from              text,
  disclosed_groups       text[]      CONSTRAINT attempt_disclosed_groups_known CHECK (disclosed_groups <@ '{C,D,E,F,G,H}'::text[]), -- the ceiling set by accept
  reason_code            text,
  note                   bytea,      -- what the mover wrote, sealed under the person's key
  outcome_code           text,
  need_met               text        CONSTRAINT attempt_need_met_known CHECK (need_met IN ('yes', 'partly', 'no')),
  service_date           date,
  quantity               integer     CONSTRAINT attempt_quantity_positive CHECK (quantity > 0),
  fee_charged            boolean,
  partner_reference      text,
  version                integer     NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  sent_at                timestamptz,
  first_read_at          timestamptz,
  acknowledged_at        timestamptz,
  accepted_at            timestamptz,
  service_started_at     timestamptz,
  closed_at              timestamptz,
  CONSTRAINT attempt_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES attempt_transition,
  CONSTRAINT attempt_sent_tied CHECK (
    CASE WHEN status = 'draft' THEN sent_at IS NULL WHEN status = 'entered_in_error' THEN true ELSE sent_at IS NOT NULL END),
  CONSTRAINT attempt_instrument_tied CHECK ((sent_at IS NULL) = (instrument_id IS NULL) AND num_nulls(instrument_id, instrument_version, term_id) IN (0, 3)),
  CONSTRAINT attempt_accepted_tied CHECK (
    CASE WHEN status IN ('accepted', 'in_service', 'on_hold', 'completed') THEN accepted_at IS NOT NULL AND disclosed_groups IS NOT NULL
         WHEN status IN ('draft', 'sent', 'acknowledged', 'info_requested', 'waitlisted', 'declined', 'expired') THEN accepted_at IS NULL
         ELSE true END),
  CONSTRAINT attempt_started_tied CHECK (status <> 'in_service' OR service_started_at IS NOT NULL),
  CONSTRAINT attempt_held_tied CHECK ((status = 'on_hold') = (held_from IS NOT NULL)),
  CONSTRAINT attempt_closed_tied CHECK (
    (status IN ('declined', 'expired', 'cancelled', 'completed', 'not_completed', 'entered_in_error')) = (closed_at IS NOT NULL)),
  CONSTRAINT attempt_reason_tied CHECK (status NOT IN ('declined', 'expired', 'cancelled', 'not_completed') OR reason_code IS NOT NULL),
  CONSTRAINT attempt_outcome_tied CHECK (status <> 'completed' OR num_nulls(outcome_code, need_met, service_date) = 0)
);
-- One attempt is live at a time; a waitlisted one is not live.
CREATE UNIQUE INDEX attempt_one_live ON attempt (referral_id)
  WHERE status IN ('sent', 'acknowledged', 'info_requested', 'accepted', 'in_service', 'on_hold');
CREATE INDEX attempt_referral_idx ON attempt (referral_id);
CREATE INDEX attempt_organization_idx ON attempt (organization_id, id) WHERE sent_at IS NOT NULL;
CREATE INDEX attempt_owner_idx ON attempt (owner_account_id, id);
CREATE INDEX attempt_directorate_idx ON attempt (directorate_id, id);
CREATE INDEX attempt_consent_idx ON attempt (consent_id);

-- Besides handing over the old status: a hold remembers what it was held from, and resume restores just that.
-- +goose StatementBegin
CREATE FUNCTION tahweel_move_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.prior_status := OLD.status;
  IF NEW.transition = 'resume' AND NEW.status IS DISTINCT FROM OLD.held_from THEN
    RAISE EXCEPTION 'resume restores the state that the attempt was held from'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_resume_restores';
  END IF;
  NEW.held_from := CASE WHEN NEW.status = 'on_hold' THEN coalesce(OLD.held_from, OLD.status) END;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER attempt_created BEFORE INSERT ON attempt
  FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status();
CREATE TRIGGER attempt_moved BEFORE UPDATE OF prior_status, transition, status, held_from ON attempt
  FOR EACH ROW EXECUTE FUNCTION tahweel_move_attempt();

-- Which quota counters an attempt occupies, so that a place returns exactly once.
CREATE TABLE attempt_quota (
  attempt_id uuid NOT NULL CONSTRAINT attempt_quota_attempt_fkey REFERENCES attempt (id),
  quota_id   uuid NOT NULL,
  starts_on  date NOT NULL,
  CONSTRAINT attempt_quota_pkey PRIMARY KEY (attempt_id, quota_id),
  CONSTRAINT attempt_quota_use_fkey FOREIGN KEY (quota_id, starts_on) REFERENCES instrument_quota_use (quota_id, starts_on)
);

-- What happened, written in the transaction of the act; the row is the outbox. position is given by the one sequencer after
-- the commit, so that a reader who has seen a position has seen all before it.
CREATE TABLE event (
  id               uuid        CONSTRAINT event_pkey PRIMARY KEY,
  position         bigint      CONSTRAINT event_position_unique UNIQUE,
  type             text        NOT NULL,
  occurred_at      timestamptz NOT NULL,
  recorded_at      timestamptz NOT NULL,
  referral_id      uuid        NOT NULL CONSTRAINT event_referral_fkey REFERENCES referral (id),
  attempt_id       uuid        CONSTRAINT event_attempt_fkey REFERENCES attempt (id),
  version          integer     NOT NULL, -- of the attempt, or of the referral where there is no attempt
  directorate_id   uuid        NOT NULL,
  owner_account_id uuid        NOT NULL,
  organization_id  uuid,       -- the provider that may know of it; NULL while it is a draft
  tier             smallint    NOT NULL,
  CONSTRAINT event_position_positive CHECK (position > 0)
);
CREATE INDEX event_unnumbered_idx ON event (id) WHERE position IS NULL;
CREATE INDEX event_organization_idx ON event (organization_id, position) WHERE position IS NOT NULL;
CREATE INDEX event_owner_idx ON event (owner_account_id, position) WHERE position IS NOT NULL;
CREATE INDEX event_directorate_idx ON event (directorate_id, position) WHERE position IS NOT NULL;
CREATE INDEX event_attempt_idx ON event (attempt_id);

-- Append-only: there is no grant to change or delete.
CREATE TABLE audit_entry (
  id                 uuid        CONSTRAINT audit_entry_pkey PRIMARY KEY,
  recorded_at        timestamptz NOT NULL,
  actor_kind         text        NOT NULL,
  account_id         uuid,
  action             text        NOT NULL,
  class              text        NOT NULL,
  object_id          uuid,
  person_id          uuid,       -- the pseudonymous key of the person concerned
  purpose            text,
  allowed            boolean     NOT NULL,
  code               text        NOT NULL, -- of the decision
  instrument_id      uuid,
  instrument_version integer,
  term_number        smallint,
  groups             text[],     -- what was disclosed
  request_id         text
);
CREATE INDEX audit_entry_object_idx ON audit_entry (object_id);
CREATE INDEX audit_entry_person_idx ON audit_entry (person_id);

-- +goose StatementBegin
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['person', 'person_index', 'referral', 'sealed_field', 'consent', 'attempt', 'attempt_quota', 'event', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
-- +goose StatementEnd

-- Who sees a row does not yet write it: the case's owner writes the ministry's rows, the recipient moves its own attempts. Reading
-- has one policy a table and policies lean on few tables, because each one that a policy reads is planned with its own.
CREATE POLICY attempt_visible ON attempt FOR SELECT USING (
  tahweel_ministry_sees(owner_account_id, directorate_id, tier)
  OR (sent_at IS NOT NULL
      AND organization_id = ANY ((SELECT tahweel_organizations())::uuid[])
      AND (tier < 3 OR ((SELECT tahweel_own_session()) AND EXISTS (
        SELECT FROM instrument_cleared_person AS c
        WHERE c.instrument_id = attempt.instrument_id AND c.account_id = (SELECT tahweel_account()))))));
CREATE POLICY attempt_drafted ON attempt FOR INSERT WITH CHECK (tahweel_owns_case(owner_account_id, directorate_id));
CREATE POLICY attempt_moved ON attempt FOR UPDATE USING (
  tahweel_owns_case(owner_account_id, directorate_id)
  OR (sent_at IS NOT NULL
      AND organization_id = ANY ((SELECT tahweel_organizations())::uuid[])
      AND (tier < 3 OR ((SELECT tahweel_own_session()) AND EXISTS (
        SELECT FROM instrument_cleared_person AS c
        WHERE c.instrument_id = attempt.instrument_id AND c.account_id = (SELECT tahweel_account()))))));

CREATE POLICY referral_visible ON referral FOR SELECT USING (
  tahweel_ministry_sees(owner_account_id, directorate_id, tier)
  OR EXISTS (SELECT FROM attempt AS a WHERE a.referral_id = referral.id AND a.organization_id = ANY ((SELECT tahweel_organizations())::uuid[])));
CREATE POLICY referral_opened ON referral FOR INSERT WITH CHECK (tahweel_owns_case(owner_account_id, directorate_id));
CREATE POLICY referral_kept ON referral FOR UPDATE USING (tahweel_owns_case(owner_account_id, directorate_id));

-- The provider's side of a sealed field is the stage itself: accepted and until 30 days after closing, in the groups that accept
-- granted, while the family does not withdraw its consent.
CREATE POLICY sealed_field_visible ON sealed_field FOR SELECT USING (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_ministry_sees(r.owner_account_id, r.directorate_id, r.tier))
  OR EXISTS (
    SELECT FROM attempt AS a
    JOIN consent AS c ON c.id = a.consent_id
    WHERE a.referral_id = sealed_field.referral_id
      AND a.organization_id = ANY ((SELECT tahweel_organizations())::uuid[])
      AND sealed_field.group_code = ANY (a.disclosed_groups)
      AND sealed_field.group_code = ANY (c.groups)
      AND c.withdrawn_at IS NULL
      AND (a.status IN ('accepted', 'in_service', 'on_hold')
           OR (a.status IN ('completed', 'not_completed') AND a.accepted_at IS NOT NULL AND a.closed_at > (SELECT tahweel_now()) - interval '30 days'))));
CREATE POLICY sealed_field_written ON sealed_field FOR INSERT WITH CHECK (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));
CREATE POLICY sealed_field_rewritten ON sealed_field FOR UPDATE USING (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));
CREATE POLICY sealed_field_removed ON sealed_field FOR DELETE USING (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));

-- Who sees the attempt sees the consent under which it stands.
CREATE POLICY consent_visible ON consent FOR SELECT USING (
  (SELECT tahweel_is_system()) OR EXISTS (SELECT FROM attempt AS a WHERE a.consent_id = consent.id));
CREATE POLICY consent_recorded ON consent FOR INSERT WITH CHECK (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));
CREATE POLICY consent_kept ON consent FOR UPDATE USING (
  EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));

CREATE POLICY person_visible ON person FOR SELECT USING (EXISTS (SELECT FROM referral AS r WHERE r.person_id = person.id));
CREATE POLICY person_created ON person FOR INSERT WITH CHECK ((SELECT tahweel_has_role('case_manager')));
CREATE POLICY person_kept ON person USING ((SELECT tahweel_is_system()));
CREATE POLICY person_index_visible ON person_index FOR SELECT USING (
  (SELECT tahweel_is_system()) OR EXISTS (
    SELECT FROM referral AS r WHERE r.person_id = person_index.person_id AND tahweel_ministry_sees(r.owner_account_id, r.directorate_id, r.tier)));
CREATE POLICY person_index_written ON person_index FOR INSERT WITH CHECK (
  (SELECT tahweel_is_system()) OR EXISTS (
    SELECT FROM referral AS r WHERE r.person_id = person_index.person_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));
CREATE POLICY person_index_removed ON person_index FOR DELETE USING (
  (SELECT tahweel_is_system()) OR EXISTS (
    SELECT FROM referral AS r WHERE r.person_id = person_index.person_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));

CREATE POLICY attempt_quota_visible ON attempt_quota FOR SELECT USING (EXISTS (SELECT FROM attempt AS a WHERE a.id = attempt_id));
CREATE POLICY attempt_quota_taken ON attempt_quota FOR INSERT WITH CHECK (
  EXISTS (SELECT FROM attempt AS a WHERE a.id = attempt_id AND tahweel_owns_case(a.owner_account_id, a.directorate_id)));
CREATE POLICY attempt_quota_returned ON attempt_quota FOR DELETE USING (
  EXISTS (
    SELECT FROM attempt AS a
    WHERE a.id = attempt_id
      AND (tahweel_owns_case(a.owner_account_id, a.directorate_id) OR a.organization_id = ANY ((SELECT tahweel_organizations())::uuid[]))));

CREATE POLICY event_visible ON event FOR SELECT USING (
  tahweel_ministry_sees(owner_account_id, directorate_id, tier)
  OR (organization_id = ANY ((SELECT tahweel_organizations())::uuid[])
      AND (tier < 3 OR EXISTS (SELECT FROM attempt AS a WHERE a.id = attempt_id))));
CREATE POLICY event_appended ON event FOR INSERT WITH CHECK (
  tahweel_owns_case(owner_account_id, directorate_id)
  OR (organization_id = ANY ((SELECT tahweel_organizations())::uuid[]) AND EXISTS (SELECT FROM attempt AS a WHERE a.id = attempt_id)));
CREATE POLICY event_numbered ON event FOR UPDATE USING ((SELECT tahweel_is_system()));

CREATE POLICY audit_entry_read ON audit_entry FOR SELECT USING (
  (SELECT tahweel_is_system()) OR (SELECT tahweel_has_role('auditor', 'data_protection_officer')));
CREATE POLICY audit_entry_append ON audit_entry FOR INSERT WITH CHECK (
  (SELECT tahweel_is_system()) OR account_id = (SELECT tahweel_account()));

-- A provider may see who sends it an attempt.
CREATE POLICY account_sender ON account FOR SELECT USING (
  EXISTS (SELECT FROM attempt AS a WHERE a.owner_account_id = account.id));

GRANT SELECT ON referral_transition, attempt_transition TO tahweel_app, tahweel_read;
GRANT SELECT, INSERT, UPDATE ON person, referral, consent, attempt TO tahweel_app;
GRANT SELECT, INSERT, DELETE ON person_index, attempt_quota TO tahweel_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sealed_field TO tahweel_app;
GRANT SELECT, INSERT ON event, audit_entry TO tahweel_app;
GRANT UPDATE (position) ON event TO tahweel_app;
