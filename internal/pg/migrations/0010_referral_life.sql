-- +goose Up

-- When the system itself will end an attempt in its present state unless somebody moves it before (referrals.md, "Time"): expire,
-- lapse, or cancel what the case manager asked to cancel. Rows without an instant, of a program that knew none, get theirs from the
-- next sweep.
ALTER TABLE attempt
  ADD COLUMN due_at   timestamptz,
  ADD COLUMN due_left interval; -- of the provider's time, while its clock stands still for information
CREATE INDEX attempt_due_idx ON attempt (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX attempt_untimed_idx ON attempt (id)
  WHERE due_at IS NULL AND status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted');
CREATE INDEX attempt_open_idx ON attempt (instrument_id, id)
  WHERE status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold');
CREATE INDEX attempt_partner_reference_idx ON attempt (organization_id, partner_reference) WHERE partner_reference IS NOT NULL;

-- An instant belongs to the state for which it was counted: whoever changes the state and says nothing of it leaves none behind.
-- Acknowledging is the exception, because the provider's time runs on; so is a service, whose instant is that of a cancellation asked for.
-- +goose StatementBegin
CREATE FUNCTION tahweel_time_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted') THEN
    IF NEW.due_at = OLD.due_at AND (OLD.status, NEW.status) <> ('sent', 'acknowledged') THEN
      NEW.due_at := NULL;
    END IF;
  ELSIF NEW.status NOT IN ('in_service', 'on_hold') THEN
    NEW.due_at := NULL;
  END IF;
  IF NEW.status NOT IN ('info_requested') THEN
    NEW.due_left := NULL;
  END IF;
  RETURN NEW;
END $$;

-- What an attempt rests on when it discloses something: a consent that was not withdrawn and, to be sent, a referral that is open.
-- Both are locked, so that a withdrawal or a closing that commits first is seen, and one that comes later waits and then finds the
-- attempt as it has become.
CREATE FUNCTION tahweel_attempt_rests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  stands boolean;
BEGIN
  SELECT c.withdrawn_at IS NULL INTO stands FROM consent AS c WHERE c.id = NEW.consent_id FOR SHARE;
  IF stands IS NOT TRUE THEN
    RAISE EXCEPTION 'the consent was withdrawn'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_consent_stands';
  END IF;
  IF NEW.transition = 'send' THEN
    PERFORM FROM referral AS r WHERE r.id = NEW.referral_id AND r.status IN ('draft', 'active') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the referral is closed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'attempt_referral_open';
    END IF;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER attempt_timed BEFORE UPDATE OF status ON attempt
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tahweel_time_attempt();
CREATE TRIGGER attempt_rests BEFORE UPDATE OF status ON attempt
  FOR EACH ROW WHEN (NEW.status = 'accepted' AND NEW.transition = 'accept' OR OLD.status = 'draft' AND NEW.transition = 'send')
  EXECUTE FUNCTION tahweel_attempt_rests();

-- What stands against the provider of an instrument now; no row while nothing does. at_once: nothing more is shown to it from this
-- moment (safeguarding, a termination for cause, a revoked accreditation); else what is under way may be brought to an end until
-- ends_at, 14 days after the administrative act (policy.md, "Life"). What was sent under a version of an instrument is barred with
-- the versions that replaced it. How an instrument was stopped is read as jsonb, because the columns that say so are younger than
-- this function; an instrument that says nothing of it was stopped by an administrative act.
-- +goose StatementBegin
CREATE FUNCTION tahweel_provider_bar(barred_instrument uuid) RETURNS TABLE (at_once boolean, ends_at timestamptz) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN QUERY
  WITH RECURSIVE version AS (
    SELECT i.id, i.organization_id, i.status, i.prior_status, i.updated_at, to_jsonb(i) AS said
    FROM instrument AS i
    WHERE i.id = barred_instrument
    UNION ALL
    SELECT i.id, i.organization_id, i.status, i.prior_status, i.updated_at, to_jsonb(i)
    FROM version AS v
    JOIN instrument AS i ON i.supersedes_id = v.id
    WHERE i.status NOT IN ('draft', 'proposed', 'signed')
  ), provider AS (
    SELECT o.id, o.kind, o.status, o.updated_at
    FROM version AS v
    JOIN organization AS o ON o.id = v.organization_id
    WHERE v.id = barred_instrument
  ), bar AS (
    SELECT coalesce((v.said ->> 'terminated_for_cause')::boolean, false) OR coalesce(v.said ->> 'suspension_kind' = 'safeguarding', false) AS cuts,
           coalesce((v.said ->> 'wind_down_ends_at')::timestamptz, v.updated_at + interval '336 hours') AS ends
    FROM version AS v
    WHERE v.status IN ('suspended', 'terminated') OR (v.status = 'expired' AND v.prior_status = 'suspended')
    UNION ALL
    SELECT a.status = 'revoked', a.updated_at + interval '336 hours'
    FROM provider AS p
    JOIN accreditation AS a ON a.organization_id = p.id
    WHERE tahweel_needs_accreditation(p.kind)
      AND a.status IN ('suspended', 'revoked')
      AND NOT EXISTS (SELECT FROM accreditation AS b WHERE b.organization_id = p.id AND b.status = 'accredited')
    UNION ALL
    SELECT false, p.updated_at + interval '336 hours'
    FROM provider AS p
    WHERE p.status = 'defunct'
  )
  SELECT bool_or(b.cuts), min(b.ends)
  FROM bar AS b
  HAVING count(*) > 0;
END $$;

CREATE FUNCTION tahweel_is_barred(barred_instrument uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM tahweel_provider_bar(barred_instrument) AS b WHERE b.at_once);
END $$;
-- +goose StatementEnd

-- The provider's side of a sealed field also ends with a bar that cuts at once, at the very next request.
DROP POLICY sealed_field_visible ON sealed_field;
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
           OR (a.status IN ('completed', 'not_completed') AND a.accepted_at IS NOT NULL AND a.closed_at > (SELECT tahweel_now()) - interval '30 days'))
      AND NOT tahweel_is_barred(a.instrument_id)));

-- And so does what it asked and was told.
DROP POLICY attempt_inquiry_visible ON attempt_inquiry;
CREATE POLICY attempt_inquiry_visible ON attempt_inquiry FOR SELECT USING (
  EXISTS (
    SELECT FROM attempt AS a
    WHERE a.id = attempt_id
      AND (tahweel_ministry_sees(a.owner_account_id, a.directorate_id, a.tier)
           OR (EXISTS (SELECT FROM consent AS c WHERE c.id = a.consent_id AND c.withdrawn_at IS NULL)
               AND (a.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')
                    OR (a.status IN ('completed', 'not_completed') AND a.accepted_at IS NOT NULL
                        AND a.closed_at > (SELECT tahweel_now()) - interval '30 days'))
               AND NOT tahweel_is_barred(a.instrument_id)))));

-- How a consent ended.
ALTER TABLE consent
  ADD COLUMN withdrawal_channel text
    CONSTRAINT consent_withdrawal_channel_known CHECK (withdrawal_channel IN ('in_person', 'telephone', 'written', 'representative')),
  ADD CONSTRAINT consent_withdrawal_tied CHECK (withdrawal_channel IS NULL OR withdrawn_at IS NOT NULL);
CREATE INDEX consent_withdrawn_idx ON consent (withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- A consent may stand before any attempt rests on it: the ministry's side sees it with its referral, a provider with the attempt.
DROP POLICY consent_visible ON consent;
CREATE POLICY consent_visible ON consent FOR SELECT USING (
  (SELECT tahweel_is_system())
  OR EXISTS (SELECT FROM attempt AS a WHERE a.consent_id = consent.id)
  OR EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_ministry_sees(r.owner_account_id, r.directorate_id, r.tier)));
-- Who accepts under a consent locks it, which takes the right to update; none but the case's owner can bring an update to an end.
DROP POLICY consent_kept ON consent;
CREATE POLICY consent_locked ON consent FOR UPDATE
  USING (
    EXISTS (SELECT FROM attempt AS a WHERE a.consent_id = consent.id)
    OR EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)))
  WITH CHECK (
    EXISTS (SELECT FROM referral AS r WHERE r.id = referral_id AND tahweel_owns_case(r.owner_account_id, r.directorate_id)));

-- Why a referral was closed unmet, cancelled or opened again; close_code is that of the closing.
ALTER TABLE referral
  ADD COLUMN reopen_code   text,
  ADD COLUMN decision_note bytea, -- what was written with the last of them, sealed under the person's key
  ADD CONSTRAINT referral_close_code_tied CHECK (status NOT IN ('closed_unmet', 'cancelled') OR close_code IS NOT NULL);

-- Who did it, by which transition and with which code: what a history tells. Rows of a program that did not say so hold nothing. What
-- the system does for somebody (it closes the referral of an attempt that was completed) is the system's.
ALTER TABLE event
  ADD COLUMN actor_kind text,
  ADD COLUMN account_id uuid,
  ADD COLUMN transition text,
  ADD COLUMN code       text,
  ADD COLUMN consent_id uuid CONSTRAINT event_consent_fkey REFERENCES consent (id);
CREATE INDEX event_referral_idx ON event (referral_id, id);
CREATE INDEX event_consent_idx ON event (consent_id, id) WHERE consent_id IS NOT NULL;
