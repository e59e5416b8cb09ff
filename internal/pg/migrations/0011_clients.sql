-- +goose Up

-- The organizations of which the actor is the focal point: it manages their workers and their clients.
-- +goose StatementBegin
CREATE FUNCTION tahweel_focal_organizations() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
  RETURN ARRAY(
    SELECT split_part(held, '@', 2)::uuid
    FROM unnest(coalesce(nullif(current_setting('tahweel.organization_roles', true), ''), '{}')::text[]) AS held
    WHERE split_part(held, '@', 1) = 'provider_focal_point');
-- Whether nobody of the organization may come in at all, neither its people nor its clients. A suspended memorandum or
-- accreditation is another matter: what was begun under it is wound down.
CREATE FUNCTION tahweel_organization_barred(status text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(status <> 'active', false);
-- +goose StatementEnd

-- A membership can be ended by whoever saw it as it is.
ALTER TABLE membership ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Software that gets tokens with a key of its own (RFC 7523). It acts as an account: one of its own, of kind client, for an
-- organization; or a person's.
CREATE TABLE client (
  id              uuid        CONSTRAINT client_pkey PRIMARY KEY,
  account_id      uuid        NOT NULL CONSTRAINT client_account_fkey REFERENCES account (id),
  organization_id uuid        CONSTRAINT client_organization_fkey REFERENCES organization (id), -- NULL: a person's or the ministry's
  name            text        NOT NULL CONSTRAINT client_name_present CHECK (name <> ''),
  status          text        NOT NULL DEFAULT 'active' CONSTRAINT client_status_known CHECK (status IN ('active', 'revoked')),
  scopes          text[]      NOT NULL CONSTRAINT client_scopes_present CHECK (cardinality(scopes) > 0),
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  revoked_at      timestamptz,
  CONSTRAINT client_revoked_at_tied CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX client_account_idx ON client (account_id);
CREATE INDEX client_organization_idx ON client (organization_id) WHERE organization_id IS NOT NULL;

-- The public keys of a client. One key has one owner: its private half must be nobody else's.
CREATE TABLE client_key (
  client_id  uuid        NOT NULL CONSTRAINT client_key_client_fkey REFERENCES client (id),
  kid        text        NOT NULL, -- the thumbprint of RFC 7638
  alg        text        NOT NULL CONSTRAINT client_key_alg_known CHECK (alg IN ('ES256', 'PS256', 'EdDSA')),
  public_key bytea       NOT NULL, -- SubjectPublicKeyInfo
  created_at timestamptz NOT NULL,
  CONSTRAINT client_key_pkey PRIMARY KEY (client_id, kid),
  CONSTRAINT client_key_unique UNIQUE (kid)
);

-- Leave to register one client, given out of band. The code itself is kept nowhere.
CREATE TABLE client_invitation (
  id              uuid        CONSTRAINT client_invitation_pkey PRIMARY KEY,
  code_hash       bytea       NOT NULL CONSTRAINT client_invitation_code_unique UNIQUE,
  account_id      uuid        CONSTRAINT client_invitation_account_fkey REFERENCES account (id),
  organization_id uuid        CONSTRAINT client_invitation_organization_fkey REFERENCES organization (id),
  scopes          text[]      NOT NULL CONSTRAINT client_invitation_scopes_present CHECK (cardinality(scopes) > 0),
  invited_by      uuid        CONSTRAINT client_invitation_invited_by_fkey REFERENCES account (id), -- NULL: the system
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  used_at         timestamptz,
  client_id       uuid        CONSTRAINT client_invitation_client_fkey REFERENCES client (id),
  request_hash    bytea,      -- of the registration, so that one whose answer was lost can be repeated
  CONSTRAINT client_invitation_for_one CHECK ((account_id IS NULL) <> (organization_id IS NULL)),
  CONSTRAINT client_invitation_short CHECK (expires_at > created_at AND expires_at <= created_at + interval '14 days'),
  CONSTRAINT client_invitation_used_whole CHECK ((used_at IS NULL) = (client_id IS NULL) AND (used_at IS NULL) = (request_hash IS NULL))
);
CREATE INDEX client_invitation_account_idx ON client_invitation (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX client_invitation_organization_idx ON client_invitation (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX client_invitation_invited_by_idx ON client_invitation (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX client_invitation_client_idx ON client_invitation (client_id) WHERE client_id IS NOT NULL;

-- The assertions that were taken, each once on all servers, until they would be too old anyway.
CREATE TABLE client_assertion (
  client_id  uuid        NOT NULL CONSTRAINT client_assertion_client_fkey REFERENCES client (id),
  jti_hash   bytea       NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT client_assertion_pkey PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertion_expiry_idx ON client_assertion (expires_at);

-- Whose client the actor may rotate the keys of, or revoke: its owner's, its organization's focal point, the ministry.
-- +goose StatementBegin
CREATE FUNCTION tahweel_manages_client(account_id uuid, organization_id uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (SELECT tahweel_is_system())
    OR (SELECT tahweel_has_role('administrator'))
    OR account_id = (SELECT tahweel_account())
    OR organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[])
    OR (organization_id IS NOT NULL AND (SELECT tahweel_has_role('associations_officer')));
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['client', 'client_key', 'client_invitation', 'client_assertion'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
  END LOOP;
END $$;
-- +goose StatementEnd

CREATE POLICY client_seen ON client FOR SELECT
  USING (tahweel_manages_client(account_id, organization_id) OR (SELECT tahweel_has_role('auditor')));
CREATE POLICY client_registered ON client FOR INSERT WITH CHECK ((SELECT tahweel_is_system()));
CREATE POLICY client_managed ON client FOR UPDATE
  USING (tahweel_manages_client(account_id, organization_id))
  WITH CHECK (tahweel_manages_client(account_id, organization_id));

CREATE POLICY client_key_seen ON client_key FOR SELECT
  USING (EXISTS (SELECT FROM client AS c WHERE c.id = client_id));
CREATE POLICY client_key_added ON client_key FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM client AS c WHERE c.id = client_id AND tahweel_manages_client(c.account_id, c.organization_id)));
CREATE POLICY client_key_dropped ON client_key FOR DELETE
  USING (EXISTS (SELECT FROM client AS c WHERE c.id = client_id AND tahweel_manages_client(c.account_id, c.organization_id)));

-- A machine does not invite another: what it made would outlive its own revocation.
CREATE POLICY client_invitation_seen ON client_invitation FOR SELECT
  USING (
    (SELECT tahweel_is_system())
    OR (SELECT tahweel_has_role('administrator'))
    OR invited_by = (SELECT tahweel_account()));
CREATE POLICY client_invitation_given ON client_invitation FOR INSERT
  WITH CHECK (
    (SELECT tahweel_is_system())
    OR (invited_by = (SELECT tahweel_account()) AND (
      (SELECT tahweel_has_role('administrator'))
      OR (organization_id IS NOT NULL AND (SELECT tahweel_has_role('associations_officer')))
      OR organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[])
      OR (account_id = (SELECT tahweel_account()) AND (SELECT tahweel_own_session())))));
CREATE POLICY client_invitation_used ON client_invitation FOR UPDATE
  USING ((SELECT tahweel_is_system()))
  WITH CHECK ((SELECT tahweel_is_system()));

CREATE POLICY client_assertion_system ON client_assertion
  USING ((SELECT tahweel_is_system()))
  WITH CHECK ((SELECT tahweel_is_system()));

-- A focal point manages the workers of its own organization, and nobody who is more than that.
CREATE POLICY account_of_worker_made ON account FOR INSERT
  WITH CHECK (kind = 'person' AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]));
CREATE POLICY account_of_worker_changed ON account FOR UPDATE
  USING (
    kind = 'person'
    AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[])
    AND NOT EXISTS (SELECT FROM membership AS m WHERE m.account_id = account.id AND m.role <> 'provider_worker'))
  WITH CHECK (kind = 'person' AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]));
CREATE POLICY membership_of_worker_made ON membership FOR INSERT
  WITH CHECK (role = 'provider_worker' AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]));
CREATE POLICY membership_of_worker_changed ON membership FOR UPDATE
  USING (role = 'provider_worker' AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]))
  WITH CHECK (role = 'provider_worker' AND organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]));

-- What was done to accounts and clients is their history: for administrators, for whom it concerns, and for the focal point.
CREATE POLICY audit_entry_of_accounts ON audit_entry FOR SELECT
  USING (
    allowed
    AND class IN ('account', 'client')
    AND (
      (SELECT tahweel_has_role('administrator'))
      OR object_id = (SELECT tahweel_account())
      OR EXISTS (
        SELECT
        FROM account AS a
        WHERE a.id = object_id
          AND a.organization_id = ANY ((SELECT tahweel_focal_organizations())::uuid[]))
      OR EXISTS (SELECT FROM client AS c WHERE c.id = object_id)));

GRANT SELECT, INSERT ON client, client_key, client_invitation, client_assertion TO tahweel_app;
GRANT UPDATE (status, version, revoked_at) ON client TO tahweel_app;
GRANT UPDATE (used_at, client_id, request_hash) ON client_invitation TO tahweel_app;
GRANT DELETE ON client_key, client_assertion TO tahweel_app;
