package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func somebody(role policy.Role) policy.Actor {
	return policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: policy.Person, Memberships: []policy.Membership{{Role: role}}, RequestID: "r-1"}
}

func entry(a policy.Actor, code string) audit.Entry {
	return audit.Entry{At: now, Actor: a, Action: policy.Read, Class: policy.ClassAttempt, ObjectID: uuid.Must(uuid.NewV7()), Allowed: true, Code: code, Groups: policy.Identity | policy.Contact}
}

func count(t *testing.T, d *pgtest.DB, code string) int {
	t.Helper()
	return pgtest.Value[int](t, d, `SELECT count(*) FROM audit_entry WHERE code = $1`, code)
}

func TestAnEntryGoesWithItsAct(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	a := somebody(policy.CaseManager)
	undone := errors.New("the act fails")
	err := d.DB.InTx(t.Context(), a, func(q pg.Querier) error {
		if err := audit.Append(t.Context(), q, entry(a, "undone")); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) || count(t, d, "undone") != 0 {
		t.Errorf("%v, and %d entries of an act that was undone", err, count(t, d, "undone"))
	}
	if err := d.DB.InTx(t.Context(), a, func(q pg.Querier) error { return audit.Append(t.Context(), q, entry(a, "done")) }); err != nil {
		t.Fatal(err)
	}
	if !pgtest.Value[bool](t, d, `SELECT allowed AND groups = '{C,D}' AND account_id = $1 AND request_id = 'r-1' AND person_id IS NULL AND recorded_at = $2 FROM audit_entry WHERE code = 'done'`, a.AccountID, now) {
		t.Error("the entry does not say what it was told")
	}
}

// TestARefusalIsWrittenByItself: the act's transaction is rolled back and its caller gone; the entry stays.
func TestARefusalIsWrittenByItself(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	a := somebody(policy.CaseManager)
	ctx, cancel := context.WithCancel(t.Context())
	_ = d.DB.InTx(ctx, a, func(q pg.Querier) error {
		_ = audit.Append(ctx, q, entry(a, "inside"))
		return errors.New("refused")
	})
	cancel()
	if err := audit.Refused(ctx, d.DB, entry(a, "by_itself")); err != nil {
		t.Fatal(err)
	}
	if count(t, d, "by_itself") != 1 || count(t, d, "inside") != 0 {
		t.Errorf("%d by itself, %d inside what was rolled back", count(t, d, "by_itself"), count(t, d, "inside"))
	}
	if pgtest.Value[bool](t, d, `SELECT allowed FROM audit_entry WHERE code = 'by_itself'`) {
		t.Error("a refusal says that it was allowed")
	}
}

// as runs a statement as the service in the name of the actor and returns the rows it reached.
func as(t *testing.T, d *pgtest.DB, a policy.Actor, sql string, args ...any) (int64, error) {
	t.Helper()
	var n int64
	err := d.DB.InTx(t.Context(), a, func(q pg.Querier) error {
		tag, err := q.Exec(t.Context(), sql, args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func TestTheLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	a := somebody(policy.CaseManager)
	if err := audit.Refused(t.Context(), d.DB, entry(a, "kept")); err != nil {
		t.Fatal(err)
	}
	statements := []string{`UPDATE audit_entry SET allowed = true`, `DELETE FROM audit_entry`, `TRUNCATE audit_entry`, `DROP TABLE audit_entry`, `ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY`}
	for _, actor := range []policy.Actor{a, somebody(policy.Auditor), policy.TheSystem()} {
		for _, sql := range statements {
			_, err := as(t, d, actor, sql)
			var pge *pgconn.PgError
			if !errors.As(err, &pge) || pge.Code != "42501" {
				t.Errorf("%s as %s: %v", sql, actor.Kind, err)
			}
		}
	}
	d.Exec(t, `GRANT UPDATE, DELETE ON audit_entry TO tahweel_app; CREATE POLICY loose ON audit_entry USING (true)`)
	if n, err := as(t, d, a, statements[0]); err != nil || n != 1 {
		t.Errorf("with the right an edit reaches %d rows, %v: the control shows nothing", n, err)
	}
}

func TestOnlyAuditorsReadAndNobodyWritesInAnothersName(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	a := somebody(policy.CaseManager)
	if err := audit.Refused(t.Context(), d.DB, entry(a, "read")); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[policy.Role]int64{policy.Auditor: 1, policy.DataProtectionOfficer: 1, policy.CaseManager: 0, policy.Administrator: 0, policy.ProviderClient: 0} {
		if n, err := as(t, d, somebody(role), `SELECT id FROM audit_entry`); err != nil || n != want {
			t.Errorf("%s reads %d entries, %v", role, n, err)
		}
	}
	forged := entry(somebody(policy.CaseManager), "forged")
	err := d.DB.InTx(t.Context(), a, func(q pg.Querier) error { return audit.Append(t.Context(), q, forged) })
	if err == nil || count(t, d, "forged") != 0 {
		t.Errorf("an entry in another's name: %v", err)
	}
}

// TestALogThatRefusesIsAnAccident: it is not told to the caller as if it were theirs.
func TestALogThatRefusesIsAnAccident(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	a := somebody(policy.CaseManager)
	d.Exec(t, `REVOKE INSERT ON audit_entry FROM tahweel_app`)
	inTx := d.DB.InTx(t.Context(), a, func(q pg.Querier) error { return audit.Append(t.Context(), q, entry(a, "x")) })
	for _, err := range []error{inTx, audit.Refused(t.Context(), d.DB, entry(a, "x"))} {
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("it fails with %v", err)
		}
	}
	plain := d.DB.InTx(t.Context(), a, func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `INSERT INTO audit_entry (id) VALUES (@id)`, pgx.StrictNamedArgs{"id": uuid.New()})
		return err
	})
	if fault.KindOf(plain) != fault.Forbidden {
		t.Errorf("without the distinction it would be %v: the control shows nothing", plain)
	}
}
