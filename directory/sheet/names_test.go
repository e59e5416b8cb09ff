package sheet_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"tahweel/directory/sheet"
	"tahweel/internal/pg"
)

// TestNamesThatAreNoTextDoNotStopAnImport: an archive of an older Windows has a folder with an Arabic name and a file with a zero byte in
// its name, and a field of JSON has one too. The same archive with a plain name is the control.
func TestNamesThatAreNoTextDoNotStopAnImport(t *testing.T) {
	t.Parallel()
	folder, err := charmap.Windows1256.NewEncoder().String("دليل")
	if err != nil {
		t.Fatal(err)
	}
	const content = "id,name,description,surprise\no,Society,x,y\n"
	jsonContent := `{"id":"o","name":"Society","description":"x","email":"y@x.example","a` + "\\u0000" + `b":1}`
	for name, c := range map[string]struct {
		entry, shown string
	}{"code page 1256": {folder + "/organizations.csv", "دليل/organizations.csv"}, "zero byte": {"a\x00/organizations.csv", "a/organizations.csv"}, "plain": {"a/organizations.csv", "a/organizations.csv"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var out bytes.Buffer
			z := zip.NewWriter(&out)
			f, err := z.CreateHeader(&zip.FileHeader{Name: c.entry, NonUTF8: true})
			w.ok(err)
			_, err = f.Write([]byte(content))
			w.ok(err)
			w.ok(z.Close())
			done := w.carriedOut(sheet.HSDSPackage, out.Bytes())
			if done.Status != "done" || len(done.Counts) != 1 || done.Counts[0].File != c.shown || done.Counts[0].Created != 1 {
				t.Errorf("%+v", done)
			}
		})
	}
	t.Run("a field", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if done := w.carriedOut(sheet.HSDSJSON, []byte(jsonContent)); done.Status != "done" || total(sheet.Report{Counts: done.Counts}).Created != 1 {
			t.Errorf("%+v", done)
		}
	})
}

// carriedOut is what became of an import over the interface.
func (w *world) carriedOut(format sheet.Format, content []byte) sheet.Task {
	w.t.Helper()
	officer := newKeeper(w.t, w).officer
	w.Exec(w.t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'حساب', 'Account', $2)`, officer.AccountID, noon)
	task, _, err := w.store.SubmitImport(w.t.Context(), officer, sheet.Task{Source: "test", Apply: true, Format: format, FileName: "x"}, content, pg.Once{})
	w.ok(err)
	_, err = w.store.Sweep(w.t.Context())
	w.ok(err)
	done, err := w.store.Task(w.t.Context(), officer, task.ID, false)
	w.ok(err)
	found, err := w.store.Findings(w.t.Context(), officer, task.ID, 0, 100)
	w.ok(err)
	if len(found) == 0 {
		w.t.Error("nothing was found")
	}
	return done
}
