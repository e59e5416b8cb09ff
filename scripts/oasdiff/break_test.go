// Package oasdiff holds openapi.yaml against the contract as partners have it, api/testdata/released.yaml: what a client of the
// released contract relies on must stay. It has a module of its own, so that the dependencies of the comparison are none of ours.
package oasdiff

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

const (
	released = "../../api/testdata/released.yaml"
	current  = "../../openapi.yaml"
)

// announced are changes that oasdiff warns of and that the contract has announced to clients: New values of an enum may appear in an
// answer at any time.
var announced = map[string]bool{checker.ResponsePropertyEnumValueAddedId: true}

// taken are the breaks of 0.2.0 that 0.3.0 makes, each with its reason; before 1.0.0 a minor version may break (semver.org, 4), and the
// changelog says so. What stands here and is no break fails the test too.
var taken = map[string]string{
	"response-property-min-items-decreased: GET /v1/services":             unclassified,
	"response-property-min-items-decreased: POST /v1/services":            unclassified,
	"response-property-min-items-decreased: GET /v1/services/{id}":        unclassified,
	"response-property-min-items-decreased: PUT /v1/services/{id}":        unclassified,
	"response-property-min-items-decreased: PUT /v1/services/{id}/status": unclassified,
}

const unclassified = "a service that was imported may meet no need that is known, until somebody says which"

// breaks are the changes from one contract to the other that a client may notice as a break, in words.
func breaks(t *testing.T, from, to []byte) []string {
	t.Helper()
	var specs [2]*load.SpecInfo
	for i, document := range [][]byte{from, to} {
		spec, err := load.NewSpecInfoFromData(openapi3.NewLoader(), document, "contract")
		if err != nil {
			t.Fatal(err)
		}
		specs[i] = spec
	}
	report, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), specs[0], specs[1])
	if err != nil {
		t.Fatal(err)
	}
	changes := checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), report, sources, checker.WARN)
	words := checker.NewDefaultLocalizer()
	var list []string
	for _, c := range changes {
		if !announced[c.GetId()] {
			list = append(list, c.GetId()+": "+c.GetOperation()+" "+c.GetPath()+": "+c.GetUncolorizedText(words))
		}
	}
	return list
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNothingReleasedBreaks fails on each change that breaks what was released and is not taken.
func TestNothingReleasedBreaks(t *testing.T) {
	t.Parallel()
	left := maps.Clone(taken)
	for _, b := range breaks(t, read(t, released), read(t, current)) {
		change := b[:strings.LastIndex(b, ": ")]
		if taken[change] == "" || !strings.Contains(b, "needs`") {
			t.Error(b)
		}
		delete(left, change)
	}
	for change := range left {
		t.Errorf("%s is no break, or none any more", change)
	}
}

// The control: the released contract with one thing broken on purpose, in many ways.
func TestABreakIsNoticed(t *testing.T) {
	t.Parallel()
	was := string(read(t, released))
	for name, edit := range map[string]struct{ old, new, id string }{
		"a path renamed":            {"\n  /v1/nearby:", "\n  /v1/nearest:", "api-path-removed-without-deprecation"},
		"a method changed":          {"\n  /v1/needs:\n    get:", "\n  /v1/needs:\n    put:", "api-removed-without-deprecation"},
		"a property renamed":        {"\n        distance_m:", "\n        metres:", "response-optional-property-removed"},
		"a required answer renamed": {"\n        allowed_transitions:", "\n        moves:", "response-required-property-removed"},
		"a request property gone":   {"\n        case_reference:", "\n        case_number:", "request-property-removed"},
		"a type changed":            {"\n        priority:\n          enum:\n            - emergency\n            - urgent\n            - normal\n          type: string", "\n        priority:\n          type: integer", "request-property-type-changed"},
		"an enum cut in a request":  {"\n            - emergency\n            - urgent\n            - normal", "\n            - urgent\n            - normal", "request-property-enum-value-removed"},
		"a limit tightened":         {"\n          maxLength: 4000", "\n          maxLength: 40", "request-property-max-length-decreased"},
		"a parameter made required": {"\n          name: place\n", "\n          name: place\n          required: true\n", "request-parameter-became-required"},
		"a status of success gone":  {"\n        \"201\":", "\n        \"200\":", "response-success-status-removed"},
	} {
		if strings.Count(was, edit.old) == 0 {
			t.Errorf("%s: the released contract has no %q", name, edit.old)
			continue
		}
		found := breaks(t, []byte(was), []byte(strings.ReplaceAll(was, edit.old, edit.new)))
		if !strings.Contains("\n"+strings.Join(found, "\n"), "\n"+edit.id) {
			t.Errorf("%s: not noticed as %s: %q", name, edit.id, found)
		}
	}
	if found := breaks(t, []byte(was), []byte(was)); len(found) > 0 {
		t.Errorf("the contract breaks itself: %q", found)
	}
}
