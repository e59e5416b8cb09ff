package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tahweel/internal/fault"
	"tahweel/policy"
)

var faultKinds = map[string]fault.Kind{
	"Internal": fault.Internal, "Unauthenticated": fault.Unauthenticated, "Invalid": fault.Invalid, "Required": fault.Required,
	"Forbidden": fault.Forbidden, "NotFound": fault.NotFound, "Conflict": fault.Conflict, "Impossible": fault.Impossible,
	"Refused": fault.Refused, "TooMany": fault.TooMany, "Unavailable": fault.Unavailable,
}

// problems.json is every fault in the source; this test keeps the two the same. A fault that it cannot read fails it.
func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	list := []catalogued{}
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bench" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if c, ok := readFault(t, files, call); ok {
					list = append(list, c)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, decisions()...)
	list = append(list, httpFaults()...)
	compareCatalogue(t, list)
}

// readFault reads fault.New(fault.Kind, "code", en, ar).
func readFault(t *testing.T, files *token.FileSet, call *ast.CallExpr) (catalogued, bool) {
	if len(call.Args) != 4 || nameOf(call.Fun) != "fault.New" && !(nameOf(call.Fun) == "New" && strings.HasSuffix(files.Position(call.Pos()).Filename, "internal/fault/fault.go")) {
		return catalogued{}, false
	}
	kind, named := faultKinds[strings.TrimPrefix(nameOf(call.Args[0]), "fault.")]
	code, literal := literalOf(call.Args[1])
	if !named || !literal {
		// The one place that is read by other means: the decisions of package policy.
		if !strings.HasSuffix(files.Position(call.Pos()).Filename, "policy/explain.go") {
			t.Errorf("%s: a fault whose kind or code is not written there", files.Position(call.Pos()))
		}
		return catalogued{}, false
	}
	if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(code) {
		t.Errorf("%s: the code %q is not snake_case", files.Position(call.Pos()), code)
	}
	en, _ := literalOf(call.Args[2])
	ar, _ := literalOf(call.Args[3])
	return catalogued{Code: code, Kind: kind, EN: en, AR: ar}, true
}

// nameOf is an identifier or a selector as it is written.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	default:
		return ""
	}
}

var verb = regexp.MustCompile(`%[a-z]`)

// literalOf reads a string literal, a sum of them, or the format of a Sprintf with "…" for what it will name.
func literalOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, ok := literalOf(e.X)
		right, also := literalOf(e.Y)
		return left + right, ok && also
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			s, ok := literalOf(e.Args[0])
			return verb.ReplaceAllString(s, "…"), ok
		}
	}
	return "", false
}

func decisions() []catalogued {
	var list []catalogued
	for r := policy.NoInstrument; r < policy.Allowed; r++ {
		s := policy.Decision{Reason: r, Term: policy.Term{InstrumentNumber: "…"}}.Explain()
		hide := strings.NewReplacer("term 0", "term …", "البند 0", "البند …")
		list = append(list, catalogued{Code: r.Code(), Kind: fault.Refused, EN: hide.Replace(s.EN), AR: hide.Replace(s.AR)})
	}
	return list
}

// httpFaults have a status that no kind has.
func httpFaults() []catalogued {
	var list []catalogued
	for _, h := range []*httpFault{errNotJSON, errBodyTooLarge, errBodyTooSlow, errMethodNotAllowed} {
		list = append(list, catalogued{Code: h.fault.Code, Status: h.status, EN: h.fault.Detail.EN, AR: h.fault.Detail.AR})
	}
	return list
}

func compareCatalogue(t *testing.T, list []catalogued) {
	t.Helper()
	own := map[string]bool{}
	for _, c := range httpFaults() {
		own[c.Code] = true
	}
	list = slices.DeleteFunc(list, func(c catalogued) bool {
		return own[c.Code] && c.Status == 0 || c.Kind == fault.Internal && c.Status == 0 && c.Code != errInternal.Code
	})
	for i, c := range list {
		if c.Status == 0 {
			list[i].Status = kinds[c.Kind].status
		}
	}
	slices.SortStableFunc(list, func(a, b catalogued) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Status, b.Status), cmp.Compare(b.AR, a.AR), cmp.Compare(a.EN, b.EN))
	})
	// One line a code and status is enough for a reader.
	list = slices.CompactFunc(list, func(a, b catalogued) bool { return a.Code == b.Code && a.Status == b.Status })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	const file = "problems.json"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, b.Bytes()) {
		t.Error("problems.json is not what the source says; run: go test ./api -run TestCatalogueIsComplete -update")
	}
}

// The type of a problem leads to a page that explains it.
func TestTypeOfAProblemResolves(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	a := srv.do(t, "GET", "/v1/nowhere", "")
	page := srv.do(t, "GET", a.problem.Type, "", "Authorization:")
	if page.StatusCode != 200 || !strings.Contains(page.body, "no_such_resource") || !strings.Contains(page.body, `dir="rtl"`) {
		t.Errorf("%s: %d %s", a.problem.Type, page.StatusCode, page.body)
	}
	all := srv.do(t, "GET", "/problems", "", "Authorization:")
	if all.StatusCode != 200 || !strings.Contains(all.body, "invalid_transition") || !strings.Contains(all.body, "need_not_covered") {
		t.Errorf("all problems: %d", all.StatusCode)
	}
	srv.do(t, "GET", "/problems/nonsense", "").want(t, 404, "no_such_resource")
}
