package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestGeneratedClientsCloseAReferral runs the programs that stand on clients generated from the contract (api/clients): each accepts
// the referral that was sent to its organization and completes it.
func TestGeneratedClientsCloseAReferral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ program, needs []string }{
		"Go":         {[]string{"../.cache/close-referral"}, []string{"../.cache/close-referral"}},
		"TypeScript": {[]string{"node", "clients/typescript/dist/close.js"}, []string{"clients/typescript/dist/close.js"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range c.needs {
				if _, err := os.Stat(file); err != nil {
					missing(t, file+" is not built; make clients builds it, and make test does so first")
				}
			}
			sent := w.sent(t)
			said, err := w.closeWith(t, c.program, w.provider)
			if want := sent.ID.String() + " completed\n"; err != nil || said != want {
				t.Fatalf("it says %q and not %q: %v", said, want, err)
			}
			if r := decode[Referral](t, w.as(t, w.manager, "GET", "/v1/referrals/"+sent.ReferralID.String(), ""), 200); r.Status != "closed_met" {
				t.Errorf("the referral is %s", r.Status)
			}
			// The control: somebody else's client closes nothing, and says so.
			if said, err := w.closeWith(t, c.program, w.other); err == nil {
				t.Errorf("another organization's client says %q", said)
			}
		})
	}
}

// closeWith runs a client with a token and returns what it says.
func (w *world) closeWith(t *testing.T, program []string, token string) (string, error) {
	t.Helper()
	path := program[0]
	if filepath.Base(path) != path {
		absolute, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		path = absolute
	}
	cmd := exec.CommandContext(t.Context(), path, program[1:]...)
	cmd.Env = append(os.Environ(), "TAHWEEL_API="+w.URL, "TAHWEEL_TOKEN="+token, "TAHWEEL_DAY="+worldTime.Format(time.DateOnly))
	out, err := cmd.Output()
	return string(out), err
}

// missing passes over a test whose tools are not installed; under make test, which installs them, it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("TAHWEEL_TEST_ALL") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
