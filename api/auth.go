package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// Authenticator turns an access token into the actor it stands for, with memberships as they are now. It fails with
// fault.Unauthenticated for a token that is unknown, expired, revoked or not meant for this API.
type Authenticator interface {
	Actor(ctx context.Context, token string) (policy.Actor, error)
}

// authenticate puts the actor of the bearer token (RFC 6750, header only) into the exchange, or answers 401. Scopes are looked at
// later, after validation (policy.md, "Order of checks on a write").
func (s *shell) authenticate(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if op.scope == "" {
			next(ctx)
			return
		}
		r, w := humago.Unwrap(ctx)
		x := exchangeOf(r.Context())
		token, err := bearer(r.Header.Values("Authorization"))
		if err == nil {
			x.actor, err = s.identity.Actor(r.Context(), token)
		}
		if err != nil {
			writeProblem(w, x, err)
			return
		}
		x.actor.RequestID = x.id
		next(ctx)
	}
}

// bearer takes the token out of the one Authorization header. The scheme's name is case-insensitive (RFC 9110, section 11.1).
func bearer(headers []string) (string, error) {
	if len(headers) != 1 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t") {
		return "", errNoToken
	}
	return token, nil
}

// challenge is the WWW-Authenticate header of a 401; an error is named only if a token was sent (RFC 6750, section 3.1). It says where
// a client can find out how to get one (RFC 9728, section 5.1).
func challenge(f *fault.Error, x *exchange) string {
	parts := `Bearer realm="tahweel"`
	if f.Code != errNoToken.Code {
		parts += `, error="invalid_token"`
	}
	return parts + x.whereToAsk()
}

// whereToAsk is the parameter of a challenge that names the resource's metadata.
func (x *exchange) whereToAsk() string {
	if x.metadata == "" {
		return ""
	}
	return `, resource_metadata="` + x.metadata + `"`
}

// actorOf returns who is asking. Only operations with a scope may call it.
func actorOf(ctx context.Context) policy.Actor { return exchangeOf(ctx).actor }

var (
	errNoToken = fault.New(fault.Unauthenticated, "token_required", "Send an access token: Authorization: Bearer …",
		"أرسل رمز الدخول في الترويسة Authorization.")
	errScope = fault.New(fault.Forbidden, "insufficient_scope", "The access token does not carry the scope of this operation.",
		"رمز الدخول لا يحمل النطاق اللازم لهذه العملية.")
)
