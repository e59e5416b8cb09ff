package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tahweel/internal/canary"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
	"tahweel/internal/sealed"
	"tahweel/internal/secretfile"
)

type backupCommand struct {
	databaseFlags
	Out     string `help:"Folder to write the database to; it must not exist or be empty." required:"" type:"path" placeholder:"FOLDER"`
	KeysOut string `help:"Folder to write the keys to, at another place; it must not exist or be empty." required:"" type:"path" placeholder:"FOLDER"`
}

// Run writes both halves of a backup. The service may run meanwhile: a dump is the database at one instant.
func (c backupCommand) Run(ctx context.Context, p *program) (err error) {
	if err := apart(c.Out, c.KeysOut); err != nil {
		return err
	}
	if c.embedded() && !pgembed.Exists(c.folder().database()) {
		return fmt.Errorf("there is no database in %s: name the data folder with --dir, or the database with --database-url", c.Dir)
	}
	sealing, err := sealed.ReadKeyset(c.folder().key(sealingFile))
	if err != nil {
		return err
	}
	if _, err := identity.ReadKeys(c.folder().key(signingFile)); err != nil {
		return err
	}
	database, err := c.join(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	facts, err := database.belongs(ctx, sealing)
	if err != nil {
		return err
	}
	m := manifest{MadeAt: p.clock().UTC(), Fingerprint: sealing.Fingerprint()}
	if err := c.dump(ctx, database, m, facts); err != nil {
		return err
	}
	if err := c.copyKeys(m); err != nil {
		return err
	}
	p.say("wrote the database to %s and its keys to %s; keep them apart: together they open everything", c.Out, c.KeysOut)
	return nil
}

// join finds the database of the flags, also the private one that a running service uses, or else starts that.
func (f databaseFlags) join(ctx context.Context, p *program) (*database, error) {
	if f.embedded() && f.Dir != "" && f.OwnerURL == "" {
		if address, running := pgembed.Find(f.folder().database()); running {
			return &database{serviceURL: address(embeddedLogin, embeddedDatabase), ownerURL: address(embeddedOwner, embeddedDatabase)}, nil
		}
	}
	return f.start(ctx, p)
}

// belongs fails unless the keys open what is sealed in the database, as whose owner everything can be read.
func (d *database) belongs(ctx context.Context, keys *sealed.Keyset) (pg.Facts, error) {
	db, err := d.open(ctx)
	if err != nil {
		return pg.Facts{}, err
	}
	defer db.Close()
	if err := canary.Check(ctx, db, keys); err != nil {
		return pg.Facts{}, err
	}
	facts, err := pg.Inspect(ctx, d.ownerURL)
	if err == nil && !facts.Superuser && !facts.Bypass {
		err = fmt.Errorf("the login %s is bound by row-level security and would leave rows out: name one that is not, a superuser or one with BYPASSRLS, with --database-owner-url", facts.Login)
	}
	return facts, err
}

func (c backupCommand) dump(ctx context.Context, d *database, m manifest, facts pg.Facts) error {
	if err := newFolder(c.Out); err != nil {
		return err
	}
	m.Half, m.Schema, m.PostgreSQL = halfDatabase, facts.Schema, facts.ServerVersion/10_000
	file := filepath.Join(c.Out, dumpFile)
	if err := tool(ctx, d.ownerURL, m.PostgreSQL, "pg_dump", "--format=custom", "--file="+file); err != nil {
		return err
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return err
	}
	return m.write(c.Out, dumpFile)
}

func (c backupCommand) copyKeys(m manifest) error {
	if err := newFolder(c.KeysOut); err != nil {
		return err
	}
	m.Half = halfKeys
	for _, name := range []string{sealingFile, signingFile} {
		content, err := secretfile.Read(c.folder().key(name))
		if err == nil {
			err = writeOwn(filepath.Join(c.KeysOut, name), content)
		}
		if err != nil {
			return fmt.Errorf("copy the keys: %w", err)
		}
	}
	return m.write(c.KeysOut, sealingFile, signingFile)
}

// tool runs a client program of PostgreSQL on the database at the address. A password goes by the environment, because everybody
// on the machine may read command lines.
func tool(ctx context.Context, address string, major int, name string, args ...string) error {
	path, err := pgembed.Tool(ctx, name, major)
	if err != nil {
		return err
	}
	address, password, err := withoutPassword(address)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, append(args, "--no-password", "--dbname="+address)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PGAPPNAME=tahweel")
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s failed: %w\n%s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}

func withoutPassword(address string) (without, password string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		if strings.Contains(address, "password") {
			return "", "", errors.New("write the address of the database as a URL, postgres://…, or leave the password to ~/.pgpass")
		}
		return address, "", nil
	}
	query := u.Query()
	password = query.Get("password")
	query.Del("password")
	u.RawQuery = query.Encode()
	if u.User != nil {
		if given, ok := u.User.Password(); ok {
			password = given
		}
		u.User = url.User(u.User.Username())
	}
	return u.String(), password, nil
}
