package pg

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var embedded embed.FS

var migrations = must(fs.Sub(embedded, "migrations"))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Fingerprint is a hash of all migrations, in hexadecimal: two programs with the same fingerprint make the same schema.
func Fingerprint() string {
	hash := sha256.New()
	for _, name := range must(fs.Glob(migrations, "*.sql")) {
		text := must(fs.ReadFile(migrations, name))
		fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// Migrate brings the database at ownerURL to the schema of this program: it makes the roles and extensions where they are
// missing, then applies the missing migrations in the role tahweel_owner, each in a transaction of its own. The login needs the
// rights to do so; a superuser has them, and so has a plain login once roles and extensions are there and it is a member of
// tahweel_owner. Several programs may migrate at once: one works, the others wait. A failure names the file and the statement.
func Migrate(ctx context.Context, ownerURL string) error { return migrate(ctx, ownerURL, migrations) }

func migrate(ctx context.Context, ownerURL string, files fs.FS) error {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return errors.New("the address of the database cannot be read (the text is withheld, it may hold a password)")
	}
	current, err := bootstrap(ctx, config)
	if err != nil {
		return err
	}
	want, err := latest(files)
	if err != nil || current >= want {
		return err
	}
	return apply(ctx, config, files)
}

// apply runs goose in the role tahweel_owner, so that every object belongs to it whoever logs in.
func apply(ctx context.Context, config *pgx.ConnConfig, files fs.FS) error {
	last := &lastFailure{}
	config = config.Copy()
	config.Tracer = last
	config.RuntimeParams["role"] = "tahweel_owner"
	config.RuntimeParams["search_path"] = "public"
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["statement_timeout"] = "0"
	db := stdlib.OpenDB(*config)
	defer func() { _ = db.Close() }()

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // seconds, times
	if err != nil {
		return fmt.Errorf("make the lock of migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err = provider.Up(ctx); err != nil {
		return last.explain(err, files)
	}
	return nil
}

// latest returns the number of the last migration among files.
func latest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.New("there are no migrations")
	}
	return goose.NumericComponent(names[len(names)-1])
}

// applied returns the number of the last migration the database has seen, 0 for none.
func applied(ctx context.Context, conn *pgx.Conn) (int64, error) {
	var version int64
	err := conn.QueryRow(ctx, `
		SELECT coalesce(max(version_id), 0)
		FROM public.goose_db_version
		WHERE is_applied`).Scan(&version)
	var pge *pgconn.PgError
	if errors.As(err, &pge) && pge.Code == "42P01" { // undefined_table
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	return version, nil
}

// lastFailure listens for the statement that failed, which goose does not tell.
type lastFailure struct {
	running string
	failed  string
	err     *pgconn.PgError
}

// TraceQueryStart notes what runs.
func (l *lastFailure) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.running = data.SQL
	return ctx
}

// TraceQueryEnd notes what failed.
func (l *lastFailure) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if errors.As(data.Err, &l.err) {
		l.failed = l.running
	}
}

// explain names the file, the line and the statement of a failed migration.
func (l *lastFailure) explain(err error, files fs.FS) error {
	var partial *goose.PartialError
	if !errors.As(err, &partial) || l.err == nil {
		return fmt.Errorf("migrate: %w", err)
	}
	name := path.Base(partial.Failed.Source.Path)
	text, _ := fs.ReadFile(files, name)
	first, _, _ := strings.Cut(strings.TrimSpace(l.failed), "\n")
	before, _, found := strings.Cut(string(text), first)
	if !found {
		return fmt.Errorf("migration %s: %w (in the statement %q)", name, err, first)
	}
	line := 1 + strings.Count(before, "\n")
	if l.err.Position > 0 {
		upTo := []rune(strings.TrimSpace(l.failed))[:min(int(l.err.Position), len([]rune(strings.TrimSpace(l.failed))))]
		line += strings.Count(string(upTo), "\n")
	}
	return fmt.Errorf("migration %s, line %d: %w (in the statement that begins %q)", name, line, partial.Err, first)
}
