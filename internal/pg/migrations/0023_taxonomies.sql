-- +goose Up

-- Taxonomies other than that of the needs, and their terms, as imports bring them (HSDS taxonomy, taxonomy_term). A term may name a
-- parent or a taxonomy that never came along: what others publish is not whole.
CREATE TABLE taxonomy (
  id             uuid        CONSTRAINT taxonomy_pkey PRIMARY KEY,
  name_ar        text        NOT NULL,
  name_en        text        NOT NULL,
  description_ar text        NOT NULL DEFAULT '',
  description_en text        NOT NULL DEFAULT '',
  uri            text        NOT NULL DEFAULT '',
  edition        text        NOT NULL DEFAULT '', -- HSDS version; here a version counts changes
  metadata       jsonb       NOT NULL DEFAULT '{}' CONSTRAINT taxonomy_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  source         text        NOT NULL DEFAULT '',
  updated_at     timestamptz NOT NULL
);
CREATE TABLE taxonomy_term (
  id             uuid        CONSTRAINT taxonomy_term_pkey PRIMARY KEY,
  code           text        NOT NULL DEFAULT '',
  name_ar        text        NOT NULL,
  name_en        text        NOT NULL,
  description_ar text        NOT NULL DEFAULT '',
  description_en text        NOT NULL DEFAULT '',
  parent_id      uuid,
  taxonomy       text        NOT NULL DEFAULT '',
  taxonomy_id    uuid,
  language       text        NOT NULL DEFAULT '',
  term_uri       text        NOT NULL DEFAULT '',
  metadata       jsonb       NOT NULL DEFAULT '{}' CONSTRAINT taxonomy_term_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  source         text        NOT NULL DEFAULT '',
  updated_at     timestamptz NOT NULL
);
CREATE INDEX taxonomy_term_parent_idx ON taxonomy_term (parent_id);
CREATE INDEX taxonomy_term_taxonomy_idx ON taxonomy_term (taxonomy_id);

-- Read by everybody, written by the associations directorate, as the public part of the register is.
-- +goose StatementBegin
DO $$
DECLARE
  kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['taxonomy', 'taxonomy_term'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (true)', kept || '_public', kept);
    EXECUTE format('CREATE POLICY %I ON %I FOR INSERT WITH CHECK ((SELECT tahweel_keeps_register()))', kept || '_created', kept);
    EXECUTE format('CREATE POLICY %I ON %I FOR UPDATE USING ((SELECT tahweel_keeps_register()))', kept || '_changed', kept);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON taxonomy, taxonomy_term TO tahweel_app;
GRANT SELECT ON taxonomy, taxonomy_term TO tahweel_read;
SELECT tahweel_keep_history('taxonomy', 'taxonomy', 'id', '');
SELECT tahweel_keep_history('taxonomy_term', 'taxonomy_term', 'id', '');

-- Whether an organization was ever listed: who reads only what is new hears of the end of those, and never of one that was not public.
ALTER TABLE listing ADD COLUMN was_listed boolean NOT NULL DEFAULT false;

-- +goose StatementBegin
CREATE FUNCTION tahweel_listing_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  today date := (NEW.changed_at AT TIME ZONE 'Asia/Hebron')::date;
BEGIN
  NEW.was_listed := coalesce(NEW.listed_from <= today, false);
  IF TG_OP = 'UPDATE' THEN
    NEW.was_listed := NEW.was_listed OR OLD.was_listed OR coalesce(OLD.listed_from <= today, false);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER listing_remembers BEFORE INSERT OR UPDATE ON listing FOR EACH ROW EXECUTE FUNCTION tahweel_listing_remembers();

DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  UPDATE listing AS li
  SET was_listed = true -- the trigger decides for those that are listed now
  WHERE li.listed_from <= (tahweel_now() AT TIME ZONE 'Asia/Hebron')::date;
END $$;
-- +goose StatementEnd

-- What lists of everything that is public walk through, and what they are narrowed by.
CREATE INDEX service_public_idx ON service (id) INCLUDE (organization_id)
  WHERE status = 'active' OR (status = 'inactive' AND details ? 'temporarily_closed');
CREATE INDEX service_classified_idx ON service USING gin ((details -> 'attributes') jsonb_path_ops) WHERE details ? 'attributes';
CREATE INDEX service_updated_idx ON service (updated_at);
CREATE INDEX service_at_location_public_idx ON service_at_location (id) INCLUDE (service_id, location_id)
  WHERE status = 'active' AND confidential_location_id IS NULL;
CREATE INDEX service_at_location_updated_idx ON service_at_location (updated_at);
CREATE INDEX location_updated_idx ON location (updated_at);
CREATE INDEX location_geog_idx ON location USING gist (geog);
CREATE INDEX organization_updated_idx ON organization (updated_at);

-- The texts in which a word is sought.
CREATE INDEX service_words_idx ON service USING gin (
  tahweel_normalise(name_ar || ' ' || name_en || ' ' || description_ar || ' ' || description_en) gin_trgm_ops);
CREATE INDEX organization_words_idx ON organization USING gin (
  tahweel_normalise(name_ar || ' ' || name_en || ' ' || description_ar || ' ' || description_en) gin_trgm_ops);
