// Command country fills a private database with a country's worth of providers and referrals, as many as asked for, and prints how
// fast that went, how much room it takes and what a page of each worklist reads. It is run by hand; it asserts nothing. Ten million
// referrals take some hours and 65 GiB, or with -bare 15 GiB, which are given back at the end.
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
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "country:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("country", flag.ContinueOnError)
	flags.SetOutput(stderr)
	locations := flags.Int("locations", 100_000, "how many places of providers to generate, 10000 to 1000000")
	referrals := flags.Int("referrals", 200_000, "how many referrals to generate, 1000 to 10000000")
	bare := flags.Bool("bare", false, "leave out sealed fields, blind indexes and events, for a fifth of the room")
	parent := flags.String("dir", "", "folder for the database, which is removed at the end; the system's temporary one unless given")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(*parent, "tahweel-country-")
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
	if err := bench.GenerateReferrals(ctx, owner, bench.Caseload{Referrals: *referrals, Bare: *bare, Now: now, Log: stdout}); err != nil {
		return err
	}
	if err := room(ctx, owner, *referrals, stdout); err != nil {
		return err
	}
	return worklists(ctx, owner, service, now, stdout)
}

// room prints how large the tables of referrals are.
func room(ctx context.Context, ownerURL string, referrals int, stdout io.Writer) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `
		SELECT c.relname::text AS name, c.reltuples::bigint AS rows, pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes
		FROM pg_class AS c
		WHERE c.oid = ANY ('{person,person_index,referral,sealed_field,consent,attempt,event}'::regclass[])
		ORDER BY c.relname`)
	if err != nil {
		return err
	}
	type table struct {
		Name                         string
		Rows, TableBytes, IndexBytes int64
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[table])
	if err != nil {
		return err
	}
	const mib = 1 << 20
	var sum int64
	fmt.Fprintf(stdout, "\n%-14s %12s %10s %10s\n", "table", "rows", "MiB", "indexes")
	for _, t := range tables {
		sum += t.TableBytes + t.IndexBytes
		fmt.Fprintf(stdout, "%-14s %12d %10d %10d\n", t.Name, t.Rows, t.TableBytes/mib, t.IndexBytes/mib)
	}
	fmt.Fprintf(stdout, "%d MiB, %d bytes for each referral\n\n", sum/mib, sum/int64(referrals))
	return nil
}

func worklists(ctx context.Context, ownerURL, serviceURL string, now time.Time, stdout io.Writer) error {
	db, err := pg.Open(ctx, serviceURL, pg.Tracer(bench.Spy{}))
	if err != nil {
		return err
	}
	defer db.Close()
	lists, err := bench.Worklists(ctx, db, ownerURL, now)
	if err != nil {
		return err
	}
	slices.SortFunc(lists, func(a, b bench.Worklist) int { return strings.Compare(a.Name, b.Name) })
	for _, l := range lists {
		fmt.Fprintf(stdout, "%-44s %3d rows %8d pages, with a plan for any arguments %8d\n", l.Name, l.Rows, l.Custom, l.Generic)
	}
	return nil
}
