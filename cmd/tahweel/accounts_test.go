package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// evidence is where each kind of effect stands in the database.
var evidence = map[string]string{
	"referral": "SELECT id FROM referral",
	"attempt":  "SELECT id FROM attempt",
	"send":     "SELECT id FROM attempt WHERE sent_at IS NOT NULL",
	"accept":   "SELECT id FROM attempt WHERE accepted_at IS NOT NULL",
}

// halves are the traces of something done by half; each must come to 0.
var halves = map[string]string{
	"attempts without the consent they were chosen with": `
		SELECT count(*)
		FROM attempt AS a
		WHERE NOT EXISTS (SELECT FROM consent AS c WHERE c.id = a.consent_id AND c.referral_id = a.referral_id)`,
	"referrals without a person's key": `
		SELECT count(*)
		FROM referral AS r
		WHERE NOT EXISTS (SELECT FROM person AS p WHERE p.id = r.person_id AND p.wrapped_key IS NOT NULL)`,
	"referrals without what was said": `
		SELECT count(*)
		FROM referral AS r
		WHERE (SELECT count(*) FROM sealed_field AS f WHERE f.referral_id = r.id) <> (
			SELECT max(fields)
			FROM (SELECT count(*) AS fields FROM sealed_field GROUP BY referral_id) AS most)`,
	"persons without a referral": `
		SELECT count(*)
		FROM person AS p
		WHERE NOT EXISTS (SELECT FROM referral AS r WHERE r.person_id = p.id)`,
	"moves without their event": `
		SELECT count(*)
		FROM attempt AS a
		WHERE a.sent_at IS NOT NULL AND NOT EXISTS (SELECT FROM event AS e WHERE e.attempt_id = a.id AND e.type = 'attempt.sent')
			OR a.accepted_at IS NOT NULL AND NOT EXISTS (SELECT FROM event AS e WHERE e.attempt_id = a.id AND e.type = 'attempt.accepted')`,
	"events that happened twice": `
		SELECT count(*)
		FROM (
			SELECT
			FROM event
			GROUP BY referral_id, attempt_id, type, version
			HAVING count(*) > 1
		) AS twice`,
	"moves without a line in the audit log": `
		SELECT count(*)
		FROM attempt AS a
		WHERE (SELECT count(*) FROM audit_entry AS e WHERE e.object_id = a.id AND e.allowed AND e.action <> 'read') < a.version`,
	"quotas whose use is not what occupies them": `
		SELECT count(*)
		FROM instrument_quota_use AS u
		WHERE u.used <> (SELECT count(*) FROM attempt_quota AS q WHERE q.quota_id = u.quota_id AND q.starts_on = u.starts_on)`,
	"sent attempts that occupy no place": `
		SELECT count(*)
		FROM attempt AS a
		WHERE a.sent_at IS NOT NULL AND NOT EXISTS (SELECT FROM attempt_quota AS q WHERE q.attempt_id = a.id)`,
	"keys whose effect is not there": `
		SELECT count(*)
		FROM idempotency AS i
		WHERE NOT EXISTS (SELECT FROM referral AS r WHERE r.id = i.resource_id)
			AND NOT EXISTS (SELECT FROM attempt AS a WHERE a.id = i.resource_id)`,
}

// superuser connects for raw SQL that nothing binds.
func superuser(t testing.TB, ownerURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// accounts compares what clients were told with what the database has. Every request of theirs has been acknowledged in the end,
// so that what is more than the ledger has happened twice.
func accounts(t testing.TB, l *ledger, conn *pgx.Conn) (faults []string) {
	t.Helper()
	ctx := context.Background()
	for _, kind := range kinds {
		rows, err := conn.Query(ctx, evidence[kind])
		if err != nil {
			t.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			t.Fatal(err)
		}
		there := map[uuid.UUID]bool{}
		for _, id := range ids {
			if there[id] = true; !l.acked[kind][id] {
				faults = append(faults, kind+" twice: no client knows of "+id.String())
			}
		}
		for id := range l.acked[kind] {
			if !there[id] {
				faults = append(faults, kind+" lost: "+id.String()+" was acknowledged")
			}
		}
	}
	var keys int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM idempotency").Scan(&keys); err != nil {
		t.Fatal(err)
	}
	if keys != l.keys {
		faults = append(faults, fmt.Sprintf("%d keys are kept, and clients used %d", keys, l.keys))
	}
	for what, sql := range halves {
		var n int
		if err := conn.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d", what, n))
		}
	}
	return faults
}

// settled fails the test if the books do not agree.
func settled(t testing.TB, l *ledger, ownerURL string) {
	t.Helper()
	if l.keys == 0 {
		t.Error("nothing was acknowledged: that nothing is lost shows nothing")
	}
	for _, fault := range accounts(t, l, superuser(t, ownerURL)) {
		t.Error(fault)
	}
}

// spoiled is what accounts finds after the statement, which no constraint and no trigger hinders and which is undone again.
func spoiled(t testing.TB, l *ledger, conn *pgx.Conn, sql string) []string {
	t.Helper()
	ctx := context.Background()
	for _, statement := range []string{"BEGIN", "SET LOCAL session_replication_role = replica", sql} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	defer func() {
		if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}()
	return accounts(t, l, conn)
}

// has fails the test unless one of the faults says what.
func has(t testing.TB, faults []string, what string) {
	t.Helper()
	if !strings.Contains(strings.Join(faults, "\n"), what) {
		t.Errorf("not found: %s; found: %q", what, faults)
	}
}
