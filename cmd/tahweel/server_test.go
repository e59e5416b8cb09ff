package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tahweel/internal/identity"
	"tahweel/internal/pg/pgtest"
)

// tokenOf makes a token for the holder of another one, with a lifetime of its own.
func tokenOf(t *testing.T, issuer *identity.Issuer, token string, lifetime time.Duration) string {
	t.Helper()
	claims, err := issuer.Verify(strings.TrimSpace(token))
	if err != nil {
		t.Fatal(err)
	}
	made, err := issuer.Issue(identity.Claims{Subject: claims.Subject, ClientID: claims.ClientID, Scopes: claims.Scopes}, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// A server of one's own: the service does not change its schema unless told to, and says what to do.
func TestServeOnAnotherServersDatabase(t *testing.T) {
	t.Parallel()
	owner := pgtest.Empty(t, "ENCODING 'UTF8' LOCALE 'C.UTF-8'")
	dir := folderFor(t)
	flags := []string{"--dir", dir, "--database-url", owner}
	code, _, stderr := finish(t, dir, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)
	if code != 1 || !strings.Contains(stderr, "tahweel migrate") {
		t.Errorf("serve on an empty database: exit code %d: %s", code, stderr)
	}
	for range 2 { // the second time there is nothing to do
		if code, _, stderr := finish(t, dir, append([]string{"migrate"}, flags...)...); code != 0 {
			t.Fatalf("migrate: exit code %d: %s", code, stderr)
		}
	}
	p := start(t, dir, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...)
	api := strings.TrimPrefix(p.await(t, "serving on"), "serving on ")
	for _, path := range []string{"/healthz", "/readyz"} {
		resp, err := http.Get(api + path)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	resp, err := http.Post(api+clockPath, "application/json", strings.NewReader(`{"advance": "PT1H"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the service has a clock to move: %s", resp.Status)
	}
	if err := p.terminate(); err != nil {
		t.Errorf("the service did not end well: %v\n%s", err, p.stderr.String())
	}
}
