package pg_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

// someone is an actor with the settings it is made of.
type someone map[string]string

func (s someone) Settings() map[string]string { return s }

func person(account uuid.UUID) someone {
	return someone{"tahweel.kind": "person", "tahweel.account_id": account.String()}
}

// setting reads a setting as a policy does.
func setting(ctx context.Context, q pg.Querier, name string) (value string, err error) {
	err = q.QueryRow(ctx, "SELECT coalesce(current_setting($1, true), '')", name).Scan(&value)
	return value, err
}

func TestSettingsLastAsLongAsTheTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pg.MaxConns(1)).DB
	actor := someone{
		"tahweel.kind": "person", "tahweel.account_id": "a'b", "tahweel.roles": "{case_manager,\"x,y\"}",
		"tahweel.organization_ids": "{o}", "tahweel.directorate_ids": "{d}", "tahweel.own_session": "true",
	}
	err := db.InTx(t.Context(), actor, func(q pg.Querier) error {
		for name, want := range actor {
			if got, err := setting(t.Context(), q, name); err != nil || got != want {
				t.Errorf("%s is %q, %v; want %q", name, got, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pg.SettingNames {
		if got, err := setting(t.Context(), db.Pool(), name); err != nil || got != "" {
			t.Errorf("after the transaction %s is %q, %v; want nothing", name, got, err)
		}
	}
}

// The control to the test above: a session SET does leak to whoever gets the connection next, and InTx clears it even so.
func TestASessionSettingLeaksButNotIntoInTx(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pg.MaxConns(1)).DB
	err := db.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), "SET tahweel.organization_ids = '{theirs}'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := setting(t.Context(), db.Pool(), "tahweel.organization_ids"); err != nil || got != "{theirs}" {
		t.Fatalf("the setting is %q, %v; the control needs a leak", got, err)
	}
	err = db.InTx(t.Context(), person(uuid.New()), func(q pg.Querier) error {
		got, err := setting(t.Context(), q, "tahweel.organization_ids")
		if got != "" {
			t.Errorf("the next actor has %q of another", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEverySettingThatPoliciesReadIsSet(t *testing.T) {
	t.Parallel()
	for name, line := range grepMigrations(t, `current_setting\('(tahweel\.[a-z_]+)'`) {
		if !slices.Contains(pg.SettingNames, name) {
			t.Errorf("%s: no transaction sets %s", line, name)
		}
	}
}

func TestInTxRefusesAnActorThatIsNone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	for name, actor := range map[string]pg.Actor{
		"nil": nil, "no kind": someone{"tahweel.account_id": "x"}, "unknown setting": someone{"tahweel.kind": "person", "tahweel.x": ""},
	} {
		err := db.InTx(t.Context(), actor, func(pg.Querier) error { t.Errorf("%s: it ran", name); return nil })
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestErrorAndPanicRollBack(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, pg.MaxConns(1))
	d.Exec(t, "CREATE TABLE note (n integer); GRANT ALL ON note TO tahweel_app")
	insert := func(q pg.Querier) {
		if _, err := q.Exec(t.Context(), "INSERT INTO note VALUES (1)"); err != nil {
			t.Error(err)
		}
	}
	reason := errors.New("reason")
	if err := d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error { insert(q); return reason }); !errors.Is(err, reason) {
		t.Errorf("got %v, want the reason", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error { insert(q); panic("no") })
	}()
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note"); n != 0 {
		t.Errorf("%d rows were kept", n)
	}
	if err := d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error { insert(q); return nil }); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note"); n != 1 {
		t.Errorf("%d rows after a commit, want 1", n)
	}
}

func TestAQuerierIsDeadAfterItsTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	var kept pg.Querier
	if err := db.InTx(t.Context(), pg.System{}, func(q pg.Querier) error { kept = q; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Exec(t.Context(), "SELECT 1"); !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("Exec: %v", err)
	}
	var n int
	if err := kept.QueryRow(t.Context(), "SELECT 1").Scan(&n); !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("QueryRow: %v", err)
	}
}

func TestASwallowedFailureDoesNotCountAsDone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	err := db.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		_, _ = q.Exec(t.Context(), "SELECT 1/0")
		return nil
	})
	if err == nil {
		t.Error("a transaction that PostgreSQL rolled back counts as committed")
	}
}

// fails makes PostgreSQL report the state.
func fails(ctx context.Context, q pg.Querier, state string) error {
	_, err := q.Exec(ctx, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '"+state+"'; END $$")
	return err
}

func TestInTxRepeatsWhatPostgreSQLAsksToRepeat(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	for _, c := range []struct {
		state    string
		failures int // how often it fails before it would succeed
		runs     int
		kind     fault.Kind
	}{
		{"40001", 2, 3, 0},
		{"40P01", 1, 2, 0},
		{"40001", 99, pg.Attempts, fault.Unavailable},
		{"40P01", 99, pg.Attempts, fault.Unavailable},
		{"55P03", 99, 1, fault.Unavailable},
		{"22012", 99, 1, fault.Invalid},
	} {
		runs := 0
		err := db.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			if runs++; runs > c.failures {
				return nil
			}
			return pg.Translate(fails(t.Context(), q, c.state)) // a store may have translated it already
		})
		if runs != c.runs || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %d runs, %v; want %d runs, kind %d", c.state, runs, err, c.runs, c.kind)
		}
	}
}

func TestADeadlockEndsWithBothDone(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE pair (id integer, n integer); INSERT INTO pair VALUES (1, 0), (2, 0); GRANT ALL ON pair TO tahweel_app")
	var met sync.WaitGroup // both hold their first row before either wants its second
	met.Add(2)
	var runs atomic.Int32
	add := func(first, second int) error {
		again := false
		return d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			runs.Add(1)
			if _, err := q.Exec(t.Context(), "UPDATE pair SET n = n + 1 WHERE id = $1", first); err != nil {
				return err
			}
			if !again {
				again = true
				met.Done()
				met.Wait()
			}
			_, err := q.Exec(t.Context(), "UPDATE pair SET n = n + 1 WHERE id = $1", second)
			return err
		})
	}
	errs := make(chan error)
	go func() { errs <- add(1, 2) }()
	go func() { errs <- add(2, 1) }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Value[int](t, d, "SELECT sum(n) FROM pair"); n != 4 || runs.Load() < 3 {
		t.Errorf("the sum is %d after %d runs, want 4 after a repetition", n, runs.Load())
	}
}

// wire watches the bytes to the server and can cut it.
type wire struct {
	net.Conn
	writes *atomic.Int32
	cut    []byte // closes the connection right after sending something that contains it
}

func (w wire) Write(data []byte) (int, error) {
	w.writes.Add(1)
	n, err := w.Conn.Write(data)
	if w.cut != nil && bytes.Contains(data, w.cut) {
		_ = w.Close()
	}
	return n, err
}

func wired(writes *atomic.Int32, cut []byte) pg.Option {
	return func(c *pgxpool.Config) {
		dial := c.ConnConfig.DialFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return wire{conn, writes, cut}, err
		}
	}
}

func TestATransactionCostsTwoRoundTrips(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	db := pgtest.New(t, pg.MaxConns(1), wired(&writes, nil)).DB
	one := func(q pg.Querier) error { _, err := q.Exec(t.Context(), "SELECT 1"); return err }
	for range 2 { // the first time statements are prepared
		writes.Store(0)
		if err := db.InTx(t.Context(), pg.System{}, one); err != nil {
			t.Fatal(err)
		}
	}
	if n := writes.Load(); n != 3 {
		t.Errorf("a transaction of one statement took %d round trips, want 3: begin with settings, the statement, commit", n)
	}
}

func TestALostCommitIsNotTakenForEither(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	db := pgtest.New(t, wired(&writes, []byte("commit\x00"))).DB
	runs := 0
	err := db.InTx(t.Context(), pg.System{}, func(pg.Querier) error { runs++; return nil })
	if !errors.Is(err, pg.ErrOutcomeUnknown) || runs != 1 {
		t.Errorf("got %v after %d runs; want the unknown outcome and no repetition", err, runs)
	}
}

// A trigger that warns while committing stands for the server that stopped waiting for its standby.
func TestAWarningWhileCommittingIsNotASuccess(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, `
		CREATE TABLE note (n integer);
		GRANT ALL ON note TO tahweel_app;
		CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''not on the standby''; RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER late AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()`)
	insert := func(q pg.Querier) error { _, err := q.Exec(t.Context(), "INSERT INTO note VALUES (1)"); return err }
	if err := d.DB.InTx(t.Context(), pg.System{}, insert); !errors.Is(err, pg.ErrOutcomeUnknown) {
		t.Errorf("got %v, want the unknown outcome", err)
	}
	d.Exec(t, "DROP TRIGGER late ON note")
	early := func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), "DO $$ BEGIN RAISE WARNING 'harmless'; END $$")
		return err
	}
	if err := d.DB.InTx(t.Context(), pg.System{}, early); err != nil {
		t.Errorf("a warning before the commit made it fail: %v", err)
	}
}

func TestADeadConnectionIsReplacedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, pg.MaxConns(2))
	d.Exec(t, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tahweel'")
	runs := 0
	if err := d.DB.InTx(t.Context(), pg.System{}, func(pg.Querier) error { runs++; return nil }); err != nil || runs != 1 {
		t.Errorf("got %v after %d runs", err, runs)
	}
}

func TestACancelledCallerGetsTheConnectionBackIntoThePool(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pg.MaxConns(1)).DB
	ctx, cancel := context.WithCancel(t.Context())
	err := db.InTx(ctx, pg.System{}, func(q pg.Querier) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := db.InTx(t.Context(), pg.System{}, func(pg.Querier) error { return nil }); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

func TestElevateGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	reason := errors.New("reason")
	kind := func(q pg.Querier) string { k, _ := setting(t.Context(), q, "tahweel.kind"); return k }
	err := db.InTx(t.Context(), person(uuid.New()), func(q pg.Querier) error {
		err := pg.Elevate(t.Context(), q, func(q pg.Querier) error {
			if k := kind(q); k != "system" {
				t.Errorf("elevated, the kind is %q", k)
			}
			return pg.Elevate(t.Context(), q, func(pg.Querier) error { return reason })
		})
		if !errors.Is(err, reason) {
			t.Errorf("the error is %v", err)
		}
		if k := kind(q); k != "person" {
			t.Errorf("afterwards the kind is %q", k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestElevateThatCannotGiveBackEndsTheTransaction(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE note (n integer); GRANT ALL ON note TO tahweel_app")
	err := d.DB.InTx(t.Context(), person(uuid.New()), func(q pg.Querier) error {
		if _, err := q.Exec(t.Context(), "INSERT INTO note VALUES (1)"); err != nil {
			return err
		}
		if _, err := q.Exec(t.Context(), "SAVEPOINT before"); err != nil {
			return err
		}
		_ = pg.Elevate(t.Context(), q, func(q pg.Querier) error {
			_, _ = q.Exec(t.Context(), "SAVEPOINT elevated")
			_, err := q.Exec(t.Context(), "SELECT 1/0") // now set_config fails too
			return err
		})
		if _, err := q.Exec(t.Context(), "ROLLBACK TO elevated"); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("it went on with the system's rights: %v", err)
		}
		return nil
	})
	if err == nil {
		t.Error("it committed")
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note"); n != 0 {
		t.Error("a row was kept")
	}
}
