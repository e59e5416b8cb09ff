// Command tiles compares the vector tiles of the product, from its cluster table, with those that PostGIS makes of the points alone, on
// the same private database: for each zoom the heaviest tile, its size and how long it takes. Both take turns; what counts is their
// ratio within one run, since machines differ and are shared. It asserts nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/directory/atlas"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "tiles:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("tiles", flag.ContinueOnError)
	flags.SetOutput(stderr)
	locations := flags.Int("locations", 100_000, "how many places of providers to generate, 10000 to 1000000")
	rounds := flags.Int("rounds", 5, "how often each takes its turn")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *rounds < 1 || flags.NArg() > 0 {
		return errors.New("rounds is a number from 1, and there are no arguments")
	}
	dir, err := os.MkdirTemp("", "tahweel-tiles-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // for root, whose database runs as another user
		return err
	}
	database, err := pgembed.Start(ctx, pgembed.Config{Dir: filepath.Join(dir, "db"), Disposable: true})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, database.Stop(ctx))
	}()
	owner, service := database.URL("postgres", "postgres"), database.URL("tahweel_service", "postgres")
	if err := errors.Join(pg.Migrate(ctx, owner), pg.EnsureLogin(ctx, owner, "tahweel_service")); err != nil {
		return err
	}
	now := time.Now()
	if _, err := bench.Generate(ctx, owner, bench.Size{Locations: *locations, Now: now, Log: stdout}); err != nil {
		return err
	}
	return compare(ctx, service, now, *locations, *rounds, stdout)
}

// compare prints a line for each zoom. The raw tiles run on a connection of the same pool and login.
func compare(ctx context.Context, serviceURL string, now time.Time, locations, rounds int, stdout io.Writer) error {
	db, err := pg.Open(ctx, serviceURL)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := pgx.Connect(ctx, serviceURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "SET ROLE tahweel_app"); err != nil {
		return err
	}
	store := atlas.NewStore(db, func() time.Time { return now })
	fmt.Fprintf(stdout, "\n%d locations, the heaviest tile of each zoom, median of %d rounds\n", locations, rounds)
	fmt.Fprintf(stdout, "%5s %10s %10s %12s %10s %9s\n", "zoom", "bytes", "ms", "raw bytes", "raw ms", "raw/ours")
	largest := 0
	for zoom := range bench.MaximumTileZoom + 1 {
		tile, size, err := heaviest(ctx, store, conn, zoom)
		if err != nil {
			return err
		}
		rawSize, err := bench.RawTile(ctx, conn, tile, geo.Today(now))
		if err != nil {
			return err
		}
		ours, raw, err := race(ctx, store, conn, tile, geo.Today(now), rounds)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%5d %10d %10.1f %12d %10.1f %8.0f×\n", zoom, size, milliseconds(ours), rawSize, milliseconds(raw), raw.Seconds()/ours.Seconds())
		largest = max(largest, size)
	}
	fmt.Fprintln(stdout)
	bench.AtMost(stdout, "10, bytes of the largest tile", float64(largest), bench.MaximumTileBytes)
	return nil
}

func heaviest(ctx context.Context, store *atlas.Store, conn *pgx.Conn, zoom int) (tile atlas.Tile, size int, err error) {
	tiles, err := bench.TilesOf(ctx, conn, zoom)
	if err != nil {
		return tile, 0, err
	}
	for _, t := range tiles {
		body, err := store.ProviderTile(ctx, t)
		if err != nil {
			return tile, 0, err
		}
		if len(body) > size {
			tile, size = t, len(body)
		}
	}
	return tile, size, nil
}

// race lets both make the tile in turn and returns the median of each.
func race(ctx context.Context, store *atlas.Store, conn *pgx.Conn, tile atlas.Tile, day time.Time, rounds int) (ours, raw time.Duration, err error) {
	var all, allRaw []time.Duration
	for range rounds {
		begun := time.Now()
		if _, err := store.ProviderTile(ctx, tile); err != nil {
			return 0, 0, err
		}
		all = append(all, time.Since(begun))
		begun = time.Now()
		if _, err := bench.RawTile(ctx, conn, tile, day); err != nil {
			return 0, 0, err
		}
		allRaw = append(allRaw, time.Since(begun))
	}
	return median(all), median(allRaw), nil
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
