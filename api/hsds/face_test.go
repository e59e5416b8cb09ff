package hsds_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/directory"
	words "tahweel/directory/hsds"
)

// termA1 is a term of the invented taxonomy, directly below termA.
var (
	termA1 = record("termA1")
	termA  = record("termA")
)

// record is the id of something in the record with everything.
func record(of string) uuid.UUID {
	return uuid.NewSHA1(uuid.MustParse("2b3c5f0e-7a41-5c6d-9d1e-3f8a64b0c7d2"), []byte(of))
}

// served are addresses of the world that between them show everything: how each looks is held in testdata.
func (w *world) served() map[string]string {
	return map[string]string{
		"base": "/", "openapi": "/openapi.json", "profile": "/profile", "services": "/services", "services_english": "/services?lang=en",
		"services_minimal": "/services?minimal=true", "service": "/services/" + w.physio.ID.String(), "advice": "/services/" + w.advice.ID.String(),
		"organizations": "/organizations", "organization": "/organizations/" + w.association.ID.String(),
		"offers": "/service_at_locations", "offers_near": "/service_at_locations?latitude=31.5&longitude=35.1&radius=20000",
		"taxonomies": "/taxonomies", "terms": "/taxonomy_terms?search=DIS", "term": "/taxonomy_terms/" + termA1.String(),
	}
}

func TestAnswersAreAsTheyWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, path := range w.served() {
		file := filepath.Join("testdata", name+".json")
		got := indented(w.get(path))
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s differs from %s (- then, + now):\n%s", path, file, cmp.Diff(string(want), string(got)))
		}
	}
}

func TestAnswersKeepTheStandard(t *testing.T) {
	t.Parallel()
	standard := apitest.LoadStandard(t, "../..")
	w := newWorld(t)
	for _, path := range w.served() {
		if path == "/openapi.json" || path == "/profile" {
			continue
		}
		plain, _, _ := strings.Cut(path, "?")
		if err := standard.Check(plain, w.get(path)); err != nil {
			t.Error(err)
		}
	}
	for _, query := range []string{"?full=true", "?full_service=true", "?modified_after=2026-01-01", "?page=7", "?search=zzz"} {
		for _, list := range []string{"/services", "/organizations", "/service_at_locations"} {
			if err := standard.Check(list, w.get(list+query)); err != nil {
				t.Error(err)
			}
		}
	}
	if standard.Check("/services", bytes.Replace(w.get("/services"), []byte(`"status":"active"`), []byte(`"status":"open"`), 1)) == nil {
		t.Error("a broken answer was not noticed")
	}
}

// What came in comes out, through the database and the face, in every field.
func TestTheRecordWithEverythingIsServedAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := os.ReadFile("../../directory/hsds/testdata/service.json")
	w.ok(err)
	var was, is any
	w.ok(json.Unmarshal(text, &was))
	w.ok(json.Unmarshal(w.get("/services/"+w.physio.ID.String()), &is))
	if missing := lacks(was, is, ""); len(missing) > 0 {
		t.Errorf("lost on the way: %v", missing)
	}
	is.(map[string]any)["organization"].(map[string]any)["phones"] = []any{}
	if len(lacks(was, is, "")) == 0 {
		t.Error("a lost telephone was not noticed")
	}
}

func TestTheStandardsExamplesAreServedAsTheyWere(t *testing.T) {
	t.Parallel()
	for kind, list := range map[string]string{"service": "/services/", "organization": "/organizations/", "service_at_location": "/service_at_locations/"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(apitest.Shared(t, "../..", "data/hsds/examples/"+kind+"_full.json"))
			if err != nil {
				t.Fatal(err)
			}
			w := emptyWorld(t)
			var b words.Bundle
			w.ok(b.Add(kind, text))
			for i := range b.Organizations { // the standard does not say of what kind an organization is
				b.Organizations[i].Kind, b.Organizations[i].InformationOnly = "association", true
			}
			for i := range b.Locations {
				b.Locations[i].Source = "examples"
			}
			for i := range b.Services {
				b.Services[i].Source, b.Services[i].DeliveryModes = "examples", []directory.DeliveryMode{directory.Facility}
			}
			w.keep(b)
			var was, is any
			w.ok(json.Unmarshal(text, &was))
			w.ok(json.Unmarshal(w.get(list+was.(map[string]any)["id"].(string)+"?full_service=true"), &is))
			if missing := lacks(was, is, ""); len(missing) > 0 {
				t.Errorf("lost on the way: %v", missing)
			}
			if strings.Contains(string(w.get(list+was.(map[string]any)["id"].(string))), "translations\":{\"ar\":{\"name\":\"Community") {
				t.Error("a text that is the same in both languages has translations")
			}
		})
	}
}

// lacks names what of the one tree is not, or is otherwise, in the other; nulls and empty texts count as absent.
func lacks(was, is any, at string) (missing []string) {
	switch a := was.(type) {
	case map[string]any:
		b, ok := is.(map[string]any)
		if !ok {
			return []string{at}
		}
		for name, value := range a {
			if value == nil || value == "" {
				continue
			}
			missing = append(missing, lacks(value, b[name], at+"/"+name)...)
		}
	case []any:
		b, ok := is.([]any)
		if !ok || len(b) < len(a) || (len(b) > len(a) && !strings.HasSuffix(at, "/attributes")) {
			return []string{at}
		}
		for i := range a {
			missing = append(missing, lacks(a[i], b[i], at)...)
		}
	default:
		if !cmp.Equal(was, is) {
			return []string{at}
		}
	}
	slices.Sort(missing)
	return missing
}

func TestThePublicListsAreWhatIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"/organizations?lang=en": "Invented Yusr association, Invented municipality, Invented hotline, Invented shelter",
		"/services?lang=en":      "Physiotherapy, Family counselling, Helpline, Safe house",
	} {
		got := strings.Split(w.names(path), ", ")
		for _, name := range strings.Split(want, ", ") {
			if !slices.Contains(got, name) {
				t.Errorf("%s lacks %s: %v", path, name, got)
			}
		}
		if len(got) != 4 {
			t.Errorf("%s has %v", path, got)
		}
	}
	if page := w.list("/service_at_locations"); page.TotalItems != 2 {
		t.Errorf("services at locations: %+v", page)
	}
	for _, id := range []string{w.applicant.ID.String(), w.hidden.ID.String(), "x", "00000000-0000-0000-0000-000000000000"} {
		for _, list := range []string{"/organizations/", "/services/", "/service_at_locations/", "/taxonomies/", "/taxonomy_terms/"} {
			if a := w.send(http.MethodGet, list+id); a.status != http.StatusNotFound || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s%s: %d %s", list, id, a.status, a.body)
			}
		}
	}
}
