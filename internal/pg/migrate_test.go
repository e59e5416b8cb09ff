package pg_test

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

func TestMigrateTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.Empty(t, "")
	files := fstest.MapFS{
		"0001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (n integer);\n")},
		"0004_b.sql": {Data: []byte("-- +goose Up\nINSERT INTO a VALUES (1);\n")}, // numbers may have gaps
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := pg.MigrateFiles(t.Context(), address, files); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var n int
	var owner string
	err = conn.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM a), tableowner FROM pg_tables WHERE tablename = 'a'").Scan(&n, &owner)
	if err != nil || n != 1 || owner != "tahweel_owner" {
		t.Errorf("%d rows in a table of %s, %v; want 1 of tahweel_owner", n, owner, err)
	}
}

func TestAFailedMigrationNamesFileLineAndStatement(t *testing.T) {
	t.Parallel()
	address := pgtest.Empty(t, "")
	files := fstest.MapFS{"0002_bad.sql": {Data: []byte("-- +goose Up\n\nCREATE TABLE good (n integer);\n\nCREATE TABLE bad (\n    n integer,\n    m nonsense\n);\n")}}
	err := pg.MigrateFiles(t.Context(), address, files)
	if err == nil {
		t.Fatal("it succeeded")
	}
	for _, word := range []string{"0002_bad.sql", "line 7", "nonsense", "CREATE TABLE bad ("} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var kept bool
	if err := conn.QueryRow(t.Context(), "SELECT to_regclass('good') IS NOT NULL").Scan(&kept); err != nil || kept {
		t.Errorf("half of the migration was kept, %v", err)
	}
}

func TestMigrateSaysWhatALoginLacks(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	plain := pgtest.Empty(t, "")
	address := strings.Replace(d.AppURL, d.Name, plain[strings.LastIndex(plain[:strings.Index(plain, "?")], "/")+1:strings.Index(plain, "?")], 1)
	err := pg.Migrate(t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), "GRANT tahweel_owner TO") {
		t.Errorf("got %v", err)
	}
}

// The guarantees that the schema as a whole must keep, whoever writes the next migration.
func TestTheSchemaKeepsItsPromises(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	promises := map[string]string{
		"row-level security binds the owner too": `
			SELECT relname
			FROM pg_class
			WHERE relnamespace = 'public'::regnamespace
				AND relrowsecurity
				AND NOT relforcerowsecurity`,
		"tahweel_owner owns every table": `
			SELECT tablename
			FROM pg_tables
			WHERE schemaname = 'public'
				AND tableowner <> 'tahweel_owner'
				AND tablename <> 'spatial_ref_sys'`,
		"the application may not truncate, and may not reference or trigger": `
			SELECT DISTINCT table_name
			FROM information_schema.role_table_grants
			WHERE grantee IN ('tahweel_app', 'tahweel_read')
				AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')`,
		"reports only read": `
			SELECT DISTINCT table_name
			FROM information_schema.role_table_grants
			WHERE grantee = 'tahweel_read'
				AND privilege_type <> 'SELECT'`,
		"nothing is granted to everybody": `
			SELECT DISTINCT table_name
			FROM information_schema.role_table_grants
			WHERE grantee = 'PUBLIC'
				AND table_schema = 'public'
				AND table_name NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns')`,
		"views see with the eyes of who asks": `
			SELECT relname
			FROM pg_class
			WHERE relkind = 'v'
				AND relnamespace = 'public'::regnamespace
				AND relname NOT IN ('geometry_columns', 'geography_columns')
				AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)`,
		"our roles are powerless by themselves": `
			SELECT rolname
			FROM pg_roles
			WHERE rolname LIKE 'tahweel\_%'
				AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`,
	}
	broken := func(t *testing.T, sql string) []string {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), d.OwnerURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for promise, sql := range promises {
		if names := broken(t, sql); len(names) > 0 {
			t.Errorf("%s, but not: %v", promise, names)
		}
	}
	// The control: a schema that breaks them all but the last is caught each time.
	d.Exec(t, `
		CREATE TABLE careless (n integer);
		ALTER TABLE careless ENABLE ROW LEVEL SECURITY;
		GRANT ALL ON careless TO tahweel_app, tahweel_read, PUBLIC;
		CREATE VIEW careless_view AS SELECT n FROM careless`)
	for promise, sql := range promises {
		if promise != "our roles are powerless by themselves" && len(broken(t, sql)) == 0 {
			t.Errorf("a careless schema passes: %s", promise)
		}
	}
}

// unnamed returns the constraints in SQL that leave their name to PostgreSQL, as the text around them.
func unnamed(sql string) []string {
	sql = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(sql, "")
	named := regexp.MustCompile(`(?s)(CONSTRAINT\s+\w+|WITH|CREATE|FOREIGN KEY\s*\([^)]*\))\s+$`) // WITH CHECK and CREATE UNIQUE name none
	var found []string
	for _, at := range regexp.MustCompile(`\b(PRIMARY KEY|UNIQUE|FOREIGN KEY|REFERENCES|CHECK|EXCLUDE)\b`).FindAllStringIndex(sql, -1) {
		if before := sql[max(0, at[0]-200):at[0]]; !named.MatchString(before) {
			found = append(found, strings.Join(strings.Fields(sql[max(0, at[0]-40):min(len(sql), at[1]+40)]), " "))
		}
	}
	return found
}

func TestEveryConstraintHasAName(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(pg.Migrations, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(pg.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range unnamed(string(text)) {
			t.Errorf("%s: a constraint without a name: …%s…", name, found)
		}
	}
	for sql, want := range map[string]int{
		"CREATE TABLE a (n integer PRIMARY KEY, m integer CHECK (m > 0), b integer REFERENCES b (id), UNIQUE (n, m))": 4,
		"CREATE TABLE a (n integer CONSTRAINT a_pkey PRIMARY KEY, CONSTRAINT a_b FOREIGN KEY (n) REFERENCES b (id))":  0,
		"CREATE UNIQUE INDEX a_n ON a (n); CREATE POLICY p ON a USING (true) WITH CHECK (true); -- CHECK this":        0,
	} {
		if found := unnamed(sql); len(found) != want {
			t.Errorf("%s: found %q, want %d", sql, found, want)
		}
	}
}
