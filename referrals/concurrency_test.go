package referrals_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

// proving multiplies a count when the expensive proofs are asked for.
func proving(n int) int {
	if os.Getenv("TAHWEEL_PROVE") == "1" {
		return n * 10
	}
	return n
}

// second is a Store on a pool of its own, as a second server has.
func (w *world) second(t *testing.T) *referrals.Store {
	t.Helper()
	db, err := pg.Open(t.Context(), w.AppURL, patient)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	now := w.now
	return referrals.NewStore(db, w.keys, func() time.Time { return now })
}

// many makes n referrals with one draft each, as copies of a real one.
func (w *world) many(t *testing.T, n int) []uuid.UUID {
	t.Helper()
	a := w.draft(t, "FSC-PARCEL")
	w.Exec(t, `CREATE TABLE copied AS SELECT gen_random_uuid() AS referral, gen_random_uuid() AS attempt, gen_random_uuid() AS consent FROM generate_series(1, $1)`, n)
	for _, sql := range []string{
		`INSERT INTO referral SELECT (jsonb_populate_record(r, jsonb_build_object('id', c.referral))).* FROM referral AS r, copied AS c WHERE r.id = $1`,
		`INSERT INTO consent SELECT (jsonb_populate_record(s, jsonb_build_object('id', c.consent, 'referral_id', c.referral))).* FROM consent AS s, copied AS c WHERE s.referral_id = $1`,
		`INSERT INTO attempt SELECT (jsonb_populate_record(a, jsonb_build_object('id', c.attempt, 'referral_id', c.referral, 'consent_id', c.consent))).* FROM attempt AS a, copied AS c WHERE a.referral_id = $1`,
	} {
		w.Exec(t, sql, a.ReferralID)
	}
	return ask[[]uuid.UUID](t, w, `SELECT array_agg(attempt) FROM copied`)
}

// quota gives provider's term a quota.
func (w *world) quota(t *testing.T, limit int) {
	t.Helper()
	w.Exec(t, `ALTER TABLE instrument_quota DISABLE TRIGGER USER`)
	w.Exec(t, `INSERT INTO instrument_quota (id, term_id, period, cap) VALUES (gen_random_uuid(), $1, 'open', $2)`, w.term, limit)
	w.Exec(t, `ALTER TABLE instrument_quota ENABLE TRIGGER USER`)
}

func (w *world) used(t *testing.T) int {
	t.Helper()
	return w.count(t, `SELECT coalesce(sum(used), 0) FROM instrument_quota_use`)
}

// each runs fn for every id, sixteen at a time.
func each(ids []uuid.UUID, fn func(i int, id uuid.UUID)) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, 16)
	for i, id := range ids {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			fn(i, id)
		})
	}
	wg.Wait()
}

// bothAtOnce releases two functions at the same instant and returns their errors.
func bothAtOnce(one, other func() error) [2]error {
	var wg sync.WaitGroup
	var errs [2]error
	start := make(chan struct{})
	for i, fn := range []func() error{one, other} {
		wg.Go(func() { <-start; errs[i] = fn() })
	}
	close(start)
	wg.Wait()
	return errs
}

// TestOfAcceptAndRecallOneWins: two servers, 200 pairs at once; the loser hears of a conflict, each attempt has one event for its
// move, and the quota counts just the accepted.
func TestOfAcceptAndRecallOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	n := proving(200)
	w.quota(t, n)
	ids := w.many(t, n)
	each(ids, func(_ int, id uuid.UUID) {
		if _, err := w.store.Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1}); err != nil {
			t.Error(err)
		}
	})
	var accepted, recalled atomic.Int64
	each(ids, func(_ int, id uuid.UUID) {
		m := referrals.Move{ID: id, Version: 2}
		errs := bothAtOnce(
			func() error { _, err := w.store.Accept(context.Background(), w.recipient, m); return err },
			func() error {
				_, err := other.Recall(context.Background(), w.manager, m, referrals.RecallWith{Code: "client_moved"})
				return err
			})
		switch {
		case errs[0] == nil && fault.KindOf(errs[1]) == fault.Conflict:
			accepted.Add(1)
		case errs[1] == nil && fault.KindOf(errs[0]) == fault.Conflict:
			recalled.Add(1)
		default:
			t.Errorf("accept: %v; recall: %v", errs[0], errs[1])
		}
	})
	t.Logf("%d accepted, %d recalled", accepted.Load(), recalled.Load())
	if got := w.count(t, `SELECT count(*) FROM attempt WHERE version = 3 AND status IN ('accepted', 'cancelled')`); got != n {
		t.Errorf("%d of %d attempts moved once", got, n)
	}
	if got := w.count(t, `SELECT count(*) FROM event AS e JOIN attempt AS a ON a.id = e.attempt_id WHERE e.version = 3 AND e.type = 'attempt.' || a.status`); got != n {
		t.Errorf("%d events of %d moves", got, n)
	}
	if got := w.count(t, `SELECT count(*) FROM event WHERE type IN ('attempt.accepted', 'attempt.cancelled')`); got != n {
		t.Errorf("%d events altogether", got)
	}
	if used := w.used(t); used != int(accepted.Load()) || used != w.count(t, `SELECT count(*) FROM attempt_quota`) {
		t.Errorf("the quota counts %d, accepted are %d", used, accepted.Load())
	}
}

// TestAMoveWithoutAVersionLetsBothWin is the negative control: reading the status and then writing is not enough.
func TestAMoveWithoutAVersionLetsBothWin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	one, other := w.connect(t, w.AppURL), w.connect(t, w.AppURL)
	ctx := context.Background()
	var status string
	for _, c := range []*pgx.Conn{one, other} {
		if err := c.QueryRow(ctx, `SELECT status FROM attempt WHERE id = $1`, a.ID).Scan(&status); err != nil || status != "sent" {
			t.Fatal(status, err)
		}
	}
	wins := 0
	for _, c := range []*pgx.Conn{one, other} {
		tag, err := c.Exec(ctx, `UPDATE attempt SET partner_reference = coalesce(partner_reference, '') || 'x' WHERE id = $1`, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		wins += int(tag.RowsAffected())
	}
	if wins != 2 || ask[string](t, w, `SELECT partner_reference FROM attempt WHERE id = $1`, a.ID) != "xx" {
		t.Errorf("%d wins: the control does not show the mistake", wins)
	}
}

func TestAQuotaIsNeverOversubscribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []*referrals.Store{w.store, w.second(t)}
	const limit = 50
	w.quota(t, limit)
	ids := w.many(t, proving(200))
	stop, most := w.watch(t)
	var sent sync.Map
	each(ids, func(i int, id uuid.UUID) {
		_, err := stores[i%2].Send(context.Background(), w.manager, referrals.Move{ID: id, Version: 1})
		var f *fault.Error
		if err == nil {
			sent.Store(id, true)
		} else if !errors.As(err, &f) || f.Kind != fault.Impossible || f.Code != "quota_exhausted" {
			t.Errorf("refused with %v", err)
		}
	})
	stop()
	var winners []uuid.UUID
	sent.Range(func(id, _ any) bool { winners = append(winners, id.(uuid.UUID)); return true })
	if len(winners) != limit || w.used(t) != limit || most.Load() > limit {
		t.Fatalf("%d sent, %d used, at most %d", len(winners), w.used(t), most.Load())
	}
	if n := w.count(t, `SELECT count(*) FROM event WHERE type = 'attempt.sent'`); n != limit {
		t.Errorf("%d events of %d sent", n, limit)
	}
	each(winners[:20], func(i int, id uuid.UUID) {
		if _, err := stores[i%2].Recall(context.Background(), w.manager, referrals.Move{ID: id, Version: 2}, referrals.RecallWith{Code: "duplicate"}); err != nil {
			t.Error(err)
		}
	})
	if used := w.used(t); used != limit-20 {
		t.Errorf("after 20 recalls %d are used", used)
	}
}

// watch reads the counter again and again until it is stopped.
func (w *world) watch(t *testing.T) (stop func(), most *atomic.Int64) {
	t.Helper()
	conn := w.connect(t, w.OwnerURL)
	most = &atomic.Int64{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var used int64
			if err := conn.QueryRow(context.Background(), `SELECT coalesce(max(used), 0) FROM instrument_quota_use`).Scan(&used); err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), used))
			select {
			case <-done:
				return
			default:
			}
		}
	}()
	return func() { close(done); <-ended }, most
}

// TestCountingThenInsertingOversubscribes is the negative control of the quota.
func TestCountingThenInsertingOversubscribes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, `CREATE TABLE place_taken (id uuid PRIMARY KEY DEFAULT gen_random_uuid())`)
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var counted, wg sync.WaitGroup
	counted.Add(2)
	for range 2 {
		wg.Go(func() {
			var n int
			if err := pool.QueryRow(ctx, `SELECT count(*) FROM place_taken`).Scan(&n); err != nil {
				t.Error(err)
			}
			counted.Done()
			counted.Wait()
			if n < 1 { // a limit of one place
				if _, err := pool.Exec(ctx, `INSERT INTO place_taken DEFAULT VALUES`); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := w.count(t, `SELECT count(*) FROM place_taken`); n != 2 {
		t.Errorf("%d places are taken: the control does not show the mistake", n)
	}
}

// TestTheSameKeyTenTimesHasOneEffect repeats a creation and a move in parallel until each caller has an answer.
func TestTheSameKeyTenTimesHasOneEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []*referrals.Store{w.store, w.second(t)}
	n := w.need(t, "FSC-PARCEL")
	draft := w.draft(t, "FSC-PARCEL")
	before := w.count(t, `SELECT count(*) FROM referral`)
	key := func(k string, who policy.Actor) pg.Once {
		return pg.Once{Client: who.AccountID.String(), Key: k, Fingerprint: []byte("the same request")}
	}
	var first atomic.Int64
	each(make([]uuid.UUID, proving(10)), func(i int, _ uuid.UUID) {
		untilAnswered(t, &first, func() (bool, error) {
			r, err := stores[i%2].Create(context.Background(), w.manager, n, key("create", w.manager))
			return r.Replayed, err
		})
		untilAnswered(t, &first, func() (bool, error) {
			r, err := stores[i%2].Send(context.Background(), w.manager, referrals.Move{ID: draft.ID, Version: 1, Once: key("send", w.manager)})
			return r.Replayed, err
		})
	})
	if first.Load() != 2 {
		t.Errorf("%d answers say that they were the first of two", first.Load())
	}
	if got := w.count(t, `SELECT count(*) FROM referral`) - before; got != 1 {
		t.Errorf("%d referrals", got)
	}
	if got := w.count(t, `SELECT count(*) FROM event WHERE type = 'attempt.sent'`); got != 1 {
		t.Errorf("sent %d times", got)
	}
	for range 2 {
		if _, err := w.store.Create(context.Background(), w.manager, n, once()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.count(t, `SELECT count(*) FROM referral`) - before; got != 3 {
		t.Error("without a key too only one is made")
	}
}

func untilAnswered(t *testing.T, first *atomic.Int64, try func() (bool, error)) {
	t.Helper()
	for range 10_000 {
		replayed, err := try()
		var f *fault.Error
		if errors.As(err, &f) && f.Code == "idempotency_in_progress" {
			continue
		}
		if err != nil {
			t.Error(err)
		}
		if !replayed {
			first.Add(1)
		}
		return
	}
	t.Error("no answer after many tries")
}
