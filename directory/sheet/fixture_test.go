package sheet_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tahweel/directory/sheet"
	"tahweel/policy"
)

// TestOurServiceComesBackAsJSON is what the standard's examples are held to, with an example of our own.
func TestOurServiceComesBackAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content, err := os.ReadFile(filepath.Join("..", "hsds", "testdata", "service.json"))
	w.ok(err)
	content = bytes.ReplaceAll(content, []byte("2026-05-30T07:00:00Z"), []byte(noon.AddDate(0, 0, -1).Format(time.RFC3339))) // not in the future of this world
	in, err := sheet.OpenBytes("service.json", sheet.HSDSJSON, content)
	w.ok(err)
	report := w.input(in, options())
	var want map[string]any
	var out []any
	w.ok(json.Unmarshal(content, &want))
	var back bytes.Buffer
	w.ok(w.store.Export(t.Context(), policy.TheSystem(), sheet.ExportOptions{Format: sheet.HSDSJSON, Language: "ar"}, &back))
	w.ok(json.Unmarshal(back.Bytes(), &out))
	if len(out) != 1 {
		t.Fatalf("%d organizations: %s", len(out), show(report))
	}
	organization := out[0].(map[string]any)
	service := organization["services"].([]any)[0].(map[string]any)
	compare(t, want["organization"], organization)
	attributes := service["attributes"].([]any) // the last one says the need, which the file says by its code alone
	service["attributes"] = attributes[:len(attributes)-1]
	compare(t, want, service, "organization")
	if t.Failed() {
		t.Log(show(report))
	}
}
