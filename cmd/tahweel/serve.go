package main

import (
	"context"
	"errors"
	"time"

	"tahweel/internal/identity"
)

// tokenFlags say whom tokens are for. Every server of an installation must be told the same.
type tokenFlags struct {
	PublicURL string `help:"The installation's address as its clients know it; issuer and audience of its tokens." default:"${public_url}" env:"TAHWEEL_PUBLIC_URL" placeholder:"URL"`
}

func (f tokenFlags) issuer(s secrets, clock func() time.Time) *identity.Issuer {
	return identity.NewIssuer(s.signing, f.PublicURL, f.PublicURL, clock, identity.AccessTokenLifetime)
}

type serveCommand struct {
	databaseFlags
	tokenFlags
	Addr    string `help:"Address to listen on; port 0 picks one." default:"${address}" env:"TAHWEEL_ADDR"`
	Migrate bool   `help:"Bring the schema to this program's before serving. The embedded database always is." env:"TAHWEEL_MIGRATE"`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, p *program) (err error) {
	listener, err := listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	keys, err := c.folder().secrets()
	if err != nil {
		return err
	}
	database, err := c.start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if c.Migrate || c.embedded() {
		if err := database.migrate(ctx); err != nil {
			return err
		}
	}
	db, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &service{
		listener: listener, database: database, db: db, secrets: keys, program: p, issuer: c.issuer(keys, p.clock),
	}
	return s.run(ctx, func() error {
		p.say("serving on http://%s", listener.Addr())
		return nil
	})
}
