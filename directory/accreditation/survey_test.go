package accreditation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

const beitHanun = "gn-281146" // in the north of Gaza

// survey is one of the directorate in Hebron that is open.
func (w *world) survey() uuid.UUID {
	w.Helper()
	c, err := w.store.PlanCampaign(w.Context(), w.officer, accreditation.Campaign{
		Name: fault.Sentence{AR: "مسح", EN: "Survey"}, Directorates: []uuid.UUID{w.manager.Memberships[0].DirectorateID}, From: w.now, To: w.now, QuestionnaireID: asked,
	}, pg.Once{})
	if err == nil {
		_, err = w.store.MoveCampaign(w.Context(), w.officer, accreditation.Move{ID: c.Entity.ID, Version: 1}, accreditation.Begin)
	}
	if err != nil {
		w.Fatal(err)
	}
	return c.Entity.ID
}

// finds records that a further survey found the first organization.
func (w *world) finds() accreditation.Entry {
	w.Helper()
	made, err := w.store.Record(w.Context(), w.officer, accreditation.Found{CampaignID: w.survey(), OrganizationID: w.mine, On: w.now, Answers: w.answers()}, pg.Once{})
	if err != nil {
		w.Fatal(err)
	}
	return made.Entity
}

// expect fails the test unless the entry has the status.
func (w *world) expect(when string, id uuid.UUID, want accreditation.EntryStatus) {
	w.Helper()
	e, err := w.store.Entry(w.Context(), w.officer, id)
	if err != nil || e.Status != want {
		w.Errorf("%s: the survey says %s, want %s (%v)", when, e.Status, want, err)
	}
}

func (w *world) invited(e accreditation.Entry) accreditation.Entry {
	w.Helper()
	made, err := w.store.Invite(w.Context(), w.officer, accreditation.Move{ID: e.ID, Version: e.Version}, accreditation.Invitation{LetterNumber: "S-1", On: w.now, Channel: "visit"})
	if err != nil {
		w.Fatal(err)
	}
	return made.Entity
}

func (w *world) informing(e accreditation.Entry) accreditation.Entry {
	w.Helper()
	made, err := w.store.KeepForInformation(w.Context(), w.officer, accreditation.Move{ID: e.ID, Version: e.Version})
	if err != nil {
		w.Fatal(err)
	}
	return made.Entity
}

// TestWhatASurveyFoundFollows what becomes of the organization, whatever the survey made of it before: an application, its end, a paper,
// and an accreditation that it has already. The control is a database without the moves.
func TestWhatASurveyFoundFollows(t *testing.T) {
	t.Parallel()
	t.Run("an application", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		e := w.informing(w.finds())
		a := w.walk(w.draft(accreditation.First), accreditation.Submit)
		w.expect("listed for information, it applies", e.ID, accreditation.HasApplied)
		w.expect("found while it applies", w.finds().ID, accreditation.HasApplied)
		w.walk(a, accreditation.Withdraw)
		w.expect("withdrawn, and listed for information still", e.ID, accreditation.InformationOnly)
		w.walk(w.draft(accreditation.First), toDecision...)
		w.expect("accredited", e.ID, accreditation.IsAccredited)
		w.expect("found when it is accredited", w.finds().ID, accreditation.IsAccredited)
		w.now = w.current().ValidTo.AddDate(0, 0, 1)
		w.expect("found when that has run out", w.finds().ID, accreditation.Surveyed)
	})
	papers := func(w *world) map[string]accreditation.Entry {
		entries := map[string]accreditation.Entry{"surveyed": w.finds(), "invited": w.invited(w.finds()), "listed for information": w.informing(w.finds())}
		if _, err := w.transcribe(policy.TheSystem(), w.given("2026-01-01", "2026-12-31")); err != nil {
			w.Fatal(err)
		}
		return entries
	}
	t.Run("a paper", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for before, e := range papers(w) {
			w.expect(before+", and accredited by a paper", e.ID, accreditation.IsAccredited)
		}
	})
	t.Run("and is seen not to", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.db.Exec(t, `DELETE FROM survey_entry_transition WHERE transition = 'accredit' AND from_status <> 'applied'`)
		for before, e := range papers(w) {
			if got, err := w.store.Entry(t.Context(), w.officer, e.ID); err != nil || got.Status == accreditation.IsAccredited {
				t.Errorf("%s: without the move it is %s, %v", before, got.Status, err)
			}
		}
	})
}

// TestWhatIsAccreditedIsNotListedForInformation, nor what is suspended or on its way; what has run out may be. The control is the listing
// without the question, after which a suspension takes nothing out of the directory.
func TestWhatIsAccreditedIsNotListedForInformation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.finds()
	try := func() error {
		_, err := w.store.KeepForInformation(t.Context(), w.officer, accreditation.Move{ID: e.ID, Version: e.Version})
		return err
	}
	// As it was found before the surveys followed: accredited, and surveyed still.
	w.db.Exec(t, `DELETE FROM survey_entry_transition WHERE transition = 'accredit' AND from_status <> 'applied'`)
	if _, err := w.transcribe(policy.TheSystem(), w.given("2026-01-01", "2026-12-31")); err != nil {
		t.Fatal(err)
	}
	if err := try(); codeOf(err) != "not_for_information" || fault.KindOf(err) != fault.Impossible {
		t.Errorf("in force: %v", err)
	}
	if _, err := w.register.Suspend(t.Context(), w.third, w.current().ID, w.current().Version, directory.Administrative); err != nil {
		t.Fatal(err)
	}
	if err := try(); codeOf(err) != "not_for_information" {
		t.Errorf("suspended: %v", err)
	}
	if w.found() {
		t.Error("what is suspended is listed")
	}
	w.db.Exec(t, `UPDATE organization SET information_only = true WHERE id = $1`, w.mine)
	w.db.Exec(t, `SELECT refresh_provider_search($1)`, w.mine)
	if !w.found() {
		t.Error("listing for information what is suspended is not noticed")
	}
	w.db.Exec(t, `UPDATE organization SET information_only = false WHERE id = $1`, w.mine)
	w.now = time.Date(2027, time.January, 1, 8, 0, 0, 0, time.UTC)
	if err := try(); err != nil {
		t.Errorf("run out: %v", err)
	}
}

// TestAProviderIsFoundWhereAndWhenTheSurveyIs: not on a day to come, and a new one not in a place of other directorates. It says what the
// new one may be a second entry of, and says so to the same request again; the controls are today, a place of the survey and a name that
// nobody has.
func TestAProviderIsFoundWhereAndWhenTheSurveyIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found := accreditation.Found{
		CampaignID: w.survey(), On: geo.Today(w.now), Answers: w.answers(), Branch: directory.Branch{PlaceCode: yatta},
		Organization: directory.Organization{Kind: directory.Association, Name: directory.Name{AR: "جمعية مثال", EN: "Example society"}},
	}
	record := func(f accreditation.Found, key string) (accreditation.Entry, error) {
		made, err := w.store.Record(t.Context(), w.officer, f, pg.Once{Key: key})
		return made.Entity, err
	}
	early, away := found, found
	early.On = early.On.AddDate(0, 0, 1)
	if _, err := record(early, ""); !slices.Equal(pointersOf(err), []string{"/found_on"}) {
		t.Errorf("found tomorrow: %v", err)
	}
	away.Branch.PlaceCode = beitHanun
	if _, err := record(away, ""); !slices.Equal(pointersOf(err), []string{"/provider/place"}) {
		t.Errorf("found elsewhere: %v", err)
	}
	away.Branch.PlaceCode = "gn-none"
	if _, err := record(away, ""); !slices.Equal(pointersOf(err), []string{"/provider/place"}) && !slices.Equal(pointersOf(err), []string{"/place"}) {
		t.Errorf("found nowhere: %v", err)
	}
	e, err := record(found, "")
	if err != nil {
		t.Fatal(err)
	}
	var alike []uuid.UUID
	for _, a := range e.PossibleDuplicates {
		alike = append(alike, a.ID)
	}
	if len(alike) != 2 || !slices.Contains(alike, w.mine) || !slices.Contains(alike, w.theirs) {
		t.Errorf("it may be %v, want %v and %v", alike, w.mine, w.theirs)
	}
	if read, err := w.store.Entry(t.Context(), w.officer, e.ID); err != nil || len(read.PossibleDuplicates) != 0 {
		t.Errorf("read later: %+v, %v", read.PossibleDuplicates, err)
	}
	found.Organization.Name = directory.Name{AR: "اسم لا يحمله أحد", EN: "A name of nobody"}
	if e, err := record(found, ""); err != nil || len(e.PossibleDuplicates) != 0 {
		t.Errorf("a name of its own: %+v, %v", e.PossibleDuplicates, err)
	}
	if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM survey_entry`); n != 2 {
		t.Errorf("%d entries", n)
	}
}
