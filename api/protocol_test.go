package api

import (
	"net/url"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for header, code := range map[string]string{
		"": "token_required", "Basic abc": "token_required", "Bearer": "token_required", "Bearer a b": "token_required",
		"Bearer nobody": "token_invalid", "Bearer full": "", "bearer full": "",
	} {
		a := srv.do(t, "GET", jars, "", "Authorization: "+header)
		if code == "" {
			a.want(t, 200, "")
			continue
		}
		a.want(t, 401, code)
		want := `Bearer realm="tahweel"`
		if code == "token_invalid" {
			want += `, error="invalid_token"`
		}
		if got := a.Header.Get("WWW-Authenticate"); got != want {
			t.Errorf("%q: WWW-Authenticate: %s", header, got)
		}
	}
	a := srv.do(t, "GET", jars, "", "Authorization: Bearer empty")
	a.want(t, 403, "insufficient_scope")
	if got := a.Header.Get("WWW-Authenticate"); !strings.Contains(got, `scope="jars"`) {
		t.Errorf("WWW-Authenticate: %s", got)
	}
	srv.do(t, "GET", jars+"?access_token=full", "", "Authorization:").want(t, 401, "token_required")
	if !strings.Contains(srv.log.String(), srv.account.String()) || strings.Contains(srv.log.String(), "Bearer") {
		t.Error("the log must name the account and never the token")
	}
}

// The order of policy.md: 401, then 400 or 428, then 403.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	move, good := oneID+"/move", `{"label":"oil"}`
	srv.do(t, "POST", move, `{"bad`, "Authorization:").want(t, 401, "token_required")
	srv.do(t, "POST", move, `{"bad`, "Authorization: Bearer empty").want(t, 400, "malformed_json")
	srv.do(t, "POST", move, good, "Authorization: Bearer empty", `If-Match: "1"`).want(t, 400, "invalid_input", "Idempotency-Key:")
	srv.do(t, "POST", move, good, "Authorization: Bearer empty", key).want(t, 428, "if_match_required")
	srv.do(t, "POST", move, good, "Authorization: Bearer empty", key, `If-Match: "1"`).want(t, 403, "insufficient_scope")
	if len(srv.moves) != 0 {
		t.Fatal("a refused request reached the operation")
	}
	srv.do(t, "POST", move, good, key, `If-Match: "1"`).want(t, 200, "")
	srv.do(t, "POST", move, "", key, `If-Match: "1"`).want(t, 200, "")
	if len(srv.moves) != 2 {
		t.Fatal("a good request did not reach the operation")
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for header, version := range map[string]int{`"3"`: 3, `"12-0f343b0931126a20"`: 12} {
		srv.do(t, "POST", oneID+"/move", "", key, "If-Match: "+header).want(t, 200, "")
		if got := srv.moves[len(srv.moves)-1].version; got != version {
			t.Errorf("%s: version %d", header, got)
		}
	}
	for _, header := range []string{"*", "3", `W/"3"`, `"0"`, `"-1"`, `"3", "4"`, `"9999999999"`, `"3-xyz"`, `""`} {
		srv.do(t, "POST", oneID+"/move", "", key, "If-Match: "+header).want(t, 400, "malformed_if_match")
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	a := srv.do(t, "GET", oneID, "")
	tag := a.Header.Get("ETag")
	if !ifMatch.MatchString(tag) || !strings.HasPrefix(tag, `"3-`) {
		t.Fatalf("ETag: %s", tag)
	}
	for _, header := range []string{tag, "W/" + tag, `"1", ` + tag, "*"} {
		if b := srv.do(t, "GET", oneID, "", "If-None-Match: "+header); b.StatusCode != 304 || b.body != "" || b.Header.Get("ETag") != tag {
			t.Errorf("%s: %d %q", header, b.StatusCode, b.body)
		}
	}
	srv.do(t, "GET", oneID, "", `If-None-Match: "3"`).want(t, 200, "")
	other := srv.do(t, "GET", strings.Replace(oneID, "1", "2", 1), "")
	if other.Header.Get("ETag") == tag {
		t.Error("another body has the same ETag")
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	move := oneID + "/move"
	for _, bad := range []string{"", "a b", strings.Repeat("k", 256), "é"} {
		srv.do(t, "POST", move, "", "Idempotency-Key: "+bad, `If-Match: "1"`).want(t, 400, "invalid_input", "Idempotency-Key:")
	}
	same := []string{`{"label":"oil","size":2}`, `{ "size": 2, "label": "\u006fil" }`}
	for _, body := range append(same, `{"label":"oil","size":3}`, "") {
		srv.do(t, "POST", move, body, key, `If-Match: "1"`).want(t, 200, "")
	}
	srv.do(t, "POST", strings.Replace(move, "0198", "0199", 1), same[0], key, `If-Match: "2"`).want(t, 200, "")
	p := srv.prints
	if p[0] != p[1] {
		t.Error("the same request written differently has another fingerprint")
	}
	if p[0] == p[2] || p[0] == p[3] || p[0] == p[4] {
		t.Error("another body or path has the same fingerprint")
	}
	if got := srv.do(t, "POST", jars, `{"label":"oil"}`, "Idempotency-Key: again").Header.Get("Idempotency-Replayed"); got != "true" {
		t.Errorf("Idempotency-Replayed: %q", got)
	}
	if _, there := srv.do(t, "POST", jars, `{"label":"oil"}`, key).Header["Idempotency-Replayed"]; there {
		t.Error("a first answer says that it is a replay")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	a := srv.do(t, "GET", jars+"?kind=clay&near=%D9%8A%D8%B7%D8%A7", "")
	link, rel, _ := strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">; ")
	if rel != `rel="next"` || !strings.HasPrefix(link, jars+"?") {
		t.Fatalf("Link: %s", a.Header.Get("Link"))
	}
	b := srv.do(t, "GET", link, "")
	b.want(t, 200, "")
	if !strings.Contains(b.body, `"size":2`) {
		t.Errorf("the second page: %s", b.body)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	cursor := url.QueryEscape(u.Query().Get("cursor"))
	for _, bad := range []string{
		"?kind=glass&cursor=" + cursor, "?cursor=" + cursor, "?kind=clay&cursor=x" + cursor, "?kind=clay&cursor=e30", "?kind=clay&cursor=%21",
	} {
		srv.do(t, "GET", jars+bad, "").want(t, 400, "invalid_cursor", "?cursor")
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	a := srv.do(t, "GET", "/docs", "", "Authorization:")
	for _, part := range []string{"create-jar", "Idempotency-Key", `dir="rtl"`, "&#34;label&#34;: &#34;oil&#34;", "width=device-width"} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if strings.Contains(a.body, "<script") || strings.Contains(a.body, "http://") || strings.Contains(a.body, "//unpkg") {
		t.Error("the page loads something")
	}
	csp := a.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", csp)
	}
	y := srv.do(t, "GET", "/openapi.yaml", "", "Authorization:")
	if y.StatusCode != 200 || !strings.Contains(y.body, "openapi: 3.1.0") || strings.Contains(y.body, srv.URL) {
		t.Errorf("openapi.yaml: %d", y.StatusCode)
	}
}
