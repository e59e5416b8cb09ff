package hsds_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"tahweel/directory"
)

func need(t *testing.T, code string) string {
	t.Helper()
	n, ok := directory.NeedByCode(code)
	if !ok {
		t.Fatalf("there is no %s", code)
	}
	return n.ID.String()
}

func TestListsAreNarrowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, want := range map[string]string{
		"/services?lang=en&taxonomy_term_id=" + need(t, "DIS-PHYSIO"):                                        "Physiotherapy",
		"/services?lang=en&taxonomy_term_id=" + need(t, "DIS"):                                               "Physiotherapy", // through the parent
		"/services?lang=en&taxonomy_term_id=DIS":                                                             "Physiotherapy",
		"/services?lang=en&taxonomy_term_id=" + need(t, "EDU"):                                               "",
		"/services?lang=en&taxonomy_term_id=" + termA1.String():                                              "Physiotherapy",
		"/services?lang=en&taxonomy_term_id=" + termA.String():                                               "Physiotherapy", // through the parent
		"/services?lang=en&taxonomy_term_id=" + record("termB").String():                                     "",
		"/services?lang=en&taxonomy_id=" + record("tax").String():                                            "Physiotherapy",
		"/services?lang=en&taxonomy_id=" + uuid.NewString():                                                  "",
		"/services?lang=en&organization_id=" + w.town.ID.String():                                            "Family counselling",
		"/services?lang=en&organization_id=" + w.applicant.ID.String():                                       "",
		"/services?lang=en&organization_id=" + w.town.ID.String() + "&taxonomy_term_id=DIS":                  "",
		"/services?lang=en&search=PHYSIO":                                                                    "Physiotherapy",
		"/services?lang=en&search=%D8%B9%D9%84%D8%A7%D8%AC":                                                  "Physiotherapy",                // علاج
		"/services?lang=en&search=%D8%A7%D9%90%D8%B1%D8%B4%D8%A7%D8%AF":                                      "Family counselling, Helpline", // اِرشاد, for إرشاد; an استشارة is one too
		"/services?lang=en&search=municipality":                                                              "Family counselling",           // its organization
		"/services?lang=en&search=family%20physio":                                                           "",
		"/services?lang=en&search=%25":                                                                       "",
		"/services?lang=en&text=physio":                                                                      "Physiotherapy",
		"/services?lang=en&latitude=31.4462&longitude=35.0934":                                               "Physiotherapy, Family counselling",
		"/services?lang=en&latitude=31.5781&longitude=35.1003":                                               "Family counselling, Physiotherapy",
		"/services?lang=en&latitude=31.5781&longitude=35.1003&radius=2000":                                   "Family counselling",
		"/services?lang=en&latitude=31.5781&longitude=35.1003&taxonomy_term_id=DIS":                          "Physiotherapy",
		"/organizations?lang=en&latitude=31.5781&longitude=35.1003":                                          "Invented municipality, Invented Yusr association",
		"/organizations?lang=en&taxonomy_term_id=DIS":                                                        "Invented Yusr association",
		"/organizations?lang=en&search=shelter":                                                              "Invented shelter",
		"/organizations?lang=en&taxonomy_id=" + directory.NeedsTaxonomy.ID.String() + "&search=municipality": "Invented municipality",
		"/taxonomy_terms?lang=en&taxonomy_id=" + record("tax").String() + "&parent_id=" + termA.String():     "Term A1",
		"/taxonomy_terms?lang=en&top_only=true&search=disab":                                                 "Disability and rehabilitation",
		"/taxonomies?lang=en&search=invented":                                                                "Invented classification",
	} {
		if got := w.names(query); got != want {
			t.Errorf("%s: %q, not %q", query, got, want)
		}
	}
	if got := w.list("/service_at_locations?latitude=31.5781&longitude=35.1003"); len(got.Contents) != 2 || *got.Contents[0].Distance > 1 || *got.Contents[1].Distance < 10_000 {
		t.Errorf("%+v", got)
	}
}

func TestPagesAreWalked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, list := range []string{"/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms", "/services?latitude=31.5&longitude=35.1", "/taxonomy_terms?search=a"} {
		whole := w.get(list + with(list, "format=ndjson"))
		lines := strings.Split(strings.TrimSpace(string(whole)), "\n")
		seen, number := map[string]bool{}, 0
		for last := false; !last; {
			number++
			page := w.list(list + with(list, "perPage=2&page="+short(number)))
			for _, thing := range page.Contents {
				if seen[thing.ID] {
					t.Errorf("%s: %s comes twice", list, thing.ID)
				}
				seen[thing.ID] = true
			}
			if page.PageNumber != number || page.FirstPage != (number == 1) || page.Size != len(page.Contents) || page.Empty != (page.Size == 0) || page.TotalPages != (page.TotalItems+1)/2 {
				t.Errorf("%s: %+v", list, page)
			}
			last = page.LastPage
		}
		if len(seen) != len(lines) || len(seen) == 0 {
			t.Errorf("%s: %d on pages, %d in the stream", list, len(seen), len(lines))
		}
		for _, line := range lines {
			var thing struct{ ID string }
			if json.Unmarshal([]byte(line), &thing) != nil || !seen[thing.ID] {
				t.Errorf("%s: a line is not on the pages: %s", list, line)
			}
		}
		beyond := w.list(list + with(list, "page=1000"))
		if !beyond.Empty || beyond.Contents == nil || !beyond.LastPage {
			t.Errorf("%s: beyond the end: %+v", list, beyond)
		}
	}
}

func with(list, query string) string {
	if strings.Contains(list, "?") {
		return "&" + query
	}
	return "?" + query
}

func short(n int) string {
	text, _ := json.Marshal(n) // a whole number always has a form
	return string(text)
}

func TestWhatCannotBeAskedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{
		"page=0", "page=x", "per_page=0", "perPage=-1", "format=xml", "modified_after=yesterday", "taxonomy_term_id=x", "organization_id=1", "full=perhaps",
		"latitude=31", "longitude=35", "latitude=135&longitude=35", "latitude=NaN&longitude=35", "latitude=31&longitude=35&radius=0", "lang=fr",
		"search=" + strings.Repeat("a", 300), "search=%00", "search=%ff",
	} {
		a := w.send(http.MethodGet, "/services?"+query, "Accept-Language", "ar")
		if a.status != http.StatusBadRequest || a.header.Get("Content-Type") != "application/problem+json" || !bytes.ContainsAny(a.body, "يجب المعاملات") {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
		if a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: another site cannot read why", query)
		}
	}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodPost, "/services/" + w.physio.ID.String(), http.StatusMethodNotAllowed}, {http.MethodDelete, "/services", http.StatusMethodNotAllowed},
		{http.MethodPut, "/", http.StatusMethodNotAllowed}, {http.MethodGet, "/nothing", http.StatusNotFound}, {http.MethodGet, "/profile/nothing.json", http.StatusNotFound},
		{http.MethodOptions, "/services", http.StatusNoContent}, {http.MethodHead, "/services", http.StatusOK},
	} {
		if a := w.send(c.method, c.path); a.status != c.status || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: %d", c.method, c.path, a.status)
		}
	}
	if got := w.list("/services?nobody_knows=this&per_page=999999&full=").TotalItems; got != 4 {
		t.Errorf("an unknown parameter changes the answer: %d", got)
	}
}

func TestAnswersCanBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.send(http.MethodGet, "/services")
	if !strings.HasPrefix(a.header.Get("Cache-Control"), "public, max-age=") || a.header.Get("Vary") != "Accept-Language" {
		t.Errorf("%v", a.header)
	}
	if again := w.send(http.MethodGet, "/services", "If-None-Match", a.header.Get("ETag")); again.status != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("%d", again.status)
	}
	if other := w.send(http.MethodGet, "/services", "If-None-Match", a.header.Get("ETag"), "Accept-Language", "en"); other.status != http.StatusOK {
		t.Errorf("in another language: %d", other.status)
	}
	if post := w.send(http.MethodPost, "/services"); !bytes.Equal(post.body, a.body) {
		t.Error("by POST the list is another")
	}
	for header, want := range map[string]string{"": "علاج طبيعي", "en-US,en;q=0.9": "Physiotherapy", "fr, ar, en": "علاج طبيعي", "de": "علاج طبيعي"} {
		if got := w.send(http.MethodGet, "/services/"+w.physio.ID.String(), "Accept-Language", header); !bytes.Contains(got.body, []byte(`"name":"`+want+`","alternate_name"`)) {
			t.Errorf("Accept-Language %q does not put %q on top", header, want)
		}
	}
}

// The parameters of a POST may stand in a form or in an object as well.
func TestAListIsAskedForByPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for media, body := range map[string]string{
		"application/x-www-form-urlencoded": "lang=en&taxonomy_term_id=DIS&full=true",
		"application/json":                  `{"lang": "en", "taxonomy_term_id": "DIS", "full": true, "per_page": 3}`,
	} {
		resp, err := http.Post(w.URL+"/hsds/services", media, strings.NewReader(body))
		w.ok(err)
		var page listed
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		if err != nil || page.TotalItems != 1 || page.Contents[0].Name != "Physiotherapy" {
			t.Errorf("%s: %v %+v", media, err, page)
		}
	}
}

// A validator reads the document and calls each method that it finds there.
func TestTheDocumentSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	document, err := openapi3.NewLoader().LoadFromData(w.get("/openapi.json"))
	w.ok(err)
	w.ok(document.Validate(t.Context()))
	ids := map[string]string{
		"/services/{id}": w.physio.ID.String(), "/organizations/{id}": w.association.ID.String(), "/service_at_locations/{id}": record("sal").String(),
		"/taxonomies/{id}": record("tax").String(), "/taxonomy_terms/{id}": termA.String(),
	}
	called := 0
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			called++
			address := strings.ReplaceAll(path, "{id}", ids[path])
			a := w.send(method, address)
			if a.status != http.StatusOK {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
				continue
			}
			var body any
			w.ok(json.Unmarshal(a.body, &body))
			if err := operation.Responses.Status(http.StatusOK).Value.Content["application/json"].Schema.Value.VisitJSON(body); err != nil {
				t.Errorf("%s %s is not what the document says: %v", method, path, err)
			}
		}
	}
	if called != 16 {
		t.Errorf("%d methods were called", called)
	}
}
