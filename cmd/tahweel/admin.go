package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tahweel/internal/identity"
)

type adminCreateCommand struct {
	databaseFlags
	tokenFlags
	Name      string `help:"Name of the person." required:""`
	TokenFile string `help:"File to write the token to; it must not exist." required:"" type:"path"`
	Another   bool   `help:"Create one although there is an administrator already."`
}

// Run creates the account and writes its token. The file is made first: without it nobody could use the account.
func (c adminCreateCommand) Run(ctx context.Context, p *program) (err error) {
	file, err := os.OpenFile(c.TokenFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is not overwritten: remove it or name another file", c.TokenFile)
	}
	if err != nil {
		return fmt.Errorf("make the token file: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			_ = os.Remove(c.TokenFile)
		}
	}()
	token, err := c.create(ctx, p)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, token); err != nil {
		return fmt.Errorf("write the token: %w", err)
	}
	p.say("created the administrator; the token in %s is good for one hour", c.TokenFile)
	return nil
}

func (c adminCreateCommand) create(ctx context.Context, p *program) (token string, err error) {
	if err := errors.Join(c.tokenFlags.check(), c.databaseFlags.check()); err != nil {
		return "", err
	}
	keys, err := c.folder().secrets()
	if err != nil {
		return "", err
	}
	database, err := c.start(ctx, p)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if c.embedded() {
		if err := database.migrate(ctx); err != nil {
			return "", err
		}
	}
	db, err := database.open(ctx)
	if err != nil {
		return "", err
	}
	defer db.Close()
	issuer := c.issuer(keys, p.clock, tokenLifetime)
	account, err := identity.NewStore(db, issuer, p.clock).CreateAdministrator(ctx, c.Name, c.Another)
	if errors.Is(err, identity.ErrAdministratorExists) {
		return "", errors.New("there is an administrator already; --another creates one more")
	}
	if err != nil {
		return "", err
	}
	return issuer.Issue(identity.Claims{Subject: account.ID, ClientID: "tahweel-cli", Scopes: administratorScopes, OwnSession: true}, tokenLifetime)
}

// administratorScopes are those of the first token. What an administrator may do, the role rules say.
var administratorScopes = []string{
	"directory.read", "directory.write", "accreditation.manage", "mou.manage", "referrals.read", "referrals.write", "events.read", "reports.read",
}
