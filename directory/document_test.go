package directory

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestADocumentComesBackAsItWas(t *testing.T) {
	t.Parallel()
	amount, year, extension := 12.5, 1998, 0
	given := ServiceDetails{
		Alert: Name{AR: "مغلق", EN: "Closed"}, ProgramID: uuid.MustParse("0190a1b2-0000-7000-8000-000000000001"), Transport: true,
		Phones: []Phone{{
			Record: Record{ID: uuid.MustParse("0190a1b2-0000-7000-8000-000000000002"), Attributes: []Attribute{{Value: "x"}}},
			Number: "+97022000000", Extension: &extension, Languages: []Language{{Code: "ar"}, {}},
		}},
		CostOptions: []CostOption{{Amount: &amount, Currency: "ILS"}},
		Schedules:   []Schedule{{ByDay: "SU,MO", OpensAt: "08:00", DTStart: "2026-01-01", Count: &year}},
	}
	text, err := json.Marshal(document[ServiceDetails]{given})
	if err != nil {
		t.Fatal(err)
	}
	var back document[ServiceDetails]
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given, back.Value); diff != "" {
		t.Error(diff)
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	phone := tree["phones"].([]any)[0].(map[string]any)
	if phone["extension"] != 0.0 || phone["id"] == nil || phone["description"] != nil || phone["on_call"] != nil {
		t.Errorf("stored as %s", text)
	}
	if empty, err := json.Marshal(document[ServiceDetails]{}); err != nil || string(empty) != "{}" {
		t.Errorf("nothing is stored as %s, %v", empty, err)
	}
}

func TestSnake(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"OpensAt": "opens_at", "TaxonomyTermID": "taxonomy_term_id", "URL": "url", "ByDay": "by_day", "DTStart": "dt_start", "AR": "ar", "Address1": "address1",
		"ID": "id", "URI": "uri", "IdentityDocs": "identity_docs",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s is stored as %s, want %s", name, got, want)
		}
	}
}
