package main

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

func TestReadAnswerTakesJustOneAnswer(t *testing.T) {
	t.Parallel()
	in := bufio.NewReader(strings.NewReader(
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Other: a: b\r\n\r\nHTTP/" +
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n" +
			"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"))
	for i := range 2 {
		if err := readAnswer(in); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
	if err := readAnswer(in); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "busy") {
		t.Errorf("a refusal is %v", err)
	}
}

func TestReportComparesRoundByRound(t *testing.T) {
	t.Parallel()
	turns := func(name string, rates ...float64) result {
		r := result{name: name}
		for _, rate := range rates {
			r.scores = append(r.scores, score{perSecond: rate, p50: time.Millisecond})
		}
		return r
	}
	var out strings.Builder
	report(&out, []result{turns("here", 50, 90, 400), turns("there", 100, 100, 500)})
	// The machine was faster in the third round; the medians of the rates would give 0.90.
	if !strings.Contains(out.String(), "here / there = 0.80  (0.50 to 0.90)") {
		t.Errorf("got:\n%s", out.String())
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := range 100 {
		times = append(times, time.Duration(100-i)*time.Millisecond)
	}
	s := newScore(2*time.Second, times[:50], times[50:])
	if s.count != 100 || s.perSecond != 50 || s.p50 != 51*time.Millisecond || s.p99 != 100*time.Millisecond {
		t.Errorf("got %+v", s)
	}
}

func TestParseRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rounds", "0"}, {"-seconds", "-1"}, {"-connections", "0"}, {"more"}, {"-unknown"}} {
		if _, err := parse(args, &strings.Builder{}); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if o, err := parse(nil, &strings.Builder{}); err != nil || o.locations != 100_000 || o.connections != 8 {
		t.Errorf("without arguments: %+v, %v", o, err)
	}
}
