package main

import (
	"net/http"
	"os"
	"slices"
	"testing"
)

// A program gets tokens from the demonstration as a partner's does from an installation: with the client and the key that the ready
// file names for each player, and from the issuer that it names.
func TestEveryPlayerHasAClient(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	for name, player := range d.ready.Actors {
		info, err := os.Stat(player.KeyFile)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the key of %s: %v, %v", name, info, err)
		}
		code, token, complaint := finish(t, d.dir, "client", "token", "--server", d.ready.Issuer, "--client-id", player.ClientID.String(), "--key", player.KeyFile)
		if code != 0 {
			t.Fatalf("%s gets no token: %s", name, complaint)
		}
		if slices.Contains([]string{"auditor", "administrator", "associations_officer", "associations_signatory"}, name) {
			continue // who see no referrals
		}
		newCaller(t, d.ready.API, token[:len(token)-1]).get("/v1/attempts").is(http.StatusOK)
	}
	stranger := d.ready.Actors["other_provider"].KeyFile
	if code, _, _ := finish(t, d.dir, "client", "token", "--server", d.ready.Issuer, "--client-id", d.ready.Actors["provider"].ClientID.String(), "--key", stranger); code == 0 {
		t.Error("one player's key gets a token for another's client")
	}
}
