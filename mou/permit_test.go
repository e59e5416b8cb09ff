package mou_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/mou"
	"tahweel/policy"
)

// TestATermStandsTowardsAnAct: each thing that an act asks, and what answers no to just it.
func TestATermStandsTowardsAnAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.InForce)
	whole := w.terms(t, w.act(t))
	if len(whole) != 1 || whole[0].TermID != in.Terms[0].ID || policy.Decide(whole, agreed(), 2, now).Reason != policy.Allowed {
		t.Fatalf("the sample permits it not: %+v", whole)
	}
	for want, spoil := range map[policy.Reason]func(*mou.Act){
		policy.NoInstrument:          func(a *mou.Act) { a.OrganizationID = uuid.New() },
		policy.DirectorateNotCovered: func(a *mou.Act) { a.DirectorateID = uuid.New() },
		policy.NeedNotCovered:        func(a *mou.Act) { a.NeedID = uuid.New() },
		policy.PlaceNotCovered:       func(a *mou.Act) { a.GovernorateCode = "nowhere" },
		policy.PurposeNotCovered:     func(a *mou.Act) { a.Purpose = "research" },
		policy.NotInForce:            func(a *mou.Act) { a.Today = a.Today.AddDate(1, 0, 0) },
	} {
		act := w.act(t)
		spoil(&act)
		if got := policy.Decide(w.terms(t, act), agreed(), 2, now).Reason; got != want {
			t.Errorf("%s is decided as %s", want.Code(), got.Code())
		}
	}
	if got := policy.Decide(whole, agreed(), 3, now).Reason; got != policy.TierTooHigh {
		t.Errorf("tier 3: %s", got.Code())
	}
}

func agreed() policy.Consent {
	return policy.Consent{Given: true, Recipient: true, Purpose: true, ExpiresAt: now.AddDate(0, 1, 0), Groups: policy.All}
}

func TestATermForSomeIsNotForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := sample(w.organization, w.directorate)
	in.Terms[0].Governorates, in.Terms[0].TargetGroups = []string{w.hebron(t)}, []string{"children"}
	in, err := w.store.Draft(t.Context(), policy.TheSystem(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range ways[mou.InForce] {
		if in, err = w.store.Move(t.Context(), policy.TheSystem(), in.ID, in.Version, step); err != nil {
			t.Fatal(err)
		}
	}
	for group, want := range map[string]bool{"children": true, "women": false} {
		act := w.act(t)
		act.TargetGroup = group
		if terms := w.terms(t, act); len(terms) != 1 || terms[0].CoversGroup != want {
			t.Errorf("%s: %+v", group, terms)
		}
	}
}

func TestWhatNobodyAgreedToIsNoTerm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.in(t, mou.Draft)
	w.in(t, mou.Proposed)
	if terms := w.terms(t, w.act(t)); len(terms) != 0 {
		t.Errorf("drafts are terms: %+v", terms)
	}
	w.in(t, mou.InForce)
	w.exec(t, `UPDATE organization SET information_only = true`)
	if terms := w.terms(t, w.act(t)); len(terms) != 0 {
		t.Errorf("an organization for signposting has terms: %+v", terms)
	}
}

// TestASuspensionThatCommitsFirstIsSeen: who reads the terms waits for a suspension under way and then sees it. Who reads without
// a lock, which is the negative control, does not wait and takes the old for the truth.
func TestASuspensionThatCommitsFirstIsSeen(t *testing.T) {
	t.Parallel()
	for what, suspend := range map[string]string{
		"the instrument":    `UPDATE instrument SET transition = 'suspend', status = 'suspended'`,
		"the accreditation": `UPDATE accreditation SET transition = 'suspend', status = 'suspended'`,
	} {
		w := newWorld(t)
		w.in(t, mou.InForce)
		act := w.act(t)
		suspending, err := w.super.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := suspending.Exec(t.Context(), suspend); err != nil {
			t.Fatal(err)
		}
		if stands := pgtest.Value[int](t, w.DB, `SELECT count(*) FROM instrument AS i, accreditation AS a WHERE i.status = 'in_force' AND a.status = 'accredited'`); stands != 1 {
			t.Errorf("%s: without a lock %d stand: the control does not show the mistake", what, stands)
		}
		decided := make(chan policy.Decision, 1)
		go func() { decided <- policy.Decide(w.terms(t, act), agreed(), 1, now) }()
		w.untilSomebodyWaits(t)
		if err := suspending.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := <-decided; d.Allowed() {
			t.Errorf("%s was suspended first, and it is allowed", what)
		}
	}
}

// TestASuspensionWaitsForWhoDecidedFirst is the other order.
func TestASuspensionWaitsForWhoDecidedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.in(t, mou.InForce)
	act := w.act(t)
	suspended := make(chan error, 1)
	err := w.DB.DB.InTx(t.Context(), w.caseWorker, func(q pg.Querier) error {
		terms, err := mou.TermsFor(t.Context(), q, act)
		if err != nil || !policy.Decide(terms, agreed(), 1, now).Allowed() {
			t.Errorf("not allowed, %v", err)
		}
		go func() {
			_, err := w.store.Move(t.Context(), w.officer, in.ID, in.Version, mou.Suspend)
			suspended <- err
		}()
		w.untilSomebodyWaits(t)
		select {
		case err := <-suspended:
			t.Errorf("the suspension did not wait: %v", err)
		default:
		}
		return nil
	})
	if err := errors.Join(err, <-suspended); err != nil {
		t.Error(err)
	}
}

// untilSomebodyWaits returns once a session of this database waits for another's lock.
func (w *world) untilSomebodyWaits(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for range 100_000 {
		var waits bool
		err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			return
		}
	}
	t.Error("nobody waits")
}
