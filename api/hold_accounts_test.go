package api

import (
	"context"
	"maps"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/identity"
	"tahweel/policy"
)

// accountScenes are those of accounts and clients. What they change is made for them, or an actor of the other scenes would be gone.
func (w *world) accountScenes(t *testing.T) map[string]scene {
	t.Helper()
	account := func() map[string]string { return map[string]string{"id": w.somebody(t).ID.String()} }
	client := func() map[string]string { return map[string]string{"id": w.someClient(t, 1).ID.String()} }
	newKeyBody := func() any {
		_, jwk := newJWK(t, "ES256")
		return map[string]any{"key": map[string]any(jwk)}
	}
	return map[string]scene{
		"create-account": {actor: "administrator", body: sameBody(map[string]any{
			"name": map[string]any{"ar": "حساب مثال", "en": "Example account"}, "work_email": "somebody@example.org",
		})},
		"change-account":    {actor: "administrator", values: account},
		"revoke-account":    {actor: "administrator", values: account},
		"create-membership": {actor: "administrator", values: account, body: sameBody(map[string]any{"role": "auditor", "valid_to": "2030-01-01T00:00:00Z"})},
		"end-membership": {actor: "administrator", values: func() map[string]string {
			a := w.somebody(t, identity.Membership{Membership: policy.Membership{Role: policy.Auditor}})
			return map[string]string{"id": a.Memberships[0].ID.String()}
		}},
		"create-invitation":   {actor: "administrator", body: sameBody(map[string]any{"organization_id": w.first.String(), "expires_in": float64(3600)})},
		"get-client":          {actor: "administrator", values: client},
		"list-client-history": {actor: "administrator", values: client},
		"add-client-key": {actor: "administrator", values: client, body: newKeyBody, without: map[string]string{
			"another payload": "a key has no part that another good key could differ in alone",
		}},
		"revoke-client": {actor: "administrator", values: client},
		"remove-client-key": {actor: "administrator", values: func() map[string]string {
			c := w.someClient(t, 2)
			return map[string]string{"id": c.ID.String(), "kid": c.Keys[0].ID}
		}},
		"create-token": {without: map[string]string{
			"problem":                 "its refusals have the form of RFC 6749, section 5.2",
			"unknown query parameter": "a parameter in the address is refused in that form too",
		}},
	}
}

// sameBody gives a body that need not be new each time.
func sameBody(body map[string]any) func() any { return func() any { return maps.Clone(body) } }

// somebody makes a person who is nobody else's business.
func (w *world) somebody(t *testing.T, memberships ...identity.Membership) identity.AccountView {
	t.Helper()
	a := identity.Account{Kind: policy.Person, NameAR: "حساب مثال", NameEN: "Example account"}
	view, err := w.accounts.OpenAccount(context.Background(), policy.TheSystem(), a, memberships, noOnce)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// someClient makes a client with so many keys.
func (w *world) someClient(t *testing.T, keys int) identity.Client {
	t.Helper()
	n := identity.NewClient{AccountID: uuid.Nil, OrganizationID: w.first, Name: "Example client"}
	for range keys {
		private, _ := newJWK(t, "ES256")
		n.Keys = append(n.Keys, private.Public())
	}
	c, err := w.accounts.RegisterClient(context.Background(), policy.TheSystem(), n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
