-- What refresh_provider_search writes for one organization after the other, at once: the cards first, for the search takes from them.
INSERT INTO provider_card
SELECT src.*
FROM provider_card_source AS src;
ANALYZE provider_card;

-- The indexes are made anew afterwards, in the order of the rows as inserting would have made them, which takes half the time.
CREATE TEMP TABLE dropped AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index AS i
WHERE i.indrelid = 'provider_search'::regclass;

DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT name FROM dropped LOOP
    EXECUTE format('DROP INDEX %s', one.name);
  END LOOP;
END $$;

INSERT INTO provider_search
SELECT src.*
FROM provider_search_source AS src;

DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT definition FROM dropped LOOP
    EXECUTE one.definition;
  END LOOP;
END $$;
