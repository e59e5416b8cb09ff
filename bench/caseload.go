package bench

import (
	"context"
	"embed"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// Caseload says what GenerateReferrals makes.
type Caseload struct {
	// Referrals is how many there are, from 1,000 to 10 million, over three years: each with a person, nine sealed fields, a consent and
	// an attempt, or two, and with about seven events. There is no line of the audit log, which no list reads.
	Referrals int
	// Bare leaves out sealed fields, blind indexes and events: ten million referrals then take a fifth of the room.
	Bare bool
	// Now is the instant at which the three years end. With the same country, Referrals and Now the data are the same.
	Now time.Time
	// Log gets a line for each step; nil discards them.
	Log io.Writer
}

// The limits of Caseload.Referrals. The sizes above were never tried.
const (
	MinimumReferrals = 1_000
	MaximumReferrals = 10_000_000
)

// chunk is how many referrals are written at once, so that neither the log nor a temporary table grows without end.
const chunk = 50_000

//go:embed caseload/*.sql
var caseSteps embed.FS

// GenerateReferrals adds referrals in every status of an attempt but one, entered_in_error, to a database that Generate has filled
// and nobody else. Sealed fields hold bytes of the right length that open under no key. ownerURL must be a superuser's: rows are
// written in their final state, past the triggers. Indexes are made after the rows; a generation that failed leaves none.
func GenerateReferrals(ctx context.Context, ownerURL string, c Caseload) error {
	if c.Referrals < MinimumReferrals || c.Referrals > MaximumReferrals {
		return fmt.Errorf("bench: %d referrals are not from %d to %d", c.Referrals, MinimumReferrals, MaximumReferrals)
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, `
		SELECT set_config('bench.referrals', @referrals::bigint::text, false),
		       set_config('bench.chunk', @chunk::bigint::text, false),
		       set_config('bench.now', @now::timestamptz::text, false)`,
		pgx.StrictNamedArgs{"referrals": c.Referrals, "chunk": chunk, "now": c.Now})
	if err != nil {
		return fmt.Errorf("bench: set the parameters: %w", err)
	}
	if err := c.prepare(ctx, conn); err != nil {
		return err
	}
	restore, err := dropIndexes(ctx, conn)
	if err != nil {
		return err
	}
	if err := c.chunks(ctx, conn); err != nil {
		return err
	}
	begun := time.Now()
	for _, sql := range restore {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("bench: %s: %w", sql, err)
		}
	}
	fmt.Fprintf(c.Log, "%-32s %6.1f s\n", "indexes", time.Since(begun).Seconds())
	return step(ctx, conn, c.Log, caseSteps, "caseload/04_vacuum.sql")
}

// prepare makes what the chunks draw from. The tables of the country's own generation are temporary, so its places are numbered anew.
func (c Caseload) prepare(ctx context.Context, conn *pgx.Conn) error {
	if err := step(ctx, conn, c.Log, steps, "generate/01_chance.sql"); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `
		CREATE TEMP TABLE spot AS
		SELECT d.n AS directorate, row_number() OVER (PARTITION BY d.n ORDER BY dp.place_code) - 1 AS n, count(*) OVER (PARTITION BY d.n) AS of,
		       dp.place_code AS code
		FROM generate_series(0, 13) AS d (n)
		JOIN directorate_place AS dp ON dp.directorate_id = pg_temp.id(1, d.n)`)
	if err != nil {
		return fmt.Errorf("bench: number the places: %w", err)
	}
	return step(ctx, conn, c.Log, caseSteps, "caseload/01_desk.sql")
}

func (c Caseload) chunks(ctx context.Context, conn *pgx.Conn) error {
	files := []string{"caseload/02_chunk.sql", "caseload/03_details.sql"}
	if c.Bare {
		files = files[:1]
	}
	statements := []string{"DROP TABLE IF EXISTS pg_temp.matter, pg_temp.attempted"}
	for _, name := range files {
		text, err := caseSteps.ReadFile(name)
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		statements = append(statements, string(text))
	}
	begun := time.Now()
	for first := 0; first < c.Referrals; first += chunk {
		if _, err := conn.Exec(ctx, "SELECT set_config('bench.first', $1, false)", fmt.Sprint(first)); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("bench: referrals from %d on: %w", first, err)
			}
		}
		done, taken := min(first+chunk, c.Referrals), time.Since(begun).Seconds()
		if done%(10*chunk) == 0 || done == c.Referrals {
			fmt.Fprintf(c.Log, "%-32s %6.1f s, %.0f a second\n", fmt.Sprint(done, " referrals"), taken, float64(done)/taken)
		}
	}
	return nil
}

// dropIndexes drops those indexes of the tables that no constraint needs, and returns the statements that make them again.
func dropIndexes(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `
		SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
		FROM pg_index AS i
		WHERE i.indrelid = ANY ('{person_index,referral,consent,attempt,event}'::regclass[])
		  AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
		ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("bench: list the indexes: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct{ Name, Definition string }])
	if err != nil {
		return nil, fmt.Errorf("bench: list the indexes: %w", err)
	}
	var restore []string
	for _, index := range found {
		if _, err := conn.Exec(ctx, "DROP INDEX "+index.Name); err != nil {
			return nil, fmt.Errorf("bench: drop %s: %w", index.Name, err)
		}
		restore = append(restore, index.Definition)
	}
	return restore, nil
}
