package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// house is a fresh database with two organizations, two directorates and a store over it.
type house struct {
	*pgtest.DB
	store *Store
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := pgtest.New(t)
	for id, name := range map[uuid.UUID]string{organizationA: "A", organizationB: "B"} {
		db.Exec(t, `
			INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at)
			VALUES ($1, 'association', 'جمعية مختلقة', $2, now(), now())`, id, "Invented Association "+name)
	}
	for id, code := range map[uuid.UUID]string{hebron: "hebron", gaza: "gaza"} {
		db.Exec(t, `
			INSERT INTO directorate (id, code, name_ar, name_en, created_at)
			VALUES ($1, $2, 'مديرية مختلقة', 'Invented directorate', now())`, id, code)
	}
	keys, _ := openKeys(t)
	issuer := issuerOf(keys)
	store := NewStore(db.DB, issuer, testClock).Admitting(issuer, "console", "x", "tahweel-admin")
	return house{DB: db, store: store}
}

var errMayNotManage = policy.RoleForbids(policy.Manage, policy.ClassAccount)

func privateKey(t testing.TB, algorithm string) PrivateKey {
	t.Helper()
	k, err := NewPrivateKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func publicKey(t testing.TB) ClientKey { return privateKey(t, "ES256").Public() }

func (h house) create(t *testing.T, a Account, memberships ...Membership) {
	t.Helper()
	if err := h.store.CreateAccount(t.Context(), policy.TheSystem(), a, memberships); err != nil {
		t.Fatal(err)
	}
}

func (h house) token(t *testing.T, c Claims) string {
	t.Helper()
	token, err := h.store.issuer.Issue(c, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTheActorIsWhatTheTablesSayNow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := person(1, organizationA)
	during := func(from, to time.Duration) Membership {
		m := as(policy.CaseManager, uuid.Nil, hebron)
		m.ValidFrom = testNow.Add(from)
		if to != 0 {
			m.ValidTo = testNow.Add(to)
		}
		return m
	}
	ended, future, current := during(-2*time.Hour, -time.Hour), during(time.Hour, 0), during(-time.Hour, time.Hour)
	ended.Role, future.Role = policy.Supervisor, policy.DirectorateHead
	endsNow := during(-time.Hour, 0)
	endsNow.Role, endsNow.ValidTo = policy.IntakeOfficer, testNow
	worker := as(policy.ProviderWorker, organizationA, uuid.Nil)
	h.create(t, a, ended, future, current, endsNow, worker)

	got, err := h.store.Actor(t.Context(), h.token(t, Claims{Subject: a.ID, ClientID: "console", Scopes: []string{"events.read"}, OwnSession: true}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []policy.Membership{current.Membership, worker.Membership}; !slices.Equal(got.Memberships, want) {
		t.Errorf("memberships %+v, want %+v", got.Memberships, want)
	}
	if got.AccountID != a.ID || got.Kind != policy.Person || !got.OwnSession || !slices.Equal(got.Scopes, []string{"events.read"}) {
		t.Errorf("actor %+v", got)
	}
	// Control: the memberships that count are a choice among five.
	var rows int
	err = h.DB.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		return q.QueryRow(t.Context(), `SELECT count(*) FROM membership WHERE account_id = $1`, a.ID).Scan(&rows)
	})
	if err != nil || rows != 5 {
		t.Errorf("%d memberships stored, %v; want 5", rows, err)
	}
}

func TestAnAccountWithoutMembershipsIsAnActorWithoutRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := person(1, uuid.Nil)
	h.create(t, a)
	got, err := h.store.Actor(t.Context(), h.token(t, Claims{Subject: a.ID, ClientID: "console"}))
	if err != nil || len(got.Memberships) != 0 || got.AccountID != a.ID || got.OwnSession {
		t.Errorf("actor %+v, %v", got, err)
	}
}

func TestAMachineHasNoSessionOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	machine, human := person(1, organizationA), person(2, organizationA)
	machine.Kind = policy.Client
	h.create(t, machine, as(policy.ProviderClient, organizationA, uuid.Nil))
	h.create(t, human, as(policy.ProviderWorker, organizationA, uuid.Nil))
	for _, a := range []Account{machine, human} {
		got, err := h.store.Actor(t.Context(), h.token(t, Claims{Subject: a.ID, ClientID: "x", OwnSession: true}))
		if err != nil || got.OwnSession != (a.Kind == policy.Person) {
			t.Errorf("%s: own session %v, %v", a.Kind, got.OwnSession, err)
		}
	}
}

func TestAnUnknownAccountIsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.store.Actor(t.Context(), h.token(t, Claims{Subject: person(9, uuid.Nil).ID, ClientID: "console"}))
	if !errors.Is(err, ErrInvalidToken) {
		t.Errorf("%v, want invalid_token", err)
	}
	if _, err := h.store.Actor(t.Context(), "nonsense"); !errors.Is(err, ErrInvalidToken) {
		t.Errorf("nonsense: %v, want invalid_token", err)
	}
}

// rememberingStore is the control: it asks the tables once per token.
type rememberingStore struct {
	*Store
	seen map[string]policy.Actor
}

func (r rememberingStore) Actor(ctx context.Context, token string) (policy.Actor, error) {
	if actor, ok := r.seen[token]; ok {
		return actor, nil
	}
	actor, err := r.Store.Actor(ctx, token)
	if err == nil {
		r.seen[token] = actor
	}
	return actor, err
}

func TestRevocationActsOnTheNextRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	remembering := rememberingStore{h.store, map[string]policy.Actor{}}
	for n := range byte(20) {
		a := person(n+1, uuid.Nil)
		h.create(t, a, as(policy.CaseManager, uuid.Nil, hebron))
		token := h.token(t, Claims{Subject: a.ID, ClientID: "console"})
		if _, err := h.store.Actor(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if _, err := remembering.Actor(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.Revoke(t.Context(), policy.TheSystem(), a.ID, 1, pg.Once{}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.Actor(t.Context(), token); !errors.Is(err, ErrRevoked) || fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("after revocation: %v, want ErrRevoked", err)
		}
		if _, err := remembering.Actor(t.Context(), token); err != nil {
			t.Error("the control noticed: this test proves nothing")
		}
	}
}

func TestRevokeSaysWhyNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := person(1, uuid.Nil)
	h.create(t, a)
	system := policy.TheSystem()
	manager := policy.Actor{Kind: policy.Person, AccountID: a.ID, Memberships: []policy.Membership{{Role: policy.CaseManager, DirectorateID: hebron}}}
	for _, try := range []struct {
		name    string
		actor   policy.Actor
		id      uuid.UUID
		version int
		want    error
	}{
		{"by a case manager", manager, a.ID, 1, errMayNotManage},
		{"an unknown one", system, person(9, uuid.Nil).ID, 1, errNoAccount},
		{"at another version", system, a.ID, 2, errMoved},
		{"rightly", system, a.ID, 1, nil},
		{"again", system, a.ID, 2, errAlreadyRevoked},
	} {
		if _, err := h.store.Revoke(t.Context(), try.actor, try.id, try.version, pg.Once{}); !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", try.name, err, try.want)
		}
	}
	got, err := h.store.Account(t.Context(), system, a.ID)
	if err != nil || got.Status != Revoked || got.Version != 2 || !got.RevokedAt.Equal(testNow) {
		t.Errorf("account %+v, %v", got, err)
	}
}

func TestCreateAccountKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := person(1, organizationA)
	a.JobTitleAR, a.JobTitleEN, a.WorkTelephone, a.WorkEmail = "أخصائية", "Therapist", "+970599000001", "someone@association.example"
	h.create(t, a, as(policy.ProviderWorker, organizationA, uuid.Nil))
	a.Status, a.Version, a.CreatedAt = Active, 1, testNow
	view, err := h.store.Account(t.Context(), policy.TheSystem(), a.ID)
	got := view.Account
	got.CreatedAt = got.CreatedAt.UTC()
	if err != nil || got != a || len(view.Memberships) != 1 || view.Memberships[0].Role != policy.ProviderWorker {
		t.Errorf("got  %+v, %v\nwant %+v", view, err, a)
	}
}

func TestCreateAccountRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	system := policy.TheSystem()
	administrator := policy.Actor{Kind: policy.Person, AccountID: person(8, uuid.Nil).ID, Memberships: []policy.Membership{{Role: policy.Administrator}}}
	supervisor := policy.Actor{Kind: policy.Person, AccountID: person(9, uuid.Nil).ID, Memberships: []policy.Membership{{Role: policy.Supervisor, DirectorateID: hebron}}}
	unknown := person(7, uuid.Nil).ID
	twice := as(policy.Auditor, uuid.Nil, uuid.Nil)
	for _, try := range []struct {
		name        string
		actor       policy.Actor
		account     Account
		memberships []Membership
		want        fault.Kind
	}{
		{"by a supervisor", supervisor, person(1, uuid.Nil), nil, fault.Forbidden},
		{"without a name", system, Account{ID: person(1, uuid.Nil).ID, Kind: policy.Person}, nil, fault.Refused},
		{"of an unknown organization", system, person(1, unknown), nil, fault.Refused},
		{"in an unknown directorate", system, person(1, uuid.Nil), []Membership{as(policy.CaseManager, uuid.Nil, unknown)}, fault.Refused},
		{"with one role twice", system, person(1, uuid.Nil), []Membership{twice, twice}, fault.Impossible},
	} {
		if err := h.store.CreateAccount(t.Context(), try.actor, try.account, try.memberships); fault.KindOf(err) != try.want {
			t.Errorf("%s: %v, want kind %d", try.name, err, try.want)
		}
	}
	// Controls: nothing of the refused is there, an administrator may, and an id is taken once.
	if err := h.store.CreateAccount(t.Context(), administrator, person(1, uuid.Nil), []Membership{twice}); err != nil {
		t.Errorf("by an administrator: %v", err)
	}
	if err := h.store.CreateAccount(t.Context(), administrator, person(1, uuid.Nil), nil); fault.KindOf(err) != fault.Impossible {
		t.Errorf("with a taken id: %v, want fault.Impossible", err)
	}
}

func TestCreateAdministrator(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, _, err := h.store.CreateAdministrator(t.Context(), "  ", publicKey(t), false); fault.KindOf(err) != fault.Refused {
		t.Errorf("without a name: %v, want fault.Refused", err)
	}
	const starters = 6
	var wg sync.WaitGroup
	made := make([]Account, starters)
	errs := make([]error, starters)
	for i := range starters {
		wg.Go(func() {
			made[i], _, errs[i] = h.store.CreateAdministrator(t.Context(), "Invented Administrator", publicKey(t), false)
		})
	}
	wg.Wait()
	var first Account
	for i, err := range errs {
		switch {
		case err == nil && first.ID == uuid.Nil:
			first = made[i]
		case !errors.Is(err, ErrAdministratorExists):
			t.Errorf("one of %d at once: %v", starters, err)
		}
	}
	actor, err := h.store.Actor(t.Context(), h.token(t, Claims{Subject: first.ID, ClientID: "tahweel-admin"}))
	if err != nil || !actor.Has(policy.Administrator) || len(actor.Memberships) != 1 {
		t.Errorf("the administrator: %+v, %v", actor, err)
	}
	second, _, err := h.store.CreateAdministrator(t.Context(), "Another Invented", publicKey(t), true)
	if err != nil || second.ID == first.ID {
		t.Errorf("another on request: %v", err)
	}
	for _, a := range []Account{first, second} {
		if _, err := h.store.Revoke(t.Context(), policy.TheSystem(), a.ID, 1, pg.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := h.store.CreateAdministrator(t.Context(), "Invented Successor", publicKey(t), false); err != nil {
		t.Errorf("after all were revoked: %v", err)
	}
}

// TestAdministratorsWithoutTheLock is the control of the test above: two that look before either writes both succeed.
func TestAdministratorsWithoutTheLock(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var bothLooked, wg sync.WaitGroup
	bothLooked.Add(2)
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() {
			errs[i] = h.DB.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
				var exists bool
				err := q.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM membership WHERE role = 'administrator')`).Scan(&exists)
				bothLooked.Done()
				bothLooked.Wait()
				if err != nil || exists {
					return fmt.Errorf("exists %v: %w", exists, err)
				}
				role := []Membership{as(policy.Administrator, uuid.Nil, uuid.Nil)}
				return insertAccount(t.Context(), q, person(byte(i+1), uuid.Nil), role, testNow)
			})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("the control refused one: the test above proves nothing: %v", err)
	}
}

// entries are the codes of the audit log for an account, in order.
func (h house) entries(t *testing.T, account uuid.UUID) []string {
	t.Helper()
	return column[string](t, h, pg.System{}, fmt.Sprintf(`
		SELECT code || CASE WHEN allowed THEN '' ELSE ', refused' END
		FROM audit_entry
		WHERE object_id = '%s'
		ORDER BY id`, account))
}

func TestActsOnAccountsAreOnRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, _, err := h.store.CreateAdministrator(t.Context(), "Invented Administrator", publicKey(t), false)
	if err != nil {
		t.Fatal(err)
	}
	administrator := policy.Actor{Kind: policy.Person, AccountID: first.ID, Memberships: []policy.Membership{{Role: policy.Administrator}}}
	auditor := policy.Actor{Kind: policy.Person, AccountID: first.ID, Memberships: []policy.Membership{{Role: policy.Auditor}}}
	a := person(1, uuid.Nil)
	if err := h.store.CreateAccount(t.Context(), auditor, a, nil); !errors.Is(err, errMayNotManage) {
		t.Fatal(err)
	}
	if err := h.store.CreateAccount(t.Context(), administrator, a, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Revoke(t.Context(), administrator, a.ID, 7, pg.Once{}); !errors.Is(err, errMoved) {
		t.Fatal(err)
	}
	if _, err := h.store.Revoke(t.Context(), administrator, a.ID, 1, pg.Once{}); err != nil {
		t.Fatal(err)
	}
	if got, want := h.entries(t, a.ID), []string{"role_forbids, refused", "account_created", "account_revoked"}; !slices.Equal(got, want) {
		t.Errorf("on record %q, want %q", got, want)
	}
	if got, want := h.entries(t, first.ID), []string{"administrator_created"}; !slices.Equal(got, want) {
		t.Errorf("on record %q, want %q", got, want)
	}

	// An act that cannot be put on record does not happen.
	h.Exec(t, `REVOKE INSERT ON audit_entry FROM tahweel_app`)
	b := person(2, uuid.Nil)
	if err := h.store.CreateAccount(t.Context(), administrator, b, nil); err == nil {
		t.Error("an account was created without a record")
	}
	if _, err := h.store.Account(t.Context(), policy.TheSystem(), b.ID); !errors.Is(err, errNoAccount) {
		t.Errorf("the account without a record: %v, want fault.NotFound", err)
	}
	// Control: the same insert by itself would have stood.
	err = h.DB.DB.InTx(t.Context(), administrator, func(q pg.Querier) error {
		return insertAccount(t.Context(), q, b, nil, testNow)
	})
	if err != nil {
		t.Errorf("the control failed too: %v", err)
	}
}
