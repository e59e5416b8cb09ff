package sheet

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// What a report may hold. A file of twenty megabytes can have ten million things wrong with it, and nobody reads them.
const (
	mostFindings  = 10_000
	keptForErrors = mostFindings / 10 // of these, for what matters more than a warning
	longestColumn = 200               // bytes
	mostValues    = 500               // that one cell of the template may name
)

// more is what findings that the report has no room for have in common.
type more struct {
	file, sheet, code string
	severity          Severity
}

// urgent are the warnings that a report has room for as for errors.
var urgent = []string{"ended", "nothing_ended"}

// find takes a finding into the report, or counts it if there is no room.
func (g *gathering) find(f Finding) {
	room := mostFindings
	if f.Severity == Warning && !slices.Contains(urgent, f.Code) {
		room -= keptForErrors
	}
	if len(g.findings) >= room && f.Code != "nothing_ended" {
		g.beyond[more{f.File, f.Sheet, f.Code, f.Severity}]++
		return
	}
	if len(f.Column) > longestColumn {
		f.Column = strings.ToValidUTF8(f.Column[:longestColumn], "") + "…"
	}
	g.findings = append(g.findings, f)
}

// rest says what find counted.
func (g *gathering) rest() []Finding {
	var out []Finding
	for _, m := range slices.SortedFunc(maps.Keys(g.beyond), func(a, b more) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.sheet, b.sheet), cmp.Compare(a.code, b.code), cmp.Compare(a.severity, b.severity))
	}) {
		f := found(Place{File: m.file, Sheet: m.sheet}, "", "more_findings", g.beyond[m], m.code)
		f.Severity, f.Beyond = m.severity, g.beyond[m]
		out = append(out, f)
	}
	return out
}

// manyValues reports whether a cell names more values than an import takes.
func manyValues(cell string) bool {
	n := 0
	for _, r := range cell {
		if strings.ContainsRune(",;|\n،؛", r) {
			n++
		}
	}
	return n >= mostValues
}
