package hsds_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tahweel/api/apitest"
	words "tahweel/directory/hsds"
)

// entities are the types of the standard, by the name of their schema.
var entities = map[string]reflect.Type{
	"organization": reflect.TypeFor[words.Organization](), "service": reflect.TypeFor[words.Service](), "service_at_location": reflect.TypeFor[words.ServiceAtLocation](),
	"location": reflect.TypeFor[words.Location](), "taxonomy": reflect.TypeFor[words.Taxonomy](), "taxonomy_term": reflect.TypeFor[words.TaxonomyTerm](),
	"attribute": reflect.TypeFor[words.Attribute](), "metadata": reflect.TypeFor[words.Metadata](), "url": reflect.TypeFor[words.URL](),
	"phone": reflect.TypeFor[words.Phone](), "language": reflect.TypeFor[words.Language](), "contact": reflect.TypeFor[words.Contact](),
	"schedule": reflect.TypeFor[words.Schedule](), "address": reflect.TypeFor[words.Address](), "accessibility": reflect.TypeFor[words.Accessibility](),
	"required_document": reflect.TypeFor[words.RequiredDocument](), "cost_option": reflect.TypeFor[words.CostOption](), "funding": reflect.TypeFor[words.Funding](),
	"program": reflect.TypeFor[words.Program](), "organization_identifier": reflect.TypeFor[words.Identifier](), "unit": reflect.TypeFor[words.Unit](),
	"service_capacity": reflect.TypeFor[words.ServiceCapacity](), "service_area": reflect.TypeFor[words.ServiceArea](),
}

// nested are properties of the standard that its own schema files of the entity have not, but its compiled ones.
var nested = []string{"organization.services", "service_at_location.service"}

// names are what the type is called in JSON, field by field.
func names(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			all = append(all, names(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, name)
	}
	return all
}

func properties(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	var schema struct {
		Properties map[string]any
	}
	if err == nil {
		err = json.Unmarshal(text, &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	return schema.Properties
}

// Every field that is served is either the standard's or the profile's, never both; and the profile has no other.
func TestTheProfileIsWhatIsAdded(t *testing.T) {
	t.Parallel()
	folder := filepath.Dir(apitest.Shared(t, "../..", "data/hsds/schema/service.json"))
	for entity, of := range entities {
		standard, added := properties(t, filepath.Join(folder, entity+".json")), properties(t, filepath.Join("profile", entity+".json"))
		for _, name := range names(of) {
			_, theirs := standard[name]
			_, ours := added[name]
			if theirs == ours && !slices.Contains(nested, entity+"."+name) {
				t.Errorf("%s.%s: in the standard %v, in the profile %v", entity, name, theirs, ours)
			}
		}
		for name := range standard {
			if !slices.Contains(names(of), name) {
				t.Errorf("%s.%s of the standard has no field", entity, name)
			}
		}
		for name := range added {
			if !slices.Contains(names(of), name) {
				t.Errorf("%s.%s of the profile has no field", entity, name)
			}
		}
	}
}

// A patch adds properties and does nothing else: it requires nothing and, being without nulls, removes nothing (RFC 7396).
func TestThePatchesOnlyAdd(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("profile/*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d patches: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if fault := onlyAdds(text); fault != "" {
			t.Errorf("%s %s", file, fault)
		}
	}
	for _, broken := range []string{`{"properties": {"fees": null}}`, `{"required": ["needs"]}`, `{"additionalProperties": false}`, `[]`} {
		if onlyAdds([]byte(broken)) == "" {
			t.Errorf("was not noticed: %s", broken)
		}
	}
}

func onlyAdds(text []byte) string {
	var patch map[string]any
	if err := json.Unmarshal(text, &patch); err != nil {
		return "is not an object"
	}
	added, ok := patch["properties"].(map[string]any)
	if len(patch) != 1 || !ok {
		return "does more than add properties"
	}
	for name, property := range added {
		if property == nil {
			return "takes away " + name
		}
	}
	return ""
}
