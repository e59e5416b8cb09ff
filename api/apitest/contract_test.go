package apitest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const document = `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /jars/{id}:
    post:
      operationId: fill-jar
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: If-Match, in: header, required: true, schema: {type: string}}
        - {name: full, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Jar"}}}
      responses:
        "200":
          description: ok
          headers: {ETag: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Jar"}}}
        "204": {description: nothing}
        "404":
          description: none
          content: {application/problem+json: {schema: {type: object, required: [code], properties: {code: {type: string}}}}}
components:
  schemas:
    Jar:
      type: object
      additionalProperties: false
      required: [label]
      properties: {label: {type: string, maxLength: 5}, size: {type: integer}, on: {type: string, format: date}}
`

// Each row is a server that breaks the contract in one way; the first rows keep it.
func TestTransportSeesEveryBreach(t *testing.T) {
	t.Parallel()
	contract, err := Load([]byte(document), "/docs")
	if err != nil {
		t.Fatal(err)
	}
	const jsonType, problem = "application/json", "application/problem+json"
	for _, c := range []struct {
		name, path, sent  string
		status            int
		contentType, body string
		header            map[string]string
		breach            string
	}{
		{name: "kept", path: "/jars/1?full=true", sent: `{"label":"a"}`, status: 200, contentType: jsonType, body: `{"label":"b","size":1}`},
		{name: "kept, refused", path: "/jars/1", sent: `{"nonsense":1}`, status: 404, contentType: problem, body: `{"code":"x"}`},
		{name: "kept, nothing", path: "/jars/1", sent: `{"label":"a"}`, status: 204},
		{name: "kept, outside", path: "/docs/x", status: 200, contentType: "text/html", body: "<p>"},
		{name: "kept, unknown", path: "/lids", status: 404, contentType: problem, body: `{}`},
		{"status", "/jars/1", `{"label":"a"}`, 201, jsonType, `{"label":"b"}`, nil, "does not document this status"},
		{"extra property", "/jars/1", `{"label":"a"}`, 200, jsonType, `{"label":"b","name":"x"}`, nil, "doesn't match schema"},
		{"missing property", "/jars/1", `{"label":"a"}`, 200, jsonType, `{}`, nil, "doesn't match schema"},
		{"null", "/jars/1", `{"label":"a"}`, 200, jsonType, `{"label":"b","size":null}`, nil, "doesn't match schema"},
		{"too long", "/jars/1", `{"label":"a"}`, 200, jsonType, `{"label":"abcdef"}`, nil, "doesn't match schema"},
		{"content type", "/jars/1", `{"label":"a"}`, 200, "text/html", `{"label":"b"}`, nil, "Content-Type"},
		{"problem as json", "/jars/1", `{"label":"a"}`, 404, jsonType, `{"code":"x"}`, nil, "Content-Type"},
		{"header", "/jars/1", `{"label":"a"}`, 200, jsonType, `{"label":"b"}`, map[string]string{"ETag": ""}, "ETag"},
		{"lax body", "/jars/1", `{"label":7}`, 200, jsonType, `{"label":"b"}`, nil, "the request was accepted"},
		{"lax parameter", "/jars/one", `{"label":"a"}`, 200, jsonType, `{"label":"b"}`, nil, "the request was accepted"},
		{"unknown operation", "/lids", "", 200, jsonType, `{}`, nil, "no such operation"},
		{"plain 404", "/lids", "", 404, "text/plain", `404`, nil, "must be a problem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if _, bare := c.header["ETag"]; !bare {
					w.Header().Set("ETag", `"1"`)
				}
				if c.contentType != "" {
					w.Header().Set("Content-Type", c.contentType)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer srv.Close()
			spy := &spy{TB: t}
			client := http.Client{Transport: contract.Transport(spy, nil)}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+c.path, strings.NewReader(c.sent))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", jsonType)
			req.Header.Set("If-Match", `"1"`)
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, _ := io.ReadAll(resp.Body); string(got) != c.body {
				t.Errorf("the body did not come through: %q", got)
			}
			if c.breach == "" && spy.said != "" || !strings.Contains(spy.said, c.breach) {
				t.Errorf("said %q, want %q", spy.said, c.breach)
			}
		})
	}
}

func TestLoadRefusesABrokenDocument(t *testing.T) {
	t.Parallel()
	if _, err := Load([]byte(strings.Replace(document, "title: t, ", "", 1))); err == nil {
		t.Error("a document without a title passed")
	}
}

// spy hears what would have failed the test.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper()                        {}
func (s *spy) Errorf(format string, a ...any) { s.said += fmt.Sprintf(format, a...) }
