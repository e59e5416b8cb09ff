package mou_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// TestAnInstrumentLivesFromDraftToItsEnd, and what may be found follows in the same transaction.
func TestAnInstrumentLivesFromDraftToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found := func() int {
		return ask[int](t, w, `SELECT count(DISTINCT term_id) FROM provider_search WHERE organization_id = $1`, w.organization)
	}
	in := w.in(t, mou.Draft)
	for _, step := range []struct {
		transition mou.Transition
		status     mou.Status
		found      int
	}{
		{mou.Propose, mou.Proposed, 0}, {mou.Withdraw, mou.Draft, 0}, {mou.Propose, mou.Proposed, 0}, {mou.Sign, mou.Signed, 0},
		{mou.EnterIntoForce, mou.InForce, 1}, {mou.Suspend, mou.Suspended, 0}, {mou.Resume, mou.InForce, 1}, {mou.Terminate, mou.Terminated, 0},
	} {
		next, err := w.store.Move(t.Context(), w.who(step.transition), in.ID, in.Version, step.transition)
		if err != nil || next.Status != step.status || next.Version != in.Version+1 || found() != step.found {
			t.Fatalf("%s: %s, version %d, %d found, %v", step.transition, next.Status, next.Version, found(), err)
		}
		in = next
	}
	if n := ask[int](t, w, `SELECT count(*) FROM audit_entry WHERE class = 'instrument' AND object_id = $1 AND allowed AND instrument_version = 1`, in.ID); n != 9 {
		t.Errorf("a draft and eight steps have %d entries", n)
	}
}

func TestWhoMayDraftMoveAndSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	proposed := w.in(t, mou.Proposed)
	for name, c := range map[string]struct {
		actor policy.Actor
		step  mou.Transition
		code  string
	}{
		"an officer signs":         {w.officer, mou.Sign, "role_forbids"},
		"a signatory withdraws":    {w.signatory, mou.Withdraw, "role_forbids"},
		"a case manager withdraws": {w.caseWorker, mou.Withdraw, "role_forbids"},
	} {
		if _, err := w.store.Move(t.Context(), c.actor, proposed.ID, proposed.Version, c.step); code(err) != c.code || fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.store.Draft(t.Context(), w.caseWorker, sample(w.organization, w.directorate)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a case manager drafts: %v", err)
	}
	if n := ask[int](t, w, `SELECT count(*) FROM audit_entry WHERE class = 'instrument' AND NOT allowed`); n != 4 {
		t.Errorf("four refusals have %d entries", n)
	}
	if _, err := w.store.Move(t.Context(), w.both, proposed.ID, proposed.Version, mou.Sign); err != nil {
		t.Errorf("somebody with both roles signs what another drafted: %v", err)
	}
}

func TestWhoDraftedDoesNotSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := sample(w.organization, w.directorate)
	in.Terms[0].Governorates = []string{w.hebron(t)}
	in, err := w.store.Draft(t.Context(), w.both, in)
	if err != nil {
		t.Fatal(err)
	}
	if in, err = w.store.Move(t.Context(), w.both, in.ID, in.Version, mou.Propose); err != nil {
		t.Fatal(err)
	}
	if _, err = w.store.Move(t.Context(), w.both, in.ID, in.Version, mou.Sign); code(err) != "drafter_does_not_sign" {
		t.Errorf("who drafted signs: %v", err)
	}
	if in, err = w.store.Move(t.Context(), w.signatory, in.ID, in.Version, mou.Sign); err != nil || in.Status != mou.Signed {
		t.Errorf("another signs: %v", err)
	}
}

func TestAStaleVersionIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.InForce)
	if _, err := w.store.Move(t.Context(), w.officer, in.ID, in.Version-1, mou.Suspend); fault.KindOf(err) != fault.Conflict {
		t.Errorf("from an old version: %v", err)
	}
	if _, err := w.store.Move(t.Context(), w.officer, uuid.New(), 1, mou.Suspend); fault.KindOf(err) != fault.NotFound {
		t.Errorf("one that does not exist: %v", err)
	}
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := w.store.Move(t.Context(), w.officer, in.ID, in.Version, mou.Suspend)
			errs <- err
		}()
	}
	one, other := <-errs, <-errs
	if (one == nil) == (other == nil) || fault.KindOf(errors.Join(one, other)) != fault.Conflict {
		t.Errorf("two at once: %v; %v", one, other)
	}
}

func TestADraftNamesWhatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, spoil := range map[string]func(*mou.Instrument){
		"a need":          func(in *mou.Instrument) { in.Terms[0].Needs = []string{"TST", "NOT-THERE"} },
		"a governorate":   func(in *mou.Instrument) { in.Terms[0].Governorates = []string{"nowhere"} },
		"a directorate":   func(in *mou.Instrument) { in.Terms[0].Directorates = []uuid.UUID{uuid.New()} },
		"a person":        func(in *mou.Instrument) { in.Cleared = []uuid.UUID{uuid.New()} },
		"an organization": func(in *mou.Instrument) { in.OrganizationID = uuid.New() },
	} {
		in := sample(w.organization, w.directorate)
		in.Terms[0].Governorates = []string{w.hebron(t)}
		spoil(&in)
		if _, err := w.store.Draft(t.Context(), w.officer, in); fault.KindOf(err) != fault.Refused {
			t.Errorf("%s that does not exist: %v", name, err)
		}
	}
	if n := ask[int](t, w, `SELECT count(*) FROM instrument`); n != 0 {
		t.Errorf("%d instruments stay of drafts that failed", n)
	}
}

// TestWhatWasSignedDoesNotChange, by whoever writes the SQL; a draft does.
func TestWhatWasSignedDoesNotChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft, signed := w.in(t, mou.Draft), w.in(t, mou.Signed)
	term := func(in mou.Instrument) uuid.UUID { return in.Terms[0].ID }
	for name, sql := range map[string]string{
		"a grant":            `UPDATE instrument_term SET grants = '{C,D,E,F,G,H}' WHERE id = $2 AND $1::uuid IS NOT NULL`,
		"a tier":             `UPDATE instrument_term SET max_tier = 3 WHERE id = $2 AND $1::uuid IS NOT NULL`,
		"a further term":     `INSERT INTO instrument_term (id, instrument_id, number, max_tier, grants) SELECT gen_random_uuid(), $1, 9, 1, '{}' WHERE $2::uuid IS NOT NULL`,
		"a term taken away":  `UPDATE instrument_term SET instrument_id = '` + draft.ID.String() + `', number = 99 WHERE id = $2 AND instrument_id = $1`,
		"a need":             `DELETE FROM instrument_term_need WHERE term_id = $2 AND $1::uuid IS NOT NULL`,
		"a directorate":      `DELETE FROM instrument_term_directorate WHERE term_id = $2 AND $1::uuid IS NOT NULL`,
		"a governorate":      `DELETE FROM instrument_term_governorate WHERE term_id = $2 AND $1::uuid IS NOT NULL`,
		"a quota":            `UPDATE instrument_quota SET cap = 1000 WHERE term_id = $2 AND $1::uuid IS NOT NULL`,
		"a quota taken away": `DELETE FROM instrument_quota WHERE term_id = $2 AND $1::uuid IS NOT NULL`,
		"a cleared person":   `INSERT INTO instrument_cleared_person (instrument_id, account_id) SELECT $1, '` + w.officer.AccountID.String() + `' WHERE $2::uuid IS NOT NULL`,
		"the day of its end": `UPDATE instrument SET valid_to = '2099-12-31' WHERE id = $1 AND $2::uuid IS NOT NULL`,
		"the number":         `UPDATE instrument SET number = 'X' WHERE id = $1 AND $2::uuid IS NOT NULL`,
		"the other party":    `UPDATE instrument SET organization_id = $2 WHERE id = $1`,
	} {
		if got := w.constraint(t, sql, signed.ID, term(signed)); got != "instrument_terms_immutable" {
			t.Errorf("%s of a signed instrument: %q", name, got)
		}
		if got := w.constraint(t, sql, draft.ID, term(draft)); got == "instrument_terms_immutable" {
			t.Errorf("%s of a draft is refused too", name)
		}
	}
	err := w.DB.DB.InTx(t.Context(), w.officer, func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `UPDATE instrument_term SET max_tier = 3 WHERE id = $1`, term(signed))
		return err
	})
	if code(err) != "terms_immutable" || fault.KindOf(err) != fault.Impossible {
		t.Errorf("as the service: %v", err)
	}
}

// TestOnlyTheAssociationsDirectorateWrites: by row-level security alone.
func TestOnlyTheAssociationsDirectorateWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.Draft)
	provider := policy.Actor{AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: w.organization}}}
	foreign := policy.Actor{AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: uuid.New()}}}
	for name, c := range map[string]struct {
		actor       policy.Actor
		sees, wrote bool
	}{
		"the officer": {w.officer, true, true}, "a case manager": {w.caseWorker, true, false}, "the provider": {provider, true, false}, "another provider": {foreign, false, false},
	} {
		for _, table := range []string{"instrument WHERE id = $1", "instrument_term WHERE instrument_id = $1"} {
			var n int
			err := w.DB.DB.InTx(t.Context(), c.actor, func(q pg.Querier) error {
				return q.QueryRow(t.Context(), `SELECT count(*) FROM `+table, in.ID).Scan(&n)
			})
			if err != nil || (n == 1) != c.sees {
				t.Errorf("%s sees %d of %s, %v", name, n, table, err)
			}
		}
		for _, sql := range []string{`UPDATE instrument SET updated_at = now() WHERE id = $1`, `UPDATE instrument_term SET max_tier = 1 WHERE instrument_id = $1`} {
			var n int64
			err := w.DB.DB.InTx(t.Context(), c.actor, func(q pg.Querier) error {
				tag, err := q.Exec(t.Context(), sql, in.ID)
				n = tag.RowsAffected()
				return err
			})
			if (err == nil && n == 1) != c.wrote || err != nil && fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: %s reaches %d rows, %v", name, sql, n, err)
			}
		}
	}
}

func TestAnInstrumentCountsOnItsDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in(t, mou.InForce)
	for day, want := range map[string]bool{"2025-12-31": false, "2026-01-01": true, "2026-12-31": true, "2027-01-01": false} {
		act := w.act(t)
		act.Today, _ = time.Parse(time.DateOnly, day)
		terms := w.terms(t, act)
		if len(terms) != 1 || terms[0].InForce != want || terms[0].Accredited != want {
			t.Errorf("on %s: %+v", day, terms)
		}
	}
}
