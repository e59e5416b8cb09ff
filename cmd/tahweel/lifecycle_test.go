package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tahweel/internal/identity"
)

func demoIn(t *testing.T, dir string) *process {
	t.Helper()
	return start(t, dir, "demo", "--small", "--addr", "127.0.0.1:0", "--dir", filepath.Join(dir, "data"), "--ready-file", filepath.Join(dir, "ready.json"))
}

// One demonstration through everything that can happen to it: killed while it is made, made, stopped, started again, killed while
// it serves, started again.
func TestADemonstrationSurvivesWhatIsDoneToIt(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	data := filepath.Join(dir, "data")

	p := demoIn(t, dir)
	p.await(t, "making the demonstration")
	kill(t, p)
	if _, err := os.Stat(filepath.Join(data, "db")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a demonstration that was not finished is in the place of a whole one (%v)", err)
	}

	p = demoIn(t, dir)
	p.await(t, "Tahweel is at")
	first := playerOf(t, dir, "case_manager")
	count := len(first.get("/v1/referrals").is(http.StatusOK).list("items"))
	if count == 0 {
		t.Error("the case manager has no referrals")
	}
	if code, now := clockOf(t, dir, http.MethodPost, `{"advance": "P90D"}`); code != http.StatusOK || time.Until(now) < 89*24*time.Hour {
		t.Errorf("the clock was not moved: %d, %v", code, now)
	}
	first.get("/v1/referrals").is(http.StatusOK) // its token of a day, which keeps wall time
	later := first.post("/v1/referrals", newReferral()).is(http.StatusCreated)
	if at, err := time.Parse(time.RFC3339, later.text("created_at")); err != nil || time.Until(at) < 89*24*time.Hour {
		t.Errorf("a referral was opened at %v (%v), not in the time of the demonstration", at, err)
	}
	count++
	stopped(t, p, dir)

	p = demoIn(t, dir)
	p.await(t, "Tahweel is at")
	if code, now := clockOf(t, dir, http.MethodGet, ""); code != http.StatusOK || time.Until(now) < 89*24*time.Hour {
		t.Errorf("a restart has put the clock back: %d, %v", code, now)
	}
	kill(t, p)

	p = demoIn(t, dir)
	p.await(t, "Tahweel is at")
	if strings.Contains(p.seen.String(), "making") {
		t.Error("the demonstration was made twice")
	}
	again := playerOf(t, dir, "case_manager")
	if got := len(again.get("/v1/referrals").is(http.StatusOK).list("items")); got != count {
		t.Errorf("there were %d referrals, and now there are %d", count, got)
	}
	again.token = first.token
	again.get("/v1/referrals").is(http.StatusOK) // a token outlives a restart
	stopped(t, p, dir)
}

// clockOf reads or moves the clock of the demonstration in dir.
func clockOf(t *testing.T, dir, method, body string) (status int, now time.Time) {
	t.Helper()
	r, err := readReady(filepath.Join(dir, "ready.json"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.API+clockPath, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var shown clockView
	if err := json.NewDecoder(resp.Body).Decode(&shown); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, shown.Now
}

// The whole demonstration, as `make run` makes it, and the README on it.
func TestTheDemonstrationIsACountry(t *testing.T) {
	t.Parallel()
	d := &sharedDemo{whole: true}
	d.start()
	t.Cleanup(d.stop)
	if d.err != nil {
		t.Fatal(d.err)
	}
	var organizations, services, referrals, seconds int
	_, line, _ := strings.Cut(d.process.seen.String(), "\nmade ")
	if _, err := fmt.Sscanf(line, "%d organizations, %d services and %d referrals in %d seconds", &organizations, &services, &referrals, &seconds); err != nil {
		t.Fatalf("%v: %s", err, d.process.seen.String())
	}
	if organizations < 180 || services < 500 || referrals < 2000 {
		t.Errorf("%d organizations, %d services and %d referrals", organizations, services, referrals)
	}
	manager, seen, cursor := d.as(t, "case_manager"), 0, ""
	for more := true; more; more = cursor != "" {
		page := manager.get("/v1/referrals?limit=50" + cursor).is(http.StatusOK)
		seen += len(page.list("items"))
		if cursor = page.text("next_cursor"); cursor != "" {
			cursor = "&cursor=" + cursor
		}
	}
	if seen < referrals/30 {
		t.Errorf("one case manager of thirty has %d referrals", seen)
	}
	firstReferralWorks(t, d)
	t.Logf("made in %d seconds", seconds)
}

func playerOf(t *testing.T, dir, name string) *caller {
	t.Helper()
	r, err := readReady(filepath.Join(dir, "ready.json"))
	if err != nil {
		t.Fatal(err)
	}
	return newCaller(t, r.API, r.Actors[name].Token)
}

func kill(t *testing.T, p *process) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.end()
}

// stopped terminates the program and looks that it ended well and left nothing running.
func stopped(t *testing.T, p *process, dir string) {
	t.Helper()
	if data, err := filepath.EvalSymlinks(dir); err != nil || len(postgresIn(data)) == 0 {
		t.Errorf("no database runs in %s (%v): that it stops shows nothing", dir, err)
	}
	if err := p.terminate(); err != nil {
		t.Errorf("the program did not end well: %v\n%s", err, p.stderr.String())
	}
	if left := postgresIn(dir); len(left) > 0 {
		t.Errorf("the program left a database running: %v", left)
	}
}

func TestTheReadyFileNamesEveryPlayer(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	for _, name := range []string{
		"case_manager", "other_case_manager", "supervisor", "associations_officer", "associations_signatory", "administrator", "provider",
		"other_provider", "provider_focal_point", "auditor", "cleared_person",
	} {
		if d.ready.Actors[name].Token == "" {
			t.Errorf("%s has no token", name)
		}
	}
	if a, b := d.ready.Actors["provider"].OrganizationID, d.ready.Actors["other_provider"].OrganizationID; a == "" || a == b {
		t.Errorf("the providers are the organizations %q and %q", a, b)
	}
	d.as(t, "associations_officer").get("/v1/needs").is(http.StatusOK)
}

func TestTwoProgramsDoNotShareAFolder(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	code, _, stderr := finish(t, d.dir, "demo", "--addr", "127.0.0.1:0")
	if code != 1 || !strings.Contains(stderr, "in use by another running program") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestAnAddressInUseIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	address := strings.TrimPrefix(d.ready.API, "http://")
	code, _, stderr := finish(t, folderFor(t), "demo", "--addr", address)
	if code != 1 || !strings.Contains(stderr, "choose another with --addr") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// The service on its embedded database: the first administrator, whose own client gets a token; tokens of a day, which it does not take.
func TestServeOnTheEmbeddedDatabase(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	data, private := filepath.Join(dir, "data"), filepath.Join(dir, "admin.key")
	public := clientKey(t, dir, private)
	create := []string{"admin", "create", "--dir", data, "--name", "Nobody Example", "--public-key", public}
	code, said, stderr := finish(t, dir, create...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	id := lines[len(lines)-1]
	if code, _, stderr := finish(t, dir, create...); code != 1 || !strings.Contains(stderr, "there is an administrator already") {
		t.Errorf("a second administrator: exit code %d: %s", code, stderr)
	}
	if code, _, stderr := finish(t, dir, slices.Concat(create[:len(create)-1], []string{private})...); code != 1 || !strings.Contains(stderr, "private key was sent") {
		t.Errorf("with the private half: exit code %d: %s", code, stderr)
	}

	address := freeAddress(t)
	api := "http://" + address
	p := start(t, dir, "serve", "--dir", data, "--addr", address, "--public-url", api)
	p.await(t, "serving on")
	ask := []string{"client", "token", "--server", api, "--client-id", id, "--key", private}
	code, printed, stderr := finish(t, dir, ask...)
	if code != 0 {
		t.Fatalf("client token: exit code %d: %s", code, stderr)
	}
	token := strings.TrimSpace(printed)
	newCaller(t, api, token).get("/v1/accounts").is(http.StatusOK)
	tokenInAFile(t, dir, api, ask)

	keys, err := folder(data).secrets()
	if err != nil {
		t.Fatal(err)
	}
	long := identity.NewIssuer(keys.signing, api, api, time.Now, demoLifetime)
	for lifetime, status := range map[time.Duration]int{demoLifetime: http.StatusUnauthorized, identity.AccessTokenLifetime: http.StatusOK} {
		newCaller(t, api, tokenOf(t, long, token, lifetime)).get("/v1/needs").is(status)
	}
	stopped(t, p, dir)
}

// tokenInAFile: with --out the token is in a file of its owner's alone, which must not exist; and a narrower scope is a narrower token.
func tokenInAFile(t *testing.T, dir, api string, ask []string) {
	t.Helper()
	file := filepath.Join(dir, "admin.token")
	into := slices.Concat(ask, []string{"--out", file, "--scope", "directory.read"})
	if code, said, stderr := finish(t, dir, into...); code != 0 || said != "" {
		t.Errorf("exit code %d: %q %s", code, said, stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token file: %v, %v", info, err)
	}
	if code, _, stderr := finish(t, dir, into...); code != 1 || !strings.Contains(stderr, "is not overwritten") {
		t.Errorf("the second time: exit code %d: %s", code, stderr)
	}
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	narrow := newCaller(t, api, strings.TrimSpace(string(token)))
	narrow.get("/v1/needs").is(http.StatusOK)
	narrow.get("/v1/accounts").is(http.StatusForbidden, "insufficient_scope")
	if code, _, stderr := finish(t, dir, slices.Concat(ask, []string{"--scope", "no.such"})...); code != 1 || !strings.Contains(stderr, "invalid_scope") {
		t.Errorf("a scope that there is not: exit code %d: %s", code, stderr)
	}
	if code, _, stderr := finish(t, dir, slices.Concat(ask, []string{"--server", strings.Replace(api, "127.0.0.1", "localhost", 1)})...); code != 1 || !strings.Contains(stderr, "calls itself") {
		t.Errorf("a server that goes by another name: exit code %d: %s", code, stderr)
	}
}

// clientKey makes a key and returns the file with its public half.
func clientKey(t *testing.T, dir, private string) (public string) {
	t.Helper()
	code, set, stderr := finish(t, dir, "client", "key", "--out", private)
	if code != 0 {
		t.Fatalf("client key: exit code %d: %s", code, stderr)
	}
	if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the private key: %v, %v", info, err)
	}
	if strings.Contains(set, `"d"`) {
		t.Error("the private half was printed")
	}
	if code, _, stderr := finish(t, dir, "client", "key", "--out", private); code != 1 || !strings.Contains(stderr, "is not overwritten") {
		t.Errorf("a second key in the same file: exit code %d: %s", code, stderr)
	}
	public = private + ".jwks"
	if err := os.WriteFile(public, []byte(set), 0o644); err != nil { //nolint:gosec // a public key
		t.Fatal(err)
	}
	return public
}

// freeAddress is one at which nobody listens, for a server whose address must be known before it starts.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
