package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const (
	jars  = "/v1/jars"
	oneID = "/v1/jars/0198c0de-0000-7000-8000-000000000001"
	key   = "Idempotency-Key: k1"
)

func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for _, c := range []struct {
		name, body string
		status     int
		code       string
		pointers   []string
	}{
		{"well-formed", `{"label":"oil","size":2}`, 201, "", nil},
		{"unknown property", `{"label":"oil","colour":"red"}`, 400, "invalid_input", []string{"/colour"}},
		{"wrong casing", `{"Label":"oil"}`, 400, "invalid_input", []string{"/label", "/Label"}},
		{"duplicate", `{"label":"oil","label":"gas"}`, 400, "malformed_json", []string{"/label"}},
		{"duplicate inside", `{"label":"oil","inner":{"names":["a"],"names":[]}}`, 400, "malformed_json", []string{"/inner/names"}},
		{"duplicate by escape", `{"label":"oil","\u006cabel":"gas"}`, 400, "malformed_json", []string{"/label"}},
		{"trailing data", `{"label":"oil"} {}`, 400, "malformed_json", nil},
		{"trailing comma", `{"label":"oil",}`, 400, "malformed_json", nil},
		{"cut short", `{"label":"oil"`, 400, "malformed_json", nil},
		{"NUL", `{"label":"o\u0000l"}`, 400, "malformed_json", []string{"/label"}},
		{"NUL in a list", `{"label":"oil","lids":["a","b\u0000"]}`, 400, "malformed_json", []string{"/lids/1"}},
		{"NUL in a name", `{"label":"oil","a\u0000":1}`, 400, "malformed_json", []string{""}},
		{"raw NUL", "{\"label\":\"o\x00l\"}", 400, "malformed_json", nil},
		{"not UTF-8", "{\"label\":\"o\xffl\"}", 400, "malformed_json", nil},
		{"too deep", `{"label":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 400, "malformed_json", []string{"/label" + strings.Repeat("/0", 32)}},
		{"wrong types", `{"label":7,"size":"2"}`, 400, "invalid_input", []string{"/label", "/size"}},
		{"every fault at once", `{"size":12,"kind":"tin","on":"soon","lids":["a","a","b"]}`, 400, "invalid_input", []string{"/kind", "/label", "/lids", "/lids", "/on", "/size"}},
		{"required inside", `{"label":"oil","inner":{}}`, 400, "invalid_input", []string{"/inner/names"}},
		{"a fraction", `{"label":"oil","size":1.5}`, 400, "invalid_input", []string{"/size"}},
		{"not an object", `[]`, 400, "invalid_input", []string{""}},
		{"null for nothing", `{"label":"oil","size":null,"inner":{"names":["a"],"lid":null}}`, 400, "invalid_input", []string{"/inner/lid", "/size"}},
		{"null for a list", `{"label":null,"lids":null,"kind":"tin"}`, 400, "invalid_input", []string{"/lids", "/kind", "/label"}},
		{"null", `null`, 400, "invalid_input", []string{""}},
		{"nothing", ``, 400, "body_required", nil},
		{"1 MiB and more", `{"label":"` + strings.Repeat("x", maxBody) + `"}`, 413, "body_too_large", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv.do(t, "POST", jars, c.body, key).want(t, c.status, c.code, c.pointers...)
		})
	}
}

// The control: encoding/json lets these pass. The day it refuses them all, parseStrictly can go.
func TestStrictParserIsNeeded(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":1,"a":2}`, `{"a":"\u0000"}`, "\"\xff\""} {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Errorf("encoding/json refuses %q: %v", body, err)
		}
		if _, err := parseStrictly([]byte(body)); err == nil {
			t.Errorf("%q passed", body)
		}
	}
	if _, err := parseStrictly([]byte(`{"a":[1,{"b":null}],"c":"ا"}`)); err != nil {
		t.Error(err)
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for contentType, status := range map[string]int{
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "application/json; charset=latin1": 415, "text/x+json": 415, "application/": 415,
		"application/json": 201, "application/json; charset=UTF-8": 201, "Application/JSON": 201,
	} {
		code := map[int]string{415: "unsupported_media_type"}[status]
		srv.do(t, "POST", jars, `{"label":"oil"}`, key, "Content-Type: "+contentType).want(t, status, code)
	}
}

func TestURLsAreReadStrictly(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for _, c := range []struct {
		path     string
		status   int
		code     string
		pointers []string
	}{
		{jars + "?near=%D9%8A%D8%B7%D8%A7", 200, "", nil},
		{jars + "?colour=red", 400, "invalid_input", []string{"?colour"}},
		{jars + "?Kind=glass", 400, "invalid_input", []string{"?Kind"}},
		{jars + "?kind=tin&limit=101", 400, "invalid_input", []string{"?limit", "?kind"}},
		{jars + "?colour=red&Kind=glass&limit=101&kind=tin", 400, "invalid_input", []string{"?Kind", "?colour", "?limit", "?kind"}},
		{jars + "?limit=&near=", 400, "invalid_input", []string{"?limit", "?near"}},
		{jars + "?limit=many", 400, "invalid_input", []string{"?limit"}},
		{jars + "?near=a%00b", 400, "malformed_query", nil},
		{jars + "?near=%ff", 400, "malformed_query", nil},
		{jars + "?near=%zz", 400, "malformed_query", nil},
		{jars + "?near=a;b=c", 400, "malformed_query", nil},
		{jars + "?limit=1&limit=2", 400, "malformed_query", nil},
		{jars + "?near", 400, "malformed_query", nil},
		{jars + "/a%00b", 400, "malformed_path", nil},
		{jars + "/%ff", 400, "malformed_path", nil},
		{jars + "/seven", 400, "invalid_input", []string{"{id}"}},
		{"/v1/fail", 400, "invalid_input", []string{"?how"}},
		{"/v1//jars", 404, "no_such_resource", nil},
		{"/v1/../v1/jars", 404, "no_such_resource", nil},
		{"/v2/jars", 404, "no_such_resource", nil},
		{"/", 404, "no_such_resource", nil},
	} {
		srv.do(t, "GET", c.path, "").want(t, c.status, c.code, c.pointers...)
	}
	a := srv.do(t, "DELETE", jars, "")
	a.want(t, 405, "method_not_allowed")
	if allow := a.Header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %q", allow)
	}
}

// What was sent never comes back, neither as a value nor as a name.
func TestNothingIsEchoed(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	const person = "401234567"
	for _, a := range []answered{
		srv.do(t, "POST", jars, `{"label":`+person+`}`, key),
		srv.do(t, "POST", jars, `{"label":"x","kind":"`+person+`"}`, key),
		srv.do(t, "POST", jars, `{"label":"x","`+person+`":1}`, key),
		srv.do(t, "POST", jars, `{"label":"x","`+person+`":1,"`+person+`":1}`, key),
		srv.do(t, "POST", jars, person, key),
		srv.do(t, "POST", jars, `"`+person, key),
		srv.do(t, "GET", jars+"?"+person+"=1", ""),
		srv.do(t, "GET", jars+"?kind="+person, ""),
		srv.do(t, "GET", jars+"/"+person, ""),
		srv.do(t, "GET", "/"+person, ""),
		srv.do(t, "GET", jars+"?cursor="+person, ""),
	} {
		if a.StatusCode < 400 || strings.Contains(a.body, person) {
			t.Errorf("%d %s", a.StatusCode, a.body)
		}
	}
	srv.do(t, "GET", jars+"?near="+person, "").want(t, 200, "")
	if strings.Contains(srv.log.String(), person) {
		t.Error("the log repeats what was sent")
	}
}

func TestAccidentsStayInside(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for how, want := range map[string]struct {
		status int
		code   string
	}{"panic": {500, "internal"}, "leak": {500, "internal"}, "internal": {500, "internal"}, "busy": {503, "busy"}} {
		a := srv.do(t, "GET", "/v1/fail?how="+how, "")
		a.want(t, want.status, want.code)
		if strings.Contains(a.body, "hunter2") || strings.Contains(a.body, "lid stuck") {
			t.Errorf("%s: the answer tells: %s", how, a.body)
		}
		if how != "panic" && !strings.Contains(srv.log.String(), "hunter2") {
			t.Errorf("%s: the log does not tell", how)
		}
	}
	if log := srv.log.String(); !strings.Contains(log, "lid stuck") || !strings.Contains(log, "harden") && !strings.Contains(log, "shell_test.go") {
		t.Error("the log has no trace of the panic")
	}
	srv.do(t, "GET", "/readyz", "", "Authorization:").want(t, 503, "not_ready")
	srv.do(t, "GET", "/healthz", "", "Authorization:").want(t, 200, "")
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for _, path := range []string{jars, "/nowhere", "/v1/fail?how=panic", "/v1/fail?how=leak"} {
		a := srv.do(t, "GET", path, "", "X-Request-Id: mine-1")
		for name, want := range map[string]string{
			"X-Request-Id": "mine-1", "API-Version": "9.8.7", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for _, bad := range []string{"", "a b", strings.Repeat("x", 65), "é", "-x"} {
		if got := srv.do(t, "GET", jars, "", "X-Request-Id: "+bad).Header.Get("X-Request-Id"); got == bad || len(got) != 36 {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for accept, want := range map[string]string{
		"": "en", "*": "en", "ar": "ar", "ar-PS,en;q=0.5": "ar", "en, ar;q=0.9": "en", "fr, ar;q=0.4": "ar", "fr": "en",
		"en;q=0.1, ar": "ar", ";;;": "en", strings.Repeat("ar,", 200): "en",
	} {
		a := srv.do(t, "GET", "/v1/fail?how=rule", "", "Accept-Language: "+accept)
		a.want(t, 422, "lid_stuck", "/lid")
		if got := a.Header.Get("Content-Language"); got != want {
			t.Errorf("%q: Content-Language %q, want %q", accept, got, want)
		}
		if arabic := a.problem.Detail == "الغطاء عالق." && a.problem.Errors[0].Detail == "عالق" && a.problem.Title == "قاعدة تمنع ذلك"; arabic != (want == "ar") {
			t.Errorf("%q: %s", accept, a.body)
		}
	}
	a := srv.do(t, "POST", jars, `{"label":"oil","size":12,"kind":"tin"}`, key, "Accept-Language: ar")
	a.want(t, http.StatusBadRequest, "invalid_input", "/kind", "/size")
	if a.problem.Errors[1].Detail != "يجب ألا يزيد على 9" || a.problem.Errors[0].Detail != "يجب أن يكون واحدًا من: glass, clay" {
		t.Errorf("validation in Arabic: %s", a.body)
	}
}
