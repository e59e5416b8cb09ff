-- +goose Up

-- A thing that was found to be another's second entry keeps its id, its history and its numbers, and says where it went. What belonged
-- to it belongs to the other.
ALTER TABLE organization
  ADD CONSTRAINT organization_merged_ended CHECK (merged_into IS NULL OR status = 'defunct'),
  ADD CONSTRAINT organization_merged_elsewhere CHECK (merged_into <> id);
ALTER TABLE location ADD CONSTRAINT location_merged_elsewhere CHECK (merged_into <> id);
CREATE INDEX organization_merged_idx ON organization (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX location_merged_idx ON location (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX organization_registration_idx ON organization (registration_number, registering_authority) WHERE registration_number <> '';

-- Two things that resemble each other and are not one, as somebody has found out: nobody is asked again.
CREATE TABLE duplicate_dismissal (
  id         uuid        CONSTRAINT duplicate_dismissal_pkey PRIMARY KEY,
  kind       text        NOT NULL CONSTRAINT duplicate_dismissal_kind_known CHECK (kind IN ('organization', 'location')),
  low_id     uuid        NOT NULL, -- the two in the order of their ids
  high_id    uuid        NOT NULL,
  account_id uuid,                 -- who said so; NULL: the system
  version    integer     NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  CONSTRAINT duplicate_dismissal_ordered CHECK (low_id < high_id),
  CONSTRAINT duplicate_dismissal_unique UNIQUE (kind, low_id, high_id)
);
ALTER TABLE duplicate_dismissal ENABLE ROW LEVEL SECURITY;
ALTER TABLE duplicate_dismissal FORCE ROW LEVEL SECURITY;
CREATE POLICY duplicate_dismissal_seen ON duplicate_dismissal FOR SELECT USING ((SELECT tahweel_is_system()) OR (SELECT tahweel_is_ministry()));
CREATE POLICY duplicate_dismissal_made ON duplicate_dismissal FOR INSERT WITH CHECK ((SELECT tahweel_keeps_register()));
GRANT SELECT, INSERT ON duplicate_dismissal TO tahweel_app;

SELECT tahweel_keep_history('duplicate_dismissal', 'duplicate_dismissal', 'id', '');
SELECT set_config('tahweel.kind', '', true);

-- What stands in the way of merging an organization into another: what would give one's people, or the families that trusted one, to the
-- other, or bind the other by what only one has signed. It reads as the system, because the officer who merges sees no referral and no
-- shelter; it tells that there is something and nothing of it.
-- +goose StatementBegin
CREATE FUNCTION tahweel_merge_obstacles(merged uuid, survivor uuid) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(o.obstacle ORDER BY o.obstacle), '{}')
  FROM (
    SELECT 'accreditation' AS obstacle
    WHERE EXISTS (SELECT FROM accreditation AS a WHERE a.organization_id = merged AND a.status IN ('applied', 'under_review', 'accredited', 'suspended'))
    UNION ALL
    SELECT 'applications'
    WHERE EXISTS (SELECT FROM accreditation_application AS a WHERE a.organization_id = merged AND a.status NOT IN ('decided', 'withdrawn'))
    UNION ALL
    SELECT 'attempts'
    WHERE EXISTS (
      SELECT FROM attempt AS a
      WHERE a.organization_id = merged AND a.status IN ('draft', 'sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold'))
    UNION ALL
    SELECT 'change_requests'
    WHERE EXISTS (SELECT FROM change_request AS c WHERE c.organization_id = merged AND c.status = 'waiting')
    UNION ALL
    SELECT 'clients'
    WHERE EXISTS (SELECT FROM client AS c WHERE c.organization_id = merged AND c.status = 'active')
       OR EXISTS (SELECT FROM client_invitation AS i WHERE i.organization_id = merged AND i.used_at IS NULL AND i.expires_at > tahweel_now())
    UNION ALL
    SELECT 'closures'
    WHERE EXISTS (
      SELECT FROM closure AS c
      WHERE c.organization_id = merged AND c.status = 'active' AND c.ends_on >= (tahweel_now() AT TIME ZONE 'Asia/Hebron')::date)
    UNION ALL
    SELECT 'confidential_locations'
    WHERE EXISTS (SELECT FROM confidential_location AS c WHERE c.organization_id = merged)
    UNION ALL
    SELECT 'external_ids'
    WHERE EXISTS (
            SELECT FROM service AS a JOIN service AS b ON b.external_id = a.external_id WHERE a.organization_id = merged AND b.organization_id = survivor)
       OR EXISTS (
            SELECT FROM location AS a JOIN location AS b ON b.external_id = a.external_id WHERE a.organization_id = merged AND b.organization_id = survivor)
    UNION ALL
    SELECT 'instruments'
    WHERE EXISTS (SELECT FROM instrument AS i WHERE i.organization_id = merged AND i.status NOT IN ('expired', 'terminated'))
    UNION ALL
    SELECT 'verification_tasks'
    WHERE EXISTS (SELECT FROM verification_task AS v WHERE v.organization_id = merged AND v.status = 'open')
    UNION ALL
    SELECT 'members'
    WHERE EXISTS (SELECT FROM membership AS m WHERE m.organization_id = merged AND (m.valid_to IS NULL OR m.valid_to > tahweel_now()))
  ) AS o
$$;
-- +goose StatementEnd
