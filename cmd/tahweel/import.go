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
	Rows       bool         `help:"Print every row with what became of it, before the findings."`
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
			Progress: progress.at, Writing: progress.of,
		})
		progress.end()
		return err
	})
	if err != nil {
		return err
	}
	if c.Rows {
		printRows(p, report, c.Language)
	}
	printReport(p, report, c.Language)
	if n := report.Errors(); n > 0 {
		return fmt.Errorf(errorsForm.In(c.Language), n)
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

// printRows writes what became of each row.
func printRows(p *program, r sheet.Report, language string) {
	for row := range r.Outcomes() {
		p.say("%s %s", whereOf(sheet.Finding{Place: row.Place}), rowWords[row.Outcome].In(language))
	}
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
	errorsForm = fault.Sentence{
		EN: "%d findings are errors; their rows were skipped, and every other row was taken",
		AR: "من الملاحظات %d أخطاء: استُبعدت صفوفها، وأُخذ كل صف سواها",
	}
	rowWords = map[sheet.Outcome]fault.Sentence{
		sheet.Created: {EN: "created", AR: "أُنشئ"}, sheet.Updated: {EN: "updated", AR: "حُدّث"},
		sheet.Unchanged: {EN: "unchanged", AR: "بلا تغيير"}, sheet.Skipped: {EN: "skipped", AR: "استُبعد"},
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
	all  int // what there is to do in the second phase; 0: it has not begun
}

const sayEvery = 10_000

func newProgress(p *program, what string) *progress {
	return progressOn(p.stderr, what, terminal(p.stderr))
}

func progressOn(w io.Writer, what string, drawn bool) *progress {
	out := &progress{out: w, what: what}
	if drawn {
		out.bar = barOf(w, -1, what)
	}
	return out
}

func barOf(w io.Writer, most int, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions(most, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish())
}

// of shows the second phase of what at counted: n of all that was read is written.
func (p *progress) of(n, all int) {
	if p.all == 0 && all > 0 {
		p.all, p.said, p.what = all, 0, p.what+" written"
		if p.bar != nil {
			_ = p.bar.Finish()
			p.bar = barOf(p.out, all, p.what)
		}
	}
	p.at(n)
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
