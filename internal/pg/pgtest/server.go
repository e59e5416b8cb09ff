package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/pg"
)

// server is the shared test server as one program uses it.
type server struct {
	base         string   // address of the superuser at the database postgres
	using        *os.File // the users lock, shared; given back when the program ends
	mu           sync.Mutex
	templateName string
}

// url returns the address of a database for a user.
func (s *server) url(user, database string) string {
	u, err := url.Parse(s.base)
	if err != nil {
		panic(err) // the keeper made it with url.URL
	}
	u.User, u.Path = url.User(user), "/"+database
	return u.String()
}

// admin runs one statement at the database postgres. It does not use the test's context, which ends before clean-ups run.
func (s *server) admin(t testing.TB, sql string) {
	t.Helper()
	if err := s.adminExec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (s *server) adminExec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// template returns the name of the migrated template and makes it if no program has made it yet.
func (s *server) template(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.templateName == "" {
		name := "template_" + pg.Fingerprint()[:20]
		if err := s.makeTemplate(name); err != nil {
			t.Fatalf("make the template database: %v", err)
		}
		s.templateName = name
	}
	return s.templateName
}

// templateLock is an arbitrary number that names the lock of template makers.
const templateLock = 7_208_032

// makeTemplate migrates a database under another name and renames it in the end, so that a template is always whole.
func (s *server) makeTemplate(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
		return err
	}
	making := name + "_making"
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + making + " WITH (FORCE)", "CREATE DATABASE " + making + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	owner := s.url("postgres", making)
	if err := errors.Join(pg.Migrate(ctx, owner), pg.EnsureLogin(ctx, owner, service), analyze(ctx, owner)); err != nil {
		return err
	}
	return rename(ctx, conn, making, name)
}

// analyze gives the clones statistics; the test server has no autovacuum.
func analyze(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

// rename waits for the sessions that were just closed to be gone (object_in_use until then).
func rename(ctx context.Context, conn *pgx.Conn, from, to string) error {
	for {
		_, err := conn.Exec(ctx, "ALTER DATABASE "+from+" RENAME TO "+to)
		var pge *pgconn.PgError
		if err == nil || !errors.As(err, &pge) || pge.Code != "55006" {
			return err
		}
		if _, err := conn.Exec(ctx, "SELECT pg_sleep(0.02)"); err != nil {
			return fmt.Errorf("wait for sessions to end: %w", err)
		}
	}
}
