package api

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"tahweel/api/apitest"
)

func mapsKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// alter changes one value of the object, or of what is in it, to another that its schema allows.
func alter(schema *openapi3.Schema, object map[string]any) bool {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if schema.Properties[name] == nil {
			continue
		}
		s := schema.Properties[name].Value
		switch v := object[name].(type) {
		case map[string]any:
			if alter(s, v) {
				return true
			}
		case []any:
			if len(v) > int(s.MinItems) && len(v) > 1 {
				object[name] = v[:len(v)-1]
				return true
			}
			if len(v) == 1 && s.Items != nil {
				one := map[string]any{"v": v[0]}
				if alter(&openapi3.Schema{Properties: openapi3.Schemas{"v": s.Items}}, one) {
					object[name] = []any{one["v"]}
					return true
				}
			}
		case bool:
			object[name] = !v
			return true
		case float64:
			if s.Max == nil || v+1 <= *s.Max {
				object[name] = v + 1
				return true
			}
		case string:
			if other, ok := alterText(s, v); ok {
				object[name] = other
				return true
			}
		}
	}
	return false
}

func alterText(s *openapi3.Schema, v string) (string, bool) {
	switch {
	case len(s.Enum) > 1:
		for _, e := range s.Enum {
			if e != any(v) {
				other, ok := e.(string)
				return other, ok
			}
		}
	case s.Format == "uuid":
		return newKey(), true
	case s.Format == "date" && v != "2026-05-30":
		return "2026-05-30", true
	case s.Format == "date-time" && v != "2026-05-30T08:00:00Z":
		return "2026-05-30T08:00:00Z", true
	case s.Format == "" && s.Pattern == "" && len(s.Enum) == 0 && (s.MaxLength == nil || uint64(len(v)) < *s.MaxLength):
		return v + "x", true
	}
	return "", false
}

// conditional asserts that a read with an ETag answers 304 to who has it, and the whole to who has another.
func (h *holding) conditional(op apitest.Operation) {
	if op.Parameter("header", "If-None-Match") == nil {
		return
	}
	s, ok := h.succeed(op)
	if !ok {
		return
	}
	tag := s.reply.header.Get("ETag")
	if tag == "" {
		h.complain(op.ID, "ETag", "it takes If-None-Match and answers no ETag")
		return
	}
	r := s.request.Clone()
	for _, have := range []string{tag, "W/" + tag, `"0-0000000000000000", ` + tag} {
		r.Header.Set("If-None-Match", have)
		if a := h.send(op, r, h.fullToken(s.actor)); a.status != http.StatusNotModified || len(a.body) > 0 || a.header.Get("ETag") != tag {
			h.complain(op.ID, "ETag", "If-None-Match %s answered %d with ETag %s", have, a.status, a.header.Get("ETag"))
		}
	}
	r.Header.Set("If-None-Match", `"0-0000000000000000"`)
	if a := h.send(op, r, h.fullToken(s.actor)); a.status != http.StatusOK {
		h.complain(op.ID, "ETag", "another ETag answered %d", a.status)
	}
}

// listPage is any page of any list.
type listPage struct {
	Items      []json.RawMessage `json:"items"`
	NextCursor string            `json:"next_cursor"`
}

// pages asserts of a list that takes limit and cursor that it keeps to them, that the next page is another, that Link leads there,
// and that a cursor holds for its own filters alone.
func (h *holding) pages(op apitest.Operation) {
	if op.Parameter("query", "cursor") == nil {
		return
	}
	if op.Parameter("query", "limit") == nil {
		h.complain(op.ID, "pages", "it takes a cursor and no limit")
		return
	}
	s, ok := h.longest(op)
	if !ok {
		return
	}
	token := h.fullToken(s.actor)
	r := s.request.Clone()
	r.Query.Set("limit", "1")
	first := h.send(op, r, token)
	one := pageOf(first)
	if len(one.Items) != 1 || one.NextCursor == "" {
		h.complain(op.ID, "pages", "limit=1 shows %d items and next_cursor %q", len(one.Items), one.NextCursor)
		return
	}
	link, rel, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"), ">; ")
	if rel != `rel="next"` || !strings.HasPrefix(link, "/") {
		h.complain(op.ID, "pages", "Link is %q", first.header.Get("Link"))
	}
	next := r.Clone()
	next.Query.Set("cursor", one.NextCursor)
	two := pageOf(h.send(op, next, token))
	follow := r.Clone()
	follow.RawPath = link
	if linked := pageOf(h.send(op, follow, token)); len(two.Items) != 1 || string(two.Items[0]) == string(one.Items[0]) ||
		len(linked.Items) != 1 || string(linked.Items[0]) != string(two.Items[0]) {
		h.complain(op.ID, "pages", "the second page is not the second, by cursor or by Link")
	}
	h.cursor(op, next, token)
}

// longest is a request of the list that shows at least two items.
func (h *holding) longest(op apitest.Operation) (success, bool) {
	for _, actor := range h.callers[op.ID] {
		candidates := h.parents(op, actor)
		if len(op.In("path")) == 0 {
			candidates = []map[string]string{{}}
		}
		if sc := h.scenes[op.ID]; sc.values != nil {
			candidates = []map[string]string{sc.values()}
		}
		for i, values := range candidates {
			r, ok := h.example(op)
			if !ok {
				return success{}, false
			}
			for name, value := range values {
				r.Values[name] = value
			}
			if a := h.send(op, r, h.fullToken(actor)); a.ok() && len(pageOf(a).Items) > 1 {
				return success{actor: actor, request: r, reply: a}, true
			}
			if i >= mostTries {
				break
			}
		}
	}
	if !h.exempt(op, "pages") {
		h.complain(op.ID, "pages", "nobody sees two items of it: put two into the world of this test, or give it a scene with the words or values that show two")
	}
	return success{}, false
}

func pageOf(a reply) listPage {
	var p listPage
	_ = json.Unmarshal(a.body, &p)
	return p
}

// cursor asserts that a made-up cursor is refused, and a good one as soon as a filter is another.
func (h *holding) cursor(op apitest.Operation, next apitest.Request, token string) {
	bad := next.Clone()
	bad.Query.Set("cursor", "e30")
	if a := h.send(op, bad, token); a.status != http.StatusBadRequest {
		h.complain(op.ID, "cursor", "a made-up cursor answered %d", a.status)
	}
	for _, p := range op.In("query") {
		if slices.Contains([]string{"limit", "cursor", "after"}, p.Name) {
			continue
		}
		other := next.Clone()
		value := filterValue(p, next.Query.Get(p.Name))
		if value == "" {
			continue
		}
		other.Query.Set(p.Name, value)
		if a := h.send(op, other, token); a.status != http.StatusBadRequest || a.problem.Code != "invalid_cursor" {
			h.complain(op.ID, "cursor", "with another %s it answered %d %q, not 400 invalid_cursor", p.Name, a.status, a.problem.Code)
		}
	}
}

// filterValue is a value of the filter other than now, or "" if none can be made without knowing the filter.
func filterValue(p *openapi3.Parameter, now string) string {
	s := p.Schema.Value
	switch {
	case len(s.Enum) > 0:
		for _, e := range s.Enum {
			if text, ok := e.(string); ok && text != now {
				return text
			}
		}
	case s.Type.Is("boolean"):
		return map[bool]string{true: "false", false: "true"}[now == "true"]
	case s.Format == "uuid":
		return newKey()
	case s.Format == "date":
		return "2026-05-30"
	case s.Type.Is("integer") && s.Max != nil && s.Min != nil:
		return strings.TrimSuffix(jsonNumber(*s.Max), ".0")
	}
	return ""
}

func jsonNumber(f float64) string {
	b, _ := json.Marshal(f)
	return string(b)
}
