package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/internal/fault"
	"tahweel/policy"
)

// shelf is a service in memory that keeps the contract: the good one of which the broken variants differ in one thing each.
type shelf struct {
	mu    sync.Mutex
	jars  []shelved
	done  map[string]doneOnce
	moves int
	lax   bool // variant: a key is good for any payload
}

type shelved struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	Label   string    `json:"label"`
}

type doneOnce struct {
	print string
	id    uuid.UUID
}

type shelfPage struct {
	Items      []shelved `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

type listShelf struct {
	Paged
	Kind string `query:"kind" enum:"glass,clay"`
}

type wantedJar struct {
	Label string `json:"label" minLength:"1" maxLength:"40"`
	Kind  string `json:"kind,omitempty" enum:"glass,clay"`
}

type makeShelved struct {
	Keyed
	Body wantedJar
}

type moveShelved struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body *Nothing
}

// once runs an effect once for a key, and returns the jar as it is now.
func (f *shelf) once(ctx context.Context, k Keyed, effect func() (uuid.UUID, error)) (shelved, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	once := k.once(ctx)
	if d, there := f.done[once.Key]; there {
		if !f.lax && d.print != string(once.Fingerprint) {
			return shelved{}, false, fault.New(fault.Refused, "idempotency_key_reused", "Another request had this key.", "سبق استعمال هذا المفتاح.")
		}
		return f.jars[f.index(d.id)], true, nil
	}
	id, err := effect()
	if err != nil {
		return shelved{}, false, err
	}
	f.done[once.Key] = doneOnce{string(once.Fingerprint), id}
	f.moves++
	return f.jars[f.index(id)], false, nil
}

func (f *shelf) index(id uuid.UUID) int {
	return slices.IndexFunc(f.jars, func(j shelved) bool { return j.ID == id })
}

func noSuchJar() error {
	return fault.New(fault.NotFound, "not_found", "There is no such jar.", "لا توجد جرة كهذه.")
}

func (f *shelf) register(s *shell) {
	op := func(id, method, path string) operation {
		return operation{id: id, method: method, path: path, tag: "service", summary: id, description: id, scope: "jars"}
	}
	register(s, op("list-jars", "GET", "/v1/jars"), func(ctx context.Context, in *listShelf) (*page[shelfPage], error) {
		at := 0
		if _, err := openCursor(in.Cursor, &at, in.Kind); err != nil {
			return nil, err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		body, next := shelfPage{Items: f.jars[min(at, len(f.jars)):min(at+in.Limit, len(f.jars))]}, ""
		if at+in.Limit < len(f.jars) {
			next, _ = sealCursor(at+in.Limit, in.Kind)
		}
		body.NextCursor = next
		return newPage(ctx, body, next), nil
	})
	register(s, op("get-jar", "GET", "/v1/jars/{id}"), func(_ context.Context, in *readJar) (*entity[shelved], error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		i := f.index(in.ID)
		if i < 0 {
			return nil, noSuchJar()
		}
		return newEntity(f.jars[i].Version, f.jars[i], in.Conditional)
	})
	create := op("create-jar", "POST", "/v1/jars")
	create.status, create.request = 201, wantedJar{Label: "oil", Kind: "clay"}
	register(s, create, func(ctx context.Context, in *makeShelved) (*entity[shelved], error) {
		jar, replay, err := f.once(ctx, in.Keyed, func() (uuid.UUID, error) {
			f.jars = append(f.jars, shelved{uuid.New(), 1, in.Body.Label})
			return f.jars[len(f.jars)-1].ID, nil
		})
		if err != nil {
			return nil, err
		}
		return written(201, jar.Version, jar, replay)
	})
	register(s, op("move-jar", "POST", "/v1/jars/{id}/move"), func(ctx context.Context, in *moveShelved) (*entity[shelved], error) {
		jar, replay, err := f.once(ctx, in.Keyed, func() (uuid.UUID, error) {
			i := f.index(in.ID)
			if i < 0 {
				return in.ID, noSuchJar()
			}
			if f.jars[i].Version != in.version {
				return in.ID, fault.New(fault.Conflict, "version_conflict", "Somebody moved it.", "حرّكها أحدهم.")
			}
			f.jars[i].Version++
			return in.ID, nil
		})
		if err != nil {
			return nil, err
		}
		return written(200, jar.Version, jar, replay)
	})
}

// shelfHolding is the shelf behind the real shell, with one thing broken on the way in or out; nothing if spoil is nil.
func shelfHolding(t *testing.T, v variant) *holding {
	t.Helper()
	f := &shelf{done: map[string]doneOnce{}, lax: v.lax, jars: []shelved{{uuid.New(), 1, "a"}, {uuid.New(), 1, "b"}, {uuid.New(), 1, "c"}}}
	log := &lines{}
	s := newShell(Config{
		Identity: shelfKeys{}, Log: slog.New(slog.NewJSONHandler(log, nil)), Clock: time.Now, Version: "1.2.3",
	})
	f.register(s)
	if v.add != nil {
		v.add(s)
	}
	document, err := s.huma.OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	load := apitest.Load
	if v.add == nil {
		load = shelfContract
	}
	contract, err := load(document)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = s
	if !v.boundless {
		handler = http.MaxBytesHandler(s, maxBody)
	}
	if v.spoil != nil {
		handler = v.spoil(handler, log)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return &holding{
		contract: contract, client: srv.Client(), url: srv.URL, actors: []string{"potter"}, words: apitest.Words{},
		token: func(_ string, scopes ...string) string { return "potter-" + strings.Join(scopes, "-") }, logged: log.String,
		state: func() string {
			f.mu.Lock()
			defer f.mu.Unlock()
			return strconv.Itoa(f.moves)
		},
	}
}

var shelfLoaded struct {
	once     sync.Once
	contract *apitest.Contract
	err      error
}

// shelfContract reads the contract that all variants share once.
func shelfContract(document []byte, _ ...string) (*apitest.Contract, error) {
	shelfLoaded.once.Do(func() { shelfLoaded.contract, shelfLoaded.err = apitest.Load(document) })
	return shelfLoaded.contract, shelfLoaded.err
}

// shelfKeys takes "potter-" with the scopes that the token has.
type shelfKeys struct{}

func (shelfKeys) Actor(_ context.Context, token string) (policy.Actor, error) {
	scopes, ok := strings.CutPrefix(token, "potter-")
	if !ok {
		return policy.Actor{}, fault.New(fault.Unauthenticated, "invalid_token", "The token is not valid.", "رمز الدخول غير صالح.")
	}
	return policy.Actor{AccountID: uuid.NewSHA1(uuid.Nil, []byte("potter")), Kind: policy.Person, Scopes: []string{scopes}}, nil
}

// variant is the shelf with one thing broken; the assertion that names it must complain.
type variant struct {
	name      string
	caught    string
	spoil     func(http.Handler, io.Writer) http.Handler
	add       func(*shell)
	lax       bool
	boundless bool
}

// in breaks what comes in.
func in(change func(*http.Request)) func(http.Handler, io.Writer) http.Handler {
	return func(next http.Handler, _ io.Writer) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			next.ServeHTTP(w, r)
		})
	}
}

// out breaks what goes out.
func out(change func(*http.Request, *httptest.ResponseRecorder)) func(http.Handler, io.Writer) http.Handler {
	return func(next http.Handler, _ io.Writer) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			change(r, rec)
			for name, values := range rec.Header() {
				w.Header()[name] = values
			}
			w.Header().Del("Content-Length")
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}
}

// body rewrites the body of a request.
func body(change func([]byte) []byte) func(http.Handler, io.Writer) http.Handler {
	return in(func(r *http.Request) {
		if r.Header.Get("Content-Type") != apitest.JSON {
			return
		}
		b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
		if err != nil {
			b = []byte(`{"label":"` + strings.Repeat("x", maxBody) + `"}`)
		}
		b = change(b)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	})
}

func absent(name, value string) func(http.Handler, io.Writer) http.Handler {
	return in(func(r *http.Request) {
		if r.Header.Get(name) == "" && r.Method == http.MethodPost {
			r.Header.Set(name, value)
		}
	})
}

func refusal(change func(*http.Request, map[string]any)) func(http.Handler, io.Writer) http.Handler {
	return out(func(r *http.Request, rec *httptest.ResponseRecorder) {
		var p map[string]any
		if rec.Code < 400 || json.Unmarshal(rec.Body.Bytes(), &p) != nil {
			return
		}
		change(r, p)
		rec.Body.Reset()
		_ = marshal(rec.Body, p)
	})
}

func dropped(name string) func(http.Handler, io.Writer) http.Handler {
	return out(func(_ *http.Request, rec *httptest.ResponseRecorder) { rec.Header().Del(name) })
}

func swapped(from, to string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(from), []byte(to)) }
}

// without takes a parameter out of the query.
func without(name string, when func(*http.Request) bool) func(http.Handler, io.Writer) http.Handler {
	return in(func(r *http.Request) {
		if q := r.URL.Query(); when(r) {
			q.Del(name)
			r.URL.RawQuery = q.Encode()
		}
	})
}

func anyRequest(*http.Request) bool { return true }

var variants = []variant{
	{name: "a token is not needed", caught: "no token", spoil: in(func(r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			r.Header.Set("Authorization", "Bearer potter-jars")
		}
	})},
	{name: "any token will do", caught: "bad token", spoil: in(func(r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer nonsense" {
			r.Header.Set("Authorization", "Bearer potter-jars")
		}
	})},
	{name: "scopes are not looked at", caught: "no scope", spoil: in(func(r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer potter-" {
			r.Header.Set("Authorization", "Bearer potter-jars")
		}
	})},
	{name: "no challenge", caught: "problem", spoil: dropped("WWW-Authenticate")},
	{name: "a missing content type is JSON", caught: "no content type", spoil: absent("Content-Type", apitest.JSON)},
	{name: "any content type is JSON", caught: "another content type", spoil: in(func(r *http.Request) { r.Header.Set("Content-Type", apitest.JSON) })},
	{name: "unknown fields are dropped", caught: "unknown field", spoil: body(swapped(`"zz_unknown":1,`, ""))},
	{name: "the last of two fields counts", caught: "duplicate field", spoil: body(swapped(`"zz_unknown":1,"zz_unknown":1`, `"zz_unknown":1`))},
	{name: "NUL passes", caught: "NUL in the body", spoil: body(swapped(`\u0000`, "x"))},
	{name: "broken UTF-8 is mended", caught: "broken UTF-8 in the body", spoil: body(func(b []byte) []byte { return bytes.ToValidUTF8(b, []byte("?")) })},
	{name: "what trails is left", caught: "trailing data", spoil: body(swapped("}{}", "}"))},
	{name: "JSON is mended", caught: "malformed JSON", spoil: body(func(b []byte) []byte {
		if len(b) > 0 && b[0] != '{' {
			return append([]byte("{"), b...)
		}
		return b
	})},
	{name: "a body has no limit", caught: "body limit", boundless: true},
	{name: "unknown parameters pass", caught: "unknown query parameter", spoil: without(strange, anyRequest)},
	{name: "NUL in a query passes", caught: "NUL in the query", spoil: without(strange, func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "%00") })},
	{name: "the first of two parameters counts", caught: "a query parameter twice", spoil: in(func(r *http.Request) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "zz_unknown=1&zz_unknown=2", "", 1)
	})},
	{name: "a path is cut at NUL", caught: "NUL in the path", spoil: in(func(r *http.Request) {
		r.URL.Path, r.URL.RawPath = strings.ReplaceAll(r.URL.Path, "\x00", ""), ""
	})},
	{name: "a UUID is made up", caught: "no UUID in the path", spoil: in(func(r *http.Request) {
		r.URL.Path = strings.Replace(r.URL.Path, "seven", "0198c0de-0000-7000-8000-000000000001", 1)
	})},
	{name: "a key is made up", caught: "no Idempotency-Key", spoil: in(func(r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
			r.Header.Set("Idempotency-Key", newKey())
		}
	})},
	{name: "a version is made up", caught: "no If-Match", spoil: absent("If-Match", `"1"`)},
	{name: "any version will do", caught: "If-Match without a version", spoil: in(func(r *http.Request) {
		if r.Header.Get("If-Match") == "*" {
			r.Header.Set("If-Match", `"1"`)
		}
	})},
	{name: "one fault hides another", caught: "every fault at once", spoil: refusal(func(_ *http.Request, p map[string]any) {
		if list, _ := p["errors"].([]any); len(list) > 1 {
			p["errors"] = list[:1]
		}
	})},
	{name: "keys are not kept", caught: "replay", spoil: in(func(r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") != "" {
			r.Header.Set("Idempotency-Key", newKey())
		}
	})},
	{name: "a replay does not say so", caught: "replay", spoil: dropped("Idempotency-Replayed")},
	{name: "a key holds for any payload", caught: "another payload", lax: true},
	{name: "the last writer wins", caught: "stale", spoil: func(next http.Handler, _ io.Writer) http.Handler {
		version := 1
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if m := ifMatch.FindStringSubmatch(r.Header.Get("If-Match")); m != nil {
				r.Header.Set("If-Match", strconv.Quote(strconv.Itoa(version)))
			}
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			if rec.Code == http.StatusOK && r.Method == http.MethodPost && rec.Header().Get("Idempotency-Replayed") == "" {
				version++
			}
			for name, values := range rec.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}},
	{name: "a read is always whole", caught: "ETag", spoil: in(func(r *http.Request) { r.Header.Del("If-None-Match") })},
	{name: "a read has no ETag", caught: "ETag", spoil: dropped("ETag")},
	{name: "limit is not kept", caught: "pages", spoil: without("limit", anyRequest)},
	{name: "no Link", caught: "pages", spoil: dropped("Link")},
	{name: "the first page again and again", caught: "pages", spoil: without("cursor", anyRequest)},
	{name: "a cursor holds for any filter", caught: "cursor", spoil: without("kind", anyRequest)},
	{name: "English alone", caught: "language", spoil: in(func(r *http.Request) { r.Header.Set("Accept-Language", "en") })},
	{name: "the language is not said", caught: "language", spoil: dropped("Content-Language")},
	{name: "the Arabic is English", caught: "language", spoil: refusal(func(_ *http.Request, p map[string]any) { p["detail"] = "No." })},
	{name: "refusals are plain text", caught: "problem", spoil: out(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if rec.Code >= 400 {
			rec.Header().Set("Content-Type", "text/plain")
		}
	})},
	{name: "a code of no catalogue", caught: "problem", spoil: refusal(func(_ *http.Request, p map[string]any) { p["code"], p["type"] = "bad", "/problems/bad" })},
	{name: "the request is not named", caught: "problem", spoil: refusal(func(_ *http.Request, p map[string]any) { p["request_id"] = "" })},
	{name: "a member of a problem that is not documented", caught: "problem", spoil: refusal(func(_ *http.Request, p map[string]any) { p["stack"] = "main.go:1" })},
	{name: "what was sent is repeated", caught: "silence", spoil: refusal(func(r *http.Request, p map[string]any) {
		p["detail"] = fmt.Sprint(p["detail"], " ", r.URL.Path)
	})},
	{name: "what was sent is logged", caught: "silence", spoil: func(next http.Handler, log io.Writer) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(log, r.URL.Path)
			next.ServeHTTP(w, r)
		})
	}},
	{name: "a status that is not documented", caught: "contract", spoil: out(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if rec.Code == http.StatusNotFound {
			rec.Code = http.StatusGone
		}
	})},
	{name: "any method will do", caught: "method", spoil: out(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if rec.Code == http.StatusMethodNotAllowed {
			rec.Code = http.StatusNotFound
		}
	})},
	{name: "an operation that needs no token by accident", caught: "authentication", add: func(s *shell) {
		register(s, operation{id: "open-jar", method: "GET", path: "/v1/open", tag: "service", summary: "s", description: "d"},
			func(context.Context, *struct{}) (*healthOutput, error) {
				return &healthOutput{Body: Health{Status: "ok"}}, nil
			})
	}},
	{name: "an operation without an example", caught: "example", add: func(s *shell) {
		register(s, operation{id: "make-lid", method: "POST", path: "/v1/lids", tag: "service", summary: "s", description: "d", scope: "jars"},
			func(context.Context, *makeShelved) (*entity[shelved], error) { return nil, noSuchJar() })
	}},
	{name: "an operation that never succeeds", caught: "example", add: func(s *shell) {
		register(s, operation{
			id: "make-lid", method: "POST", path: "/v1/lids", tag: "service", summary: "s", description: "d", scope: "jars", errors: []int{404}, request: wantedJar{Label: "x"},
		}, func(context.Context, *makeShelved) (*entity[shelved], error) { return nil, noSuchJar() })
	}},
}

// TestTheAssertionsNotice is the control of TestEveryOperationKeepsTheContract: nothing is said of a service that keeps the contract,
// and each thing that a shell may do wrong is noticed by the assertion that is meant for it.
func TestTheAssertionsNotice(t *testing.T) {
	t.Parallel()
	if said := shelfHolding(t, variant{}).run(); len(said) > 0 {
		t.Fatalf("of a good service it says: %s", strings.Join(said, "\n"))
	}
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			said := shelfHolding(t, v).run()
			if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, ": "+v.caught+": ") }) {
				t.Errorf("not noticed by %q; it says: %s", v.caught, strings.Join(said, "\n"))
			}
		})
	}
}
