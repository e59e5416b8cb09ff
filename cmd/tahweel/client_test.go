package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
)

// caller calls a running service in somebody's name, and has every exchange held against the contract.
type caller struct {
	t     testing.TB
	api   string
	token string
	http  *http.Client
}

func (d *sharedDemo) as(t testing.TB, player string) *caller {
	t.Helper()
	a, ok := d.ready.Actors[player]
	if !ok {
		t.Fatalf("the ready file has no %s", player)
	}
	return newCaller(t, d.ready.API, a.Token)
}

func newCaller(t testing.TB, api, token string) *caller {
	t.Helper()
	document, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := apitest.Load(document)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, api: api, token: token, http: &http.Client{Transport: contract.Transport(t, nil), Timeout: time.Minute}}
}

// answer is what came back. Keys are looked up in body by path: "instrument/number", "items/0/id".
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   any
}

// do sends a request; body nil sends none, and version 0 no If-Match. Every POST has an idempotency key of its own.
func (c *caller) do(method, path string, version int, body any) answer {
	c.t.Helper()
	return c.doOnce(method, path, version, body, uuid.NewString())
}

func (c *caller) doOnce(method, path string, version int, body any, key string) answer {
	c.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.api+path, content)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", key)
	}
	if version != 0 {
		req.Header.Set("If-Match", `"`+strconv.Itoa(version)+`"`)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{t: c.t, what: method + " " + path, status: resp.StatusCode, header: resp.Header}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.body); err != nil {
			c.t.Fatalf("%s: %v", a.what, err)
		}
	}
	return a
}

func (c *caller) get(path string) answer {
	c.t.Helper()
	return c.do(http.MethodGet, path, 0, nil)
}

func (c *caller) post(path string, body any) answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, 0, body)
}

// move makes a move of an attempt from the version.
func (c *caller) move(attempt, name string, version int, body any) answer {
	c.t.Helper()
	return c.do(http.MethodPost, "/v1/attempts/"+attempt+"/"+name, version, body)
}

// is fails the test unless the answer has the status, and for a problem the code.
func (a answer) is(status int, code ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, not %d: %v", a.what, a.status, status, a.body)
	}
	if len(code) == 1 && a.text("code") != code[0] {
		a.t.Errorf("%s: the code is %q, not %q", a.what, a.text("code"), code[0])
	}
	return a
}

// at returns the value at the path, or nil.
func (a answer) at(path string) any {
	value := a.body
	for step := range strings.SplitSeq(path, "/") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

func (a answer) number(path string) int {
	n, _ := a.at(path).(float64)
	return int(n)
}

func (a answer) list(path string) []any {
	l, _ := a.at(path).([]any)
	return l
}

// has reports whether the body has the top-level key at all, with whatever value.
func (a answer) has(key string) bool {
	m, _ := a.body.(map[string]any)
	_, ok := m[key]
	return ok
}
