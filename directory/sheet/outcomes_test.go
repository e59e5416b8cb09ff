package sheet_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory/sheet"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// TestEachRowSaysWhatBecameOfIt compares the rows of an import with its counts, as it is reported and as it is read afterwards in pages.
func TestEachRowSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := newKeeper(t, w)
	var told []sheet.RowOutcome
	dry := options()
	dry.Apply = false
	report := w.bring("x.csv", template, dry)
	for row := range report.Outcomes() {
		told = append(told, row)
	}
	want := []string{"3 created", "4 created", "5 created", "7 skipped"}
	if got := lines(told); !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	task := w.submit(k.officer, template)
	if rows, err := w.store.Rows(t.Context(), k.officer, task.ID, 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("before it is done: %v %v", rows, err)
	}
	if done, err := w.store.Sweep(t.Context()); done != 1 || err != nil {
		t.Fatal(done, err)
	}
	var read []sheet.RowOutcome
	for after := 0; ; {
		page, err := w.store.Rows(t.Context(), k.officer, task.ID, after, 3)
		w.ok(err)
		if len(page) == 0 {
			break
		}
		read = append(read, page...)
		after = page[len(page)-1].Position
	}
	if !slices.Equal(read, told) {
		t.Errorf("%v are read, and %v were told", read, told)
	}
	if _, err := w.store.Rows(t.Context(), policy.Actor{AccountID: uuid.New(), Kind: policy.Person}, task.ID, 0, 3); err == nil {
		t.Error("a stranger reads them")
	}
}

func lines(rows []sheet.RowOutcome) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Line, " ", r.Outcome))
	}
	return out
}

// TestTheRowsOfAPackageAreTheCounts: of several files with every sort of dirt, the rows say of each file what its counts say.
func TestTheRowsOfAPackageAreTheCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	files, _ := dirty(11, 60, 0.1)
	in, err := sheet.OpenBytes("dirty.zip", sheet.Auto, pack(files))
	w.ok(err)
	report := w.input(in, options())
	sums := map[string]sheet.Count{}
	for row := range report.Outcomes() {
		c := sums[row.File]
		c.File = row.File
		c.Read++
		switch row.Outcome {
		case sheet.Created:
			c.Created++
		case sheet.Updated:
			c.Updated++
		case sheet.Unchanged:
			c.Unchanged++
		case sheet.Skipped:
			c.Skipped++
		}
		sums[row.File] = c
	}
	for _, c := range report.Counts {
		if sums[c.File] != c {
			t.Errorf("rows %+v, counts %+v", sums[c.File], c)
		}
	}
}

// TestAnExportHasTheHeadingsThatWereAskedFor over the API, where the language is that of the request.
func TestAnExportHasTheHeadingsThatWereAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := newKeeper(t, w)
	w.submit(k.officer, template)
	for language, heading := range map[string]string{"en": "organization_name_ar", "ar": "اسم المنظمة"} {
		task, _, err := w.store.SubmitExport(t.Context(), k.officer, sheet.CSV, language, pg.Once{})
		w.ok(err)
		if task.Language != language || task.Source != "" {
			t.Errorf("%+v", task)
		}
		_, err = w.store.Sweep(t.Context())
		w.ok(err)
		_, content, err := w.store.Result(t.Context(), k.officer, task.ID)
		w.ok(err)
		if head, _, _ := bytes.Cut(content, []byte("\n")); !bytes.Contains(head, []byte(heading)) {
			t.Errorf("%s: %s", language, head)
		}
	}
}
