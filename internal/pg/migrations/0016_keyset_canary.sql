-- +goose Up

-- A known text sealed under the keyset that lies outside the database: whether keys and database belong together is found out by
-- opening it. One row, never changed; nothing in it is a secret or of a person.
CREATE TABLE keyset_canary (
  single      boolean NOT NULL CONSTRAINT keyset_canary_pkey PRIMARY KEY CONSTRAINT keyset_canary_one CHECK (single),
  wrapped_key bytea   NOT NULL,
  sealed      bytea   NOT NULL
);

GRANT SELECT, INSERT ON keyset_canary TO tahweel_app;
