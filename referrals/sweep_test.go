package referrals_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// TestASweepMakesWhatIsDue: each kind once, nothing that is not due, and nothing the second time.
func TestASweepMakesWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sweeps(t, map[referrals.Transition]int{})
	due := map[referrals.Transition]referrals.Result{
		referrals.Expire: w.in(t, "FSC-PARCEL", referrals.StatusSent), referrals.Lapse: w.in(t, "FSC-PARCEL", referrals.StatusWaitlisted),
		referrals.CancelTimeout: w.in(t, "FSC-PARCEL", referrals.StatusInService), referrals.ConsentWithdrawn: w.in(t, "FSC-PARCEL", referrals.StatusAccepted),
	}
	for transition, a := range due {
		w.bringAbout(t, transition, a)
	}
	later := w.in(t, "GBV-CASE", referrals.StatusSent)
	w.sweeps(t, map[referrals.Transition]int{referrals.Expire: 1, referrals.Lapse: 1, referrals.CancelTimeout: 1, referrals.ConsentWithdrawn: 1})
	for transition, a := range due {
		if got := ask[string](t, w, `SELECT transition FROM attempt WHERE id = $1`, a.ID); got != string(transition) {
			t.Errorf("%s was moved by %s", transition, got)
		}
	}
	w.sweeps(t, map[referrals.Transition]int{})
	w.now = ask[time.Time](t, w, `SELECT due_at FROM attempt WHERE id = $1`, later.ID).Add(-time.Second)
	w.sweeps(t, map[referrals.Transition]int{})
	w.now = w.now.Add(time.Second)
	w.sweeps(t, map[referrals.Transition]int{referrals.Expire: 1})
}

func (w *world) sweeps(t *testing.T, want map[referrals.Transition]int) {
	t.Helper()
	made, err := w.store.Sweep(context.Background())
	if err != nil || len(made) != len(want) {
		t.Fatalf("the sweep made %v, %v", made, err)
	}
	for transition, n := range want {
		if made[transition] != n {
			t.Errorf("%s %d times, not %d", transition, made[transition], n)
		}
	}
}

// TestEveryStateHasItsInstant: counted in the transaction of the move, kept while the provider's time runs on, gone where nothing ends
// by itself; and counted by the sweep for what a program moved that knew of none.
func TestEveryStateHasItsInstant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	five := referrals.DueAt(referrals.Normal, referrals.DecideStep, w.now, referrals.Calendar{})
	due := func(a referrals.Result) *time.Time {
		return ask[*time.Time](t, w, `SELECT due_at FROM attempt WHERE id = $1`, a.ID)
	}
	for _, status := range statuses {
		a := w.in(t, "FSC-PARCEL", status)
		w.sweeps(t, map[referrals.Transition]int{})
		got := due(a)
		switch status {
		case referrals.StatusSent, referrals.StatusAcknowledged, referrals.StatusInfoRequested:
			if got == nil || !got.Equal(five) {
				t.Errorf("%s: %v", status, got)
			}
		case referrals.StatusWaitlisted:
			// Normal priority waits 60 days by the clock, whatever days they are; a move by SQL leaves updated_at as it was.
			if got == nil || !got.Equal(w.now.Add(60*24*time.Hour)) {
				t.Errorf("%s: %v", status, got)
			}
		default:
			if got != nil {
				t.Errorf("%s ends by itself at %v", status, got)
			}
		}
	}
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	w.now = w.now.Add(26 * time.Hour)
	a, err := w.store.Acknowledge(context.Background(), w.recipient, to(a))
	if err != nil || !due(a).Equal(five) {
		t.Errorf("acknowledging gives time until %v, %v", due(a), err)
	}
	w.Exec(t, `UPDATE attempt SET due_at = NULL WHERE id = $1`, a.ID)
	w.sweeps(t, map[referrals.Transition]int{})
	if got := due(a); got == nil || !got.Equal(five) {
		t.Errorf("what was never counted is due %v", got)
	}
}

// TestTwoSweepersFireOnce: two servers and four workers at once make each move once.
func TestTwoSweepersFireOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	n := proving(40)
	ids := w.many(t, n)
	each(ids, func(_ int, id uuid.UUID) {
		if _, err := w.store.Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1}); err != nil {
			t.Error(err)
		}
	})
	w.Exec(t, `UPDATE attempt SET due_at = $1 WHERE status = 'sent'`, w.now)
	var expired atomic.Int64
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			made, err := []*referrals.Store{w.store, other}[i%2].Sweep(context.Background())
			if err != nil {
				t.Error(err)
			}
			expired.Add(int64(made[referrals.Expire]))
		})
	}
	all.Wait()
	if got := w.count(t, `SELECT count(*) FROM event WHERE type = 'attempt.expired'`); got != n || int(expired.Load()) != n {
		t.Errorf("%d expired, %d events of %d", expired.Load(), got, n)
	}
	if got := w.count(t, `SELECT count(*) FROM audit_entry WHERE action = 'expire' AND allowed`); got != n {
		t.Errorf("%d audit entries of %d", got, n)
	}
}

// TestFiringWhatWasReadFiresTwice is the negative control: two that read what is due and then fire it without looking again.
func TestFiringWhatWasReadFiresTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	w.Exec(t, `UPDATE attempt SET due_at = $1`, w.now)
	w.Exec(t, `CREATE TABLE fired (attempt uuid)`)
	var due uuid.UUID
	for range 2 {
		if err := w.super.QueryRow(t.Context(), `SELECT id FROM attempt WHERE due_at <= $1`, w.now).Scan(&due); err != nil || due != a.ID {
			t.Fatal(due, err)
		}
	}
	for range 2 {
		w.Exec(t, `INSERT INTO fired VALUES ($1)`, due)
	}
	if n := w.count(t, `SELECT count(*) FROM fired`); n != 2 {
		t.Errorf("fired %d times: the control does not show the mistake", n)
	}
}

// TestOfSweepAndAcceptOneWins: whoever is first; the loser of a move hears of a conflict, or finds nothing to do.
func TestOfSweepAndAcceptOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	n := proving(30)
	w.quota(t, n)
	ids := w.many(t, n)
	each(ids, func(_ int, id uuid.UUID) {
		if _, err := w.store.Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1}); err != nil {
			t.Error(err)
		}
	})
	w.Exec(t, `UPDATE attempt SET due_at = $1 WHERE status = 'sent'`, w.now)
	var accepted atomic.Int64
	sweeping := make(chan error, 1)
	go func() { _, err := other.Sweep(context.Background()); sweeping <- err }()
	each(ids, func(_ int, id uuid.UUID) {
		_, err := w.store.Accept(context.Background(), w.recipient, referrals.Move{ID: id, Version: 2})
		switch {
		case err == nil:
			accepted.Add(1)
		case fault.KindOf(err) != fault.Conflict && !hasCode(err, fault.Impossible, "invalid_transition"):
			t.Error(err)
		}
	})
	if err := <-sweeping; err != nil {
		t.Error(err)
	}
	if _, err := other.Sweep(context.Background()); err != nil {
		t.Error(err)
	}
	expired := w.count(t, `SELECT count(*) FROM attempt WHERE status = 'expired'`)
	t.Logf("%d accepted, %d expired", accepted.Load(), expired)
	if got := w.count(t, `SELECT count(*) FROM attempt WHERE version = 3 AND status IN ('accepted', 'expired')`); got != n || expired+int(accepted.Load()) != n {
		t.Errorf("of %d, %d moved once; %d accepted, %d expired", n, got, accepted.Load(), expired)
	}
	if used := w.used(t); used != int(accepted.Load()) {
		t.Errorf("%d places are used", used)
	}
}

// TestOfWithdrawalAndAcceptOneIsFirst: either way the attempt is cancelled in the end and its provider sees nothing any more, and
// nobody is left accepted or sent under a consent that was withdrawn.
func TestOfWithdrawalAndAcceptOneIsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	n := proving(24)
	ids := w.many(t, n)
	each(ids, func(i int, id uuid.UUID) {
		if i%2 == 0 {
			return // its draft is sent at the same instant as its consent is withdrawn
		}
		if _, err := w.store.Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1}); err != nil {
			t.Error(err)
		}
	})
	consents := map[uuid.UUID]uuid.UUID{}
	for _, id := range ids {
		consents[id] = ask[uuid.UUID](t, w, `SELECT consent_id FROM attempt WHERE id = $1`, id)
	}
	var first atomic.Int64
	each(ids, func(i int, id uuid.UUID) {
		errs := bothAtOnce(
			func() error {
				_, err := other.WithdrawConsent(context.Background(), w.manager, referrals.Move{ID: consents[id], Version: 1}, referrals.WithdrawWith{Channel: "telephone"})
				return err
			},
			func() error {
				if i%2 == 0 {
					_, err := w.store.Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1})
					return err
				}
				_, err := w.store.Accept(context.Background(), w.recipient, referrals.Move{ID: id, Version: 2})
				return err
			})
		if errs[0] != nil {
			t.Errorf("the withdrawal: %v", errs[0])
		}
		if errs[1] == nil {
			first.Add(1)
		} else if fault.KindOf(errs[1]) != fault.Conflict && !hasCode(errs[1], fault.Refused, "consent_withdrawn") && !hasCode(errs[1], fault.Impossible, "invalid_transition") {
			t.Errorf("the other: %v", errs[1])
		}
	})
	t.Logf("%d moves came first", first.Load())
	if got := w.count(t, `SELECT count(*) FROM attempt AS a JOIN consent AS c ON c.id = a.consent_id WHERE c.withdrawn_at IS NOT NULL AND a.status NOT IN ('draft', 'cancelled')`); got != 0 {
		t.Errorf("%d attempts go on under a withdrawn consent", got)
	}
	for _, id := range ids {
		if v, err := w.store.Attempt(context.Background(), w.recipient, id); err == nil && shown(v) != "A" {
			t.Errorf("the provider still sees %s", shown(v))
		}
	}
}

// TestALookBeforeTheWithdrawalIsNotEnough is the negative control: the consent as a statement read it is no lock. Without the trigger
// the draft is sent although the family withdrew in between; with it, it is not.
func TestALookBeforeTheWithdrawalIsNotEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := `UPDATE attempt SET transition = 'send', status = 'sent', version = version + 1, sent_at = now(), instrument_id = $2, instrument_version = 1, term_id = $3 WHERE id = $1`
	try := func() string {
		a := w.draft(t, "FSC-PARCEL")
		app := w.connect(t, w.AppURL)
		var withdrawn *time.Time
		if err := app.QueryRow(t.Context(), `SELECT withdrawn_at FROM consent WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`, a.ID).Scan(&withdrawn); err != nil || withdrawn != nil {
			t.Fatal(withdrawn, err)
		}
		w.bringAbout(t, referrals.ConsentWithdrawn, a)
		_, err := app.Exec(t.Context(), send, a.ID, w.instrument, w.term)
		return constraintOf(err)
	}
	if got := try(); got != "attempt_consent_stands" {
		t.Errorf("sent under a withdrawn consent: %q", got)
	}
	w.Exec(t, `ALTER TABLE attempt DISABLE TRIGGER attempt_rests`)
	if got := try(); got != "" {
		t.Errorf("without the trigger %q refuses: the control does not show the mistake", got)
	}
}

// TestAFailureKeepsNobodyElse: what cannot be moved is reported, and the others are moved.
func TestAFailureKeepsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad, good := w.in(t, "FSC-PARCEL", referrals.StatusSent), w.in(t, "FSC-PARCEL", referrals.StatusSent)
	w.Exec(t, `UPDATE attempt SET due_at = $1`, w.now)
	w.Exec(t, `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`)
	w.Exec(t, `CREATE TRIGGER fails BEFORE UPDATE ON attempt FOR EACH ROW WHEN (OLD.id = '`+bad.ID.String()+`') EXECUTE FUNCTION fail()`)
	made, err := w.store.Sweep(context.Background())
	if err == nil || made[referrals.Expire] != 1 {
		t.Errorf("made %v, %v", made, err)
	}
	if got := ask[string](t, w, `SELECT status FROM attempt WHERE id = $1`, good.ID); got != "expired" {
		t.Errorf("the other is %s", got)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.store.Sweep(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
}

// TestASweepPassesOverWhatIsHeld: it does not wait for somebody who is at work on an attempt.
func TestASweepPassesOverWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	w.Exec(t, `UPDATE attempt SET due_at = $1`, w.now)
	tx, err := w.super.BeginTx(t.Context(), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM attempt WHERE id = $1 FOR UPDATE`, a.ID); err != nil {
		t.Fatal(err)
	}
	w.sweeps(t, map[referrals.Transition]int{})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sweeps(t, map[referrals.Transition]int{referrals.Expire: 1})
	if err := w.compel(policy.TheSystem(), referrals.Expire, to(a)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("after the sweep: %v", err)
	}
}
