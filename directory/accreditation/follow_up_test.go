package accreditation_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

// current is the accreditation of the first organization that stands last.
func (w *world) current() directory.Accreditation {
	w.Helper()
	list, err := w.register.Accreditations(w.Context(), w.officer, directory.Filter{OrganizationID: w.mine, Limit: 10})
	if err != nil || len(list) == 0 {
		w.Fatal(err, len(list))
	}
	return list[len(list)-1]
}

// TestAStopIsAppealedAgainst: a suspension that is overturned ends, a revocation that is overturned is an accreditation anew with the
// same number, days and scope; who stopped it decides nothing; and what was not decided is not appealed against.
func TestAStopIsAppealedAgainst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	lodge := func() (accreditation.Written[accreditation.Appeal], error) {
		return w.store.LodgeAppeal(t.Context(), w.focal, accreditation.Appeal{AccreditationID: w.current().ID, Grounds: "مثال"}, pg.Once{})
	}
	if _, err := lodge(); codeOf(err) != "nothing_to_appeal" {
		t.Errorf("nothing was stopped: %v", err)
	}
	before := w.current()
	for _, stop := range []func(directory.Accreditation) error{
		func(a directory.Accreditation) error {
			_, err := w.register.Suspend(t.Context(), w.third, a.ID, a.Version, directory.Administrative)
			return err
		},
		func(a directory.Accreditation) error {
			_, err := w.register.Revoke(t.Context(), w.third, a.ID, a.Version)
			return err
		},
	} {
		if err := stop(w.current()); err != nil {
			t.Fatal(err)
		}
		made, err := lodge()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lodge(); codeOf(err) != "appeal_open" {
			t.Errorf("a second appeal: %v", err)
		}
		if _, err := w.store.Appeal(t.Context(), w.other, made.Entity.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another organization reads it: %v", err)
		}
		m := accreditation.Move{ID: made.Entity.ID, Version: 1}
		ruling := accreditation.AppealRuling{Outcome: accreditation.Overturned, LetterNumber: "M-1", Reason: fault.Sentence{AR: "مثال", EN: "Example"}}
		if _, err := w.store.SignAppeal(t.Context(), w.third, m, ruling); codeOf(err) != "decided_before" {
			t.Errorf("who stopped it decides: %v", err)
		}
		if _, err := w.store.SignAppeal(t.Context(), w.second, m, ruling); err != nil {
			t.Fatal(err)
		}
		m.Version = 2
		if _, err := w.store.ConfirmAppeal(t.Context(), w.second, m); codeOf(err) != "second_person" {
			t.Errorf("one person decides: %v", err)
		}
		if _, err := w.store.ConfirmAppeal(t.Context(), w.signatory, m); err != nil {
			t.Fatal(err)
		}
		after := w.current()
		if after.Status != directory.Accredited || after.Number != before.Number || !after.ValidTo.Equal(before.ValidTo) {
			t.Errorf("overturned: %+v", after)
		}
		if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM accreditation_scope WHERE accreditation_id = $1`, after.ID); n != 1 {
			t.Errorf("its scope has %d rows", n)
		}
	}
}

// TestASpotCheckAddsConditions: they are listed to the organization, which has a notice and does not read what was found.
func TestASpotCheckAddsConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	c := accreditation.SpotCheck{
		AccreditationID: w.current().ID, On: w.now.AddDate(0, 0, -1), Checkers: []string{"سمير المثال"}, Findings: "سر", Outcome: accreditation.CheckConditions,
	}
	if _, err := w.store.RecordCheck(t.Context(), w.officer, c, pg.Once{}); !slices.Equal(pointersOf(err), []string{"/conditions"}) {
		t.Errorf("conditions without one: %v", err)
	}
	c.Conditions = []accreditation.Term{{Text: fault.Sentence{AR: "شرط", EN: "Condition"}, DueOn: w.now.AddDate(0, 1, 0)}}
	if _, err := w.store.RecordCheck(t.Context(), w.officer, c, pg.Once{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.SpotChecks(t.Context(), w.focal, accreditation.Filter{AccreditationID: c.AccreditationID, Limit: 5}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the organization reads the check: %v", err)
	}
	open, err := w.store.Conditions(t.Context(), w.focal, accreditation.Filter{Status: "open", Limit: 5})
	if err != nil || len(open) != 1 {
		t.Fatalf("conditions: %+v, %v", open, err)
	}
	if _, err := w.store.SettleCondition(t.Context(), w.focal, open[0].ID, 1, w.now); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the organization settles it: %v", err)
	}
	met, err := w.store.SettleCondition(t.Context(), w.officer, open[0].ID, 1, w.now)
	if err != nil || met.Entity.MetOn.IsZero() || met.Entity.Version != 2 {
		t.Errorf("settled: %+v, %v", met.Entity, err)
	}
	notices, err := w.store.Notices(t.Context(), w.focal, accreditation.Filter{Limit: 10})
	if err != nil || notices[len(notices)-1].Kind != "spot_check" {
		t.Errorf("notices: %+v, %v", notices, err)
	}
}

// TestASurveyRegistersWhatItFinds: a new provider with its branch in the same transaction, or nothing of it; for information only it is
// listed and says so.
func TestASurveyRegistersWhatItFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := w.store.PlanCampaign(t.Context(), w.officer, accreditation.Campaign{
		Name: fault.Sentence{AR: "مسح", EN: "Survey"}, Directorates: []uuid.UUID{w.manager.Memberships[0].DirectorateID}, From: w.now, To: w.now, QuestionnaireID: asked,
	}, pg.Once{})
	if err != nil {
		t.Fatal(err)
	}
	found := accreditation.Found{
		CampaignID: c.Entity.ID, On: w.now, Answers: w.answers(), Branch: directory.Branch{PlaceCode: yatta, Telephone: "a telephone"},
		Organization: directory.Organization{Kind: directory.Association, Name: directory.Name{AR: "جديدة", EN: "New"}},
	}
	if _, err := w.store.Record(t.Context(), w.officer, found, pg.Once{}); codeOf(err) != "campaign_not_open" {
		t.Errorf("before it is open: %v", err)
	}
	if _, err := w.store.MoveCampaign(t.Context(), w.officer, accreditation.Move{ID: c.Entity.ID, Version: 1}, accreditation.Begin); err != nil {
		t.Fatal(err)
	}
	count := func() int { return pgtest.Value[int](t, w.db, `SELECT count(*) FROM organization`) }
	before := count()
	if _, err := w.store.Record(t.Context(), w.officer, found, pg.Once{}); !slices.Equal(pointersOf(err), []string{"/provider/telephone"}) || count() != before {
		t.Errorf("a telephone that is none: %v, %d organizations more", err, count()-before)
	}
	found.Branch.Telephone = "+970 2 555 0100"
	made, err := w.store.Record(t.Context(), w.officer, found, pg.Once{})
	if err != nil || count() != before+1 {
		t.Fatalf("recorded: %v", err)
	}
	found.OrganizationID, found.Organization = made.Entity.OrganizationID, directory.Organization{}
	if _, err := w.store.Record(t.Context(), w.officer, found, pg.Once{}); codeOf(err) != "surveyed_already" {
		t.Errorf("found twice: %v", err)
	}
	if _, err := w.store.KeepForInformation(t.Context(), w.officer, accreditation.Move{ID: made.Entity.ID, Version: 1}); err != nil {
		t.Fatal(err)
	}
	if !pgtest.Value[bool](t, w.db, `SELECT information_only AND listed_to = 'infinity' FROM listing WHERE organization_id = $1`, made.Entity.OrganizationID) {
		t.Error("it is not listed for information")
	}
}
