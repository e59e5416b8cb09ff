package sheet_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var noon = time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)

// world is a database with the needs, and the stores on it.
type world struct {
	*pgtest.DB
	t         *testing.T
	store     *sheet.Store
	directory *directory.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), t: t}
	clock := func() time.Time { return noon }
	w.store, w.directory = sheet.NewStore(w.DB.DB, clock), directory.NewStore(w.DB.DB, clock)
	w.ok(w.directory.SeedNeeds(t.Context(), policy.TheSystem()))
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// options are those of an import that is carried out, by a publisher called test.
func options() sheet.Options { return sheet.Options{Source: "test", Apply: true} }

func (w *world) bring(name, content string, o sheet.Options) sheet.Report {
	w.t.Helper()
	in, err := sheet.OpenBytes(name, sheet.Auto, []byte(content))
	w.ok(err)
	return w.input(in, o)
}

func (w *world) input(in sheet.Input, o sheet.Options) sheet.Report {
	w.t.Helper()
	report, err := w.store.Import(w.t.Context(), policy.TheSystem(), in, o)
	w.ok(err)
	addsUp(w.t, report)
	return report
}

// addsUp is what every report promises.
func addsUp(t interface {
	Helper()
	Errorf(string, ...any)
}, report sheet.Report) {
	t.Helper()
	for _, c := range report.Counts {
		if c.Read != c.Created+c.Updated+c.Unchanged+c.Skipped {
			t.Errorf("the counts of %s %s do not add up: %+v", c.File, c.Sheet, c)
		}
	}
}

func total(report sheet.Report) sheet.Count {
	var sum sheet.Count
	for _, c := range report.Counts {
		sum.Read, sum.Created, sum.Updated = sum.Read+c.Read, sum.Created+c.Created, sum.Updated+c.Updated
		sum.Unchanged, sum.Skipped = sum.Unchanged+c.Unchanged, sum.Skipped+c.Skipped
	}
	return sum
}

func codes(report sheet.Report) map[string]int {
	out := map[string]int{}
	for _, f := range report.Findings {
		out[f.Code]++
	}
	return out
}

func show(report sheet.Report) string {
	var b strings.Builder
	for _, c := range report.Counts {
		fmt.Fprintf(&b, "%+v\n", c)
	}
	for i, f := range report.Findings {
		if i == 40 {
			break
		}
		fmt.Fprintf(&b, "%s %s:%d %s %s %s %s\n", f.Severity, f.File, f.Line, f.Column, f.Code, f.Sentence.EN, f.Sentence.AR)
	}
	return b.String()
}

func (w *world) export(format sheet.Format) []byte {
	w.t.Helper()
	var out bytes.Buffer
	w.ok(w.store.Export(w.t.Context(), policy.TheSystem(), sheet.ExportOptions{Format: format, Language: "en"}, &out))
	return out.Bytes()
}

// shared returns the folder of the standard's examples, which are no part of the repository; without it the test is skipped by name.
func shared(t *testing.T, name ...string) string {
	t.Helper()
	dir := os.Getenv("TAHWEEL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{dir, "data", "hsds", "examples"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s of the shared folder is not here", filepath.Join(name...))
	}
	return path
}

func countRows(n *int) func(pg.Querier) error {
	return func(q pg.Querier) error {
		return q.QueryRow(context.Background(), `SELECT count(*) FROM import_row`).Scan(n)
	}
}
