// Package canary finds out whether a keyset belongs to a database before anything is sealed under the wrong one or a backup is
// thought whole that is not. A known text, sealed, lies in the database; a keyset that opens it is the one, or a rotation of it.
package canary

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/sealed"
)

// ErrForeignKeys says that the keyset does not open what is sealed in the database.
var ErrForeignKeys = errors.New("the sealing keyset is not the one of this database: what is sealed there does not open; put the right keys in place, from their backup, and do not write with these")

// Ensure fails with ErrForeignKeys unless the keyset belongs to the database, and puts a canary where there is none yet: in a new
// database, and in one of a version that knew none, whose sealed people then speak for the keys.
func Ensure(ctx context.Context, db *pg.DB, keys *sealed.Keyset) error {
	fresh, err := keys.NewCanary()
	if err != nil {
		return fmt.Errorf("seal a canary: %w", err)
	}
	return db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		known, err := check(ctx, q, keys)
		if err != nil || known {
			return err
		}
		_, err = q.Exec(ctx, `
			INSERT INTO keyset_canary (single, wrapped_key, sealed)
			VALUES (true, @wrapped_key, @sealed)
			ON CONFLICT ON CONSTRAINT keyset_canary_pkey DO NOTHING`,
			pgx.StrictNamedArgs{"wrapped_key": fresh.WrappedKey, "sealed": fresh.Sealed})
		if err != nil {
			return fmt.Errorf("put a canary: %w", err)
		}
		_, err = check(ctx, q, keys) // another server, with other keys, may have been first
		return err
	})
}

// Check fails with ErrForeignKeys unless the keyset belongs to the database. It changes nothing, and nothing sealed yet is fine.
func Check(ctx context.Context, db *pg.DB, keys *sealed.Keyset) error {
	return db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		_, err := check(ctx, q, keys)
		return err
	})
}

// check reports whether there is a canary, and fails if the keyset does not open it. Without one the key of the newest person
// must unwrap.
func check(ctx context.Context, q pg.Querier, keys *sealed.Keyset) (known bool, err error) {
	var c sealed.Canary
	err = q.QueryRow(ctx, `
		SELECT wrapped_key, sealed
		FROM keyset_canary`).Scan(&c.WrappedKey, &c.Sealed)
	switch {
	case err == nil && keys.Opens(c) != nil:
		return true, ErrForeignKeys
	case err == nil:
		return true, nil
	case !errors.Is(err, pgx.ErrNoRows):
		return false, fmt.Errorf("read the canary: %w", err)
	}
	var person uuid.UUID
	var wrapped []byte
	err = q.QueryRow(ctx, `
		SELECT id, wrapped_key
		FROM person
		WHERE wrapped_key IS NOT NULL
		ORDER BY id DESC
		LIMIT 1`).Scan(&person, &wrapped)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read a wrapped key: %w", err)
	}
	if _, err := keys.Unwrap(person, wrapped); err != nil {
		return false, ErrForeignKeys
	}
	return false, nil
}
