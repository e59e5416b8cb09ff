package sheet_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tahweel/directory/sheet"
	"tahweel/policy"
)

// disagreeing names the tables in which not exactly those rows were skipped that have an error.
func disagreeing(report sheet.Report) (wrong []string) {
	lines := map[string]map[int]bool{}
	for _, f := range report.Findings {
		if f.Severity == sheet.Error && f.Line > 0 {
			if lines[f.File] == nil {
				lines[f.File] = map[int]bool{}
			}
			lines[f.File][f.Line] = true
		}
	}
	for _, c := range report.Counts {
		if len(lines[c.File]) != c.Skipped {
			wrong = append(wrong, fmt.Sprintf("%s: %d rows have an error and %d were skipped", c.File, len(lines[c.File]), c.Skipped))
		}
	}
	return wrong
}

func TestExactlyTheRowsWithAnErrorAreSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		files, _ := dirty(rapid.Uint64().Draw(rt, "seed"), 20, rapid.SampledFrom([]float64{0.02, 0.1, 0.3}).Draw(rt, "dirt"))
		in, err := sheet.OpenBytes("dirty.zip", sheet.Auto, pack(files))
		if err != nil {
			rt.Fatal(err)
		}
		o := options()
		o.Apply = false
		report, err := w.store.Import(t.Context(), policy.TheSystem(), in, o)
		if err != nil {
			rt.Fatal(err)
		}
		if wrong := disagreeing(report); len(wrong) != 0 {
			rt.Errorf("%v %s", wrong, show(report))
		}
	})
}

func TestJoinedIdsOfWhatMayBeMissingSkipNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.input(w.open(pack(map[string]string{
		"organizations.csv": "id,name,description,parent_organization_id\no,Society,x,\"a,b\"\n",
		"services.csv":      "id,organization_id,name,status,program_id\ns,o,Service,active,\"a,b\"\n",
	})), options())
	if got := total(report); got.Created != 2 || codes(report)["joined_ids"] != 2 || len(disagreeing(report)) != 0 {
		t.Error(show(report))
	}
	for i := range report.Findings { // the control: a row that was taken and has an error is noticed
		report.Findings[i].Severity = sheet.Error
	}
	if len(disagreeing(report)) != 2 {
		t.Errorf("nobody notices: %v", disagreeing(report))
	}
}

func (w *world) open(content []byte) sheet.Input {
	w.t.Helper()
	in, err := sheet.OpenBytes("x.zip", sheet.Auto, content)
	w.ok(err)
	return in
}
