-- +goose Up

-- An instrument's papers and its end: by what letter it was signed, why and how it was stopped, and until when what is under way
-- may be brought to an end (policy.md, "The memorandum as data").
ALTER TABLE instrument
  ADD COLUMN letter_number        text,
  ADD COLUMN signed_at            timestamptz,
  ADD COLUMN signed_by_id         uuid,        -- the account; NULL: the system
  ADD COLUMN written_by_ids       uuid[]       NOT NULL DEFAULT '{}', -- who changed the draft, besides drafted_by_id
  ADD COLUMN suspended_at         timestamptz,
  ADD COLUMN suspension_kind      text,
  ADD COLUMN terminated_at        timestamptz,
  ADD COLUMN terminated_for_cause boolean,
  ADD COLUMN wind_down_ends_at    timestamptz, -- NULL: nothing winds down, it goes on or it was cut at once
  ADD COLUMN reason               text         NOT NULL DEFAULT ''; -- of the suspension or termination

-- What 0.1.0 stopped, it stopped without saying how: the kinder reading.
SELECT set_config('tahweel.kind', 'system', true);
UPDATE instrument
SET suspended_at = updated_at, suspension_kind = 'administrative', wind_down_ends_at = updated_at + interval '336 hours'
WHERE status = 'suspended';
UPDATE instrument
SET terminated_at = updated_at, terminated_for_cause = false, wind_down_ends_at = updated_at + interval '336 hours'
WHERE status = 'terminated';
SELECT set_config('tahweel.kind', '', true);

ALTER TABLE instrument
  ADD CONSTRAINT instrument_suspension_kind_known CHECK (suspension_kind IN ('administrative', 'safeguarding')),
  ADD CONSTRAINT instrument_suspension_whole CHECK ((suspended_at IS NULL) = (suspension_kind IS NULL)),
  -- What was suspended and then ended stays barred as it was; only resuming lifts it.
  ADD CONSTRAINT instrument_suspension_tied CHECK (
    (status <> 'suspended' OR suspended_at IS NOT NULL) AND (suspended_at IS NULL OR status IN ('suspended', 'expired', 'terminated'))),
  ADD CONSTRAINT instrument_termination_tied CHECK (
    (status = 'terminated') = (terminated_at IS NOT NULL) AND (terminated_at IS NULL) = (terminated_for_cause IS NULL)),
  -- A wind-down is for what was stopped in an orderly way.
  ADD CONSTRAINT instrument_wind_down_orderly CHECK (
    wind_down_ends_at IS NULL
    OR suspension_kind IS DISTINCT FROM 'safeguarding' AND terminated_for_cause IS NOT TRUE AND coalesce(suspended_at, terminated_at) IS NOT NULL),
  ADD CONSTRAINT instrument_letter_number_present CHECK (letter_number <> ''),
  ADD CONSTRAINT instrument_drafter_does_not_sign CHECK (
    signed_by_id IS NULL OR signed_by_id IS DISTINCT FROM drafted_by_id AND signed_by_id <> ALL (written_by_ids)),
  ADD CONSTRAINT instrument_supersedes_another CHECK (supersedes_id <> id);

-- One amendment of an instrument is on its way at a time.
CREATE UNIQUE INDEX instrument_one_amendment ON instrument (supersedes_id) WHERE status IN ('draft', 'proposed', 'signed');
CREATE INDEX instrument_supersedes_idx ON instrument (supersedes_id) WHERE supersedes_id IS NOT NULL;

-- What a move into or out of a stop leaves behind, whoever writes the UPDATE; a program that does not say how it stops means the
-- kinder way. Fourteen days are counted in hours, the same in every time zone.
-- +goose StatementBegin
CREATE FUNCTION tahweel_instrument_stops() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  IF NEW.status = 'suspended' THEN
    NEW.suspended_at := NEW.updated_at;
    NEW.suspension_kind := coalesce(NEW.suspension_kind, 'administrative');
    NEW.wind_down_ends_at := CASE WHEN NEW.suspension_kind = 'administrative' THEN NEW.suspended_at + interval '336 hours' END;
  ELSIF NEW.status = 'terminated' THEN
    NEW.terminated_at := NEW.updated_at;
    NEW.terminated_for_cause := coalesce(NEW.terminated_for_cause, false);
    NEW.wind_down_ends_at := CASE
      WHEN NOT NEW.terminated_for_cause AND NEW.suspension_kind IS DISTINCT FROM 'safeguarding'
      THEN coalesce(OLD.wind_down_ends_at, NEW.terminated_at + interval '336 hours') END;
  END IF;
  IF NEW.status <> 'terminated' THEN
    NEW.terminated_at := NULL;
    NEW.terminated_for_cause := NULL;
  END IF;
  IF NEW.status NOT IN ('suspended', 'expired', 'terminated') THEN
    NEW.suspended_at := NULL;
    NEW.suspension_kind := NULL;
    NEW.wind_down_ends_at := NULL;
    NEW.reason := '';
  END IF;
  IF NEW.suspended_at IS NULL AND NEW.terminated_at IS NULL THEN
    NEW.wind_down_ends_at := NULL;
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER instrument_stops BEFORE UPDATE OF status ON instrument
  FOR EACH ROW EXECUTE FUNCTION tahweel_instrument_stops();

-- The papers of what was signed do not change either.
CREATE TRIGGER instrument_papers_immutable BEFORE UPDATE ON instrument
  FOR EACH ROW
  WHEN (OLD.status NOT IN ('draft', 'proposed')
    AND (OLD.letter_number, OLD.signed_at, OLD.signed_by_id, OLD.written_by_ids)
      IS DISTINCT FROM (NEW.letter_number, NEW.signed_at, NEW.signed_by_id, NEW.written_by_ids))
  EXECUTE FUNCTION tahweel_instrument_is_open();

-- Who is cleared is a term: nobody is added to what was signed. A clearance may be taken back at any time, which widens nothing.
DROP TRIGGER instrument_cleared_person_immutable ON instrument_cleared_person;
CREATE TRIGGER instrument_cleared_person_immutable BEFORE INSERT OR UPDATE ON instrument_cleared_person
  FOR EACH ROW EXECUTE FUNCTION tahweel_terms_are_open();

-- A draft's terms are written anew as a whole; the triggers refuse it of what was signed.
GRANT DELETE ON instrument_term, instrument_quota TO tahweel_app;

-- The history of an instrument, with its terms and their parts; a part says the number of its term. Who is cleared, the ministry alone
-- reads there: at a provider each knows of their own clearance only.
-- +goose StatementBegin
CREATE FUNCTION tahweel_term_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  term    jsonb;
BEGIN
  SELECT jsonb_build_object('instrument_id', t.instrument_id, 'term', t.number) INTO term
  FROM instrument_term AS t
  WHERE t.id = (coalesce(new_row, old_row) ->> 'term_id')::uuid;
  PERFORM tahweel_history_write(TG_OP, TG_TABLE_NAME::text, 'instrument', 'instrument_id', 'instrument.instrument_id', 'term_id', false,
    old_row || term, new_row || term);
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE POLICY instrument_term_looked_up ON instrument_term FOR SELECT TO tahweel_owner USING (true);
SELECT tahweel_keep_history('instrument', 'instrument', 'id', 'organization_id', 'drafted_by_id,written_by_ids,signed_by_id');
SELECT tahweel_keep_history('instrument_term', 'instrument', 'instrument_id', 'instrument.instrument_id');
SELECT tahweel_keep_history('instrument_cleared_person', 'instrument_clearance', 'instrument_id', '');
-- +goose StatementBegin
DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['instrument_term_directorate', 'instrument_term_need', 'instrument_term_governorate', 'instrument_quota'] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION tahweel_term_history()',
                   child || '_history', child);
  END LOOP;
END $$;
-- +goose StatementEnd
SELECT set_config('tahweel.kind', '', true);
