package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tahweel/internal/identity"
)

type adminCreateCommand struct {
	databaseFlags
	Name      string `help:"Name of the person." required:""`
	PublicKey string `help:"File with their public key, as tahweel client key prints it, or in PEM." required:"" type:"path" placeholder:"FILE"`
	Another   bool   `help:"Create one although there is an administrator already."`
}

// Run creates the account and a client with the key, and prints the client's id.
func (c adminCreateCommand) Run(ctx context.Context, p *program) error {
	content, err := os.ReadFile(c.PublicKey)
	if err != nil {
		return fmt.Errorf("read the public key: %w", err)
	}
	key, err := identity.ParsePublicKey(content)
	if err != nil {
		return fmt.Errorf("%s: %w", c.PublicKey, err)
	}
	client, err := c.create(ctx, p, key)
	if err != nil {
		return err
	}
	p.say("created the administrator, who gets tokens by this client_id and the private half of the key:\n%s", client.ID)
	return nil
}

func (c adminCreateCommand) create(ctx context.Context, p *program, key identity.ClientKey) (client identity.Client, err error) {
	if err := c.check(); err != nil {
		return client, err
	}
	database, err := c.start(ctx, p)
	if err != nil {
		return client, err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if c.embedded() {
		if err := database.migrate(ctx); err != nil {
			return client, err
		}
	}
	db, err := database.open(ctx)
	if err != nil {
		return client, err
	}
	defer db.Close()
	_, client, err = identity.NewStore(db, nil, p.clock).CreateAdministrator(ctx, c.Name, key, c.Another)
	if errors.Is(err, identity.ErrAdministratorExists) {
		return client, errors.New("there is an administrator already; --another creates one more")
	}
	return client, err
}
