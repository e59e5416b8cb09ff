-- +goose Up

-- When what was written on an attempt marked as an error was purged (referrals.md, "Transitions": 30 days after the mark).
ALTER TABLE attempt
  ADD COLUMN purged_at timestamptz,
  ADD CONSTRAINT attempt_purged_whole CHECK (purged_at IS NULL OR (
    purge_due_at IS NOT NULL
    AND num_nonnulls(note, error_note, pending_cancellation_text, reason_code, outcome_code, need_met, service_date, quantity, fee_charged,
                     partner_reference, contacted_at, contact_methods) = 0));
CREATE INDEX attempt_purge_due_idx ON attempt (purge_due_at) WHERE purge_due_at IS NOT NULL AND purged_at IS NULL;

-- What was asked and answered goes with it; nobody but the system removes anything.
CREATE POLICY attempt_inquiry_purged ON attempt_inquiry FOR DELETE USING ((SELECT tahweel_is_system()));
GRANT DELETE ON attempt_inquiry TO tahweel_app;
