package accreditation_test

import (
	"strings"
	"testing"
	"time"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// renewing is an accreditation whose renewal was handed in 30 days before its last day, which is returned too.
func renewing(t *testing.T) (w *world, a accreditation.Application, last time.Time) {
	t.Helper()
	w = newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	last = w.current().ValidTo
	w.on(last, -30)
	return w, w.walk(w.draft(accreditation.Renewal), accreditation.Submit), last
}

// on turns the clock to so many days after the day.
func (w *world) on(day time.Time, days int) { w.now = day.AddDate(0, 0, days).Add(10 * time.Hour) }

// found reports whether the organization is in the directory on the day of the clock.
func (w *world) found() bool {
	w.Helper()
	return pgtest.Value[bool](w.T, w.db, `SELECT coalesce(bool_or($2::date BETWEEN listed_from AND listed_to), false) FROM listing WHERE organization_id = $1`, w.mine, geo.Today(w.now))
}

func (w *world) sweep() {
	w.Helper()
	if _, err := w.store.Sweep(w.Context()); err != nil {
		w.Error(err)
	}
}

// decide takes the decision by two persons.
func (w *world) decide(a accreditation.Application, first, second policy.Actor, r accreditation.Ruling) accreditation.Application {
	w.Helper()
	signed, err := w.store.Sign(w.Context(), first, accreditation.Move{ID: a.ID, Version: a.Version}, r)
	if err != nil {
		w.Fatal(err)
	}
	taken, err := w.store.Confirm(w.Context(), second, accreditation.Move{ID: a.ID, Version: signed.Entity.Version})
	if err != nil {
		w.Fatal(err)
	}
	return taken.Entity
}

var refusal = accreditation.Ruling{Outcome: accreditation.Rejected, LetterNumber: "L-R", Reason: fault.Sentence{AR: "ناقص.", EN: "Lacking."}}

// overturn appeals against the rejection of the application, with success, and returns the application.
func (w *world) overturn(a accreditation.Application) accreditation.Application {
	w.Helper()
	made, err := w.store.LodgeAppeal(w.Context(), w.focal, accreditation.Appeal{ApplicationID: a.ID, Grounds: "مثال"}, pg.Once{})
	if err != nil {
		w.Fatal(err)
	}
	m := accreditation.Move{ID: made.Entity.ID, Version: 1}
	ruling := accreditation.AppealRuling{Outcome: accreditation.Overturned, LetterNumber: "M-1", Reason: fault.Sentence{AR: "مثال", EN: "Example"}}
	if _, err := w.store.SignAppeal(w.Context(), w.second, m, ruling); err != nil {
		w.Fatal(err)
	}
	m.Version = 2
	if _, err := w.store.ConfirmAppeal(w.Context(), w.third, m); err != nil {
		w.Fatal(err)
	}
	open, err := w.store.Application(w.Context(), w.officer, a.ID)
	if err != nil || open.Status != accreditation.UnderReview {
		w.Fatalf("it is %s, %v", open.Status, err)
	}
	return open
}

// misswept says where a sweep continues what it must not, or does not continue what it must.
func misswept(t *testing.T, sweep func(*world)) (wrong []string) {
	t.Helper()
	w, a, last := renewing(t)
	w.on(last, 10)
	w.walk(a, accreditation.Return)
	w.on(last, 38)
	sweep(w)
	if got := w.current().ValidTo; !got.Equal(last.AddDate(0, 0, 40)) {
		wrong = append(wrong, "returned, it goes on until "+got.Format(time.DateOnly))
	}
	w, _, last = renewing(t)
	w.on(last, 200)
	sweep(w)
	if got := w.current(); !got.InForce(geo.Today(w.now)) || !w.found() {
		wrong = append(wrong, "swept late, it ended on "+got.ValidTo.Format(time.DateOnly))
	} else if want := last.AddDate(0, 0, 270); !got.ValidTo.Equal(want) {
		wrong = append(wrong, "swept late, it goes on until "+got.ValidTo.Format(time.DateOnly))
	}
	return wrong
}

// TestTheSweepContinuesWhatIsWithTheMinistry, late if it must, and not what was returned. The controls are the sweep as it was, and none.
func TestTheSweepContinuesWhatIsWithTheMinistry(t *testing.T) {
	t.Parallel()
	for _, wrong := range misswept(t, (*world).sweep) {
		t.Error(wrong)
	}
	asBefore := func(w *world) {
		w.db.Exec(w.T, `
			UPDATE accreditation AS acc
			SET valid_to = valid_to + 90
			FROM accreditation_application AS app
			WHERE app.accreditation_id = acc.id AND acc.status = 'accredited' AND app.renewed_until IS NOT NULL
			  AND app.status NOT IN ('draft', 'decided', 'withdrawn') AND acc.valid_to BETWEEN $1::date AND $1::date + 7`, geo.Today(w.now))
	}
	if wrong := misswept(t, asBefore); len(wrong) != 2 {
		t.Errorf("a sweep that takes what is returned and misses what it is late for: %q", wrong)
	}
	if wrong := misswept(t, func(*world) {}); len(wrong) != 1 {
		t.Errorf("no sweep: %q", wrong)
	}
}

// TestAReturnedRenewalIsBounded: it continues for 30 days after its return, of which the organization is told; handed in again by then it
// goes on, and after that it is too late.
func TestAReturnedRenewalIsBounded(t *testing.T) {
	t.Parallel()
	w, a, last := renewing(t)
	w.on(last, 10)
	a = w.walk(a, accreditation.Return)
	notices, err := w.store.Notices(t.Context(), w.focal, accreditation.Filter{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	told, day := notices[len(notices)-1], last.AddDate(0, 0, 40).Format(time.DateOnly)
	if told.Kind != "returned" || !strings.Contains(told.Text.AR, day) || !strings.Contains(told.Text.EN, day) {
		t.Errorf("the notice: %+v, want the day %s", told, day)
	}
	w.on(last, 40)
	if !w.found() {
		t.Error("it is not listed on the day that the notice names")
	}
	again := w.walk(a, accreditation.Submit)
	if got := w.current().ValidTo; !got.Equal(last.AddDate(0, 0, 90)) {
		t.Errorf("handed in again it goes on until %v", got)
	}
	again = w.walk(again, accreditation.Return)
	w.on(last, 71)
	w.sweep()
	if w.found() {
		t.Error("it is listed 31 days after its return")
	}
	if _, err := w.store.Submit(t.Context(), w.focal, accreditation.Move{ID: again.ID, Version: again.Version}); codeOf(err) != "renewal_too_late" {
		t.Errorf("handed in again 31 days after the return: %v", err)
	}
	w.walk(again, accreditation.Withdraw)
	if got := w.current().ValidTo; !got.Equal(last.AddDate(0, 0, 70)) {
		t.Errorf("withdrawn long after, its past ends on %v", got)
	}
}

// kept says whether days that a renewal added outlive its rejection; meanwhile is what happened between.
func kept(t *testing.T, meanwhile func(*world)) bool {
	t.Helper()
	w, a, last := renewing(t)
	a = w.walk(a, toReview[1:]...)
	if _, err := w.register.Suspend(t.Context(), w.third, w.current().ID, w.current().Version, directory.Administrative); err != nil {
		t.Fatal(err)
	}
	w.decide(a, w.officer, w.signatory, refusal)
	meanwhile(w)
	stopped := w.current()
	if _, err := w.register.Reinstate(t.Context(), w.third, stopped.ID, stopped.Version); err != nil {
		t.Fatal(err)
	}
	if !w.found() {
		t.Error("reinstated before its last day, it is not listed")
	}
	w.on(last, 1)
	return w.found() || !w.current().ValidTo.Equal(last)
}

// TestARejectionTakesBackWhatWasContinued, also while the accreditation is suspended. The control leaves the days to what is suspended.
func TestARejectionTakesBackWhatWasContinued(t *testing.T) {
	t.Parallel()
	if kept(t, func(*world) {}) {
		t.Error("suspended, rejected and reinstated, it has the days of its renewal")
	}
	if !kept(t, func(w *world) {
		w.db.Exec(w.T, `UPDATE accreditation SET valid_to = valid_to + 90 WHERE status = 'suspended'`)
	}) {
		t.Error("days that are left to what is suspended are not noticed")
	}
}

// TestARejectionThatIsOverturnedContinues from that day on, within the same bounds; a suspension stays one; what expired meanwhile stays
// ended and may be accredited anew; and what another application renewed meanwhile has the days of that one. The control is each before
// the appeal.
func TestARejectionThatIsOverturnedContinues(t *testing.T) {
	t.Parallel()
	rejected := func(t *testing.T) (w *world, a accreditation.Application, last time.Time) {
		t.Helper()
		w, a, last = renewing(t)
		w.on(last, 20)
		a = w.decide(w.walk(a, toReview[1:]...), w.officer, w.signatory, refusal)
		if w.found() {
			t.Error("it is listed after its rejection")
		}
		return w, a, last
	}
	examined := func(w *world, a accreditation.Application) accreditation.Application {
		return w.walk(a, accreditation.Visit, accreditation.Review)
	}
	t.Run("in force", func(t *testing.T) {
		t.Parallel()
		w, a, last := rejected(t)
		w.on(last, 95)
		a = w.overturn(a)
		if got := w.current().ValidTo; !got.Equal(last.AddDate(0, 0, 180)) || !w.found() {
			t.Errorf("it goes on until %v, listed: %v", got, w.found())
		}
		w.decide(examined(w, a), w.second, w.third, w.ruling("A-9", 24))
		if got := w.current(); got.Number != "A-9" || !w.found() {
			t.Errorf("accredited: %+v", got)
		}
	})
	t.Run("rejected again", func(t *testing.T) {
		t.Parallel()
		w, a, _ := rejected(t)
		w.decide(examined(w, w.overturn(a)), w.second, w.third, refusal)
		if w.found() {
			t.Error("it is listed after a second rejection")
		}
	})
	t.Run("suspended", func(t *testing.T) {
		t.Parallel()
		w, a, _ := rejected(t)
		if _, err := w.register.Suspend(t.Context(), w.third, w.current().ID, w.current().Version, directory.Administrative); err != nil {
			t.Fatal(err)
		}
		w.overturn(a)
		if w.found() {
			t.Error("what is suspended is listed")
		}
		if _, err := w.register.Reinstate(t.Context(), w.third, w.current().ID, w.current().Version); err != nil || !w.found() {
			t.Errorf("reinstated: listed %v, %v", w.found(), err)
		}
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		w, a, _ := rejected(t)
		before, err := w.register.Expire(t.Context(), w.third, w.current().ID, w.current().Version)
		if err != nil {
			t.Fatal(err)
		}
		a = w.overturn(a)
		if got := w.current(); w.found() || got.Status != directory.Expired || got.Version != before.Version {
			t.Errorf("what expired was touched: %+v, listed %v", got, w.found())
		}
		a = w.decide(examined(w, a), w.second, w.third, w.ruling("A-9", 24))
		if got := w.current(); !w.found() || got.Number != "A-9" || got.ID == before.ID || a.AccreditationID != got.ID {
			t.Errorf("accredited anew: %+v, listed %v; the application leads to %v", got, w.found(), a.AccreditationID)
		}
	})
	t.Run("renewed by another", func(t *testing.T) {
		t.Parallel()
		w, a, last := renewing(t)
		a = w.decide(w.walk(a, toReview[1:]...), w.officer, w.signatory, refusal)
		w.decide(w.walk(w.draft(accreditation.Renewal), toReview...), w.second, w.third, w.ruling("A-9", 36))
		until := w.current().ValidTo
		a = w.overturn(a)
		if got := w.current().ValidTo; !got.Equal(until) || !got.After(last) {
			t.Errorf("it goes on until %v, want %v", got, until)
		}
		w.decide(examined(w, a), w.second, w.third, refusal)
		if got := w.current().ValidTo; !got.Equal(until) {
			t.Errorf("the older application took the days of the newer one: %v, want %v", got, until)
		}
	})
}
