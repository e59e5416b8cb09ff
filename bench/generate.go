package bench

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Size says what Generate makes.
type Size struct {
	// Locations is how many places providers have, from 10,000 to 1,000,000; there is an organization for every ten.
	Locations int
	// Now is the instant from which all dates are counted. With the same Locations and Now the data are the same.
	Now time.Time
	// Log gets a line for each step; nil discards them.
	Log io.Writer
}

// The limits of Size.Locations. With fewer there are not enough organizations in a directorate for the rare needs; the sizes above
// were never tried.
const (
	MinimumLocations = 10_000
	MaximumLocations = 1_000_000
)

// RareNeeds are the leaves that eight organizations in each directorate meet at one place each, however many locations there are.
func RareNeeds() []string { return []string{"DIS-DEVICE", "ELD-RES", "LIV-LOAN"} }

// PopularNeed is the leaf that a quarter of all services meet.
const PopularNeed = "DIS-PHYSIO"

// Directorate is one of the fourteen invented directorates: a governorate each, but for two in the Gaza Strip that hold two.
type Directorate struct {
	ID           uuid.UUID
	Governorates []string // codes, in order
}

//go:embed generate/*.sql
var steps embed.FS

// Generate fills a database that is migrated and otherwise empty with invented organizations, their accreditations, services,
// locations and memoranda at the real places, in every state and with every form of reach, and with the search tables. ownerURL
// must be a superuser's: rows are written in their final state, past the triggers. It takes seconds for the smallest size and
// minutes for the largest. It returns the directorates in the order of their governorates.
func Generate(ctx context.Context, ownerURL string, size Size) ([]Directorate, error) {
	if size.Locations < MinimumLocations || size.Locations > MaximumLocations {
		return nil, fmt.Errorf("bench: %d locations are not from %d to %d", size.Locations, MinimumLocations, MaximumLocations)
	}
	if size.Log == nil {
		size.Log = io.Discard
	}
	if err := seedNeeds(ctx, ownerURL, size.Now); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := settings(ctx, conn, size); err != nil {
		return nil, err
	}
	if err := run(ctx, conn, size.Log); err != nil {
		return nil, err
	}
	return directorates(ctx, conn)
}

func seedNeeds(ctx context.Context, ownerURL string, now time.Time) error {
	db, err := pg.Open(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer db.Close()
	store := directory.NewStore(db, func() time.Time { return now })
	if err := store.SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return fmt.Errorf("bench: seed the needs: %w", err)
	}
	return nil
}

// settings are the parameters of the steps.
func settings(ctx context.Context, conn *pgx.Conn, size Size) error {
	_, err := conn.Exec(ctx, `
		SELECT set_config('bench.locations', @locations::integer::text, false),
		       set_config('bench.now', @now::timestamptz::text, false),
		       set_config('bench.rare', @rare::text[]::text, false),
		       set_config('bench.popular', @popular, false)`,
		pgx.StrictNamedArgs{"locations": size.Locations, "now": size.Now, "rare": RareNeeds(), "popular": PopularNeed})
	if err != nil {
		return fmt.Errorf("bench: set the parameters: %w", err)
	}
	return nil
}

func run(ctx context.Context, conn *pgx.Conn, log io.Writer) error {
	names, err := fs.Glob(steps, "generate/*.sql")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, name := range names {
		if err := step(ctx, conn, log, steps, name); err != nil {
			return err
		}
	}
	return nil
}

// step runs a file of statements.
func step(ctx context.Context, conn *pgx.Conn, log io.Writer, files fs.FS, name string) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	begun := time.Now()
	if _, err := conn.Exec(ctx, string(text)); err != nil {
		return fmt.Errorf("bench: %s: %w", name, err)
	}
	fmt.Fprintf(log, "%-32s %6.1f s\n", name, time.Since(begun).Seconds())
	return nil
}

func directorates(ctx context.Context, conn *pgx.Conn) ([]Directorate, error) {
	rows, err := conn.Query(ctx, `
		SELECT d.id, array_agg(DISTINCT p.governorate_code ORDER BY p.governorate_code) AS governorates
		FROM directorate AS d
		JOIN directorate_place AS dp ON dp.directorate_id = d.id
		JOIN place AS p ON p.code = dp.place_code
		GROUP BY d.id
		ORDER BY governorates`)
	if err != nil {
		return nil, fmt.Errorf("bench: read the directorates: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Directorate])
	if err != nil {
		return nil, fmt.Errorf("bench: read the directorates: %w", err)
	}
	return found, nil
}
