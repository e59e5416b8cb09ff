package pgembed

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMajorIn(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"nothing of the sort":                                    0,
		"":                                                       0,
	} {
		if got := majorIn(version); got != want {
			t.Errorf("%q is version %d, want %d", version, got, want)
		}
	}
}

// program puts an executable that prints the version of a server into an installation.
func program(t *testing.T, root, name, version string) {
	t.Helper()
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func postgis(t *testing.T, root string) {
	t.Helper()
	extensions := filepath.Join(root, "share", "extension")
	if err := os.MkdirAll(extensions, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(extensions, "postgis.control"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyWholeInstallationsCount(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	in := func(name string) string { return filepath.Join(base, name) }
	program(t, in("stray initdb"), "initdb", "16")
	for name, version := range map[string]string{"good": "16.2", "too old": "14.9", "no postgis": "17.1"} {
		program(t, in(name), "postgres", version)
		program(t, in(name), "initdb", version)
		if name != "no postgis" {
			postgis(t, in(name))
		}
	}
	var candidates []string
	for _, name := range []string{"stray initdb", "too old", "no postgis", "good", "good", "missing"} {
		candidates = append(candidates, filepath.Join(in(name), "bin"))
	}
	found := installations(t.Context(), candidates)
	if len(found) != 1 || found[0].major != 16 || found[0].dir != filepath.Join(in("good"), "bin") {
		t.Errorf("found %+v, want only the good one", found)
	}
}
