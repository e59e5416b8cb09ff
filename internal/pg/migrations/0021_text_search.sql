-- +goose Up

-- What a text is found by: the stems of its words. text.Stem and text.SearchWords in Go give the same, and a test holds them together.
-- +goose StatementBegin
-- Both in PL/pgSQL, which keeps its plans: making them anew for each text would take most of the time.
CREATE FUNCTION tahweel_stem(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  word := left(word, 60);
  RETURN CASE
    WHEN word ~ '^[a-z]{2,}ies$' THEN regexp_replace(word, 'ies$', 'y')
    WHEN word ~ '^[a-z]{2,}(ss|x|z|ch|sh)es$' THEN regexp_replace(word, 'es$', '')
    WHEN word ~ '^[a-z]{2,}[a-hj-rtv-z]s$' THEN regexp_replace(word, 's$', '')
    ELSE regexp_replace(
      regexp_replace(word, '^(?:(?:بال|كال|فال)(.{4,})|(?:ال|لل)(.{3,}))$', '\1\2'),
      '^(.{3,}?)(?:ها|ان|ات|ون|ين|يه|ه|ي)+$', '\1') END;
END $$;

CREATE FUNCTION tahweel_search_words(given text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  word  text;
  stems text[] := '{}';
BEGIN
  given := public.tahweel_normalise(given); -- a restore fills generated columns without a search path
  FOREACH word IN ARRAY regexp_split_to_array(given,
    '[^0-9a-z\u00DF-\u024F\u0300-\u04FF\u05D0-\u05EA\u0620-\u063A\u0641-\u064A\u066E-\u06D3\u06D5\u06EE-\u06FF]+')
  LOOP
    CONTINUE WHEN word = ANY ('{"",في,من,الي,عن,مع,او,و,al,the,of,and,for,in,at,to,a}'::text[]);
    stems := stems || public.tahweel_stem(word);
    IF word ~ '^و.{3,}$' THEN
      stems := stems || public.tahweel_stem(substr(word, 2));
    END IF;
  END LOOP;
  RETURN ARRAY(SELECT DISTINCT s.stem COLLATE "C" FROM unnest(stems) AS s (stem) ORDER BY 1);
END $$;

-- A telephone number as numbers are compared: its last nine digits, however it is written; NULL if there are too few to tell.
CREATE FUNCTION tahweel_telephone_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN length(regexp_replace(tahweel_normalise(number), '[^0-9]', '', 'g')) >= 7
              THEN right(regexp_replace(tahweel_normalise(number), '[^0-9]', '', 'g'), 9) END;
-- +goose StatementEnd

-- Words and phrases that stand for one another in a search, in both languages; a broken plural is one. Read when a search is made, so
-- that a change counts from the next one. What is retired is kept.
CREATE TABLE search_synonym (
  id         uuid        CONSTRAINT search_synonym_pkey PRIMARY KEY,
  terms      text[]      NOT NULL CONSTRAINT search_synonym_several CHECK (cardinality(terms) BETWEEN 2 AND 40 AND array_position(terms, NULL) IS NULL),
  status     text        NOT NULL DEFAULT 'active' CONSTRAINT search_synonym_status_known CHECK (status IN ('active', 'cancelled')),
  version    integer     NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
ALTER TABLE search_synonym ENABLE ROW LEVEL SECURITY;
ALTER TABLE search_synonym FORCE ROW LEVEL SECURITY;
CREATE POLICY search_synonym_read ON search_synonym FOR SELECT USING (true);
CREATE POLICY search_synonym_kept ON search_synonym USING ((SELECT tahweel_keeps_reference())) WITH CHECK ((SELECT tahweel_keeps_reference()));
GRANT SELECT, INSERT, UPDATE ON search_synonym TO tahweel_app;
GRANT SELECT ON search_synonym TO tahweel_read;

SELECT set_config('tahweel.kind', 'system', true);
-- The ids follow from the first term, so that they are the same in every installation.
INSERT INTO search_synonym (id, terms, created_at, updated_at)
SELECT md5('search_synonym ' || seed.terms[1])::uuid, seed.terms, '2026-01-01', '2026-01-01'
FROM (VALUES
  ('{مركز,مراكز,center,centre}'::text[]),
  ('{مدرسة,مدارس,school}'),
  ('{جمعية,جمعيات,association,society,charity}'),
  ('{مستشفى,مستشفيات,مشفى,مشافي,hospital}'),
  ('{عيادة,عيادات,مستوصف,clinic}'),
  ('{مؤسسة,مؤسسات,institution,foundation,organization,organisation}'),
  ('{منظمة,منظمات,organization,organisation}'),
  ('{لجنة,لجان,committee}'),
  ('{زكاة,zakat}'),
  ('{بلدية,بلديات,municipality}'),
  ('{وزارة,وزارات,ministry}'),
  ('{مديرية,مديريات,directorate}'),
  ('{نادي,أندية,نوادي,club}'),
  ('{دار,دور,بيت,بيوت,home,house}'),
  ('{مأوى,ملجأ,ملاجئ,shelter}'),
  ('{مخيم,مخيمات,camp}'),
  ('{قرية,قرى,village}'),
  ('{مدينة,مدن,city,town}'),
  ('{روضة,رياض الأطفال,حضانة,حضانات,kindergarten,nursery}'),
  ('{مكتبة,مكتبات,library}'),
  ('{مكتب,مكاتب,office}'),
  ('{فرع,فروع,branch}'),
  ('{طفل,أطفال,طفولة,child,children}'),
  ('{امرأة,مرأة,نساء,نسوة,سيدة,سيدات,woman,women}'),
  ('{فتاة,فتيات,بنت,بنات,girl}'),
  ('{رجل,رجال,man,men}'),
  ('{شاب,شباب,شبيبة,youth,young people}'),
  ('{مسن,مسنين,كبار السن,شيخوخة,elderly,older persons,older people}'),
  ('{معاق,معاقين,إعاقة,ذوي الإعاقة,ذوي الاحتياجات الخاصة,disability,disabled}'),
  ('{أسرة,أسر,عائلة,عائلات,family,families,household}'),
  ('{يتيم,أيتام,orphan}'),
  ('{فقير,فقراء,poor}'),
  ('{فقر,poverty}'),
  ('{أرملة,أرامل,widow}'),
  ('{نازح,نازحين,نزوح,displaced,displacement}'),
  ('{لاجئ,لاجئين,refugee}'),
  ('{مريض,مرضى,patient}'),
  ('{مرض,أمراض,disease,illness}'),
  ('{دواء,أدوية,medicine,medication}'),
  ('{علاج طبيعي,فيزيوثيرابي,physiotherapy,physical therapy,physio}'),
  ('{علاج وظيفي,occupational therapy}'),
  ('{نطق,تخاطب,speech therapy}'),
  ('{علاج,علاجات,معالجة,therapy,treatment}'),
  ('{تأهيل,إعادة تأهيل,rehabilitation}'),
  ('{صحة,صحي,health}'),
  ('{نفسي,نفسية,صحة نفسية,psychological,psychosocial,mental health}'),
  ('{إرشاد,مشورة,استشارة,استشارات,counselling,counseling}'),
  ('{قانوني,قانونية,محامي,محامون,legal,lawyer}'),
  ('{حماية,protection}'),
  ('{عنف,violence}'),
  ('{سمعي,سمع,أصم,صم,hearing,deaf}'),
  ('{بصري,بصر,كفيف,مكفوفين,visual,blind}'),
  ('{كرسي متحرك,كراسي متحركة,wheelchair}'),
  ('{جهاز,أجهزة,أداة,أدوات,device}'),
  ('{مساعدة,مساعدات,معونة,معونات,دعم,إعانة,assistance,aid,support}'),
  ('{نقد,نقدي,نقدية,مال,مالية,cash,financial}'),
  ('{غذاء,أغذية,طعام,طرد غذائي,طرود غذائية,food}'),
  ('{كساء,ملابس,clothes,clothing}'),
  ('{سكن,مسكن,مساكن,إسكان,housing}'),
  ('{تعليم,تعليمي,education}'),
  ('{تدريب,تدريبات,دورة,دورات,training,course}'),
  ('{مهني,مهنية,مهنة,مهن,vocational}'),
  ('{عمل,أعمال,تشغيل,وظيفة,وظائف,employment,job,work}'),
  ('{مشروع,مشاريع,project}'),
  ('{خدمة,خدمات,service}'),
  ('{برنامج,برامج,program,programme}'),
  ('{ترفيه,ترفيهي,ترفيهية,recreation,recreational}'),
  ('{نقل,مواصلات,transport,transportation}'),
  ('{خيرية,خيري,charitable,charity}'),
  ('{هلال أحمر,red crescent}')
) AS seed (terms);
SELECT tahweel_keep_history('search_synonym', 'search_synonym', 'id', '');
SELECT set_config('tahweel.kind', '', true);

-- A place is found by the words of each of its names.
ALTER TABLE place_name ADD COLUMN words text[] NOT NULL GENERATED ALWAYS AS (tahweel_search_words(name)) STORED;
CREATE INDEX place_name_words_idx ON place_name USING gin (words);

-- What was found to be another thing's second entry, and where it went; see the next migration.
ALTER TABLE organization ADD COLUMN merged_into uuid CONSTRAINT organization_merged_into_fkey REFERENCES organization (id);
ALTER TABLE location ADD COLUMN merged_into uuid CONSTRAINT location_merged_into_fkey REFERENCES location (id);

-- What organizations, services and locations are found by in words, and what a search for them is narrowed by: one row each, of what
-- exists and is no secret. Whether its organization is listed on a day, the table listing says. It stands outside row-level security,
-- whose policies would keep the indexes from being used, so nothing of a confidential place may get into it: an offer at one counts for
-- no column here.
CREATE TABLE directory_text (
  entity            text   NOT NULL CONSTRAINT directory_text_entity_known CHECK (entity IN ('organization', 'service', 'location')),
  id                uuid   NOT NULL,
  organization_id   uuid   NOT NULL,
  organization_kind text   NOT NULL,
  organization_ar   text   NOT NULL, -- its name; empty in its own row
  organization_en   text   NOT NULL,
  name_ar           text   NOT NULL,
  name_en           text   NOT NULL,
  alternate_ar      text   NOT NULL,
  alternate_en      text   NOT NULL,
  description_ar    text   NOT NULL,
  description_en    text   NOT NULL,
  needs_ar          text   NOT NULL, -- the names of its needs and of their roots
  needs_en          text   NOT NULL,
  place_ar          text   NOT NULL, -- the names of its places and their governorates, and addresses
  place_en          text   NOT NULL,
  need_ids          uuid[] NOT NULL, -- ancestors included: a leaf is found through its root
  need_roots        text[] NOT NULL,
  place_codes       text[] NOT NULL,
  governorate_codes text[] NOT NULL,
  languages         text[] NOT NULL,
  accessibility     text[] NOT NULL,
  target_groups     text[] NOT NULL, -- with 'everybody' for a service that names none
  accepting         text[] NOT NULL, -- of each offer, beside accepting_as_of
  accepting_as_of   timestamptz[] NOT NULL,
  telephones        text[] NOT NULL, -- as tahweel_telephone_key has them
  geog              geography(Point, 4326), -- of a location
  valid_from        date,                   -- of a location that is there for a time only
  valid_to          date,
  normalised_ar     text   NOT NULL GENERATED ALWAYS AS (tahweel_normalise(name_ar)) STORED,
  normalised_en     text   NOT NULL GENERATED ALWAYS AS (tahweel_normalise(name_en)) STORED,
  name_words        text[] NOT NULL GENERATED ALWAYS AS (
                      tahweel_search_words(name_ar || ' ' || name_en || ' ' || alternate_ar || ' ' || alternate_en)) STORED,
  words             text[] NOT NULL GENERATED ALWAYS AS (tahweel_search_words(
                      name_ar || ' ' || name_en || ' ' || alternate_ar || ' ' || alternate_en || ' ' || description_ar || ' ' || description_en || ' ' ||
                      needs_ar || ' ' || needs_en || ' ' || place_ar || ' ' || place_en || ' ' || organization_ar || ' ' || organization_en)) STORED,
  CONSTRAINT directory_text_pkey PRIMARY KEY (entity, id)
);
CREATE INDEX directory_text_organization_idx ON directory_text (organization_id);
CREATE INDEX directory_text_words_idx ON directory_text USING gin (words);
CREATE INDEX directory_text_ar_idx ON directory_text USING gin (normalised_ar gin_trgm_ops);
CREATE INDEX directory_text_en_idx ON directory_text USING gin (normalised_en gin_trgm_ops);
CREATE INDEX directory_text_telephones_idx ON directory_text USING gin (telephones);
CREATE INDEX directory_text_geog_idx ON directory_text USING gist (geog);
GRANT SELECT, INSERT, UPDATE, DELETE ON directory_text TO tahweel_app;
GRANT SELECT ON directory_text TO tahweel_read;

-- +goose StatementBegin
-- The strings that stand under one name in a list of a details document, such as the codes of languages.
CREATE FUNCTION tahweel_detail(details jsonb, list text, field text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(
    SELECT part ->> field
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(details -> list) = 'array' THEN details -> list ELSE '[]' END) AS part
    WHERE part ->> field <> '');

CREATE FUNCTION tahweel_telephones(details jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ARRAY(
    SELECT tahweel_telephone_key(number)
    FROM unnest(tahweel_detail(details, 'phones', 'number')) AS number
    WHERE tahweel_telephone_key(number) IS NOT NULL);

-- Rebuilds what is found of one organization by its words. The directory calls it wherever it calls refresh_provider_search, which
-- locks the organization's row first.
CREATE FUNCTION tahweel_refresh_text(organization uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WITH org AS (
    SELECT o.*
    FROM organization AS o
    WHERE o.id = tahweel_refresh_text.organization AND o.status = 'active'
  ),
  needed AS (
    SELECT s.id AS service_id, array_agg(DISTINCT n.id) AS ids, array_agg(DISTINCT n.code) FILTER (WHERE n.parent_id IS NULL) AS roots,
           string_agg(DISTINCT n.name_ar, ' · ' ORDER BY n.name_ar) AS names_ar, string_agg(DISTINCT n.name_en, ' · ' ORDER BY n.name_en) AS names_en
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    JOIN service_need AS sn ON sn.service_id = s.id
    JOIN need_ancestor AS a ON a.need_id = sn.need_id
    JOIN need AS n ON n.id = a.ancestor_id
    GROUP BY s.id
  ),
  site AS (
    SELECT l.*, p.governorate_code, tahweel_detail(l.details, 'languages', 'code') AS languages,
           tahweel_detail(l.details, 'accessibility', 'feature') AS accessibility,
           concat_ws(' · ', p.name_ar, g.name_ar, nullif(l.address_ar, '')) AS place_ar,
           concat_ws(' · ', p.name_en, g.name_en, nullif(l.address_en, '')) AS place_en
    FROM org
    JOIN location AS l ON l.organization_id = org.id
    LEFT JOIN place AS p ON p.code = l.place_code
    LEFT JOIN governorate AS g ON g.code = p.governorate_code
    WHERE l.merged_into IS NULL
  ),
  offer AS (
    SELECT sal.service_id, sal.location_id, sal.accepting_status, sal.accepting_as_of
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    JOIN service_at_location AS sal ON sal.service_id = s.id
    WHERE s.status = 'active' AND sal.status = 'active' AND sal.confidential_location_id IS NULL
  ),
  item AS (
    SELECT 'service' AS entity, s.id, s.name_ar, s.name_en, s.description_ar, s.description_en, s.details,
           coalesce(n.names_ar, '') AS needs_ar, coalesce(n.names_en, '') AS needs_en, n.ids AS need_ids, n.roots AS need_roots,
           CASE WHEN s.target_groups = '{}' THEN '{everybody}' ELSE s.target_groups END AS target_groups,
           NULL::geography AS geog, NULL::date AS valid_from, NULL::date AS valid_to
    FROM org
    JOIN service AS s ON s.organization_id = org.id
    LEFT JOIN needed AS n ON n.service_id = s.id
    WHERE s.status = 'active'
    UNION ALL
    SELECT 'location', l.id, l.name_ar, l.name_en, coalesce(l.details #>> '{description,ar}', ''), coalesce(l.details #>> '{description,en}', ''), l.details,
           '', '', NULL, NULL, NULL, l.geog, l.valid_from, l.valid_to
    FROM site AS l
  ),
  -- Which services and sites count for which row: its own, those it is offered with, and all of them for the organization.
  part AS (
    SELECT 'service' AS entity, i.id, i.id AS service_id, o.location_id, o.accepting_status, o.accepting_as_of
    FROM item AS i
    LEFT JOIN offer AS o ON o.service_id = i.id
    WHERE i.entity = 'service'
    UNION ALL
    SELECT 'location', i.id, o.service_id, i.id, o.accepting_status, o.accepting_as_of
    FROM item AS i
    LEFT JOIN offer AS o ON o.location_id = i.id
    WHERE i.entity = 'location'
    UNION ALL
    SELECT 'organization', org.id, i.id, o.location_id, o.accepting_status, o.accepting_as_of
    FROM org
    JOIN item AS i ON i.entity = 'service'
    LEFT JOIN offer AS o ON o.service_id = i.id
    UNION ALL
    SELECT 'organization', org.id, NULL, site.id, NULL, NULL
    FROM org
    CROSS JOIN site
  ),
  fact AS (
    SELECT p.entity, p.id,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.need_ids))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x)::uuid[] AS need_ids,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.need_roots))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x) AS need_roots,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(s.target_groups))) AS j, jsonb_array_elements_text(coalesce(nullif(j, 'null'), '[]')) AS x ORDER BY x) AS target_groups,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(tahweel_detail(s.details, 'languages', 'code') || l.languages))) AS j, jsonb_array_elements_text(coalesce(j, '[]')) AS x ORDER BY x) AS languages,
           ARRAY(SELECT DISTINCT x FROM unnest(array_agg(to_jsonb(l.accessibility))) AS j, jsonb_array_elements_text(coalesce(j, '[]')) AS x ORDER BY x) AS accessibility,
           coalesce(array_agg(DISTINCT l.place_code) FILTER (WHERE l.place_code IS NOT NULL), '{}') AS place_codes,
           coalesce(array_agg(DISTINCT l.governorate_code) FILTER (WHERE l.governorate_code IS NOT NULL), '{}') AS governorate_codes,
           coalesce(string_agg(DISTINCT l.place_ar, ' · '), '') AS place_ar, coalesce(string_agg(DISTINCT l.place_en, ' · '), '') AS place_en,
           coalesce(array_agg(p.accepting_status ORDER BY p.accepting_status, p.accepting_as_of) FILTER (WHERE p.accepting_status IS NOT NULL), '{}') AS accepting,
           coalesce(array_agg(p.accepting_as_of ORDER BY p.accepting_status, p.accepting_as_of) FILTER (WHERE p.accepting_status IS NOT NULL), '{}') AS accepting_as_of
    FROM part AS p
    LEFT JOIN item AS s ON s.entity = 'service' AND s.id = p.service_id
    LEFT JOIN site AS l ON l.id = p.location_id
    GROUP BY p.entity, p.id
  ),
  told AS (
    SELECT i.*, org.name_ar AS organization_ar, org.name_en AS organization_en, tahweel_telephones(i.details) AS telephones
    FROM item AS i
    CROSS JOIN org
    UNION ALL
    SELECT 'organization', org.id, org.name_ar, org.name_en, org.description_ar, org.description_en, org.details,
           coalesce((SELECT string_agg(DISTINCT n.names_ar, ' · ') FROM needed AS n), ''), coalesce((SELECT string_agg(DISTINCT n.names_en, ' · ') FROM needed AS n), ''),
           NULL, NULL, NULL, NULL, NULL, NULL, '', '',
           tahweel_telephones(org.details) || ARRAY(
             SELECT tahweel_telephone_key(b.telephone)
             FROM branch AS b
             WHERE b.organization_id = org.id AND b.status <> 'defunct' AND tahweel_telephone_key(b.telephone) IS NOT NULL)
    FROM org
  ),
  fresh AS (
    SELECT t.entity, t.id, org.id AS organization_id, org.kind, t.organization_ar, t.organization_en, t.name_ar, t.name_en,
           coalesce(t.details #>> '{alternate_name,ar}', ''), coalesce(t.details #>> '{alternate_name,en}', ''),
           t.description_ar, t.description_en, t.needs_ar, t.needs_en, coalesce(f.place_ar, ''), coalesce(f.place_en, ''),
           coalesce(f.need_ids, '{}'), coalesce(f.need_roots, '{}'), coalesce(f.place_codes, '{}'), coalesce(f.governorate_codes, '{}'),
           coalesce(f.languages, '{}'), coalesce(f.accessibility, '{}'), coalesce(f.target_groups, '{}'),
           coalesce(f.accepting, '{}'), coalesce(f.accepting_as_of, '{}'), t.telephones, t.geog, t.valid_from, t.valid_to
    FROM told AS t
    CROSS JOIN org
    LEFT JOIN fact AS f ON f.entity = t.entity AND f.id = t.id
  ),
  gone AS (
    DELETE FROM directory_text AS t
    WHERE t.organization_id = tahweel_refresh_text.organization
      AND NOT EXISTS (SELECT FROM fresh AS f WHERE f.entity = t.entity AND f.id = t.id)
  )
  -- What has not changed is not written: an edit of one entry does not write all others of the organization anew.
  INSERT INTO directory_text AS t (
    entity, id, organization_id, organization_kind, organization_ar, organization_en, name_ar, name_en, alternate_ar, alternate_en,
    description_ar, description_en, needs_ar, needs_en, place_ar, place_en, need_ids, need_roots, place_codes, governorate_codes,
    languages, accessibility, target_groups, accepting, accepting_as_of, telephones, geog, valid_from, valid_to)
  SELECT f.*
  FROM fresh AS f
  ON CONFLICT (entity, id) DO UPDATE
  SET (
    organization_id, organization_kind, organization_ar, organization_en, name_ar, name_en, alternate_ar, alternate_en, description_ar,
    description_en, needs_ar, needs_en, place_ar, place_en, need_ids, need_roots, place_codes, governorate_codes, languages, accessibility,
    target_groups, accepting, accepting_as_of, telephones, geog, valid_from, valid_to
  ) = (
    excluded.organization_id, excluded.organization_kind, excluded.organization_ar, excluded.organization_en, excluded.name_ar,
    excluded.name_en, excluded.alternate_ar, excluded.alternate_en, excluded.description_ar, excluded.description_en, excluded.needs_ar,
    excluded.needs_en, excluded.place_ar, excluded.place_en, excluded.need_ids, excluded.need_roots, excluded.place_codes,
    excluded.governorate_codes, excluded.languages, excluded.accessibility, excluded.target_groups, excluded.accepting,
    excluded.accepting_as_of, excluded.telephones, excluded.geog, excluded.valid_from, excluded.valid_to
  )
  WHERE t.* IS DISTINCT FROM excluded.*;
END $$;

-- What stood here before is found too.
DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  PERFORM tahweel_refresh_text(o.id) FROM organization AS o;
  PERFORM set_config('tahweel.kind', '', true);
END $$;
-- +goose StatementEnd
