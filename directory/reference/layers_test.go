package reference_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory/reference"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

func person(m policy.Membership) policy.Actor {
	return policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{m}}
}

// TestTheDatabaseAloneKeepsWhoMayWrite: with no application check at all, row-level security lets the same people write.
func TestTheDatabaseAloneKeepsWhoMayWrite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	here, there, mine, theirs := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for i, id := range []uuid.UUID{here, there} {
		db.Exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, $2, 'مديرية', 'Directorate', now())`, id, fmt.Sprint("D", i))
	}
	for _, id := range []uuid.UUID{mine, theirs} {
		db.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at) VALUES ($1, 'association', 'جمعية', 'Association', now(), now())`, id)
	}
	actors := map[string]policy.Actor{
		"administrator": person(policy.Membership{Role: policy.Administrator}), "officer": person(policy.Membership{Role: policy.AssociationsOfficer}),
		"supervisor": person(policy.Membership{Role: policy.Supervisor, DirectorateID: here}), "case manager": person(policy.Membership{Role: policy.CaseManager, DirectorateID: here}),
		"focal point": person(policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: mine}), "worker": person(policy.Membership{Role: policy.ProviderWorker, OrganizationID: mine}),
	}
	closes := func(column string, id uuid.UUID) string {
		return fmt.Sprintf(`INSERT INTO closure (id, %s, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
			VALUES (gen_random_uuid(), '%s', '2026-06-01', '2026-06-01', 'أ', 'A', now(), now())`, column, id)
	}
	for sql, may := range map[string][]string{
		`INSERT INTO calendar_day (id, kind, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
		 VALUES (gen_random_uuid(), 'holiday', '2026-06-01', '2026-06-01', 'أ', 'A', now(), now())`: {"administrator"},
		`UPDATE search_synonym SET terms = terms`:   {"administrator"},
		`UPDATE reach_zone SET name_en = name_en`:   {"administrator"},
		`UPDATE reach_link SET passable = passable`: {"administrator"},
		`UPDATE directorate SET name_en = name_en`:  {"administrator"},
		closes("directorate_id", here):              {"administrator", "supervisor"},
		closes("directorate_id", there):             {"administrator"},
		closes("organization_id", mine):             {"administrator", "officer", "focal point"},
		closes("organization_id", theirs):           {"administrator", "officer"},
	} {
		for name, actor := range actors {
			want := false
			for _, m := range may {
				want = want || m == name
			}
			if got := writes(t, db, actor, sql); got != want {
				t.Errorf("%s by %s: wrote %v", sql, name, got)
			}
		}
	}
}

// writes reports whether the actor's statement reaches a row; nothing of it stays.
func writes(t *testing.T, db *pgtest.DB, actor policy.Actor, sql string) bool {
	t.Helper()
	var rows int64
	err := db.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
		tag, err := q.Exec(t.Context(), sql, pgx.StrictNamedArgs{})
		rows = tag.RowsAffected()
		if err != nil {
			return err
		}
		return errUndo
	})
	if k := fault.KindOf(err); k == fault.Forbidden {
		return false
	}
	return rows > 0
}

var errUndo = fault.New(fault.Impossible, "undo", "undone", "undone")

// TestTheApplicationAloneKeepsWhoMayWrite: with row-level security off, the store refuses the same people.
func TestTheApplicationAloneKeepsWhoMayWrite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, table := range []string{"calendar_day", "closure", "reach_link", "rollout", "directorate", "search_synonym"} {
		db.Exec(t, `ALTER TABLE `+table+` DISABLE ROW LEVEL SECURITY`)
	}
	store := reference.NewStore(db.DB, func() time.Time { return time.Date(2026, 3, 15, 8, 0, 0, 0, time.UTC) })
	day := reference.CalendarDay{
		Kind: reference.Holiday, First: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Name: fault.Sentence{AR: "عيد", EN: "Feast"},
	}
	for name, actor := range map[string]policy.Actor{
		"an officer": person(policy.Membership{Role: policy.AssociationsOfficer}), "a case manager": person(policy.Membership{Role: policy.CaseManager, DirectorateID: uuid.New()}),
		"a provider": person(policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: uuid.New()}), "nobody": {AccountID: uuid.New(), Kind: policy.Person},
	} {
		if _, err := store.CreateCalendarDay(t.Context(), actor, day, pg.Once{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s writes a holiday: %v", name, err)
		}
		closure := reference.Closure{DirectorateID: uuid.New(), First: day.First, Last: day.Last, Name: day.Name}
		if _, err := store.CreateClosure(t.Context(), actor, closure, pg.Once{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s closes a directorate: %v", name, err)
		}
		synonym := reference.Synonym{Terms: []string{"مركز", "مراكز"}, Status: reference.Active}
		if _, err := store.CreateSynonym(t.Context(), actor, synonym, pg.Once{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s writes synonyms: %v", name, err)
		}
	}
	if _, err := store.CreateCalendarDay(t.Context(), person(policy.Membership{Role: policy.Administrator}), day, pg.Once{}); err != nil {
		t.Errorf("the administrator does not: %v", err)
	}
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM audit_entry WHERE NOT allowed`); n != 12 {
		t.Errorf("twelve refusals have %d entries", n)
	}
}

// TestACalendarIsOfTheOneConcerned: national days for all, closures for whom they are.
func TestACalendarIsOfTheOneConcerned(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	directorate := uuid.New()
	db.Exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, 'D', 'مديرية', 'Directorate', now())`, directorate)
	db.Exec(t, `INSERT INTO calendar_day (id, kind, starts_on, ends_on, name_ar, name_en, opens_at, closes_at, created_at, updated_at)
		VALUES (gen_random_uuid(), 'holiday', '2026-06-16', '2026-06-16', 'أ', 'A', NULL, NULL, now(), now()),
		       (gen_random_uuid(), 'short_hours', '2026-06-01', '2026-06-30', 'أ', 'A', '09:00', '13:30', now(), now())`)
	db.Exec(t, `INSERT INTO closure (id, directorate_id, status, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
		VALUES (gen_random_uuid(), $1, 'active', '2026-06-17', '2026-06-17', 'أ', 'A', now(), now()),
		       (gen_random_uuid(), $1, 'cancelled', '2026-06-18', '2026-06-18', 'أ', 'A', now(), now())`, directorate)
	day := func(d int) time.Time { return time.Date(2026, 6, d, 0, 0, 0, 0, time.UTC) }
	for whose, want := range map[reference.Whose][3]bool{{DirectorateID: directorate}: {false, false, true}, {OrganizationID: uuid.New()}: {false, true, true}} {
		err := db.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
			c, err := reference.CalendarOf(t.Context(), q, whose, day(1), day(30))
			for i, worked := range want {
				if c.WorkingDay(day(16+i)) != worked {
					t.Errorf("%+v: %v is worked: %v", whose, day(16+i), !worked)
				}
			}
			if _, closes, _ := c.WorkingHours(day(14)); closes.Hour() != 13 {
				t.Errorf("short hours end at %v", closes)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
