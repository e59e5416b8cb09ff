package accreditation_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

type appealMove func(context.Context, policy.Actor, accreditation.Move) (accreditation.Written[accreditation.Appeal], error)

// attempted is who tries what, and the code of the refusal that is wanted; empty: it succeeds.
type attempted struct {
	who  string
	by   policy.Actor
	want string
}

// passed lists who was let through although a refusal is wanted. What is refused must be refused by the code, and leave the thing as it was,
// so the one who may do it comes last.
func passed(t *testing.T, list []attempted, try func(policy.Actor) error) (through []string) {
	t.Helper()
	for _, a := range list {
		switch err := try(a.by); {
		case a.want != "" && err == nil:
			return append(through, a.who)
		case a.want != "" && codeOf(err) != a.want:
			t.Errorf("%s: %v, want %s", a.who, err, a.want)
		case a.want == "" && err != nil:
			t.Errorf("%s may do it: %v", a.who, err)
		}
	}
	return through
}

// revokedAndAppealed is the appeal against the revocation by the third officer.
func (w *world) revokedAndAppealed() accreditation.Appeal {
	w.Helper()
	a := w.current()
	if a.Status == directory.Accredited {
		if _, err := w.register.Revoke(w.Context(), w.third, a.ID, a.Version); err != nil {
			w.Fatal(err)
		}
	}
	made, err := w.store.LodgeAppeal(w.Context(), w.focal, accreditation.Appeal{AccreditationID: a.ID, Grounds: "مثال"}, pg.Once{})
	if err != nil {
		w.Fatal(err)
	}
	return made.Entity
}

func (w *world) signAppeal(id uuid.UUID, version int) {
	w.Helper()
	_, err := w.store.SignAppeal(w.Context(), w.second, accreditation.Move{ID: id, Version: version}, accreditation.AppealRuling{
		Outcome: accreditation.Overturned, LetterNumber: "M-1", Reason: fault.Sentence{AR: "مثال", EN: "Example"},
	})
	if err != nil {
		w.Fatal(err)
	}
}

// TestWhoDecidedDoesNotBlockAnAppeal: an officer does not withdraw it, who signed does not hand it back, and who decided what it is against
// neither; a move that asks nobody is caught.
func TestWhoDecidedDoesNotBlockAnAppeal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	a := w.revokedAndAppealed()
	w.signAppeal(a.ID, 1)
	back := func(move appealMove, version int) func(policy.Actor) error {
		return func(by policy.Actor) error {
			_, err := move(t.Context(), by, accreditation.Move{ID: a.ID, Version: version})
			return err
		}
	}
	handing := []attempted{
		{"who revoked", w.third, "decided_before"}, {"who signed", w.second, "second_person"}, {"an auditor", w.auditor, "role_forbids"}, {"a second person", w.signatory, ""},
	}
	if through := passed(t, handing, back(w.store.HandAppealBack, 2)); len(through) != 0 {
		t.Errorf("handed back by %q", through)
	}
	withdrawing := []attempted{
		{"who revoked", w.third, "appellant_withdraws"}, {"an officer", w.officer, "appellant_withdraws"}, {"another organization", w.other, "not_found"},
		{"the organization", w.focal, ""},
	}
	if through := passed(t, withdrawing, back(w.store.WithdrawAppeal, 3)); len(through) != 0 {
		t.Errorf("withdrawn by %q", through)
	}
	if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM audit_entry WHERE NOT allowed AND code IN ('appellant_withdraws', 'decided_before')`); n != 3 {
		t.Errorf("three refusals have %d entries", n)
	}

	a = w.revokedAndAppealed()
	if through := passed(t, withdrawing, back(w.store.WithdrawAppealForAnybody, 1)); !slices.Equal(through, []string{"who revoked"}) {
		t.Errorf("the control: a withdrawal by anybody went unnoticed: %q", through)
	}
	a = w.revokedAndAppealed()
	w.signAppeal(a.ID, 1)
	if through := passed(t, handing, back(w.store.HandAppealBackUnbarred, 2)); !slices.Equal(through, []string{"who revoked"}) {
		t.Errorf("the control: a hand-back by anybody went unnoticed: %q", through)
	}
}

// TestWhoSignedDoesNotHandBack: handing back is the second person's, like confirming, and so it is after an appeal was heard.
func TestWhoSignedDoesNotHandBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.walk(w.draft(accreditation.First), append(slices.Clone(toReview), accreditation.Sign)...)
	list := []attempted{{"who signed", w.officer, "second_person"}, {"the organization", w.focal, "role_forbids"}, {"a second person", w.signatory, ""}}
	back := func(move func(context.Context, policy.Actor, accreditation.Move, string) (accreditation.Written[accreditation.Application], error)) func(policy.Actor) error {
		return func(by policy.Actor) error {
			moved, err := move(t.Context(), by, accreditation.Move{ID: a.ID, Version: a.Version}, "ناقص")
			if err == nil {
				a = moved.Entity
			}
			return err
		}
	}
	if through := passed(t, list, back(w.store.HandBack)); len(through) != 0 {
		t.Errorf("handed back by %q", through)
	}
	a = w.walk(a, accreditation.Sign)
	if through := passed(t, list, back(w.store.HandBackUnbarred)); !slices.Equal(through, []string{"who signed"}) {
		t.Errorf("the control: a hand-back by anybody went unnoticed: %q", through)
	}
}

// TestAnOfficerSaysWhyAnApplicationIsWithdrawn: it is the applicant's; in its name an officer gives the reason, and the organization reads it.
func TestAnOfficerSaysWhyAnApplicationIsWithdrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.walk(w.draft(accreditation.First), accreditation.Submit)
	m := accreditation.Move{ID: a.ID, Version: a.Version}
	if _, err := w.store.Withdraw(t.Context(), w.officer, m, " "); !slices.Equal(pointersOf(err), []string{"/reason"}) {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := w.store.Withdraw(t.Context(), w.officer, m, "بكتاب منها"); err != nil {
		t.Fatal(err)
	}
	notices, err := w.store.Notices(t.Context(), w.focal, accreditation.Filter{Limit: 10})
	if err != nil || len(notices) == 0 || notices[len(notices)-1].Kind != "withdrawn" || notices[len(notices)-1].Text.AR != "سُحب طلبكم باسمكم. السبب: بكتاب منها" {
		t.Errorf("notices: %+v, %v", notices, err)
	}
	w.walk(w.draft(accreditation.First), accreditation.Withdraw) // the organization itself gives none
}

// TestWhatIsRestoredKeepsItsOpenConditions: a revocation that is overturned lifts no condition; one that was met is not asked for again.
func TestWhatIsRestoredKeepsItsOpenConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.walk(w.draft(accreditation.First), toReview...)
	ruling := w.ruling("A-1", 24)
	for _, text := range []string{"Ramp", "Fire exit"} {
		ruling.Conditions = append(ruling.Conditions, accreditation.Term{Text: fault.Sentence{AR: "شرط", EN: text}, DueOn: w.now.AddDate(0, 3, 0)})
	}
	moved, err := w.store.Sign(t.Context(), w.officer, accreditation.Move{ID: a.ID, Version: a.Version}, ruling)
	if err != nil {
		t.Fatal(err)
	}
	w.walk(moved.Entity, accreditation.Confirm)
	list, err := w.store.Conditions(t.Context(), w.officer, accreditation.Filter{Limit: 9})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if _, err := w.store.SettleCondition(t.Context(), w.officer, list[0].ID, 1, w.now); err != nil {
		t.Fatal(err)
	}
	appeal := w.revokedAndAppealed()
	w.signAppeal(appeal.ID, 1)
	if _, err := w.store.ConfirmAppeal(t.Context(), w.signatory, accreditation.Move{ID: appeal.ID, Version: 2}); err != nil {
		t.Fatal(err)
	}
	again := w.current()
	kept, err := w.store.Conditions(t.Context(), w.focal, accreditation.Filter{AccreditationID: again.ID, Limit: 9})
	if err != nil || again.Status != directory.Accredited || len(kept) != 1 || kept[0].Text != list[1].Text || !kept[0].DueOn.Equal(list[1].DueOn) || !kept[0].MetOn.IsZero() {
		t.Errorf("of %+v there is %+v, %v", list, kept, err)
	}
}
