-- +goose Up

-- Files of the catalogue that were handed in over the API, and files that were asked for. What an import is to do is decided when it is
-- handed in; it is done later, by whichever server finds it. organization_id is whose own catalogue it is; NULL: an officer's.
CREATE TABLE file_task (
  id              uuid        CONSTRAINT file_task_pkey PRIMARY KEY,
  kind            text        NOT NULL CONSTRAINT file_task_kind_known CHECK (kind IN ('import', 'export')),
  status          text        NOT NULL CONSTRAINT file_task_status_known CHECK (status IN ('queued', 'running', 'done', 'failed')),
  organization_id uuid        CONSTRAINT file_task_organization_fkey REFERENCES organization (id),
  account_id      uuid        NOT NULL CONSTRAINT file_task_account_fkey REFERENCES account (id),
  format          text        NOT NULL DEFAULT '',
  mode            text        NOT NULL DEFAULT 'dry_run' CONSTRAINT file_task_mode_known CHECK (mode IN ('dry_run', 'apply')),
  source          text        NOT NULL DEFAULT '',
  default_kind    text        NOT NULL DEFAULT 'association',
  end_missing     boolean     NOT NULL DEFAULT false,
  file_name       text        NOT NULL DEFAULT '',
  content         bytea,                           -- of an import until it is done, of an export once it is
  rows_read       integer     NOT NULL DEFAULT 0,  -- so far
  counts          jsonb       NOT NULL DEFAULT '[]',
  error_code      text,                            -- why it failed
  attempts        integer     NOT NULL DEFAULT 0,
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  started_at      timestamptz,
  finished_at     timestamptz,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT file_task_import_has_source CHECK (kind <> 'import' OR source <> ''),
  CONSTRAINT file_task_finished_at_tied CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL)),
  CONSTRAINT file_task_error_tied CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
CREATE INDEX file_task_due_idx ON file_task (created_at) WHERE status IN ('queued', 'running');

-- What an import found, in the order of the files.
CREATE TABLE import_finding (
  import_id   uuid    NOT NULL CONSTRAINT import_finding_import_fkey REFERENCES file_task (id),
  position    integer NOT NULL,
  file        text    NOT NULL,
  sheet       text    NOT NULL,
  line        integer NOT NULL,
  col         text    NOT NULL,
  severity    text    NOT NULL CONSTRAINT import_finding_severity_known CHECK (severity IN ('error', 'warning')),
  code        text    NOT NULL,
  sentence_ar text    NOT NULL,
  sentence_en text    NOT NULL,
  CONSTRAINT import_finding_pkey PRIMARY KEY (import_id, position)
);

-- The records of an import between being read and being put together. They never outlive the transaction that wrote them.
CREATE TABLE import_row (
  import_id uuid    NOT NULL,
  position  integer NOT NULL,
  fields    jsonb   NOT NULL,
  CONSTRAINT import_row_pkey PRIMARY KEY (import_id, position)
);

-- Rows of publishers that lead nowhere in the directory, kept so that what came in can go out again.
CREATE TABLE loose_row (
  source      text  NOT NULL,
  table_name  text  NOT NULL,
  id          uuid  NOT NULL,
  fields      jsonb NOT NULL,
  CONSTRAINT loose_row_pkey PRIMARY KEY (source, table_name, id)
);

ALTER TABLE file_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE file_task FORCE ROW LEVEL SECURITY;
CREATE POLICY file_task_of_whoever_may ON file_task
  USING ((SELECT tahweel_keeps_register()) OR organization_id = ANY ((SELECT tahweel_organizations_as('provider_focal_point'))::uuid[]))
  WITH CHECK ((SELECT tahweel_keeps_register()) OR organization_id = ANY ((SELECT tahweel_organizations_as('provider_focal_point'))::uuid[]));
ALTER TABLE import_finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_finding FORCE ROW LEVEL SECURITY;
CREATE POLICY import_finding_of_import ON import_finding
  USING ((SELECT tahweel_keeps_register()) OR EXISTS (SELECT FROM file_task AS t WHERE t.id = import_id))
  WITH CHECK ((SELECT tahweel_is_system()));
ALTER TABLE import_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_row FORCE ROW LEVEL SECURITY;
CREATE POLICY import_row_system ON import_row USING ((SELECT tahweel_is_system()));
ALTER TABLE loose_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE loose_row FORCE ROW LEVEL SECURITY;
CREATE POLICY loose_row_register ON loose_row USING ((SELECT tahweel_keeps_register()));

GRANT SELECT, INSERT, UPDATE, DELETE ON file_task, import_finding, import_row, loose_row TO tahweel_app;
