-- +goose Up

-- What the catalogue says of a thing beyond its own columns: one document each, written and read as a whole with its thing. Its form
-- is that of the details in package directory. external_id is the organization's own number for a thing; source says from which
-- import it came, empty: from here. confirmed_at is when somebody last said that all of it is still true.
ALTER TABLE organization
  ADD COLUMN details      jsonb NOT NULL DEFAULT '{}' CONSTRAINT organization_details_object CHECK (jsonb_typeof(details) = 'object'),
  ADD COLUMN source       text  NOT NULL DEFAULT '',
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN confirmed_by uuid;
ALTER TABLE service
  ADD COLUMN details      jsonb NOT NULL DEFAULT '{}' CONSTRAINT service_details_object CHECK (jsonb_typeof(details) = 'object'),
  ADD COLUMN source       text  NOT NULL DEFAULT '',
  ADD COLUMN external_id  text  CONSTRAINT service_external_id_present CHECK (external_id <> ''),
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN confirmed_by uuid,
  ADD CONSTRAINT service_external_id_unique UNIQUE (organization_id, external_id);
ALTER TABLE location
  ADD COLUMN details      jsonb NOT NULL DEFAULT '{}' CONSTRAINT location_details_object CHECK (jsonb_typeof(details) = 'object'),
  ADD COLUMN source       text  NOT NULL DEFAULT '',
  ADD COLUMN external_id  text  CONSTRAINT location_external_id_present CHECK (external_id <> ''),
  ADD COLUMN valid_from   date,  -- a place to go to for a time only; NULL: always was
  ADD COLUMN valid_to     date,  -- last day; NULL: until further notice
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN confirmed_by uuid,
  ADD CONSTRAINT location_dates_ordered CHECK (valid_from <= valid_to),
  ADD CONSTRAINT location_external_id_unique UNIQUE (organization_id, external_id);
ALTER TABLE service_at_location
  ADD COLUMN details      jsonb NOT NULL DEFAULT '{}' CONSTRAINT service_at_location_details_object CHECK (jsonb_typeof(details) = 'object'),
  ADD COLUMN source       text  NOT NULL DEFAULT '',
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN confirmed_by uuid;

-- A location from elsewhere may have no point, or lie in no place that is known: it is shown, and found by no distance.
ALTER TABLE location ALTER COLUMN place_code DROP NOT NULL, ALTER COLUMN geog DROP NOT NULL;
ALTER TABLE location ADD CONSTRAINT location_placed CHECK (source <> '' OR (place_code IS NOT NULL AND geog IS NOT NULL));

-- What is public of an organization, and since when; one row for each that ever was. It stands outside row-level security, is rebuilt
-- with the search, and is what everything that needs no account reads: HSDS, the map, the search for a text. An organization is listed
-- on a day between listed_from and listed_to; both are NULL while it is not. changed_at is when that last became different, by the
-- product's clock: whoever reads only what is new learns from it that an organization has left.
CREATE TABLE listing (
  organization_id      uuid        CONSTRAINT listing_pkey PRIMARY KEY,
  listed_from          date,
  listed_to            date,
  accreditation_number text,       -- NULL: its kind needs none, or it has none in force
  accreditation_from   date,
  accreditation_to     date,
  information_only     boolean     NOT NULL,
  changed_at           timestamptz NOT NULL,
  CONSTRAINT listing_both_days CHECK (num_nulls(listed_from, listed_to) IN (0, 2))
);
CREATE INDEX listing_changed_idx ON listing (changed_at);

CREATE VIEW listing_source WITH (security_invoker = true) AS
SELECT o.id AS organization_id,
       CASE WHEN acc.id IS NOT NULL AND o.status = 'active' THEN acc.valid_from
            WHEN o.status = 'active' AND (o.information_only OR NOT tahweel_needs_accreditation(o.kind)) THEN '-infinity'::date END AS listed_from,
       CASE WHEN o.status = 'active' AND (o.information_only OR NOT tahweel_needs_accreditation(o.kind)) THEN 'infinity'::date
            WHEN acc.id IS NOT NULL AND o.status = 'active' THEN acc.valid_to END AS listed_to,
       acc.number AS accreditation_number, acc.valid_from AS accreditation_from, acc.valid_to AS accreditation_to, o.information_only
FROM organization AS o
LEFT JOIN accreditation AS acc ON acc.organization_id = o.id AND acc.status = 'accredited';

-- +goose StatementBegin
CREATE FUNCTION tahweel_refresh_listing(organization uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO listing (organization_id, listed_from, listed_to, accreditation_number, accreditation_from, accreditation_to, information_only, changed_at)
  SELECT src.organization_id, src.listed_from, src.listed_to, src.accreditation_number, src.accreditation_from, src.accreditation_to,
         src.information_only, tahweel_now()
  FROM listing_source AS src
  WHERE src.organization_id = tahweel_refresh_listing.organization
  ON CONFLICT ON CONSTRAINT listing_pkey DO UPDATE
  SET listed_from = EXCLUDED.listed_from, listed_to = EXCLUDED.listed_to, accreditation_number = EXCLUDED.accreditation_number,
      accreditation_from = EXCLUDED.accreditation_from, accreditation_to = EXCLUDED.accreditation_to,
      information_only = EXCLUDED.information_only, changed_at = EXCLUDED.changed_at
  WHERE (listing.listed_from, listing.listed_to, listing.accreditation_number, listing.accreditation_from, listing.accreditation_to, listing.information_only)
    IS DISTINCT FROM
        (EXCLUDED.listed_from, EXCLUDED.listed_to, EXCLUDED.accreditation_number, EXCLUDED.accreditation_from, EXCLUDED.accreditation_to, EXCLUDED.information_only)
$$;

CREATE OR REPLACE FUNCTION refresh_provider_search(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind text := coalesce(current_setting('tahweel.kind', true), '');
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM FROM organization AS o WHERE o.id = refresh_provider_search.organization FOR UPDATE;
  DELETE FROM provider_search AS ps WHERE ps.organization_id = refresh_provider_search.organization;
  DELETE FROM provider_card AS pc WHERE pc.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_search SELECT src.* FROM provider_search_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  INSERT INTO provider_card SELECT src.* FROM provider_card_source AS src WHERE src.organization_id = refresh_provider_search.organization;
  PERFORM tahweel_refresh_listing(refresh_provider_search.organization);
  PERFORM set_config('tahweel.kind', kind, true);
END $$;

-- What stood here before is listed too.
DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM tahweel_refresh_listing(o.id) FROM organization AS o;
END $$;
-- +goose StatementEnd

GRANT SELECT, INSERT, UPDATE ON listing TO tahweel_app;
GRANT SELECT ON listing_source TO tahweel_app;
GRANT SELECT ON listing TO tahweel_read;
