package main

import (
	"testing"

	"tahweel/bench"
)

func TestOnceKeepsTheFirstSearch(t *testing.T) {
	t.Parallel()
	search := bench.Statement{SQL: "SELECT FROM provider_search", Args: []any{40}}
	begin, commit := bench.Statement{SQL: "begin"}, bench.Statement{SQL: "commit"}
	again := bench.Statement{SQL: search.SQL, Args: []any{160}}
	kept := once([]bench.Statement{begin, search, again, commit})
	if len(kept) != 3 || kept[0].SQL != "begin" || kept[1].Args[0] != 40 || kept[2].SQL != "commit" {
		t.Errorf("kept %v", kept)
	}
}
