package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tahweel/internal/pg"
)

func (w *world) putBoundaries(t *testing.T, token, mode, file string) (int, BoundaryImport, string) {
	t.Helper()
	query := url.Values{"source": {"Invented survey office"}, "mode": {mode}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.URL+"/v1/boundaries?"+query.Encode(), strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", fileType)
	resp, err := w.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var report BoundaryImport
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &report); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, report, string(body)
}

// Boundaries come in tried first, once, and by administrators alone.
func TestBoundariesAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := func() string {
		var is string
		err := w.db.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			return q.QueryRow(t.Context(), "SELECT source FROM governorate_area WHERE governorate_code = 'PS0150'").Scan(&is)
		})
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	before := source()
	file := strings.Replace(exampleBoundaries, `"features":[`, `"features":[{"type":"Feature","properties":{"name":"nowhere"},"geometry":null},`, 1)
	for _, step := range []struct {
		mode, outcome string
		written       bool
		after         string
	}{
		{"dry_run", "taken", false, before}, {"apply", "taken", true, "Invented survey office"}, {"apply", "unchanged", false, "Invented survey office"},
	} {
		status, got, body := w.putBoundaries(t, w.administrator, step.mode, file)
		if status != http.StatusOK || len(got.Features) != 2 || len(got.Missing) != 15 {
			t.Fatalf("%s: %d: %s", step.mode, status, body)
		}
		hebron := got.Features[1]
		if got.Features[0].Outcome != "unknown" || hebron.Outcome != step.outcome || hebron.Governorate == nil || hebron.Governorate.Code != "PS0150" || hebron.AreaKM2 < 1000 {
			t.Errorf("%s: %s", step.mode, body)
		}
		if got.Written != step.written || source() != step.after {
			t.Errorf("%s: written %v, and the area is of %q", step.mode, got.Written, source())
		}
	}
	for _, refused := range []struct {
		token, file string
		status      int
	}{
		{w.officer, file, http.StatusForbidden}, {w.focal, file, http.StatusForbidden},
		{w.administrator, `{"type":"Feature"}`, http.StatusUnprocessableEntity}, {w.administrator, "not JSON", http.StatusUnprocessableEntity},
	} {
		if status, _, body := w.putBoundaries(t, refused.token, "apply", refused.file); status != refused.status {
			t.Errorf("%d, not %d: %s", status, refused.status, body)
		}
	}
}
