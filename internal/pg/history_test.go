package pg_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg/pgtest"
)

// byNameSQL is the trigger as it would be with the collation that the name of a table has: C, in which no index stands.
const byNameSQL = `
	CREATE OR REPLACE FUNCTION tahweel_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	BEGIN
	  PERFORM tahweel_history_write(
	    TG_OP, TG_TABLE_NAME::text, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]::boolean,
	    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
	  RETURN NULL;
	END $$`

// A write of the register looks up what the history last said of the row, and does not read the history for it.
func TestTheHistoryIsNotReadWholeAtEachWrite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	// readWhole is how often this transaction has read the whole table.
	readWhole := func() (n int) {
		t.Helper()
		exec("UPDATE place SET population = coalesce(population, 0) + 1, version = version + 1 WHERE code = 'gn-281292'")
		if err := tx.QueryRow(t.Context(), "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'history'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	exec("SELECT set_config('tahweel.kind', 'system', true)")
	if n := readWhole(); n > 0 {
		t.Errorf("one write has read the whole history %d times", n)
	}
	exec(byNameSQL)
	if readWhole() == 0 {
		t.Error("a lookup without the index is not noticed")
	}
}
