package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"tahweel/internal/fault"
)

// The catalogue of problems is gathered from the source by a test (catalogue_test.go -update), so that the pages behind the type
// of a problem speak of every fault there is.
//
//go:embed problems.json
var catalogueText []byte

// catalogued is one fault as the catalogue has it. Details that name something have "…" in its place.
type catalogued struct {
	Code   string     `json:"code"`
	Kind   fault.Kind `json:"-"`
	Status int        `json:"status"`
	EN     string     `json:"en"`
	AR     string     `json:"ar"`
}

// problemEntry is what the page shows of one code.
type problemEntry struct {
	catalogued
	TitleEN, TitleAR string
}

//go:embed problems.html
var problemsTemplate string

// problems serves one page for all problems and one for each: what the type of a problem resolves to (RFC 9457, section 3.1.1).
func (s *shell) problems() {
	entries, err := catalogue()
	if err != nil {
		panic(fmt.Errorf("api: problems: %w", err))
	}
	t := template.Must(template.New("problems").Parse(problemsTemplate))
	render := func(list []problemEntry) func() []byte {
		return once("problems", func() ([]byte, error) {
			var b bytes.Buffer
			err := t.Execute(&b, map[string]any{"Style": template.CSS(docsStyle), "Problems": list}) //nolint:gosec // our own embedded file
			return b.Bytes(), err
		})
	}
	s.servePage("/problems", render(entries))
	for _, same := range slices.Collect(chunks(entries)) {
		s.servePage("/problems/"+same[0].Code, render(same))
	}
}

// chunks yields the runs of entries with one code.
func chunks(entries []problemEntry) func(func([]problemEntry) bool) {
	return func(yield func([]problemEntry) bool) {
		for begin := 0; begin < len(entries); {
			end := begin
			for end < len(entries) && entries[end].Code == entries[begin].Code {
				end++
			}
			if !yield(entries[begin:end]) {
				return
			}
			begin = end
		}
	}
}

func catalogue() ([]problemEntry, error) {
	var list []catalogued
	if err := json.Unmarshal(catalogueText, &list); err != nil {
		return nil, err
	}
	entries := make([]problemEntry, len(list))
	for i, c := range list {
		title := titleOf(c.Status)
		entries[i] = problemEntry{catalogued: c, TitleEN: title.EN, TitleAR: title.AR}
	}
	return entries, nil
}

func titleOf(status int) fault.Sentence {
	for _, row := range kinds {
		if row.status == status {
			return row.title
		}
	}
	return fault.Sentence{EN: http.StatusText(status), AR: kinds[fault.Invalid].title.AR}
}
