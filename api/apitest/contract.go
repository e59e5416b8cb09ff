// Package apitest holds real traffic against the contract. It is for tests only.
package apitest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Contract is openapi.yaml, ready to check traffic against.
type Contract struct {
	operations []Operation
	router     routers.Router
	bodies     *bodies
	paths      []string // beside the contract: documents, problem pages
}

// loaded holds each document that was read: reading a large one takes a second, and every test reads the same.
var loaded sync.Map // of func() (*Contract, error), by document and paths

// Load reads a contract and checks that it is a valid OpenAPI document. Paths outside the contract that a test may call are
// given as prefixes. Contracts are shared between tests, and nothing changes them.
func Load(document []byte, outside ...string) (*Contract, error) {
	key := fmt.Sprintf("%x %q", sha256.Sum256(document), outside)
	read, _ := loaded.LoadOrStore(key, sync.OnceValues(func() (*Contract, error) { return load(document, outside) }))
	return read.(func() (*Contract, error))()
}

// readGeoJSON lets the filter read what is JSON under another name. It keeps its decoders in a package variable.
var readGeoJSON = sync.OnceFunc(func() { openapi3filter.RegisterBodyDecoder("application/geo+json", openapi3filter.JSONBodyDecoder) })

func load(document []byte, outside []string) (*Contract, error) {
	readGeoJSON()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	doc.Servers = nil // the server's address is not known before the test
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	bodies, err := newBodies(doc)
	if err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	return &Contract{operations: operationsOf(doc), router: router, bodies: bodies, paths: outside}, nil
}

// Transport is an http.RoundTripper that fails the test when an answer is not what the contract says: an operation, a status, a
// content type, a header or a body that is not documented. A request that was accepted (2xx) must fit the contract as well, so
// that the server is not laxer than its document. An address the contract does not have must be a 404 or 405 problem.
func (c *Contract) Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		t.Helper()
		sent, err := buffered(&req.Body)
		if err != nil {
			return nil, err
		}
		resp, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		got, err := buffered(&resp.Body)
		if err != nil {
			return nil, err
		}
		if err := c.Check(req, sent, resp, got); err != nil {
			t.Errorf("contract: %s %s answered %d: %v", req.Method, req.URL.Path, resp.StatusCode, err)
		}
		return resp, nil
	})
}

// Check says how one exchange breaks the contract, or nil.
func (c *Contract) Check(req *http.Request, sent []byte, resp *http.Response, got []byte) error {
	if slices.ContainsFunc(c.paths, func(p string) bool { return strings.HasPrefix(req.URL.Path, p) }) {
		return nil
	}
	again := req.Clone(context.Background())
	again.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := c.router.FindRoute(again)
	if err != nil {
		return unknownRoute(resp)
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
		ExcludeReadOnlyValidations: true, // what was read may be written back whole: the service ignores what only it says
	}
	input := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route, Options: options}
	if resp.StatusCode < http.StatusMultipleChoices {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			return fmt.Errorf("the request was accepted, but: %w", err)
		}
	}
	return c.checkAnswer(route, input, resp, got)
}

func unknownRoute(resp *http.Response) error {
	if s := resp.StatusCode; s != http.StatusNotFound && s != http.StatusMethodNotAllowed && s != http.StatusBadRequest {
		return fmt.Errorf("the contract has no such operation")
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" {
		return fmt.Errorf("a refusal must be a problem, not %q", ct)
	}
	return nil
}

func (c *Contract) checkAnswer(route *routers.Route, input *openapi3filter.RequestValidationInput, resp *http.Response, got []byte) error {
	documented := route.Operation.Responses.Status(resp.StatusCode)
	if documented == nil {
		return fmt.Errorf("%s does not document this status", route.Operation.OperationID)
	}
	if len(documented.Value.Content) == 0 && len(got) > 0 {
		return fmt.Errorf("%s documents no body for this status", route.Operation.OperationID)
	}
	options := *input.Options
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: &options,
	}
	answer.SetBodyBytes(got)
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	media := documented.Value.Content[mediaType]
	if err != nil || media == nil || media.Schema == nil || !strings.HasSuffix(mediaType, "json") {
		return openapi3filter.ValidateResponse(context.Background(), answer)
	}
	options.ExcludeResponseBody = true
	if err := openapi3filter.ValidateResponse(context.Background(), answer); err != nil {
		return err
	}
	return c.bodies.check(placeOf(route, resp, documented), mediaType, got)
}

// buffered reads a body to its end and puts a copy in its place.
func buffered(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	b, err := io.ReadAll(*body)
	if err != nil {
		return nil, err
	}
	_ = (*body).Close()
	*body = io.NopCloser(bytes.NewReader(b))
	return b, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
