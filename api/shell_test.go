package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/internal/fault"
	"tahweel/policy"
)

// keys is an Authenticator with one actor per token.
type keys map[string]policy.Actor

func (k keys) Actor(_ context.Context, token string) (policy.Actor, error) {
	if a, ok := k[token]; ok {
		return a, nil
	}
	return policy.Actor{}, fault.New(fault.Unauthenticated, "token_invalid", "The token is not valid.", "رمز الدخول غير صالح.")
}

// lines is a log that a test can read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// jar is the body of the operations that exist in these tests only.
type jar struct {
	Label string   `json:"label" minLength:"1" maxLength:"40"`
	Size  int      `json:"size,omitempty" minimum:"1" maximum:"9"`
	Kind  string   `json:"kind,omitempty" enum:"glass,clay"`
	On    string   `json:"on,omitempty" format:"date"`
	Lids  []string `json:"lids,omitempty" maxItems:"2" uniqueItems:"true"`
	Inner *jarCore `json:"inner,omitempty"`
}

type jarCore struct {
	Names []string `json:"names"`
	Lid   string   `json:"lid,omitempty"`
}

type jarPage struct {
	Items      []jar  `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

const secret = "postgres://owner:hunter2@db/tahweel"

// errLeaky is what a driver might say: it must reach the log and nobody else.
var errLeaky = errors.New("dial " + secret)

type listJars struct {
	Paged
	Kind string `query:"kind" enum:"glass,clay"`
	Near string `query:"near" maxLength:"40"`
}

type readJar struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid"`
}

type makeJar struct {
	Keyed
	Body jar
}

type moveJar struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body *jar
}

type failJar struct {
	How string `query:"how" required:"true"`
}

func jarOperations(s *shell, moved func(moveJar, []byte)) {
	op := func(id, method, path string) operation {
		return operation{id: id, method: method, path: path, tag: "service", summary: id, description: id, scope: "jars"}
	}
	register(s, op("list-jars", "GET", "/v1/jars"), func(ctx context.Context, in *listJars) (*page[jarPage], error) {
		var at int
		if _, err := openCursor(in.Cursor, &at, in.Kind); err != nil {
			return nil, err
		}
		next, err := sealCursor(at+1, in.Kind)
		return newPage(ctx, jarPage{Items: []jar{{Label: "a", Size: at + 1}}, NextCursor: next}, next), err
	})
	register(s, op("get-jar", "GET", "/v1/jars/{id}"), func(_ context.Context, in *readJar) (*entity[jar], error) {
		return newEntity(3, jar{Label: in.ID.String()}, in.Conditional)
	})
	create := op("create-jar", "POST", "/v1/jars")
	create.status, create.request = 201, jar{Label: "oil"}
	register(s, create, func(_ context.Context, in *makeJar) (*entity[jar], error) {
		return written(201, 1, in.Body, in.Key == "again")
	})
	register(s, op("move-jar", "POST", "/v1/jars/{id}/move"), func(ctx context.Context, in *moveJar) (*entity[jar], error) {
		moved(*in, exchangeOf(ctx).fingerprint)
		return newEntity(in.version+1, jar{Label: "moved"}, Conditional{})
	})
	fail := op("fail-jar", "GET", "/v1/fail")
	fail.errors = []int{422}
	register(s, fail, func(_ context.Context, in *failJar) (*entity[jar], error) {
		switch in.How {
		case "panic":
			panic("lid stuck")
		case "leak":
			return nil, errLeaky
		case "internal":
			return nil, fault.New(fault.Internal, "odd", "odd "+secret, "").Because(errLeaky)
		case "busy":
			return nil, fault.New(fault.Unavailable, "busy", "Busy.", "مشغول.").Because(errLeaky)
		default:
			return nil, fault.New(fault.Refused, "lid_stuck", "The lid is stuck.", "الغطاء عالق.").At("/lid", "is stuck", "عالق")
		}
	})
}

// server is the shell over real HTTP.
type server struct {
	*httptest.Server
	log      *lines
	contract *apitest.Contract
	moves    []moveJar
	prints   []string
	account  uuid.UUID
}

func newServer(t *testing.T) *server {
	t.Helper()
	srv := &server{log: &lines{}, account: uuid.New()}
	s := newShell(Config{
		Identity: keys{
			"full":  {AccountID: srv.account, Kind: policy.Person, Scopes: []string{"jars"}},
			"empty": {AccountID: uuid.New(), Kind: policy.Client},
		},
		Log: slog.New(slog.NewJSONHandler(srv.log, nil)), Clock: time.Now, Version: "9.8.7",
	})
	jarOperations(s, func(m moveJar, print []byte) {
		srv.moves, srv.prints = append(srv.moves, m), append(srv.prints, string(print))
	})
	s.health(func(context.Context) error { return errLeaky })
	s.documents()
	s.problems()
	srv.Server = httptest.NewServer(http.MaxBytesHandler(s, maxBody))
	t.Cleanup(srv.Close)
	document, err := s.huma.OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if srv.contract, err = apitest.Load(document, "/docs", "/openapi.yaml", "/problems"); err != nil {
		t.Fatal(err)
	}
	srv.Client().Transport = srv.contract.Transport(t, srv.Client().Transport)
	srv.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return srv
}

type answered struct {
	*http.Response
	body    string
	problem Problem
}

// do sends a request with the token "full" and JSON, unless headers ("Name: value", or "Name:" to take it away) say otherwise.
func (srv *server) do(t *testing.T, method, path, body string, headers ...string) answered {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer full")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		req.Header.Del(name)
		if v := strings.TrimSpace(value); v != "" {
			req.Header.Set(name, v)
		}
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answered{Response: resp, body: string(b)}
	if resp.StatusCode >= 400 {
		if ct := resp.Header.Get("Content-Type"); ct != problemType {
			t.Errorf("%s %s: content type %q, want a problem", method, path, ct)
		}
		if err := json.Unmarshal(b, &a.problem); err != nil {
			t.Errorf("%s %s: %v in %s", method, path, err, b)
		}
		if a.problem.Status != resp.StatusCode || a.problem.RequestID != resp.Header.Get("X-Request-Id") || a.problem.Type != "/problems/"+a.problem.Code {
			t.Errorf("%s %s: the problem contradicts the answer: %s", method, path, b)
		}
	}
	return a
}

func (a answered) want(t *testing.T, status int, code string, pointers ...string) {
	t.Helper()
	if a.StatusCode != status || a.problem.Code != code {
		t.Errorf("answered %d %q, want %d %q: %s", a.StatusCode, a.problem.Code, status, code, a.body)
	}
	var got []string
	for _, e := range a.problem.Errors {
		got = append(got, e.Pointer)
	}
	if strings.Join(got, " ") != strings.Join(pointers, " ") {
		t.Errorf("pointers %q, want %q: %s", got, pointers, a.body)
	}
}
