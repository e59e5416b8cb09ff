package main

import (
	"fmt"
	"io"
	"time"

	"tahweel/bench"
)

// sayGoals prints how the service stands to what it is meant to reach (docs/performance.md): from large on what holds for a million
// locations, and below what holds for a hundred thousand.
func sayGoals(stdout io.Writer, locations int, results []result) {
	const large = 1_000_000
	ofPgbench, ofPostgraphile := 0.70, 2.5
	if locations >= large {
		ofPgbench, ofPostgraphile = 0.80, 2.0
	}
	fmt.Fprintln(stdout)
	for _, other := range results[1:] {
		switch other.name {
		case searchAlone:
			bench.AtLeast(stdout, "1, of the rate of pgbench on the same SQL", rates(results[0], other), ofPgbench)
		case (*postgraphile)(nil).name():
			bench.AtLeast(stdout, "2, of the rate of PostGraphile with the same SQL", rates(results[0], other), ofPostgraphile)
			bench.AtMost(stdout, "2, of its processor time for a request", costs(results[0], other), 0.3)
		}
	}
}

// rates is the median of the ratios of the rates, round by round.
func rates(first, other result) float64 {
	return ratio(first, other, func(s score) float64 { return s.perSecond })
}

// costs is the same of the processor time of the server for a request.
func costs(first, other result) float64 {
	return ratio(first, other, func(s score) float64 { return max(float64(s.cpu), float64(time.Microsecond)) })
}

func ratio(first, other result, of func(score) float64) float64 {
	ratios := make([]float64, len(first.scores))
	for i := range first.scores {
		ratios[i] = of(first.scores[i]) / of(other.scores[i])
	}
	return bench.Median(ratios)
}
