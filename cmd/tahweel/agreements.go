package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"tahweel/directory/sheet"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

type importAgreementsCommand struct {
	databaseFlags
	File     string       `arg:"" help:"Workbook, or a CSV table of accreditations or of memoranda." type:"path"`
	Apply    bool         `help:"Enter them. Without it the report says what would happen, and nothing is written."`
	Officer  uuid.UUID    `help:"Account of the associations officer who answers for the file; the history names it. The system unless given." placeholder:"ID"`
	Format   sheet.Format `help:"csv or xlsx; without it the file itself shows." enum:",csv,xlsx" default:""`
	Language string       `help:"Language of the report: ar or en." enum:"ar,en" default:"ar"`
}

// Run enters the agreements of the file and prints the report. It fails if a row has an error; the other agreements are entered
// nevertheless.
func (c importAgreementsCommand) Run(ctx context.Context, p *program) error {
	in, err := sheet.OpenPath(c.File, c.Format)
	if errors.Is(err, sheet.ErrUnknownFormat) {
		return fmt.Errorf("%s is none of the formats; --format says which it is meant to be", c.File)
	}
	if err != nil {
		return err
	}
	var report sheet.AgreementReport
	err = c.with(ctx, p, func(db *pg.DB) error {
		progress := newProgress(p, "rows")
		defer progress.end()
		report, err = sheet.NewStore(db, p.clock).ImportAgreements(ctx, policy.TheSystem(), in, sheet.AgreementOptions{
			Apply: c.Apply, Officer: c.Officer, Progress: progress.at,
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range report.Rows {
		p.say("%s %s: %s", whereOf(sheet.Finding{Place: row.Place}), outcomeWord(row.Outcome).In(c.Language), row.Sentence.In(c.Language))
	}
	printReport(p, report.Report, c.Language)
	if n := report.Errors(); n > 0 {
		return fmt.Errorf("%d findings are errors; their agreements were left out, and every other one was taken", n)
	}
	return nil
}

func outcomeWord(o sheet.Outcome) fault.Sentence {
	switch o {
	case sheet.Created:
		return fault.Sentence{EN: "new", AR: "جديد"}
	case sheet.Unchanged:
		return fault.Sentence{EN: "unchanged", AR: "بلا تغيير"}
	default:
		return fault.Sentence{EN: "skipped", AR: "استُبعد"}
	}
}

type exportAgreementsTemplateCommand struct {
	databaseFlags
	Out      string `arg:"" help:"Workbook to write. It must not exist." type:"path"`
	Language string `help:"Language of the headings: ar or en." enum:"ar,en" default:"ar"`
}

// Run writes the template beside its place and moves it there once it is whole.
func (c exportAgreementsTemplateCommand) Run(ctx context.Context, p *program) error {
	err := writeBeside(c.Out, func(out io.Writer) error {
		return c.with(ctx, p, func(db *pg.DB) error {
			return sheet.NewStore(db, p.clock).AgreementTemplate(ctx, policy.TheSystem(), c.Language, out)
		})
	})
	if err != nil {
		return err
	}
	p.say("wrote the template to %s", c.Out)
	return nil
}

// writeBeside writes a new file beside its place and moves it there once it is whole.
func writeBeside(name string, write func(io.Writer) error) (err error) {
	if _, err := os.Stat(name); err == nil {
		return errors.New(name + " exists already")
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".tahweel-export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
