package identity

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// crowd is one account for each way of standing to the others.
func crowd(t *testing.T, h house) map[string]policy.Actor {
	t.Helper()
	actors := map[string]policy.Actor{"system": policy.TheSystem()}
	number := byte(0)
	add := func(name string, organization uuid.UUID, memberships ...Membership) {
		number++
		a := person(number, organization)
		h.create(t, a, memberships...)
		actor := policy.Actor{AccountID: a.ID, Kind: a.Kind}
		for _, m := range memberships {
			actor.Memberships = append(actor.Memberships, m.Membership)
		}
		actors[name] = actor
	}
	add("worker of A", organizationA, as(policy.ProviderWorker, organizationA, uuid.Nil))
	add("focal point of A", organizationA, as(policy.ProviderFocalPoint, organizationA, uuid.Nil))
	add("worker of B", organizationB, as(policy.ProviderWorker, organizationB, uuid.Nil))
	add("formerly of B", organizationB)
	add("case manager", uuid.Nil, as(policy.CaseManager, uuid.Nil, hebron))
	add("supervisor", uuid.Nil, as(policy.Supervisor, uuid.Nil, gaza))
	add("ministry system", uuid.Nil, as(policy.MinistryClient, uuid.Nil, hebron))
	add("auditor", uuid.Nil, as(policy.Auditor, uuid.Nil, uuid.Nil))
	add("administrator", uuid.Nil, as(policy.Administrator, uuid.Nil, uuid.Nil))
	return actors
}

func column[T any](t *testing.T, h house, actor pg.Actor, sql string) []T {
	t.Helper()
	var values []T
	err := h.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
		rows, err := q.Query(t.Context(), sql)
		if err != nil {
			return err
		}
		values, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// TestEachLayerShowsTheSameAccounts compares, for every actor and account, the policies of the database alone with the
// application's predicate alone.
func TestEachLayerShowsTheSameAccounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	all := column[uuid.UUID](t, h, pg.System{}, `SELECT id FROM account`)
	hidden := 0
	for name, actor := range actors {
		byDatabase := column[uuid.UUID](t, h, actor, `SELECT id FROM account`)
		for _, id := range all {
			a, err := h.store.Account(t.Context(), policy.TheSystem(), id)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(byDatabase, id) != sees(actor, a.Account) {
				t.Errorf("%s and account %d: the database shows it %v, the application %v", name, id[15], slices.Contains(byDatabase, id), sees(actor, a.Account))
			}
			if !sees(actor, a.Account) {
				hidden++
			}
			if _, err := h.store.Account(t.Context(), actor, id); (err == nil) != sees(actor, a.Account) {
				t.Errorf("%s and account %d: Account says %v", name, id[15], err)
			}
		}
	}
	if hidden == 0 {
		t.Error("nothing was hidden from anybody: this test proves nothing")
	}

	// Control: with row-level security off the database shows a stranger everything.
	h.Exec(t, `ALTER TABLE account DISABLE ROW LEVEL SECURITY`)
	if seen := column[uuid.UUID](t, h, actors["worker of B"], `SELECT id FROM account`); len(seen) != len(all) {
		t.Errorf("the control shows %d of %d: this test proves nothing", len(seen), len(all))
	}
	// And then the application alone still does not.
	if _, err := h.store.Account(t.Context(), actors["worker of B"], actors["worker of A"].AccountID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the application alone: %v, want fault.NotFound", err)
	}
}

func TestWhoSeesWhichMemberships(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	for name, want := range map[string]int{
		"system": 8, "administrator": 8, "case manager": 8, "ministry system": 8, "worker of A": 2, "worker of B": 1, "formerly of B": 0,
	} {
		if got := len(column[uuid.UUID](t, h, actors[name], `SELECT id FROM membership`)); got != want {
			t.Errorf("%s sees %d memberships, want %d", name, got, want)
		}
	}
	h.Exec(t, `ALTER TABLE membership DISABLE ROW LEVEL SECURITY`)
	if got := len(column[uuid.UUID](t, h, actors["formerly of B"], `SELECT id FROM membership`)); got != 8 {
		t.Errorf("the control shows %d: this test proves nothing", got)
	}
}

// TestTheDatabaseLetsOnlyAdministratorsWrite goes past the store: the SQL of each write, in the name of each actor.
func TestTheDatabaseLetsOnlyAdministratorsWrite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	number := byte(100)
	for name, actor := range actors {
		may := name == "system" || name == "administrator"
		number++
		err := h.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
			return insertAccount(t.Context(), q, person(number, organizationB), nil, testNow)
		})
		if (err == nil) != may || (!may && fault.KindOf(err) != fault.Forbidden) {
			t.Errorf("%s inserts an account: %v", name, err)
		}
		err = h.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), `
				INSERT INTO membership (id, account_id, role, valid_from)
				VALUES ($1, $2, 'data_protection_officer', now())`, uuid.New(), actors["auditor"].AccountID)
			return err
		})
		if may != (err == nil || fault.KindOf(err) == fault.Impossible) || (!may && fault.KindOf(err) != fault.Forbidden) {
			t.Errorf("%s inserts a membership: %v", name, err)
		}
		changed := column[int64](t, h, actor, `
			WITH changed AS (UPDATE account SET name_en = name_en RETURNING id)
			SELECT count(*) FROM changed`)
		if (changed[0] > 0) != may && !(name == "focal point of A" && changed[0] == 1) { // a worker of its own
			t.Errorf("%s changes %d accounts", name, changed[0])
		}
		changed = column[int64](t, h, actor, `
			WITH changed AS (UPDATE membership SET valid_to = NULL RETURNING id)
			SELECT count(*) FROM changed`)
		if (changed[0] > 0) != may && !(name == "focal point of A" && changed[0] == 1) {
			t.Errorf("%s changes %d memberships", name, changed[0])
		}
		err = h.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), `DELETE FROM membership`)
			return err
		})
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s deletes memberships: %v, want fault.Forbidden", name, err)
		}
	}
}

// TestTheDatabaseHoldsRolesToTheirDomains compares Validate with the constraints for every role in every kind of domain.
func TestTheDatabaseHoldsRolesToTheirDomains(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	roles := column[string](t, h, pg.System{}, `
		SELECT (regexp_matches(pg_get_constraintdef(oid), '''(\w+)''', 'g'))[1]
		FROM pg_constraint
		WHERE conname = 'membership_role_known'`)
	described, err := policy.Describe()
	if err != nil || len(roles) != len(described) {
		t.Errorf("the database knows %d roles, the program %d (%v)", len(roles), len(described), err)
	}
	a := person(1, organizationA)
	h.create(t, a)
	refused := 0
	for _, role := range append(roles, "king") {
		for _, organization := range []uuid.UUID{uuid.Nil, organizationA} {
			for _, directorate := range []uuid.UUID{uuid.Nil, hebron} {
				m := as(policy.Role(role), organization, directorate)
				byProgram := a.Validate([]Membership{m})
				byDatabase := h.DB.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
					_, err := q.Exec(t.Context(), `
						INSERT INTO membership (id, account_id, role, organization_id, directorate_id, valid_from)
						VALUES ($1, $2, $3, $4, $5, now())`, uuid.New(), a.ID, role, orNull(organization), orNull(directorate))
					return err
				})
				if (byProgram == nil) != (byDatabase == nil) {
					t.Errorf("%s, organization %v, directorate %v: the program says %v, the database %v",
						role, organization != uuid.Nil, directorate != uuid.Nil, byProgram, byDatabase)
				}
				if byDatabase != nil {
					refused++
				}
			}
		}
	}
	if want := 4*15 - 15; refused != want { // one right domain for each role, two for the ministry's system, none for a king
		t.Errorf("%d combinations refused, want %d", refused, want)
	}
}

func TestTheDatabaseTiesRevocationToItsTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := person(1, uuid.Nil)
	h.create(t, a)
	for _, try := range []struct {
		sql     string
		allowed bool
	}{
		{`UPDATE account SET status = 'revoked'`, false},
		{`UPDATE account SET revoked_at = now()`, false},
		{`UPDATE account SET status = 'asleep'`, false},
		{`UPDATE account SET kind = 'system'`, false},
		{`UPDATE account SET name_ar = ''`, false},
		{`UPDATE account SET name_ar = 'اسم مختلق', name_en = 'A Name'`, true},
		{`UPDATE account SET status = 'revoked', revoked_at = now()`, true},
	} {
		err := h.DB.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), try.sql)
			return err
		})
		if (err == nil) != try.allowed {
			t.Errorf("%s: %v", try.sql, err)
		}
	}
}
