package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
	"tahweel/internal/sealed"
	"tahweel/internal/secretfile"
)

type restoreCommand struct {
	databaseFlags
	From     string `help:"Folder with the database of a backup." required:"" type:"existingdir" placeholder:"FOLDER"`
	KeysFrom string `help:"Folder with the keys of the same backup, or of a later one." required:"" type:"existingdir" placeholder:"FOLDER"`
}

// Run restores a backup into an empty database and a data folder without keys. Nothing is written before both halves are found
// whole and to belong together.
func (c restoreCommand) Run(ctx context.Context, p *program) error {
	dump, err := readManifest(c.From, halfDatabase)
	if err != nil {
		return err
	}
	keys, err := readManifest(c.KeysFrom, halfKeys)
	if err != nil {
		return err
	}
	sealing, err := sealed.ReadKeyset(filepath.Join(c.KeysFrom, sealingFile))
	switch {
	case err != nil:
		return err
	case keys.Fingerprint != dump.Fingerprint, sealing.Fingerprint() != dump.Fingerprint:
		return fmt.Errorf("the keys in %s are not those of the database in %s: what is sealed there would stay closed for good", c.KeysFrom, c.From)
	case dump.Schema > pg.NeededSchema():
		return fmt.Errorf("the backup was made by a newer program, tahweel %s: restore it with that or a later one", dump.Program)
	}
	if err := c.placeKeys(); err != nil {
		return err
	}
	if c.embedded() {
		err = c.intoFolder(ctx, p, dump, sealing)
	} else {
		err = c.into(ctx, p, c.databaseFlags.start, dump, sealing)
	}
	if err != nil {
		return err
	}
	p.say("restored the backup of %s; its keys open what is sealed in it", dump.MadeAt.Format("2006-01-02 15:04:05 MST"))
	return nil
}

// placeKeys puts the keys where the service looks for them. They come first: a service that found a database without keys would
// make new ones. Keys that are there already must be the same, byte by byte.
func (c restoreCommand) placeKeys() error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.folder().make(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.folder().keys(), 0o700); err != nil {
		return fmt.Errorf("make the folder of the keys: %w", err)
	}
	contents := map[string][]byte{}
	for _, name := range []string{sealingFile, signingFile} {
		content, err := secretfile.Read(filepath.Join(c.KeysFrom, name))
		if err != nil {
			return err
		}
		contents[name] = content
		there, err := secretfile.Read(c.folder().key(name))
		if err == nil && string(there) != string(content) {
			return fmt.Errorf("%s exists, is another one, and is not overwritten: restore into a new data folder", c.folder().key(name))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for name, content := range contents {
		if err := secretfile.Write(c.folder().key(name), content); err != nil {
			return err
		}
	}
	return nil
}

// restoring is where a private database is restored, before it takes its place in one step.
func (f folder) restoring() string { return filepath.Join(string(f), "restoring") }

func (c restoreCommand) intoFolder(ctx context.Context, p *program, dump manifest, keys *sealed.Keyset) error {
	place := c.folder().database()
	if _, err := os.Stat(place); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists and is not overwritten: restore into a new data folder", place)
	}
	if err := os.RemoveAll(c.folder().restoring()); err != nil {
		return fmt.Errorf("remove an unfinished restore: %w", err)
	}
	if major, err := pgembed.Major(ctx, c.folder().restoring()); err != nil {
		return err
	} else if major < dump.PostgreSQL {
		return fmt.Errorf("the backup is of PostgreSQL %d, and this machine has %d: install that one", dump.PostgreSQL, major)
	}
	start := func(ctx context.Context, p *program) (*database, error) {
		return startEmbedded(ctx, p, c.folder().restoring())
	}
	if err := c.into(ctx, p, start, dump, keys); err != nil {
		return err
	}
	if err := os.Rename(c.folder().restoring(), place); err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	return nil
}

// into restores the dump into the database that start finds, brings it to this program's schema and tries the keys on it.
func (c restoreCommand) into(ctx context.Context, p *program, start func(context.Context, *program) (*database, error), dump manifest, keys *sealed.Keyset) (err error) {
	d, err := start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop(ctx)) }()
	facts, err := pg.Inspect(ctx, d.ownerURL)
	switch {
	case err != nil:
		return err
	case !facts.Empty:
		return errors.New("the database is not empty, and a restore overwrites nothing: create a new one")
	case !facts.Superuser:
		return fmt.Errorf("the login %s is no superuser and cannot restore everything: name one with --database-owner-url", facts.Login)
	}
	if err := pg.Prepare(ctx, d.ownerURL); err != nil {
		return err
	}
	file := filepath.Join(c.From, dumpFile)
	if err := tool(ctx, d.ownerURL, facts.ServerVersion/10_000, "pg_restore", "--exit-on-error", "--single-transaction", file); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	_, err = d.belongs(ctx, keys)
	return err
}
