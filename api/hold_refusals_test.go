package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"tahweel/api/apitest"
)

func newKey() string { return uuid.NewString() }

// breach breaks one thing in a good request; the refusal must be just that.
type breach struct {
	name    string
	applies func(apitest.Operation) bool
	change  func(*apitest.Request)
	token   string // "full" unless it says otherwise: "none", "bad" or "bare", which has no scope
	status  int
	code    string
	pointer string // "" if the refusal names no field
}

func secured(op apitest.Operation) bool { return !op.Anonymous }
func always(apitest.Operation) bool     { return true }
func keyed(op apitest.Operation) bool   { return op.Parameter("header", "Idempotency-Key") != nil }
func versioned(op apitest.Operation) bool {
	return op.Parameter("header", "If-Match") != nil
}
func jsonBodied(op apitest.Operation) bool {
	schema, _ := op.JSONBody()
	return schema != nil
}
func pathed(op apitest.Operation) bool         { return len(op.In("path")) > 0 }
func uuidParameter(p *openapi3.Parameter) bool { return p.Schema.Value.Format == "uuid" }
func byUUID(op apitest.Operation) bool {
	return slices.ContainsFunc(op.In("path"), uuidParameter)
}

const strange = "zz_unknown"

var breaches = []breach{
	{name: "no token", applies: secured, token: "none", status: 401, code: "token_required"},
	{name: "bad token", applies: secured, token: "bad", status: 401, code: "invalid_token"},
	{name: "no scope", applies: secured, token: "bare", status: 403, code: "insufficient_scope"},
	{name: "another content type", applies: jsonBodied, status: 415, code: "unsupported_media_type", change: func(r *apitest.Request) {
		r.Raw = text(r)
		r.Header.Set("Content-Type", "text/plain")
	}},
	{name: "no content type", applies: jsonBodied, status: 415, code: "unsupported_media_type", change: func(r *apitest.Request) {
		r.Raw = text(r)
		r.Header.Del("Content-Type")
	}},
	{name: "malformed JSON", applies: jsonBodied, status: 400, code: "malformed_json", change: func(r *apitest.Request) { raw(r, text(r)[1:]) }},
	{name: "trailing data", applies: jsonBodied, status: 400, code: "malformed_json", change: func(r *apitest.Request) { raw(r, append(text(r), "{}"...)) }},
	{name: "unknown field", applies: jsonBodied, status: 400, code: "invalid_input", pointer: "/" + strange, change: func(r *apitest.Request) {
		raw(r, with(r, `"`+strange+`":1`))
	}},
	{name: "duplicate field", applies: jsonBodied, status: 400, code: "malformed_json", pointer: "/" + strange, change: func(r *apitest.Request) {
		raw(r, with(r, `"`+strange+`":1,"`+strange+`":1`))
	}},
	{name: "NUL in the body", applies: jsonBodied, status: 400, code: "malformed_json", pointer: "/" + strange, change: func(r *apitest.Request) {
		raw(r, with(r, `"`+strange+`":"\u0000"`))
	}},
	{name: "broken UTF-8 in the body", applies: jsonBodied, status: 400, code: "malformed_json", change: func(r *apitest.Request) {
		raw(r, with(r, "\""+strange+"\":\"\xff\""))
	}},
	{name: "body limit", applies: jsonBodied, status: 413, code: "body_too_large", change: func(r *apitest.Request) {
		raw(r, with(r, `"`+strange+`":"`+strings.Repeat("x", maxBody)+`"`))
	}},
	{name: "unknown query parameter", applies: always, status: 400, code: "invalid_input", pointer: "?" + strange, change: func(r *apitest.Request) {
		r.Query.Set(strange, "1")
	}},
	{name: "NUL in the query", applies: always, status: 400, code: "malformed_query", change: func(r *apitest.Request) { r.Query.Set(strange, "\x00") }},
	{name: "a query parameter twice", applies: always, status: 400, code: "malformed_query", change: func(r *apitest.Request) { r.Query[strange] = []string{"1", "2"} }},
	{name: "NUL in the path", applies: pathed, status: 400, code: "malformed_path", change: func(r *apitest.Request) {
		for name := range r.Values {
			r.Values[name] = "a\x00b"
		}
	}},
	{name: "no UUID in the path", applies: byUUID, status: 400, code: "invalid_input", pointer: "{}", change: func(r *apitest.Request) {
		for name := range r.Values {
			r.Values[name] = "seven"
		}
	}},
	{name: "no Idempotency-Key", applies: keyed, status: 400, code: "invalid_input", pointer: "Idempotency-Key:", change: func(r *apitest.Request) {
		r.Header.Del("Idempotency-Key")
	}},
	{name: "no If-Match", applies: versioned, status: 428, code: "if_match_required", change: func(r *apitest.Request) { r.Header.Del("If-Match") }},
	{name: "If-Match without a version", applies: versioned, status: 400, code: "malformed_if_match", change: func(r *apitest.Request) { r.Header.Set("If-Match", "*") }},
	{name: "every fault at once", applies: keyed, status: 400, code: "invalid_input", pointer: "?" + strange, change: func(r *apitest.Request) {
		r.Header.Del("Idempotency-Key")
		r.Query.Set(strange, "1")
	}},
}

// text is the body of a request, {} if it has none.
func text(r *apitest.Request) []byte {
	if r.Body == nil {
		return []byte("{}")
	}
	b, err := json.Marshal(r.Body)
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return b
}

// with is the body with members added in front.
func with(r *apitest.Request, members string) []byte {
	rest := bytes.TrimPrefix(text(r), []byte("{"))
	if len(rest) > 1 {
		members += ","
	}
	return append([]byte("{"+members), rest...)
}

func raw(r *apitest.Request, body []byte) {
	r.Raw = body
	r.Header.Set("Content-Type", apitest.JSON)
}

// refusals asserts every breach that applies, in one language, and each code once in both.
func (h *holding) refusals(op apitest.Operation) {
	if op.Anonymous != slices.Contains(h.anonymous, op.ID) {
		h.complain(op.ID, "authentication", "the contract says that it is anonymous: %t. If nobody needs a token for it, add it to anonymousOperations", op.Anonymous)
	}
	base, ok := h.example(op)
	if !ok {
		return
	}
	for i, p := range breaches {
		if !p.applies(op) || h.exempt(op, p.name) {
			continue
		}
		r := base.Clone()
		if p.change != nil {
			p.change(&r)
		}
		lang := []string{"en", "ar"}[i%2]
		r.Header.Set("Accept-Language", lang)
		token := h.tokenOf(p.token)
		a := h.send(op, r, token)
		h.refused(op, p, a)
		h.translated(op, r, token, lang, a)
	}
	h.method(op, base)
	if op.Anonymous {
		if a := h.send(op, base, ""); a.status == http.StatusUnauthorized {
			h.complain(op.ID, "authentication", "anonymous, and yet refused without a token")
		}
	}
}

func (h *holding) tokenOf(which string) string {
	switch which {
	case "none":
		return ""
	case "bad":
		return "nonsense"
	case "bare":
		return h.token(h.actors[0])
	default:
		return h.token(h.actors[0], h.contract.Scopes()...)
	}
}

// refused asserts status, code and pointer. Where an operation documents its own refusals, as the token endpoint does, it has a scene
// that says so.
func (h *holding) refused(op apitest.Operation, p breach, a reply) {
	if a.status != p.status || a.problem.Code != p.code {
		h.complain(op.ID, p.name, "answered %d %q, not %d %q: %.300s", a.status, a.problem.Code, p.status, p.code, a.body)
		return
	}
	if p.token == "bad" && !strings.Contains(a.header.Get("WWW-Authenticate"), "invalid_token") {
		h.complain(op.ID, p.name, "WWW-Authenticate does not say why")
	}
	if p.pointer == "" {
		return
	}
	if !slices.ContainsFunc(a.problem.Errors, func(e ProblemField) bool {
		return e.Pointer == p.pointer || p.pointer == "{}" && strings.HasPrefix(e.Pointer, "{")
	}) {
		h.complain(op.ID, p.name, "no pointer %s: %s", p.pointer, a.body)
	}
	if p.name == "every fault at once" && !bytes.Contains(a.body, []byte("Idempotency-Key:")) {
		h.complain(op.ID, p.name, "a fault hides another: %s", a.body)
	}
}

// translated asks again in the other language, once for each code, and asserts that it is another text.
func (h *holding) translated(op apitest.Operation, r apitest.Request, token, lang string, a reply) {
	if a.problem.Code == "" || h.compared[a.problem.Code] {
		return
	}
	h.compared[a.problem.Code] = true
	r = r.Clone()
	r.Header.Set("Accept-Language", map[string]string{"en": "ar", "ar": "en"}[lang])
	if b := h.send(op, r, token); b.problem.Detail == a.problem.Detail || b.problem.Title == a.problem.Title {
		h.complain(op.ID, "language", "%s says the same in both languages: %s", a.problem.Code, a.body)
	}
}

// method asserts that a method the address does not have is a 405 problem with Allow.
func (h *holding) method(op apitest.Operation, base apitest.Request) {
	taken := map[string]bool{}
	for _, other := range h.contract.Operations() {
		if other.Path == op.Path {
			taken[other.Method] = true
		}
	}
	r := base.Clone()
	for _, r.Method = range []string{"DELETE", "PATCH", "PUT", "TRACE"} {
		if !taken[r.Method] {
			break
		}
	}
	if a := h.send(op, r, h.tokenOf("full")); a.status != http.StatusMethodNotAllowed {
		h.complain(op.ID, "method", "%s answered %d, not 405", r.Method, a.status)
	}
}

// reach notes which actors the rules of their role let in, asking about what does not exist; who is not is told 403.
func (h *holding) reach(op apitest.Operation) {
	if op.Anonymous {
		return
	}
	for _, actor := range h.actors {
		r, ok := h.example(op)
		if !ok {
			return
		}
		if a := h.send(op, r, h.token(actor, h.contract.Scopes()...)); a.status != http.StatusForbidden {
			h.callers[op.ID] = append(h.callers[op.ID], actor)
		}
	}
	if len(h.callers[op.ID]) == 0 {
		h.complain(op.ID, "reach", "nobody may call it: policy.csv or the actors of this test lack a role")
	}
}
