package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bodies checks the JSON bodies of answers. An OpenAPI 3.1 schema is one of JSON Schema 2020-12; each is compiled once, where kin-openapi
// compiles it anew for every answer, which was a third of the time of the tests.
type bodies struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the contract
}

const contractURL = "contract.json"

func newBodies(doc *openapi3.T) (*bodies, error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	b := &bodies{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	b.compiler.DefaultDraft(jsonschema.Draft2020)
	b.compiler.AssertFormat()
	return b, b.compiler.AddResource(contractURL, value)
}

// check says how a body breaks the schema of the media type in the response at a place of the contract, or nil.
func (b *bodies) check(response, mediaType string, body []byte) error {
	place := response + "/content/" + token(mediaType) + "/schema"
	schema, err := b.schema(place)
	if err != nil {
		return fmt.Errorf("read the schema at %s: %w", place, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("response body is no JSON: %w", err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("response body doesn't match schema: %w", err)
	}
	return nil
}

func (b *bodies) schema(place string) (*jsonschema.Schema, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.schemas[place]; s != nil {
		return s, nil
	}
	s, err := b.compiler.Compile(contractURL + place)
	if err == nil {
		b.schemas[place] = s
	}
	return s, err
}

// placeOf is where the contract documents the answer, as a JSON pointer in a fragment.
func placeOf(route *routers.Route, resp *http.Response, documented *openapi3.ResponseRef) string {
	if documented.Ref != "" {
		return documented.Ref
	}
	return "#/paths/" + token(route.Path) + "/" + strings.ToLower(route.Method) + "/responses/" + strconv.Itoa(resp.StatusCode)
}

func token(name string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}
