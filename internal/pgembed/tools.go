package pgembed

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Tool returns the path of a client program of PostgreSQL, such as pg_dump, of the given major version: a dump is written and
// read by the programs of the version it is of. It fails with a sentence that says what to install.
func Tool(ctx context.Context, name string, major int) (string, error) {
	for _, dir := range candidates(ctx) {
		server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err == nil {
			dir = filepath.Dir(server)
		}
		path := filepath.Join(dir, name)
		if found, err := versionOf(ctx, path); err == nil && found == major {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s of PostgreSQL %d, the version of the database, was not found on this machine: install the client programs of that version, on Debian and Ubuntu with `apt-get install postgresql-client-%d`", name, major, major)
}

// versionOf is the major version of a client program.
func versionOf(ctx context.Context, path string) (int, error) {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	return majorIn(string(out)), err
}

// alive reports whether there is a process with the number.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// Major is the major version of the programs with which a server in dir would be started. It fails, with a sentence that says
// what to do, where Start would for want of programs.
func Major(ctx context.Context, dir string) (int, error) {
	b, err := findBinaries(ctx, filepath.Join(dir, "cluster"))
	return b.major, err
}

// Exists reports whether there is a cluster in dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "cluster", "PG_VERSION"))
	return err == nil
}

// Find returns the address, for the superuser, of the server that another program runs in dir, and whether there is one.
func Find(dir string) (address func(user, database string) string, running bool) {
	cluster := filepath.Join(dir, "cluster")
	lines := pidFile(cluster)
	if len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return nil, false
	}
	if pid, err := strconv.Atoi(lines[0]); err != nil || !alive(pid) {
		return nil, false
	}
	return func(user, database string) string {
		u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: url.Values{
			"host": {lines[4]}, "port": {port}, "sslmode": {"disable"},
		}.Encode()}
		return u.String()
	}, true
}
