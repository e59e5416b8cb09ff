package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// oldest is the first major version of PostgreSQL the product runs on.
const oldest = 15

// binaries are the programs of one installation of PostgreSQL.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// findBinaries looks for an installation that has PostGIS: the one that made the cluster if there is a cluster, else the newest.
func findBinaries(ctx context.Context, cluster string) (binaries, error) {
	found := installations(ctx, candidates(ctx))
	made, err := madeBy(cluster)
	if err != nil {
		return binaries{}, err
	}
	best := binaries{}
	for _, b := range found {
		if made == b.major {
			return b, nil
		}
		if b.major > best.major {
			best = b
		}
	}
	switch {
	case best.major == 0:
		return binaries{}, errors.New("PostgreSQL 15 or newer with PostGIS was not found on this machine: " + howToInstall())
	case made != 0:
		return binaries{}, fmt.Errorf("the data in %s was made by PostgreSQL %d, and this machine has PostgreSQL %d with PostGIS: install PostgreSQL %d with PostGIS, or choose another data folder and bring the data over with pg_dump and pg_restore; the old data was not touched",
			filepath.Dir(cluster), made, best.major, made)
	}
	return best, nil
}

// madeBy returns the major version that made the cluster, 0 if there is no cluster.
func madeBy(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the data: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("the file %s does not hold a version of PostgreSQL: choose another data folder", filepath.Join(cluster, "PG_VERSION"))
	}
	return major, nil
}

// candidates are the folders in which PostgreSQL may have its programs.
func candidates(ctx context.Context) []string {
	var dirs []string
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                               // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                        // the PostgreSQL project's own packages for Red Hat
		"/opt/homebrew/opt/postgresql@*/bin",                      // Homebrew on Apple silicon
		"/usr/local/opt/postgresql@*/bin",                         // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/latest/bin", // Postgres.app
	} {
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

// installations keeps the candidates that have the server, initdb, PostGIS and a version that is new enough. A lone initdb in
// PATH, left by some other package, is thereby passed over.
func installations(ctx context.Context, candidates []string) []binaries {
	var found []binaries
	seen := map[string]bool{}
	for _, dir := range candidates {
		server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || seen[server] {
			continue
		}
		seen[server] = true
		b := binaries{dir: filepath.Dir(server)}
		if _, err := os.Stat(b.path("initdb")); err != nil || !hasPostGIS(ctx, b.dir) {
			continue
		}
		out, err := exec.CommandContext(ctx, server, "--version").Output()
		if err != nil {
			continue
		}
		if b.major = majorIn(string(out)); b.major >= oldest {
			found = append(found, b)
		}
	}
	return found
}

// hasPostGIS looks for PostGIS's control file where the installation keeps its extensions.
func hasPostGIS(ctx context.Context, bin string) bool {
	shares := []string{
		filepath.Join(bin, "../share"),
		filepath.Join(bin, "../share/postgresql"),
		strings.Replace(filepath.Dir(bin), "/lib/", "/share/", 1), // Debian: /usr/lib/postgresql/15 has /usr/share/postgresql/15
	}
	if out, err := exec.CommandContext(ctx, filepath.Join(bin, "pg_config"), "--sharedir").Output(); err == nil {
		shares = append(shares, strings.TrimSpace(string(out)))
	}
	for _, share := range shares {
		if _, err := os.Stat(filepath.Join(share, "extension", "postgis.control")); err == nil {
			return true
		}
	}
	return false
}

// majorIn reads 15 out of "postgres (PostgreSQL) 15.14 (Debian …)", 0 if there is no such thing.
func majorIn(version string) int {
	_, rest, _ := strings.Cut(version, "(PostgreSQL) ")
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	major, _ := strconv.Atoi(digits)
	return major
}

func howToInstall() string {
	if runtime.GOOS == "darwin" {
		return "install them with `brew install postgresql@17 postgis`, or set DATABASE_URL to a server that has them"
	}
	return "install them, on Debian and Ubuntu with `apt-get install postgresql postgis postgresql-postgis`, or set DATABASE_URL to a server that has them"
}
