-- What is listed, and the map: what the triggers write for one organization after the other, at once.
INSERT INTO listing (
  organization_id, listed_from, listed_to, accreditation_number, accreditation_from, accreditation_to, information_only, changed_at
)
SELECT src.organization_id, src.listed_from, src.listed_to, src.accreditation_number, src.accreditation_from, src.accreditation_to,
       src.information_only, current_setting('bench.now')::timestamptz
FROM listing_source AS src
ON CONFLICT ON CONSTRAINT listing_pkey DO NOTHING;

UPDATE map_day
SET day = (current_setting('bench.now')::timestamptz AT TIME ZONE 'Asia/Hebron')::date;

INSERT INTO map_point
SELECT src.*
FROM map_point_source AS src;

-- In parts, because points are handed over in arrays.
DO $$
DECLARE
  parts integer := 1 + (SELECT count(*) / 200000 FROM map_point);
BEGIN
  FOR part IN 0 .. parts - 1 LOOP
    PERFORM tahweel_move_clusters('{}', d.day, ARRAY(
      SELECT p
      FROM map_point AS p
      WHERE mod(uuid_hash(p.service_at_location_id)::bigint & 65535, parts) = part
    ), d.day)
    FROM map_day AS d;
  END LOOP;
END $$;
