package identity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	testIssuer   = "https://tahweel.example"
	testAudience = "https://tahweel.example/v1"
)

var (
	testNow    = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	goodClaims = Claims{
		Subject: uuid.MustParse("01912f00-0000-7000-8000-000000000001"), ClientID: "console",
		Scopes: []string{"referrals.read", "referrals.write"}, OwnSession: true,
	}
)

func testClock() time.Time { return testNow }

func TestIssuedTokensVerify(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	issuer := issuerOf(keys)
	for name, claims := range map[string]Claims{
		"person":    goodClaims,
		"machine":   {Subject: goodClaims.Subject, ClientID: "ngo-1", Scopes: []string{"events.read"}},
		"no scopes": {Subject: goodClaims.Subject, ClientID: "ngo-1"},
	} {
		token, err := issuer.Issue(claims, 5*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		got, err := issuer.Verify(token)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Subject != claims.Subject || got.ClientID != claims.ClientID || got.OwnSession != claims.OwnSession ||
			!slices.Equal(got.Scopes, claims.Scopes) || !got.IssuedAt.Equal(testNow) ||
			!got.ExpiresAt.Equal(testNow.Add(5*time.Minute)) || got.ID == "" {
			t.Errorf("%s: %+v, want %+v", name, got, claims)
		}
		again, err := issuer.Issue(claims, 5*time.Minute)
		if err != nil || again == token {
			t.Errorf("%s: two tokens are one (%v)", name, err)
		}
	}
}

func TestIssueRefusesWhatVerifyWould(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	issuer := issuerOf(keys)
	with := func(change func(*Claims)) Claims {
		c := goodClaims
		change(&c)
		return c
	}
	for name, try := range map[string]struct {
		claims   Claims
		lifetime time.Duration
	}{
		"no account":    {with(func(c *Claims) { c.Subject = uuid.Nil }), time.Minute},
		"no client":     {with(func(c *Claims) { c.ClientID = "" }), time.Minute},
		"empty scope":   {with(func(c *Claims) { c.Scopes = []string{""} }), time.Minute},
		"two in one":    {with(func(c *Claims) { c.Scopes = []string{"a b"} }), time.Minute},
		"no lifetime":   {goodClaims, 0},
		"too short":     {goodClaims, time.Millisecond},
		"backwards":     {goodClaims, -time.Minute},
		"beyond a life": {goodClaims, 10*time.Minute + time.Second},
	} {
		if token, err := issuer.Issue(try.claims, try.lifetime); err == nil {
			t.Errorf("%s: issued %d bytes", name, len(token))
		}
	}
	if _, err := issuer.Issue(goodClaims, 10*time.Minute); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestATokenLivesUntilItsExpiry(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	token := issue(t, keys)
	for _, at := range []struct {
		after time.Duration
		code  string
	}{
		{-time.Minute, ""}, // another server's clock, ahead by the skew
		{-time.Minute - time.Second, "invalid_token"},
		{0, ""},
		{5*time.Minute - time.Nanosecond, ""},
		{5 * time.Minute, "token_expired"},
		{24 * time.Hour, "token_expired"},
	} {
		later := NewIssuer(keys, testIssuer, testAudience, func() time.Time { return testNow.Add(at.after) }, 10*time.Minute)
		_, err := later.Verify(token)
		if got := codeOf(err); got != at.code {
			t.Errorf("%v after issue: %q, want %q", at.after, got, at.code)
		}
	}
}

func TestAShorterMaximumEndsLongTokens(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	demonstration := NewIssuer(keys, testIssuer, testAudience, testClock, 24*time.Hour)
	token, err := demonstration.Issue(goodClaims, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demonstration.Verify(token); err != nil {
		t.Errorf("the demonstration refuses its own token: %v", err)
	}
	if _, err := issuerOf(keys).Verify(token); codeOf(err) != "invalid_token" {
		t.Errorf("a service accepts a token of the demonstration: %v", err)
	}
}

func TestScopeWords(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "a b", "a\"", `a\`, "a\x7f", "a\n", "إ", strings.Repeat("a", 3) + "\x00"} {
		if isScope(s) {
			t.Errorf("%q passes for a scope", s)
		}
	}
	if !isScope("referrals.read") {
		t.Error("control: referrals.read is a scope")
	}
}
