// Command nearby compares the search for the nearest providers over HTTP, with a token, the policy and validation, with pgbench
// running the same SQL with the same random parameters on the same private database. Both take turns; what counts is their ratio
// within one run, since machines differ and are shared. It asserts nothing.
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
	"runtime"
	"syscall"
	"time"

	"tahweel/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "nearby:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	locations   int
	rounds      int
	seconds     int // of each contestant in each round
	connections int
	also        string // another build of the service
	graphile    string // the folder in which npm has installed PostGraphile; empty: it does not take part
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("nearby", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.locations, "locations", 100_000, "how many places of providers to generate, 10000 to 1000000")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each takes its turn")
	flags.IntVar(&o.seconds, "seconds", 4, "how long each turn is")
	flags.IntVar(&o.connections, "connections", 8, "how many ask at once")
	flags.StringVar(&o.also, "also", "", "another build of the program, measured in the same rounds on the same database")
	flags.StringVar(&o.graphile, "postgraphile", "", "the folder in which npm has installed PostGraphile, to have it take part")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.seconds < 1 || o.connections < 1 || flags.NArg() > 0 {
		return o, errors.New("rounds, seconds and connections are numbers from 1, and there are no arguments")
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tahweel-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // for root, whose database runs as another user
		return err
	}
	w, err := newWorld(ctx, dir, o.locations, stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	contestants, err := w.contestants(ctx, dir, o)
	if err != nil {
		return err
	}
	if o.graphile != "" {
		p, err := w.startPostgraphile(ctx, dir, o.graphile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		contestants = append(contestants, p)
	}
	results, err := compete(ctx, contestants, o, stdout)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\n%d locations, %d connections, %d rounds of %d s, %d cores; the needs %v near Hebron\n",
		o.locations, o.connections, o.rounds, o.seconds, runtime.NumCPU(), needs())
	report(stdout, results)
	sayGoals(stdout, o.locations, results)
	return nil
}

// needs are what is searched for, each as often as the others: a popular leaf, its root, another root and a rare leaf.
func needs() []string { return []string{bench.PopularNeed, "DIS", "HEA", bench.RareNeeds()[0]} }

// The searches start from anywhere in a box around Hebron, whose places are all of one governorate.
const (
	lowestLat, lowestLon = 31.46, 35.00
	boxDegrees           = 0.12
	boxSteps             = 120_000
	boxGovernorate       = "PS0150"
)

func (w *world) contestants(ctx context.Context, dir string, o options) ([]contestant, error) {
	scripts, err := w.record(ctx)
	if err != nil {
		return nil, err
	}
	bindir, err := w.bindir(ctx)
	if err != nil {
		return nil, err
	}
	program := filepath.Join(bindir, "pgbench")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("pgbench is not there, install PostgreSQL's programs (on Debian postgresql-contrib or postgresql): %w", err)
	}
	contestants := []contestant{&overHTTP{title: "nearby over HTTP", address: w.address, sign: w.token, server: w.server.Process.Pid}}
	if o.also != "" {
		server, address, err := w.startProgram(dir, o.also, "also")
		if err != nil {
			return nil, err
		}
		w.servers = append(w.servers, server)
		contestants = append(contestants, &overHTTP{title: "the other build over HTTP", address: address, sign: w.token, server: server.Process.Pid})
	}
	for _, s := range scripts {
		p, err := newPgbench(program, filepath.Join(dir, s.folder), w.serviceURL, s)
		if err != nil {
			return nil, err
		}
		contestants = append(contestants, p)
	}
	return contestants, nil
}

// contestant is somebody who searches as fast as they can.
type contestant interface {
	name() string
	// turn searches for the time over so many connections.
	turn(ctx context.Context, length time.Duration, connections int) (score, error)
}

// compete lets each warm up and then take turns.
func compete(ctx context.Context, contestants []contestant, o options, stdout io.Writer) ([]result, error) {
	results := make([]result, len(contestants))
	for i, c := range contestants {
		results[i].name = c.name()
		if _, err := c.turn(ctx, 2*time.Second, o.connections); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name(), err)
		}
	}
	for round := range o.rounds {
		fmt.Fprintf(stdout, "round %d of %d:", round+1, o.rounds)
		for i, c := range contestants {
			s, err := c.turn(ctx, time.Duration(o.seconds)*time.Second, o.connections)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name(), err)
			}
			results[i].scores = append(results[i].scores, s)
			fmt.Fprintf(stdout, "  %.0f/s", s.perSecond)
		}
		fmt.Fprintln(stdout)
	}
	return results, nil
}
