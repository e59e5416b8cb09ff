package api

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
)

// TestWhatASurveyMayNotSay over HTTP: a day to come, a place of other directorates, a listing for information of what is accredited;
// and what a new provider may be a second entry of is in the answer, and only there.
func TestWhatASurveyMayNotSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j, found := w.surveyed(t)
	campaign := found.CampaignID
	provider := func(day, place, name string) string {
		return fmt.Sprintf(`{"campaign_id":%q,"found_on":%q,"answers":%s,"provider":{"kind":"association","name":{"ar":%q,"en":%q},"place":%q}}`,
			campaign, day, w.answersJSON(t), "جمعية "+name, "Society "+name, place)
	}
	elsewhere := pgtest.Value[string](t, w.db, `SELECT code FROM place WHERE governorate_code = 'PS0101' ORDER BY code LIMIT 1`)
	for _, c := range []struct{ body, pointer string }{
		{provider("2027-01-01", yatta, "later"), "/found_on"}, {provider("2026-05-12", elsewhere, "elsewhere"), "/provider/place"},
	} {
		w.as(t, w.officer, "POST", "/v1/survey-entries", c.body).want(t, 422, "unprocessable", c.pointer)
	}
	again := decode[SurveyEntry](t, w.as(t, w.officer, "POST", "/v1/survey-entries", provider("2026-05-12", yatta, "new")), 201)
	if len(again.PossibleDuplicates) != 1 || again.PossibleDuplicates[0].ID != j.organization {
		t.Errorf("it may be %+v, want %v", again.PossibleDuplicates, j.organization)
	}
	if read := decode[SurveyEntry](t, w.as(t, w.officer, "GET", "/v1/survey-entries/"+again.ID.String(), ""), 200); len(read.PossibleDuplicates) != 0 {
		t.Errorf("read later: %+v", read.PossibleDuplicates)
	}
	w.db.Exec(t, `INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES ($1, $2, 'applied', now(), now())`, uuid.New(), j.organization)
	at := "/v1/survey-entries/" + found.ID.String() + "/list-for-information"
	w.as(t, w.officer, "POST", at, "", seen(found.Version)).want(t, 409, "not_for_information")
	w.db.Exec(t, `DELETE FROM accreditation WHERE organization_id = $1`, j.organization)
	decode[SurveyEntry](t, w.as(t, w.officer, "POST", at, "", seen(found.Version)), 200)
}
