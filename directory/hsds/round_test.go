package hsds_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tahweel/directory/hsds"
)

// shared returns a file of the standard, which is not part of the repository; without it the test is skipped by name.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("TAHWEEL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(dir, "data", "hsds", name))
	if os.IsNotExist(err) {
		t.Skipf("data/hsds/%s of the shared folder is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// again reads a document of the kind, takes it through the directory, and writes what comes out.
func again(t *testing.T, kind string, text []byte) []byte {
	t.Helper()
	var b hsds.Bundle
	var out any
	read := func(v any) {
		t.Helper()
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatal(err)
		}
	}
	switch kind {
	case "service":
		var s hsds.Service
		read(&s)
		b.AddService(s)
		out = hsds.NewNest(b, hsds.View{}).Service(b.Services[0])
	case "organization":
		var o hsds.Organization
		read(&o)
		b.AddOrganization(o)
		out = hsds.NewNest(b, hsds.View{}).Organization(b.Organizations[0])
	case "service_at_location":
		var s hsds.ServiceAtLocation
		read(&s)
		b.AddServiceAtLocation(s)
		out, _ = hsds.NewNest(b, hsds.View{}).ServiceAtLocation(b.Offers[0])
	case "location":
		var l hsds.Location
		read(&l)
		b.AddLocation(l)
		out, _ = hsds.OfLocation(b.Locations[0], hsds.View{})
	case "taxonomy":
		var x hsds.Taxonomy
		read(&x)
		b.AddTaxonomy(x)
		out = hsds.OfTaxonomy(b.Taxonomies[0], hsds.View{})
	case "taxonomy_term":
		var x hsds.TaxonomyTerm
		read(&x)
		b.AddTerm(x)
		nest := hsds.NewNest(b, hsds.View{})
		out = nest.Term(b.Terms[0])
	}
	written, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// plain is a document without nulls and empty texts, and without what is not the standard's.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	return without(tree)
}

func without(tree any) any {
	switch v := tree.(type) {
	case map[string]any:
		for name, value := range v {
			if value == nil || value == "" {
				delete(v, name)
				continue
			}
			v[name] = without(value)
		}
		return v
	case []any:
		for i := range v {
			v[i] = without(v[i])
		}
	}
	return tree
}

func TestTheStandardsExamplesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for kind, name := range map[string]string{
		"service": "service_full", "organization": "organization_full", "service_at_location": "service_at_location_full",
		"location": "location", "taxonomy": "taxonomy", "taxonomy_term": "taxonomy_term",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := shared(t, "examples/"+name+".json")
			if diff := cmp.Diff(plain(t, text), plain(t, again(t, kind, text))); diff != "" {
				t.Errorf("what came back differs (- before, + after):\n%s", diff)
			}
		})
	}
}
