-- +goose Up

-- How an organization comes to be accredited: found by a survey, invited, applying, reviewed, decided on; and what follows.

-- Who at the ministry reads the process, and who decides. A case manager has no part in it.
-- +goose StatementBegin
CREATE FUNCTION tahweel_reads_applications() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR tahweel_has_role('associations_officer', 'associations_signatory', 'directorate_head', 'auditor', 'administrator');
CREATE FUNCTION tahweel_decides_applications() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR tahweel_has_role('associations_officer', 'associations_signatory');
-- The organizations for which the actor applies.
CREATE FUNCTION tahweel_applies_for() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_organizations_as('provider_focal_point', 'provider_client');
-- +goose StatementEnd

-- One version of the questions that an organization is asked. What was published does not change: a further version takes its place.
-- questions is a list of {code, section, type, required, text {ar, en}, options [{code, label {ar, en}}], minimum, maximum}.
CREATE TABLE questionnaire (
  id           uuid        CONSTRAINT questionnaire_pkey PRIMARY KEY,
  number       integer     NOT NULL CONSTRAINT questionnaire_number_unique UNIQUE CONSTRAINT questionnaire_number_positive CHECK (number > 0),
  name_ar      text        NOT NULL CONSTRAINT questionnaire_name_ar_present CHECK (name_ar <> ''),
  name_en      text        NOT NULL CONSTRAINT questionnaire_name_en_present CHECK (name_en <> ''),
  questions    jsonb       NOT NULL CONSTRAINT questionnaire_questions_listed CHECK (jsonb_typeof(questions) = 'array'),
  published_at timestamptz NOT NULL
);

-- A survey: the directorates register every provider that they find.
CREATE TABLE survey_campaign_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT survey_campaign_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO survey_campaign_transition (from_status, transition, to_status) VALUES
  ('none', 'plan', 'planned'), ('planned', 'open', 'open'), ('open', 'close', 'closed');

CREATE TABLE survey_campaign (
  id               uuid        CONSTRAINT survey_campaign_pkey PRIMARY KEY,
  name_ar          text        NOT NULL CONSTRAINT survey_campaign_name_ar_present CHECK (name_ar <> ''),
  name_en          text        NOT NULL CONSTRAINT survey_campaign_name_en_present CHECK (name_en <> ''),
  starts_on        date        NOT NULL,
  ends_on          date        NOT NULL, -- the last day
  questionnaire_id uuid        NOT NULL CONSTRAINT survey_campaign_questionnaire_fkey REFERENCES questionnaire (id),
  prior_status     text        NOT NULL DEFAULT 'none',
  transition       text        NOT NULL DEFAULT 'plan',
  status           text        NOT NULL,
  version          integer     NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  CONSTRAINT survey_campaign_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES survey_campaign_transition,
  CONSTRAINT survey_campaign_dates_ordered CHECK (starts_on <= ends_on)
);
CREATE TABLE survey_campaign_directorate (
  campaign_id    uuid NOT NULL CONSTRAINT survey_campaign_directorate_campaign_fkey REFERENCES survey_campaign (id),
  directorate_id uuid NOT NULL CONSTRAINT survey_campaign_directorate_directorate_fkey REFERENCES directorate (id),
  CONSTRAINT survey_campaign_directorate_pkey PRIMARY KEY (campaign_id, directorate_id)
);

-- What a survey found: one provider, what it answered, and what became of it.
CREATE TABLE survey_entry_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT survey_entry_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO survey_entry_transition (from_status, transition, to_status) VALUES
  ('none', 'survey', 'surveyed'),
  ('surveyed', 'invite', 'invited'),
  ('surveyed', 'list_for_information', 'information_only'),
  ('surveyed', 'apply', 'applied'),
  ('invited', 'apply', 'applied'),
  ('invited', 'list_for_information', 'information_only'),
  ('information_only', 'invite', 'invited'),
  ('applied', 'fall_back', 'surveyed'),
  ('applied', 'accredit', 'accredited');

CREATE TABLE survey_entry (
  id                uuid        CONSTRAINT survey_entry_pkey PRIMARY KEY,
  campaign_id       uuid        NOT NULL CONSTRAINT survey_entry_campaign_fkey REFERENCES survey_campaign (id),
  organization_id   uuid        NOT NULL CONSTRAINT survey_entry_organization_fkey REFERENCES organization (id),
  found_on          date        NOT NULL,
  answers           jsonb       NOT NULL DEFAULT '[]',
  prior_status      text        NOT NULL DEFAULT 'none',
  transition        text        NOT NULL DEFAULT 'survey',
  status            text        NOT NULL,
  letter_number     text,       -- of the invitation
  invited_on        date,
  channel           text        CONSTRAINT survey_entry_channel_known CHECK (channel IN ('letter', 'visit', 'telephone', 'email', 'meeting')),
  version           integer     NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  CONSTRAINT survey_entry_once UNIQUE (campaign_id, organization_id),
  CONSTRAINT survey_entry_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES survey_entry_transition,
  CONSTRAINT survey_entry_invitation_whole CHECK (num_nulls(letter_number, invited_on, channel) IN (0, 3)),
  CONSTRAINT survey_entry_invited CHECK (status <> 'invited' OR invited_on IS NOT NULL)
);
CREATE INDEX survey_entry_organization_idx ON survey_entry (organization_id);

-- An application for accreditation, or for its renewal.
CREATE TABLE accreditation_application_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT accreditation_application_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO accreditation_application_transition (from_status, transition, to_status) VALUES
  ('none', 'draft', 'draft'),
  ('draft', 'submit', 'submitted'), ('draft', 'withdraw', 'withdrawn'),
  ('submitted', 'return', 'returned'), ('submitted', 'complete', 'complete'), ('submitted', 'withdraw', 'withdrawn'),
  ('returned', 'submit', 'submitted'), ('returned', 'withdraw', 'withdrawn'),
  ('complete', 'assign', 'under_review'), ('complete', 'withdraw', 'withdrawn'),
  ('under_review', 'assign', 'under_review'), ('under_review', 'visit', 'visited'), ('under_review', 'review', 'reviewed'), ('under_review', 'withdraw', 'withdrawn'),
  ('visited', 'visit', 'visited'), ('visited', 'review', 'reviewed'), ('visited', 'withdraw', 'withdrawn'),
  ('reviewed', 'sign', 'signed'), ('reviewed', 'record_minute', 'decided'), ('reviewed', 'withdraw', 'withdrawn'),
  ('signed', 'hand_back', 'reviewed'), ('signed', 'confirm', 'decided'),
  ('decided', 'reopen', 'under_review');

CREATE TABLE accreditation_application (
  id                      uuid        CONSTRAINT accreditation_application_pkey PRIMARY KEY,
  organization_id         uuid        NOT NULL CONSTRAINT accreditation_application_organization_fkey REFERENCES organization (id),
  kind                    text        NOT NULL CONSTRAINT accreditation_application_kind_known CHECK (kind IN ('first', 'renewal')),
  track                   text        NOT NULL CONSTRAINT accreditation_application_track_known CHECK (track IN ('full', 'light')),
  prior_status            text        NOT NULL DEFAULT 'none',
  transition              text        NOT NULL DEFAULT 'draft',
  status                  text        NOT NULL,
  outcome                 text        CONSTRAINT accreditation_application_outcome_known CHECK (outcome IN ('accredited', 'rejected')),
  accreditation_id        uuid        CONSTRAINT accreditation_application_accreditation_fkey REFERENCES accreditation (id), -- that it renews, or that it led to
  renewed_until           date,       -- a renewal's: the last day of what it renews, before that was continued
  registering_authority   text        NOT NULL DEFAULT '',
  registration_number     text        NOT NULL DEFAULT '',
  registration_expires_on date,
  legal_form              text        NOT NULL DEFAULT '',
  board_size              smallint,
  last_assembly_on        date,
  audited_year            smallint,
  staff_women             integer,
  staff_men               integer,
  volunteers              integer,
  services_ar             text        NOT NULL DEFAULT '',
  services_en             text        NOT NULL DEFAULT '',
  questionnaire_id        uuid        CONSTRAINT accreditation_application_questionnaire_fkey REFERENCES questionnaire (id),
  answers                 jsonb       NOT NULL DEFAULT '[]',
  return_reason           text        NOT NULL DEFAULT '',
  assigned_to_id          uuid        CONSTRAINT accreditation_application_assigned_fkey REFERENCES account (id),
  submitted_at            timestamptz,
  decided_at              timestamptz,
  version                 integer     NOT NULL DEFAULT 1,
  created_at              timestamptz NOT NULL,
  updated_at              timestamptz NOT NULL,
  CONSTRAINT accreditation_application_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES accreditation_application_transition,
  CONSTRAINT accreditation_application_decision_tied CHECK ((status = 'decided') = (outcome IS NOT NULL) AND (status = 'decided') = (decided_at IS NOT NULL)),
  CONSTRAINT accreditation_application_renews CHECK (kind = 'first' OR accreditation_id IS NOT NULL),
  CONSTRAINT accreditation_application_submission_tied CHECK (status IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL),
  CONSTRAINT accreditation_application_assignment_tied CHECK (status NOT IN ('under_review', 'visited', 'reviewed', 'signed', 'decided') OR assigned_to_id IS NOT NULL),
  -- What is of an application names its organization with it, so that a policy needs no second look.
  CONSTRAINT accreditation_application_of UNIQUE (id, organization_id)
);
CREATE UNIQUE INDEX accreditation_application_one_open ON accreditation_application (organization_id) WHERE status NOT IN ('decided', 'withdrawn');
CREATE INDEX accreditation_application_organization_idx ON accreditation_application (organization_id);

CREATE TABLE accreditation_application_scope (
  application_id   uuid NOT NULL CONSTRAINT accreditation_application_scope_application_fkey REFERENCES accreditation_application (id),
  need_id          uuid NOT NULL CONSTRAINT accreditation_application_scope_need_fkey REFERENCES need (id),
  governorate_code text NOT NULL CONSTRAINT accreditation_application_scope_governorate_fkey REFERENCES governorate (code),
  CONSTRAINT accreditation_application_scope_pkey PRIMARY KEY (application_id, need_id, governorate_code)
);

-- A document of an application. What it holds stands apart, so that no list reads it.
CREATE TABLE application_document (
  id              uuid        CONSTRAINT application_document_pkey PRIMARY KEY,
  application_id  uuid        NOT NULL,
  organization_id uuid        NOT NULL,
  type            text        NOT NULL CONSTRAINT application_document_type_known CHECK (type IN
                  ('registration_certificate', 'bylaws', 'board_list', 'audited_accounts', 'licence', 'policy_safeguarding', 'other')),
  file_name       text        NOT NULL CONSTRAINT application_document_name_present CHECK (file_name <> ''),
  media_type      text        NOT NULL CONSTRAINT application_document_media_type_known CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg',
                  'application/vnd.openxmlformats-officedocument.wordprocessingml.document')),
  size_bytes      integer     NOT NULL CONSTRAINT application_document_size_limited CHECK (size_bytes BETWEEN 1 AND 10485760),
  sha256          bytea       NOT NULL CONSTRAINT application_document_sha256_whole CHECK (octet_length(sha256) = 32),
  uploaded_by_id  uuid,       -- the account; NULL: the system
  created_at      timestamptz NOT NULL,
  CONSTRAINT application_document_application_fkey FOREIGN KEY (application_id, organization_id) REFERENCES accreditation_application (id, organization_id),
  CONSTRAINT application_document_once UNIQUE (application_id, type, sha256)
);
CREATE TABLE application_document_content (
  document_id     uuid  CONSTRAINT application_document_content_pkey PRIMARY KEY
                  CONSTRAINT application_document_content_document_fkey REFERENCES application_document (id),
  organization_id uuid  NOT NULL,
  content         bytea NOT NULL
);
ALTER TABLE application_document_content ALTER COLUMN content SET STORAGE EXTERNAL; -- what is compressed already is not compressed again

-- A visit, as the organization knows of it; what was found is the directorate's.
CREATE TABLE site_visit (
  id              uuid        CONSTRAINT site_visit_pkey PRIMARY KEY,
  application_id  uuid        NOT NULL,
  organization_id uuid        NOT NULL,
  visited_on      date        NOT NULL,
  visitors        text[]      NOT NULL CONSTRAINT site_visit_visitors_named CHECK (cardinality(visitors) > 0),
  created_at      timestamptz NOT NULL,
  CONSTRAINT site_visit_application_fkey FOREIGN KEY (application_id, organization_id) REFERENCES accreditation_application (id, organization_id)
);
CREATE INDEX site_visit_application_idx ON site_visit (application_id);

-- What the directorate alone reads: findings of visits, reviews with their recommendation, and what was written when one was handed back.
CREATE TABLE application_note (
  id             uuid        CONSTRAINT application_note_pkey PRIMARY KEY,
  application_id uuid        NOT NULL CONSTRAINT application_note_application_fkey REFERENCES accreditation_application (id),
  visit_id       uuid        CONSTRAINT application_note_visit_fkey REFERENCES site_visit (id),
  kind           text        NOT NULL CONSTRAINT application_note_kind_known CHECK (kind IN ('visit', 'review', 'hand_back')),
  recommendation text        CONSTRAINT application_note_recommendation_known CHECK (recommendation IN ('accredit', 'accredit_with_conditions', 'reject')),
  findings       text        NOT NULL CONSTRAINT application_note_findings_present CHECK (findings <> ''),
  account_id     uuid,
  created_at     timestamptz NOT NULL,
  CONSTRAINT application_note_review_recommends CHECK ((kind = 'review') = (recommendation IS NOT NULL)),
  CONSTRAINT application_note_visit_tied CHECK ((kind = 'visit') = (visit_id IS NOT NULL))
);
CREATE INDEX application_note_application_idx ON application_note (application_id);

-- A decision: signed by one person and confirmed by another, or recorded from a committee's minute. The organization reads it once it
-- is taken. scope is a list of {need, governorate}, conditions one of {text {ar, en}, due_on}: they become rows when it is taken.
CREATE TABLE accreditation_decision (
  id              uuid        CONSTRAINT accreditation_decision_pkey PRIMARY KEY,
  application_id  uuid        NOT NULL,
  organization_id uuid        NOT NULL,
  outcome         text        NOT NULL CONSTRAINT accreditation_decision_outcome_known CHECK (outcome IN ('accredited', 'rejected')),
  form            text        NOT NULL CONSTRAINT accreditation_decision_form_known CHECK (form IN ('two_persons', 'committee')),
  letter_number   text        NOT NULL CONSTRAINT accreditation_decision_letter_present CHECK (letter_number <> ''),
  number          text,       -- of the accreditation
  valid_from      date,
  valid_to        date,
  reason_ar       text        NOT NULL DEFAULT '',
  reason_en       text        NOT NULL DEFAULT '',
  scope           jsonb       NOT NULL DEFAULT '[]',
  conditions      jsonb       NOT NULL DEFAULT '[]',
  minute_number   text,
  minute_on       date,
  members         text[]      NOT NULL DEFAULT '{}',
  signed_by_id    uuid,       -- the account; NULL: the system
  signed_at       timestamptz NOT NULL,
  confirmed_by_id uuid,
  taken_at        timestamptz, -- NULL: not taken
  handed_back_at  timestamptz,
  CONSTRAINT accreditation_decision_application_fkey FOREIGN KEY (application_id, organization_id) REFERENCES accreditation_application (id, organization_id),
  CONSTRAINT accreditation_decision_grant_whole CHECK ((outcome = 'accredited') = (number IS NOT NULL) AND num_nulls(number, valid_from, valid_to) IN (0, 3)),
  CONSTRAINT accreditation_decision_dates_ordered CHECK (valid_from < valid_to),
  CONSTRAINT accreditation_decision_minute_whole CHECK ((form = 'committee') = (minute_number IS NOT NULL) AND num_nulls(minute_number, minute_on) IN (0, 2)),
  CONSTRAINT accreditation_decision_committee_of_three CHECK (form <> 'committee' OR cardinality(members) >= 3),
  CONSTRAINT accreditation_decision_two_persons CHECK (confirmed_by_id IS NULL OR confirmed_by_id IS DISTINCT FROM signed_by_id),
  CONSTRAINT accreditation_decision_one_end CHECK (taken_at IS NULL OR handed_back_at IS NULL)
);
CREATE UNIQUE INDEX accreditation_decision_one_pending ON accreditation_decision (application_id) WHERE taken_at IS NULL AND handed_back_at IS NULL;
CREATE INDEX accreditation_decision_application_idx ON accreditation_decision (application_id);

-- To what an accreditation extends: no row is everything, as it was before there were scopes. It is public, like the listing: nobody
-- must take what is hidden from them for no limit.
CREATE TABLE accreditation_scope (
  accreditation_id uuid NOT NULL CONSTRAINT accreditation_scope_accreditation_fkey REFERENCES accreditation (id),
  need_id          uuid NOT NULL CONSTRAINT accreditation_scope_need_fkey REFERENCES need (id),
  governorate_code text NOT NULL CONSTRAINT accreditation_scope_governorate_fkey REFERENCES governorate (code),
  CONSTRAINT accreditation_scope_pkey PRIMARY KEY (accreditation_id, need_id, governorate_code)
);

CREATE TABLE accreditation_condition (
  id               uuid        CONSTRAINT accreditation_condition_pkey PRIMARY KEY,
  accreditation_id uuid        NOT NULL CONSTRAINT accreditation_condition_accreditation_fkey REFERENCES accreditation (id),
  organization_id  uuid        NOT NULL CONSTRAINT accreditation_condition_organization_fkey REFERENCES organization (id),
  text_ar          text        NOT NULL CONSTRAINT accreditation_condition_text_ar_present CHECK (text_ar <> ''),
  text_en          text        NOT NULL CONSTRAINT accreditation_condition_text_en_present CHECK (text_en <> ''),
  due_on           date        NOT NULL,
  met_on           date,       -- NULL: not met
  version          integer     NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL
);
CREATE INDEX accreditation_condition_accreditation_idx ON accreditation_condition (accreditation_id);

CREATE TABLE spot_check (
  id               uuid        CONSTRAINT spot_check_pkey PRIMARY KEY,
  accreditation_id uuid        NOT NULL CONSTRAINT spot_check_accreditation_fkey REFERENCES accreditation (id),
  checked_on       date        NOT NULL,
  checkers         text[]      NOT NULL CONSTRAINT spot_check_checkers_named CHECK (cardinality(checkers) > 0),
  findings         text        NOT NULL CONSTRAINT spot_check_findings_present CHECK (findings <> ''),
  outcome          text        NOT NULL CONSTRAINT spot_check_outcome_known CHECK (outcome IN ('ok', 'conditions', 'suspension_proposed')),
  account_id       uuid,
  created_at       timestamptz NOT NULL
);
CREATE INDEX spot_check_accreditation_idx ON spot_check (accreditation_id);

-- What an organization is told, in words, and by which letter. How it reaches people is another matter.
CREATE TABLE accreditation_notice (
  id               uuid        CONSTRAINT accreditation_notice_pkey PRIMARY KEY,
  organization_id  uuid        NOT NULL CONSTRAINT accreditation_notice_organization_fkey REFERENCES organization (id),
  application_id   uuid        CONSTRAINT accreditation_notice_application_fkey REFERENCES accreditation_application (id),
  accreditation_id uuid        CONSTRAINT accreditation_notice_accreditation_fkey REFERENCES accreditation (id),
  kind             text        NOT NULL CONSTRAINT accreditation_notice_kind_present CHECK (kind <> ''),
  letter_number    text        NOT NULL DEFAULT '',
  text_ar          text        NOT NULL CONSTRAINT accreditation_notice_text_ar_present CHECK (text_ar <> ''),
  text_en          text        NOT NULL CONSTRAINT accreditation_notice_text_en_present CHECK (text_en <> ''),
  created_at       timestamptz NOT NULL
);
CREATE INDEX accreditation_notice_organization_idx ON accreditation_notice (organization_id);

-- An appeal against a rejection, a suspension or a revocation; others decide it than who decided.
CREATE TABLE accreditation_appeal_transition (
  from_status text NOT NULL,
  transition  text NOT NULL,
  to_status   text NOT NULL,
  CONSTRAINT accreditation_appeal_transition_pkey PRIMARY KEY (from_status, transition, to_status)
);
INSERT INTO accreditation_appeal_transition (from_status, transition, to_status) VALUES
  ('none', 'lodge', 'lodged'), ('lodged', 'withdraw', 'withdrawn'), ('lodged', 'sign', 'signed'), ('signed', 'hand_back', 'lodged'), ('signed', 'confirm', 'decided');

CREATE TABLE accreditation_appeal (
  id               uuid        CONSTRAINT accreditation_appeal_pkey PRIMARY KEY,
  organization_id  uuid        NOT NULL CONSTRAINT accreditation_appeal_organization_fkey REFERENCES organization (id),
  against          text        NOT NULL CONSTRAINT accreditation_appeal_against_known CHECK (against IN ('rejection', 'suspension', 'revocation')),
  application_id   uuid        CONSTRAINT accreditation_appeal_application_fkey REFERENCES accreditation_application (id),
  accreditation_id uuid        CONSTRAINT accreditation_appeal_accreditation_fkey REFERENCES accreditation (id),
  grounds          text        NOT NULL CONSTRAINT accreditation_appeal_grounds_present CHECK (grounds <> ''),
  decided_by_ids   uuid[]      NOT NULL DEFAULT '{}', -- who decided what it is against
  prior_status     text        NOT NULL DEFAULT 'none',
  transition       text        NOT NULL DEFAULT 'lodge',
  status           text        NOT NULL,
  outcome          text        CONSTRAINT accreditation_appeal_outcome_known CHECK (outcome IN ('upheld', 'overturned')), -- what it is against
  letter_number    text,
  reason_ar        text        NOT NULL DEFAULT '',
  reason_en        text        NOT NULL DEFAULT '',
  signed_by_id     uuid,
  confirmed_by_id  uuid,
  version          integer     NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  CONSTRAINT accreditation_appeal_move_legal FOREIGN KEY (prior_status, transition, status) REFERENCES accreditation_appeal_transition,
  CONSTRAINT accreditation_appeal_of_one CHECK (
    num_nonnulls(application_id, accreditation_id) = 1 AND (against = 'rejection') = (application_id IS NOT NULL)),
  CONSTRAINT accreditation_appeal_outcome_tied CHECK ((status IN ('signed', 'decided')) = (outcome IS NOT NULL AND letter_number IS NOT NULL)),
  CONSTRAINT accreditation_appeal_two_persons CHECK (confirmed_by_id IS NULL OR confirmed_by_id IS DISTINCT FROM signed_by_id),
  CONSTRAINT accreditation_appeal_other_persons CHECK (
    (signed_by_id IS NULL OR signed_by_id <> ALL (decided_by_ids)) AND (confirmed_by_id IS NULL OR confirmed_by_id <> ALL (decided_by_ids)))
);
CREATE UNIQUE INDEX accreditation_appeal_one_open ON accreditation_appeal (coalesce(application_id, accreditation_id)) WHERE status IN ('lodged', 'signed');
CREATE INDEX accreditation_appeal_organization_idx ON accreditation_appeal (organization_id);

-- By which letter, why and by whom an accreditation was last moved. A program that does not know these columns leaves the first two
-- empty; whose move it was the trigger says.
ALTER TABLE accreditation
  ADD COLUMN reason        text NOT NULL DEFAULT '',
  ADD COLUMN letter_number text NOT NULL DEFAULT '',
  ADD COLUMN moved_by_id   uuid;
-- +goose StatementBegin
CREATE FUNCTION tahweel_accreditation_moved_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.moved_by_id := tahweel_account();
  IF (NEW.reason, NEW.letter_number) IS NOT DISTINCT FROM (OLD.reason, OLD.letter_number) THEN -- they were of the move before
    NEW.reason := '';
    NEW.letter_number := '';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accreditation_moved_by BEFORE UPDATE OF status ON accreditation
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tahweel_accreditation_moved_by();

-- Whether the accreditation extends to the need in the governorate: it has no scope, or a row for the need or an ancestor of it there.
-- Of a governorate that is not known (what comes by wire), any row for the need will do.
-- +goose StatementBegin
CREATE FUNCTION tahweel_accreditation_covers(accreditation uuid, need uuid, governorate text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT FROM accreditation_scope AS s WHERE s.accreditation_id = tahweel_accreditation_covers.accreditation)
    OR EXISTS (
      SELECT FROM accreditation_scope AS s
      JOIN need_ancestor AS c ON c.ancestor_id = s.need_id
      WHERE s.accreditation_id = tahweel_accreditation_covers.accreditation
        AND c.need_id = tahweel_accreditation_covers.need
        AND (tahweel_accreditation_covers.governorate IS NULL OR s.governorate_code = tahweel_accreditation_covers.governorate)
    )
$$;

-- The same of a service at a location, whose governorate may be that of a place which the asker must not know: it reads as the system
-- and says no more than yes or no. NULL as the offer asks about the need alone.
CREATE FUNCTION tahweel_accreditation_covers_offer(accreditation uuid, need uuid, offer uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  kind text := coalesce(current_setting('tahweel.kind', true), '');
  its_governorate text;
  covered boolean;
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  SELECT p.governorate_code INTO its_governorate
  FROM service_at_location AS sal
  LEFT JOIN location AS l ON l.id = sal.location_id
  LEFT JOIN confidential_location AS cl ON cl.id = sal.confidential_location_id
  LEFT JOIN place AS p ON p.code = coalesce(l.place_code, cl.place_code)
  WHERE sal.id = offer;
  covered := tahweel_accreditation_covers(accreditation, need, its_governorate);
  PERFORM set_config('tahweel.kind', kind, true);
  RETURN covered;
END $$;
-- +goose StatementEnd

-- A move hands the old status to the foreign key, whoever writes the UPDATE.
-- +goose StatementBegin
DO $$
DECLARE
  living text;
BEGIN
  FOREACH living IN ARRAY ARRAY['survey_campaign', 'survey_entry', 'accreditation_application', 'accreditation_appeal'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status()', living || '_created', living);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OF prior_status, transition, status ON %I FOR EACH ROW EXECUTE FUNCTION tahweel_hand_over_status()',
                   living || '_moved', living);
  END LOOP;
END $$;

-- A decision and an application's papers do not change once they stand. Only what ends a decision may be written.
CREATE FUNCTION tahweel_decision_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.taken_at IS NOT NULL OR OLD.handed_back_at IS NOT NULL
     OR to_jsonb(OLD) - '{confirmed_by_id,taken_at,handed_back_at}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{confirmed_by_id,taken_at,handed_back_at}'::text[] THEN
    RAISE EXCEPTION 'a decision does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accreditation_decision_stands BEFORE UPDATE ON accreditation_decision FOR EACH ROW EXECUTE FUNCTION tahweel_decision_stands();

-- Who reads and writes what. An organization reads what is of its own application and writes the application while it may; what the
-- directorate found, it does not read.
-- +goose StatementBegin
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['questionnaire', 'survey_campaign', 'survey_campaign_directorate', 'survey_entry', 'accreditation_application',
    'accreditation_application_scope', 'application_document', 'application_document_content', 'site_visit', 'application_note', 'accreditation_decision',
    'accreditation_scope', 'accreditation_condition', 'spot_check', 'accreditation_notice', 'accreditation_appeal'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
  END LOOP;
  -- the directorate's alone
  FOREACH the_table IN ARRAY ARRAY['survey_campaign', 'survey_campaign_directorate', 'survey_entry', 'application_note', 'spot_check'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING ((SELECT tahweel_reads_applications()))', the_table || '_read', the_table);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_decides_applications()))', the_table || '_created', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['survey_campaign', 'survey_entry'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE USING ((SELECT tahweel_keeps_register()))', the_table || '_changed', the_table);
  END LOOP;
  -- shared with the organization
  FOREACH the_table IN ARRAY ARRAY['accreditation_application', 'application_document', 'application_document_content', 'site_visit', 'accreditation_condition',
    'accreditation_notice', 'accreditation_appeal'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING ((SELECT tahweel_reads_applications()) OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]))',
                   the_table || '_read', the_table);
  END LOOP;
  -- written by the organization too
  FOREACH the_table IN ARRAY ARRAY['accreditation_application', 'application_document', 'application_document_content', 'accreditation_appeal'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_keeps_register()) OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]))',
                   the_table || '_created', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['site_visit', 'accreditation_condition', 'accreditation_notice'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_decides_applications()))', the_table || '_created', the_table);
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE POLICY questionnaire_public ON questionnaire FOR SELECT USING (true);
CREATE POLICY questionnaire_published ON questionnaire FOR INSERT WITH CHECK ((SELECT tahweel_keeps_register()));
CREATE POLICY survey_campaign_directorate_removed ON survey_campaign_directorate FOR DELETE USING ((SELECT tahweel_keeps_register()));
CREATE POLICY accreditation_scope_public ON accreditation_scope FOR SELECT USING (true);
CREATE POLICY accreditation_scope_kept ON accreditation_scope USING ((SELECT tahweel_keeps_register())) WITH CHECK ((SELECT tahweel_keeps_register()));
CREATE POLICY accreditation_condition_changed ON accreditation_condition FOR UPDATE USING ((SELECT tahweel_keeps_register()));

-- The directorate moves an application anywhere, its organization only to where an organization may bring it.
CREATE POLICY accreditation_application_moved ON accreditation_application FOR UPDATE
  USING ((SELECT tahweel_decides_applications()) OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]))
  WITH CHECK (
    (SELECT tahweel_decides_applications())
    OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]) AND status IN ('draft', 'submitted', 'returned', 'withdrawn'));
CREATE POLICY accreditation_application_scope_read ON accreditation_application_scope FOR SELECT
  USING (EXISTS (SELECT FROM accreditation_application AS a WHERE a.id = application_id));
CREATE POLICY accreditation_application_scope_kept ON accreditation_application_scope FOR INSERT
  WITH CHECK ((SELECT tahweel_keeps_register()) OR EXISTS (
    SELECT FROM accreditation_application AS a
    WHERE a.id = application_id AND a.organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]) AND a.status IN ('draft', 'returned')));
CREATE POLICY accreditation_application_scope_removed ON accreditation_application_scope FOR DELETE
  USING ((SELECT tahweel_keeps_register()) OR EXISTS (
    SELECT FROM accreditation_application AS a
    WHERE a.id = application_id AND a.organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]) AND a.status IN ('draft', 'returned')));
CREATE POLICY accreditation_decision_read ON accreditation_decision FOR SELECT
  USING ((SELECT tahweel_reads_applications()) OR taken_at IS NOT NULL AND organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]));
CREATE POLICY accreditation_decision_signed ON accreditation_decision FOR INSERT WITH CHECK ((SELECT tahweel_decides_applications()));
CREATE POLICY accreditation_decision_ended ON accreditation_decision FOR UPDATE USING ((SELECT tahweel_decides_applications()));
CREATE POLICY accreditation_appeal_moved ON accreditation_appeal FOR UPDATE
  USING ((SELECT tahweel_decides_applications()) OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]))
  WITH CHECK (
    (SELECT tahweel_decides_applications())
    OR organization_id = ANY ((SELECT tahweel_applies_for())::uuid[]) AND status = 'withdrawn');

GRANT SELECT ON survey_campaign_transition, survey_entry_transition, accreditation_application_transition, accreditation_appeal_transition TO tahweel_app, tahweel_read;
GRANT SELECT, INSERT ON questionnaire, application_document, application_document_content, site_visit, application_note, spot_check, accreditation_notice TO tahweel_app;
GRANT SELECT, INSERT, UPDATE ON survey_campaign, survey_entry, accreditation_application, accreditation_decision, accreditation_condition, accreditation_appeal TO tahweel_app;
GRANT SELECT, INSERT, DELETE ON survey_campaign_directorate, accreditation_application_scope, accreditation_scope TO tahweel_app;
GRANT SELECT ON accreditation_scope, questionnaire TO tahweel_read;

SELECT tahweel_keep_history('survey_campaign', 'survey_campaign', 'id', '');
SELECT tahweel_keep_history('survey_campaign_directorate', 'survey_campaign', 'campaign_id', '');
SELECT tahweel_keep_history('survey_entry', 'survey_entry', 'id', '', 'answers');
SELECT tahweel_keep_history('accreditation_application', 'accreditation_application', 'id', 'organization_id', 'answers');
SELECT tahweel_keep_history('accreditation_application_scope', 'accreditation_application', 'application_id', 'accreditation_application.application_id');
SELECT tahweel_keep_history('accreditation_scope', 'accreditation', 'accreditation_id', 'accreditation.accreditation_id');
SELECT tahweel_keep_history('accreditation_condition', 'accreditation_condition', 'id', 'organization_id');
SELECT tahweel_keep_history('accreditation_appeal', 'accreditation_appeal', 'id', 'organization_id', 'decided_by_ids,signed_by_id,confirmed_by_id');
SELECT set_config('tahweel.kind', '', true);

-- The first version: what an organization is able to do, and what keeps it from joining.
SELECT set_config('tahweel.kind', 'system', true);
INSERT INTO questionnaire (id, number, name_ar, name_en, published_at, questions) VALUES (
  '0198c0de-9999-7000-8000-000000000001', 1, 'القدرات ومعيقات الانضمام', 'Capability and obstacles to joining', '2026-01-01T00:00:00Z', $questions$[
    {"code": "social_workers_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من الأخصائيات الاجتماعيات؟", "en": "How many social workers do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "social_workers_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من الأخصائيين الاجتماعيين؟", "en": "How many social workers do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "psychologists_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من الأخصائيات النفسيات؟", "en": "How many psychologists do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "psychologists_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من الأخصائيين النفسيين؟", "en": "How many psychologists do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "therapists_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من المعالجات الطبيعيات والوظيفيات؟", "en": "How many physiotherapists and occupational therapists do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "therapists_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من المعالجين الطبيعيين والوظيفيين؟", "en": "How many physiotherapists and occupational therapists do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "nurses_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من الممرضات؟", "en": "How many nurses do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "nurses_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من الممرضين؟", "en": "How many nurses do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "educators_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من المربيات والمعلمات؟", "en": "How many educators and teachers do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "educators_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من المربين والمعلمين؟", "en": "How many educators and teachers do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "lawyers_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من المحاميات؟", "en": "How many lawyers do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "lawyers_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من المحامين؟", "en": "How many lawyers do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "administrators_women", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملات لديكم من الموظفات الإداريات؟", "en": "How many administrative staff do you employ, women?"}, "minimum": 0, "maximum": 10000},
    {"code": "administrators_men", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم عدد العاملين لديكم من الموظفين الإداريين؟", "en": "How many administrative staff do you employ, men?"}, "minimum": 0, "maximum": 10000},
    {"code": "weekly_hours", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم ساعة تفتحون أبوابكم للمنتفعين في الأسبوع؟", "en": "For how many hours a week are you open to those whom you serve?"}, "minimum": 0, "maximum": 168},
    {"code": "monthly_capacity", "section": "capability", "type": "number", "required": true, "text": {"ar": "كم أسرة جديدة تستطيعون خدمتها في الشهر؟", "en": "How many new households can you serve in a month?"}, "minimum": 0, "maximum": 100000},
    {"code": "evening_or_weekend", "section": "capability", "type": "yes_no", "required": false, "text": {"ar": "هل تعملون مساءً أو في أيام العطلة؟", "en": "Do you work in the evening or on days off?"}},
    {"code": "premises", "section": "capability", "type": "choice", "required": true, "text": {"ar": "ما طبيعة مقركم؟", "en": "What are your premises?"}, "options": [{"code": "owned", "label": {"ar": "ملك", "en": "owned"}}, {"code": "rented", "label": {"ar": "مستأجر", "en": "rented"}}, {"code": "lent", "label": {"ar": "معار أو مشترك", "en": "lent or shared"}}, {"code": "none", "label": {"ar": "لا مقر لنا", "en": "we have none"}}]},
    {"code": "record_keeping", "section": "capability", "type": "choice", "required": true, "text": {"ar": "كيف تحفظون ملفات المنتفعين؟", "en": "How do you keep the files of those whom you serve?"}, "options": [{"code": "paper", "label": {"ar": "على الورق", "en": "on paper"}}, {"code": "spreadsheet", "label": {"ar": "في جداول إلكترونية", "en": "in spreadsheets"}}, {"code": "software", "label": {"ar": "في برنامج خاص", "en": "in software of our own"}}, {"code": "none", "label": {"ar": "لا نحفظ ملفات", "en": "we keep none"}}]},
    {"code": "obstacles", "section": "obstacles", "type": "choices", "required": true, "text": {"ar": "ما الذي يعيق انضمامكم إلى شبكة التحويل؟", "en": "What keeps you from joining the referral network?"}, "options": [{"code": "none", "label": {"ar": "لا شيء", "en": "nothing"}}, {"code": "registration", "label": {"ar": "صعوبات في التسجيل أو تجديده", "en": "difficulties with registration or its renewal"}}, {"code": "staff", "label": {"ar": "نقص في الطاقم المؤهل", "en": "too few qualified staff"}}, {"code": "funding", "label": {"ar": "عدم استقرار التمويل", "en": "funding that is not steady"}}, {"code": "premises", "label": {"ar": "المقر غير ملائم أو غير مهيأ", "en": "premises that are not fit or not accessible"}}, {"code": "technology", "label": {"ar": "ضعف الإنترنت أو الأجهزة", "en": "a weak connection or too few devices"}}, {"code": "movement", "label": {"ar": "الحواجز وصعوبة التنقل", "en": "checkpoints and difficult movement"}}, {"code": "paperwork", "label": {"ar": "كثرة الإجراءات والنماذج", "en": "too much paperwork"}}, {"code": "other", "label": {"ar": "سبب آخر", "en": "something else"}}]},
    {"code": "obstacles_detail", "section": "obstacles", "type": "text", "required": false, "text": {"ar": "اشرحوا العائق الأهم، وما الذي يزيله.", "en": "Describe what hinders you most, and what would remove it."}}
  ]$questions$);
SELECT set_config('tahweel.kind', '', true);
