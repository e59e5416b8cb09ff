package reference_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory/reference"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// sheltering is an organization with a closure of what it offers at a confidential place, and one of what it offers in public.
type sheltering struct {
	db             *pgtest.DB
	store          *reference.Store
	hidden, public uuid.UUID
	actors         map[string]policy.Actor
}

func newSheltering(t *testing.T) sheltering {
	t.Helper()
	s := sheltering{db: pgtest.New(t), hidden: uuid.New(), public: uuid.New()}
	s.store = reference.NewStore(s.db.DB, time.Now)
	own, other, service, shelter, secret, open := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for _, id := range []uuid.UUID{own, other} {
		s.db.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at) VALUES ($1, 'association', 'جمعية', 'Association', now(), now())`, id)
	}
	s.db.Exec(t, `INSERT INTO service (id, organization_id, name_ar, name_en, delivery_modes, created_at, updated_at) VALUES ($1, $2, 'إيواء', 'Shelter', '{facility,remote}', now(), now())`, service, own)
	s.db.Exec(t, `INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at) SELECT $1, $2, code, geog, now(), now() FROM place WHERE code = 'gn-281292'`, shelter, own)
	s.db.Exec(t, `INSERT INTO service_at_location (id, service_id, confidential_location_id, created_at, updated_at) VALUES ($1, $2, $3, now(), now())`, secret, service, shelter)
	s.db.Exec(t, `INSERT INTO service_at_location (id, service_id, created_at, updated_at) VALUES ($1, $2, now(), now())`, open, service)
	for closure, offer := range map[uuid.UUID]uuid.UUID{s.hidden: secret, s.public: open} {
		s.db.Exec(t, `INSERT INTO closure (id, organization_id, service_at_location_id, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
			VALUES ($1, $2, $3, '2026-06-01', '2026-06-01', 'صيانة', 'Works', now(), now())`, closure, own, offer)
	}
	s.actors = map[string]policy.Actor{
		"its focal point": person(policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: own}), "its worker": person(policy.Membership{Role: policy.ProviderWorker, OrganizationID: own}),
		"a case manager": person(policy.Membership{Role: policy.CaseManager, DirectorateID: uuid.New()}), "the officer": person(policy.Membership{Role: policy.AssociationsOfficer}),
		"another's focal point": person(policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: other}),
		"another's machine":     {AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: other}}},
		"nobody":                {AccountID: uuid.New(), Kind: policy.Person},
	}
	return s
}

// knows are those who may know of what is offered at the shelter.
var knows = []string{"its focal point", "its worker", "a case manager", "the officer"}

// wrong are the actors who see the closure of what is hidden and may not, or the other way round.
func (s sheltering) wrong(sees func(policy.Actor, uuid.UUID) bool) (names []string) {
	for name, actor := range s.actors {
		if sees(actor, s.hidden) != slices.Contains(knows, name) || !sees(actor, s.public) {
			names = append(names, name)
		}
	}
	return names
}

// ways are the ways of the store to a closure.
func (s sheltering) ways(t *testing.T) map[string]func(policy.Actor, uuid.UUID) bool {
	ctx := t.Context()
	listed := func(actor policy.Actor, f reference.ClosureFilter, id uuid.UUID) bool {
		f.Limit = 10
		list, err := s.store.Closures(ctx, actor, f)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(c reference.Closure) bool { return c.ID == id })
	}
	found := func(err error) bool {
		if err != nil && fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		return err == nil
	}
	return map[string]func(policy.Actor, uuid.UUID) bool{
		"the list": func(a policy.Actor, id uuid.UUID) bool { return listed(a, reference.ClosureFilter{}, id) },
		"itself": func(a policy.Actor, id uuid.UUID) bool {
			_, err := s.store.Closure(ctx, a, id)
			return found(err)
		},
		"its history": func(a policy.Actor, id uuid.UUID) bool {
			_, err := s.store.ClosureHistory(ctx, a, id, history.Page{Limit: 10})
			return found(err)
		},
	}
}

// pastTheStore counts in the actor's name and asks the store for nothing.
func (s sheltering) pastTheStore(t *testing.T) func(policy.Actor, uuid.UUID) bool {
	return func(a policy.Actor, id uuid.UUID) (seen bool) {
		err := s.db.DB.InTx(t.Context(), a, func(q pg.Querier) error {
			return q.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM closure WHERE id = @id)`, pgx.StrictNamedArgs{"id": id}).Scan(&seen)
		})
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
}

// TestAClosureAtAConfidentialPlaceIsForWhoKnowsOfIt holds both layers to it, then each alone; without either it must notice.
func TestAClosureAtAConfidentialPlaceIsForWhoKnowsOfIt(t *testing.T) {
	t.Parallel()
	s := newSheltering(t)
	for way, sees := range s.ways(t) {
		if names := s.wrong(sees); len(names) > 0 {
			t.Errorf("%s: wrong for %v", way, names)
		}
	}
	if names := s.wrong(s.pastTheStore(t)); len(names) > 0 {
		t.Errorf("row-level security alone: wrong for %v", names)
	}
	for _, table := range []string{"closure", "service_at_location", "history"} {
		s.db.Exec(t, `ALTER TABLE `+table+` DISABLE ROW LEVEL SECURITY`)
	}
	for way, sees := range s.ways(t) {
		if names := s.wrong(sees); len(names) > 0 {
			t.Errorf("%s by the store alone: wrong for %v", way, names)
		}
	}
	if len(s.wrong(s.pastTheStore(t))) != len(s.actors)-len(knows) {
		t.Error("without either layer the test notices nothing")
	}
}

// TestAClosureCountsForWhoComputes: what computes with closures does so in the system's name, and sees all of them.
func TestAClosureCountsForWhoComputes(t *testing.T) {
	t.Parallel()
	s := newSheltering(t)
	if !s.pastTheStore(t)(policy.TheSystem(), s.hidden) {
		t.Error("the system does not see what is closed")
	}
}
