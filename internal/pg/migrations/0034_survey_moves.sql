-- +goose Up

-- What a survey found follows the organization also where it did not come through an application of this survey: one that is accredited
-- already, or by a paper; one that is listed for information and applies, and is listed still if nothing comes of it; and one that was
-- entered twice, whose entry ends where the survey found the other one too.
INSERT INTO survey_entry_transition (from_status, transition, to_status) VALUES
  ('surveyed', 'accredit', 'accredited'),
  ('invited', 'accredit', 'accredited'),
  ('information_only', 'accredit', 'accredited'),
  ('information_only', 'apply', 'applied'),
  ('applied', 'fall_back_to_information', 'information_only'),
  ('surveyed', 'merge', 'merged'),
  ('invited', 'merge', 'merged'),
  ('applied', 'merge', 'merged'),
  ('accredited', 'merge', 'merged'),
  ('information_only', 'merge', 'merged');

-- Those that were left behind: accredited, and not to be invited any more.
SELECT set_config('tahweel.kind', 'system', true);
UPDATE survey_entry AS e
SET transition = 'accredit', status = 'accredited', version = version + 1, updated_at = now()
WHERE e.status IN ('surveyed', 'invited', 'information_only')
  AND EXISTS (
    SELECT FROM accreditation AS a
    WHERE a.organization_id = e.organization_id
      AND a.status IN ('accredited', 'suspended')
      AND a.valid_to >= (now() AT TIME ZONE 'Asia/Hebron')::date);
SELECT set_config('tahweel.kind', '', true);
