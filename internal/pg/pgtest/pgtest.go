// Package pgtest gives each test a database of its own: a clone, made in some tens of milliseconds, of a template that has all
// migrations. The server under it is private, shared by all test programs of a user and stops by itself soon after the last.
package pgtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// DB is a fresh migrated database.
type DB struct {
	DB       *pg.DB // opened as the service opens it, by a login that can be nobody but tahweel_app
	OwnerURL string // the superuser's address, for raw SQL that nothing binds
	AppURL   string // the service's address
	Name     string
}

// service is the login role of the service in tests.
const service = "tahweel_service"

// New makes a database for the test and drops it when the test ends. opts go to pg.Open.
func New(t testing.TB, opts ...pg.Option) *DB {
	t.Helper()
	s := shared(t)
	template := s.template(t)
	name := "test_" + strings.ToLower(rand.Text()[:16])
	// Copying files is about twice as fast as copying through the log, on a server that never syncs.
	s.admin(t, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY")
	t.Cleanup(func() { s.admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	d := &DB{OwnerURL: s.url("postgres", name), AppURL: s.url(service, name), Name: name}
	db, err := pg.Open(t.Context(), d.AppURL, opts...)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(db.Close)
	d.DB = db
	return d
}

// Empty makes a database without anything in it and returns the superuser's address; for tests of migrations and of Open.
// clauses are appended to CREATE DATABASE.
func Empty(t testing.TB, clauses string) string {
	t.Helper()
	s := shared(t)
	name := "test_" + strings.ToLower(rand.Text()[:16])
	s.admin(t, "CREATE DATABASE "+name+" TEMPLATE template0 "+clauses)
	t.Cleanup(func() { s.admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return s.url("postgres", name)
}

// Exec runs SQL as the superuser, whom no policy binds. Several statements may be separated by semicolons if there are no args.
func (d *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	conn := d.connect(t)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("exec %s: %v", sql, err)
	}
}

// Value reads one value as the superuser, whom no policy binds.
func Value[T any](t testing.TB, d *DB, sql string, args ...any) T {
	t.Helper()
	conn := d.connect(t)
	defer func() { _ = conn.Close(context.Background()) }()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	return value
}

func (d *DB) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatalf("connect as the superuser: %v", err)
	}
	return conn
}

// program is what one test program knows of the shared server: found once, used by all its tests.
var program struct {
	once   sync.Once
	server *server
	err    error
}

func shared(t testing.TB) *server {
	t.Helper()
	program.once.Do(func() { program.server, program.err = join() })
	if program.err != nil {
		t.Fatalf("the test server: %v", program.err)
	}
	return program.server
}
