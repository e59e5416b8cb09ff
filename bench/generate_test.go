package bench_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/bench"
)

func TestGenerateRefusesSizesItWasNotMadeFor(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, bench.MinimumLocations - 1, bench.MaximumLocations + 1} {
		if _, err := bench.Generate(t.Context(), "", bench.Size{Locations: n, Now: noon}); err == nil {
			t.Errorf("%d locations were not refused", n)
		}
	}
}

// The generator writes past triggers and foreign keys; what it writes must be what they would have let in.
func TestGeneratedCountryIsLegal(t *testing.T) {
	t.Parallel()
	c := newCountry(t, bench.MinimumLocations)
	t.Run("keys", func(t *testing.T) {
		conn := c.connect(t)
		if broken := brokenKeys(t, conn); len(broken) > 0 {
			t.Errorf("these foreign keys do not hold: %v", broken)
		}
		exec(t, conn, `SET session_replication_role = replica`)
		exec(t, conn, `UPDATE accreditation SET prior_status = 'revoked' WHERE id = (SELECT id FROM accreditation LIMIT 1)`)
		if broken := brokenKeys(t, conn); !slices.Equal(broken, []string{"accreditation_move_legal"}) {
			t.Errorf("an illegal move was written, and broken were %v", broken)
		}
	})
	t.Run("search", func(t *testing.T) {
		conn := c.connect(t)
		generated := fingerprint(t, conn)
		exec(t, conn, `SELECT refresh_provider_search(id) FROM organization WHERE hashtext(id::text) % 10 = 0`)
		if refreshed := fingerprint(t, conn); refreshed != generated {
			t.Errorf("refreshed, the search tables are %s, and generated they are %s", refreshed, generated)
		}
		exec(t, conn, `UPDATE service SET status = 'inactive'`)
		exec(t, conn, `SELECT refresh_provider_search(organization_id) FROM provider_search LIMIT 1`)
		if fingerprint(t, conn) == generated {
			t.Error("services were closed and the fingerprint of the search tables is the same: it shows nothing")
		}
	})
}

func TestGeneratedCountryIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	one, other := newCountry(t, bench.MinimumLocations), newCountry(t, bench.MinimumLocations)
	if a, b := fingerprint(t, one.connect(t)), fingerprint(t, other.connect(t)); a != b {
		t.Errorf("the search tables are %s and %s", a, b)
	}
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// fingerprint is a number that follows from the rows of the search tables and not from their order.
func fingerprint(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var sum string
	err := conn.QueryRow(t.Context(), `
		SELECT concat_ws(' ', count(*), sum(hashtextextended(ps::text, 0)), (SELECT sum(hashtextextended(pc::text, 0)) FROM provider_card AS pc))
		FROM provider_search AS ps`).Scan(&sum)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// brokenKeys makes each foreign key of the generated tables once more, which looks at every row, and returns the names of those
// that cannot be made.
func brokenKeys(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT k.conname, format('ALTER TABLE %s ADD CONSTRAINT once_more %s', k.conrelid::regclass, pg_get_constraintdef(k.oid))
		FROM pg_constraint AS k
		WHERE k.contype = 'f'
		  AND k.connamespace = 'public'::regnamespace
		ORDER BY k.conname`)
	if err != nil {
		t.Fatal(err)
	}
	type key struct{ Name, SQL string }
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[key])
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) == 0 {
		t.Fatal("there are no foreign keys")
	}
	var broken []string
	for _, k := range keys {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), k.SQL); err != nil {
			broken = append(broken, k.Name)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return broken
}
