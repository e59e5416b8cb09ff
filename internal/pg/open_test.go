package pg_test

import (
	"context"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

// grepMigrations returns what the group of the expression found in the migrations, with the file of each.
func grepMigrations(t *testing.T, expression string) map[string]string {
	t.Helper()
	names, err := fs.Glob(pg.Migrations, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	found := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(pg.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(string(text), -1) {
			found[match[1]] = name
		}
	}
	return found
}

// exec runs SQL at the address.
func exec(t *testing.T, address, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // clean-ups call it too
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// refused expects Open to fail with a sentence that has all the words.
func refused(t *testing.T, address string, words []string, opts ...pg.Option) {
	t.Helper()
	db, err := pg.Open(t.Context(), address, opts...)
	if err == nil {
		db.Close()
		t.Fatalf("it was opened; want a refusal with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the refusal %q does not say %q", err, word)
		}
	}
}

func TestOpenRefusesWhatThePolicyDoesNotBind(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	as := func(role string) pg.Option {
		return func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["role"] = role }
	}
	refused(t, d.OwnerURL, []string{"postgres", "superuser", "NOSUPERUSER"}, as("postgres"))
	d.Exec(t, "CREATE ROLE "+d.Name+" BYPASSRLS")
	t.Cleanup(func() { exec(t, strings.Replace(d.OwnerURL, d.Name, "postgres", 1), "DROP ROLE "+d.Name) })
	refused(t, d.OwnerURL, []string{d.Name, "bypasses"}, as(d.Name))
}

func TestOpenAsASuperuserStillActsAsTheApplication(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	db, err := pg.Open(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var name string
	if err := db.Pool().QueryRow(t.Context(), "SELECT current_user").Scan(&name); err != nil || name != "tahweel_app" {
		t.Errorf("the service is %q, %v", name, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // the roles exist on the server
	deaf := pgtest.Empty(t, "LOCALE 'C' ENCODING 'UTF8'")
	if err := pg.Migrate(t.Context(), deaf); err == nil {
		refused(t, deaf, []string{"locale C", "C.UTF-8"})
	} else { // a migration may notice before Open does
		t.Logf("migrations refuse the locale C themselves: %v", err)
		exec(t, deaf, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
		refused(t, deaf, []string{"locale C", "C.UTF-8"})
	}
	refused(t, pgtest.Empty(t, ""), []string{"pg_trgm", "tahweel migrate"})

	behind := pgtest.Empty(t, "")
	if err := pg.Migrate(t.Context(), behind); err != nil {
		t.Fatal(err)
	}
	exec(t, behind, "DELETE FROM goose_db_version WHERE version_id > 1")
	refused(t, behind, []string{"version 1", "tahweel migrate"})

	refused(t, "postgres://nobody@/nowhere?host="+url.QueryEscape(t.TempDir()), []string{"cannot be reached"})
	refused(t, "postgres://user:secret word@host/%zz", []string{"cannot be read", "withheld"})
}

// Expand and contract: a program that is restarted while a newer one has migrated must come up.
func TestOpenAcceptsANewerSchema(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	db, err := pg.Open(t.Context(), d.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}

func TestEverySessionHasItsLimits(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	for name, want := range map[string]string{
		"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s",
		"client_connection_check_interval": "1s", "TimeZone": "UTC", "jit": "off", "search_path": "public", "role": "tahweel_app",
	} {
		var got string
		if err := db.Pool().QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// Connections that the server cut do not make a database that answers look as if it did not. The control: who asks one connection alone
// is misled.
func TestReadyPassesOverCutConnections(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	cutAll := func() {
		t.Helper()
		held := make([]*pgxpool.Conn, 3)
		for i := range held {
			var err error
			if held[i], err = db.DB.Pool().Acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, conn := range held {
			db.Exec(t, "SELECT pg_terminate_backend($1, 5000)", conn.Conn().PgConn().PID())
			conn.Release()
		}
	}
	cutAll()
	if cut, err := db.DB.ReadyOnce(t.Context()); err == nil || !cut {
		t.Errorf("a connection that was cut answers (%v, %v)", cut, err)
	}
	cutAll()
	if err := db.DB.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
