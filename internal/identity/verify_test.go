package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tahweel/internal/fault"
)

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return "not a fault"
	}
	return ""
}

// forge signs any header and claims with the key, as an issuer with a mistake in it would.
func forge(t testing.TB, key *ecdsa.PrivateKey, header, claims any) string {
	t.Helper()
	text := encode(t, header) + "." + encode(t, claims)
	signature, err := jwt.SigningMethodES256.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// encode writes v as JSON, or as it stands if it is a string.
func encode(t testing.TB, v any) string {
	t.Helper()
	raw, isRaw := v.(string)
	if !isRaw {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(b)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

type object = map[string]any

// absent as a value takes the member away.
type absent struct{}

func with(base object, changes object) object {
	o := maps.Clone(base)
	for k, v := range changes {
		if _, take := v.(absent); take {
			delete(o, k)
		} else {
			o[k] = v
		}
	}
	return o
}

// badTokens returns tokens that differ from a good one by one thing each, and the good one.
func badTokens(t testing.TB, keys *Keys) (good string, bad map[string]string) {
	t.Helper()
	own := keys.current().active.private
	header := object{"typ": "at+jwt", "alg": "ES256", "kid": keys.current().active.id}
	now := testNow.Unix()
	claims := object{
		"iss": testIssuer, "aud": testAudience, "sub": goodClaims.Subject.String(), "client_id": "console",
		"jti": "1", "iat": now, "exp": now + 300, "scope": "referrals.read",
	}
	good = forge(t, own, header, claims)
	bad = map[string]string{}
	for name, change := range map[string]object{
		"typ JWT": {"typ": "JWT"}, "typ absent": {"typ": absent{}}, "typ of an id token": {"typ": "id+jwt"},
		"typ in capitals": {"typ": "AT+JWT"}, "typ a number": {"typ": 1}, "typ null": {"typ": nil},
		"kid absent": {"kid": absent{}}, "kid unknown": {"kid": "other"}, "kid empty": {"kid": ""},
		"kid a path": {"kid": "../../etc/passwd"}, "kid a number": {"kid": 7}, "kid a list": {"kid": []any{keys.current().active.id}},
		"crit unknown": {"crit": []any{"tahweel"}, "tahweel": true}, "crit empty": {"crit": []any{}},
		"b64 false": {"b64": false, "crit": []any{"b64"}}, "zip": {"zip": "DEF"},
		"jku": {"jku": "https://attacker.example/keys"}, "x5u": {"x5u": "https://attacker.example/chain"},
		"jwk": {"jwk": object{"kty": "EC"}}, "cty": {"cty": "JWT"},
		"alg of another curve": {"alg": "ES384"}, "alg unknown": {"alg": "ES257"}, "alg absent": {"alg": absent{}},
		"alg none under our signature": {"alg": "none"},
	} {
		bad["header: "+name] = forge(t, own, with(header, change), claims)
	}
	for name, change := range map[string]object{
		"iss absent": {"iss": absent{}}, "iss other": {"iss": "https://other.example"}, "iss with a slash": {"iss": testIssuer + "/"},
		"aud absent": {"aud": absent{}}, "aud other": {"aud": "https://other.example"}, "aud list of one": {"aud": []any{testAudience}},
		"aud list of two": {"aud": []any{testAudience, "https://other.example"}}, "aud empty list": {"aud": []any{}},
		"sub absent": {"sub": absent{}}, "sub empty": {"sub": ""}, "sub a name": {"sub": "administrator"}, "sub a number": {"sub": 1},
		"sub nil": {"sub": "00000000-0000-0000-0000-000000000000"}, "sub in braces": {"sub": "{" + goodClaims.Subject.String() + "}"},
		"sub as urn": {"sub": "urn:uuid:" + goodClaims.Subject.String()}, "sub in capitals": {"sub": strings.ToUpper(goodClaims.Subject.String())},
		"exp absent": {"exp": absent{}}, "exp past": {"exp": now - 1, "iat": now - 300}, "exp now": {"exp": now, "iat": now - 300},
		"exp text": {"exp": "2099-01-01"}, "exp null": {"exp": nil}, "exp a fraction": {"exp": float64(now) + 300.5},
		"exp enormous": {"exp": 1e300}, "exp negative": {"exp": -1}, "exp zero": {"exp": 0}, "ten years": {"exp": now + 315_360_000},
		"one second too long": {"exp": now + 601}, "exp before iat": {"iat": now + 50, "exp": now + 40},
		"iat absent": {"iat": absent{}}, "iat in the future": {"iat": now + 61, "exp": now + 120}, "iat text": {"iat": "now"},
		"iat negative": {"iat": -1}, "iat long ago": {"iat": now - 86400}, "iat null": {"iat": nil},
		"nbf in the future": {"nbf": now + 30}, "jti absent": {"jti": absent{}}, "jti a number": {"jti": 1},
		"client absent": {"client_id": absent{}}, "client empty": {"client_id": ""}, "client a list": {"client_id": []any{"console"}},
		"scope absent": {"scope": absent{}}, "scope a list": {"scope": []any{"referrals.read"}}, "scope of two spaces": {"scope": "a  b"},
		"scope with a line": {"scope": "a\nb"}, "session unknown": {"session": "machine"}, "session true": {"session": true},
		"session null": {"session": nil}, "bound to a key": {"cnf": object{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
		"names in capitals": {"exp": absent{}, "EXP": now + 300},
	} {
		bad["claim: "+name] = forge(t, own, header, with(claims, change))
	}
	maps.Copy(bad, malformed(t, keys, header, claims, good))
	return good, bad
}

// malformed are tokens whose form or signature is wrong.
func malformed(t testing.TB, keys *Keys, header, claims object, good string) map[string]string {
	t.Helper()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	none := encode(t, with(header, object{"alg": "none"}))
	last := len(parts[2]) - 1
	bits := "B"
	if parts[2][last] == 'B' {
		bits = "C"
	}
	return map[string]string{
		"form: empty":                     "",
		"form: one part":                  parts[0],
		"form: two parts":                 parts[0] + "." + parts[1],
		"form: four parts":                good + "." + parts[2],
		"form: dots":                      "..",
		"form: space before":              " " + good,
		"form: line after":                good + "\n",
		"form: line inside":               good[:20] + "\r\n" + good[20:],
		"form: padded":                    good + "==",
		"form: standard base64":           base64.StdEncoding.EncodeToString([]byte(`{"a":">>>???"}`)) + "." + parts[1] + "." + parts[2],
		"form: stray bits in the last":    good[:len(good)-1] + bits,
		"form: header no JSON":            forge(t, keys.current().active.private, "header", claims),
		"form: header a list":             forge(t, keys.current().active.private, []any{}, claims),
		"form: claims no JSON":            forge(t, keys.current().active.private, header, "claims"),
		"form: claims a list":             forge(t, keys.current().active.private, header, []any{}),
		"form: claims null":               forge(t, keys.current().active.private, header, "null"),
		"form: two values":                forge(t, keys.current().active.private, header, "{}{}"),
		"form: longer than 8 kB":          forge(t, keys.current().active.private, header, with(claims, object{"note": strings.Repeat("x", 8<<10)})),
		"signature: none":                 none + "." + parts[1] + ".",
		"signature: none, spelt None":     encode(t, with(header, object{"alg": "None"})) + "." + parts[1] + ".",
		"signature: absent":               parts[0] + "." + parts[1] + ".",
		"signature: zeros":                parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"signature: of another text":      parts[0] + "." + encode(t, with(claims, object{"scope": "mou.manage"})) + "." + parts[2],
		"signature: in DER":               parts[0] + "." + parts[1] + "." + inDER(t, keys.current().active.private, parts[0]+"."+parts[1]),
		"signature: a stranger's":         forge(t, stranger, header, claims),
		"signature: a stranger's own jwk": forge(t, stranger, with(header, object{"jwk": object{"kty": "EC", "crv": "P-256"}}), claims),
		"signature: HMAC by public key":   byPublicKey(t, keys, header, claims),
	}
}

func inDER(t testing.TB, key *ecdsa.PrivateKey, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	der, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(der)
}

// byPublicKey takes the public key, which everyone may know, for an HMAC secret.
func byPublicKey(t testing.TB, keys *Keys, header, claims object) string {
	t.Helper()
	mac := hmac.New(sha256.New, publicPEM(t, keys))
	text := encode(t, with(header, object{"alg": "HS256"})) + "." + encode(t, claims)
	_, _ = mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func publicPEM(t testing.TB, keys *Keys) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&keys.current().active.private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestNoBadTokenIsAccepted(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	issuer := issuerOf(keys)
	good, bad := badTokens(t, keys)
	if _, err := issuer.Verify(good); err != nil {
		t.Fatalf("control: the token that the bad ones are made from is refused: %v", err)
	}
	if len(bad) < 40 {
		t.Fatalf("only %d bad tokens", len(bad))
	}
	for name, token := range bad {
		_, err := issuer.Verify(token)
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v, want fault.Unauthenticated", name, err)
			continue
		}
		if code := codeOf(err); code != "invalid_token" && code != "token_expired" {
			t.Errorf("%s: code %s", name, code)
		}
		tellsNothing(t, name, token, err)
	}

	// Control: the library with its defaults, which is what a hurried program uses, accepts some of them.
	accepted := 0
	for _, token := range bad {
		_, err := jwt.NewParser(jwt.WithTimeFunc(testClock)).Parse(token, func(token *jwt.Token) (any, error) {
			if token.Method == jwt.SigningMethodHS256 {
				return publicPEM(t, keys), nil
			}
			return &keys.current().active.private.PublicKey, nil
		})
		if err == nil {
			accepted++
		}
	}
	t.Logf("%d bad tokens; the library's defaults accept %d", len(bad), accepted)
	if accepted < 10 {
		t.Errorf("the control accepts only %d of %d: the table is too easy", accepted, len(bad))
	}
}

// tellsNothing checks that no part of the token, encoded or plain, is in the error.
func tellsNothing(t *testing.T, name, token string, err error) {
	t.Helper()
	said := err.Error()
	for part := range strings.SplitSeq(token, ".") {
		plain, _ := base64.RawURLEncoding.DecodeString(part)
		for n := 0; n+12 <= len(part); n += 4 {
			if strings.Contains(said, part[n:n+12]) {
				t.Errorf("%s: the error repeats the token: %s", name, said)
			}
		}
		var members object
		if json.Unmarshal(plain, &members) != nil {
			continue
		}
		for _, v := range members {
			if s, ok := v.(string); ok && len(s) > 3 && s != tokenType && strings.Contains(said, s) {
				t.Errorf("%s: the error repeats a value of the token: %s", name, said)
			}
		}
	}
}

func TestOnlyATokenThatWasGoodIsCalledExpired(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	past := testNow.Add(-time.Hour).Unix()
	header := object{"typ": "at+jwt", "alg": "ES256", "kid": keys.current().active.id}
	claims := object{
		"iss": testIssuer, "aud": testAudience, "sub": goodClaims.Subject.String(), "client_id": "console", "jti": "1",
		"iat": past, "exp": past + 300, "scope": "",
	}
	if _, err := issuerOf(keys).Verify(forge(t, stranger, header, claims)); codeOf(err) != "invalid_token" {
		t.Errorf("a stranger's expired token: %v, want invalid_token", err)
	}
	if _, err := issuerOf(keys).Verify(forge(t, keys.current().active.private, header, claims)); codeOf(err) != "token_expired" {
		t.Errorf("control, our expired token: %v, want token_expired", err)
	}
}

func FuzzVerify(f *testing.F) {
	keys, _ := openKeys(f)
	issuer := issuerOf(keys)
	good, bad := badTokens(f, keys)
	for _, token := range bad {
		f.Add([]byte(token))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		if _, err := issuer.Verify(string(token)); err == nil && !bytes.Equal(token, []byte(good)) {
			t.Errorf("accepted %q", token)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	keys, _ := openKeys(b)
	issuer, token := issuerOf(keys), issue(b, keys)
	for b.Loop() {
		if _, err := issuer.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
