package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// score is what one contestant did in one turn.
type score struct {
	perSecond float64
	count     int
	p50, p99  time.Duration
	cpu       time.Duration // of the service for one request; 0 if not known
}

// newScore sums up the times of all connections over the length of a turn.
func newScore(length time.Duration, times ...[]time.Duration) score {
	all := slices.Concat(times...)
	slices.Sort(all)
	s := score{count: len(all), perSecond: float64(len(all)) / length.Seconds()}
	if len(all) > 0 {
		s.p50, s.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return s
}

// result is what one contestant did in all rounds.
type result struct {
	name   string
	scores []score
}

func median[T int | float64 | time.Duration](r result, of func(score) T) T {
	values := make([]T, len(r.scores))
	for i, s := range r.scores {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// report prints the medians, and how the first of the results stands to each of the others in the rounds they shared.
func report(stdout io.Writer, results []result) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	fmt.Fprintf(stdout, "\n%-36s %10s %9s %9s\n", "median of the rounds", "a second", "p50 ms", "p99 ms")
	for _, r := range results {
		fmt.Fprintf(stdout, "%-36s %10.0f %9.2f %9.2f\n", r.name, median(r, func(s score) float64 { return s.perSecond }),
			ms(median(r, func(s score) time.Duration { return s.p50 })), ms(median(r, func(s score) time.Duration { return s.p99 })))
	}
	fmt.Fprintln(stdout)
	first := results[0]
	for _, other := range results[1:] {
		ratios := result{scores: make([]score, len(first.scores))}
		for i := range first.scores {
			ratios.scores[i].perSecond = first.scores[i].perSecond / other.scores[i].perSecond
		}
		values := make([]float64, len(ratios.scores))
		for i, s := range ratios.scores {
			values[i] = s.perSecond
		}
		fmt.Fprintf(stdout, "%s / %s = %.2f  (%.2f to %.2f)\n", first.name, other.name,
			median(ratios, func(s score) float64 { return s.perSecond }), slices.Min(values), slices.Max(values))
	}
	if cpu := median(first, func(s score) time.Duration { return s.cpu }); cpu > 0 {
		fmt.Fprintf(stdout, "processor time of the service for a request: %.2f ms\n", ms(cpu))
	}
}
