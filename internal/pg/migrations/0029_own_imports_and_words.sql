-- +goose Up

-- What a row of an organization's own file changes and an officer decides, by the change request that waits for it.
ALTER TABLE import_finding
  ADD COLUMN change_request_id uuid CONSTRAINT import_finding_change_request_fkey REFERENCES change_request (id);

-- Services that are closed for a time are public, and our own search does not know them: the public lists read their words here.
CREATE INDEX service_closed_idx ON service (organization_id) WHERE status = 'inactive' AND details ? 'temporarily_closed';
