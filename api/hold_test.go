package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode"

	"tahweel/api/apitest"
)

// holding asserts of a running server, for every operation of its contract, what the contract promises of all of them. What does not
// hold is gathered in sentences and not told to a test, so that a control can see that it is noticed.
type holding struct {
	contract  *apitest.Contract
	client    *http.Client
	url       string
	actors    []string                                    // who may ask; one for each role
	token     func(actor string, scopes ...string) string // of an actor
	words     apitest.Words
	scenes    map[string]scene // by id of operation
	anonymous []string         // operations that are meant to need no token
	state     func() string    // a fingerprint of everything that an effect changes
	logged    func() string

	thorough   bool            // hold every answer against the document
	checked    map[string]bool // refusals that were, by operation and status
	mu         sync.Mutex
	complaints []string
	compared   map[string]bool                        // codes that were read in both languages
	items      map[string]map[string][]map[string]any // what lists show, by actor and path
	callers    map[string][]string                    // who is let in by role, by operation
}

// scene is what an operation needs that cannot be found out: how a request of it succeeds.
type scene struct {
	actor  string
	values func() map[string]string // of the path
	after  string                   // another operation, which must succeed on the same thing first
	words  apitest.Words
	fresh  map[string]func() string // words that every request uses up
	body   any
	// without names assertions that do not apply, with the reason.
	without map[string]string
}

// run holds the server to everything.
func (h *holding) run() []string {
	h.compared, h.checked = map[string]bool{}, map[string]bool{}
	h.items, h.callers = map[string]map[string][]map[string]any{}, map[string][]string{}
	operations := h.contract.Operations()
	for _, op := range operations {
		h.refusals(op)
		h.reach(op)
	}
	h.harvest(operations)
	for _, op := range operations {
		h.effect(op)
	}
	for _, op := range operations {
		h.conditional(op)
		h.pages(op)
	}
	for _, op := range operations {
		h.silence(op)
	}
	for _, word := range privateWords {
		if strings.Contains(h.logged(), word) {
			h.complain("log", "silence", "the log repeats what was sent")
		}
	}
	slices.Sort(h.complaints)
	return slices.Compact(h.complaints)
}

func (h *holding) complain(operation, assertion, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.complaints = append(h.complaints, operation+": "+assertion+": "+fmt.Sprintf(format, args...))
}

// reply is an answer that was read.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	problem Problem
}

func (r reply) ok() bool { return r.status >= 200 && r.status < 300 }

// member is a member of a JSON object that was answered.
func (r reply) member(name string) any {
	var object map[string]any
	_ = json.Unmarshal(r.body, &object)
	return object[name]
}

// send asks with the actor's token, and holds request and answer against the document. An actor "" sends no token.
func (h *holding) send(op apitest.Operation, r apitest.Request, token string) reply {
	req, err := r.HTTP(h.url)
	if err != nil {
		h.complain(op.ID, "request", "cannot be made: %v", err)
		return reply{}
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if req.Header.Get("Accept-Language") == "" {
		req.Header.Set("Accept-Language", "en")
	}
	resp, err := h.client.Do(req.WithContext(context.Background()))
	if err != nil {
		h.complain(op.ID, "request", "%v", err)
		return reply{}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.complain(op.ID, "request", "%v", err)
	}
	// The contract names no HEAD; where there is GET, there is HEAD (RFC 9110, section 9.1).
	if err := h.check(op, req, r, resp, body); err != nil && r.Method != http.MethodHead {
		h.complain(op.ID, "contract", "%s %s answered %d: %v", r.Method, r.Path, resp.StatusCode, err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header, body: body}
	if out.status >= http.StatusInternalServerError {
		h.complain(op.ID, "accident", "%s %s answered %d: %.300s", r.Method, r.Path, out.status, body)
	}
	if out.status >= http.StatusBadRequest && r.Method != http.MethodHead {
		h.shape(op, languageOf(req.Header.Get("Accept-Language")), &out)
	}
	return out
}

// check holds an exchange against the document. Refusals of an operation that have been seen are passed over, because shape reads each
// of them and the document says the same of all; unless every answer is to be held, as with generated requests.
func (h *holding) check(op apitest.Operation, req *http.Request, r apitest.Request, resp *http.Response, body []byte) error {
	seen := fmt.Sprint(op.ID, " ", r.Method, resp.StatusCode)
	if resp.StatusCode >= http.StatusBadRequest && h.checked[seen] && !h.thorough {
		return nil
	}
	h.checked[seen] = true
	return h.contract.Check(req, r.Content(), resp, body)
}

// shape asserts that a refusal is a problem (RFC 9457) with all that ours have, in the language that was asked for.
func (h *holding) shape(op apitest.Operation, lang string, r *reply) {
	if ct := r.header.Get("Content-Type"); ct != problemType {
		h.complain(op.ID, "problem", "%d has content type %q", r.status, ct)
		return
	}
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r.problem); err != nil {
		h.complain(op.ID, "problem", "%d: %v", r.status, err)
		return
	}
	p := r.problem
	if p.Status != r.status || p.Type != "/problems/"+p.Code || p.Title == "" || p.Detail == "" {
		h.complain(op.ID, "problem", "the members contradict the answer %d or are missing: %s", r.status, r.body)
	}
	if p.RequestID == "" || p.RequestID != r.header.Get("X-Request-Id") {
		h.complain(op.ID, "problem", "request_id is %q, X-Request-Id %q", p.RequestID, r.header.Get("X-Request-Id"))
	}
	if !inCatalogue(p.Code, p.Status) {
		h.complain(op.ID, "problem", "the catalogue lacks %s with %d", p.Code, p.Status)
	}
	if got := r.header.Get("Content-Language"); got != lang {
		h.complain(op.ID, "language", "%s: Content-Language is %q, asked for %q", p.Code, got, lang)
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("API-Version") == "" {
		h.complain(op.ID, "problem", "%s: Cache-Control or API-Version is missing", p.Code)
	}
	texts := []string{p.Title, p.Detail}
	for _, e := range p.Errors {
		texts = append(texts, e.Detail)
	}
	for _, text := range texts {
		if arabic(text) != (lang == "ar") {
			h.complain(op.ID, "language", "%s: %q is not %s", p.Code, text, lang)
		}
	}
	for status, name := range map[int]string{401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"} {
		if r.status == status && r.header.Get(name) == "" {
			h.complain(op.ID, "problem", "%d without %s", status, name)
		}
	}
}

// arabic reports whether a text has an Arabic letter.
func arabic(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) })
}

var catalogueCodes = sync.OnceValue(func() map[string]bool {
	entries, err := catalogue()
	if err != nil {
		panic(err)
	}
	codes := map[string]bool{}
	for _, e := range entries {
		codes[fmt.Sprint(e.Code, e.Status)] = true
	}
	return codes
})

func inCatalogue(code string, status int) bool { return catalogueCodes()[fmt.Sprint(code, status)] }

// example is a request for the operation that keeps to the contract, about something that does not exist.
func (h *holding) example(op apitest.Operation) (apitest.Request, bool) {
	words := apitest.Words{}
	for name, word := range h.words {
		words[name] = word
	}
	for name, word := range h.scenes[op.ID].words {
		words[name] = word
	}
	for name, word := range h.scenes[op.ID].fresh {
		words[name] = word()
	}
	r, err := op.Example(words)
	if err != nil {
		h.complain(op.ID, "example", "%v", err)
		return r, false
	}
	if body := h.scenes[op.ID].body; body != nil {
		r.Body = body
	}
	if op.Parameter("header", "Idempotency-Key") != nil {
		r.Header.Set("Idempotency-Key", newKey())
	}
	if op.Parameter("header", "If-Match") != nil {
		r.Header.Set("If-Match", `"1"`)
	}
	return r.Clone(), true
}

// exempt reports whether the assertion does not apply to the operation.
func (h *holding) exempt(op apitest.Operation, assertion string) bool {
	_, yes := h.scenes[op.ID].without[assertion]
	return yes
}
