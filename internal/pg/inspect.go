package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Facts are what a database says about itself, for people who look why something does not work. They are read as the plain
// login, before it takes the role of the product.
type Facts struct {
	ServerVersion     int    // as in server_version_num: 150014 is 15.14
	Encoding, Locale  string // of the database
	PostGISAvailable  bool   // on the server
	PostGIS           bool   // in the database
	Trigrams          bool   // pg_trgm in the database
	ArabicLetters     bool   // trigrams know them; false without pg_trgm
	TimeZone          bool   // the server knows Asia/Hebron
	Login             string
	Superuser, Bypass bool // of the login
	RoleExists        bool // tahweel_app
	RoleBound         bool // tahweel_app is neither superuser nor past row-level security
	Member            bool // the login may act as tahweel_app
	Empty             bool // no table that is not an extension's
	Schema            int64
	Now               time.Time // of the server's clock
}

// NeededSchema is the number of the last migration of this program.
func NeededSchema() int64 { return must(latest(migrations)) }

// Inspect asks the database at url what it is. It fails only if it cannot connect or ask, with a sentence that says what to do.
func Inspect(ctx context.Context, url string) (Facts, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return Facts{}, errors.New("the address of the database cannot be read (the text is withheld, it may hold a password)")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Facts{}, startFailure(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	f := Facts{}
	err = conn.QueryRow(ctx, `
		SELECT
			current_setting('server_version_num')::integer,
			pg_encoding_to_char(d.encoding),
			d.datcollate || '/' || d.datctype,
			EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis'),
			EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis'),
			EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'),
			EXISTS (SELECT FROM pg_timezone_names WHERE name = 'Asia/Hebron'),
			l.rolname,
			l.rolsuper,
			l.rolbypassrls,
			EXISTS (SELECT FROM pg_roles WHERE rolname = 'tahweel_app'),
			EXISTS (SELECT FROM pg_roles WHERE rolname = 'tahweel_app' AND NOT rolsuper AND NOT rolbypassrls),
			NOT EXISTS (
				SELECT FROM pg_class AS c
				WHERE c.relnamespace = 'public'::regnamespace
					AND c.relkind IN ('r', 'p')
					AND NOT EXISTS (SELECT FROM pg_depend AS x WHERE x.objid = c.oid AND x.deptype = 'e'))
		FROM pg_database AS d, pg_roles AS l
		WHERE d.datname = current_database()
			AND l.rolname = session_user`).Scan(
		&f.ServerVersion, &f.Encoding, &f.Locale, &f.PostGISAvailable, &f.PostGIS, &f.Trigrams, &f.TimeZone,
		&f.Login, &f.Superuser, &f.Bypass, &f.RoleExists, &f.RoleBound, &f.Empty)
	if err != nil {
		return Facts{}, fmt.Errorf("ask the database what it is: %w", err)
	}
	return f, f.more(ctx, conn)
}

// more asks what depends on the answers before.
func (f *Facts) more(ctx context.Context, conn *pgx.Conn) error {
	if f.Trigrams {
		if err := conn.QueryRow(ctx, "SELECT cardinality(show_trgm('سلام')) > 0").Scan(&f.ArabicLetters); err != nil {
			return fmt.Errorf("try trigrams: %w", err)
		}
	}
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&f.Now); err != nil {
		return fmt.Errorf("ask for the time: %w", err)
	}
	if !f.RoleExists {
		return nil
	}
	if err := conn.QueryRow(ctx, "SELECT pg_has_role(session_user, 'tahweel_app', 'MEMBER')").Scan(&f.Member); err != nil || !f.Member {
		return err
	}
	if _, err := conn.Exec(ctx, "SET ROLE tahweel_app"); err != nil {
		return fmt.Errorf("take the role tahweel_app: %w", err)
	}
	version, err := applied(ctx, conn)
	var pge *pgconn.PgError
	if errors.As(err, &pge) && pge.Code == "42501" { // insufficient_privilege: a schema that was left before its first migration
		return nil
	}
	f.Schema = version
	return err
}

// Prepare makes the roles and extensions at ownerURL on which a dump of the product can be restored.
func Prepare(ctx context.Context, ownerURL string) error {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return errors.New("the address of the database cannot be read (the text is withheld, it may hold a password)")
	}
	_, err = bootstrap(ctx, config)
	return err
}
