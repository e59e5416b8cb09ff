-- What refresh_provider_search writes for one organization after the other, at once.
INSERT INTO provider_search
SELECT src.*
FROM provider_search_source AS src;

INSERT INTO provider_card
SELECT src.*
FROM provider_card_source AS src;
