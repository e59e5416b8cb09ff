package api

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// operation is what an operation declares beside its input and output types.
type operation struct {
	id, method, path     string
	tag                  string
	summary, description string
	scope                string // that the token must carry; "" lets anybody in
	status               int    // of success; 0 is 200
	errors               []int  // statuses of refusal beside those its shape implies
	request, response    any    // examples: values of the body types
	media                string // of an answer that is bytes and not JSON
	upload               string // of an operation that takes a file: an example of one
}

// register is the only caller of huma.Register. It adds to an operation what all have in common: the checks in their order
// (401, then 400 or 428, then 403), the statuses of refusal, the examples, and problems for errors.
func register[I, O any](s *shell, op operation, handle func(context.Context, *I) (*O, error)) {
	input := reflect.TypeFor[I]()
	status := op.status
	if status == 0 {
		status = http.StatusOK
	}
	h := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Description: op.description, Tags: []string{op.tag},
		DefaultStatus: status, MaxBodyBytes: -1, BodyReadTimeout: bodyTimeout,
		Middlewares: huma.Middlewares{s.begin(op), s.authenticate(op), s.admit},
		Responses:   s.responses(op, input),
		Security:    []map[string][]string{},
	}
	if op.scope != "" {
		h.Security = append(h.Security, map[string][]string{"bearer": {}}, map[string][]string{"oauth2": {op.scope}})
		h.Description += "\n\nThe token needs the scope `" + op.scope + "`."
		h.Extensions = map[string]any{scopesExtension: []string{op.scope}}
	}
	if op.request != nil {
		h.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: op.request}}}
	}
	success := &huma.Response{}
	if op.response != nil {
		success.Content = mediaOf(op.response)
	}
	if op.media != "" {
		success.Description = "The file."
		success.Content = map[string]*huma.MediaType{op.media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	}
	h.Responses[strconv.Itoa(status)] = success
	huma.Register(s.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := answer(ctx, op, in, handle)
		if err != nil {
			return nil, problemOf(exchangeOf(ctx), err)
		}
		return out, nil
	})
	s.require(op, "If-Match")
	if op.upload != "" { // huma describes the body by its own means and leaves no example
		item := s.huma.OpenAPI().Paths[op.path]
		cmp.Or(item.Post, item.Put).RequestBody.Content[fileType].Example = op.upload
	}
}

// mediaOf is the example under its media type: JSON, unless it says another. Text is a string to the contract.
func mediaOf(example any) map[string]*huma.MediaType {
	media, contentType := &huma.MediaType{Example: example}, "application/json"
	if other, ok := example.(huma.ContentTypeFilter); ok {
		contentType = other.ContentType(contentType)
	}
	if strings.HasPrefix(contentType, "text/") {
		media.Schema = &huma.Schema{Type: huma.TypeString}
	}
	return map[string]*huma.MediaType{contentType: media}
}

// answer runs the checks that come after validation, and then the operation.
func answer[I, O any](ctx context.Context, op operation, in *I, handle func(context.Context, *I) (*O, error)) (*O, error) {
	if bad := exchangeOf(ctx).passed; len(bad) > 0 {
		return nil, faultOf(http.StatusBadRequest, bad)
	}
	if m, ok := any(in).(interface{ precondition() error }); ok {
		if err := m.precondition(); err != nil {
			return nil, err
		}
	}
	if op.scope != "" && !exchangeOf(ctx).actor.MayUse(op.scope) {
		exchangeOf(ctx).header.Set("WWW-Authenticate", `Bearer realm="tahweel", error="insufficient_scope", scope="`+op.scope+`"`+exchangeOf(ctx).whereToAsk())
		return nil, errScope
	}
	return handle(ctx, in)
}

// begin notes which operation is running, for the log, and which query parameters it does not have or are empty, for the refusal that
// will name them together with every other fault of the request.
func (s *shell) begin(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		x := exchangeOf(ctx.Context())
		x.operation, x.passed = op.id, badParameters(ctx)
		next(ctx)
	}
}

// badParameters are the faults of the query that huma passes over: a name that the operation does not have would hide every other
// fault, and an empty value counts as none, which the contract does not allow (allowEmptyValue).
func badParameters(ctx huma.Context) []error {
	u := ctx.URL()
	query, parameters := u.Query(), ctx.Operation().Parameters
	var bad []error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		known := slices.ContainsFunc(parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case !known:
			bad = append(bad, &huma.ErrorDetail{Message: "unexpected", Location: "query." + name})
		case query.Get(name) == "":
			bad = append(bad, &huma.ErrorDetail{Message: "empty", Location: "query." + name})
		}
	}
	return bad
}

// responses are the refusals of an operation: those its shape implies and those it declares.
func (s *shell) responses(op operation, input reflect.Type) map[string]*huma.Response {
	// Every address can be asked with a query that cannot be read or that it does not know.
	statuses := map[int]bool{http.StatusBadRequest: true, http.StatusInternalServerError: true, http.StatusServiceUnavailable: true}
	add := func(list ...int) {
		for _, status := range list {
			statuses[status] = true
		}
	}
	add(op.errors...)
	if op.scope != "" {
		add(401, 403)
	}
	if strings.Contains(op.path, "{") {
		add(404)
	}
	if _, ok := input.FieldByName("Body"); ok {
		add(408, 413, 415)
	}
	if _, ok := input.FieldByName("Key"); ok {
		add(409, 422)
	}
	if reflect.PointerTo(input).Implements(reflect.TypeFor[interface{ precondition() error }]()) {
		add(412, 428)
	}
	out := map[string]*huma.Response{}
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		out[strconv.Itoa(status)] = s.refer(status)
	}
	if _, ok := input.FieldByName("IfNoneMatch"); ok {
		out["304"] = &huma.Response{Description: "Nothing changed since the ETag in If-None-Match."}
	}
	return out
}

// require marks a header as required in the contract. Huma itself must not know, or its absence would be a 400.
func (s *shell) require(op operation, header string) {
	item := s.huma.OpenAPI().Paths[op.path]
	for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if o == nil || o.OperationID != op.id {
			continue
		}
		for _, p := range o.Parameters {
			if p.Name == header {
				p.Required = true
			}
		}
	}
}

func problemSchema(doc *huma.OpenAPI) *huma.Schema {
	return doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
}

// scopesExtension names the scopes of an operation for programs that read no security schemes.
const scopesExtension = "x-scopes"

// fileType is the content type of files, in and out.
const fileType = "application/octet-stream"

// bodyTimeout is how long a body may take to arrive: 1 MiB over a slow mobile link.
const bodyTimeout = 60 * time.Second
