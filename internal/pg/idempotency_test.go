package pg_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

const act = "note.write"

// write writes a note once, in the name of the account.
func write(t *testing.T, db *pg.DB, account uuid.UUID, once pg.Once, operation string) (outcome pg.Outcome, err error) {
	err = db.InTx(t.Context(), person(account), func(q pg.Querier) error {
		var seen bool
		if outcome, seen, err = once.Seen(t.Context(), q, operation); err != nil || seen {
			return err
		}
		outcome = pg.Outcome{ResourceID: uuid.Must(uuid.NewV7()), Version: 1}
		if _, err := q.Exec(t.Context(), "INSERT INTO note VALUES ($1)", outcome.ResourceID); err != nil {
			return err
		}
		return once.Record(t.Context(), q, operation, outcome.ResourceID, outcome.Version)
	})
	return outcome, err
}

func notes(t *testing.T) *pgtest.DB {
	t.Helper()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE note (id uuid); GRANT ALL ON note TO tahweel_app")
	return d
}

func TestTheSameKeyTenTimesHasOneEffect(t *testing.T) {
	t.Parallel()
	d := notes(t)
	account := uuid.New()
	once := pg.Once{Client: account.String(), Key: "k", Fingerprint: []byte("body")}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			_, err := write(t, d.DB, account, once, act)
			var f *fault.Error
			if err != nil && (!errors.As(err, &f) || f.Code != "idempotency_in_progress") {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	last, err := write(t, d.DB, account, once, act)
	if err != nil || !last.Replayed || last.Version != 1 {
		t.Errorf("the replay is %+v, %v", last, err)
	}
	if id := pgtest.Value[uuid.UUID](t, d, "SELECT id FROM note"); id != last.ResourceID {
		t.Errorf("the replay answers %s, the effect is %s", last.ResourceID, id)
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note"); n != 1 {
		t.Errorf("%d effects", n)
	}
}

// The control: without a key each request has its effect.
func TestWithoutAKeyEveryRequestCounts(t *testing.T) {
	t.Parallel()
	d := notes(t)
	for range 3 {
		if _, err := write(t, d.DB, uuid.New(), pg.Once{}, act); err != nil {
			t.Fatal(err)
		}
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note"); n != 3 {
		t.Errorf("%d effects, want 3", n)
	}
}

func TestAKeyIsForOneRequestOfOneClient(t *testing.T) {
	t.Parallel()
	d := notes(t)
	account, other := uuid.New(), uuid.New()
	once := pg.Once{Client: account.String(), Key: "k", Fingerprint: []byte("body")}
	first, err := write(t, d.DB, account, once, act)
	if err != nil {
		t.Fatal(err)
	}
	changed := once
	changed.Fingerprint = []byte("another body")
	for name, call := range map[string]func() (pg.Outcome, error){
		"another body":      func() (pg.Outcome, error) { return write(t, d.DB, account, changed, act) },
		"another operation": func() (pg.Outcome, error) { return write(t, d.DB, account, once, "note.delete") },
	} {
		_, err := call()
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != "idempotency_key_reused" || f.Kind != fault.Refused {
			t.Errorf("%s: got %v", name, err)
		}
	}
	theirs, err := write(t, d.DB, other, pg.Once{Client: other.String(), Key: "k", Fingerprint: []byte("body")}, act)
	if err != nil || theirs.Replayed || theirs.ResourceID == first.ResourceID {
		t.Errorf("another client with the same key got %+v, %v", theirs, err)
	}
	if _, err := write(t, d.DB, other, once, act); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a key in another client's name: %v, want Forbidden", err)
	}
}

func TestAKeyWhoseEffectFailedIsFree(t *testing.T) {
	t.Parallel()
	d := notes(t)
	account := uuid.New()
	once := pg.Once{Client: account.String(), Key: "k", Fingerprint: []byte("body")}
	reason := errors.New("reason")
	err := d.DB.InTx(t.Context(), person(account), func(q pg.Querier) error {
		return errors.Join(once.Record(t.Context(), q, act, uuid.New(), 1), reason)
	})
	if !errors.Is(err, reason) {
		t.Fatal(err)
	}
	if got, err := write(t, d.DB, account, once, act); err != nil || got.Replayed {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAccountsSeeTheirOwnKeysOnly(t *testing.T) {
	t.Parallel()
	d := notes(t)
	account := uuid.New()
	if _, err := write(t, d.DB, account, pg.Once{Client: account.String(), Key: "k", Fingerprint: []byte("body")}, act); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		actor pg.Actor
		want  int
	}{{person(account), 1}, {person(uuid.New()), 0}, {someone{"tahweel.kind": "person"}, 0}, {pg.System{}, 1}} {
		err := d.DB.InTx(t.Context(), c.actor, func(q pg.Querier) error {
			rows, err := q.Query(t.Context(), "SELECT key FROM idempotency")
			if err != nil {
				return err
			}
			keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if len(keys) != c.want {
				t.Errorf("%v sees %d keys, want %d", c.actor, len(keys), c.want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
