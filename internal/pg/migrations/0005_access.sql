-- +goose Up

-- Whoever can ask: a named person, or a machine that acts for an organization. How they sign in is kept elsewhere.
CREATE TABLE account (
  id              uuid        CONSTRAINT account_pkey PRIMARY KEY,
  kind            text        NOT NULL CONSTRAINT account_kind_known CHECK (kind IN ('person', 'client')),
  status          text        NOT NULL DEFAULT 'active' CONSTRAINT account_status_known CHECK (status IN ('active', 'revoked')),
  name_ar         text        NOT NULL CONSTRAINT account_name_ar_present CHECK (name_ar <> ''),
  name_en         text        NOT NULL CONSTRAINT account_name_en_present CHECK (name_en <> ''),
  job_title_ar    text,
  job_title_en    text,
  work_telephone  text,
  work_email      text,
  organization_id uuid        CONSTRAINT account_organization_fkey REFERENCES organization (id), -- NULL: of the ministry
  version         integer     NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  revoked_at      timestamptz,
  CONSTRAINT account_revoked_at_tied CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX account_organization_idx ON account (organization_id) WHERE organization_id IS NOT NULL;

-- What an account may be, where, and from when to when (policy.md, "Roles"). A membership ends; it is never deleted.
CREATE TABLE membership (
  id              uuid        CONSTRAINT membership_pkey PRIMARY KEY,
  account_id      uuid        NOT NULL CONSTRAINT membership_account_fkey REFERENCES account (id),
  role            text        NOT NULL CONSTRAINT membership_role_known CHECK (role IN
                  ('case_manager', 'supervisor', 'directorate_head', 'intake_officer', 'protection_focal_point', 'ministry_client',
                   'provider_focal_point', 'provider_worker', 'provider_client',
                   'associations_officer', 'associations_signatory', 'auditor', 'data_protection_officer', 'administrator')),
  organization_id uuid        CONSTRAINT membership_organization_fkey REFERENCES organization (id),
  directorate_id  uuid        CONSTRAINT membership_directorate_fkey REFERENCES directorate (id),
  valid_from      timestamptz NOT NULL,
  valid_to        timestamptz, -- exclusive; NULL: until further notice
  CONSTRAINT membership_organization_of_provider CHECK (
    (role IN ('provider_focal_point', 'provider_worker', 'provider_client')) = (organization_id IS NOT NULL)),
  -- The ministry's own system may serve one directorate or all of them.
  CONSTRAINT membership_directorate_of_role CHECK (role = 'ministry_client' AND organization_id IS NULL OR
    (role IN ('case_manager', 'supervisor', 'directorate_head', 'intake_officer', 'protection_focal_point')) = (directorate_id IS NOT NULL)),
  CONSTRAINT membership_validity_ordered CHECK (valid_from < valid_to)
);
CREATE UNIQUE INDEX membership_open_unique ON membership (account_id, role, organization_id, directorate_id)
  NULLS NOT DISTINCT WHERE valid_to IS NULL;
CREATE INDEX membership_account_idx ON membership (account_id);
CREATE INDEX membership_organization_idx ON membership (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX membership_directorate_idx ON membership (directorate_id) WHERE directorate_id IS NOT NULL;

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE account FORCE ROW LEVEL SECURITY;
CREATE POLICY account_seen ON account FOR SELECT
  USING (
    (SELECT tahweel_is_system())
    OR id = (SELECT tahweel_account())
    OR (SELECT tahweel_is_ministry())
    OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
CREATE POLICY account_managed ON account
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_has_role('administrator')))
  WITH CHECK ((SELECT tahweel_is_system()) OR (SELECT tahweel_has_role('administrator')));

ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
CREATE POLICY membership_seen ON membership FOR SELECT
  USING (
    (SELECT tahweel_is_system())
    OR account_id = (SELECT tahweel_account())
    OR (SELECT tahweel_is_ministry())
    OR organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));
CREATE POLICY membership_managed ON membership
  USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_has_role('administrator')))
  WITH CHECK ((SELECT tahweel_is_system()) OR (SELECT tahweel_has_role('administrator')));

GRANT SELECT, INSERT, UPDATE ON account, membership TO tahweel_app;
