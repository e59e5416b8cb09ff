package identity

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// clientele is a client of organization A, one of B and one of the case manager.
func clientele(t *testing.T, h house, actors map[string]policy.Actor) map[string]Client {
	t.Helper()
	clients := map[string]Client{}
	for name, n := range map[string]NewClient{
		"of A": {OrganizationID: organizationA}, "of B": {OrganizationID: organizationB}, "of the case manager": {AccountID: actors["case manager"].AccountID},
	} {
		n.Name, n.Keys = "Invented client", []ClientKey{publicKey(t), publicKey(t)}
		c, err := h.store.RegisterClient(t.Context(), policy.TheSystem(), n)
		if err != nil {
			t.Fatal(err)
		}
		clients[name] = c
	}
	own := clients["of A"]
	actors["the client of A"] = policy.Actor{AccountID: own.AccountID, Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: organizationA}}}
	officer := person(90, uuid.Nil)
	role := as(policy.AssociationsOfficer, uuid.Nil, uuid.Nil)
	h.create(t, officer, role)
	actors["officer"] = policy.Actor{AccountID: officer.ID, Kind: policy.Person, Memberships: []policy.Membership{role.Membership}}
	return clients
}

// attempt runs the SQL in the actor's name and reports how many rows it changed, or that it was refused.
func attempt(t *testing.T, h house, actor policy.Actor, sql string, args ...any) (rows int64, err error) {
	t.Helper()
	err = h.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
		tag, err := q.Exec(t.Context(), sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// TestEachLayerGuardsClients compares, for every actor and client, the policies of the database alone with the application's
// predicates alone: who sees a client and its keys, and who changes them.
func TestEachLayerGuardsClients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	clients := clientele(t, h, actors)
	hidden, fixed := 0, 0
	for name, actor := range actors {
		seen := column[uuid.UUID](t, h, actor, `SELECT id FROM client`)
		keys := column[uuid.UUID](t, h, actor, `SELECT client_id FROM client_key`)
		listed, err := h.store.Clients(t.Context(), actor, ClientFilter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for which, c := range clients {
			sees, manages := seesClient(actor, c), managesClient(actor, c)
			inList := slices.ContainsFunc(listed, func(l Client) bool { return l.ID == c.ID })
			if slices.Contains(seen, c.ID) != sees || slices.Contains(keys, c.ID) != sees || inList != sees {
				t.Errorf("%s and the client %s: shown %v, its keys %v, listed %v, the application %v", name, which,
					slices.Contains(seen, c.ID), slices.Contains(keys, c.ID), inList, sees)
			}
			changed, err := attempt(t, h, actor, `UPDATE client SET version = version WHERE id = $1`, c.ID)
			if (err == nil && changed == 1) != manages {
				t.Errorf("%s changes the client %s: %d, %v; the application: %v", name, which, changed, err, manages)
			}
			dropped, err := attempt(t, h, actor, `DELETE FROM client_key WHERE client_id = $1 AND kid = 'none' OR client_id = $1 AND false`, c.ID)
			if dropped != 0 || err != nil {
				t.Errorf("%s drops %d keys, %v", name, dropped, err)
			}
			_, err = attempt(t, h, actor, `INSERT INTO client_key (client_id, kid, alg, public_key, created_at) VALUES ($1, $2, 'ES256', '', now())`, c.ID, uuid.NewString())
			if (err == nil) != manages || !manages && fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s adds a key to the client %s: %v; the application: %v", name, which, err, manages)
			}
			if !sees {
				hidden++
			}
			if !manages {
				fixed++
			}
		}
		_, err = attempt(t, h, actor, `INSERT INTO client (id, account_id, name, scopes, created_at) VALUES ($1, $2, 'x', '{a}', now())`, uuid.New(), actors["auditor"].AccountID)
		if (err == nil) != (name == "system") {
			t.Errorf("%s inserts a client: %v", name, err)
		}
		if taken := column[uuid.UUID](t, h, actor, `SELECT client_id FROM client_assertion`); len(taken) != 0 {
			t.Errorf("%s sees assertions", name)
		}
		_, err = attempt(t, h, actor, `INSERT INTO client_assertion (client_id, jti_hash, expires_at) VALUES ($1, $2, now())`, clients["of A"].ID, []byte(name))
		if (err == nil) != (name == "system") {
			t.Errorf("%s inserts an assertion: %v", name, err)
		}
		h.Exec(t, `DELETE FROM client_assertion`)
		h.Exec(t, `DELETE FROM client WHERE name = 'x'`)
		h.Exec(t, `DELETE FROM client_key WHERE public_key = ''`)
	}
	if hidden == 0 || fixed <= hidden {
		t.Errorf("%d hidden and %d fixed: this test proves little", hidden, fixed)
	}
	// Control: with row-level security off the database shows a stranger everything; the application alone still does not.
	stranger := actors["worker of B"]
	h.Exec(t, `ALTER TABLE client DISABLE ROW LEVEL SECURITY`)
	if seen := column[uuid.UUID](t, h, stranger, `SELECT id FROM client`); len(seen) != len(clients) {
		t.Errorf("the control shows %d of %d: this test proves nothing", len(seen), len(clients))
	}
	if listed, err := h.store.Clients(t.Context(), stranger, ClientFilter{Limit: 100}); err != nil || len(listed) != 0 {
		t.Errorf("the application alone lists %d, %v", len(listed), err)
	}
	if _, err := h.store.RevokeClient(t.Context(), stranger, clients["of A"].ID, 1, pg.Once{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the application alone: %v, want fault.NotFound", err)
	}
}

// Nobody widens what a client may ask for, whoever they are: the database has no right for it.
func TestTheScopesOfAClientStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	clients := clientele(t, h, actors)
	for name, actor := range actors {
		if _, err := attempt(t, h, actor, `UPDATE client SET scopes = '{mou.manage}' WHERE id = $1`, clients["of A"].ID); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v, want fault.Forbidden", name, err)
		}
	}
}

// TestWhoInvitesByTheDatabaseAlone: the policy on invitations says what mayInvite says.
func TestWhoInvitesByTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	actors := crowd(t, h)
	clientele(t, h, actors)
	inPerson := actors["case manager"]
	inPerson.OwnSession = true
	actors["case manager in person"] = inPerson
	for name, actor := range actors {
		targets := map[string]NewInvitation{"A": {OrganizationID: organizationA}, "B": {OrganizationID: organizationB}, "auditor": {AccountID: actors["auditor"].AccountID}}
		if actor.Kind != policy.System {
			targets["themselves"] = NewInvitation{AccountID: actor.AccountID}
		}
		for which, n := range targets {
			_, err := attempt(t, h, actor, `
				INSERT INTO client_invitation (id, code_hash, account_id, organization_id, scopes, invited_by, created_at, expires_at)
				VALUES ($1, $2, $3, $4, '{a}', $5, now(), now() + interval '1 day')`,
				uuid.New(), []byte(uuid.NewString()), orNull(n.AccountID), orNull(n.OrganizationID), orNull(actor.AccountID))
			if (err == nil) != mayInvite(actor, n) || err != nil && fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s invites %s: %v; the application: %v", name, which, err, mayInvite(actor, n))
			}
		}
	}
}

// The longest invitation is no longer than the longest may be, on a clock that does not stand still.
func TestTheLongestInvitation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := testClock()
	ticking := NewStore(h.DB.DB, nil, func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	})
	made, err := ticking.Invite(t.Context(), policy.TheSystem(), NewInvitation{OrganizationID: organizationA}, pg.Once{})
	if err != nil || made.ExpiresAt.Sub(made.CreatedAt) != InvitationLifetime {
		t.Errorf("an invitation of %v: %v", made.ExpiresAt.Sub(made.CreatedAt), err)
	}
}
