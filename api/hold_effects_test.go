package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tahweel/api/apitest"
)

// harvest asks every list as every actor, and keeps what it shows: the things that operations on one thing are tried with.
func (h *holding) harvest(operations []apitest.Operation) {
	for _, actor := range h.actors {
		h.items[actor] = map[string][]map[string]any{}
	}
	for _, nested := range []bool{false, true} {
		for _, op := range operations {
			if _, list := listed(op); !list || len(op.In("path")) > 1 || (len(op.In("path")) == 1) != nested {
				continue
			}
			for _, actor := range h.callers[op.ID] {
				h.gather(op, actor)
			}
		}
	}
}

// gather keeps what the list shows to the actor: under its own path, and for a list within something under the path that its items
// have by themselves.
func (h *holding) gather(op apitest.Operation, actor string) {
	base, ok := h.example(op)
	if !ok {
		return
	}
	if limit := op.Parameter("query", "limit"); limit != nil && limit.Schema.Value.Max != nil {
		base.Query.Set("limit", jsonNumber(*limit.Schema.Value.Max))
	}
	const fewParents = 3
	for i, values := range append(h.parents(op, actor), nil) {
		if i >= fewParents || values == nil && len(op.In("path")) > 0 {
			return
		}
		r := base.Clone()
		for name, value := range values {
			r.Values[name] = value
		}
		var page struct {
			Items []map[string]any `json:"items"`
		}
		a := h.send(op, r, h.token(actor, h.contract.Scopes()...))
		if !a.ok() || json.Unmarshal(a.body, &page) != nil {
			continue
		}
		at := op.Path
		if len(values) > 0 {
			at = "/v1" + op.Path[strings.LastIndex(op.Path, "/"):]
		}
		h.items[actor][at] = append(h.items[actor][at], page.Items...)
	}
}

// listed is the schema of the items of a list, if the operation is one.
func listed(op apitest.Operation) (properties []string, yes bool) {
	_, schema := op.Success()
	if op.Method != http.MethodGet || schema == nil || schema.Properties["items"] == nil {
		return nil, false
	}
	for name := range schema.Properties["items"].Value.Items.Value.Properties {
		properties = append(properties, name)
	}
	return properties, true
}

// parents are the path values that the actor's lists offer for the first parameter of the path: of what allows the move that the
// path ends with, if it says what it allows; what needs no If-Match makes something of its own and is no move. Later parameters are taken from the words of the test.
func (h *holding) parents(op apitest.Operation, actor string) []map[string]string {
	collection, rest, there := strings.Cut(op.Path, "/{")
	if !there {
		return nil
	}
	name, rest, _ := strings.Cut(rest, "}")
	move := strings.ReplaceAll(strings.TrimPrefix(rest, "/"), "-", "_")
	var list []map[string]string
	for _, item := range h.items[actor][collection] {
		value := fmt.Sprint(item[name])
		if item[name] == nil {
			continue
		}
		if allowed, says := item["allowed_transitions"].([]any); says && op.Method == http.MethodPost && versioned(op) && !slices.Contains(allowed, any(move)) {
			continue
		}
		list = append(list, map[string]string{name: value})
	}
	// The newest first (ids are UUIDv7): what a test makes is there to be used up, what stands in its world is needed by others.
	slices.SortStableFunc(list, func(a, b map[string]string) int { return strings.Compare(b[name], a[name]) })
	return list
}

// success is a request that succeeded.
type success struct {
	actor   string
	request apitest.Request
	reply   reply
	before  string // the state that the service was in
}

// mostTries is how many things of one actor an operation is tried with.
const mostTries = 25

// succeed finds a request of the operation that succeeds: as the scene says, or by trying the actors whom their role lets in with
// what their lists show.
func (h *holding) succeed(op apitest.Operation) (success, bool) {
	s, last, ok := h.attempt(op)
	if !ok {
		h.refresh(op)
		s, last, ok = h.attempt(op)
	}
	if !ok {
		h.complain(op.ID, "example", "no request of it succeeds; the last was refused with %d %.400s\n\tGive the contract an example that works, the world of "+
			"this test what the example needs (words), or the operation a scene (scenes in hold_world_test.go)", last.status, last.body)
	}
	return s, ok
}

// refresh asks again for what the lists show of what the operation is about: others may have used it up.
func (h *holding) refresh(op apitest.Operation) {
	collection, _, _ := strings.Cut(op.Path, "/{")
	for _, list := range h.contract.Operations() {
		if _, yes := listed(list); !yes || collectionOf(list.Path) != collection {
			continue
		}
		for _, actor := range h.callers[list.ID] {
			h.items[actor][collection] = nil
			h.gather(list, actor)
		}
	}
}

// attempt is one round of succeed; it also returns the last refusal.
func (h *holding) attempt(op apitest.Operation) (success, reply, bool) {
	actors := h.callers[op.ID]
	sc := h.scenes[op.ID]
	if sc.actor != "" {
		actors = []string{sc.actor}
	}
	if op.Anonymous {
		actors = []string{""}
	}
	var last reply
	for _, actor := range actors {
		candidates := h.parents(op, actor)
		if len(op.In("path")) == 0 {
			candidates = []map[string]string{{}}
		}
		if sc.values != nil {
			candidates = []map[string]string{sc.values()}
		}
		if sc.after != "" {
			candidates = h.done(sc.after)
		}
		for i, values := range candidates {
			if i >= mostTries {
				break
			}
			r, ok := h.example(op)
			if !ok {
				return success{}, last, false
			}
			for name, value := range values {
				r.Values[name] = value
			}
			h.version(op, &r, actor)
			before := h.state()
			if last = h.send(op, r, h.fullToken(actor)); last.ok() {
				return success{actor, r, last, before}, last, true
			}
		}
	}
	return success{}, last, false
}

// done makes the operation succeed and returns what it was done to.
func (h *holding) done(operation string) []map[string]string {
	for _, op := range h.contract.Operations() {
		if op.ID == operation {
			s, ok := h.succeed(op)
			if id, made := s.reply.member("id").(string); ok && made && s.reply.status == http.StatusCreated {
				return []map[string]string{{"id": id}}
			}
			if ok {
				return []map[string]string{s.request.Values}
			}
		}
	}
	return nil
}

func (h *holding) fullToken(actor string) string {
	if actor == "" {
		return ""
	}
	return h.token(actor, h.contract.Scopes()...)
}

// version puts into If-Match what a read of the thing says: the ETag of the longest part of the path that can be read.
func (h *holding) version(op apitest.Operation, r *apitest.Request, actor string) {
	if !versioned(op) {
		return
	}
	operations := h.contract.Operations()
	for path := op.Path; strings.Contains(path, "{"); path = path[:strings.LastIndex(path, "/")] {
		i := slices.IndexFunc(operations, func(o apitest.Operation) bool { return o.Path == path && o.Method == http.MethodGet })
		if i < 0 || !strings.HasSuffix(path, "}") && path != op.Path {
			continue
		}
		read := apitest.Request{Method: http.MethodGet, Path: path, Values: r.Values, Query: url.Values{}, Header: http.Header{}}
		if a := h.send(operations[i], read, h.fullToken(actor)); a.ok() && a.header.Get("ETag") != "" {
			r.Header.Set("If-Match", a.header.Get("ETag"))
			return
		}
	}
}

// effect asserts what the contract promises of a write: with one key one effect, and none with a version that has passed.
func (h *holding) effect(op apitest.Operation) {
	if !keyed(op) && !versioned(op) {
		return
	}
	s, ok := h.succeed(op)
	if !ok {
		return
	}
	token := h.fullToken(s.actor)
	after := h.state()
	if after == s.before && !h.exempt(op, "an effect") {
		h.complain(op.ID, "an effect", "it succeeded and changed nothing")
	}
	if keyed(op) {
		h.once(op, s, token, after)
	}
	if versioned(op) && !h.exempt(op, "stale") {
		stale := s.request.Clone()
		if keyed(op) {
			stale.Header.Set("Idempotency-Key", newKey())
		}
		if a := h.send(op, stale, token); a.status != http.StatusPreconditionFailed {
			h.complain(op.ID, "stale", "a version that has passed answered %d, not 412: %.300s", a.status, a.body)
		}
	}
}

// once asserts that the same key has one effect and that another request with it is refused.
func (h *holding) once(op apitest.Operation, s success, token, after string) {
	if s.reply.header.Get("Idempotency-Replayed") != "" {
		h.complain(op.ID, "replay", "a first answer says that it is a replay")
	}
	again := h.send(op, s.request.Clone(), token)
	switch {
	case again.status != s.reply.status:
		h.complain(op.ID, "replay", "answered %d, the first time %d: %.300s", again.status, s.reply.status, again.body)
	case again.header.Get("Idempotency-Replayed") != "true":
		h.complain(op.ID, "replay", "Idempotency-Replayed is missing")
	case again.member("id") != s.reply.member("id") || again.member("version") != s.reply.member("version"):
		h.complain(op.ID, "replay", "another thing or version: %.200s, the first time %.200s", again.body, s.reply.body)
	}
	if h.state() != after {
		h.complain(op.ID, "replay", "the same key had a second effect")
	}
	if h.exempt(op, "another payload") {
		return
	}
	other, ok := another(op, s.request)
	if !ok {
		h.complain(op.ID, "another payload", "the body cannot be made another that keeps to the contract")
		return
	}
	if a := h.send(op, other, token); a.status != http.StatusUnprocessableEntity || a.problem.Code != "idempotency_key_reused" {
		h.complain(op.ID, "another payload", "the same key with another request answered %d %q: %.300s", a.status, a.problem.Code, a.body)
	}
	if h.state() != after {
		h.complain(op.ID, "another payload", "it had an effect")
	}
}

// another is a request that differs from r in its payload and keeps to the contract as r does.
func another(op apitest.Operation, r apitest.Request) (apitest.Request, bool) {
	r = r.Clone()
	schema, _ := op.JSONBody()
	if schema == nil {
		for name := range r.Values {
			r.Values[name] = newKey()
		}
		return r, len(r.Values) > 0
	}
	if r.Body == nil {
		r.Body = map[string]any{}
		r.Header.Set("Content-Type", apitest.JSON)
		return r, true
	}
	object, _ := r.Body.(map[string]any)
	if alter(schema, object) {
		return r, true
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if property := schema.Properties[name]; property != nil && !slices.Contains(schema.Required, name) {
			delete(object, name)
			return r, true
		}
	}
	return r, false
}
