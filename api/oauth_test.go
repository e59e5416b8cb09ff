package api

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"tahweel/internal/identity"
	"tahweel/policy"
)

// machine is a client with one key of each algorithm, whose private halves the test has.
type machine struct {
	*world
	id     string
	signer map[string]crypto.Signer
	kid    map[string]string
}

func newMachine(t *testing.T, w *world) *machine {
	t.Helper()
	m := &machine{world: w, signer: map[string]crypto.Signer{}, kid: map[string]string{}}
	var keys []identity.ClientKey
	for _, alg := range identity.Algorithms {
		private, err := identity.NewPrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		text, err := private.PEM()
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		m.signer[alg], m.kid[alg] = parsed.(crypto.Signer), private.Public().ID
		keys = append(keys, private.Public())
	}
	c, err := w.accounts.RegisterClient(t.Context(), policy.TheSystem(), identity.NewClient{OrganizationID: w.first, Name: "نظام مثال", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	m.id = c.ID.String()
	return m
}

type object = map[string]any

// left as a value takes the member away.
type left struct{}

func having(base, changes object) object {
	o := maps.Clone(base)
	for k, v := range changes {
		if _, take := v.(left); take {
			delete(o, k)
		} else {
			o[k] = v
		}
	}
	return o
}

// header and claims are those of a good assertion; each has a jti of its own.
func (m *machine) header(alg string) object {
	return object{"typ": "JWT", "alg": alg, "kid": m.kid[alg]}
}

func (m *machine) claims() object {
	now := worldTime.Unix()
	return object{"iss": m.id, "sub": m.id, "aud": m.issuer.URL(), "jti": uuid.NewString(), "iat": now, "exp": now + 300}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// forge signs any header and claims by the method.
func forge(t *testing.T, method jwt.SigningMethod, key any, header, claims any) string {
	t.Helper()
	text := encoded(t, header) + "." + encoded(t, claims)
	signature, err := method.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (m *machine) sign(t *testing.T, alg string, header, claims object) string {
	t.Helper()
	return forge(t, jwt.GetSigningMethod(alg), m.signer[alg], header, claims)
}

func (m *machine) good(t *testing.T, alg string) string {
	t.Helper()
	return m.sign(t, alg, m.header(alg), m.claims())
}

type tokenAnswer struct {
	*http.Response
	TokenAnswer
	TokenRefusal
	body string
}

// ask posts the form to the token endpoint, with "Name: value" headers.
func (w *world) ask(t *testing.T, form string, headers ...string) tokenAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+tokenPath, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := w.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := tokenAnswer{Response: resp, body: string(body)}
	if err := json.Unmarshal(body, &a.TokenAnswer); err != nil {
		t.Fatalf("%d %s: %v", resp.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, &a.TokenRefusal); err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Pragma") != "no-cache" || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d: headers %v", resp.StatusCode, resp.Header)
	}
	if resp.StatusCode >= 500 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	return a
}

func form(assertion string, more ...string) string {
	f := url.Values{"grant_type": {grantType}, "client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	for _, pair := range more {
		name, value, _ := strings.Cut(pair, "=")
		f.Set(name, value)
	}
	return f.Encode()
}

func (a tokenAnswer) refused(t *testing.T, what string, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.Error != code || a.AccessToken != "" || a.Description == "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.StatusCode, a.body, status, code)
	}
}

func TestAClientGetsATokenAndCallsTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	for _, alg := range identity.Algorithms {
		for name, assertion := range map[string]string{
			"as it should be": m.good(t, alg),
			"without kid":     m.sign(t, alg, having(m.header(alg), object{"kid": left{}}), m.claims()),
			"without typ":     m.sign(t, alg, having(m.header(alg), object{"typ": left{}}), m.claims()),
			"with its type":   m.sign(t, alg, having(m.header(alg), object{"typ": "client-authentication+jwt"}), m.claims()),
			"without iat":     m.sign(t, alg, m.header(alg), having(m.claims(), object{"iat": left{}})),
			"with nbf":        m.sign(t, alg, m.header(alg), having(m.claims(), object{"nbf": worldTime.Unix()})),
		} {
			a := w.ask(t, form(assertion))
			if a.StatusCode != 200 || a.TokenType != "Bearer" || a.ExpiresIn != 600 || !strings.Contains(a.Scope, "referrals.write") {
				t.Fatalf("%s, %s: %d %s", alg, name, a.StatusCode, a.body)
			}
			w.as(t, a.AccessToken, "GET", "/v1/places?limit=1", "").want(t, 200, "")
		}
	}
	newName := m.sign(t, "EdDSA", having(m.header("EdDSA"), object{"alg": "Ed25519"}), m.claims()) // RFC 9864
	if a := w.ask(t, form(newName)); a.StatusCode != 200 {
		t.Errorf("alg Ed25519: %d %s", a.StatusCode, a.body)
	}
	narrow := w.ask(t, form(m.good(t, "ES256"), "scope=events.read directory.read", "client_id="+m.id, "resource=tahweel", "unknown=ignored"))
	if narrow.StatusCode != 200 || narrow.Scope != "events.read directory.read" {
		t.Fatalf("narrower: %d %s", narrow.StatusCode, narrow.body)
	}
	w.as(t, narrow.AccessToken, "GET", "/v1/events", "").want(t, 200, "")
	w.as(t, narrow.AccessToken, "GET", "/v1/attempts", "").want(t, 403, "insufficient_scope")
}

// badAssertions differ from a good one in one respect each.
func (m *machine) badAssertions(t *testing.T) map[string]string {
	t.Helper()
	now := worldTime.Unix()
	bad := map[string]string{}
	for name, change := range map[string]object{
		"typ of an access token": {"typ": "at+jwt"}, "typ of an id token": {"typ": "id+jwt"}, "typ a number": {"typ": 1}, "typ null": {"typ": nil},
		"kid unknown": {"kid": strings.Repeat("x", 43)}, "kid empty": {"kid": ""}, "kid of the RSA key": {"kid": m.kid["PS256"]}, "kid a list": {"kid": []any{m.kid["ES256"]}},
		"kid a path": {"kid": "../../etc/passwd"}, "crit unknown": {"crit": []any{"exp"}}, "crit empty": {"crit": []any{}}, "b64 false": {"b64": false},
		"jku": {"jku": "https://attacker.example/keys"}, "jwk": {"jwk": object{"kty": "EC"}}, "x5u": {"x5u": "https://attacker.example"}, "x5c": {"x5c": []any{}},
		"alg unknown": {"alg": "ES257"}, "alg of another curve": {"alg": "ES384"}, "alg PS256 on an EC key": {"alg": "PS256"}, "alg HS256 named": {"alg": "HS256"},
		"alg none named": {"alg": "none"}, "alg absent": {"alg": left{}}, "alg in small letters": {"alg": "es256"}, "alg Ed25519 on an EC key": {"alg": "Ed25519"},
	} {
		bad["header: "+name] = m.sign(t, "ES256", having(m.header("ES256"), change), m.claims())
	}
	for name, change := range map[string]object{
		"iss absent": {"iss": left{}}, "iss another": {"iss": uuid.NewString()}, "iss a name": {"iss": "client"}, "iss in capitals": {"iss": strings.ToUpper(m.id)},
		"sub absent": {"sub": left{}}, "sub another": {"sub": uuid.NewString()}, "sub the account": {"sub": m.first.String()},
		"aud absent": {"aud": left{}}, "aud the token endpoint": {"aud": m.issuer.URL() + tokenPath}, "aud with a slash": {"aud": m.issuer.URL() + "/"},
		"aud a list of one": {"aud": []any{m.issuer.URL()}}, "aud a list of two": {"aud": []any{m.issuer.URL(), "https://other.example"}}, "aud another": {"aud": "https://other.example"},
		"jti absent": {"jti": left{}}, "jti empty": {"jti": ""}, "jti a number": {"jti": 1},
		"exp absent": {"exp": left{}}, "exp past": {"exp": now - 1, "iat": now - 60}, "exp now": {"exp": now, "iat": now - 60}, "exp text": {"exp": "2099-01-01"},
		"exp a fraction": {"exp": float64(now) + 60.5}, "exp a second too far": {"exp": now + 301}, "exp in ten years": {"exp": now + 315_360_000},
		"exp too far without iat": {"exp": now + 361, "iat": left{}}, "exp enormous": {"exp": 1e300}, "exp negative": {"exp": -1},
		"iat in the future": {"iat": now + 61, "exp": now + 120}, "iat long ago": {"iat": now - 86400}, "iat text": {"iat": "now"}, "iat null": {"iat": nil},
		"nbf in the future": {"nbf": now + 61}, "nbf text": {"nbf": "now"}, "nbf after exp": {"nbf": now + 50, "exp": now + 40},
	} {
		bad["claim: "+name] = m.sign(t, "ES256", m.header("ES256"), having(m.claims(), change))
	}
	maps.Copy(bad, m.badSignatures(t))
	return bad
}

func (m *machine) badSignatures(t *testing.T) map[string]string {
	t.Helper()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(m.good(t, "ES256"), ".")
	der, err := x509.MarshalPKIXPublicKey(m.signer["PS256"].Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hs := func(kid any) string {
		text := encoded(t, having(m.header("PS256"), object{"alg": "HS256", "kid": kid})) + "." + encoded(t, m.claims())
		mac := hmac.New(sha256.New, public)
		_, _ = mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	rs := having(m.header("PS256"), object{"alg": "RS256"})
	return map[string]string{
		"signature: a stranger's":          forge(t, jwt.SigningMethodES256, stranger, m.header("ES256"), m.claims()),
		"signature: a stranger's, no kid":  forge(t, jwt.SigningMethodES256, stranger, having(m.header("ES256"), object{"kid": left{}}), m.claims()),
		"signature: a stranger's Ed25519":  forge(t, jwt.SigningMethodEdDSA, edwards, m.header("EdDSA"), m.claims()),
		"signature: none":                  encoded(t, object{"alg": "none"}) + "." + encoded(t, m.claims()) + ".",
		"signature: absent":                parts[0] + "." + parts[1] + ".",
		"signature: zeros":                 parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"signature: of another text":       parts[0] + "." + encoded(t, m.claims()) + "." + parts[2],
		"signature: HMAC by public key":    hs(m.kid["PS256"]),
		"signature: HMAC, no kid":          hs(""),
		"signature: RS256":                 forge(t, jwt.SigningMethodRS256, m.signer["PS256"].(*rsa.PrivateKey), rs, m.claims()),
		"signature: PS384":                 forge(t, jwt.SigningMethodPS384, m.signer["PS256"].(*rsa.PrivateKey), having(rs, object{"alg": "PS384"}), m.claims()),
		"signature: RS256 called PS256":    forge(t, jwt.SigningMethodRS256, m.signer["PS256"].(*rsa.PrivateKey), m.header("PS256"), m.claims()),
		"signature: ES256 under the EdDSA": m.sign(t, "ES256", m.header("EdDSA"), m.claims()),
		"form: two parts":                  parts[0] + "." + parts[1],
		"form: four parts":                 strings.Join(append(parts, parts[2]), "."),
		"form: padded":                     strings.Join(parts, ".") + "==",
		"form: a line in it":               parts[0] + "." + parts[1] + ".\r\n" + parts[2],
		"form: longer than 8 kB":           m.sign(t, "ES256", m.header("ES256"), having(m.claims(), object{"note": strings.Repeat("x", 8<<10)})),
		"form: claims a list":              forge(t, jwt.SigningMethodES256, m.signer["ES256"], m.header("ES256"), []any{}),
		"form: an access token":            m.provider,
	}
}

func TestNoBadAssertionIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	bad := m.badAssertions(t)
	if len(bad) < 45 {
		t.Fatalf("only %d bad assertions", len(bad))
	}
	accepted := 0
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		a := w.ask(t, form(bad[name]))
		if a.StatusCode == 200 {
			accepted++
		}
		a.refused(t, name, http.StatusUnauthorized, "invalid_client")
		if a.Description != "The client could not be authenticated." {
			t.Errorf("%s: it tells why: %s", name, a.body)
		}
	}
	for _, alg := range identity.Algorithms {
		if a := w.ask(t, form(m.good(t, alg))); a.StatusCode != 200 {
			t.Errorf("control: the assertion that the bad ones are made from is refused: %d %s", a.StatusCode, a.body)
		}
	}
	t.Logf("%d bad assertions, %d accepted", len(bad), accepted)
	// Control: the library with its defaults, which is what a hurried program uses, accepts many of them.
	lax := 0
	for _, token := range bad {
		_, err := jwt.NewParser(jwt.WithTimeFunc(worldClock)).Parse(token, func(token *jwt.Token) (any, error) {
			if s, known := m.signer[token.Method.Alg()]; known {
				return s.Public(), nil
			}
			return m.signer["PS256"].Public(), nil
		})
		if err == nil {
			lax++
		}
	}
	if lax < 15 {
		t.Errorf("the control accepts only %d of %d: the table is too easy", lax, len(bad))
	}
}

func TestAnAssertionIsTakenOnceOnAllServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	second := w.secondServer(t)
	assertion := m.good(t, "EdDSA")
	if a := w.ask(t, form(assertion)); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	w.ask(t, form(assertion)).refused(t, "again", 401, "invalid_client")
	second.ask(t, form(assertion)).refused(t, "at another server", 401, "invalid_client")
	if a := second.ask(t, form(m.good(t, "EdDSA"))); a.StatusCode != 200 {
		t.Errorf("control: a new one at the other server: %d %s", a.StatusCode, a.body)
	}
	again := m.claims()
	again["jti"] = "one"
	other := newMachine(t, w)
	if a := w.ask(t, form(m.sign(t, "ES256", m.header("ES256"), again))); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	again["iss"], again["sub"] = other.id, other.id
	if a := w.ask(t, form(other.sign(t, "ES256", other.header("ES256"), again))); a.StatusCode != 200 {
		t.Errorf("control: another client's assertion of the same jti: %d %s", a.StatusCode, a.body)
	}
}

// secondServer is a second server on the same database.
func (w *world) secondServer(t *testing.T) *world {
	t.Helper()
	keys, err := identity.OpenKeys(w.keysFile)
	if err != nil {
		t.Fatal(err)
	}
	issuer := identity.NewIssuer(keys, w.issuer.URL(), w.issuer.Audience(), worldClock, time.Hour)
	accounts := identity.NewStore(w.db.DB, issuer, worldClock)
	second := &world{db: w.db, accounts: accounts, issuer: issuer, keysFile: w.keysFile}
	second.serve(t, Config{Identity: accounts, Accounts: accounts, Clock: worldClock, Version: contractVersion, Ready: w.db.DB.Ping})
	return second
}

func TestTokenRequestsAreReadAsRFC6749Says(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := newMachine(t, w)
	assertion := func() string { return m.good(t, "ES256") }
	without := func(name string) string {
		f, err := url.ParseQuery(form(assertion()))
		if err != nil {
			t.Fatal(err)
		}
		f.Del(name)
		return f.Encode()
	}
	for name, c := range map[string]struct {
		form    string
		header  string
		status  int
		refusal string
	}{
		"no grant type":            {without("grant_type"), "", 400, "invalid_request"},
		"an empty grant type":      {form(assertion(), "grant_type="), "", 400, "invalid_request"},
		"another grant type":       {form(assertion(), "grant_type=authorization_code"), "", 400, "unsupported_grant_type"},
		"no assertion type":        {without("client_assertion_type"), "", 401, "invalid_client"},
		"another assertion type":   {form(assertion(), "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), "", 401, "invalid_client"},
		"no assertion":             {without("client_assertion"), "", 401, "invalid_client"},
		"Basic alone":              {without("client_assertion"), "Authorization: Basic YTpi", 401, "invalid_client"},
		"a secret alone":           {strings.Replace(form("x", "client_secret=x"), "client_assertion=x&", "", 1), "", 401, "invalid_client"},
		"Basic beside it":          {form(assertion()), "Authorization: Basic YTpi", 400, "invalid_request"},
		"a secret beside it":       {form(assertion(), "client_secret=x"), "", 400, "invalid_request"},
		"a parameter twice":        {form(assertion()) + "&scope=a&scope=b", "", 400, "invalid_request"},
		"a NUL":                    {form(assertion()) + "&a=%00", "", 400, "invalid_request"},
		"bytes that are not UTF-8": {form(assertion()) + "&a=%ff", "", 400, "invalid_request"},
		"a broken escape":          {form(assertion()) + "&a=%zz", "", 400, "invalid_request"},
		"JSON":                     {`{}`, "Content-Type: application/json", 400, "invalid_request"},
		"too long":                 {form(assertion()) + "&a=" + strings.Repeat("x", maxForm), "", 400, "invalid_request"},
		"another's client_id":      {form(assertion(), "client_id="+uuid.NewString()), "", 401, "invalid_client"},
		"an unknown scope":         {form(assertion(), "scope=no.such"), "", 400, "invalid_scope"},
		"a scope too many":         {form(assertion(), "scope=events.read accreditation.manage"), "", 400, "invalid_scope"},
		"two spaces":               {form(assertion(), "scope=events.read  directory.read"), "", 400, "invalid_scope"},
		"another resource":         {form(assertion(), "resource=https://other.example"), "", 400, "invalid_target"},
	} {
		var headers []string
		if c.header != "" {
			headers = append(headers, c.header)
		}
		a := w.ask(t, c.form, headers...)
		a.refused(t, name, c.status, c.refusal)
		challenged := strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic ")
		if challenged != (strings.Contains(c.header, "Basic") && c.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, a.Header.Get("WWW-Authenticate"))
		}
	}
	if a := w.ask(t, form(assertion())); a.StatusCode != 200 {
		t.Errorf("control: %d %s", a.StatusCode, a.body)
	}
	w.do(t, "GET", tokenPath, "", "Authorization:").want(t, 405, "method_not_allowed")
}

// badAccessTokens differ from a good one in one respect each.
func (w *world) badAccessTokens(t *testing.T, good string) map[string]string {
	t.Helper()
	text, err := identityKey(w.keysFile)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	read := func(part string) object {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	header, claims := read(parts[0]), read(parts[1])
	now := worldTime.Unix()
	bad := map[string]string{
		"a form of two parts":      parts[0] + "." + parts[1],
		"no signature":             parts[0] + "." + parts[1] + ".",
		"none":                     encoded(t, having(header, object{"alg": "none"})) + "." + parts[1] + ".",
		"another text's signature": parts[0] + "." + encoded(t, having(claims, object{"scope": "mou.manage"})) + "." + parts[2],
	}
	for name, change := range map[string]object{
		"typ JWT": {"typ": "JWT"}, "kid unknown": {"kid": "other"}, "crit": {"crit": []any{"x"}}, "jwk": {"jwk": object{}}, "alg": {"alg": "HS256"},
	} {
		bad["header: "+name] = forge(t, jwt.SigningMethodES256, text, having(header, change), claims)
	}
	for name, change := range map[string]object{
		"iss another": {"iss": "https://other.example"}, "aud another": {"aud": "other"}, "aud a list": {"aud": []any{"tahweel"}}, "sub unknown": {"sub": uuid.NewString()},
		"sub absent": {"sub": left{}}, "exp past": {"exp": now - 1, "iat": now - 60}, "exp absent": {"exp": left{}}, "a day long": {"exp": now + 86400},
		"iat in the future": {"iat": now + 61}, "client unknown": {"client_id": uuid.NewString()}, "client absent": {"client_id": left{}},
		"a client that nobody registered": {"client_id": "console"}, "scope a list": {"scope": []any{"directory.read"}}, "bound to a key": {"cnf": object{"jkt": "x"}},
	} {
		bad["claim: "+name] = forge(t, jwt.SigningMethodES256, text, header, having(claims, change))
	}
	return bad
}

func TestNoBadAccessTokenIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.ask(t, form(newMachine(t, w).good(t, "PS256"))).AccessToken
	w.as(t, good, "GET", "/v1/places?limit=1", "").want(t, 200, "")
	for name, token := range w.badAccessTokens(t, good) {
		a := w.as(t, token, "GET", "/v1/places?limit=1", "")
		if a.StatusCode != 401 || !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token", resource_metadata="https://tahweel.example/.well-known/oauth-protected-resource"`) {
			t.Errorf("%s: %d, %q", name, a.StatusCode, a.Header.Get("WWW-Authenticate"))
		}
	}
	w.as(t, good, "GET", "/v1/places?limit=1", "").want(t, 200, "")
	w.do(t, "GET", "/v1/places", "", "Authorization: Bearer "+good+" x").want(t, 401, "token_required")
}

// identityKey reads the key that signs access tokens.
func identityKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("not an EC key")
	}
	return key, nil
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"/.well-known/jwks.json":                  `"kty":"EC","crv":"P-256"`,
		"/.well-known/oauth-authorization-server": `"token_endpoint":"https://tahweel.example/oauth/token"`,
		resourcePath: `"authorization_servers":["https://tahweel.example"]`,
	} {
		a := w.do(t, "GET", path, "", "Authorization:")
		if a.StatusCode != 200 || !strings.Contains(a.body, want) || a.Header.Get("Cache-Control") != "public, max-age=300" || strings.Contains(a.body, `"d":`) {
			t.Errorf("%s: %d %v %s", path, a.StatusCode, a.Header, a.body)
		}
		if same := w.do(t, "GET", path, "", "Authorization:", "If-None-Match: "+a.Header.Get("ETag")); same.StatusCode != 304 {
			t.Errorf("%s again: %d", path, same.StatusCode)
		}
	}
	id, err := identity.AddKey(w.keysFile)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.do(t, "GET", "/.well-known/jwks.json", "", "Authorization:"); !strings.Contains(a.body, id) {
		t.Errorf("the new key is not published: %s", a.body)
	}
	for _, o := range w.operations(t) {
		for _, scope := range o {
			if !slices.Contains(identity.Scopes, scope) || scopeTexts[scope] == "" {
				t.Errorf("the scope %s is not one of those that there are", scope)
			}
		}
	}
	if len(scopeTexts) != len(identity.Scopes) {
		t.Errorf("%d scopes have a text, of %d", len(scopeTexts), len(identity.Scopes))
	}
}

// operations are the scopes of every operation.
func (w *world) operations(t *testing.T) [][]string {
	t.Helper()
	s := newShell(Config{Identity: keys{}, Clock: time.Now, Version: contractVersion})
	s.operations(Config{})
	var all [][]string
	for _, item := range s.huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			if scopes, ok := o.Extensions[scopesExtension].([]string); ok {
				all = append(all, scopes)
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d operations have a scope", len(all))
	}
	return all
}
