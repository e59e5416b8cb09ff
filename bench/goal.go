package bench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// AtLeast prints whether what was measured reaches the goal of that number and name (docs/performance.md). It asserts nothing: who reads
// it knows how busy the machine was.
func AtLeast(out io.Writer, goal string, measured, least float64) {
	say(out, goal, measured, "≥", least, measured >= least)
}

// AtMost prints whether what was measured stays within the goal of that number and name.
func AtMost(out io.Writer, goal string, measured, most float64) {
	say(out, goal, measured, "≤", most, measured <= most)
}

func say(out io.Writer, goal string, measured float64, sign string, limit float64, reached bool) {
	word := "missed"
	if reached {
		word = "met"
	}
	fmt.Fprintf(out, "goal %s: %.4g (%s %.4g), %s\n", goal, measured, sign, limit, word)
}

// Median returns the middle one of the values, of which there is at least one; of two in the middle the larger.
func Median[T cmp.Ordered](values []T) T {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
