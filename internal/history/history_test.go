package history_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var morning = time.Date(2026, 3, 15, 8, 0, 0, 0, time.UTC)

// world is an invented organization with a service, and who looks at them.
type world struct {
	*pgtest.DB
	organization, service uuid.UUID
	officer, own, foreign policy.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), organization: uuid.New(), service: uuid.New()}
	other := uuid.New()
	w.officer = w.person(t, "ضابط الجمعيات", policy.Membership{Role: policy.AssociationsOfficer})
	for _, id := range []uuid.UUID{w.organization, other} {
		w.do(t, w.officer, `
			INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at)
			VALUES (@id, 'association', 'جمعية', 'Association', @now, @now)`, "id", id, "now", morning)
	}
	w.own = w.person(t, "موظفة", policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.organization})
	w.foreign = w.person(t, "غريب", policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: other})
	return w
}

func (w *world) person(t *testing.T, name string, m policy.Membership) policy.Actor {
	t.Helper()
	a := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{m}}
	w.Exec(t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', $2, 'Person', now())`, a.AccountID, name)
	return a
}

// do runs one statement in a transaction of the actor.
func (w *world) do(t *testing.T, actor policy.Actor, sql string, pairs ...any) {
	t.Helper()
	if err := w.try(t, actor, sql, pairs...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) try(t *testing.T, actor policy.Actor, sql string, pairs ...any) error {
	t.Helper()
	args := pgx.StrictNamedArgs{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			t.Fatalf("%v is no name", pairs[i])
		}
		args[name] = pairs[i+1]
	}
	return w.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), sql, args)
		return err
	})
}

func (w *world) of(t *testing.T, actor policy.Actor, entity string, id uuid.UUID, p history.Page) []history.Change {
	t.Helper()
	var changes []history.Change
	err := w.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) (err error) {
		changes, err = history.Of(t.Context(), q, entity, id.String(), p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

var all = history.Page{Limit: 100}

// written is a change in a few words: its action, then each field with its old and new value.
func written(c history.Change) string {
	words := []string{c.Action}
	for _, f := range c.Fields {
		words = append(words, f.Name+":"+string(f.Old)+">"+string(f.New))
	}
	return strings.Join(words, " ")
}

func TestAChangeIsToldWithWhatItChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	later := morning.Add(time.Hour)
	w.do(t, w.officer, `UPDATE organization SET name_en = 'Society', version = 2, updated_at = @now WHERE id = @id`, "id", w.organization, "now", later)
	got := w.of(t, w.officer, "organization", w.organization, all)
	if len(got) != 2 {
		t.Fatalf("%d changes: %v", len(got), got)
	}
	if c := got[0]; c.Action != "create" || c.Version != 1 || !c.At.Equal(morning) || c.AccountID != w.officer.AccountID || c.Actor.AR != "ضابط الجمعيات" {
		t.Errorf("the first is %+v", c)
	}
	if c := got[1]; written(c) != `change name_en:"Association">"Society"` || c.Version != 2 || !c.At.Equal(later) {
		t.Errorf("the second is %s, %+v", written(c), c)
	}
	if rest := w.of(t, w.officer, "organization", w.organization, history.Page{After: 1, Limit: 1}); len(rest) != 1 || rest[0].Version != 2 {
		t.Errorf("after the first come %v", rest)
	}
	// Who changed it stands there for the organization too, by number: the name of an officer is not the organization's to know.
	if own := w.of(t, w.own, "organization", w.organization, all); len(own) != 2 || own[0].AccountID != w.officer.AccountID || own[0].Actor != (fault.Sentence{}) {
		t.Errorf("the organization itself sees %+v", own)
	}
}

func TestRowsOfAChildTableComeUnderTheParent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, code := range []string{"TST", "TST-A", "TST-B"} {
		w.Exec(t, `INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
			VALUES (md5($1)::uuid, $1, CASE WHEN $2 > 0 THEN md5('TST')::uuid END, nullif($2, 0), '', '', '', '')`, code, i)
	}
	w.do(t, w.officer, `
		INSERT INTO service (id, organization_id, name_ar, name_en, delivery_modes, created_at, updated_at)
		VALUES (@id, @organization, 'خدمة', 'Service', '{facility}', @now, @now)`, "id", w.service, "organization", w.organization, "now", morning)
	w.do(t, w.officer, `INSERT INTO service_need (service_id, need_id) VALUES (@id, md5('TST-A')::uuid)`, "id", w.service)
	err := w.DB.DB.InTx(t.Context(), w.officer, func(q pg.Querier) error {
		for _, sql := range []string{
			`UPDATE service SET version = 2, updated_at = '2026-03-15T09:00:00Z' WHERE id = $1`,
			`DELETE FROM service_need WHERE service_id = $1`,
			`INSERT INTO service_need (service_id, need_id) VALUES ($1, md5('TST-B')::uuid)`,
		} {
			if _, err := q.Exec(t.Context(), sql, w.service); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.of(t, w.own, "service", w.service, all)
	if len(got) != 2 || got[0].Action != "create" || !strings.Contains(written(got[0]), `service_need:>[{"need_id":`) {
		t.Fatalf("%d changes, the first %s", len(got), written(got[0]))
	}
	second := written(got[1])
	if !strings.HasPrefix(second, `change service_need:[{"need_id":`) || !strings.Contains(second, `>[{"need_id":`) || !got[1].At.Equal(morning.Add(time.Hour)) {
		t.Errorf("the second is %s at %s", second, got[1].At)
	}
}

func TestAMoveIsToldByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := uuid.New()
	w.do(t, w.officer, `
		INSERT INTO accreditation (id, organization_id, transition, status, created_at, updated_at)
		VALUES (@id, @organization, 'apply', 'applied', @now, @now)`, "id", id, "organization", w.organization, "now", morning)
	w.do(t, w.officer, `UPDATE accreditation SET transition = 'reject', status = 'rejected', version = 2 WHERE id = @id`, "id", id)
	got := w.of(t, w.own, "accreditation", id, all)
	if len(got) != 2 || got[0].Action != "apply" || written(got[1]) != fmt.Sprintf(`reject moved_by_id:>%q status:"applied">"rejected"`, w.officer.AccountID) {
		t.Errorf("%v", got)
	}
}

func TestWhoSeesWhichHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place := uuid.New()
	w.do(t, w.own, `
		INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at)
		SELECT @id, @organization, p.code, p.geog, @now, @now FROM place AS p WHERE p.code = 'gn-281292'`,
		"id", place, "organization", w.organization, "now", morning)
	manager := w.person(t, "مديرة حالة", policy.Membership{Role: policy.CaseManager, DirectorateID: uuid.New()})
	for _, c := range []struct {
		who                  string
		actor                policy.Actor
		organization, secret int
	}{
		{"an officer", w.officer, 1, 0},
		{"a case manager", manager, 1, 0},
		{"the organization", w.own, 1, 1},
		{"another organization", w.foreign, 0, 0},
		{"nobody", policy.Actor{Kind: policy.Person}, 0, 0},
		{"the system", policy.TheSystem(), 1, 1},
	} {
		if n := len(w.of(t, c.actor, "organization", w.organization, all)); n != c.organization {
			t.Errorf("%s sees %d changes of the organization", c.who, n)
		}
		if n := len(w.of(t, c.actor, "confidential_location", place, all)); n != c.secret {
			t.Errorf("%s sees %d changes of the confidential place", c.who, n)
		}
	}
	own := w.of(t, w.own, "confidential_location", place, all)
	if !strings.Contains(written(own[0]), `"type": "Point"`) {
		t.Errorf("the place's own organization reads %s", written(own[0]))
	}
}

// TestAnOfferDoesNotTellWhichPlace: the id of a confidential place is in no history but its own.
func TestAnOfferDoesNotTellWhichPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	place, offer := uuid.New(), uuid.New()
	w.Exec(t, `INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at)
		SELECT $1, $2, p.code, p.geog, now(), now() FROM place AS p WHERE p.code = 'gn-281292'`, place, w.organization)
	w.Exec(t, `INSERT INTO service (id, organization_id, name_ar, name_en, delivery_modes, created_at, updated_at)
		VALUES ($1, $2, 'خدمة', 'Service', '{facility}', now(), now())`, w.service, w.organization)
	w.Exec(t, `INSERT INTO service_at_location (id, service_id, confidential_location_id, created_at, updated_at)
		VALUES ($1, $2, $3, now(), now())`, offer, w.service, place)
	got := w.of(t, w.officer, "service_at_location", offer, all)
	if len(got) != 1 || strings.Contains(written(got[0]), place.String()) {
		t.Errorf("%v", got)
	}
	if n := pgtest.Value[int](t, w.DB, `SELECT count(*) FROM history WHERE changed::text LIKE '%' || $1 || '%'`, place); n != 0 {
		t.Errorf("%d entries tell of the place", n)
	}
}

func TestHistoryIsNotRewritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, actor := range []policy.Actor{w.officer, w.own, policy.TheSystem()} {
		for _, sql := range []string{
			`UPDATE history SET account_id = NULL`, `DELETE FROM history`, `TRUNCATE history`,
			`INSERT INTO history (entity, entity_id, version, at, action, changed, confidential) VALUES ('organization', 'x', 1, now(), 'create', '{}', false)`,
			`SELECT tahweel_history_write('INSERT', 'organization', 'organization', 'id', 'id', '', false, NULL, '{"id":"x"}')`,
		} {
			if err := w.try(t, actor, sql); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s as %s: %v", sql, actor.Kind, err)
			}
		}
	}
	// Even the owner of the table, who has every right on it by default, finds no row to change.
	before := pgtest.Value[int](t, w.DB, `SELECT count(*) FROM history WHERE account_id IS NOT NULL`) // the others are what stood there before
	w.Exec(t, `SET ROLE tahweel_owner; UPDATE history SET account_id = NULL; DELETE FROM history`)
	if after := pgtest.Value[int](t, w.DB, `SELECT count(*) FROM history WHERE account_id IS NOT NULL`); before == 0 || after != before {
		t.Errorf("of %d entries %d are as they were", before, after)
	}
}

// TestTheTriggerCannotBeForgotten is the control of the whole: without the trigger a change is told by nobody.
func TestTheTriggerCannotBeForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, `ALTER TABLE organization DISABLE TRIGGER organization_history`)
	w.do(t, w.officer, `UPDATE organization SET name_en = 'Society', version = 2 WHERE id = @id`, "id", w.organization)
	if got := w.of(t, w.officer, "organization", w.organization, all); len(got) != 1 {
		t.Errorf("%d changes without the trigger", len(got))
	}
	if err := w.try(t, w.officer, `ALTER TABLE organization DISABLE TRIGGER organization_history`); err == nil || errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("the service may take the trigger away: %v", err)
	}
}
