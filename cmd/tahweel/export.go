package main

import (
	"context"
	"io"

	"tahweel/directory/sheet"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// exportCommands write files.
type exportCommands struct {
	AgreementsTemplate exportAgreementsTemplateCommand `cmd:"" help:"Write an empty workbook for import agreements, with the codes that may stand in it."`
	Directory          exportDirectoryCommand          `cmd:"" help:"Write organizations and services as CSV, Excel, HSDS JSON or an HSDS package."`
}

type exportDirectoryCommand struct {
	databaseFlags
	Out      string       `arg:"" help:"File to write. It must not exist." type:"path"`
	Format   sheet.Format `help:"csv or xlsx (the template of an import), hsds-json or hsds-package." enum:"csv,xlsx,hsds-json,hsds-package" required:""`
	Language string       `help:"Language of the headings, of the texts of HSDS and of what is printed: ar or en." enum:"ar,en" default:"ar"`
}

// Run writes the file beside its place and moves it there once it is whole.
func (c exportDirectoryCommand) Run(ctx context.Context, p *program) error {
	organizations := 0
	err := writeBeside(c.Out, func(out io.Writer) error {
		return c.with(ctx, p, func(db *pg.DB) error {
			progress := newProgress(p, "organizations")
			defer progress.end()
			return sheet.NewStore(db, p.clock).Export(ctx, policy.TheSystem(), sheet.ExportOptions{
				Format: c.Format, Language: c.Language, Progress: func(n int) { organizations = n; progress.at(n) },
			}, out)
		})
	})
	if err != nil {
		return err
	}
	p.say(wroteForm.In(c.Language), organizations, c.Out)
	return nil
}

var wroteForm = fault.Sentence{EN: "wrote %d organizations to %s", AR: "كُتبت المنظمات، وعددها %d، في %s"}
