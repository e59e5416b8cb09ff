package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"tahweel/internal/pg/pgtest"
)

// signedBy is the kid of a token's header.
func signedBy(t *testing.T, token string) string {
	t.Helper()
	part, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var header struct{ Kid string }
	if err := json.Unmarshal(raw, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

func published(t *testing.T, api string) string {
	t.Helper()
	resp, err := http.Get(api + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// The keys that sign tokens are changed under two running servers, and neither is restarted.
func TestSigningKeysAreRotatedUnderTwoServers(t *testing.T) {
	t.Parallel()
	owner := pgtest.Empty(t, "ENCODING 'UTF8' LOCALE 'C.UTF-8'")
	dir := folderFor(t)
	must := func(args ...string) string {
		t.Helper()
		code, said, stderr := finish(t, dir, args...)
		if code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, stderr)
		}
		return strings.TrimSpace(said)
	}
	private := filepath.Join(dir, "admin.key")
	must("migrate", "--dir", dir, "--database-url", owner)
	said := strings.Split(must("admin", "create", "--dir", dir, "--database-url", owner, "--name", "Nobody Example", "--public-key", clientKey(t, dir, private)), "\n")
	client := said[len(said)-1]

	first, second := "http://"+freeAddress(t), "http://"+freeAddress(t)
	for _, api := range []string{first, second} { // one installation, at the first one's name
		p := start(t, dir, "serve", "--dir", dir, "--database-url", owner, "--addr", strings.TrimPrefix(api, "http://"), "--public-url", first)
		p.await(t, "serving on")
	}
	ask := func() string {
		return must("client", "token", "--server", first, "--client-id", client, "--key", private)
	}
	both := func(token string, status int) {
		t.Helper()
		for _, api := range []string{first, second} {
			newCaller(t, api, token).get("/v1/needs").is(status)
		}
	}
	before := ask()
	oldKey := signedBy(t, before)
	both(before, http.StatusOK)

	newKey := must("keys", "add", "--dir", dir)
	for _, api := range []string{first, second} {
		if keys := published(t, api); !strings.Contains(keys, newKey) || !strings.Contains(keys, oldKey) {
			t.Errorf("%s publishes %s", api, keys)
		}
	}
	if got := signedBy(t, ask()); got != oldKey {
		t.Errorf("the new key signs before it was promoted (%s)", got)
	}
	must("keys", "promote", "--dir", dir, newKey)
	after := ask()
	if got := signedBy(t, after); got != newKey {
		t.Errorf("signed by %s after the promotion, not by %s", got, newKey)
	}
	both(before, http.StatusOK)
	both(after, http.StatusOK)
	if code, _, _ := finish(t, dir, "keys", "drop", "--dir", dir, newKey); code != 1 {
		t.Error("the key that signs was dropped")
	}
	must("keys", "drop", "--dir", dir, oldKey)
	both(before, http.StatusUnauthorized)
	both(after, http.StatusOK)
	if list := must("keys", "list", "--dir", dir); list != newKey+"  signs" {
		t.Errorf("the file holds %q", list)
	}
}
