-- +goose Up

-- What a row of an organization's own file changes and an officer decides, by the change request that waits for it.
ALTER TABLE import_finding
  ADD COLUMN change_request_id uuid CONSTRAINT import_finding_change_request_fkey REFERENCES change_request (id);
