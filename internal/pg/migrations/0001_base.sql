-- +goose Up

-- What every later migration stands on: who may enter the schema and which requests were already carried out.

GRANT USAGE ON SCHEMA public TO tahweel_app, tahweel_read;
REVOKE ALL ON goose_db_version FROM PUBLIC;
GRANT SELECT ON goose_db_version TO tahweel_app, tahweel_read;

-- Whether the product itself acts and not an account. Settings are absent or empty when unknown; both count as no.
CREATE FUNCTION tahweel_is_system() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('tahweel.kind', true), '') = 'system';

-- One row for each write that came with an Idempotency-Key. It holds no body: whoever repeats a request gets the resource as
-- it is now. Rows may be deleted once they are older than clients repeat.

CREATE TABLE idempotency (
    client_id   text        NOT NULL,
    key         text        NOT NULL,
    operation   text        NOT NULL,
    fingerprint bytea       NOT NULL,
    resource_id uuid        NOT NULL,
    version     integer     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_pk PRIMARY KEY (client_id, key)
);

CREATE INDEX idempotency_by_age ON idempotency (created_at);

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;

CREATE POLICY idempotency_own ON idempotency
    USING ((SELECT tahweel_is_system()) OR client_id = (SELECT nullif(current_setting('tahweel.account_id', true), '')))
    WITH CHECK ((SELECT tahweel_is_system()) OR client_id = (SELECT nullif(current_setting('tahweel.account_id', true), '')));

GRANT SELECT, INSERT, DELETE ON idempotency TO tahweel_app;
