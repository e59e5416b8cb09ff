-- +goose Up

-- What the moves of an attempt carry beyond the first release (referrals.md, "Transitions"). Every column may be empty or has a
-- default, and what belongs to one state is cleared by the trigger when that state ends: a program that does not know these columns
-- moves on without breaking a rule of theirs.
ALTER TABLE attempt
  ADD COLUMN hold_code                  text,          -- why it waits: waitlisted or on hold
  ADD COLUMN estimated_on               date,          -- waitlisted: when a place is expected
  ADD COLUMN review_on                  date,          -- on hold: when the pause is looked at again
  ADD COLUMN info_rounds                smallint      NOT NULL DEFAULT 0,
  ADD COLUMN pending_cancellation_at    timestamptz,   -- the case manager asked to cancel a service under way
  ADD COLUMN pending_cancellation_code  text,
  ADD COLUMN pending_cancellation_by_id uuid          CONSTRAINT attempt_pending_cancellation_by_fkey REFERENCES account (id),
  ADD COLUMN pending_cancellation_text  bytea,         -- sealed under the person's key
  ADD COLUMN last_progress_at           timestamptz,   -- the provider's last answer to the heartbeat
  ADD COLUMN contacted_at               timestamptz[], -- attempts to reach the client, in the order of contact_methods
  ADD COLUMN contact_methods            text[],
  ADD COLUMN error_note                 bytea,         -- why it was marked as an error, sealed under the person's key
  ADD COLUMN purge_due_at               timestamptz,   -- when what was written on an attempt marked as an error is to be purged
  ADD COLUMN moved_at                   timestamptz,   -- the last change of status; NULL on rows of the first release
  ADD COLUMN sender_moved_at            timestamptz,   -- the last change of status by the case manager
  ADD CONSTRAINT attempt_hold_code_tied CHECK ((status IN ('waitlisted', 'on_hold')) = (hold_code IS NOT NULL)),
  ADD CONSTRAINT attempt_estimated_tied CHECK ((status = 'waitlisted') = (estimated_on IS NOT NULL)),
  ADD CONSTRAINT attempt_review_tied CHECK ((status = 'on_hold') = (review_on IS NOT NULL)),
  ADD CONSTRAINT attempt_info_rounds_bounded CHECK (info_rounds BETWEEN 0 AND 2),
  ADD CONSTRAINT attempt_info_asked CHECK (status <> 'info_requested' OR info_rounds > 0),
  ADD CONSTRAINT attempt_pending_cancellation_whole CHECK (
    num_nulls(pending_cancellation_at, pending_cancellation_code, pending_cancellation_by_id) IN (0, 3)
    AND (pending_cancellation_at IS NOT NULL OR pending_cancellation_text IS NULL)),
  ADD CONSTRAINT attempt_pending_cancellation_tied CHECK (pending_cancellation_at IS NULL OR status IN ('in_service', 'on_hold')),
  ADD CONSTRAINT attempt_contacts_paired CHECK (coalesce(cardinality(contacted_at), 0) = coalesce(cardinality(contact_methods), 0)),
  ADD CONSTRAINT attempt_unreachable_tied CHECK (
    status <> 'not_completed' OR reason_code <> 'client_unreachable' OR coalesce(cardinality(contacted_at), 0) >= 3),
  ADD CONSTRAINT attempt_error_tied CHECK ((transition = 'mark_error') = (purge_due_at IS NOT NULL));

-- Besides handing over the old status: a hold remembers what it was held from and resume restores just that, a cancellation is
-- confirmed or runs out only where one was asked for, and what belongs to one state ends with it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION tahweel_move_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.prior_status := OLD.status;
  IF NEW.transition = 'resume' AND NEW.status IS DISTINCT FROM OLD.held_from THEN
    RAISE EXCEPTION 'resume restores the state that the attempt was held from'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_resume_restores';
  END IF;
  IF NEW.transition IN ('confirm_cancel', 'cancel_timeout') AND OLD.status IN ('in_service', 'on_hold') AND OLD.pending_cancellation_at IS NULL THEN
    RAISE EXCEPTION 'nobody asked to cancel the attempt'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_cancellation_requested';
  END IF;
  NEW.held_from := CASE WHEN NEW.status = 'on_hold' THEN coalesce(OLD.held_from, OLD.status) END;
  NEW.moved_at := NEW.updated_at;
  IF NEW.transition IN ('send', 'provide_info', 'recall') AND NOT tahweel_is_system() THEN
    NEW.sender_moved_at := NEW.updated_at;
  END IF;
  IF NEW.status <> 'waitlisted' THEN
    NEW.estimated_on := NULL;
  END IF;
  IF NEW.status <> 'on_hold' THEN
    NEW.review_on := NULL;
  END IF;
  IF NEW.status NOT IN ('waitlisted', 'on_hold') THEN
    NEW.hold_code := NULL;
  END IF;
  IF NEW.status NOT IN ('in_service', 'on_hold') THEN
    NEW.pending_cancellation_at := NULL;
    NEW.pending_cancellation_code := NULL;
    NEW.pending_cancellation_by_id := NULL;
    NEW.pending_cancellation_text := NULL;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd

-- What a provider asked before it answers, and what it was told; at most two rounds. Both texts are sealed under the person's key.
CREATE TABLE attempt_inquiry (
  attempt_id     uuid        NOT NULL CONSTRAINT attempt_inquiry_attempt_fkey REFERENCES attempt (id),
  round          smallint    NOT NULL CONSTRAINT attempt_inquiry_round_bounded CHECK (round IN (1, 2)),
  items          text[]      NOT NULL CONSTRAINT attempt_inquiry_items_present CHECK (cardinality(items) > 0),
  question       bytea,
  asked_at       timestamptz NOT NULL,
  answered_items text[]      CONSTRAINT attempt_inquiry_answers_were_asked CHECK (answered_items <@ items),
  answer         bytea,
  answered_at    timestamptz,
  CONSTRAINT attempt_inquiry_pkey PRIMARY KEY (attempt_id, round),
  CONSTRAINT attempt_inquiry_answer_tied CHECK ((answered_at IS NULL) = (answered_items IS NULL) AND (answered_at IS NOT NULL OR answer IS NULL))
);
ALTER TABLE attempt_inquiry ENABLE ROW LEVEL SECURITY;
ALTER TABLE attempt_inquiry FORCE ROW LEVEL SECURITY;

-- The ministry's side sees it with the attempt; the provider while group B is open to it: until 30 days after a service it accepted,
-- and not after an end without one nor after the family withdrew its consent.
CREATE POLICY attempt_inquiry_visible ON attempt_inquiry FOR SELECT USING (
  EXISTS (
    SELECT FROM attempt AS a
    WHERE a.id = attempt_id
      AND (tahweel_ministry_sees(a.owner_account_id, a.directorate_id, a.tier)
           OR (EXISTS (SELECT FROM consent AS c WHERE c.id = a.consent_id AND c.withdrawn_at IS NULL)
               AND (a.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')
                    OR (a.status IN ('completed', 'not_completed') AND a.accepted_at IS NOT NULL
                        AND a.closed_at > (SELECT tahweel_now()) - interval '30 days'))))));
CREATE POLICY attempt_inquiry_asked ON attempt_inquiry FOR INSERT WITH CHECK (
  (SELECT tahweel_is_system()) OR EXISTS (
    SELECT FROM attempt AS a WHERE a.id = attempt_id AND a.organization_id = ANY ((SELECT tahweel_organizations())::uuid[])));
CREATE POLICY attempt_inquiry_answered ON attempt_inquiry FOR UPDATE USING (
  EXISTS (SELECT FROM attempt AS a WHERE a.id = attempt_id AND tahweel_owns_case(a.owner_account_id, a.directorate_id)));

GRANT SELECT, INSERT, UPDATE ON attempt_inquiry TO tahweel_app;
