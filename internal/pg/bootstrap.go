package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The roles: tahweel_owner owns every object, tahweel_app is the service, tahweel_read is for reports. None can log in; logins
// are members of them.
var roles = []string{"tahweel_owner", "tahweel_app", "tahweel_read"}

var extensions = []string{"postgis", "pg_trgm", "btree_gist"}

// bootstrap makes what migrations cannot make for themselves and returns the version of the schema that is there. It looks
// before it acts, so that on a prepared server it needs no more than a connection.
func bootstrap(ctx context.Context, config *pgx.ConnConfig) (int64, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	// Serializes bootstraps of one database; those of two databases on one server still meet at the roles, see tolerant.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", bootstrapLock); err != nil {
		return 0, fmt.Errorf("wait for another migration: %w", err)
	}
	for _, role := range roles {
		if err := ensureRole(ctx, conn, role); err != nil {
			return 0, err
		}
	}
	for _, extension := range extensions {
		if err := ensureExtension(ctx, conn, extension); err != nil {
			return 0, err
		}
	}
	if err := ensureSchema(ctx, conn); err != nil {
		return 0, err
	}
	return applied(ctx, conn)
}

// bootstrapLock is an arbitrary number that names the lock.
const bootstrapLock = 7_208_030

func ensureRole(ctx context.Context, conn *pgx.Conn, role string) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&exists); err != nil {
		return fmt.Errorf("look for the role %s: %w", role, err)
	}
	if !exists {
		if err := tolerant(ctx, conn, "CREATE ROLE "+role+" NOLOGIN"); err != nil {
			return fmt.Errorf("the role %s is missing and this login cannot create it, run `CREATE ROLE %s NOLOGIN` as an administrator: %w", role, role, err)
		}
	}
	var member bool
	if err := conn.QueryRow(ctx, "SELECT pg_has_role(current_user, $1, 'MEMBER')", role).Scan(&member); err != nil {
		return fmt.Errorf("look at the role %s: %w", role, err)
	}
	if !member { // a superuser counts as a member of every role
		if err := tolerant(ctx, conn, "GRANT "+role+" TO CURRENT_USER"); err != nil {
			return fmt.Errorf("this login is not a member of %s, run `GRANT %s TO <login>` as an administrator: %w", role, role, err)
		}
	}
	return nil
}

func ensureExtension(ctx context.Context, conn *pgx.Conn, extension string) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)", extension).Scan(&exists); err != nil {
		return fmt.Errorf("look for the extension %s: %w", extension, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+extension+" SCHEMA public"); err != nil {
		return fmt.Errorf("the extension %s is missing and this login cannot create it, install its package and run `CREATE EXTENSION %s` as an administrator: %w", extension, extension, err)
	}
	return nil
}

// ensureSchema lets tahweel_owner create in public and sets the search path for people who look by hand; the product sets its
// own on every connection.
func ensureSchema(ctx context.Context, conn *pgx.Conn) error {
	var may bool
	if err := conn.QueryRow(ctx, "SELECT has_schema_privilege('tahweel_owner', 'public', 'CREATE')").Scan(&may); err != nil {
		return fmt.Errorf("look at the schema: %w", err)
	}
	if may {
		return nil
	}
	if _, err := conn.Exec(ctx, "GRANT USAGE, CREATE ON SCHEMA public TO tahweel_owner"); err != nil {
		return fmt.Errorf("tahweel_owner may not create tables, run `GRANT USAGE, CREATE ON SCHEMA public TO tahweel_owner` as an administrator: %w", err)
	}
	_, err := conn.Exec(ctx, `
		DO $$
		BEGIN
			EXECUTE format('ALTER DATABASE %I SET search_path = public', current_database());
		END
		$$`)
	if err != nil {
		return fmt.Errorf("set the search path: %w", err)
	}
	return nil
}

// tolerant runs a statement on a role, which belongs to the whole server, and takes it for done if another database's bootstrap
// does the same at this instant.
func tolerant(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.Exec(ctx, sql)
	var pge *pgconn.PgError
	if errors.As(err, &pge) && (pge.Code == "42710" || pge.Code == "23505" || pge.Code == "XX000") {
		return nil // duplicate_object, unique_violation, tuple concurrently updated
	}
	return err
}

// EnsureLogin makes the login role name, without a password, a member of tahweel_app and nothing more, so that a service that
// connects as name could not become anybody else. It is for servers that let only us in, as the embedded one; name is an
// identifier of ours and never input.
func EnsureLogin(ctx context.Context, ownerURL, name string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&exists); err != nil || exists {
		return err
	}
	return tolerant(ctx, conn, "CREATE ROLE "+pgx.Identifier{name}.Sanitize()+" LOGIN IN ROLE tahweel_app")
}
