package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/api/apitest"
	"tahweel/api/hsds"
	"tahweel/directory"
	"tahweel/internal/demo"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
)

// publicDemonstration is the public directory of the demonstration.
func publicDemonstration(t *testing.T) *httptest.Server {
	t.Helper()
	now := time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	db := pgtest.New(t)
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Load(t.Context(), db.DB, keys, now, demo.Core); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hsds.New(hsds.Config{
		Directory: directory.NewStore(db.DB, clock), Log: slog.New(slog.DiscardHandler), Clock: clock, Wall: time.Now,
		PublicURL: "https://tahweel.example", Publisher: hsds.Publisher{Name: publisher},
	}))
	t.Cleanup(server.Close)
	return server
}

func readPublic(t *testing.T, server *httptest.Server, path string) []byte {
	t.Helper()
	resp, err := http.Get(server.URL + hsds.Prefix + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", path, resp.Status, body)
	}
	return body
}

// idsOf walks all pages of a list and returns the ids in the order in which they came.
func idsOf(t *testing.T, server *httptest.Server, list string, each func(path string, body []byte)) (ids []string) {
	t.Helper()
	for next := 1; ; next++ {
		path := list + "?per_page=7&page=" + jsonNumber(next)
		body := readPublic(t, server, path)
		each(list, body)
		var page struct {
			LastPage bool                  `json:"last_page"`
			Total    int                   `json:"total_items"`
			Contents []struct{ ID string } `json:"contents"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, thing := range page.Contents {
			ids = append(ids, thing.ID)
		}
		if page.LastPage {
			if len(ids) != page.Total {
				t.Errorf("%s: %d were found of %d", list, len(ids), page.Total)
			}
			return ids
		}
	}
}

func jsonNumber(n int) string {
	text, _ := json.Marshal(n) // a whole number always has a form
	return string(text)
}

func TestThePublicDemonstration(t *testing.T) {
	t.Parallel()
	server := publicDemonstration(t)
	t.Run("keeps the standard", func(t *testing.T) { keepsTheStandard(t, server) })
	t.Run("has no nulls", func(t *testing.T) { hasNoNulls(t, server) })
}

// Every answer that the demonstration gives is what the standard says, and a walk through the pages finds each thing once.
func keepsTheStandard(t *testing.T, server *httptest.Server) {
	t.Helper()
	standard := apitest.LoadStandard(t, "../..")
	checked := 0
	check := func(path string, body []byte) {
		checked++
		if err := standard.Check(path, body); err != nil {
			t.Errorf("%v\n%.2000s", err, body)
		}
	}
	check("/", readPublic(t, server, "/"))
	for _, list := range []string{"/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms"} {
		ids := idsOf(t, server, list, check)
		seen := map[string]bool{}
		for _, id := range ids {
			if seen[id] {
				t.Errorf("%s: %s was found twice", list, id)
			}
			seen[id] = true
			check(list+"/"+id, readPublic(t, server, list+"/"+id))
		}
		if len(ids) == 0 {
			t.Errorf("%s is empty, the test proves nothing", list)
		}
		for _, query := range []string{"?full=true&per_page=500", "?lang=en", "?modified_after=2020-01-01", "?minimal=true", "?latitude=31.5&longitude=35.1&full=true", "?full_service=true"} {
			check(list, readPublic(t, server, list+query))
		}
	}
	t.Logf("%d answers", checked)
	// The control: an answer with a text where a number belongs, a status that is none, and one without a name.
	for _, broken := range []string{
		`{"id": "ac148810-d857-441c-9679-408f346de14b", "name": "x", "status": "active", "minimum_age": "12"}`,
		`{"id": "ac148810-d857-441c-9679-408f346de14b", "name": "x", "status": "open"}`,
		`{"id": "ac148810-d857-441c-9679-408f346de14b", "status": "active"}`,
		`{"id": "12", "name": "x", "status": "active"}`,
	} {
		if standard.Check("/services/x", []byte(broken)) == nil {
			t.Errorf("was not noticed: %s", broken)
		}
	}
	if standard.Check("/services", []byte(`{"empty": false, "contents": [{"id": "x"}]}`)) == nil {
		t.Error("a broken list was not noticed")
	}
}

// What the standard has no room for is absent: no null and, but where it requires a text, no empty one.
func hasNoNulls(t *testing.T, server *httptest.Server) {
	t.Helper()
	for _, list := range []string{"/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms"} {
		body := string(readPublic(t, server, list+"?full=true&full_service=true&per_page=500"))
		body = strings.NewReplacer(`"postal_code":""`, "", `"state_province":""`, "").Replace(body)
		for _, empty := range []string{"null", `""`, "{}"} {
			if at := strings.Index(body, empty); at >= 0 {
				t.Errorf("%s has %s: …%s…", list, empty, body[max(0, at-80):min(len(body), at+20)])
			}
		}
	}
}
