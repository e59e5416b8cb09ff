package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/policy"
)

const oauthClient = "testdata/oauth-client"

// An OAuth client that knows nothing of this repository finds the server by its metadata, authenticates with each sort of key, gets
// a token and calls the API.
func TestAnIndependentClientGetsAToken(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is missing: scripts/setup.sh node installs it, and make test does")
	}
	if _, err := os.Stat(filepath.Join(oauthClient, "node_modules", "oauth4webapi")); err != nil {
		missing(t, "oauth4webapi is missing: make test installs it")
	}
	w := newWorld(t)
	issuer := w.serveAtItsName(t)
	for _, alg := range identity.Algorithms {
		key, err := identity.NewPrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.accounts.RegisterClient(t.Context(), policy.TheSystem(), identity.NewClient{
			OrganizationID: w.first, Name: "Independent client", Keys: []identity.ClientKey{key.Public()},
		})
		if err != nil {
			t.Fatal(err)
		}
		said, err := runClient(t.Context(), node, issuer, c.ID.String(), keyFile(t, key), alg)
		if err != nil {
			t.Errorf("%s: %v\n%s", alg, err, said)
			continue
		}
		var result struct {
			Scope  string
			Status int
			Place  string
		}
		if err := json.Unmarshal([]byte(said), &result); err != nil || result.Status != 200 || result.Scope != "directory.read" || !strings.HasPrefix(result.Place, "gn-") {
			t.Errorf("%s: %v %s", alg, err, said)
		}
		// The control: with a key that was not registered it does not get one.
		stranger, err := identity.NewPrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		if said, err := runClient(t.Context(), node, issuer, c.ID.String(), keyFile(t, stranger), alg); err == nil || !strings.Contains(said, "invalid_client") {
			t.Errorf("%s: a stranger's key: %v\n%s", alg, err, said)
		}
	}
}

func runClient(ctx context.Context, node, issuer, id, key, alg string) (string, error) {
	cmd := exec.CommandContext(ctx, node, "client.mjs", issuer, id, key, alg)
	cmd.Dir = oauthClient
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func keyFile(t *testing.T, key identity.PrivateKey) string {
	t.Helper()
	content, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "client.key")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serveAtItsName starts a server whose issuer is the address at which it listens, on the clock of the wall, as the client's is.
func (w *world) serveAtItsName(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	at := "http://" + server.Listener.Addr().String()
	keys, err := identity.OpenKeys(w.keysFile)
	if err != nil {
		t.Fatal(err)
	}
	w.accounts = identity.NewStore(w.db.DB, identity.NewIssuer(keys, at, at, time.Now, identity.AccessTokenLifetime), time.Now)
	server.Config.Handler = New(Config{
		Identity: w.accounts, Accounts: w.accounts, Log: w.logger(), Clock: time.Now, Version: contractVersion, Ready: w.db.DB.Ping,
		Places: geo.NewStore(w.db.DB, time.Now),
	})
	server.Start()
	t.Cleanup(server.Close)
	return at
}
