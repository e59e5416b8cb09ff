-- +goose Up

-- What the network stands on is public: everybody who was identified reads it. Who writes it, the policies say besides the role rules.
-- +goose StatementBegin
CREATE FUNCTION tahweel_keeps_reference() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN tahweel_is_system() OR tahweel_has_role('administrator');
-- +goose StatementEnd

ALTER TABLE directorate ADD COLUMN updated_at timestamptz;
ALTER TABLE reach_zone ADD COLUMN version integer NOT NULL DEFAULT 1, ADD COLUMN updated_at timestamptz;
ALTER TABLE reach_link ADD COLUMN updated_at timestamptz;
GRANT UPDATE ON reach_zone TO tahweel_app;

-- A national day, or several: no work, or shorter hours. What was written by mistake is cancelled, never deleted.
CREATE TABLE calendar_day (
  id         uuid        CONSTRAINT calendar_day_pkey PRIMARY KEY,
  kind       text        NOT NULL CONSTRAINT calendar_day_kind_known CHECK (kind IN ('holiday', 'short_hours')),
  status     text        NOT NULL DEFAULT 'active' CONSTRAINT calendar_day_status_known CHECK (status IN ('active', 'cancelled')),
  starts_on  date        NOT NULL,
  ends_on    date        NOT NULL, -- the last day
  name_ar    text        NOT NULL CONSTRAINT calendar_day_name_ar_present CHECK (name_ar <> ''),
  name_en    text        NOT NULL CONSTRAINT calendar_day_name_en_present CHECK (name_en <> ''),
  opens_at   time,                 -- of short hours, by the clock in Palestine
  closes_at  time,
  version    integer     NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT calendar_day_dates_ordered CHECK (starts_on <= ends_on),
  CONSTRAINT calendar_day_hours_tied CHECK ((kind = 'short_hours') = (opens_at IS NOT NULL) AND (opens_at IS NULL) = (closes_at IS NULL) AND opens_at < closes_at)
);
CREATE INDEX calendar_day_ends_idx ON calendar_day (ends_on);

-- Days on which a directorate, an organization or one of its services at a location does not work.
CREATE TABLE closure (
  id                     uuid        CONSTRAINT closure_pkey PRIMARY KEY,
  directorate_id         uuid        CONSTRAINT closure_directorate_fkey REFERENCES directorate (id),
  organization_id        uuid        CONSTRAINT closure_organization_fkey REFERENCES organization (id),
  service_at_location_id uuid        CONSTRAINT closure_service_at_location_fkey REFERENCES service_at_location (id), -- NULL: all of the organization
  status                 text        NOT NULL DEFAULT 'active' CONSTRAINT closure_status_known CHECK (status IN ('active', 'cancelled')),
  starts_on              date        NOT NULL,
  ends_on                date        NOT NULL, -- the last day
  name_ar                text        NOT NULL CONSTRAINT closure_name_ar_present CHECK (name_ar <> ''),
  name_en                text        NOT NULL CONSTRAINT closure_name_en_present CHECK (name_en <> ''),
  reason_ar              text        NOT NULL DEFAULT '',
  reason_en              text        NOT NULL DEFAULT '',
  version                integer     NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  CONSTRAINT closure_of_one CHECK (num_nonnulls(directorate_id, organization_id) = 1 AND (service_at_location_id IS NULL OR organization_id IS NOT NULL)),
  CONSTRAINT closure_dates_ordered CHECK (starts_on <= ends_on)
);
CREATE INDEX closure_directorate_idx ON closure (directorate_id, ends_on) WHERE directorate_id IS NOT NULL;
CREATE INDEX closure_organization_idx ON closure (organization_id, ends_on) WHERE organization_id IS NOT NULL;

-- Where and for what the network is in use. No row is live; the row of a need goes before that of its root.
CREATE TABLE rollout (
  id               uuid        CONSTRAINT rollout_pkey PRIMARY KEY,
  governorate_code text        NOT NULL CONSTRAINT rollout_governorate_fkey REFERENCES governorate (code), -- of the client's place
  need_id          uuid        NOT NULL CONSTRAINT rollout_need_fkey REFERENCES need (id),
  stage            text        NOT NULL CONSTRAINT rollout_stage_known CHECK (stage IN ('off', 'pilot', 'live')),
  version          integer     NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  CONSTRAINT rollout_unique UNIQUE (governorate_code, need_id)
);
-- The named people of a pilot.
CREATE TABLE rollout_account (
  rollout_id uuid NOT NULL CONSTRAINT rollout_account_rollout_fkey REFERENCES rollout (id),
  account_id uuid NOT NULL CONSTRAINT rollout_account_account_fkey REFERENCES account (id),
  CONSTRAINT rollout_account_pkey PRIMARY KEY (rollout_id, account_id)
);

-- The stage that holds for a need in a governorate, and whether the account is one of the named people of its pilot.
-- +goose StatementBegin
CREATE FUNCTION tahweel_rollout(governorate text, need uuid, account uuid, OUT stage text, OUT named boolean) LANGUAGE sql STABLE AS $$
  SELECT coalesce(r.stage, 'live'), EXISTS (SELECT FROM rollout_account AS a WHERE a.rollout_id = r.id AND a.account_id = account)
  FROM (SELECT) AS always
  LEFT JOIN LATERAL (
    SELECT ro.id, ro.stage
    FROM rollout AS ro
    JOIN need_ancestor AS c ON c.ancestor_id = ro.need_id
    WHERE ro.governorate_code = governorate AND c.need_id = need
    ORDER BY ro.need_id = need DESC, ro.id
    LIMIT 1
  ) AS r ON true
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
  kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['directorate', 'directorate_place', 'reach_zone', 'reach_link', 'calendar_day', 'rollout', 'rollout_account', 'closure'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (%s)', kept || '_read', kept, CASE kept
      WHEN 'rollout_account' THEN '(SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()) OR account_id = (SELECT tahweel_account())'
      ELSE 'true' END);
    EXECUTE format('CREATE POLICY %I ON %I USING ((SELECT tahweel_keeps_reference())) WITH CHECK ((SELECT tahweel_keeps_reference()))', kept || '_kept', kept);
  END LOOP;
END $$;
-- +goose StatementEnd

-- A directorate's closures are its supervisor's too; a provider's, its own people's and the associations directorate's.
CREATE POLICY closure_announced ON closure
  USING (
    organization_id IS NOT NULL AND (SELECT tahweel_has_role('associations_officer'))
    OR (SELECT tahweel_has_role('supervisor')) AND directorate_id = ANY ((SELECT tahweel_directorates())::uuid[])
    OR (SELECT tahweel_has_role('provider_focal_point', 'provider_client')) AND organization_id = ANY ((SELECT tahweel_organizations())::uuid[]))
  WITH CHECK (
    organization_id IS NOT NULL AND (SELECT tahweel_has_role('associations_officer'))
    OR (SELECT tahweel_has_role('supervisor')) AND directorate_id = ANY ((SELECT tahweel_directorates())::uuid[])
    OR (SELECT tahweel_has_role('provider_focal_point', 'provider_client')) AND organization_id = ANY ((SELECT tahweel_organizations())::uuid[]));

GRANT SELECT, INSERT, UPDATE ON calendar_day, closure, rollout TO tahweel_app;
GRANT SELECT, INSERT, DELETE ON rollout_account TO tahweel_app;
GRANT SELECT ON calendar_day, closure, rollout TO tahweel_read;

SELECT tahweel_keep_history('directorate', 'directorate', 'id', '');
SELECT tahweel_keep_history('directorate_place', 'directorate', 'directorate_id', '');
SELECT tahweel_keep_history('reach_zone', 'reach_zone', 'code', '');
SELECT tahweel_keep_history('reach_link', 'reach_link', 'id', '');
SELECT tahweel_keep_history('calendar_day', 'calendar_day', 'id', '');
SELECT tahweel_keep_history('closure', 'closure', 'id', 'organization_id');
SELECT tahweel_keep_history('rollout', 'rollout', 'id', '');
SELECT tahweel_keep_history('rollout_account', 'rollout', 'rollout_id', '');
SELECT set_config('tahweel.kind', '', true);
