package apitest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// JSON is the content type of the bodies of this API.
const JSON = "application/json"

// File is the content type of files.
const File = "application/octet-stream"

// Operation is one operation of the contract, as a test that speaks of all of them needs it.
type Operation struct {
	ID, Method, Path string
	Anonymous        bool     // needs no token
	Scopes           []string // that the token must carry
	Parameters       openapi3.Parameters
	Body             *openapi3.RequestBody // nil if it takes none
	Responses        *openapi3.Responses
}

// Operations are those of the contract, in the order of their ids.
func (c *Contract) Operations() []Operation { return slices.Clone(c.operations) }

func operationsOf(doc *openapi3.T) []Operation {
	var list []Operation
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op := Operation{
				ID: o.OperationID, Method: method, Path: path, Parameters: o.Parameters, Responses: o.Responses,
				Anonymous: o.Security != nil && len(*o.Security) == 0, Scopes: texts(o.Extensions["x-scopes"]),
			}
			if o.RequestBody != nil {
				op.Body = o.RequestBody.Value
			}
			list = append(list, op)
		}
	}
	slices.SortFunc(list, func(a, b Operation) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Scopes are all that the contract names, in order.
func (c *Contract) Scopes() []string {
	all := map[string]bool{}
	for _, op := range c.operations {
		for _, scope := range op.Scopes {
			all[scope] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Parameter is the parameter of the operation with that name and place, or nil.
func (o Operation) Parameter(in, name string) *openapi3.Parameter {
	return o.Parameters.GetByInAndName(in, name)
}

// In are the parameters of the operation in that place: path, query or header.
func (o Operation) In(place string) []*openapi3.Parameter {
	var list []*openapi3.Parameter
	for _, p := range o.Parameters {
		if p.Value.In == place {
			list = append(list, p.Value)
		}
	}
	return list
}

// JSONBody is the schema and the example of the JSON body; both are nil for an operation that takes none.
func (o Operation) JSONBody() (*openapi3.Schema, any) {
	if o.Body == nil || o.Body.Content[JSON] == nil {
		return nil, nil
	}
	m := o.Body.Content[JSON]
	return m.Schema.Value, m.Example
}

// Success is the status and the schema of the documented success; the schema is nil where the answer has no JSON body.
func (o Operation) Success() (status string, schema *openapi3.Schema) {
	for _, s := range slices.Sorted(maps.Keys(o.Responses.Map())) {
		if strings.HasPrefix(s, "2") {
			if m := o.Responses.Value(s).Value.Content[JSON]; m != nil && m.Schema != nil {
				return s, m.Schema.Value
			}
			return s, nil
		}
	}
	return "", nil
}

// Request is an HTTP request in parts, so that a test can break one of them.
type Request struct {
	Method, Path string // Path is the template of the contract
	Values       map[string]string
	Query        url.Values
	Header       http.Header
	Body         any    // sent as JSON
	Raw          []byte // sent as it is, in Body's place
	RawPath      string // sent as it is, in the place of path and query
}

// Clone is a deep copy.
func (r Request) Clone() Request {
	r.Values, r.Query, r.Header = maps.Clone(r.Values), url.Values(http.Header(r.Query).Clone()), r.Header.Clone()
	r.Body = copied(r.Body)
	return r
}

func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = copied(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = copied(item)
		}
		return out
	default:
		return v
	}
}

// URL is the address of the request at a server.
func (r Request) URL(server string) string {
	if r.RawPath != "" {
		return server + r.RawPath
	}
	path := r.Path
	for name, value := range r.Values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	return server + path
}

// Content is what will be sent as the body; nil for none.
func (r Request) Content() []byte {
	if r.Raw != nil || r.Body == nil {
		return r.Raw
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.Body); err != nil {
		panic(err) // only what JSON was decoded to is put there
	}
	return b.Bytes()
}

// HTTP makes the request for a server. It fails if an address or a header cannot be sent.
func (r Request) HTTP(server string) (*http.Request, error) {
	content := r.Content()
	req, err := http.NewRequest(r.Method, r.URL(server), bytes.NewReader(content)) //nolint:noctx // whoever sends it adds one
	if err != nil {
		return nil, err
	}
	req.Header = r.Header.Clone()
	if content == nil {
		req.Body, req.GetBody = nil, nil
	}
	return req, nil
}
