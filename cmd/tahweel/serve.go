package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"tahweel/internal/identity"
)

// tokenFlags say whom tokens are for. Every server of an installation must be told the same.
type tokenFlags struct {
	PublicURL string `help:"The installation's address as its clients know it; issuer and audience of its tokens." default:"${public_url}" env:"TAHWEEL_PUBLIC_URL" placeholder:"URL"`
}

// check refuses an address that no client could have: tokens would be issued in the name of nothing.
func (f tokenFlags) check() error {
	u, err := url.Parse(f.PublicURL)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return errors.New("--public-url must be the address that clients use, such as https://referrals.example.org")
	case u.User != nil, u.RawQuery != "", u.Fragment != "", strings.HasSuffix(u.Path, "/"):
		return errors.New("--public-url must end with the host or a path, without a slash, a query or a password")
	}
	return nil
}

func (f tokenFlags) issuer(s secrets, clock func() time.Time) *identity.Issuer {
	return identity.NewIssuer(s.signing, f.PublicURL, f.PublicURL, clock, identity.AccessTokenLifetime)
}

type serveCommand struct {
	databaseFlags
	tokenFlags
	watchFlags
	Addr       string        `help:"Address to listen on; port 0 picks one." default:"${address}" env:"TAHWEEL_ADDR"`
	Migrate    bool          `help:"Bring the schema to this program's before serving. The embedded database always is." env:"TAHWEEL_MIGRATE"`
	DrainDelay time.Duration `help:"How long the service still answers after it was told to stop, so that a balancer that asks /readyz sends nobody any more. It ends earlier when nobody is connected." default:"1s" env:"TAHWEEL_DRAIN_DELAY"`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, p *program) (err error) {
	if err := errors.Join(c.tokenFlags.check(), c.databaseFlags.check()); err != nil {
		return err
	}
	if c.DrainDelay < 0 {
		return errors.New("--drain-delay must not be negative")
	}
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
	watch, err := c.watch(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watch.stop(ctx)) }()
	db, err := database.open(ctx, watch.options()...)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &service{
		listener: listener, database: database, db: db, folder: c.folder(), secrets: keys, program: p, watch: watch,
		issuer: c.issuer(keys, p.clock), drain: drainer{delay: c.DrainDelay},
	}
	return s.run(ctx, func() error {
		p.say("serving on http://%s", listener.Addr())
		return nil
	})
}
