package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"tahweel/internal/pg/pgtest"
)

// /readyz is red while the service cannot do its work, whatever the reason, and /healthz stays green: a supervisor must not
// restart a program that is well.
func TestReadiness(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	p, at := serving(t, dir, db.AppURL, "127.0.0.1:0")
	api := newCaller(t, "http://"+at, "")
	sealing := filepath.Join(dir, "keys", sealingFile)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what        string
		spoil, mend func()
	}{
		{"its keys are gone", func() { must(os.Rename(sealing, sealing+".away")) }, func() { must(os.Rename(sealing+".away", sealing)) }},
		{"others may read its keys", func() { must(os.Chmod(sealing, 0o640)) }, func() { must(os.Chmod(sealing, 0o600)) }},
		{
			"the schema is older than the program",
			func() {
				db.Exec(t, "UPDATE goose_db_version SET version_id = -version_id WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
			},
			func() { db.Exec(t, "UPDATE goose_db_version SET version_id = -version_id WHERE version_id < 0") },
		},
		{
			"the database lets nobody in",
			func() {
				db.Exec(t, "REVOKE CONNECT ON DATABASE "+db.Name+" FROM PUBLIC; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+db.Name+"' AND usename = 'tahweel_service'")
			},
			func() {
				db.Exec(t, "GRANT CONNECT ON DATABASE "+db.Name+" TO PUBLIC")
			},
		},
	} {
		api.get("/readyz").is(http.StatusOK)
		c.spoil()
		api.get("/readyz").is(http.StatusServiceUnavailable, "not_ready")
		api.get("/healthz").is(http.StatusOK)
		c.mend()
		got := api.get("/readyz")
		for asked := 1; got.status != http.StatusOK && asked < 5; asked++ { // each waits two seconds for a busy machine
			got = api.get("/readyz")
		}
		if got.status != http.StatusOK {
			t.Errorf("after %s was mended: %d", c.what, got.status)
		}
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
}
