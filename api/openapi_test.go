package api

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"testing"
	"time"

	"tahweel/api/apitest"
)

var update = flag.Bool("update", false, "rewrite openapi.yaml from the code")

// contractVersion is the version in openapi.yaml.
const contractVersion = "0.3.0"

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

// What was released under a version stays: a change of the contract needs a new version. api/testdata/released.yaml is the
// contract as partners have it. That a new version breaks nothing of it is held by scripts/oasdiff (make breaks).
func TestTheReleasedContractStands(t *testing.T) {
	t.Parallel()
	released, err := os.ReadFile("testdata/released.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := stands(released, contractDocument(t)); err != nil {
		t.Error(err)
	}
	changed := bytes.Replace(released, []byte("/v1/nearby:"), []byte("/v1/nearest:"), 1)
	if stands(released, changed) == nil {
		t.Error("a renamed path under the same version is not noticed")
	}
}

// stands refuses another contract under the released version.
func stands(released, now []byte) error {
	version := regexp.MustCompile(`(?m)^  version: (\S+)$`)
	was, is := version.FindSubmatch(released), version.FindSubmatch(now)
	if was == nil || is == nil {
		return errors.New("a contract without a version")
	}
	if bytes.Equal(was[1], is[1]) && !bytes.Equal(released, now) {
		return fmt.Errorf("the contract differs from the one released as %s: give it a new version", is[1])
	}
	return nil
}

// Making the contract twice gives the same bytes, or the comparison above would be worth nothing.
func TestContractIsStable(t *testing.T) {
	t.Parallel()
	if first, second := contractDocument(t), contractDocument(t); string(first) != string(second) {
		t.Error("two documents of the same code differ")
	}
}
