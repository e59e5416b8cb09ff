-- +goose Up

-- The form in which names are compared; text.Normalise in Go gives the same, and a test holds the two together. The inner
-- replacement runs before NFKC, which would turn U+00B4 into a space, and again after it, for the marks inside ligatures.
-- +goose StatementBegin
CREATE FUNCTION tahweel_normalise(name text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
SELECT btrim(regexp_replace(lower(translate(
         regexp_replace(normalize(regexp_replace(name, letter.silent, '', 'g'), NFKC), letter.silent, '', 'g'),
         letter.from_arabic || letter.from_digits || letter.from_hyphens || letter.from_spaces,
         letter.to_arabic || '01234567890123456789' || repeat(' ', length(letter.from_hyphens || letter.from_spaces)))),
       ' +', ' ', 'g'))
FROM (VALUES (
  '[\u064B-\u065F\u0670\u0640''`\u00B4\u02B9\u02BB-\u02BF\u2018\u2019\u201B\u2032\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]',
  U&'\0623\0625\0622\0671\0649\06CC\06A9\0629',
  U&'\0627\0627\0627\0627\064A\064A\0643\0647',
  U&'\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9',
  U&'-\2010\2011\2012\2013\2014\2015\2212',
  U&'\0009\000A\000B\000C\000D\0085\1680\2028\2029'
)) AS letter (silent, from_arabic, to_arabic, from_digits, from_hyphens, from_spaces)
$$;
-- +goose StatementEnd

CREATE TABLE governorate (
  code    text CONSTRAINT governorate_pkey PRIMARY KEY,
  name_ar text NOT NULL CONSTRAINT governorate_name_ar_present CHECK (name_ar <> ''),
  name_en text NOT NULL CONSTRAINT governorate_name_en_present CHECK (name_en <> ''),
  CONSTRAINT governorate_code_form CHECK (code ~ '^PS[0-9]{4}$')
);

-- Places between which nothing stands in the way; between two zones there is passage only as reach_link says.
CREATE TABLE reach_zone (
  code    text CONSTRAINT reach_zone_pkey PRIMARY KEY,
  name_ar text NOT NULL CONSTRAINT reach_zone_name_ar_present CHECK (name_ar <> ''),
  name_en text NOT NULL CONSTRAINT reach_zone_name_en_present CHECK (name_en <> ''),
  CONSTRAINT reach_zone_code_form CHECK (code ~ '^[a-z][a-z_]{1,39}$')
);

-- Whether a client in zone_a may get to a provider in zone_b, and how much further than the straight line it then is. No row
-- in force is no passage: unknown is refusal. A zone to itself is passable without a row.
CREATE TABLE reach_link (
  id                 uuid          CONSTRAINT reach_link_pkey PRIMARY KEY,
  zone_a             text          NOT NULL CONSTRAINT reach_link_zone_a_fkey REFERENCES reach_zone (code),
  zone_b             text          NOT NULL CONSTRAINT reach_link_zone_b_fkey REFERENCES reach_zone (code),
  passable           boolean       NOT NULL,
  identity_documents text[]        NOT NULL DEFAULT '{}',  -- any one of them opens the way; empty: none is needed
  detour             numeric(4, 2) NOT NULL DEFAULT 1,     -- factor on the straight line
  extra_km           numeric(6, 2) NOT NULL DEFAULT 0,     -- added after the factor
  note_ar            text          NOT NULL DEFAULT '',
  note_en            text          NOT NULL DEFAULT '',
  source             text          NOT NULL,
  valid_from         date          NOT NULL,
  valid_to           date,                                 -- last day in force; NULL: until further notice
  version            integer       NOT NULL DEFAULT 1,
  CONSTRAINT reach_link_two_zones CHECK (zone_a <> zone_b),
  CONSTRAINT reach_link_documents_known CHECK (identity_documents <@ '{palestinian,jerusalem,unrwa,passport}'::text[]),
  CONSTRAINT reach_link_closed_needs_no_document CHECK (passable OR identity_documents = '{}'),
  CONSTRAINT reach_link_detour_plausible CHECK (detour BETWEEN 1 AND 10),
  CONSTRAINT reach_link_extra_km_plausible CHECK (extra_km BETWEEN 0 AND 1000),
  CONSTRAINT reach_link_source_present CHECK (source <> ''),
  CONSTRAINT reach_link_dates_ordered CHECK (valid_from <= valid_to),
  CONSTRAINT reach_link_one_at_a_time EXCLUDE USING gist (zone_a WITH =, zone_b WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
);

-- A locality. Its point, kind and population are indicative; points in Gaza are pre-war and say nothing of who lives there.
CREATE TABLE place (
  code             text                   CONSTRAINT place_pkey PRIMARY KEY,
  name_ar          text                   NOT NULL CONSTRAINT place_name_ar_present CHECK (name_ar <> ''),
  name_en          text                   NOT NULL CONSTRAINT place_name_en_present CHECK (name_en <> ''),
  kind             text                   NOT NULL CONSTRAINT place_kind_known CHECK (kind IN
                   ('city', 'town', 'village', 'hamlet', 'neighbourhood', 'bedouin', 'camp', 'displacement_site')),
  governorate_code text                   NOT NULL CONSTRAINT place_governorate_fkey REFERENCES governorate (code),
  zone_code        text                   NOT NULL CONSTRAINT place_zone_fkey REFERENCES reach_zone (code),
  geog             geography(Point, 4326) NOT NULL,
  population       integer                CONSTRAINT place_population_not_negative CHECK (population >= 0),
  camp             boolean                NOT NULL DEFAULT false,  -- one of the 27 official UNRWA camps
  valid_from       date,                                           -- NULL: always was
  valid_to         date,                                           -- last day; NULL: until further notice
  version          integer                NOT NULL DEFAULT 1,
  CONSTRAINT place_code_form CHECK (code ~ '^[a-z]{2,8}-[a-z0-9-]{1,60}$'),
  CONSTRAINT place_dates_ordered CHECK (valid_from <= valid_to)
);
CREATE INDEX place_geog_idx ON place USING gist (geog);
CREATE INDEX place_governorate_idx ON place (governorate_code);
CREATE INDEX place_zone_idx ON place (zone_code);

-- Every name a place is found by: its two own names, which follow place by trigger, and other spellings.
CREATE TABLE place_name (
  place_code text    NOT NULL CONSTRAINT place_name_place_fkey REFERENCES place (code) ON DELETE CASCADE,
  lang       text    NOT NULL CONSTRAINT place_name_lang_known CHECK (lang IN ('ar', 'en')),
  name       text    NOT NULL,
  alias      boolean NOT NULL DEFAULT true,
  normalised text    NOT NULL GENERATED ALWAYS AS (tahweel_normalise(name)) STORED,
  CONSTRAINT place_name_present CHECK (normalised <> ''),
  CONSTRAINT place_name_pkey PRIMARY KEY (place_code, lang, name)
);
CREATE INDEX place_name_trigram_idx ON place_name USING gin (normalised gin_trgm_ops);
CREATE INDEX place_name_normalised_idx ON place_name (normalised, place_code);

-- +goose StatementBegin
CREATE FUNCTION tahweel_place_names_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM place_name WHERE place_code = NEW.code AND NOT alias;
  INSERT INTO place_name (place_code, lang, name, alias)
  VALUES (NEW.code, 'ar', NEW.name_ar, false), (NEW.code, 'en', NEW.name_en, false)
  ON CONFLICT ON CONSTRAINT place_name_pkey DO UPDATE SET alias = false;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER place_names_follow AFTER INSERT OR UPDATE OF name_ar, name_en ON place
  FOR EACH ROW EXECUTE FUNCTION tahweel_place_names_follow();

-- The area of a governorate: derived from its places until an operator imports boundaries, and then not indicative.
CREATE TABLE governorate_area (
  governorate_code text                          CONSTRAINT governorate_area_pkey PRIMARY KEY
                   CONSTRAINT governorate_area_governorate_fkey REFERENCES governorate (code),
  geog             geography(MultiPolygon, 4326) NOT NULL,
  indicative       boolean                       NOT NULL,
  source           text                          NOT NULL CONSTRAINT governorate_area_source_present CHECK (source <> '')
);
CREATE INDEX governorate_area_geog_idx ON governorate_area USING gist (geog);

-- Derives the indicative areas anew: each place's Voronoi cell, no further than 5 km from its point, joined by governorate.
-- Imported boundaries stay. Computed in metres (UTM 36N), where a cell's edge is halfway between two places.
-- +goose StatementBegin
CREATE FUNCTION tahweel_derive_governorate_areas() RETURNS void LANGUAGE sql AS $$
  WITH point AS (
    SELECT p.governorate_code, ST_Transform(p.geog::geometry, 32636) AS geom
    FROM place AS p
    WHERE p.kind <> 'displacement_site'
  ),
  cell AS (
    SELECT (ST_Dump(ST_VoronoiPolygons(ST_Collect(point.geom), 0, ST_Buffer(ST_Envelope(ST_Collect(point.geom)), 10000)))).geom AS geom
    FROM point
  ),
  area AS (
    SELECT point.governorate_code, ST_ReducePrecision(
      ST_UnaryUnion(ST_Collect(ST_Intersection(cell.geom, ST_Buffer(point.geom, 5000)))), 1) AS geom
    FROM point
    JOIN cell ON ST_Intersects(cell.geom, point.geom)
    GROUP BY point.governorate_code
  )
  INSERT INTO governorate_area (governorate_code, geog, indicative, source)
  SELECT area.governorate_code, ST_Multi(ST_Transform(area.geom, 4326))::geography, true, 'derived from the places'
  FROM area
  ON CONFLICT ON CONSTRAINT governorate_area_pkey DO UPDATE
  SET geog = EXCLUDED.geog, source = EXCLUDED.source
  WHERE governorate_area.indicative
$$;
-- +goose StatementEnd

-- Public reference data: no row-level security.
GRANT SELECT ON governorate, reach_zone, reach_link, place, place_name, governorate_area TO tahweel_app, tahweel_read;
GRANT INSERT, UPDATE ON reach_link, place TO tahweel_app;
GRANT INSERT, UPDATE, DELETE ON place_name TO tahweel_app;
