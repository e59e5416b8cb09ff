package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/identity"
)

// JWK is a public JSON Web Key (RFC 7517). Its members follow from its type; a private part refuses it.
type JWK map[string]any

// JWKSet is a list of keys.
type JWKSet struct {
	Keys []JWK `json:"keys" minItems:"1" maxItems:"8" doc:"Public keys: P-256 (ES256), Ed25519 (EdDSA), or RSA of 2048 to 8192 bits (PS256). The kid is the thumbprint of RFC 7638, whatever was sent."`
}

func (s JWKSet) domain() ([]identity.ClientKey, error) {
	keys := make([]identity.ClientKey, len(s.Keys))
	for i, k := range s.Keys {
		var err error
		if keys[i], err = identity.ParseJWK(k); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func jwksOf(keys []identity.ClientKey) (JWKSet, error) {
	set := JWKSet{Keys: make([]JWK, len(keys))}
	for i, k := range keys {
		jwk, err := k.JWK()
		if err != nil {
			return JWKSet{}, err
		}
		set.Keys[i] = jwk
	}
	return set, nil
}

// OAuthClient is software that gets tokens with a key of its own.
type OAuthClient struct {
	ID             uuid.UUID  `json:"id" format:"uuid" doc:"The client_id of OAuth."`
	Name           string     `json:"name" example:"Own system of the Model Hope Society"`
	Status         string     `json:"status" example:"active" doc:"active or revoked."`
	AccountID      uuid.UUID  `json:"account_id" format:"uuid" doc:"As which it acts."`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"Whose it is; absent for a person's."`
	Scopes         []string   `json:"scopes" doc:"What it may ask for."`
	JWKS           JWKSet     `json:"jwks"`
	Version        int        `json:"version"`
	CreatedAt      time.Time  `json:"created_at"`
	RevokedAt      *time.Time `json:"revoked_at,omitempty"`
}

// OAuthClientList is a page of clients.
type OAuthClientList struct {
	Items      []OAuthClient `json:"items"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// NewKey is a key that a client is to have besides those it has.
type NewKey struct {
	Key JWK `json:"key" doc:"A public JSON Web Key."`
}

// ActList is what was done, oldest first.
type ActList struct {
	Items []Act `json:"items"`
}

// Act is one thing that was done.
type Act struct {
	ID   uuid.UUID  `json:"id" format:"uuid"`
	At   time.Time  `json:"at"`
	By   *uuid.UUID `json:"by,omitempty" format:"uuid" doc:"The account that did it; absent for the system."`
	What string     `json:"what" example:"key_added" doc:"account_created, account_changed, account_revoked, administrator_created, membership_added, membership_ended, client_registered, key_added, key_dropped or client_revoked."`
}

func actsOf(acts []identity.Act) ActList {
	h := ActList{Items: make([]Act, len(acts))}
	for i, a := range acts {
		h.Items[i] = Act{ID: a.ID, At: utc(a.At), By: present(a.AccountID), What: a.Code}
	}
	return h
}

// present is nil for the id of nothing.
func present(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// presentTime is nil for the zero time.
func presentTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return utcPointer(&t)
}

type clientsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only clients of this organization."`
	Status       string              `query:"status" enum:"active,revoked" doc:"Only clients in this state."`
}

type clientInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the client."`
}

type newKeyInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the client."`
	Body NewKey
}

type oldKeyInput struct {
	Versioned
	ID  uuid.UUID `path:"id" format:"uuid" doc:"Of the client."`
	KID string    `path:"kid" pattern:"^[A-Za-z0-9_-]{43}$" example:"cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s" doc:"The key's kid."`
}

type revokeClientInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the client."`
	Body *Nothing
}

func (s *shell) clients(store *identity.Store) {
	register(s, operation{
		id: "list-clients", method: http.MethodGet, path: "/v1/clients", tag: "clients", scope: "accounts.manage",
		summary:     "List clients",
		description: "A client sees itself, a person their own, a focal point those of its organization, the associations officer those of every organization, an administrator all.",
		response:    OAuthClientList{Items: []OAuthClient{exampleClient}},
	}, func(ctx context.Context, in *clientsInput) (*page[OAuthClientList], error) {
		filters := []string{"clients", in.Organization.Value.String(), in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Clients(ctx, actorOf(ctx), identity.ClientFilter{
			OrganizationID: in.Organization.Value, Status: identity.Status(in.Status), After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(c identity.Client) uuid.UUID { return c.ID })
		list := OAuthClientList{Items: make([]OAuthClient, len(items))}
		for i, c := range items {
			if list.Items[i], err = clientOf(c); err != nil {
				return nil, err
			}
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "get-client", method: http.MethodGet, path: "/v1/clients/{id}", tag: "clients", scope: "accounts.manage",
		summary: "Read a client", description: "With its public keys.", response: exampleClient,
	}, func(ctx context.Context, in *clientInput) (*entity[OAuthClient], error) {
		c, err := store.Client(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		body, err := clientOf(c)
		if err != nil {
			return nil, err
		}
		return newEntity(c.Version, body, in.Conditional)
	})
	register(s, operation{
		id: "list-client-history", method: http.MethodGet, path: "/v1/clients/{id}/history", tag: "clients", scope: "accounts.manage",
		summary: "Read what was done to a client", description: "Who registered it, changed its keys or revoked it, and when.", response: exampleActs,
	}, func(ctx context.Context, in *clientInput) (*entity[ActList], error) {
		acts, err := store.ClientHistory(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(0, actsOf(acts), in.Conditional)
	})
	s.clientMoves(store)
}

// clientMoves is what changes a client: its keys, and its end.
func (s *shell) clientMoves(store *identity.Store) {
	register(s, operation{
		id: "add-client-key", method: http.MethodPost, path: "/v1/clients/{id}/keys", tag: "clients", scope: "accounts.manage", status: http.StatusCreated,
		summary: "Give a client another key",
		description: "The client itself may, its owner, the focal point of its organization and the ministry. To rotate: add the new key, sign with it, then remove the old one. " +
			"A key that anybody has already, a weak one and a private one are refused.",
		request: NewKey{Key: exampleJWK}, response: exampleClient,
	}, func(ctx context.Context, in *newKeyInput) (*entity[OAuthClient], error) {
		key, err := identity.ParseJWK(in.Body.Key)
		if err != nil {
			return nil, err
		}
		result, err := store.AddKey(ctx, actorOf(ctx), in.ID, in.version, key, in.once(ctx))
		return writtenClient(http.StatusCreated, result, err)
	})
	register(s, operation{
		id: "remove-client-key", method: http.MethodDelete, path: "/v1/clients/{id}/keys/{kid}", tag: "clients", scope: "accounts.manage", errors: []int{409},
		summary: "Take a key from a client", description: "What it signs is refused from the next request on. The last key cannot be removed.", response: exampleClient,
	}, func(ctx context.Context, in *oldKeyInput) (*entity[OAuthClient], error) {
		result, err := store.DropKey(ctx, actorOf(ctx), in.ID, in.version, in.KID)
		return writtenClient(http.StatusOK, result, err)
	})
	register(s, operation{
		id: "revoke-client", method: http.MethodPost, path: "/v1/clients/{id}/revoke", tag: "clients", scope: "accounts.manage",
		summary: "Revoke a client", description: "For good, and from the next request on: every token that it has, and every one it asks for.", response: exampleRevokedClient(),
	}, func(ctx context.Context, in *revokeClientInput) (*entity[OAuthClient], error) {
		result, err := store.RevokeClient(ctx, actorOf(ctx), in.ID, in.version, in.once(ctx))
		return writtenClient(http.StatusOK, result, err)
	})
}

func writtenClient(status int, result identity.ClientResult, err error) (*entity[OAuthClient], error) {
	if err != nil {
		return nil, err
	}
	body, err := clientOf(result.Client)
	if err != nil {
		return nil, err
	}
	return written(status, result.Version, body, result.Replayed)
}

func clientOf(c identity.Client) (OAuthClient, error) {
	jwks, err := jwksOf(c.Keys)
	return OAuthClient{
		ID: c.ID, Name: c.Name, Status: string(c.Status), AccountID: c.AccountID, OrganizationID: present(c.OrganizationID), Scopes: c.Scopes,
		JWKS: jwks, Version: c.Version, CreatedAt: utc(c.CreatedAt), RevokedAt: presentTime(c.RevokedAt),
	}, err
}

// Invitation is leave to register one client.
type Invitation struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	AccountID      *uuid.UUID `json:"account_id,omitempty" format:"uuid" doc:"Whose client it will be; or"`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"the organization whose client it will be."`
	Scopes         []string   `json:"scopes" doc:"What the client may ask for."`
	Code           string     `json:"code,omitempty" example:"3ZKJ4VZ2N6QX7ABCDEFGHIJKLM" doc:"Send it to whom it is for, by a way of your own. It is shown this once: a repeated request does not show it again."`
	CreatedAt      time.Time  `json:"created_at"`
	ExpiresAt      time.Time  `json:"expires_at"`
}

// NewInvitation is what an invitation is made of.
type NewInvitation struct {
	AccountID      *uuid.UUID `json:"account_id,omitempty" format:"uuid" doc:"A person, or a system of the ministry; or"`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"an organization. One of both."`
	Scopes         []string   `json:"scopes,omitempty" maxItems:"20" doc:"All that such a client may have, unless it says less."`
	ExpiresIn      int        `json:"expires_in,omitempty" minimum:"60" maximum:"1209600" doc:"Seconds; 14 days unless it says less."`
}

type newInvitationInput struct {
	Keyed
	Body NewInvitation
}

func (s *shell) invitations(store *identity.Store) {
	register(s, operation{
		id: "create-invitation", method: http.MethodPost, path: "/v1/invitations", tag: "clients", scope: "accounts.manage", status: http.StatusCreated,
		summary: "Invite a client",
		description: "Makes a code with which one client can be registered at /oauth/register. An administrator invites anybody's, the associations officer an organization's, " +
			"a focal point that of its own organization, and a person who has signed in in person their own. No machine invites another.",
		request: NewInvitation{OrganizationID: &exampleOrganizationID}, response: exampleInvitation,
	}, func(ctx context.Context, in *newInvitationInput) (*entity[Invitation], error) {
		made, err := store.Invite(ctx, actorOf(ctx), identity.NewInvitation{
			AccountID: say(in.Body.AccountID), OrganizationID: say(in.Body.OrganizationID), Scopes: in.Body.Scopes,
			Lifetime: time.Duration(in.Body.ExpiresIn) * time.Second,
		}, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusCreated, 1, Invitation{
			ID: made.ID, AccountID: present(made.AccountID), OrganizationID: present(made.OrganizationID), Scopes: made.Scopes, Code: made.Code,
			CreatedAt: utc(made.CreatedAt), ExpiresAt: utc(made.ExpiresAt),
		}, made.Replayed)
	})
}

// Registration is a client's own (RFC 7591), with the invitation that lets it in.
type Registration struct {
	Invitation string   `json:"invitation" minLength:"1" maxLength:"100" doc:"The code."`
	ClientName string   `json:"client_name" minLength:"1" maxLength:"200" example:"Own system of the Model Hope Society"`
	JWKS       JWKSet   `json:"jwks"`
	Scope      string   `json:"scope,omitempty" maxLength:"500" doc:"Words with single spaces between them; all of the invitation's, unless it says less."`
	GrantTypes []string `json:"grant_types,omitempty" maxItems:"1" enum:"client_credentials"`
	AuthMethod string   `json:"token_endpoint_auth_method,omitempty" enum:"private_key_jwt"`
}

// Registered is what came of a registration (RFC 7591, section 3.2.1).
type Registered struct {
	ClientID         string   `json:"client_id" example:"0198c0de-7777-7000-8000-000000000001"`
	ClientIDIssuedAt int64    `json:"client_id_issued_at" doc:"Seconds since 1970."`
	ClientName       string   `json:"client_name"`
	JWKS             JWKSet   `json:"jwks"`
	Scope            string   `json:"scope"`
	GrantTypes       []string `json:"grant_types"`
	AuthMethod       string   `json:"token_endpoint_auth_method"`
}

type registrationInput struct{ Body Registration }

type registeredOutput struct{ Body Registered }

func (s *shell) registration(store *identity.Store) {
	register(s, operation{
		id: "register-client", method: http.MethodPost, path: "/oauth/register", tag: "clients", status: http.StatusCreated, errors: []int{409, 422},
		summary: "Register a client",
		description: "Takes an invitation's code, a name and public keys, and gives a client_id (RFC 7591). Needs no token. The code is good once; the same registration " +
			"again, because its answer was lost, gives the same client. Refusals are problems, as everywhere under this address but /oauth/token.",
		request:  Registration{Invitation: "3ZKJ4VZ2N6QX7ABCDEFGHIJKLM", ClientName: exampleClient.Name, JWKS: JWKSet{Keys: []JWK{exampleJWK}}},
		response: exampleRegistered,
	}, func(ctx context.Context, in *registrationInput) (*registeredOutput, error) {
		keys, err := in.Body.JWKS.domain()
		if err != nil {
			return nil, err
		}
		r := identity.Registration{Code: in.Body.Invitation, Name: in.Body.ClientName, Keys: keys}
		if in.Body.Scope != "" {
			r.Scopes = strings.Split(in.Body.Scope, " ")
		}
		c, err := store.Register(ctx, r)
		if err != nil {
			return nil, err
		}
		jwks, err := jwksOf(c.Keys)
		return &registeredOutput{Body: Registered{
			ClientID: c.ID.String(), ClientIDIssuedAt: c.CreatedAt.Unix(), ClientName: c.Name, JWKS: jwks, Scope: strings.Join(c.Scopes, " "),
			GrantTypes: []string{grantType}, AuthMethod: authMethod,
		}}, err
	})
}

var (
	exampleClientID  = uuid.MustParse("0198c0de-7777-7000-8000-000000000001")
	exampleAccountID = uuid.MustParse("0198c0de-8888-7000-8000-000000000001")
	exampleJWK       = JWK{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
		"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
	}
	exampleClient = OAuthClient{
		ID: exampleClientID, Name: "Own system of the Model Hope Society (example)", Status: "active", AccountID: exampleAccountID,
		OrganizationID: &exampleOrganizationID, Scopes: []string{"directory.read", "events.read", "referrals.read", "referrals.write"},
		JWKS: JWKSet{Keys: []JWK{exampleJWK}}, Version: 1, CreatedAt: exampleTime,
	}
	exampleActs       = ActList{Items: []Act{{ID: uuid.MustParse("0198c0de-9999-7000-8000-000000000001"), At: exampleTime, What: "client_registered"}}}
	exampleInvitation = Invitation{
		ID: uuid.MustParse("0198c0de-aaaa-7000-8000-000000000001"), OrganizationID: &exampleOrganizationID, Scopes: exampleClient.Scopes,
		Code: "3ZKJ4VZ2N6QX7ABCDEFGHIJKLM", CreatedAt: exampleTime, ExpiresAt: exampleTime.Add(identity.InvitationLifetime),
	}
	exampleRegistered = Registered{
		ClientID: exampleClientID.String(), ClientIDIssuedAt: exampleTime.Unix(), ClientName: exampleClient.Name, JWKS: exampleClient.JWKS,
		Scope: strings.Join(exampleClient.Scopes, " "), GrantTypes: []string{grantType}, AuthMethod: authMethod,
	}
)

func exampleRevokedClient() OAuthClient {
	c := exampleClient
	c.Status, c.Version, c.RevokedAt = "revoked", 2, &exampleTime
	return c
}
