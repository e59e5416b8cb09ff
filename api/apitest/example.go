package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
)

// Words are values of a test's world by the name of a parameter or property; they take the place of the contract's examples, which
// name what does not exist. A property within a property is named "consent.given_at"; the name alone holds anywhere. An optional query
// parameter is given only if there is a word for it with a question mark, "?place".
//
// A word that is a func() any is asked each time; one that is Absent takes the property away.
type Words map[string]any

// Absent is the word for what an example names and a test's world does without.
const Absent = absent("absent")

type absent string

// Example is a request for the operation with what the contract requires and gives examples of. It fails, with a sentence that says
// what the contract lacks, if a required parameter or a required body has no usable example.
func (o Operation) Example(words Words) (Request, error) {
	r := Request{Method: o.Method, Path: o.Path, Values: map[string]string{}, Query: url.Values{}, Header: http.Header{}}
	for _, p := range o.Parameters {
		name := p.Value.Name
		if !p.Value.Required {
			name = "?" + name
		}
		value, ok := words.of("", name)
		if !p.Value.Required && !ok {
			continue
		}
		if !ok {
			value, ok = exampleOf(p.Value.Example, p.Value.Schema.Value)
		}
		if !ok {
			return r, fmt.Errorf("%s: the parameter %s has no example: give it one in the contract, or a value in the words of the test", o.ID, p.Value.Name)
		}
		text := fmt.Sprint(value)
		switch p.Value.In {
		case "path":
			r.Values[p.Value.Name] = text
		case "query":
			r.Query.Set(p.Value.Name, text)
		case "header":
			r.Header.Set(p.Value.Name, text)
		}
	}
	schema, example := o.JSONBody()
	switch {
	case schema == nil:
	case example != nil:
		r.Body = words.within("", copied(example))
	case o.Body.Required:
		return r, fmt.Errorf("%s: the body has no example: give the operation one in the contract", o.ID)
	}
	if r.Body != nil {
		r.Header.Set("Content-Type", JSON)
	}
	if o.Body != nil && o.Body.Content[File] != nil {
		example, _ := o.Body.Content[File].Example.(string)
		r.Raw = []byte(example)
		r.Header.Set("Content-Type", File)
	}
	return r, nil
}

func (w Words) of(parent, name string) (any, bool) {
	v, ok := w[parent+"."+name]
	if !ok {
		v, ok = w[name]
	}
	if ask, is := v.(func() any); is {
		v = ask()
	}
	return v, ok
}

// within puts the words in the place of what has their names, wherever it is in an example.
func (w Words) within(parent string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			if word, ok := w.of(parent, name); ok && word == Absent {
				delete(v, name)
			} else if ok {
				v[name] = copied(word)
			} else {
				v[name] = w.within(name, item)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = w.within(parent, item)
		}
	}
	return v
}

// exampleOf is a value that fits the schema: its example, the first of its enum, its default, or what its format and type allow.
func exampleOf(given any, s *openapi3.Schema) (any, bool) {
	switch {
	case given != nil:
		return given, true
	case s.Example != nil:
		return s.Example, true
	case len(s.Examples) > 0:
		return s.Examples[0], true
	case len(s.Enum) > 0:
		return s.Enum[0], true
	case s.Default != nil:
		return s.Default, true
	case s.Format == "uuid":
		return uuid.NewString(), true
	case s.Format == "date":
		return "2026-05-31", true
	case s.Format == "date-time":
		return "2026-05-31T08:00:00Z", true
	case s.Type.Is("integer") && s.Min != nil:
		return strconv.FormatFloat(*s.Min, 'f', -1, 64), true
	case s.Type.Is("boolean"):
		return true, true
	default:
		return nil, false
	}
}
