package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tahweel/internal/fault"
	"tahweel/internal/identity"
)

// The one way in which a client gets a token (RFC 6749, section 4.4; RFC 7523, section 2.2).
const (
	grantType     = "client_credentials"
	authMethod    = "private_key_jwt"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	tokenPath     = "/oauth/token"
)

// JSONWebKeySet is the public half of the keys that sign access tokens (RFC 7517).
type JSONWebKeySet struct {
	Keys []PublicKey `json:"keys"`
}

// PublicKey is a key that verifies access tokens.
type PublicKey struct {
	KeyType   string `json:"kty" example:"EC"`
	Curve     string `json:"crv" example:"P-256"`
	X         string `json:"x"`
	Y         string `json:"y"`
	KeyID     string `json:"kid" doc:"The thumbprint of RFC 7638."`
	Algorithm string `json:"alg" example:"ES256"`
	Use       string `json:"use" example:"sig"`
}

// ServerMetadata says how to get a token (RFC 8414).
type ServerMetadata struct {
	Issuer                string   `json:"issuer" example:"https://tahweel.example"`
	TokenEndpoint         string   `json:"token_endpoint" example:"https://tahweel.example/oauth/token"`
	RegistrationEndpoint  string   `json:"registration_endpoint" example:"https://tahweel.example/oauth/register"`
	JWKSURI               string   `json:"jwks_uri" example:"https://tahweel.example/.well-known/jwks.json"`
	ScopesSupported       []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported" doc:"None: nobody signs in here."`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	AuthSigningAlgorithms []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Documentation         string   `json:"service_documentation" example:"https://tahweel.example/docs"`
}

// ResourceMetadata says which authorization server gives tokens for this API (RFC 9728).
type ResourceMetadata struct {
	Resource             string   `json:"resource" example:"https://tahweel.example"`
	AuthorizationServers []string `json:"authorization_servers"`
	ScopesSupported      []string `json:"scopes_supported"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	Name                 string   `json:"resource_name" example:"Tahweel"`
	Documentation        string   `json:"resource_documentation" example:"https://tahweel.example/docs"`
}

// discovery registers what a client can find out by itself.
func (s *shell) discovery(store *identity.Store) {
	register(s, operation{
		id: "get-jwks", method: http.MethodGet, path: "/.well-known/jwks.json", tag: "oauth",
		summary: "Read the keys that sign tokens", description: "Every key by which a token of this installation may be signed. A new key is here before it signs.",
		response: JSONWebKeySet{Keys: []PublicKey{{
			KeyType: "EC", Curve: "P-256", X: exampleJWK["x"].(string), Y: exampleJWK["y"].(string), KeyID: exampleJWK["kid"].(string), Algorithm: "ES256", Use: "sig",
		}}},
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[JSONWebKeySet], error) {
		keys, err := store.Issuer().Keys()
		if err != nil {
			return nil, err
		}
		set := JSONWebKeySet{Keys: make([]PublicKey, len(keys))}
		for i, k := range keys {
			set.Keys[i] = PublicKey{KeyType: "EC", Curve: "P-256", X: k.X, Y: k.Y, KeyID: k.ID, Algorithm: "ES256", Use: "sig"}
		}
		return publicPage(ctx, set, "", in.Conditional)
	})
	register(s, operation{
		id: "get-authorization-server", method: http.MethodGet, path: "/.well-known/oauth-authorization-server", tag: "oauth",
		summary: "Read how to get a token", description: "Metadata of the authorization server (RFC 8414).", response: serverMetadata("https://tahweel.example"),
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[ServerMetadata], error) {
		return publicPage(ctx, serverMetadata(store.Issuer().URL()), "", in.Conditional)
	})
	register(s, operation{
		id: "get-protected-resource", method: http.MethodGet, path: resourcePath, tag: "oauth",
		summary: "Read which tokens this API takes", description: "Metadata of the protected resource (RFC 9728).",
		response: resourceMetadata("https://tahweel.example", "https://tahweel.example"),
	}, func(ctx context.Context, in *struct{ Conditional }) (*page[ResourceMetadata], error) {
		return publicPage(ctx, resourceMetadata(store.Issuer().Audience(), store.Issuer().URL()), "", in.Conditional)
	})
}

const resourcePath = "/.well-known/oauth-protected-resource"

func serverMetadata(issuer string) ServerMetadata {
	at := strings.TrimSuffix(issuer, "/")
	return ServerMetadata{
		Issuer: issuer, TokenEndpoint: at + tokenPath, RegistrationEndpoint: at + "/oauth/register", JWKSURI: at + "/.well-known/jwks.json",
		ScopesSupported: identity.Scopes, ResponseTypes: []string{}, GrantTypes: []string{grantType}, AuthMethods: []string{authMethod},
		AuthSigningAlgorithms: identity.AssertionAlgorithms, Documentation: at + "/docs",
	}
}

func resourceMetadata(resource, issuer string) ResourceMetadata {
	return ResourceMetadata{
		Resource: resource, AuthorizationServers: []string{issuer}, ScopesSupported: identity.Scopes, BearerMethods: []string{"header"},
		Name: "Tahweel", Documentation: strings.TrimSuffix(issuer, "/") + "/docs",
	}
}

// TokenAnswer is a token (RFC 6749, section 5.1).
type TokenAnswer struct {
	AccessToken string `json:"access_token" doc:"An RFC 9068 access token."`
	TokenType   string `json:"token_type" enum:"Bearer"`
	ExpiresIn   int    `json:"expires_in" example:"600" doc:"Seconds."`
	Scope       string `json:"scope" example:"events.read referrals.read" doc:"What the token carries."`
}

// TokenRefusal says why there is no token (RFC 6749, section 5.2).
type TokenRefusal struct {
	Error       string `json:"error" example:"invalid_client" doc:"invalid_request, invalid_client, invalid_scope, invalid_target or unsupported_grant_type."`
	Description string `json:"error_description" example:"The client could not be authenticated."`
}

// tokenRefusal is a refusal of the token endpoint, whose form is another than that of a problem.
type tokenRefusal struct {
	code, description string
	status            int
}

// Error is the code.
func (r *tokenRefusal) Error() string { return r.code }

func badRequest(description string) error {
	return &tokenRefusal{"invalid_request", description, http.StatusBadRequest}
}

// token serves the token endpoint. It is not one of huma's operations, because both its request, a form, and its refusals have the
// shape that RFC 6749 gives them; accidents are problems here too.
func (s *shell) token(store *identity.Store) {
	s.describeToken()
	s.mux.HandleFunc("POST "+tokenPath, func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		x.operation = "create-token"
		grant, err := s.grant(r, store)
		if err != nil {
			refuseToken(w, r, x, err)
			return
		}
		writeToken(w, http.StatusOK, TokenAnswer{
			AccessToken: grant.AccessToken, TokenType: "Bearer", ExpiresIn: int(grant.ExpiresIn.Seconds()), Scope: strings.Join(grant.Scopes, " "),
		})
	})
}

func (s *shell) grant(r *http.Request, store *identity.Store) (identity.Grant, error) {
	form, err := readForm(r)
	if err != nil {
		return identity.Grant{}, err
	}
	authorized := len(r.Header.Values("Authorization")) > 0
	switch {
	case form.Get("grant_type") == "":
		return identity.Grant{}, badRequest("grant_type is missing.")
	case form.Get("grant_type") != grantType:
		return identity.Grant{}, &tokenRefusal{"unsupported_grant_type", "The grant type is client_credentials.", http.StatusBadRequest}
	case form.Get("client_assertion") != "" && (authorized || form.Get("client_secret") != ""):
		return identity.Grant{}, badRequest("A client authenticates in one way.")
	case authorized || form.Get("client_secret") != "" || form.Get("client_assertion") == "" || form.Get("client_assertion_type") != assertionType:
		return identity.Grant{}, &tokenRefusal{"invalid_client", "A client authenticates by private_key_jwt.", http.StatusUnauthorized}
	}
	return store.Token(r.Context(), identity.Request{
		Assertion: form.Get("client_assertion"), ClientID: form.Get("client_id"), Scope: form.Get("scope"), Resource: form.Get("resource"),
	})
}

// maxForm is the largest form: an assertion of 8 kB and some words.
const maxForm = 16 << 10

// readForm reads the parameters. One that is given twice is refused, one without a value counts as not given, and one that nobody
// knows is ignored (RFC 6749, section 3.2); parameters in the address are not read.
func readForm(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, badRequest("Send the parameters as application/x-www-form-urlencoded.")
	}
	if r.URL.RawQuery != "" {
		return nil, badRequest("Parameters go into the body.")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return nil, badRequest("The form is too long, or was cut short.")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, badRequest("The form cannot be read.")
	}
	for name, values := range form {
		if len(values) > 1 || !clean(name) || !clean(values[0]) {
			return nil, badRequest("A parameter is given twice, or is not text.")
		}
	}
	return form, nil
}

// refuseToken answers in the words of RFC 6749. Only a client that tried a scheme of HTTP is challenged with it (section 5.2): to the
// others a challenge would say that such a scheme is of use here, and some look no further than at it.
func refuseToken(w http.ResponseWriter, r *http.Request, x *exchange, err error) {
	var refusal *tokenRefusal
	var f *fault.Error
	if !errors.As(err, &refusal) && errors.As(err, &f) {
		switch f.Kind { //nolint:exhaustive // the token endpoint knows two sorts of refusal; the rest are accidents
		case fault.Unauthenticated:
			refusal = &tokenRefusal{f.Code, f.Detail.EN, http.StatusUnauthorized}
		case fault.Invalid:
			refusal = &tokenRefusal{f.Code, f.Detail.EN, http.StatusBadRequest}
		}
	}
	if refusal == nil {
		writeProblem(w, x, err)
		return
	}
	x.code, x.cause = refusal.code, err
	if tried, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); refusal.status == http.StatusUnauthorized && tried != "" {
		scheme := "Bearer"
		if strings.EqualFold(tried, "Basic") {
			scheme = "Basic"
		}
		w.Header().Set("WWW-Authenticate", scheme+` realm="tahweel"`)
	}
	writeToken(w, refusal.status, TokenRefusal{Error: refusal.code, Description: refusal.description})
}

// writeToken writes what no cache may keep (RFC 6749, section 5.1).
func writeToken(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that has gone hears nothing
}

// describeToken writes the token endpoint into the contract.
func (s *shell) describeToken() {
	doc := s.huma.OpenAPI()
	schema := func(v any) *huma.Schema { return doc.Components.Schemas.Schema(reflect.TypeOf(v), true, "") }
	word := func(description string, values ...any) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: description, Enum: values}
	}
	refusal := func(description, code, sentence string) *huma.Response {
		return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {
			Schema: schema(TokenRefusal{}), Example: TokenRefusal{Error: code, Description: sentence},
		}}}
	}
	unauthenticated := refusal("The client is not known, or its assertion does not pass.", "invalid_client", "The client could not be authenticated.")
	unauthenticated.Headers = map[string]*huma.Header{"WWW-Authenticate": {Description: "To a client that sent Authorization (RFC 6749, section 5.2).", Schema: &huma.Schema{Type: huma.TypeString}}}
	badly := refusal("The request is not well-formed, or asks for what the client may not have; a problem if its address is not well-formed.", "invalid_scope",
		"The client may not have this scope, or it is not a list of words.")
	badly.Content[problemType] = &huma.MediaType{Schema: problemSchema(doc), Example: sample(errBadQuery)}
	doc.AddOperation(&huma.Operation{
		OperationID: "create-token", Method: http.MethodPost, Path: tokenPath, Tags: []string{"oauth"}, Summary: "Get an access token",
		Description: "Client credentials (RFC 6749, section 4.4) of a client that authenticates by private_key_jwt (RFC 7523): an assertion signed by one of its keys, with " +
			"iss and sub its client_id, aud the issuer as one string, a jti that is used once, and exp at most five minutes ahead. The token is good for at most ten minutes. " +
			"Refusals have the form of RFC 6749, section 5.2; accidents are problems.",
		Security: []map[string][]string{},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": {
			Schema: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"grant_type", "client_assertion_type", "client_assertion"},
				Properties: map[string]*huma.Schema{
					"grant_type":            word("RFC 6749, section 4.4.2.", grantType),
					"client_assertion_type": word("RFC 7523, section 2.2.", assertionType),
					"client_assertion":      word("The signed assertion, a JWT."),
					"client_id":             word("Need not be sent; must be the assertion's."),
					"scope":                 word("Words with single spaces between them; all that the client may have, unless it is sent."),
					"resource":              word("Need not be sent (RFC 8707); must be that of /.well-known/oauth-protected-resource."),
				},
			},
			Example: map[string]string{
				"grant_type": grantType, "client_assertion_type": assertionType, "client_assertion": "eyJhbGciOiJFUzI1NiJ9.…", "scope": "events.read referrals.read",
			},
		}}},
		Responses: map[string]*huma.Response{
			"200": {
				Description: "A token.",
				Headers:     map[string]*huma.Header{"Cache-Control": {Description: "no-store", Schema: &huma.Schema{Type: huma.TypeString}}},
				Content: map[string]*huma.MediaType{"application/json": {
					Schema: schema(TokenAnswer{}), Example: TokenAnswer{AccessToken: "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…", TokenType: "Bearer", ExpiresIn: 600, Scope: "events.read referrals.read"},
				}},
			},
			"400": badly,
			"401": unauthenticated, "500": s.refer(http.StatusInternalServerError), "503": s.refer(http.StatusServiceUnavailable),
		},
	})
}
