package pg_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

func TestReadingCostsARoundTripForEachRound(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	db := pgtest.New(t, pg.MaxConns(1), wired(&writes, nil)).DB
	var kind string
	round := func(batch *pgx.Batch) error {
		batch.Queue("SELECT current_setting('tahweel.kind')").QueryRow(func(row pgx.Row) error { return row.Scan(&kind) })
		return nil
	}
	for n := 1; n <= 3; n++ {
		rounds := []pg.Round{round, round, round}[:n]
		for range 2 { // the first time statements are prepared
			writes.Store(0)
			if err := db.Read(t.Context(), pg.System{}, rounds...); err != nil {
				t.Fatal(err)
			}
		}
		if got := int(writes.Load()); got != n || kind != "system" {
			t.Errorf("%d rounds took %d round trips in the name of %q", n, got, kind)
		}
	}
}

func TestReadingWritesNothingAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, pg.MaxConns(1))
	d.Exec(t, "CREATE TABLE note (n integer); GRANT ALL ON note TO tahweel_app")
	queue := func(sql string) pg.Round {
		return func(batch *pgx.Batch) error { batch.Queue(sql); return nil }
	}
	reason := errors.New("reason")
	refuse := func(*pgx.Batch) error { return reason }
	for name, rounds := range map[string][]pg.Round{
		"a write in the only round":  {queue("INSERT INTO note VALUES (1)")},
		"a write in the first round": {queue("INSERT INTO note VALUES (1)"), queue("SELECT 1")},
		"a write in the last round":  {queue("SELECT 1"), queue("INSERT INTO note VALUES (1)")},
		"no such table":              {queue("SELECT 1"), queue("SELECT FROM nothing")},
		"a round that refuses":       {queue("SELECT 1"), refuse},
		"at once":                    {refuse},
	} {
		if err := d.DB.Read(t.Context(), pg.System{}, rounds...); err == nil || name == "a round that refuses" && !errors.Is(err, reason) {
			t.Errorf("%s: got %v", name, err)
		}
		// There is one connection: it must be free of transaction and settings.
		err := d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), "INSERT INTO note VALUES (2)")
			return err
		})
		if err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note WHERE n = 1"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	if n := pgtest.Value[int](t, d, "SELECT count(*) FROM note WHERE n = 2"); n != 6 {
		t.Errorf("negative control: InTx wrote %d rows, want 6", n)
	}
}

func TestReadingRepeatsWhenTheConnectionHadDied(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, pg.MaxConns(2))
	d.Exec(t, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tahweel'")
	if err := d.DB.Read(t.Context(), pg.System{}, func(batch *pgx.Batch) error { batch.Queue("SELECT 1"); return nil }); err != nil {
		t.Error(err)
	}
}
