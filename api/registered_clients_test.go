package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"tahweel/internal/identity"
	"tahweel/policy"
)

// staff makes a person with the role and returns a token in a session of their own, and the account.
func (w *world) staff(t *testing.T, m policy.Membership) (token string, account uuid.UUID) {
	t.Helper()
	token = w.account(t, w.accounts, w.issuer, policy.Person, m)
	claims, err := w.issuer.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	return token, claims.Subject
}

func newJWK(t *testing.T, algorithm string) (identity.PrivateKey, JWK) {
	t.Helper()
	private, err := identity.NewPrivateKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := private.Public().JWK()
	if err != nil {
		t.Fatal(err)
	}
	return private, jwk
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (a answered) into(t *testing.T, v any) {
	t.Helper()
	if a.StatusCode >= 300 {
		t.Fatalf("answered %d: %s", a.StatusCode, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatal(err)
	}
}

// invited makes an invitation in somebody's name and returns its code.
func (w *world) invited(t *testing.T, token, body string) string {
	t.Helper()
	var in Invitation
	w.as(t, token, "POST", "/v1/invitations", body).into(t, &in)
	return in.Code
}

func (w *world) registered(t *testing.T, code string, keys ...JWK) answered {
	t.Helper()
	return w.do(t, "POST", "/oauth/register", inJSON(t, Registration{Invitation: code, ClientName: "Own system (example)", JWKS: JWKSet{Keys: keys}}), "Authorization:")
}

// tokenBy gets a token with the key.
func (w *world) tokenBy(t *testing.T, client string, key identity.PrivateKey) tokenAnswer {
	t.Helper()
	assertion, err := key.Assert(client, w.issuer.URL(), worldTime)
	if err != nil {
		t.Fatal(err)
	}
	return w.ask(t, form(assertion))
}

func ofOrganization(id uuid.UUID) string { return `{"organization_id":"` + id.String() + `"}` }

// The whole life of an organization's client: invited by its focal point, registered by itself, in use, its key rotated, revoked.
func TestTheLifeOfAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.secondServer(t)
	focal, _ := w.staff(t, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first})
	code := w.invited(t, focal, ofOrganization(w.first))
	key, jwk := newJWK(t, "EdDSA")
	var made, again Registered
	w.registered(t, code, jwk).into(t, &made)
	w.registered(t, code, jwk).into(t, &again)
	if made.ClientID != again.ClientID || made.GrantTypes[0] != grantType || made.AuthMethod != authMethod {
		t.Errorf("registered %+v, and again %+v", made, again)
	}
	_, other := newJWK(t, "ES256")
	w.registered(t, code, other).want(t, 422, "invitation_not_valid")

	a := w.tokenBy(t, made.ClientID, key)
	w.as(t, a.AccessToken, "GET", "/v1/attempts", "").want(t, 200, "")
	own := "/v1/clients/" + made.ClientID
	var c OAuthClient
	w.as(t, a.AccessToken, "GET", own, "").into(t, &c)
	if *c.OrganizationID != w.first || len(c.JWKS.Keys) != 1 || c.Version != 1 {
		t.Errorf("the client is %+v", c)
	}
	w.as(t, a.AccessToken, "POST", "/v1/invitations", ofOrganization(w.first)).want(t, 403, "role_forbids")
	w.as(t, w.provider, "GET", own, "").want(t, 404, "client_not_found") // another machine of the same organization
	w.as(t, w.manager, "GET", own, "").want(t, 404, "client_not_found")

	// The client rotates by itself: a new key, then the old one away.
	newKey, newJwk := newJWK(t, "PS256")
	kid := key.Public().ID
	w.as(t, a.AccessToken, "DELETE", own+"/keys/"+kid, "", `If-Match: "1"`).want(t, 409, "last_key")
	w.as(t, a.AccessToken, "POST", own+"/keys", inJSON(t, NewKey{Key: newJwk}), `If-Match: "1"`).want(t, 201, "")
	w.as(t, a.AccessToken, "POST", own+"/keys", inJSON(t, NewKey{Key: newJwk}), `If-Match: "2"`).want(t, 409, "key_taken")
	w.as(t, a.AccessToken, "DELETE", own+"/keys/"+kid, "", `If-Match: "1"`).want(t, 412, "version_conflict")
	w.as(t, a.AccessToken, "DELETE", own+"/keys/"+kid, "", `If-Match: "2"`).want(t, 200, "")
	w.as(t, a.AccessToken, "DELETE", own+"/keys/"+kid, "", `If-Match: "3"`).want(t, 404, "key_not_found")
	w.tokenBy(t, made.ClientID, key).refused(t, "a dropped key", 401, "invalid_client")
	b := w.tokenBy(t, made.ClientID, newKey)
	second.as(t, b.AccessToken, "GET", own, "").want(t, 200, "")

	// Revoked at one server, refused at the other on the next request, tokens and assertions.
	w.as(t, focal, "POST", own+"/revoke", "", `If-Match: "3"`).want(t, 200, "")
	for _, token := range []string{a.AccessToken, b.AccessToken} {
		second.as(t, token, "GET", own, "").want(t, 401, "client_revoked")
		w.as(t, token, "GET", own, "").want(t, 401, "client_revoked")
	}
	second.tokenBy(t, made.ClientID, newKey).refused(t, "a revoked client", 401, "invalid_client")
	w.as(t, focal, "POST", own+"/revoke", "", `If-Match: "4"`).want(t, 409, "already_revoked")
	w.as(t, focal, "POST", own+"/keys", inJSON(t, NewKey{Key: other}), `If-Match: "4"`).want(t, 409, "already_revoked")

	var h ActList
	w.as(t, focal, "GET", own+"/history", "").into(t, &h)
	var what []string
	for _, item := range h.Items {
		what = append(what, item.What)
	}
	if got := strings.Join(what, " "); got != "client_registered key_added key_dropped client_revoked" {
		t.Errorf("history: %s", got)
	}
	var list OAuthClientList
	w.as(t, focal, "GET", "/v1/clients?status=revoked", "").into(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID.String() != made.ClientID {
		t.Errorf("list: %+v", list)
	}
}

func TestAPersonsClientHasTheirRolesAndNoSessionOfTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager, account := w.staff(t, policy.Membership{Role: policy.CaseManager, DirectorateID: w.hebron})
	key, jwk := newJWK(t, "ES256")
	var made Registered
	w.registered(t, w.invited(t, manager, `{"account_id":"`+account.String()+`","scopes":["accounts.manage","directory.read"]}`), jwk).into(t, &made)
	a := w.tokenBy(t, made.ClientID, key)
	if a.Scope != "accounts.manage directory.read" {
		t.Errorf("scope %s", a.Scope)
	}
	w.as(t, a.AccessToken, "GET", "/v1/nearby?need=DIS-PHYSIO&place="+yatta, "").want(t, 200, "")
	actor, err := w.accounts.Actor(t.Context(), a.AccessToken)
	if err != nil || actor.AccountID != account || actor.OwnSession || !actor.Has(policy.CaseManager) {
		t.Errorf("the actor is %+v, %v", actor, err)
	}
	// A token that claims a session for a registered client, as a mistaken issuer might make it, has none either.
	forged, err := w.issuer.Issue(identity.Claims{Subject: account, ClientID: made.ClientID, OwnSession: true}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if actor, err := w.accounts.Actor(t.Context(), forged); err != nil || actor.OwnSession {
		t.Errorf("a claimed session counts: %+v, %v", actor, err)
	}
	if actor, err := w.accounts.Actor(t.Context(), manager); err != nil || !actor.OwnSession {
		t.Errorf("control: the person's own session: %+v, %v", actor, err)
	}
	// Whoever holds the client cannot make another one that would outlive it.
	w.as(t, a.AccessToken, "POST", "/v1/invitations", `{"account_id":"`+account.String()+`"}`).want(t, 403, "role_forbids")
	// With the account ends the client.
	if _, err := w.accounts.Revoke(t.Context(), policy.TheSystem(), account, 1, noOnce); err != nil {
		t.Fatal(err)
	}
	w.as(t, a.AccessToken, "GET", "/v1/places", "").want(t, 401, "account_revoked")
	w.tokenBy(t, made.ClientID, key).refused(t, "a revoked account", 401, "invalid_client")
}

func TestAnOrganizationThatIsNotActiveIsNotLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, jwk := newJWK(t, "ES256")
	officer, _ := w.staff(t, policy.Membership{Role: policy.AssociationsOfficer})
	var made Registered
	w.registered(t, w.invited(t, officer, ofOrganization(w.first)), jwk).into(t, &made)
	later := w.invited(t, officer, ofOrganization(w.first))
	a := w.tokenBy(t, made.ClientID, key)
	w.as(t, a.AccessToken, "GET", "/v1/attempts", "").want(t, 200, "")
	w.db.Exec(t, `UPDATE organization SET status = 'defunct' WHERE id = $1`, w.first)
	w.as(t, a.AccessToken, "GET", "/v1/attempts", "").want(t, 401, "organization_not_active")
	w.tokenBy(t, made.ClientID, key).refused(t, "an organization that is not active", 401, "invalid_client")
	_, fresh := newJWK(t, "ES256")
	w.registered(t, later, fresh).want(t, 422, "invitation_not_valid")
	w.as(t, w.other, "GET", "/v1/attempts", "").want(t, 200, "") // control: the other organization
	w.db.Exec(t, `UPDATE organization SET status = 'active' WHERE id = $1`, w.first)
	w.as(t, a.AccessToken, "GET", "/v1/attempts", "").want(t, 200, "")
}

func TestWhoMayInviteWhom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	administrator, _ := w.staff(t, policy.Membership{Role: policy.Administrator})
	officer, officerID := w.staff(t, policy.Membership{Role: policy.AssociationsOfficer})
	focal, focalID := w.staff(t, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first})
	worker, workerID := w.staff(t, policy.Membership{Role: policy.ProviderWorker, OrganizationID: w.first})
	account := func(id uuid.UUID) string { return `{"account_id":"` + id.String() + `"}` }
	for _, c := range []struct {
		name, token, body string
		status            int
		code              string
	}{
		{"administrator, an organization", administrator, ofOrganization(w.second), 201, ""},
		{"administrator, a person", administrator, account(workerID), 201, ""},
		{"administrator, nobody", administrator, account(uuid.New()), 422, "account_without_clients"},
		{"administrator, no organization", administrator, ofOrganization(uuid.New()), 422, "unknown_reference"},
		{"administrator, neither", administrator, `{}`, 422, "unprocessable"},
		{"administrator, an unknown scope", administrator, `{"organization_id":"` + w.first.String() + `","scopes":["all"]}`, 422, "unprocessable"},
		{"officer, an organization", officer, ofOrganization(w.first), 201, ""},
		{"officer, a person", officer, account(workerID), 403, "role_forbids"},
		{"officer, themselves", officer, account(officerID), 201, ""},
		{"focal point, its own", focal, ofOrganization(w.first), 201, ""},
		{"focal point, another", focal, ofOrganization(w.second), 403, "role_forbids"},
		{"focal point, a worker", focal, account(workerID), 403, "role_forbids"},
		{"focal point, themselves", focal, account(focalID), 201, ""},
		{"worker, its own", worker, ofOrganization(w.first), 403, "role_forbids"},
		{"case manager, an organization", w.manager, ofOrganization(w.first), 403, "role_forbids"},
		{"machine, its own", w.provider, ofOrganization(w.first), 403, "role_forbids"},
	} {
		if a := w.as(t, c.token, "POST", "/v1/invitations", c.body); a.StatusCode != c.status || a.problem.Code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.StatusCode, a.body, c.status, c.code)
		}
	}
	// The code is shown once, and is nowhere in the database.
	const key = "Idempotency-Key: invite-1"
	var first, again Invitation
	w.as(t, focal, "POST", "/v1/invitations", ofOrganization(w.first), key).into(t, &first)
	w.as(t, focal, "POST", "/v1/invitations", ofOrganization(w.first), key).into(t, &again)
	if first.Code == "" || again.Code != "" || again.ID != first.ID {
		t.Errorf("%+v, and again %+v", first, again)
	}
	w.db.Exec(t, `UPDATE client_invitation SET created_at = created_at - interval '15 days', expires_at = expires_at - interval '15 days'
		WHERE id = $1`, first.ID)
	_, jwk := newJWK(t, "ES256")
	w.registered(t, first.Code, jwk).want(t, 422, "invitation_not_valid")
	w.registered(t, "no such code", jwk).want(t, 422, "invitation_not_valid")
	w.registered(t, w.invited(t, focal, ofOrganization(w.first)), jwk).want(t, 201, "") // control
	narrow := w.invited(t, focal, `{"organization_id":"`+w.first.String()+`","scopes":["events.read"]}`)
	_, fresh := newJWK(t, "ES256")
	wide := Registration{Invitation: narrow, ClientName: "x", JWKS: JWKSet{Keys: []JWK{fresh}}, Scope: "events.read mou.manage"}
	w.do(t, "POST", "/oauth/register", inJSON(t, wide), "Authorization:").want(t, 422, "unprocessable", "/scope")
	wide.Scope = "events.read"
	w.do(t, "POST", "/oauth/register", inJSON(t, wide), "Authorization:").want(t, 201, "")
}

func TestWeakAndPrivateKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	focal, _ := w.staff(t, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first})
	code := w.invited(t, focal, ofOrganization(w.first))
	jwkOf := func(key any) JWK {
		t.Helper()
		b, err := (&jose.JSONWebKey{Key: key}).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var jwk JWK
		if err := json.Unmarshal(b, &jwk); err != nil {
			t.Fatal(err)
		}
		return jwk
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := jwkOf(&p256.PublicKey)
	_, edwards := newJWK(t, "EdDSA")
	for name, c := range map[string]struct {
		jwk  JWK
		code string
	}{
		"RSA of 1024 bits":    {jwkOf(&weak.PublicKey), "key_not_accepted"},
		"P-384":               {jwkOf(&p384.PublicKey), "key_not_accepted"},
		"a private P-256":     {jwkOf(p256), "private_key_sent"},
		"a private RSA":       {jwkOf(weak), "private_key_sent"},
		"a secret":            {JWK{"kty": "oct", "k": "c2VjcmV0"}, "private_key_sent"},
		"a public P-256 + d":  {JWK(having(object(good), object{"d": "AA"})), "private_key_sent"},
		"not on the curve":    {JWK(having(object(good), object{"x": good["y"]})), "key_not_accepted"},
		"for encryption":      {JWK(having(object(good), object{"use": "enc"})), "key_not_accepted"},
		"of another alg":      {JWK(having(object(good), object{"alg": "ES384"})), "key_not_accepted"},
		"for signing only":    {JWK(having(object(good), object{"key_ops": []string{"sign"}})), "key_not_accepted"},
		"Ed25519 of order 1":  {JWK(having(object(edwards), object{"x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})), "key_not_accepted"},
		"Ed25519 of order 8":  {JWK(having(object(edwards), object{"x": "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU"})), "key_not_accepted"},
		"Ed25519 too short":   {JWK(having(object(edwards), object{"x": "AQAA"})), "key_not_accepted"},
		"no type":             {JWK(having(object(good), object{"kty": left{}})), "key_not_accepted"},
		"an unknown type":     {JWK{"kty": "XYZ"}, "key_not_accepted"},
		"an empty key":        {JWK{}, "key_not_accepted"},
		"numbers where texts": {JWK{"kty": "EC", "crv": 256, "x": 1, "y": 2}, "key_not_accepted"},
	} {
		if a := w.registered(t, code, c.jwk); a.StatusCode != 422 || a.problem.Code != c.code {
			t.Errorf("%s: %d %s, want %s", name, a.StatusCode, a.body, c.code)
		}
	}
	w.registered(t, code, good, good).want(t, 422, "unprocessable", "/jwks/keys/1")
	var made Registered
	w.registered(t, code, good).into(t, &made)                                                    // control: the same code, a good key
	w.registered(t, w.invited(t, focal, ofOrganization(w.first)), good).want(t, 409, "key_taken") // and nobody else has it
	w.registered(t, w.invited(t, focal, ofOrganization(w.first)), edwards).want(t, 201, "")
	if keys := fmt.Sprint(made.JWKS.Keys[0]); !strings.Contains(keys, "ES256") {
		t.Errorf("registered %s", keys)
	}
}
