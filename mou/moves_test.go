package mou_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
)

func (w *world) bars(t *testing.T, ids ...uuid.UUID) (bars map[uuid.UUID]mou.Bar) {
	t.Helper()
	err := w.DB.DB.InTx(t.Context(), w.caseWorker, func(q pg.Querier) error {
		var err error
		bars, err = mou.Barred(t.Context(), q, ids)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bars
}

// TestAStopBarsAsItSays: which kind, since when, and what happens to what is under way.
func TestAStopBarsAsItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	end := now.Add(14 * 24 * time.Hour)
	type move func(mou.Instrument) (mou.Result, error)
	at := func(in mou.Instrument) mou.Move { return mou.Move{ID: in.ID, Version: in.Version} }
	suspend := func(kind mou.SuspensionKind) move {
		return func(in mou.Instrument) (mou.Result, error) {
			return w.store.Suspend(t.Context(), w.officer, at(in), kind, "reason")
		}
	}
	terminate := func(forCause bool) move {
		return func(in mou.Instrument) (mou.Result, error) {
			return w.store.Terminate(t.Context(), w.officer, at(in), forCause, "reason")
		}
	}
	resume := func(in mou.Instrument) (mou.Result, error) { return w.store.Resume(t.Context(), w.officer, at(in)) }
	for name, c := range map[string]struct {
		moves []move
		want  mou.BarKind // empty: not barred
		ends  *time.Time
	}{
		"in force":                               {nil, "", nil},
		"suspended":                              {[]move{suspend(mou.Administrative)}, mou.BarAdministrative, &end},
		"suspended for safeguarding":             {[]move{suspend(mou.Safeguarding)}, mou.BarSafeguarding, nil},
		"suspended and resumed":                  {[]move{suspend(mou.Safeguarding), resume}, "", nil},
		"terminated":                             {[]move{terminate(false)}, mou.BarTerminated, &end},
		"terminated for cause":                   {[]move{terminate(true)}, mou.BarTerminatedForCause, nil},
		"suspended, then terminated":             {[]move{suspend(mou.Administrative), terminate(false)}, mou.BarAdministrative, &end},
		"suspended, then for cause":              {[]move{suspend(mou.Administrative), terminate(true)}, mou.BarTerminatedForCause, nil},
		"for safeguarding, then without a cause": {[]move{suspend(mou.Safeguarding), terminate(false)}, mou.BarSafeguarding, nil},
	} {
		in := w.in(t, mou.InForce)
		for _, m := range c.moves {
			r, err := m(in)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			in = r.Instrument
		}
		bar, barred := w.bars(t, in.ID)[in.ID]
		if barred != (c.want != "") || bar.Kind != c.want || (bar.WindDownEnds == nil) != (c.ends == nil) || c.ends != nil && !bar.WindDownEnds.Equal(*c.ends) {
			t.Errorf("%s: %+v", name, bar)
		}
		if barred && (bar.Cut(now) != (c.ends == nil) || !bar.Cut(end) || !bar.Since.Equal(now)) {
			t.Errorf("%s: cut now %v, at the end %v, since %v", name, bar.Cut(now), bar.Cut(end), bar.Since)
		}
	}
}

// TestAStopOfTheAmendmentBarsWhatWasSentBefore: an attempt names the version under which it was sent.
func TestAStopOfTheAmendmentBarsWhatWasSentBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.in(t, mou.InForce)
	next, err := w.store.Amend(t.Context(), w.officer, old.ID, mou.Amendment{Number: "A", ValidFrom: old.ValidFrom, ValidTo: old.ValidTo}, pg.Once{})
	if err != nil {
		t.Fatal(err)
	}
	in := next.Instrument
	for _, step := range ways[mou.InForce] {
		if in, err = w.store.Move(t.Context(), w.who(step), in.ID, in.Version, step); err != nil {
			t.Fatal(err)
		}
	}
	if bars := w.bars(t, old.ID); len(bars) != 0 {
		t.Errorf("an amendment bars: %+v", bars)
	}
	if _, err := w.store.Suspend(t.Context(), w.officer, mou.Move{ID: in.ID, Version: in.Version}, mou.Safeguarding, "reason"); err != nil {
		t.Fatal(err)
	}
	if bars := w.bars(t, old.ID); bars[old.ID].Kind != mou.BarSafeguarding {
		t.Errorf("what was sent before goes on: %+v", bars)
	}
}

// TestWhoChangedTheDraftDoesNotSign, by the store and by the database alone.
func TestWhoChangedTheDraftDoesNotSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.Draft)
	in.Terms[0].MaxTier = 1
	in, err := w.store.Change(t.Context(), w.both, in.ID, in.Version, in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.store.Propose(t.Context(), w.officer, mou.Move{ID: in.ID, Version: in.Version})
	if err != nil {
		t.Fatal(err)
	}
	m := mou.Move{ID: in.ID, Version: r.Version}
	with := mou.Signature{LetterNumber: "L", DocumentSHA256: []byte(strings.Repeat("x", 32))}
	if _, err := w.store.Sign(t.Context(), w.both, m, with); code(err) != "drafter_does_not_sign" {
		t.Errorf("who changed it signs: %v", err)
	}
	sql := `UPDATE instrument SET transition = 'sign', status = 'signed', signed_by_id = $2 WHERE id = $1`
	for name, by := range map[string]uuid.UUID{"who drafted": w.officer.AccountID, "who changed": w.both.AccountID} {
		if got := w.constraint(t, sql, in.ID, by); got != "instrument_drafter_does_not_sign" {
			t.Errorf("%s signs by SQL: %q", name, got)
		}
	}
	if got := w.constraint(t, sql, in.ID, w.signatory.AccountID); got != "" {
		t.Errorf("another does not: %q", got)
	}
	if signed, err := w.store.Sign(t.Context(), w.signatory, m, with); err != nil || signed.LetterNumber != "L" {
		t.Errorf("another signs: %+v, %v", signed, err)
	}
}

// TestNobodyIsClearedAfterTheSignature, by whoever writes the SQL; a clearance is taken back.
func TestNobodyIsClearedAfterTheSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.InForce)
	w.exec(t, `ALTER TABLE instrument_cleared_person DISABLE TRIGGER instrument_cleared_person_immutable`)
	w.exec(t, `INSERT INTO instrument_cleared_person (instrument_id, account_id) VALUES ($1, $2)`, in.ID, w.caseWorker.AccountID)
	w.exec(t, `ALTER TABLE instrument_cleared_person ENABLE TRIGGER instrument_cleared_person_immutable`)
	if got := w.constraint(t, `INSERT INTO instrument_cleared_person (instrument_id, account_id) VALUES ($1, $2)`, in.ID, w.officer.AccountID); got != "instrument_terms_immutable" {
		t.Errorf("a further person is cleared: %q", got)
	}
	if _, err := w.store.WithdrawClearances(t.Context(), w.caseWorker, in.ID, in.Version, nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a case manager takes a clearance back: %v", err)
	}
	left, err := w.store.WithdrawClearances(context.WithoutCancel(t.Context()), w.officer, in.ID, in.Version, nil)
	if err != nil || len(left.Cleared) != 0 || left.Version != in.Version+1 {
		t.Errorf("taken back: %+v, %v", left.Cleared, err)
	}
}
