package pg

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is the application's pool of connections. It is safe for concurrent use.
type DB struct {
	pool    *pgxpool.Pool
	filling bool
}

// Filling returns the same pool for whoever fills a database: what is written through it owes the work that Filling names. Close the DB
// that Open returned.
func (db *DB) Filling() *DB { return &DB{pool: db.pool, filling: true} }

// Filling reports whether q writes through DB.Filling. What is derived from a row, and dear, is then left out at each write, and made
// once by whoever fills the database.
func Filling(q Querier) bool {
	t, ok := q.(*tx)
	return ok && t.filling
}

// Option changes how Open makes the pool.
type Option func(*pgxpool.Config)

// MaxConns bounds the number of connections; without it there are four for each core.
func MaxConns(n int32) Option { return func(c *pgxpool.Config) { c.MaxConns = n } }

// Bulk makes connections for filling a database that is thrown away unless it was filled to the end and its server stopped in good
// order. Commits return before they are on disk, which a crash of the server may undo. Statements are planned once and not for their
// arguments: each of the few there are runs thousands of times, and with the row policies a plan costs more than its execution.
func Bulk() Option {
	return func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
		c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	}
}

// Tracer has every statement reported to t. It must not record arguments, which may be personal data.
func Tracer(t pgx.QueryTracer) Option { return func(c *pgxpool.Config) { c.ConnConfig.Tracer = t } }

// sessionSettings are start-up parameters of every connection of the application. PostgreSQL itself leaves every one of these
// timeouts at 0, which is forever.
var sessionSettings = map[string]string{
	"role":                                "tahweel_app",
	"search_path":                         "public",
	"timezone":                            "UTC",
	"application_name":                    "tahweel",
	"statement_timeout":                   "5s",
	"lock_timeout":                        "2s",
	"idle_in_transaction_session_timeout": "10s",
	"client_connection_check_interval":    "1s",
	"jit":                                 "off", // its compilation costs more than any query here
}

// Open connects to the database at url, a connection URI or keyword string as libpq knows it, in the role tahweel_app, and
// checks what the product relies on: that the role is bound by row-level security, that the database knows Arabic letters,
// that PostGIS is there and that the schema is at least as new as this program (a newer one works too: migrations are made so
// that the previous program runs on them). Each failure is a sentence that says what to do. Close the DB when done.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address of the database cannot be read (the text is withheld, it may hold a password)")
	}
	for name, value := range sessionSettings {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.MaxConns = int32(4 * runtime.GOMAXPROCS(0))
	config.ConnConfig.OnNotice = noteWarning
	config.AfterConnect = prepareAndCheck()
	for _, opt := range opts {
		opt(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("make the pool: %w", err)
	}
	db := &DB{pool: pool}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, startFailure(err)
	}
	return db, nil
}

// Close waits until every connection is given back and closes them all.
func (db *DB) Close() { db.pool.Close() }

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return Translate(db.pool.Ping(ctx)) }

// Ready is Ping, and fails as well if the schema has fallen behind this program, as after a restore of an old backup. A connection that
// the server has cut meanwhile says nothing of the server: it is thrown away, and the next one asked.
func (db *DB) Ready(ctx context.Context) error {
	for {
		cut, err := db.ready(ctx)
		if err == nil || !cut || ctx.Err() != nil {
			return Translate(err)
		}
	}
}

// ready reports whether the connection that it asked is gone.
func (db *DB) ready(ctx context.Context) (cut bool, err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	err = checkSchema(ctx, conn.Conn())
	return conn.Conn().IsClosed(), err
}

// Stats is what the pool looks like at an instant. Waits and WaitTime grow from Open on.
type Stats struct {
	Max, Open, InUse, Idle int
	Acquired, Waits        int64
	WaitTime               time.Duration
}

// Stats returns what the pool looks like now.
func (db *DB) Stats() Stats {
	s := db.pool.Stat()
	return Stats{
		Max: int(s.MaxConns()), Open: int(s.TotalConns()), InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()),
		Acquired: s.AcquireCount(), Waits: s.EmptyAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(),
	}
}

// prepare teaches a new connection the types of the product and makes it load PostGIS, whose first use on a connection takes
// tens of milliseconds that would otherwise fall on a user.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	utc := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}}
	conn.TypeMap().RegisterType(utc)
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: utc},
	})
	registerUUID(conn)
	return registerGeometry(ctx, conn)
}

// prepareAndCheck prepares every connection, and on the first one looks whether the database is fit for the product.
func prepareAndCheck() func(context.Context, *pgx.Conn) error {
	var checked atomic.Bool
	return func(ctx context.Context, conn *pgx.Conn) error {
		if !checked.Load() {
			for _, check := range []func(context.Context, *pgx.Conn) error{checkRole, checkLetters, checkPostGIS, checkSchema} {
				if err := check(ctx, conn); err != nil {
					return unfit{err}
				}
			}
			checked.Store(true)
		}
		return prepare(ctx, conn)
	}
}

// unfit is what a check found.
type unfit struct{ error }

// startFailure says in a sentence why the first connection failed.
func startFailure(err error) error {
	var found unfit
	if errors.As(err, &found) {
		return found.error
	}
	var pge *pgconn.PgError
	if errors.As(err, &pge) {
		switch pge.Code {
		case "22023":
			return errors.New("the database has no role tahweel_app: run `tahweel migrate` first")
		case "42501":
			return errors.New("the login may not act as tahweel_app: run `GRANT tahweel_app TO <login>` as its administrator")
		case "3D000":
			return errors.New("the database in the address does not exist on this server: create it, then run `tahweel migrate`")
		}
	}
	return fmt.Errorf("the database cannot be reached: %w", err)
}

func checkRole(ctx context.Context, conn *pgx.Conn) error {
	var name string
	var super, bypass bool
	err := conn.QueryRow(ctx, `
		SELECT rolname, rolsuper, rolbypassrls
		FROM pg_roles
		WHERE rolname = current_user`).Scan(&name, &super, &bypass)
	switch {
	case err != nil:
		return fmt.Errorf("read the role: %w", err)
	case super:
		return fmt.Errorf("the role %s is a superuser, whom row-level security does not bind: run `ALTER ROLE %s NOSUPERUSER`", name, name)
	case bypass:
		return fmt.Errorf("the role %s bypasses row-level security: run `ALTER ROLE %s NOBYPASSRLS`", name, name)
	}
	return nil
}

// checkLetters finds out whether the database takes Arabic letters for letters. In a database with the character type C,
// trigrams of Arabic words are empty and a search finds nothing without any error.
func checkLetters(ctx context.Context, conn *pgx.Conn) error {
	var encoding, ctype string
	var installed bool
	err := conn.QueryRow(ctx, `
		SELECT
			pg_encoding_to_char(encoding),
			datcollate || '/' || datctype,
			EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
		FROM pg_database
		WHERE datname = current_database()`).Scan(&encoding, &ctype, &installed)
	switch {
	case err != nil:
		return fmt.Errorf("read the locale: %w", err)
	case encoding != "UTF8":
		return fmt.Errorf("the database is encoded in %s: create it anew with ENCODING 'UTF8'", encoding)
	case !installed:
		return errors.New("the extension pg_trgm is missing: run `tahweel migrate`")
	}
	var trigrams int
	if err := conn.QueryRow(ctx, "SELECT cardinality(show_trgm('سلام'))").Scan(&trigrams); err != nil {
		return fmt.Errorf("try trigrams: %w", err)
	}
	if trigrams == 0 {
		return fmt.Errorf("the database has the locale %s, in which Arabic letters are not letters: create it anew with LOCALE 'C.UTF-8'", ctype)
	}
	return nil
}

func checkPostGIS(ctx context.Context, conn *pgx.Conn) error {
	var installed bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis')").Scan(&installed); err != nil {
		return fmt.Errorf("look for postgis: %w", err)
	}
	if !installed {
		return errors.New("the extension postgis is missing: run `tahweel migrate`")
	}
	return nil
}

func checkSchema(ctx context.Context, conn *pgx.Conn) error {
	want, err := latest(migrations)
	if err != nil {
		return err
	}
	have, err := applied(ctx, conn)
	if err != nil {
		return err
	}
	if have < want {
		return fmt.Errorf("the schema is at version %s and this program needs %s: run `tahweel migrate`",
			strconv.FormatInt(have, 10), strconv.FormatInt(want, 10))
	}
	return nil
}
