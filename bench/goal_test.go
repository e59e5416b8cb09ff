package bench_test

import (
	"strings"
	"testing"

	"tahweel/bench"
)

func TestGoalsAreSaid(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	bench.AtLeast(&out, "1", 0.7, 0.7)
	bench.AtLeast(&out, "1", 0.69, 0.7)
	bench.AtMost(&out, "4", 2, 2)
	bench.AtMost(&out, "4", 2.1, 2)
	want := "goal 1: 0.7 (≥ 0.7), met\ngoal 1: 0.69 (≥ 0.7), missed\ngoal 4: 2 (≤ 2), met\ngoal 4: 2.1 (≤ 2), missed\n"
	if out.String() != want {
		t.Errorf("got:\n%s", out.String())
	}
	if m := bench.Median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("the median is %v", m)
	}
}
