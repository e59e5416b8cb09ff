package main

import (
	"context"
	"errors"
	"time"

	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
)

// databaseFlags say where the data is.
type databaseFlags struct {
	Dir         string `help:"Data folder: the keys, and the embedded database." default:"${data_folder}" env:"TAHWEEL_DIR" type:"path"`
	DatabaseURL string `help:"PostgreSQL server to use; without it the program runs a private one in the data folder." env:"DATABASE_URL" placeholder:"URL"`
	OwnerURL    string `help:"The same database for a login that may change the schema; --database-url unless given." name:"database-owner-url" env:"DATABASE_OWNER_URL" placeholder:"URL"`
}

// check refuses what would put keys and data where nobody looks for them.
func (f databaseFlags) check() error {
	switch {
	case f.Dir == "":
		return errors.New("--dir must name the data folder")
	case f.embedded() && f.OwnerURL != "":
		return errors.New("--database-owner-url needs --database-url: the address of the same database for the service")
	}
	return nil
}

func (f databaseFlags) folder() folder { return folder(f.Dir) }

func (f databaseFlags) embedded() bool { return f.DatabaseURL == "" }

// database is a server that was found or started, before anything connects to it.
type database struct {
	serviceURL, ownerURL string
	server               *pgembed.Server // nil for one that is not ours
}

// start finds the database of the flags, or starts the private one. Stop it when done.
func (f databaseFlags) start(ctx context.Context, p *program) (*database, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.embedded() {
		if err := f.folder().make(); err != nil {
			return nil, err
		}
		return startEmbedded(ctx, p, f.folder().database())
	}
	owner := f.OwnerURL
	if owner == "" {
		owner = f.DatabaseURL
	}
	return &database{serviceURL: f.DatabaseURL, ownerURL: owner}, nil
}

// In the private server the product lives in the database that initdb makes, and the service logs in as nobody who owns anything.
const (
	embeddedDatabase = "postgres"
	embeddedOwner    = "postgres"
	embeddedLogin    = "tahweel_service"
)

func startEmbedded(ctx context.Context, p *program, dir string) (*database, error) {
	server, err := pgembed.Start(ctx, pgembed.Config{Dir: dir, Log: p.stderr})
	if err != nil {
		return nil, err
	}
	return &database{
		server: server, serviceURL: server.URL(embeddedLogin, embeddedDatabase), ownerURL: server.URL(embeddedOwner, embeddedDatabase),
	}, nil
}

// migrate brings the schema to this program's, and in a private server makes the service's login.
func (d *database) migrate(ctx context.Context) error {
	if err := pg.Migrate(ctx, d.ownerURL); err != nil {
		return err
	}
	if d.server == nil {
		return nil
	}
	return pg.EnsureLogin(ctx, d.ownerURL, embeddedLogin)
}

// open connects as the service.
func (d *database) open(ctx context.Context, opts ...pg.Option) (*pg.DB, error) {
	return pg.Open(ctx, d.serviceURL, opts...)
}

// stopLimit is how long the private server may take to write its data.
const stopLimit = 20 * time.Second

// stop ends the server if it is ours. It works after ctx has ended, which is when it is called.
func (d *database) stop(ctx context.Context) error {
	if d.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return d.server.Stop(ctx)
}

// exited is closed if the private server ends by itself; for another's server it never is.
func (d *database) exited() <-chan struct{} {
	if d.server == nil {
		return nil
	}
	return d.server.Exited()
}
