package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestTheBarMovesInBothPhases draws on a writer, as on a terminal: while rows are read, and again while they are written. Where nobody looks,
// it says a line every so often and draws nothing.
func TestTheBarMovesInBothPhases(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := progressOn(&out, "rows", true)
	drew := func(do func()) bool {
		before := out.Len()
		do()
		return out.Len() > before
	}
	for _, n := range []int{1000, 2000} {
		if !drew(func() { bar.at(n) }) {
			t.Errorf("it stands still at %d rows read", n)
		}
	}
	for _, n := range []int{500, 1000, 1500, 2000} {
		if !drew(func() { bar.of(n, 2000) }) {
			t.Errorf("it stands still at %d rows written", n)
		}
	}
	bar.end()
	if said := out.String(); !strings.Contains(said, "rows written") || !strings.Contains(said, "1500/2000") || !strings.Contains(said, "\r") {
		t.Errorf("%q", said)
	}

	out.Reset()
	quiet := progressOn(&out, "rows", terminal(&out))
	quiet.at(sayEvery)
	quiet.of(sayEvery-1, 2*sayEvery)
	quiet.of(sayEvery, 2*sayEvery)
	quiet.of(2*sayEvery, 2*sayEvery)
	quiet.end()
	if said := out.String(); said != "10000 rows\n10000 rows written\n20000 rows written\n" {
		t.Errorf("%q", said)
	}
}
