package main

import (
	"context"
	"errors"
)

type migrateCommand struct{ databaseFlags }

// Run migrates and ends.
func (c migrateCommand) Run(ctx context.Context, p *program) (err error) {
	database, err := c.start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if err := database.migrate(ctx); err != nil {
		return err
	}
	p.say("the schema is that of tahweel %s", version)
	return nil
}
