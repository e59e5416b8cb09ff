package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/internal/pg/pgtest"
)

// inOrder is a doctor for an installation in order; a test then breaks one thing.
func inOrder(t *testing.T) (*doctor, *pgtest.DB) {
	t.Helper()
	dir, db := folderFor(t), pgtest.New(t)
	if _, err := folder(dir).secrets(); err != nil {
		t.Fatal(err)
	}
	return &doctor{
		program: &program{stdout: &strings.Builder{}, stderr: &strings.Builder{}, clock: time.Now},
		command: doctorCommand{
			databaseFlags: databaseFlags{Dir: dir, DatabaseURL: db.AppURL}, tokenFlags: tokenFlags{PublicURL: "https://referrals.example.org"}, Addr: "127.0.0.1:0",
		},
		zone: loadZone, free: func(string) (uint64, error) { return 100 << 30, nil },
	}, db
}

func TestAnInstallationInOrder(t *testing.T) {
	t.Parallel()
	d, _ := inOrder(t)
	d.examine(t.Context())
	checks := map[string]bool{}
	for _, f := range d.findings {
		if checks[f.Check] = true; f.Level != fine || f.Advice != "" {
			t.Errorf("%+v", f)
		}
	}
	for _, check := range []string{"url", "zone", "address", "disk", "keys", "clock", "database", "sealed"} {
		if !checks[check] {
			t.Errorf("nobody looked at %s", check)
		}
	}
}

// Each thing that can be wrong is found, by its name, with advice, and as bad as it is.
func TestEachFaultIsFound(t *testing.T) {
	t.Parallel()
	elsewhere := func(t *testing.T, clauses string) string { return pgtest.Empty(t, clauses) }
	withUser := func(t *testing.T, address, user string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(user)
		return u.String()
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, d *doctor, db *pgtest.DB)
		check string
		level level
		says  string
	}{
		"a public URL without a host": {func(_ *testing.T, d *doctor, _ *pgtest.DB) { d.command.PublicURL = "referrals" }, "flags", problem, "--public-url"},
		"a public URL without TLS":    {func(_ *testing.T, d *doctor, _ *pgtest.DB) { d.command.PublicURL = "http://referrals.example.org" }, "url", warning, "without TLS"},
		"a public URL nobody reaches": {func(_ *testing.T, d *doctor, _ *pgtest.DB) { d.command.PublicURL = "https://[::1]:8080" }, "url", warning, "only this machine"},
		"an owner without a database": {func(_ *testing.T, d *doctor, _ *pgtest.DB) {
			d.command.OwnerURL, d.command.DatabaseURL = d.command.DatabaseURL, ""
		}, "flags", problem, "--database-owner-url"},
		"no time zone data": {func(_ *testing.T, d *doctor, _ *pgtest.DB) { d.zone = func(string) error { return errors.New("no") } }, "zone", problem, "Asia/Hebron"},
		"a full disk": {func(_ *testing.T, d *doctor, _ *pgtest.DB) {
			d.free = func(string) (uint64, error) { return 1 << 20, nil }
		}, "disk", problem, "only 1 MB"},
		"a disk that fills": {func(_ *testing.T, d *doctor, _ *pgtest.DB) {
			d.free = func(string) (uint64, error) { return 1 << 30, nil }
		}, "disk", warning, "1024 MB"},
		"a clock that is wrong": {func(_ *testing.T, d *doctor, _ *pgtest.DB) {
			d.program.clock = func() time.Time { return time.Now().Add(-time.Minute) }
		}, "clock", problem, "apart"},
		"a database that does not answer": {func(_ *testing.T, d *doctor, _ *pgtest.DB) { d.command.DatabaseURL = "postgres://127.0.0.1:1/x" }, "database", problem, "cannot be reached"},
		"a database that does not exist": {func(_ *testing.T, d *doctor, db *pgtest.DB) {
			d.command.DatabaseURL = strings.Replace(db.AppURL, db.Name, "nowhere", 1)
		}, "database", problem, "does not exist"},
		"an encoding without Arabic": {func(t *testing.T, d *doctor, _ *pgtest.DB) {
			d.command.DatabaseURL = elsewhere(t, "ENCODING 'LATIN1' LOCALE 'C'")
		}, "database", problem, "LATIN1"},
		"a locale without Arabic": {func(t *testing.T, d *doctor, _ *pgtest.DB) {
			d.command.DatabaseURL = elsewhere(t, "ENCODING 'UTF8' LOCALE 'C'")
			works(t, d.command.Dir, "migrate", "--dir", d.command.Dir, "--database-url", d.command.DatabaseURL)
		}, "database", problem, "Arabic letters"},
		"a database that was not migrated": {func(t *testing.T, d *doctor, _ *pgtest.DB) {
			d.command.DatabaseURL = elsewhere(t, "ENCODING 'UTF8' LOCALE 'C.UTF-8'")
		}, "schema", problem, "version 0"},
		"a schema that is behind": {func(t *testing.T, _ *doctor, db *pgtest.DB) {
			db.Exec(t, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
		}, "schema", problem, "needs"},
		"a login that may do anything": {func(_ *testing.T, d *doctor, db *pgtest.DB) { d.command.DatabaseURL = db.OwnerURL }, "roles", warning, "anything"},
		"a login without the role": {func(t *testing.T, d *doctor, db *pgtest.DB) {
			user := "stranger_" + db.Name
			conn := superuser(t, db.OwnerURL)
			db.Exec(t, "CREATE ROLE "+user+" LOGIN")
			t.Cleanup(func() { _, _ = conn.Exec(context.Background(), "DROP ROLE "+user) })
			d.command.DatabaseURL = withUser(t, db.AppURL, user)
		}, "roles", problem, "may not act as tahweel_app"},
		"no keys":                   {func(t *testing.T, d *doctor, _ *pgtest.DB) { remove(t, d.command.folder().keys()) }, "keys", warning, "no keys"},
		"one key file lost":         {func(t *testing.T, d *doctor, _ *pgtest.DB) { remove(t, d.command.folder().key(sealingFile)) }, "keys", problem, "sealing.keyset"},
		"keys that others may read": {func(t *testing.T, d *doctor, _ *pgtest.DB) { mode(t, d.command.folder().key(signingFile), 0o644) }, "keys", problem, "others may use"},
		"a damaged keyset":          {func(t *testing.T, d *doctor, _ *pgtest.DB) { replace(t, d.command.folder().key(sealingFile), "{}") }, "keys", problem, "keyset"},
		"keys of another installation": {func(t *testing.T, d *doctor, db *pgtest.DB) {
			p, _ := serving(t, folderFor(t), db.AppURL, "127.0.0.1:0") // puts its canary
			if err := p.terminate(); err != nil {
				t.Error(err)
			}
		}, "sealed", problem, "not the one of this database"},
		"an address that is taken": {func(t *testing.T, d *doctor, _ *pgtest.DB) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go func() { // another program hangs up
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					_ = c.Close()
				}
			}()
			d.command.Addr = l.Addr().String()
		}, "address", problem, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, db := inOrder(t)
			c.spoil(t, d, db)
			d.examine(t.Context())
			for _, f := range d.findings {
				if f.Check == c.check && f.Level == c.level && strings.Contains(f.Says, c.says) {
					if f.Advice == "" {
						t.Errorf("no advice: %+v", f)
					}
					return
				}
			}
			t.Errorf("it is not found: %+v", d.findings)
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func replace(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The exit code is 1 for a problem and 0 for warnings; --json is for programs.
func TestTheDoctorsExitCode(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	args := []string{"doctor", "--dir", filepath.Join(dir, "data"), "--database-url", db.AppURL, "--addr", "127.0.0.1:0", "--json"}
	code, stdout, stderr := finish(t, dir, args...)
	var said struct{ Findings []finding }
	if err := json.Unmarshal([]byte(stdout), &said); err != nil || code != 0 || len(said.Findings) < 5 {
		t.Errorf("exit code %d, %v: %s %s", code, err, stdout, stderr)
	}
	if code, stdout, _ := finish(t, dir, append(args[:5:5], "--public-url", "x", "--addr", "127.0.0.1:0")...); code != 1 || !strings.Contains(stdout, "problem") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}
