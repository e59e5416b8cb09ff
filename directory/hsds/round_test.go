package hsds_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tahweel/directory/hsds"
	"tahweel/geo"
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

// A record of our own, with a value in every field of the standard and of the profile, comes back as it was; only the attributes that
// say which needs a service meets are added.
func TestARecordWithEverythingComesBackAsItWas(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/service.json")
	if err != nil {
		t.Fatal(err)
	}
	var given hsds.Service
	if err := json.Unmarshal(text, &given); err != nil {
		t.Fatal(err)
	}
	var b hsds.Bundle
	b.AddService(given)
	for language, top := range map[string]string{"": "علاج طبيعي", "en": "Physiotherapy"} {
		got := hsds.NewNest(b, hsds.View{Language: language}).Service(b.Services[0])
		if got.Name != top {
			t.Errorf("in %q the name is %q", language, got.Name)
		}
		need := got.Attributes[len(got.Attributes)-1]
		if need.TaxonomyTerm == nil || need.TaxonomyTerm.Code != "DIS-PHYSIO" || need.TaxonomyTerm.TaxonomyDetail == nil {
			t.Errorf("the need is not among the attributes: %+v", need)
		}
		got.Attributes = got.Attributes[:len(got.Attributes)-1]
		if language == "" {
			if diff := cmp.Diff(given, got); diff != "" {
				t.Errorf("what came back differs (- before, + after):\n%s", diff)
			}
		}
		again := hsds.Bundle{}
		again.AddService(got)
		if diff := cmp.Diff(b, again, cmp.AllowUnexported(geo.Point{})); diff != "" {
			t.Errorf("read in %q it is something else (- before, + after):\n%s", language, diff)
		}
	}
}

// The control: for each text of the record, one that was lost or changed on the way is noticed.
func TestALostFieldIsNoticed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/service.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := plain(t, text)
	for _, lose := range []func(*hsds.Service){
		func(s *hsds.Service) { s.Licenses = "" },
		func(s *hsds.Service) { s.Organization.Phones[0].Extension = nil },
		func(s *hsds.Service) { s.ServiceAtLocations[0].Location.Addresses[0].Translations = nil },
		func(s *hsds.Service) { s.Attributes[0].TaxonomyTerm.TaxonomyDetail.Version = "" },
	} {
		var s hsds.Service
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		lose(&s)
		less, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(whole, plain(t, less)) {
			t.Errorf("a record without it is the same: %s", less)
		}
	}
}
