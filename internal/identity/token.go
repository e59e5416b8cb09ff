package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AccessTokenLifetime is how long a token is good that a client gets.
const AccessTokenLifetime = 10 * time.Minute

// Request is what a client sends to get a token (RFC 6749, section 4.4; RFC 7523, section 2.2). Empty means not sent.
type Request struct {
	Assertion string
	ClientID  string // must be the assertion's, if it is sent
	Scope     string // words with single spaces between them; all that the client may have, if it is not sent
	Resource  string // must be the audience, if it is sent (RFC 8707)
}

// Grant is the token that a client gets.
type Grant struct {
	AccessToken string
	ExpiresIn   time.Duration
	Scopes      []string
}

// The faults of Token; their codes are those of RFC 6749, section 5.2, and RFC 8707, section 2. None says what was wrong with an
// assertion, or whether there is such a client: only the log hears that.
var (
	errUnknownClient = fault.New(fault.Unauthenticated, "invalid_client",
		"The client could not be authenticated.", "تعذّر التحقق من هوية النظام.")
	errScopes = fault.New(fault.Invalid, "invalid_scope",
		"The client may not have this scope, or it is not a list of words.", "لا يحق للنظام طلب هذا النطاق، أو أنه ليس قائمة كلمات.")
	errResource = fault.New(fault.Invalid, "invalid_target",
		"There is no such resource here.", "لا يوجد مورد كهذا هنا.")
)

// Token gives a client an access token for its assertion, which is taken once on all servers of the installation. The token carries
// the client's account and the scopes that were asked for, and never says that a person has signed in. It fails with
// fault.Unauthenticated (invalid_client) for an assertion that does not pass, a client, account or organization that may not come
// in, and with fault.Invalid (invalid_scope, invalid_target) for what the client may not ask for.
func (s *Store) Token(ctx context.Context, r Request) (Grant, error) {
	id, err := claimedClient(r.Assertion)
	if err != nil {
		return Grant{}, err
	}
	if r.ClientID != "" && r.ClientID != id.String() {
		return Grant{}, errAssertion("client_id is not the assertion's")
	}
	var c Client
	err = s.db.InTx(ctx, pg.System{}, func(q pg.Querier) (err error) {
		c, err = s.authenticate(ctx, q, id, r.Assertion)
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	if r.Resource != "" && r.Resource != s.issuer.Audience() {
		return Grant{}, errResource
	}
	scopes, err := narrowed(c.Scopes, r.Scope)
	if err != nil {
		return Grant{}, err
	}
	lifetime := min(AccessTokenLifetime, s.issuer.maxLifetime)
	token, err := s.issuer.Issue(Claims{Subject: c.AccountID, ClientID: c.ID.String(), Scopes: scopes}, lifetime)
	return Grant{AccessToken: token, ExpiresIn: lifetime, Scopes: scopes}, err
}

// authenticate returns the client whose assertion it is, and takes the assertion.
func (s *Store) authenticate(ctx context.Context, q pg.Querier, id uuid.UUID, token string) (Client, error) {
	c, err := readClient(ctx, q, id)
	if errors.Is(err, errNoClient) {
		return Client{}, errAssertion("there is no such client")
	}
	if err != nil {
		return Client{}, err
	}
	now := s.tokenClock()
	a, err := verifyAssertion(token, id, c.Keys, s.issuer.URL(), now)
	if err != nil {
		return Client{}, err
	}
	if err := mayComeIn(ctx, q, c); err != nil {
		return Client{}, err
	}
	first, err := takeAssertion(ctx, q, a, now)
	if err != nil {
		return Client{}, err
	}
	if !first {
		return Client{}, errAssertion("it was taken before")
	}
	return c, nil
}

func mayComeIn(ctx context.Context, q pg.Querier, c Client) error {
	if c.Status != Active {
		return errAssertion("the client is revoked")
	}
	at, err := readStanding(ctx, q, c.AccountID)
	switch {
	case err != nil:
		return fmt.Errorf("read a client's account: %w", err)
	case at.AccountStatus != Active:
		return errAssertion("the account is revoked")
	case at.Barred:
		return errAssertion("the organization is not active")
	}
	return nil
}

// narrowed are the scopes that were asked for, if the client may have all of them.
func narrowed(all []string, asked string) ([]string, error) {
	if asked == "" {
		return all, nil
	}
	var scopes []string
	for word := range strings.SplitSeq(asked, " ") {
		if !slices.Contains(all, word) {
			return nil, errScopes
		}
		if !slices.Contains(scopes, word) {
			scopes = append(scopes, word)
		}
	}
	return scopes, nil
}

// guest is software that is not registered and may nevertheless have tokens of an issuer: the demonstration's, and tests'.
type guest struct {
	issuer    *Issuer
	clientIDs []string
}

// Admitting returns a store that also takes tokens of the issuer for software that nobody registered, by the names of it. The
// service admits none.
func (s *Store) Admitting(issuer *Issuer, clientIDs ...string) *Store {
	other := *s
	other.guests = append(slices.Clone(s.guests), guest{issuer: issuer, clientIDs: clientIDs})
	return &other
}

// verify returns what the token says, and the id of its client, or uuid.Nil for a guest's.
func (s *Store) verify(token string) (Claims, uuid.UUID, error) {
	claims, err := s.issuer.Verify(token)
	if err == nil {
		if id, parseErr := uuid.Parse(claims.ClientID); parseErr == nil && id != uuid.Nil {
			return claims, id, nil
		}
		err = invalid("client_id is not a client")
	}
	for _, g := range s.guests {
		claims, guestErr := g.issuer.Verify(token)
		if guestErr == nil && slices.Contains(g.clientIDs, claims.ClientID) {
			return claims, uuid.Nil, nil
		}
		if errors.Is(guestErr, ErrExpiredToken) {
			err = guestErr
		}
	}
	return Claims{}, uuid.Nil, err
}

// tokenClock is the issuer's: tokens keep the time of the wall whatever the clock of the domain shows.
func (s *Store) tokenClock() time.Time { return s.issuer.clock() }

// Issuer is what signs the tokens; nil for a store that has none.
func (s *Store) Issuer() *Issuer { return s.issuer }

// refusal says why the holder of a token may not come in, or nil.
func (h held) refusal(registered bool) error {
	switch {
	case registered && h.ClientStatus == nil:
		return invalid("the client is not this account's")
	case registered && *h.ClientStatus != string(Active):
		return ErrClientRevoked
	case h.Status != string(Active):
		return ErrRevoked
	case h.Barred:
		return ErrOrganizationBarred
	}
	return nil
}

// actorOf joins what the token says and what the tables say. A registered client holds no session of a person's own: its key may
// lie on a server.
func actorOf(claims Claims, registered bool, found []held) (policy.Actor, error) {
	account := found[0]
	if err := account.refusal(registered); err != nil {
		return policy.Actor{}, err
	}
	actor := policy.Actor{
		AccountID:  claims.Subject,
		Kind:       policy.Kind(account.Kind),
		Scopes:     claims.Scopes,
		OwnSession: claims.OwnSession && !registered && account.Kind == string(policy.Person),
	}
	for _, h := range found {
		if h.Role != nil {
			actor.Memberships = append(actor.Memberships, policy.Membership{
				Role: policy.Role(*h.Role), OrganizationID: orNil(h.OrganizationID), DirectorateID: orNil(h.DirectorateID),
			})
		}
	}
	return actor, nil
}
