package sheet_test

import (
	"bytes"
	"testing"

	"tahweel/directory/sheet"
)

// brokenAt is the record at which the file is said to be unreadable, 0 if it is not.
func brokenAt(t *testing.T, format sheet.Format, content []byte) (line int) {
	t.Helper()
	in, err := sheet.OpenBytes("cut.json", format, content)
	if err != nil {
		t.Fatal(err)
	}
	_, findings, err := sheet.Read(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Code == "unreadable_file" && f.Severity == sheet.Error {
			line = f.Line
		}
	}
	return line
}

// TestAJSONFileThatWasCutOffIsNoCompleteOne cuts an export at every byte. The control is the whole of it.
func TestAJSONFileThatWasCutOffIsNoCompleteOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.native()
	whole := bytes.TrimSpace(w.export(sheet.HSDSJSON))
	if line := brokenAt(t, sheet.HSDSJSON, whole); line != 0 {
		t.Fatalf("the whole export is unreadable at %d", line)
	}
	for at := 1; at < len(whole); at++ {
		if brokenAt(t, sheet.HSDSJSON, whole[:at]) == 0 {
			t.Fatalf("cut at byte %d of %d, it counts as whole: …%s", at, len(whole), whole[max(0, at-60):at])
		}
	}
}

// TestEveryFormOfJSONThatWasCutOffIsFoundOut cuts the other forms. One record a line is whole at the end of each record, as nothing follows
// that would have to.
func TestEveryFormOfJSONThatWasCutOffIsFoundOut(t *testing.T) {
	t.Parallel()
	const record = `{"id":"x","name":"y","description":"z"}`
	for name, whole := range map[string]string{
		"record": record, "page": `{"total_items":1,"contents":[` + record + `]}`, "tables": `{"organizations.csv":[` + record + `],"services.csv":[]}`,
	} {
		for at := 1; at < len(whole); at++ {
			if brokenAt(t, sheet.HSDSJSON, []byte(whole[:at])) == 0 {
				t.Errorf("%s cut at byte %d counts as whole: %s", name, at, whole[:at])
			}
		}
	}
	lines := record + "\n" + record
	for at := len(record) + 2; at < len(lines); at++ {
		if line := brokenAt(t, sheet.HSDSJSON, []byte(lines[:at])); line != 2 {
			t.Errorf("cut at byte %d, it is said to be unreadable at %d and not at record 2: %s", at, line, lines[:at])
		}
	}
}
