package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tahweel/directory/sheet"
)

func TestTheStandardsExamplesComeBackAsJSON(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"organization_full.json", "service_full.json", "service_at_location_full.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := shared(t, name)
			w := newWorld(t)
			in, err := sheet.OpenPath(path, sheet.Auto)
			w.ok(err)
			report := w.input(in, options())
			t.Log(show(report))
			content, err := os.ReadFile(path)
			w.ok(err)
			var given any
			var out []any
			w.ok(json.Unmarshal(content, &given))
			w.ok(json.Unmarshal(w.export(sheet.HSDSJSON), &out))
			want := given
			organization := out[0].(map[string]any)
			service := organization["services"].([]any)[0].(map[string]any)
			offer := service["service_at_locations"].([]any)[0].(map[string]any)
			switch name {
			case "service_full.json":
				want = given.(map[string]any)
				compare(t, want.(map[string]any)["organization"], organization)
				compare(t, want, service, "organization")
				return
			case "service_at_location_full.json":
				compare(t, want, offer, "service")
				want = given.(map[string]any)["service"]
				compare(t, want, service, "organization")
				want = want.(map[string]any)["organization"]
			}
			compare(t, want, organization)
		})
	}
}

func compare(t *testing.T, want, got any, without ...string) {
	t.Helper()
	want = maps.Clone(want.(map[string]any))
	for _, name := range without {
		delete(want.(map[string]any), name)
	}
	if d := cmp.Diff(only(want, want), only(want, got)); d != "" {
		t.Error(d)
	}
}

// only keeps of got what want has a field for, without nulls and empty strings: what else there is, the standard lets a publisher add.
func only(want, got any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for name, value := range g {
			if had, there := w[name]; there && value != nil && value != "" {
				out[name] = only(had, value)
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok {
			return got
		}
		out := make([]any, len(g))
		for i, item := range g {
			out[i] = item
			if i < len(w) {
				out[i] = only(w[i], item)
			}
		}
		return out
	}
	return got
}

func TestTheStandardsPackageComesBack(t *testing.T) {
	t.Parallel()
	path := shared(t, "csv")
	w := newWorld(t)
	in, err := sheet.OpenPath(path, sheet.Auto)
	w.ok(err)
	report := w.input(in, options())
	t.Log(show(report))
	packed := w.export(sheet.HSDSPackage)
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	w.ok(err)
	files, err := filepath.Glob(filepath.Join(path, "*.csv"))
	w.ok(err)
	for _, f := range files {
		name := filepath.Base(f)
		content, err := os.Open(f)
		w.ok(err)
		want := tableOf(t, csv.NewReader(content))
		_ = content.Close()
		back, err := z.Open(name)
		if err != nil {
			t.Errorf("%s is missing", name)
			continue
		}
		got := tableOf(t, csv.NewReader(back))
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, not %d", name, len(got), len(want))
			continue
		}
		for i := range want {
			if d := cmp.Diff(only(want[i], want[i]), only(want[i], got[i])); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
}

func tableOf(t *testing.T, r *csv.Reader) []map[string]any {
	t.Helper()
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, row := range rows[1:] {
		object := map[string]any{}
		for i, name := range rows[0] {
			object[name] = row[i]
		}
		out = append(out, object)
	}
	return out
}

// Lists of the standard are pages of an API. What a page shortens so far that it cannot stand in the register is reported, not lost.
func TestTheStandardsListsAreTakenOrReported(t *testing.T) {
	t.Parallel()
	for name, whole := range map[string]bool{
		"organization_list.json": true, "service_list.json": false, "service_at_location_list.json": false, "taxonomy_list.json": false, "taxonomy_term_list.json": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := shared(t, name)
			w := newWorld(t)
			in, err := sheet.OpenPath(path, sheet.Auto)
			w.ok(err)
			report := w.input(in, options())
			sum := total(report)
			if sum.Read == 0 || sum.Skipped > report.Errors() {
				t.Errorf("a record is lost: %s", show(report))
			}
			if whole && sum.Skipped > 0 {
				t.Errorf("the record is skipped: %s", show(report))
			}
			t.Log(show(report))
		})
	}
}
