package directory_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

// surveyedIn writes a survey that found the organizations, and returns the entries.
func (w *world) surveyedIn(organizations ...directory.Organization) (entries []uuid.UUID) {
	w.t.Helper()
	campaign := uuid.New()
	w.Exec(w.t, fmt.Sprintf(`
		INSERT INTO survey_campaign (id, name_ar, name_en, starts_on, ends_on, questionnaire_id, status, created_at, updated_at)
		VALUES ('%s', 'مسح', 'Survey', '2026-01-01', '2026-12-31', '0198c0de-9999-7000-8000-000000000001', 'planned', now(), now())`, campaign))
	for _, o := range organizations {
		id := uuid.New()
		w.Exec(w.t, fmt.Sprintf(`INSERT INTO survey_entry (id, campaign_id, organization_id, found_on, status, created_at, updated_at)
			VALUES ('%s', '%s', '%s', '2026-02-01', 'surveyed', now(), now())`, id, campaign, o.ID))
		entries = append(entries, id)
	}
	return entries
}

// leftBehind says which entries of surveys a merge did not take where they belong, once it is spoilt.
func leftBehind(t *testing.T, spoil func(w *world, merged, other uuid.UUID)) (wrong []string) {
	t.Helper()
	w := newWorld(t)
	merged, survivor := w.listed("جهة للدمج", "Invented body to merge"), w.listed("الجهة الباقية", "Invented survivor")
	accredited := w.add(w.association())
	alone, both := w.surveyedIn(merged), w.surveyedIn(merged, survivor)
	other := w.listed("جهة أخرى", "Invented other body")
	toAccredited := w.surveyedIn(other)
	must(w.store.MergeOrganization(t.Context(), officer(), merged.ID, merged.Version, survivor.ID, pg.Once{}))(t)
	must(w.store.MergeOrganization(t.Context(), officer(), other.ID, other.Version, accredited.organization.ID, pg.Once{}))(t)
	spoil(w, merged.ID, other.ID)
	for what, c := range map[string]struct {
		entry, organization uuid.UUID
		status              string
	}{
		"found alone":              {alone[0], survivor.ID, "surveyed"},
		"found beside the other":   {both[0], merged.ID, "merged"},
		"the other":                {both[1], survivor.ID, "surveyed"},
		"merged into one in force": {toAccredited[0], accredited.organization.ID, "accredited"},
	} {
		got := pgtest.Value[string](t, w.DB, `SELECT organization_id || ' ' || status FROM survey_entry WHERE id = $1`, c.entry)
		if want := c.organization.String() + " " + c.status; got != want {
			wrong = append(wrong, what+": "+got+", want "+want)
		}
	}
	return wrong
}

// TestAMergeTakesAlongWhatSurveysFound: entries are the other one's from now on, end where the survey found that too, and are accredited if
// it is. The control writes entries as they were left before: nothing moved.
func TestAMergeTakesAlongWhatSurveysFound(t *testing.T) {
	t.Parallel()
	for _, wrong := range leftBehind(t, func(*world, uuid.UUID, uuid.UUID) {}) {
		t.Error(wrong)
	}
	wrong := leftBehind(t, func(w *world, merged, other uuid.UUID) {
		w.Exec(w.t, fmt.Sprintf(`
			ALTER TABLE survey_entry DISABLE TRIGGER USER;
			UPDATE survey_entry SET organization_id = '%s', prior_status = 'none', transition = 'survey', status = 'surveyed' WHERE status = 'accredited';
			UPDATE survey_entry AS e
			SET organization_id = '%s'
			WHERE status = 'surveyed' AND organization_id <> '%s'
			  AND NOT EXISTS (SELECT FROM survey_entry AS o WHERE o.campaign_id = e.campaign_id AND o.status = 'merged');
			UPDATE survey_entry SET prior_status = 'none', transition = 'survey', status = 'surveyed' WHERE status = 'merged'`, other, merged, other))
	})
	if len(wrong) != 3 {
		t.Errorf("entries that are left behind are not noticed: %q", wrong)
	}
}
