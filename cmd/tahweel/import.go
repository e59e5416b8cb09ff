package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// importCommands bring files in.
type importCommands struct {
	Agreements importAgreementsCommand `cmd:"" help:"Enter accreditations and memoranda that were agreed on paper, from Excel or CSV."`
	Boundaries importBoundariesCommand `cmd:"" help:"Replace the indicative areas of the governorates by boundaries from a GeoJSON file."`
	Directory  importDirectoryCommand  `cmd:"" help:"Import organizations and services from CSV, Excel, HSDS JSON or an HSDS package."`
}

type importDirectoryCommand struct {
	databaseFlags
	File       string       `arg:"" help:"File, or folder of a package." type:"path"`
	Source     string       `help:"Name of the publisher. Its records are told apart by it: use the same name every time." required:""`
	Format     sheet.Format `help:"csv, xlsx, hsds-json or hsds-package; without it the file itself shows." enum:",csv,xlsx,hsds-json,hsds-package" default:""`
	DryRun     bool         `help:"Report what would happen and write nothing."`
	Kind       string       `help:"Kind of organizations whose file does not say it." default:"association"`
	Language   string       `help:"Language of the report: ar or en." enum:"ar,en" default:"ar"`
	EndMissing bool         `help:"End what came from this publisher before and is not in the files any more."`
}

// Run imports the file and prints the report. It fails if a row has an error; the other rows are imported nevertheless.
func (c importDirectoryCommand) Run(ctx context.Context, p *program) error {
	in, err := sheet.OpenPath(c.File, c.Format)
	if errors.Is(err, sheet.ErrUnknownFormat) {
		return fmt.Errorf("%s is none of the formats; --format says which it is meant to be", c.File)
	}
	if err != nil {
		return err
	}
	var report sheet.Report
	err = c.with(ctx, p, func(db *pg.DB) error {
		progress := newProgress(p, "rows")
		report, err = sheet.NewStore(db, p.clock).Import(ctx, policy.TheSystem(), in, sheet.Options{
			Source: c.Source, Apply: !c.DryRun, EndMissing: c.EndMissing, Kind: directory.OrganizationKind(c.Kind), Limits: sheet.CommandLimits,
			Progress: progress.at,
		})
		progress.end()
		return err
	})
	if err != nil {
		return err
	}
	printReport(p, report, c.Language)
	if n := report.Errors(); n > 0 {
		return fmt.Errorf("%d findings are errors; their rows were skipped, and every other row was taken", n)
	}
	return nil
}

// with opens the database of the flags, on this program's schema if it is the private one.
func (f databaseFlags) with(ctx context.Context, p *program, do func(*pg.DB) error) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	database, err := f.start(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if f.embedded() {
		if err := database.migrate(ctx); err != nil {
			return err
		}
	}
	db, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := directory.NewStore(db, p.clock).SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return err
	}
	return do(db)
}

// printReport writes the findings, and then what became of the rows of each file.
func printReport(p *program, r sheet.Report, language string) {
	for _, f := range r.Findings {
		p.say("%s %s %s: %s", severityWord(f.Severity, language), whereOf(f), f.Code, f.Sentence.In(language))
	}
	for _, c := range r.Counts {
		name := c.File
		if c.Sheet != "" {
			name += " · " + c.Sheet
		}
		p.say(countForm.In(language), name, c.Read, c.Created, c.Updated, c.Unchanged, c.Skipped)
	}
	if r.Missing > 0 {
		p.say(missingForm.In(language), r.Missing, r.Ended)
	}
	if !r.Applied {
		p.say("%s", dryForm.In(language))
	}
}

var (
	countForm = fault.Sentence{
		EN: "%s: %d rows: %d created, %d updated, %d unchanged, %d skipped",
		AR: "%s: الصفوف %d: أُنشئ %d، حُدّث %d، بلا تغيير %d، استُبعد %d",
	}
	missingForm = fault.Sentence{
		EN: "%d records of this publisher are not in the files any more; %d of them were ended",
		AR: "%d من سجلات هذا الناشر لم تعد في الملفات، أُنهي منها %d",
	}
	dryForm = fault.Sentence{EN: "This was a dry run: nothing was written.", AR: "كانت هذه تجربة: لم يُكتب شيء."}
)

func severityWord(s sheet.Severity, language string) string {
	if language == "ar" {
		if s == sheet.Error {
			return "خطأ"
		}
		return "تنبيه"
	}
	return string(s)
}

func whereOf(f sheet.Finding) string {
	where := f.File
	if f.Sheet != "" {
		where += " · " + f.Sheet
	}
	if f.Line > 0 {
		where += fmt.Sprintf(":%d", f.Line)
	}
	if f.Column != "" {
		where += " [" + f.Column + "]"
	}
	return where
}

// progress shows how far a long command is: a bar on a terminal, elsewhere a line every ten thousand.
type progress struct {
	bar  *progressbar.ProgressBar
	out  io.Writer
	what string
	said int
}

const sayEvery = 10_000

func newProgress(p *program, what string) *progress {
	out := &progress{out: p.stderr, what: what}
	if terminal(p.stderr) {
		out.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish())
	}
	return out
}

func (p *progress) at(n int) {
	if p.bar != nil {
		_ = p.bar.Set(n)
		return
	}
	if n-p.said >= sayEvery {
		p.said = n
		fmt.Fprintf(p.out, "%d %s\n", n, p.what)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// terminal reports whether somebody looks at what is written there.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
