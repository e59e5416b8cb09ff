-- +goose Up

-- How each place is served for each leaf of the needs, as of a while ago: what reports of the whole country are made of, for it would
-- take them too long to search from every place for every need. No right is decided by it. The service writes it anew need by need.
CREATE TABLE coverage (
  need_id          uuid        NOT NULL CONSTRAINT coverage_need_fkey REFERENCES need (id),
  place_code       text        NOT NULL CONSTRAINT coverage_place_fkey REFERENCES place (code),
  directorate_id   uuid,                 -- that holds the place; NULL: none
  restricted       boolean     NOT NULL, -- tier 3: for who is cleared
  effective_meters float8,               -- to the nearest provider that has a place; NULL: there is none, or it is restricted
  without_place    boolean     NOT NULL, -- somebody serves whose place is not shown or who comes by wire
  full_nearer      boolean     NOT NULL, -- somebody nearer takes nobody
  computed_at      timestamptz NOT NULL,
  CONSTRAINT coverage_pkey PRIMARY KEY (need_id, place_code),
  CONSTRAINT coverage_restricted_says_no_distance CHECK (NOT restricted OR (effective_meters IS NULL AND NOT full_nearer))
);

ALTER TABLE coverage ENABLE ROW LEVEL SECURITY;
ALTER TABLE coverage FORCE ROW LEVEL SECURITY;
CREATE POLICY coverage_seen ON coverage FOR SELECT
  USING (
    (SELECT tahweel_is_system())
    OR NOT restricted AND (SELECT tahweel_is_ministry())
    OR restricted AND (SELECT tahweel_own_session()) AND directorate_id = ANY ((SELECT tahweel_protection_directorates())::uuid[]));
CREATE POLICY coverage_computed ON coverage USING ((SELECT tahweel_is_system())) WITH CHECK ((SELECT tahweel_is_system()));

GRANT SELECT, INSERT, DELETE ON coverage TO tahweel_app;
