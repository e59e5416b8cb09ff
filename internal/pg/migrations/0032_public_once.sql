-- +goose Up

-- Who reads of the public register only what is new hears of the end of what was public, and of nothing else: not of a service that was
-- never offered, and not of one that ended before its organization was listed.

-- When a service, or a service at a location, ceased to be public by itself; none for what is public, or never was.
CREATE TABLE public_end (
  id       uuid        CONSTRAINT public_end_pkey PRIMARY KEY,
  ended_at timestamptz NOT NULL
);
ALTER TABLE public_end ENABLE ROW LEVEL SECURITY;
ALTER TABLE public_end FORCE ROW LEVEL SECURITY;
CREATE POLICY public_end_public ON public_end FOR SELECT USING (true);
-- Only the triggers write.
CREATE POLICY public_end_kept ON public_end FOR ALL TO tahweel_owner USING (true) WITH CHECK (true);
GRANT SELECT ON public_end TO tahweel_app, tahweel_read;

-- +goose StatementBegin
CREATE FUNCTION tahweel_public_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_ARGV[0] = 'ended' THEN
    INSERT INTO public_end (id, ended_at)
    VALUES (NEW.id, tahweel_now())
    ON CONFLICT ON CONSTRAINT public_end_pkey DO UPDATE SET ended_at = excluded.ended_at;
  ELSE
    DELETE FROM public_end AS e WHERE e.id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION tahweel_public_end FROM PUBLIC;

CREATE TRIGGER service_ends AFTER UPDATE OF status, details ON service FOR EACH ROW
  WHEN ((OLD.status = 'active' OR OLD.status = 'inactive' AND OLD.details ? 'temporarily_closed')
    AND NOT (NEW.status = 'active' OR NEW.status = 'inactive' AND NEW.details ? 'temporarily_closed'))
  EXECUTE FUNCTION tahweel_public_end('ended');
CREATE TRIGGER service_returns AFTER UPDATE OF status, details ON service FOR EACH ROW
  WHEN (NOT (OLD.status = 'active' OR OLD.status = 'inactive' AND OLD.details ? 'temporarily_closed')
    AND (NEW.status = 'active' OR NEW.status = 'inactive' AND NEW.details ? 'temporarily_closed'))
  EXECUTE FUNCTION tahweel_public_end('returned');
CREATE TRIGGER service_at_location_ends AFTER UPDATE OF status ON service_at_location FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active')
  EXECUTE FUNCTION tahweel_public_end('ended');
CREATE TRIGGER service_at_location_returns AFTER UPDATE OF status ON service_at_location FOR EACH ROW
  WHEN (OLD.status <> 'active' AND NEW.status = 'active')
  EXECUTE FUNCTION tahweel_public_end('returned');

-- Since when an organization has been listed, or was for the first time; still to come where the day is.
ALTER TABLE listing ADD COLUMN listed_since timestamptz;

CREATE OR REPLACE FUNCTION tahweel_listing_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  today date := (NEW.changed_at AT TIME ZONE 'Asia/Hebron')::date;
BEGIN
  NEW.was_listed := coalesce(NEW.listed_from <= today, false);
  NEW.listed_since := CASE WHEN NEW.was_listed THEN NEW.changed_at ELSE NEW.listed_from::timestamp AT TIME ZONE 'Asia/Hebron' END;
  IF TG_OP = 'UPDATE' THEN
    NEW.was_listed := NEW.was_listed OR OLD.was_listed OR coalesce(OLD.listed_from <= today, false);
    IF OLD.listed_since <= NEW.changed_at THEN
      NEW.listed_since := OLD.listed_since;
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- Of what ended before, the history says whether it was ever public; since when organizations are listed is not known.
DO $$
BEGIN
  PERFORM set_config('tahweel.kind', 'system', true);
  INSERT INTO public_end (id, ended_at)
  SELECT h.entity_id::uuid, max(h.at)
  FROM history AS h
  WHERE h.entity IN ('service', 'service_at_location')
    AND (h.changed -> 'status' ->> 'old' = 'active' OR h.entity = 'service' AND h.changed -> 'details' -> 'old' ? 'temporarily_closed')
    AND NOT EXISTS (
      SELECT
      FROM service AS s
      WHERE s.id::text = h.entity_id AND (s.status = 'active' OR s.status = 'inactive' AND s.details ? 'temporarily_closed'))
    AND NOT EXISTS (
      SELECT
      FROM service_at_location AS sal
      WHERE sal.id::text = h.entity_id AND sal.status = 'active')
  GROUP BY h.entity_id;
  UPDATE listing
  SET listed_since = '-infinity'
  WHERE was_listed;
END $$;
-- +goose StatementEnd
