// Command sizes compares the search for the nearest providers among few and among many of them, on two private databases in one run:
// how long it takes in the middle and how many pages it reads, for rare and for popular needs. The two take turns, since machines differ
// and are shared; what counts is their ratio. It asserts nothing.
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
	"syscall"

	"tahweel/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "sizes:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct{ small, large, rounds int }

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("sizes", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.small, "small", bench.MinimumLocations, "how many places of providers the smaller country has")
	flags.IntVar(&o.large, "large", 100_000, "how many the larger one has; the goals are for 1000000")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each takes its turn")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.small >= o.large || flags.NArg() > 0 {
		return o, errors.New("rounds is a number from 1, large is more than small, and there are no arguments")
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
	dir, err := os.MkdirTemp("", "tahweel-sizes-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // for root, whose database runs as another user
		return err
	}
	var countries [2]*country
	for i, locations := range []int{o.small, o.large} {
		c, err := newCountry(ctx, filepath.Join(dir, fmt.Sprint(locations)), locations, stdout)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.close(ctx)) }()
		countries[i] = c
	}
	for _, k := range kinds {
		if err := k.compare(ctx, countries, o.rounds, stdout); err != nil {
			return err
		}
	}
	return nil
}

// kind is a kind of need, and what docs/performance.md says of it.
type kind struct {
	name  string
	goal  string
	needs []string
	times float64 // as long among many as among few
	pages float64
	most  bool // the pages are of the search that reads most, and not of the one in the middle
}

var kinds = []kind{
	{name: "rare", goal: "4", needs: bench.RareNeeds(), times: 2, pages: 150, most: true},
	{name: "popular", goal: "5", needs: []string{bench.PopularNeed, "DIS"}, times: 5, pages: 600},
}

// compare lets the countries take turns and prints what came of it.
func (k kind) compare(ctx context.Context, countries [2]*country, rounds int, stdout io.Writer) error {
	var questions [2][]question
	for i, c := range countries {
		var err error
		if questions[i], err = c.questions(ctx, k.needs); err != nil {
			return err
		}
		if _, err := c.ask(ctx, questions[i]); err != nil { // to warm up
			return err
		}
	}
	var middles [2][]float64
	var ratios []float64
	for range rounds {
		for i, c := range countries {
			times, err := c.ask(ctx, questions[i])
			if err != nil {
				return err
			}
			middles[i] = append(middles[i], bench.Median(times))
		}
		ratios = append(ratios, middles[1][len(middles[1])-1]/middles[0][len(middles[0])-1])
	}
	fmt.Fprintf(stdout, "\na %s need, %d rounds of %d searches\n", k.name, rounds, len(questions[0]))
	worst := 0.0
	for i, c := range countries {
		pages, err := c.pages(ctx, questions[i])
		if err != nil {
			return err
		}
		middle, most := bench.Median(pages), pages[len(pages)-1]
		fmt.Fprintf(stdout, "%9d locations: p50 %.2f ms; pages %.0f in the middle, %.0f at most\n", c.locations, bench.Median(middles[i]), middle, most)
		if k.most {
			middle = most
		}
		worst = max(worst, middle)
	}
	bench.AtMost(stdout, fmt.Sprintf("%s, a %s need: p50 at %d in terms of p50 at %d", k.goal, k.name, countries[1].locations, countries[0].locations), bench.Median(ratios), k.times)
	bench.AtMost(stdout, fmt.Sprintf("%s, a %s need: pages", k.goal, k.name), worst, k.pages)
	return nil
}
