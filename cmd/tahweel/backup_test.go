package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tahweel/internal/pg/pgtest"
)

// accepted opens a referral of Canary and takes it to where the provider may read the name; it returns the attempt.
func accepted(t *testing.T, api, dir string, m ministry) (attempt string) {
	t.Helper()
	manager, provider := newCaller(t, api, token(t, dir, m.manager)), newCaller(t, api, token(t, dir, m.provider))
	referral := manager.post("/v1/referrals", newReferral()).is(http.StatusCreated).text("id")
	attempt = manager.post("/v1/referrals/"+referral+"/attempts", map[string]any{
		"service_at_location_id": m.offer.String(), "consent": consent(),
	}).is(http.StatusCreated).text("id")
	manager.move(attempt, "send", 1, nil).is(http.StatusOK)
	provider.move(attempt, "accept", 2, nil).is(http.StatusOK)
	return attempt
}

// refuses runs a command that must fail with the words.
func refuses(t *testing.T, dir, words string, args ...string) {
	t.Helper()
	if code, _, stderr := finish(t, dir, args...); code != 1 || !strings.Contains(stderr, words) {
		t.Errorf("%v: exit code %d, not with %q: %s", args, code, words, stderr)
	}
}

func works(t *testing.T, dir string, args ...string) {
	t.Helper()
	if code, _, stderr := finish(t, dir, args...); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr)
	}
}

// docs/backup.md, followed with the private database: data is made, backed up while the service runs, destroyed, restored, and a
// name that was sealed is read again with the token from before. What is damaged, mixed up or in the way is refused, and refused
// before anything is written.
func TestABackupOfThePrivateDatabaseIsRestored(t *testing.T) {
	t.Parallel()
	dir := folderFor(t)
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	dump, keys := filepath.Join(dir, "there", "database"), filepath.Join(dir, "elsewhere", "keys")
	if err := folder(old).make(); err != nil {
		t.Fatal(err)
	}
	database, m := newDurable(t, old)
	database.stop()
	p := start(t, dir, "serve", "--dir", old, "--addr", "127.0.0.1:0")
	api := strings.TrimPrefix(p.await(t, "serving on"), "serving on ")
	attempt := accepted(t, api, old, m)
	provider := token(t, old, m.provider)

	backup := []string{"backup", "--dir", old, "--out", dump, "--keys-out", keys}
	refuses(t, dir, "are not apart", "backup", "--dir", old, "--out", dump, "--keys-out", dump)
	refuses(t, dir, "are not apart", "backup", "--dir", old, "--out", dump, "--keys-out", filepath.Join(dump, "keys"))
	works(t, dir, backup...)
	refuses(t, dir, "overwrites nothing", backup...)
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	_ = filepath.Walk(filepath.Join(dir, "there"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})

	restore := []string{"restore", "--dir", fresh, "--from", dump, "--keys-from", keys}
	file := filepath.Join(dump, dumpFile)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte{}, whole...)
	damaged[len(damaged)/2] ^= 1
	put := func(content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(damaged)
	refuses(t, dir, "its hash differs", restore...)
	put(whole)
	refuses(t, dir, "holds no backup", "restore", "--dir", fresh, "--from", dump, "--keys-from", folder(old).keys())
	refuses(t, dir, "holds the keys of a backup, not the database", "restore", "--dir", fresh, "--from", keys, "--keys-from", dump)
	refuses(t, dir, "is not overwritten", "restore", "--dir", old, "--from", dump, "--keys-from", keys)
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a refused restore has written something")
	}

	if err := os.RemoveAll(old); err != nil {
		t.Fatal(err)
	}
	works(t, dir, restore...)
	refuses(t, dir, "is not overwritten", restore...)
	p = start(t, dir, "serve", "--dir", fresh, "--addr", "127.0.0.1:0")
	api = strings.TrimPrefix(p.await(t, "serving on"), "serving on ")
	if name := newCaller(t, api, provider).get("/v1/attempts/" + attempt).is(http.StatusOK).text("identity/given_name"); name != "Canary" {
		t.Errorf("after the restore the name reads %q", name)
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
}

// The same with a server of one's own, and keys that are not the database's.
func TestABackupOfAnotherServersDatabaseIsRestored(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	old, fresh, strange := filepath.Join(dir, "old"), filepath.Join(dir, "new"), filepath.Join(dir, "strange")
	for _, f := range []string{old, strange} {
		if _, err := folder(f).secrets(); err != nil {
			t.Fatal(err)
		}
	}
	m := found(t, db.DB)
	p, at := serving(t, old, db.AppURL, "127.0.0.1:0")
	attempt := accepted(t, "http://"+at, old, m)
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	to := func(name string) []string {
		return []string{"--out", filepath.Join(dir, name, "database"), "--keys-out", filepath.Join(dir, name+"-keys")}
	}
	backup := func(name, keys, owner string) []string {
		return append([]string{"backup", "--dir", keys, "--database-url", db.AppURL, "--database-owner-url", owner}, to(name)...)
	}
	refuses(t, dir, "not the one of this database", backup("a", strange, db.OwnerURL)...)
	refuses(t, dir, "bound by row-level security", backup("b", old, db.AppURL)...)
	works(t, dir, backup("c", old, db.OwnerURL)...)

	empty := pgtest.Empty(t, "ENCODING 'UTF8' LOCALE 'C.UTF-8'")
	from := []string{"--from", filepath.Join(dir, "c", "database"), "--keys-from", filepath.Join(dir, "c-keys")}
	refuses(t, dir, "the database is not empty", append([]string{"restore", "--dir", fresh, "--database-url", db.OwnerURL}, from...)...)
	works(t, dir, append([]string{"restore", "--dir", fresh, "--database-url", empty}, from...)...)
	p, at = serving(t, fresh, empty, "127.0.0.1:0")
	if name := newCaller(t, "http://"+at, token(t, fresh, m.provider)).get("/v1/attempts/" + attempt).is(http.StatusOK).text("identity/given_name"); name != "Canary" {
		t.Errorf("after the restore the name reads %q", name)
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	// A service with other keys would seal what nobody can open beside what it cannot open itself.
	refuses(t, dir, "not the one of this database", "serve", "--dir", strange, "--database-url", empty, "--addr", "127.0.0.1:0")
}
