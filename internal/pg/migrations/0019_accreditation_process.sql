-- +goose Up

-- Whether an accreditation reaches to a need at a place of the governorate. Of a need that is NULL: whether it is limited to none.
-- +goose StatementBegin
CREATE FUNCTION tahweel_accreditation_covers(accreditation uuid, need uuid, governorate text) RETURNS boolean LANGUAGE sql STABLE
  RETURN true;
-- +goose StatementEnd
