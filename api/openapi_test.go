package api

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"testing"
	"time"

	"tahweel/api/apitest"
)

var update = flag.Bool("update", false, "rewrite openapi.yaml from the code")

// contractVersion is the version in openapi.yaml.
const contractVersion = "0.1.0"

func contractDocument(t *testing.T) []byte {
	t.Helper()
	s := newShell(Config{Identity: keys{}, Log: slog.New(slog.DiscardHandler), Clock: time.Now, Version: contractVersion})
	s.operations(Config{Ready: func(context.Context) error { return nil }})
	document, err := s.huma.OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// openapi.yaml is what partners read and what the code says; this test keeps the two the same.
func TestContractIsCommitted(t *testing.T) {
	t.Parallel()
	document := contractDocument(t)
	const file = "../openapi.yaml"
	if *update {
		if err := os.WriteFile(file, document, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != string(document) {
		t.Error("openapi.yaml is not what the code says; run: go test ./api -run TestContractIsCommitted -update")
	}
	if _, err := apitest.Load(committed); err != nil {
		t.Error(err)
	}
}

// Making the contract twice gives the same bytes, or the comparison above would be worth nothing.
func TestContractIsStable(t *testing.T) {
	t.Parallel()
	if first, second := contractDocument(t), contractDocument(t); string(first) != string(second) {
		t.Error("two documents of the same code differ")
	}
}
