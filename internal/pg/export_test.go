package pg

import (
	"context"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What the tests need to see or to break.

var (
	Constraints  = constraints
	SettingNames = settingNames
	Migrations   = migrations
)

const Attempts = attempts

func (db *DB) Pool() *pgxpool.Pool { return db.pool }

func MigrateFiles(ctx context.Context, url string, files fs.FS) error {
	return migrate(ctx, url, files)
}

// ReadyOnce asks one connection and no other.
func (db *DB) ReadyOnce(ctx context.Context) (cut bool, err error) { return db.ready(ctx) }
