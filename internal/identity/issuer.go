package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// tokenType is the typ of an access token (RFC 9068, section 2.1); it keeps other tokens of ours from passing for one.
const tokenType = "at+jwt"

// personSession is the value of the claim "session" in a token that a named person got by signing in in person.
const personSession = "person"

// Claims are what an access token says. Issue reads the first four; Verify fills all.
type Claims struct {
	Subject    uuid.UUID // the account
	ClientID   string    // the software that asked for the token
	Scopes     []string
	OwnSession bool // a named person signed in in person; never true for a machine

	ID        string // jti
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Issuer signs access tokens (RFC 9068) and verifies those it signed. It is safe for concurrent use.
type Issuer struct {
	keys        *Keys
	url         string
	audience    string
	clock       func() time.Time
	maxLifetime time.Duration
	parser      *jwt.Parser
}

// NewIssuer returns the issuer of the installation at the URL, for one audience. No token that lives longer than maxLifetime is
// issued or accepted, whoever signed it.
func NewIssuer(keys *Keys, issuerURL, audience string, clock func() time.Time, maxLifetime time.Duration) *Issuer {
	return &Issuer{
		keys: keys, url: issuerURL, audience: audience, clock: clock, maxLifetime: maxLifetime,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}),
			jwt.WithStrictDecoding(),
			jwt.WithExpirationRequired(),
			jwt.WithIssuer(issuerURL),
			jwt.WithAudience(audience),
			jwt.WithTimeFunc(clock),
		),
	}
}

// URL is the issuer's: what a client puts into the audience of its assertions.
func (i *Issuer) URL() string { return i.url }

// Audience is the resource that the tokens are for.
func (i *Issuer) Audience() string { return i.audience }

// Keys are the public keys by which anybody may verify its tokens.
func (i *Issuer) Keys() ([]PublicKey, error) { return i.keys.Public() }

// Issue returns a signed token for the claims, good from now, in whole seconds, for the lifetime. It fails if Verify would not
// accept the result: without an account or a client, with a scope that is not a word of RFC 6749, or for a lifetime that is
// not positive or exceeds the issuer's. These are mistakes of the program, not faults.
func (i *Issuer) Issue(c Claims, lifetime time.Duration) (string, error) {
	if c.Subject == uuid.Nil || c.ClientID == "" {
		return "", errors.New("identity: a token needs an account and a client")
	}
	if lifetime < time.Second || lifetime > i.maxLifetime {
		return "", fmt.Errorf("identity: a token lives from 1s to %s, not %s", i.maxLifetime, lifetime)
	}
	if n := slices.IndexFunc(c.Scopes, func(s string) bool { return !isScope(s) }); n >= 0 {
		return "", fmt.Errorf("identity: scope %d is not a word", n)
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("identity: token id: %w", err)
	}
	now := i.clock().Unix()
	claims := jwt.MapClaims{
		"iss": i.url, "aud": i.audience, "sub": c.Subject.String(), "client_id": c.ClientID, "jti": id.String(),
		"iat": now, "exp": now + int64(lifetime/time.Second), "scope": strings.Join(c.Scopes, " "),
	}
	if c.OwnSession {
		claims["session"] = personSession
	}
	key := i.keys.current().active
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["kid"] = tokenType, key.id
	signed, err := token.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("identity: sign a token: %w", err)
	}
	return signed, nil
}

// isScope reports whether s is a scope-token of RFC 6749, section 3.3.
func isScope(s string) bool {
	for _, r := range []byte(s) {
		if r < 0x21 || r > 0x7e || r == '"' || r == '\\' {
			return false
		}
	}
	return s != ""
}
