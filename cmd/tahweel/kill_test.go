package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/pgembed"
)

// durable is a PostgreSQL of the test's own that keeps its promises to the disk, unlike the one other tests share.
type durable struct {
	dir    string
	server *pgembed.Server
}

func (d *durable) start(t testing.TB) {
	t.Helper()
	var err error
	if d.server, err = pgembed.Start(context.Background(), pgembed.Config{Dir: d.dir}); err != nil {
		t.Fatal(err)
	}
}

func (d *durable) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if d.server != nil {
		_ = d.server.Stop(ctx)
	}
}

// kill ends the postmaster at once, and with it all it does.
func (d *durable) kill(t testing.TB) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
	<-d.server.Exited()
	d.stop()
}

func (d *durable) owner() string   { return d.server.URL(embeddedOwner, embeddedDatabase) }
func (d *durable) service() string { return d.server.URL(embeddedLogin, embeddedDatabase) }

// newDurable makes the server, the schema and the ministry in it.
func newDurable(t testing.TB, dir string) (*durable, ministry) {
	t.Helper()
	d := &durable{dir: filepath.Join(dir, "db")}
	d.start(t)
	t.Cleanup(d.stop)
	if err := pg.Migrate(t.Context(), d.owner()); err != nil {
		t.Fatal(err)
	}
	if err := pg.EnsureLogin(t.Context(), d.owner(), embeddedLogin); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), d.service())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return d, found(t, db)
}

// backOnFeet is how soon after its database's return the service must work again, without being restarted (D2).
const backOnFeet = 5 * time.Second

// Killing the service (D1), and then its database (D2), while 16 writers are at work loses nothing that was acknowledged and leaves
// nothing half done; what was not acknowledged happens once when it is repeated under its key.
func TestAKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	kills, databaseKills, between := 2, 2, 40
	if proving() {
		kills, databaseKills, between = 20, 10, 100
	}
	dir := folderFor(t)
	database, m := newDurable(t, dir)
	p, at := serving(t, dir, database.service(), "127.0.0.1:0")
	w := write(t, 16, at, dir, m)
	for range kills {
		w.await(t, between)
		kill(t, p)
		p, _ = serving(t, dir, database.service(), at)
	}
	var worst time.Duration
	for range databaseKills {
		w.await(t, between)
		database.kill(t)
		database.start(t)
		worst = max(worst, w.await(t, 1))
	}
	w.await(t, between)
	w.end(t)
	if worst > backOnFeet {
		t.Errorf("after its database had returned the service worked again only after %v", worst)
	}
	if w.retried == 0 {
		t.Error("no kill met a request: that nothing is lost shows nothing")
	}
	t.Logf("%d kills of the service and %d of the database: %d requests acknowledged, %d repeated, %d of them had happened; back within %v",
		kills, databaseKills, w.keys, w.retried, w.replayed, worst.Round(time.Millisecond))
	settled(t, w.ledger, database.owner())
	if err := p.terminate(); err != nil {
		t.Errorf("the service did not end well: %v\n%s", err, p.stderr.String())
	}
}

// The controls: what would be lost, done twice or left by half is found.
func TestWhatAKillCouldLeaveIsFound(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	m := found(t, db.DB)
	p, at := serving(t, dir, db.AppURL, "127.0.0.1:0")
	w := write(t, 2, at, dir, m)
	w.await(t, 20)
	w.end(t)
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	settled(t, w.ledger, db.OwnerURL)

	conn := superuser(t, db.OwnerURL)
	never := uuid.New() // a server that acknowledges before it commits, and is killed
	w.acked["referral"][never] = true
	has(t, accounts(t, w.ledger, conn), "referral lost")
	delete(w.acked["referral"], never)
	for id := range w.acked["send"] { // a client, or a server, that forgets its keys
		delete(w.acked["send"], id)
		has(t, accounts(t, w.ledger, conn), "send twice")
		w.acked["send"][id] = true
		break
	}
	for what, sql := range map[string]string{
		"attempts without the consent":          "DELETE FROM consent WHERE id = (SELECT consent_id FROM attempt ORDER BY id LIMIT 1)",
		"referrals without a person's key":      "DELETE FROM person WHERE id = (SELECT person_id FROM referral ORDER BY id LIMIT 1)",
		"referrals without what was said":       "DELETE FROM sealed_field WHERE ctid = (SELECT min(ctid) FROM sealed_field)",
		"persons without a referral":            "DELETE FROM referral WHERE id = (SELECT id FROM referral ORDER BY id LIMIT 1)",
		"moves without their event":             "DELETE FROM event WHERE id = (SELECT id FROM event WHERE type = 'attempt.sent' ORDER BY id LIMIT 1)",
		"events that happened twice":            "INSERT INTO event SELECT gen_random_uuid(), NULL, type, occurred_at, recorded_at, referral_id, attempt_id, version, directorate_id, owner_account_id, organization_id, tier FROM event ORDER BY id LIMIT 1",
		"moves without a line in the audit log": "DELETE FROM audit_entry WHERE object_id = (SELECT id FROM attempt ORDER BY id LIMIT 1) AND action <> 'read'",
		"quotas whose use is not what occupies": "UPDATE instrument_quota_use SET used = used + 1",
		"sent attempts that occupy no place":    "DELETE FROM attempt_quota WHERE attempt_id = (SELECT min(attempt_id::text)::uuid FROM attempt_quota)",
		"keys whose effect is not there":        "UPDATE idempotency SET resource_id = gen_random_uuid() WHERE ctid = (SELECT min(ctid) FROM idempotency)",
		"keys are kept, and clients used":       "DELETE FROM idempotency WHERE ctid = (SELECT min(ctid) FROM idempotency)",
	} {
		has(t, spoiled(t, w.ledger, conn, sql), what)
	}
}
