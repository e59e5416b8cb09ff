package api

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"tahweel/api/apitest"
)

// privateWords are what could be a person's: a name, a document number and a telephone number. No refusal and no log repeats them.
var privateWords = []string{"قنارية-وهمية", "907654321", "+970599765432"}

const privateText = "قنارية-وهمية 907654321 +970599765432"

// silence puts a person's words into every text that the operation takes, all of them at once and one by one, and asserts that no
// refusal repeats one.
func (h *holding) silence(op apitest.Operation) {
	base, ok := h.example(op)
	if !ok {
		return
	}
	if who := h.callers[op.ID]; len(who) > 0 {
		if real := h.parents(op, who[0]); len(real) > 0 {
			maps.Copy(base.Values, real[0])
			h.version(op, &base, who[0])
		}
	}
	schema, _ := op.JSONBody()
	if schema != nil {
		r := base.Clone()
		r.Body = filled(schema, 0)
		r.Header.Set("Content-Type", apitest.JSON)
		h.quiet(op, r)
		for _, word := range privateWords {
			one := base.Clone()
			one.Raw = with(&one, strconv.Quote(word)+":"+strconv.Quote(word))
			one.Header.Set("Content-Type", apitest.JSON)
			h.quiet(op, one)
		}
		for i := range leaves(base.Body) {
			one := base.Clone()
			leaves(one.Body)[i](privateText)
			if keyed(op) {
				one.Header.Set("Idempotency-Key", newKey())
			}
			h.quiet(op, one)
		}
	}
	for _, p := range op.Parameters {
		one := base.Clone()
		switch p.Value.In {
		case "query":
			one.Query.Set(p.Value.Name, privateText)
		case "path":
			one.Values[p.Value.Name] = privateText
		case "header":
			one.Header.Set(p.Value.Name, `"`+privateWords[1]+`"`)
		}
		h.quiet(op, one)
	}
	one := base.Clone()
	one.Query.Set(privateWords[1], privateText)
	one.Header.Set("X-Request-Id", privateWords[1])
	h.quiet(op, one)
}

func (h *holding) quiet(op apitest.Operation, r apitest.Request) {
	actor := h.actors[0]
	if len(h.callers[op.ID]) > 0 {
		actor = h.callers[op.ID][0]
	}
	a := h.send(op, r, h.fullToken(actor))
	if a.ok() {
		return
	}
	for _, word := range privateWords {
		if bytes.Contains(a.body, []byte(word)) {
			h.complain(op.ID, "silence", "the refusal %d %q repeats what was sent: %.300s", a.status, a.problem.Code, a.body)
		}
		for _, values := range a.header {
			if slices.ContainsFunc(values, func(v string) bool { return bytes.Contains([]byte(v), []byte(word)) }) {
				h.complain(op.ID, "silence", "a header of the refusal %d repeats what was sent", a.status)
			}
		}
	}
}

// filled is a value for the schema with a person's words in every text.
func filled(s *openapi3.Schema, depth int) any {
	const deepEnough = 6
	switch {
	case depth > deepEnough:
		return nil
	case s.Type.Is("object"):
		object := map[string]any{}
		for name, property := range s.Properties {
			object[name] = filled(property.Value, depth+1)
		}
		return object
	case s.Type.Is("array"):
		return []any{filled(s.Items.Value, depth+1)}
	case s.Type.Is("integer"), s.Type.Is("number"):
		return 1.0
	case s.Type.Is("boolean"):
		return true
	default:
		return privateText
	}
}

// leaves are setters of the texts of a body, always in the same order.
func leaves(body any) []func(string) {
	var list []func(string)
	switch body := body.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(body)) {
			if _, text := body[name].(string); text {
				list = append(list, func(v string) { body[name] = v })
				continue
			}
			list = append(list, leaves(body[name])...)
		}
	case []any:
		for i := range body {
			if _, text := body[i].(string); text {
				list = append(list, func(v string) { body[i] = v })
				continue
			}
			list = append(list, leaves(body[i])...)
		}
	}
	return list
}
