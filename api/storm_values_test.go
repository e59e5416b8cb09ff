package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"tahweel/api/apitest"
)

// valid is a request that keeps to the contract as far as the contract says it, on something that was seen where it can be.
func (s *storm) valid(op apitest.Operation, on *thing) apitest.Request {
	r, ok := s.h.example(op)
	if !ok {
		return r
	}
	if op.Parameter("header", "Idempotency-Key") != nil {
		r.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", s.rng.IntN(1<<40)))
	}
	collection, _, _ := strings.Cut(op.Path, "/{")
	if on == nil && len(s.things[collection]) > 0 && s.chance(90) {
		on = &s.things[collection][s.rng.IntN(len(s.things[collection]))]
	}
	if in := op.In("path"); on != nil && len(in) > 0 {
		r.Values[in[0].Name] = on.value
		if versioned(op) && on.version != "" {
			r.Header.Set("If-Match", on.version)
		}
	}
	for _, p := range op.In("query") {
		if s.chance(25) {
			r.Query.Set(p.Name, fmt.Sprint(s.value(p.Name, p.Schema.Value)))
		}
	}
	schema, _ := op.JSONBody()
	if object, is := r.Body.(map[string]any); is && s.chance(50) {
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			if property := schema.Properties[name].Value; s.chance(20) {
				object[name] = s.value(name, property)
			}
		}
	}
	return r
}

// texts are what people may write, and what they do not mean to.
var texts = []string{
	"a", "أ", "بيت لحم", "O'Brien; --", "الطفلة ليان، ٩ سنوات", "e\u0301", "👩\u200d👧\u200d👦", "\u202eevil\u202c", "\u200fنص\u200e", "ﷺ", "\ufeffbom", "a\tb\nc",
	"\u0001\u001f\u007f", "\u2028\u2029", "null", "0", "-1", "true", "<script>alert(1)</script>", "%00%2f", "../../etc/passwd", "{{7*7}}", "${x}", "\uffff\ufffd", "١٢٣",
}

// value is a value that the schema allows, mostly at its boundaries.
func (s *storm) value(name string, schema *openapi3.Schema) any {
	if word, ok := s.h.words[name]; ok && s.chance(80) {
		return word
	}
	switch {
	case len(schema.Enum) > 0:
		return pick(s, schema.Enum)
	case schema.Type.Is("object"):
		object := map[string]any{}
		for _, property := range slices.Sorted(maps.Keys(schema.Properties)) {
			if slices.Contains(schema.Required, property) || s.chance(50) {
				object[property] = s.value(property, schema.Properties[property].Value)
			}
		}
		return object
	case schema.Type.Is("array"):
		list := []any{}
		for range int(schema.MinItems) + s.rng.IntN(2) {
			list = append(list, s.value(name, schema.Items.Value))
		}
		return list
	case schema.Type.Is("boolean"):
		return s.chance(50)
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		return s.number(schema)
	default:
		return s.text(name, schema)
	}
}

func (s *storm) number(schema *openapi3.Schema) any {
	low, high := 0.0, 1000.0
	if schema.Min != nil {
		low = *schema.Min
	}
	if schema.Max != nil {
		high = *schema.Max
	}
	n := pick(s, []float64{low, high, low + 1, high - 1, low + s.rng.Float64()*(high-low)})
	if schema.Type.Is("integer") {
		return int64(n)
	}
	return n
}

func (s *storm) text(name string, schema *openapi3.Schema) any {
	switch {
	case schema.Format == "uuid":
		plural := "/v1/" + strings.ReplaceAll(strings.TrimSuffix(name, "_id"), "_", "-") + "s"
		if seen := s.things[plural]; len(seen) > 0 && s.chance(80) {
			return pick(s, seen).value
		}
		return fmt.Sprintf("0198c0de-0000-7000-8000-%012x", s.rng.IntN(1<<40))
	case schema.Format == "date":
		return pick(s, []string{"2026-05-31", "2026-05-30", "2024-02-29", "1900-01-01", "9999-12-31", "0001-01-01"})
	case schema.Format == "date-time":
		return pick(s, []string{"2026-05-31T08:00:00Z", "2026-05-31T11:00:00+03:00", "2026-05-31T08:00:00.123456789Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"})
	case len(schema.Examples) > 0 && (schema.Pattern != "" || s.chance(30)):
		return schema.Examples[0]
	}
	text := pick(s, texts)
	limit := 3000
	if schema.MaxLength != nil {
		limit = int(*schema.MaxLength)
	}
	if s.chance(15) {
		text = strings.Repeat(text, 1+limit/len([]rune(text)))
	}
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit])
	}
	return text
}

// nearly breaks one thing that the contract says.
func (s *storm) nearly(op apitest.Operation, r *apitest.Request) {
	switch s.rng.IntN(8) {
	case 0:
		r.Header.Set("If-Match", pick(s, []string{`"1"`, `"2"`, `"99999999"`, "*", `W/"1"`, "1", `"0"`, `"-1"`, `"1", "2"`, `"999999999999999999999"`}))
	case 1:
		r.Header.Del(pick(s, []string{"If-Match", "Idempotency-Key", "Content-Type"}))
	case 2:
		for _, p := range op.In("path") {
			r.Values[p.Name] = pick(s, []string{
				"0198c0de-0000-7000-8000-000000000001", "00000000-0000-0000-0000-000000000000", "{0198c0de-0000-7000-8000-000000000001}",
				"urn:uuid:0198c0de-0000-7000-8000-000000000001", "0198c0de000070008000000000000001", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "x", " ", "gn-281292", "DIS",
			})
		}
	case 3:
		for _, p := range op.In("query") {
			if s.chance(40) {
				r.Query.Set(p.Name, pick(s, []string{"", "0", "-1", "101", "501", "1e3", "NaN", "Inf", "9223372036854775807", "9223372036854775808", "0x10", " 1", "true", "x"}))
			}
		}
	case 4:
		r.Query.Set("cursor", pick(s, []string{"e30", "!", "AAAA", "eyJmIjoiIiwicCI6MX0", strings.Repeat("A", 2048), strings.Repeat("A", 2049), "999999999999999999", "1"}))
	default:
		if object, is := r.Body.(map[string]any); is {
			s.spoil(object)
		}
	}
}

// wrong gives a value of the wrong type, or too much of the right one: made anew, because what was put into a body may be spoiled further.
func (s *storm) wrong() any {
	return pick(s, []any{
		nil, true, 0.0, -1.0, 1.5, 1e308, -1e308, 9007199254740993.0, "", "x", []any{}, map[string]any{}, []any{nil}, []any{[]any{[]any{}}}, "2026-13-45", "2026-05-31T25:00:00Z",
		strings.Repeat("ب", 5000), "\u0000", "a\u0000b", "\ufffe",
	})
}

// spoil changes one property somewhere in the object: away, of another type, or with another beside it.
func (s *storm) spoil(object map[string]any) {
	names := slices.Sorted(maps.Keys(object))
	if len(names) == 0 {
		object["x"] = s.wrong()
		return
	}
	name := pick(s, names)
	if inner, is := object[name].(map[string]any); is && s.chance(60) {
		s.spoil(inner)
		return
	}
	switch s.rng.IntN(5) {
	case 0:
		delete(object, name)
	case 1:
		object[pick(s, texts)] = s.wrong()
	case 2:
		object[name] = pick(s, texts)
	case 3:
		object[name] = []any{object[name], object[name]}
	default:
		object[name] = s.wrong()
	}
}

// bodies are what nobody sends on purpose.
var bodies = []string{
	"", "{", "[]", "null", "0", `""`, "{}{}", `{"a":1,"a":2}`, `{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\u0000"}`, "{\"a\":\"\xff\xfe\"}", "\xef\xbb\xbf{}", "{\"a\":\"\x00\"}",
	`{"a":1e999}`, `{"a":-0}`, `{"a":123456789012345678901234567890}`, `{"__proto__":{"a":1}}`, `{"":""}`, "'{}'", "a=1&b=2", "<a/>", "\x1f\x8b\x08\x00", "{\"a\": NaN}", "// {}\n{}",
	strings.Repeat("[", 40) + strings.Repeat("]", 40), strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000), strings.Repeat("[", 100_000), `{"a":"` + strings.Repeat("x", 70_000) + `"}`,
}

// hostile breaks what no client means to.
func (s *storm) hostile(op apitest.Operation, r *apitest.Request) {
	switch s.rng.IntN(9) {
	case 0:
		r.Raw = []byte(pick(s, bodies))
	case 1:
		r.Method = pick(s, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"})
	case 2:
		r.RawPath = pick(s, []string{
			op.Path + "/", op.Path + "//", "/v1/%2e%2e/v1/places", "/v1/attempts/a%2Fb", "/v1/attempts/%00", "/v1/attempts/%ff", "/v1/./places", "/v1/places%3Flimit=1", "//v1/places",
			"/v1/attempts/%252F", "/V1/places", "/v1/attempts/" + strings.Repeat("a", 3000), "/v1/places;a=b", "/v1/attempts/%D9%8A%D8%B7%D8%A7", "/", "/*", "/v1/attempts/..%2f..%2fhealthz",
		})
	case 3:
		r.RawPath = concrete(r) + "?" + pick(s, []string{
			"%", "%zz", "a", "a=1&a=2", "=", "&&&", "a=%00", "a=%ff", "a;b=c", "limit", "limit=", "limit=1&limit=2", "limit[]=1", "cursor[a]=1", strings.Repeat("a=1&", 2000), "%D9%8A=1", "limit=+1",
		})
	case 4:
		s.header(r)
	case 5:
		for range 3 {
			r.Query.Set(pick(s, texts), pick(s, texts))
		}
	case 6:
		for name := range r.Values {
			r.Values[name] = pick(s, texts)
		}
	case 7:
		if raw := r.Content(); len(raw) > 2 {
			at := s.rng.IntN(len(raw))
			r.Raw = slices.Concat(raw[:at], []byte{byte(s.rng.IntN(256))}, raw[min(at+s.rng.IntN(3), len(raw)):])
		}
	default:
		if object, is := r.Body.(map[string]any); is {
			for range 4 {
				s.spoil(object)
			}
			var back any
			if b, err := json.Marshal(object); err == nil && json.Unmarshal(b, &back) == nil {
				r.Body = back
			}
		}
	}
}

// concrete is the path with its values.
func concrete(r *apitest.Request) string {
	path := r.Path
	for name, value := range r.Values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// header sets one header to something odd.
func (s *storm) header(r *apitest.Request) {
	odd := []string{"", " ", "x", strings.Repeat("x", 300), strings.Repeat("a,", 3000), "é", "\t", `"`, `"""`, "*", "ar", "ar-PS, en;q=0.5", "q=1", ";;;", "\u202e", "null", "-1", "0"}
	name := pick(s, []string{
		"Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "Authorization", "Content-Type", "Content-Encoding", "Content-Language", "If-Match", "If-None-Match",
		"If-Modified-Since", "Idempotency-Key", "X-Request-Id", "Traceparent", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Origin", "Cookie", "Range", "Expect", "X-Http-Method-Override",
	})
	if name == "Content-Type" {
		odd = append(odd, "application/json; charset=utf-8", "application/json; charset=utf-16", "text/json", "multipart/form-data; boundary=x", "application/json;;", "application/xml")
	}
	if name == "Expect" || name == "Authorization" {
		return // the one is the client's own business, the other that of who asks
	}
	r.Header[http.CanonicalHeaderKey(name)] = []string{pick(s, odd)}
}
