package apitest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Standard is the API document of HSDS with its schemas, ready to check answers against. They are not part of the repository.
type Standard struct {
	folder string
	mu     sync.Mutex
	ready  map[string]*jsonschema.Schema
}

// Shared returns the folder that stands beside the repository and is not part of it: what TAHWEEL_SHARED names, or ../shared seen from
// the root. Without it the test is skipped, and says which file it lacks.
func Shared(t testing.TB, root, name string) string {
	t.Helper()
	folder := os.Getenv("TAHWEEL_SHARED")
	if folder == "" {
		folder = filepath.Join(root, "..", "shared")
	}
	path, err := filepath.Abs(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s of the shared folder is not here", name)
	}
	return path
}

// LoadStandard reads the standard from the shared folder; root is the path of the repository from the test.
func LoadStandard(t testing.TB, root string) *Standard {
	t.Helper()
	Shared(t, root, "data/hsds/openapi.offline.json")
	return &Standard{folder: Shared(t, root, "data/hsds"), ready: map[string]*jsonschema.Schema{}}
}

// Check fails if the body is not what the standard says of an answer to GET path, which is below /hsds and without a query.
func (s *Standard) Check(path string, body []byte) error {
	schema, err := s.schema(path)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// schema compiles what the document says of the path, or returns what it has compiled before.
func (s *Standard) schema(path string) (*jsonschema.Schema, error) {
	at := s.pointer(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema, ok := s.ready[at]; ok {
		return schema, nil
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	schema, err := c.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", at, err)
	}
	s.ready[at] = schema
	return schema, nil
}

// pointer is where the schema of the path stands. Of a single service at a location the document names the schema of a service.
func (s *Standard) pointer(path string) string {
	const sal = "/service_at_locations/"
	if strings.HasPrefix(path, sal) {
		return "file://" + filepath.ToSlash(filepath.Join(s.folder, "schema", "compiled", "service_at_location.json"))
	}
	if parts := strings.Split(path, "/"); len(parts) == 3 {
		path = "/" + parts[1] + "/{id}"
	}
	return "file://" + filepath.ToSlash(filepath.Join(s.folder, "openapi.offline.json")) +
		"#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/application~1json/schema"
}
