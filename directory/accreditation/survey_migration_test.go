package accreditation_test

import (
	"os"
	"strings"
	"testing"

	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// TestTheMigrationCatchesUp runs the second half of the migration on entries as the previous program left them: those of an organization
// that is accredited are accredited, and those of others stay. That they were left is seen before it.
func TestTheMigrationCatchesUp(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../internal/pg/migrations/0034_survey_moves.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, repair, found := strings.Cut(string(script), "-- Those that were left behind")
	if !found {
		t.Fatal("the migration has no second half")
	}
	w := newWorld(t)
	w.db.Exec(t, `UPDATE survey_entry_transition SET transition = 'later' WHERE transition = 'accredit' AND from_status <> 'applied'`)
	surveyed, invited := w.finds(), w.invited(w.finds())
	if _, err := w.transcribe(policy.TheSystem(), w.given("2026-01-01", "2999-12-31")); err != nil {
		t.Fatal(err)
	}
	w.expect("left behind", surveyed.ID, accreditation.Surveyed)
	w.expect("left behind", invited.ID, accreditation.Invited)
	others, err := w.store.Record(t.Context(), w.officer, accreditation.Found{CampaignID: w.survey(), OrganizationID: w.theirs, On: w.now, Answers: w.answers()}, pg.Once{})
	if err != nil {
		t.Fatal(err)
	}
	w.db.Exec(t, `UPDATE survey_entry_transition SET transition = 'accredit' WHERE transition = 'later'`)
	w.db.Exec(t, "--"+repair)
	w.expect("caught up", surveyed.ID, accreditation.IsAccredited)
	w.expect("caught up", invited.ID, accreditation.IsAccredited)
	w.expect("of another organization", others.Entity.ID, accreditation.Surveyed)
}
