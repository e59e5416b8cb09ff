package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsTemplate string

//go:embed docs.css
var docsStyle string

// documents serves the contract, as YAML for programs and as one page without scripts for people. Both are made once, when
// somebody first asks: a test has seen that they can be made.
func (s *shell) documents() {
	doc := s.huma.OpenAPI()
	s.serveBytes("/openapi.yaml", "application/yaml", once("contract", doc.YAML))
	s.servePage("/docs", once("docs", func() ([]byte, error) { return docsPage(doc) }))
}

// once makes a document when it is first wanted. It panics if it cannot be made, which is a mistake in the program.
func once(name string, document func() ([]byte, error)) func() []byte {
	return sync.OnceValue(func() []byte {
		made, err := document()
		if err != nil {
			panic(fmt.Errorf("api: %s: %w", name, err))
		}
		return made
	})
}

// servePage serves an HTML page that may load nothing and run nothing; its one style sheet is inside it and named by hash.
func (s *shell) servePage(pattern string, page func() []byte) {
	sum := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(page())
	})
}

type docsGroup struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description, Scope string
	Parameters                                    []docsParameter
	Request, Response                             string
	Statuses                                      []docsStatus
}

type docsParameter struct {
	Name, In, Type, Description string
	Required                    bool
}

type docsStatus struct{ Status, Description string }

// docsPage renders the contract as one HTML page.
func docsPage(doc *huma.OpenAPI) ([]byte, error) {
	groups := map[string][]docsOperation{}
	for _, p := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[p]
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o != nil {
				groups[o.Tags[0]] = append(groups[o.Tags[0]], describe(doc, o))
			}
		}
	}
	var list []docsGroup
	for _, tag := range doc.Tags {
		if len(groups[tag.Name]) > 0 {
			list = append(list, docsGroup{tag.Name, tag.Description, groups[tag.Name]})
		}
	}
	t, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Style": template.CSS(docsStyle), //nolint:gosec // our own embedded file
		"Title": doc.Info.Title, "Version": doc.Info.Version, "About": strings.Split(doc.Info.Description, "\n\n"), "Groups": list,
	})
	return b.Bytes(), err
}

func describe(doc *huma.OpenAPI, o *huma.Operation) docsOperation {
	d := docsOperation{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, Description: o.Description}
	if scopes, ok := o.Extensions[scopesExtension].([]string); ok {
		d.Scope = strings.Join(scopes, " ")
		d.Description, _, _ = strings.Cut(d.Description, "\n\nThe token needs")
	}
	for _, p := range o.Parameters {
		d.Parameters = append(d.Parameters, docsParameter{p.Name, p.In, typeOf(p.Schema), p.Description, p.Required})
	}
	if o.RequestBody != nil {
		d.Request = exampleOf(o.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
			r = doc.Components.Responses[name]
		}
		if strings.HasPrefix(status, "2") && d.Response == "" {
			d.Response = exampleOf(r.Content)
		}
		d.Statuses = append(d.Statuses, docsStatus{status, r.Description})
	}
	return d
}

func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case len(s.Enum) > 0:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		return strings.Join(values, " | ")
	case s.Type == huma.TypeString && s.Format != "":
		return s.Format
	default:
		return s.Type
	}
}

func exampleOf(content map[string]*huma.MediaType) string {
	m := content["application/json"]
	if m == nil || m.Example == nil {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(m.Example) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
