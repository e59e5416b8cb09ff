package identity

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"tahweel/internal/fault"
)

const (
	maxTokenBytes = 8 << 10
	clockSkew     = 60 * time.Second // by which another server's clock may be ahead of ours
)

// The faults of Verify. Neither says what was wrong: only the log hears that, as a constant sentence without a word of the token.
var (
	ErrInvalidToken = fault.New(fault.Unauthenticated, "invalid_token",
		"The access token is not valid. Ask for a new one.", "رمز الدخول غير صالح. اطلب رمزًا جديدًا.")
	ErrExpiredToken = fault.New(fault.Unauthenticated, "token_expired",
		"The access token has expired. Ask for a new one.", "انتهت صلاحية رمز الدخول. اطلب رمزًا جديدًا.")
)

// Verify returns what the token says if this issuer signed it for this audience and it is good now; otherwise it fails with
// fault.Unauthenticated, code token_expired or invalid_token. Beyond the signature it holds the token to RFC 9068 and to what
// Issue makes: a header of typ, alg and kid alone (so no extension that we would not honour), one audience, a known form
// of every claim, a life of at most maxLifetime. Expiry is exact; an iat may be 60 s ahead.
func (i *Issuer) Verify(token string) (Claims, error) {
	if len(token) > maxTokenBytes {
		return Claims{}, invalid("longer than 8 kB")
	}
	if strings.ContainsAny(token, "\r\n") { // the decoder of base64 would pass over them, and one token have many spellings
		return Claims{}, invalid("a line break in the token")
	}
	raw := jwt.MapClaims{}
	if _, err := i.parser.ParseWithClaims(token, raw, i.keyOf); err != nil {
		if errors.Is(err, jwt.ErrTokenExpired) {
			return Claims{}, ErrExpiredToken
		}
		return Claims{}, invalid(reasonOf(err))
	}
	return i.read(raw)
}

func invalid(reason string) error { return ErrInvalidToken.Because(errors.New(reason)) }

var (
	errHeader     = errors.New("the header is not typ, alg and kid alone")
	errUnknownKey = errors.New("the key is not known")
)

// keyOf chooses the key before the signature is looked at, and so also refuses a header that is not ours.
func (i *Issuer) keyOf(token *jwt.Token) (any, error) {
	kid, isText := token.Header["kid"].(string)
	if token.Header["typ"] != tokenType || !isText || len(token.Header) != 3 {
		return nil, errHeader
	}
	key, ok := i.keys.current().public[kid]
	if !ok {
		return nil, errUnknownKey
	}
	return key, nil
}

// reasonOf gives the log a constant sentence: the library's own errors may repeat parts of the token.
func reasonOf(err error) string {
	for _, known := range []error{
		errHeader, errUnknownKey, jwt.ErrTokenMalformed, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenUnverifiable,
		jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenNotValidYet,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "the token does not pass"
}

// read takes the claims apart. It looks at names exactly as written, and refuses a claim of another type than Issue writes.
func (i *Issuer) read(raw jwt.MapClaims) (Claims, error) {
	subject, _ := raw["sub"].(string)
	account, err := uuid.Parse(subject)
	if err != nil || account == uuid.Nil || account.String() != subject {
		return Claims{}, invalid("sub is not an account")
	}
	if audience, ok := raw["aud"].(string); !ok || audience != i.audience {
		return Claims{}, invalid("aud is not one string")
	}
	if _, bound := raw["cnf"]; bound {
		return Claims{}, invalid("the token is bound to a key, and no proof of it is looked at") // RFC 7800, RFC 9449
	}
	c := Claims{Subject: account}
	if c.ClientID, _ = raw["client_id"].(string); c.ClientID == "" {
		return Claims{}, invalid("client_id is missing")
	}
	if c.ID, _ = raw["jti"].(string); c.ID == "" {
		return Claims{}, invalid("jti is missing")
	}
	if c.Scopes, err = readScopes(raw); err != nil {
		return Claims{}, err
	}
	if c.OwnSession, err = readSession(raw); err != nil {
		return Claims{}, err
	}
	return i.readTimes(c, raw)
}

func readScopes(raw jwt.MapClaims) ([]string, error) {
	scope, ok := raw["scope"].(string)
	if !ok {
		return nil, invalid("scope is not one string")
	}
	if scope == "" {
		return nil, nil
	}
	scopes := strings.Split(scope, " ")
	for _, s := range scopes {
		if !isScope(s) {
			return nil, invalid("scope is not a list of words")
		}
	}
	return scopes, nil
}

func readSession(raw jwt.MapClaims) (bool, error) {
	session, present := raw["session"]
	if present && session != personSession {
		return false, invalid("session is not known")
	}
	return present, nil
}

func (i *Issuer) readTimes(c Claims, raw jwt.MapClaims) (Claims, error) {
	issued, ok1 := seconds(raw["iat"])
	expires, ok2 := seconds(raw["exp"])
	if !ok1 || !ok2 {
		return Claims{}, invalid("iat or exp is not a whole number of seconds")
	}
	c.IssuedAt, c.ExpiresAt = time.Unix(issued, 0).UTC(), time.Unix(expires, 0).UTC()
	now := i.clock()
	switch {
	case c.IssuedAt.After(now.Add(clockSkew)):
		return Claims{}, invalid("iat is in the future")
	case c.ExpiresAt.Sub(c.IssuedAt) > i.maxLifetime || !c.ExpiresAt.After(c.IssuedAt):
		return Claims{}, invalid("the lifetime is not allowed")
	case !now.Before(c.ExpiresAt):
		return Claims{}, ErrExpiredToken
	}
	return c, nil
}

// seconds reads a NumericDate that is a whole number, of a year that a clock can show; the bound keeps arithmetic exact.
func seconds(claim any) (int64, bool) {
	f, ok := claim.(float64)
	if !ok || f != math.Trunc(f) || f < 0 || f > 1<<40 {
		return 0, false
	}
	return int64(f), true
}
