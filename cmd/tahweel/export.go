package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"tahweel/directory/sheet"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// exportCommands write files.
type exportCommands struct {
	Directory exportDirectoryCommand `cmd:"" help:"Write organizations and services as CSV, Excel, HSDS JSON or an HSDS package."`
}

type exportDirectoryCommand struct {
	databaseFlags
	Out      string       `arg:"" help:"File to write. It must not exist." type:"path"`
	Format   sheet.Format `help:"csv or xlsx (the template of an import), hsds-json or hsds-package." enum:"csv,xlsx,hsds-json,hsds-package" required:""`
	Language string       `help:"Language of the headings and of the texts of HSDS: ar or en." enum:"ar,en" default:"ar"`
}

// Run writes the file beside its place and moves it there once it is whole.
func (c exportDirectoryCommand) Run(ctx context.Context, p *program) (err error) {
	if _, err := os.Stat(c.Out); err == nil {
		return errors.New(c.Out + " exists already")
	}
	file, err := os.CreateTemp(filepath.Dir(c.Out), ".tahweel-export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	organizations := 0
	err = c.with(ctx, p, func(db *pg.DB) error {
		progress := newProgress(p, "organizations")
		defer progress.end()
		return sheet.NewStore(db, p.clock).Export(ctx, policy.TheSystem(), sheet.ExportOptions{
			Format: c.Format, Language: c.Language, Progress: func(n int) { organizations = n; progress.at(n) },
		}, file)
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), c.Out); err != nil {
		return err
	}
	p.say("wrote %d organizations to %s", organizations, c.Out)
	return nil
}
