-- +goose Up

-- By what papers an accreditation or an instrument stood before the service was there, and from which row of which file it was
-- transcribed. Whoever reads the history of the one reads this there; nobody changes it.
CREATE TABLE accreditation_paper (
  accreditation_id uuid        CONSTRAINT accreditation_paper_pkey PRIMARY KEY
                               CONSTRAINT accreditation_paper_accreditation_fkey REFERENCES accreditation (id),
  organization_id  uuid        NOT NULL CONSTRAINT accreditation_paper_organization_fkey REFERENCES organization (id),
  letter_number    text        NOT NULL CONSTRAINT accreditation_paper_letter_present CHECK (letter_number <> ''),
  letter_on        date        NOT NULL,
  minute_number    text        NOT NULL CONSTRAINT accreditation_paper_minute_present CHECK (minute_number <> ''),
  minute_on        date        NOT NULL,
  file_name        text        NOT NULL,
  file_sha256      bytea       NOT NULL CONSTRAINT accreditation_paper_file_sha256_length CHECK (octet_length(file_sha256) = 32),
  sheet            text        NOT NULL,
  line             integer     NOT NULL CONSTRAINT accreditation_paper_line_positive CHECK (line > 0),
  account_id       uuid,       -- who answers for the file; NULL: the system
  created_at       timestamptz NOT NULL
);
CREATE TABLE instrument_paper (
  instrument_id    uuid        CONSTRAINT instrument_paper_pkey PRIMARY KEY
                               CONSTRAINT instrument_paper_instrument_fkey REFERENCES instrument (id),
  organization_id  uuid        NOT NULL CONSTRAINT instrument_paper_organization_fkey REFERENCES organization (id),
  letter_number    text        NOT NULL CONSTRAINT instrument_paper_letter_present CHECK (letter_number <> ''),
  letter_on        date        NOT NULL,
  minute_number    text        NOT NULL CONSTRAINT instrument_paper_minute_present CHECK (minute_number <> ''),
  minute_on        date        NOT NULL,
  file_name        text        NOT NULL,
  file_sha256      bytea       NOT NULL CONSTRAINT instrument_paper_file_sha256_length CHECK (octet_length(file_sha256) = 32),
  sheet            text        NOT NULL,
  line             integer     NOT NULL CONSTRAINT instrument_paper_line_positive CHECK (line > 0),
  account_id       uuid,       -- who answers for the file; NULL: the system
  created_at       timestamptz NOT NULL
);

-- The ministry and the organization read it; only an import, which is the system's, writes it.
-- +goose StatementBegin
DO $$
DECLARE
  paper text;
BEGIN
  FOREACH paper IN ARRAY ARRAY['accreditation_paper', 'instrument_paper'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', paper);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', paper);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR
                    organization_id = ANY ((SELECT tahweel_organizations())::uuid[]))', paper || '_parties', paper);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_is_system()))', paper || '_transcribed', paper);
  END LOOP;
END $$;
-- +goose StatementEnd
SELECT tahweel_keep_history('accreditation_paper', 'accreditation', 'accreditation_id', 'organization_id', 'account_id');
SELECT tahweel_keep_history('instrument_paper', 'instrument', 'instrument_id', 'organization_id', 'account_id');
SELECT set_config('tahweel.kind', '', true);

GRANT SELECT, INSERT ON accreditation_paper, instrument_paper TO tahweel_app;
