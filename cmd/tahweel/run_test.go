package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// inProcess runs a command that starts nothing, with an environment of its own.
func inProcess(t *testing.T, environment map[string]string, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return environment[name] }, &stdout, &stderr)
	return stdout.String(), err
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if out, err := inProcess(t, nil, "version"); err != nil || out != "tahweel "+version+"\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestHelpEndsWell(t *testing.T) {
	t.Parallel()
	out, err := inProcess(t, nil, "serve", "--help")
	if err != nil || !strings.Contains(out, "($DATABASE_URL)") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAWrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"nonsense"}, {"serve", "--nonsense"}, {"admin", "create"}} {
		if _, err := inProcess(t, nil, args...); exitCode(err) != 2 || !strings.Contains(explain(err), "tahweel --help") {
			t.Errorf("%v: exit code %d: %v", args, exitCode(err), err)
		}
	}
	if exitCode(nil) != 0 || exitCode(errors.New("no")) != 1 {
		t.Error("the exit codes of success and failure are not 0 and 1")
	}
}

// No flag that is empty or zero is worse than one that is not given: it is refused, or switches something off.
func TestZeroValuesAreSafe(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"serve", "--addr="}, {"serve", "--dir="}, {"serve", "--public-url="}, {"serve", "--public-url=/", "--addr=127.0.0.1:0"},
		{"serve", "--public-url=https://user@host", "--addr=127.0.0.1:0"}, {"serve", "--log-level="}, {"serve", "--drain-delay="},
		{"migrate", "--dir="}, {"backup", "--out=", "--keys-out="}, {"backup", "--dir=", "--out=a", "--keys-out=b"},
		{"demo", "--addr="}, {"demo", "--ready-file="}, {"serve", "--drain-delay=-1s"}, {"keys", "list", "--dir="},
	} {
		if _, err := inProcess(t, map[string]string{"TAHWEEL_DIR": t.TempDir()}, args...); err == nil {
			t.Errorf("%v was not refused", args)
		}
	}
}

// No path flag of any command takes an empty value: kong would make the working folder of it.
func TestNoPathIsEmpty(t *testing.T) {
	t.Parallel()
	k, err := kong.New(&commands{}, kong.Vars{"data_folder": "x", "address": address, "public_url": "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, leaf := range k.Model.Leaves(true) {
		command := strings.Fields(strings.TrimPrefix(leaf.FullPath(), k.Model.Name))
		for _, group := range leaf.AllFlags(true) {
			for _, f := range group {
				if f.Tag.Type != "path" {
					continue
				}
				tried++
				_, err := inProcess(t, map[string]string{"TAHWEEL_DIR": t.TempDir()}, append(command, "--"+f.Name+"=")...)
				if err == nil || !strings.Contains(err.Error(), "--"+f.Name+": must name a file or a folder") {
					t.Errorf("%v --%s=: %v", command, f.Name, err)
				}
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d path flags were tried", tried)
	}
}

// The environment that a command reads is the one it is given: the address in it is the one that cannot be read.
func TestTheEnvironmentIsTheGivenOne(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"DATABASE_URL": "postgres://%zz", "TAHWEEL_DIR": t.TempDir()}
	_, err := inProcess(t, environment, "migrate")
	if err == nil || !strings.Contains(err.Error(), "the address of the database cannot be read") {
		t.Errorf("%v", err)
	}
	_, err = inProcess(t, map[string]string{"DATABASE_OWNER_URL": "postgres://x", "TAHWEEL_DIR": t.TempDir()}, "migrate")
	if err == nil || !strings.Contains(err.Error(), "needs --database-url") {
		t.Errorf("%v", err)
	}
}
