package identity

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// assertionLifetime is the longest that an assertion may be good; it is remembered so long that it is taken once.
const assertionLifetime = 5 * time.Minute

// assertion is what a client says of itself when it asks for a token.
type assertion struct {
	client  uuid.UUID
	id      string // jti
	expires time.Time
}

// errAssertion is the cause of a client that is not known, for the log: a constant sentence without a word of the assertion.
func errAssertion(reason string) error { return errUnknownClient.Because(errors.New(reason)) }

// algEd25519 is the name that RFC 9864 gives to EdDSA with Ed25519, the only curve of it that is taken here.
const algEd25519 = "Ed25519"

// AssertionAlgorithms are the names that an assertion may give to its algorithm: Algorithms, one of them by two names.
var AssertionAlgorithms = append(slices.Clone(Algorithms), algEd25519)

// assertionParser knows the algorithm by both names; the library compares with that of the method, which is the old one.
var assertionParser = func() *jwt.Parser {
	jwt.RegisterSigningMethod(algEd25519, func() jwt.SigningMethod { return jwt.SigningMethodEdDSA })
	return jwt.NewParser(jwt.WithValidMethods(Algorithms), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
}()

// claimedClient reads whose assertion it says it is, before anything is verified.
func claimedClient(token string) (uuid.UUID, error) {
	if len(token) > maxTokenBytes || strings.ContainsAny(token, "\r\n") {
		return uuid.Nil, errAssertion("longer than 8 kB, or a line break in it")
	}
	claims := jwt.MapClaims{}
	if _, _, err := assertionParser.ParseUnverified(token, claims); err != nil {
		return uuid.Nil, errAssertion("not a token")
	}
	name, _ := claims["iss"].(string)
	id, err := uuid.Parse(name)
	if err != nil || id == uuid.Nil || id.String() != name {
		return uuid.Nil, errAssertion("iss is not a client")
	}
	return id, nil
}

// verifyAssertion holds the assertion to RFC 7523, section 3, and to more: signed by one of the client's keys under that key's own
// algorithm; a header of alg, typ and kid alone, so no extension that we would not honour; iss and sub the client; aud the issuer
// as one string; a jti; good for at most five minutes.
func verifyAssertion(token string, client uuid.UUID, keys []ClientKey, issuer string, now time.Time) (assertion, error) {
	claims := jwt.MapClaims{}
	_, err := assertionParser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return candidates(t.Header, keys) })
	if err != nil {
		return assertion{}, errAssertion(reasonOf(err))
	}
	if claims["iss"] != client.String() || claims["sub"] != client.String() {
		return assertion{}, errAssertion("iss and sub are not the client")
	}
	if claims["aud"] != issuer {
		return assertion{}, errAssertion("aud is not the issuer as one string")
	}
	a := assertion{client: client}
	if a.id, _ = claims["jti"].(string); a.id == "" {
		return assertion{}, errAssertion("jti is missing")
	}
	a.expires, err = assertionTimes(claims, now)
	return a, err
}

// candidates chooses the client's keys by which the signature may be good: all of the header's algorithm, or the one that it names.
func candidates(header map[string]any, keys []ClientKey) (any, error) {
	for name := range header {
		if name != "alg" && name != "typ" && name != "kid" {
			return nil, errHeader
		}
	}
	if typ, given := header["typ"]; given && !isAssertionType(typ) {
		return nil, errHeader
	}
	kid, named := header["kid"]
	algorithm := header["alg"]
	if algorithm == algEd25519 {
		algorithm = algEdDSA
	}
	var set jwt.VerificationKeySet
	for _, k := range keys {
		if k.Algorithm == algorithm && (!named || kid == k.ID) {
			set.Keys = append(set.Keys, k.public)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errUnknownKey
	}
	return set, nil
}

// isAssertionType: JWT of RFC 7519, section 5.1, or the explicit type of draft-ietf-oauth-rfc7523bis. An access token is neither.
func isAssertionType(typ any) bool {
	s, isText := typ.(string)
	return isText && slices.Contains([]string{"jwt", "client-authentication+jwt"}, strings.ToLower(s))
}

// assertionTimes: exp is near, iat and nbf are past, but for a clock that is ahead of ours by the skew.
func assertionTimes(claims jwt.MapClaims, now time.Time) (expires time.Time, err error) {
	at := func(name string) (t time.Time, given, ok bool) {
		raw, given := claims[name]
		n, ok := seconds(raw)
		return time.Unix(n, 0).UTC(), given, ok
	}
	expires, _, ok := at("exp")
	issued, hasIssued, okIssued := at("iat")
	from, hasFrom, okFrom := at("nbf")
	switch {
	case !ok || hasIssued && !okIssued || hasFrom && !okFrom:
		return time.Time{}, errAssertion("exp, iat or nbf is not a whole number of seconds")
	case !now.Before(expires):
		return time.Time{}, errAssertion("it has expired")
	case expires.After(now.Add(assertionLifetime + clockSkew)):
		return time.Time{}, errAssertion("it is good for too long")
	case hasIssued && (issued.After(now.Add(clockSkew)) || expires.Sub(issued) > assertionLifetime || !issued.Before(expires)):
		return time.Time{}, errAssertion("iat is in the future, or too long before exp")
	case hasFrom && (from.After(now.Add(clockSkew)) || !from.Before(expires)):
		return time.Time{}, errAssertion("it is not good yet")
	}
	return expires, nil
}
