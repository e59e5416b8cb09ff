package mou_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

func onDay(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// agreed is a memorandum on paper, of the year of the world.
func (w *world) agreed(t *testing.T) mou.Agreed {
	t.Helper()
	in := sample(w.organization, w.directorate)
	in.Terms[0].Governorates = []string{w.hebron(t)}
	return mou.Agreed{Instrument: in, Transcript: directory.Transcript{
		LetterNumber: "K-1", LetterOn: onDay("2025-12-20"), MinuteNumber: "L-1", MinuteOn: onDay("2025-12-10"), File: "register.xlsx",
		FileSHA256: bytes.Repeat([]byte{7}, 32), Sheet: "Memoranda", Line: 5, By: w.officer.AccountID,
	}}
}

func (w *world) transcribe(t *testing.T, actor policy.Actor, a mou.Agreed) (in mou.Instrument, err error) {
	t.Helper()
	err = w.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
		in, err = mou.Transcribe(t.Context(), q, actor, a, now)
		return err
	})
	return in, err
}

// TestAPaperEntersAsWhatItIs, by its days and its stop; what may be found follows.
func TestAPaperEntersAsWhatItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to, stopped string
		status            mou.Status
		moves, found      int
	}{
		"in force":              {"2026-01-01", "2026-12-31", "", mou.InForce, 3, 1},
		"on its last day":       {"2026-01-01", "2026-03-10", "", mou.InForce, 3, 1},
		"run out":               {"2025-01-01", "2026-03-09", "", mou.Expired, 4, 0},
		"suspended":             {"2026-01-01", "2026-12-31", "suspended", mou.Suspended, 4, 0},
		"suspended and run out": {"2025-01-01", "2026-03-09", "suspended", mou.Expired, 4, 0},
		"terminated":            {"2026-01-01", "2026-12-31", "terminated", mou.Terminated, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.agreed(t)
			a.Instrument.ValidFrom, a.Instrument.ValidTo, a.Stopped = onDay(c.from), onDay(c.to), mou.Status(c.stopped)
			if c.stopped != "" {
				a.Reason = "Its work ended"
			}
			in, err := w.transcribe(t, policy.TheSystem(), a)
			if err != nil || in.Status != c.status || in.Version != c.moves+1 || len(in.Terms) != 1 {
				t.Fatalf("%s, version %d, %v", in.Status, in.Version, err)
			}
			if n := ask[int](t, w, `SELECT count(DISTINCT term_id) FROM provider_search WHERE organization_id = $1`, w.organization); n != c.found {
				t.Errorf("%d found", n)
			}
			if !ask[bool](t, w, `SELECT signed_at = '2025-12-20' AND letter_number = 'K-1' AND drafted_by_id IS NULL AND signed_by_id IS NULL FROM instrument WHERE id = $1`, in.ID) {
				t.Error("it says other than its paper")
			}
			if got := w.constraint(t, `UPDATE instrument_term SET max_tier = 3 WHERE instrument_id = $1`, in.ID); got != "instrument_terms_immutable" {
				t.Errorf("what was entered can be changed: %q", got)
			}
		})
	}
}

// TestAPaperWithoutPapersIsRefused, and nothing of it stays; the control is that the paper itself is taken.
func TestAPaperWithoutPapersIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, spoil := range map[string]func(*mou.Agreed){
		"no letter":          func(a *mou.Agreed) { a.Transcript.LetterNumber = " " },
		"no minute":          func(a *mou.Agreed) { a.Transcript.MinuteNumber = "" },
		"no day":             func(a *mou.Agreed) { a.Transcript.MinuteOn = time.Time{} },
		"a day to come":      func(a *mou.Agreed) { a.Transcript.LetterOn = onDay("2026-03-11") },
		"half a hash":        func(a *mou.Agreed) { a.DocumentSHA256 = []byte{1} },
		"a stop, no reason":  func(a *mou.Agreed) { a.Stopped = mou.Terminated },
		"a stop that is not": func(a *mou.Agreed) { a.Stopped, a.Reason = mou.Expired, "x" },
		"no term":            func(a *mou.Agreed) { a.Instrument.Terms = nil },
	} {
		a := w.agreed(t)
		spoil(&a)
		if _, err := w.transcribe(t, policy.TheSystem(), a); fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, actor := range map[string]policy.Actor{"an officer": w.officer, "a signatory": w.signatory, "both": w.both} {
		if _, err := w.transcribe(t, actor, w.agreed(t)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := ask[int](t, w, `SELECT count(*) FROM instrument`) + ask[int](t, w, `SELECT count(*) FROM instrument_paper`); n != 0 {
		t.Errorf("%d rows stay", n)
	}
	a := w.agreed(t)
	if _, err := w.transcribe(t, policy.TheSystem(), a); err != nil {
		t.Errorf("the paper itself: %v", err)
	}
	if _, err := w.transcribe(t, policy.TheSystem(), a); code(err) != "instrument_number_taken" {
		t.Errorf("its number again: %v", err)
	}
}

// TestPapersAreReadByTheirParties and written by the system alone, by row-level security; nobody changes them.
func TestPapersAreReadByTheirParties(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, err := w.transcribe(t, policy.TheSystem(), w.agreed(t))
	if err != nil {
		t.Fatal(err)
	}
	of := func(organization uuid.UUID) policy.Actor {
		return policy.Actor{AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: organization}}}
	}
	for name, c := range map[string]struct {
		actor policy.Actor
		sees  bool
	}{"the officer": {w.officer, true}, "a case manager": {w.caseWorker, true}, "the party": {of(w.organization), true}, "another": {of(uuid.New()), false}} {
		err := w.DB.DB.InTx(t.Context(), c.actor, func(q pg.Querier) error {
			kept, err := directory.TranscriptOf(t.Context(), q, directory.TranscribedInstrument, in.ID)
			if c.sees && (err != nil || kept.Line != 5 || kept.File != "register.xlsx" || kept.MinuteNumber != "L-1") {
				t.Errorf("%s reads %+v, %v", name, kept, err)
			}
			if !c.sees && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	other := w.in(t, mou.Draft)
	err = w.DB.DB.InTx(t.Context(), w.both, func(q pg.Querier) error {
		return directory.WriteTranscript(t.Context(), q, directory.TranscribedInstrument, other.ID, w.organization, w.agreed(t).Transcript, now)
	})
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an officer writes papers: %v", err)
	}
	err = w.DB.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `UPDATE instrument_paper SET line = 6`)
		return err
	})
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("papers change: %v", err)
	}
	w.exec(t, `GRANT UPDATE ON instrument_paper TO tahweel_app; CREATE POLICY loose ON instrument_paper USING (true)`)
	err = w.DB.DB.InTx(t.Context(), of(uuid.New()), func(q pg.Querier) error {
		_, err := directory.TranscriptOf(t.Context(), q, directory.TranscribedInstrument, in.ID)
		return err
	})
	if err != nil {
		t.Errorf("with a policy that lets everybody in: %v: the comparison shows nothing", err)
	}
}
