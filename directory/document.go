package directory

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// document is the form in which details stand in the database: a JSON object whose names are those of the fields in snake_case, without
// what is empty. Reading ignores underscores and case, so that the one follows from the other and neither is written twice.
type document[T any] struct{ Value T }

// MarshalJSON implements json.Marshaler.
func (d document[T]) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(d.Value)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	kept, _ := stored(tree)
	if kept == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(kept)
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *document[T]) UnmarshalJSON(text []byte) error {
	if string(text) == "{}" { // as most are
		*d = document[T]{}
		return nil
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return err
	}
	named, err := json.Marshal(fieldNames(tree))
	if err != nil {
		return err
	}
	return json.Unmarshal(named, &d.Value)
}

const nilID = "00000000-0000-0000-0000-000000000000"

// stored renames the fields and leaves out what is empty; ok says whether anything is left. A false is empty, a number never is.
func stored(tree any) (kept any, ok bool) {
	switch v := tree.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if value, ok := stored(value); ok {
				out[snake(name)] = value
			}
		}
		return out, len(out) > 0
	case []any:
		out := make([]any, 0, len(v))
		for _, value := range v {
			value, _ := stored(value) // an element keeps its place
			out = append(out, value)
		}
		return out, len(out) > 0
	case string:
		return v, v != "" && v != nilID
	case bool:
		return v, v
	default:
		return v, v != nil
	}
}

func fieldNames(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[strings.ReplaceAll(name, "_", "")] = fieldNames(value)
		}
		return out
	case []any:
		for i := range v {
			v[i] = fieldNames(v[i])
		}
	}
	return tree
}

// snake turns OpensAt into opens_at and TaxonomyTermID into taxonomy_term_id.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) {
			if i > 0 && (unicode.IsLower(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sameDocument reports whether both are stored the same.
func sameDocument[T any](a, b T) bool {
	textA, errA := json.Marshal(document[T]{a})
	textB, errB := json.Marshal(document[T]{b})
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}
