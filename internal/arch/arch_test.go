package arch

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "tahweel/"

// level is how high a package stands. It may import what stands lower, and nothing at its own height: policy and internal/pg,
// for example, do not know each other. A package that is not here has no place yet, and the test asks for one.
var level = map[string]int{
	"cmd/tahweel": 7,
	"api":         6, "api/hsds": 6, "api/ogc": 6, "web": 6, // faces
	"referrals": 5, "directory/sheet": 5,
	"mou": 4, "directory/reference": 4, "directory/accreditation": 4, "directory/atlas": 4, "directory/hsds": 4,
	"directory": 3,
	"geo":       2, "internal/identity": 2, "internal/job": 2,
	"internal/audit": 1, "internal/event": 1, "internal/canary": 1, "internal/history": 1,
	"policy": 0, "internal/pg": 0, "internal/sealed": 0,
	"internal/fault": -1, "internal/text": -1, "internal/secretfile": -1, "internal/telemetry": -1, // import nothing of ours
	"internal/pgembed": -1,
	"internal/demo":    6, // beside the faces: imports up to 5
}

// only names, for packages that stand aside, who may import them although more stand above.
var only = map[string][]string{
	"internal/pgembed": {"cmd/tahweel", "internal/pg/pgtest"},
	"internal/demo":    {"cmd/tahweel"},
	"cmd/tahweel":      {},
}

// forTests are imported by tests alone, and import what they like. bench is never imported and imports what it likes.
var forTests = []string{"internal/pg/pgtest", "internal/arch", "api/apitest"}

// foreign says which of our packages may import a module or package from elsewhere that has one home here; packages below a
// named folder count as the folder.
var foreign = map[string][]string{
	// Faces have no SQL. The database is reached by the domain packages and what they stand on.
	"github.com/jackc/pgx": {"referrals", "directory", "mou", "geo", "internal/identity", "internal/job", "internal/audit", "internal/event", "internal/canary", "internal/history", "internal/pg"},
	"database/sql":         {"internal/pg"},
	// Domain packages know neither HTTP nor the framework of the API.
	"github.com/danielgtaylor/huma": {"api"},
	"net/http":                      {"api", "web", "cmd/tahweel", "internal/event", "internal/identity", "internal/telemetry"},
	// One home each, so that each can be replaced in one folder.
	"github.com/pressly/goose":   {"internal/pg"},
	"github.com/casbin/casbin":   {"policy"},
	"github.com/tink-crypto":     {"internal/sealed"},
	"github.com/golang-jwt/jwt":  {"internal/identity"},
	"github.com/xuri/excelize":   {"directory/sheet"},
	"github.com/riverqueue":      {"internal/job"},
	"github.com/alecthomas/kong": {"cmd/tahweel"},
	"go.opentelemetry.io":        {"internal/telemetry"},
	"github.com/exaring/otelpgx": {"internal/telemetry"},
	"github.com/prometheus":      {"internal/telemetry"},
	"testing":                    {"internal/pg/pgtest", "api/apitest"},
}

// file is what one source file imports.
type file struct {
	name    string // its path in the repository
	imports []string
}

func (f file) pkg() string  { return path.Dir(f.name) }
func (f file) test() bool   { return strings.HasSuffix(f.name, "_test.go") }
func (f file) bench() bool  { return under(f.pkg(), "bench") }
func (f file) helper() bool { return slices.Contains(forTests, f.pkg()) }

func under(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// violations lists the arrows that do not go down.
func violations(files []file) []string {
	var found []string
	for _, f := range files {
		if _, placed := level[f.pkg()]; !placed && !f.bench() && !f.helper() {
			found = append(found, fmt.Sprintf("%s: the package %s has no place in the import table", f.name, f.pkg()))
			continue
		}
		for _, imported := range f.imports {
			reason := refuseForeign(f, imported)
			if ours, ok := strings.CutPrefix(imported, module); ok {
				reason = refuseOurs(f, ours)
			}
			if reason != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", f.name, imported, reason))
			}
		}
	}
	return found
}

func refuseOurs(f file, imported string) string {
	_, placed := level[imported]
	switch {
	case under(imported, "bench"):
		if !f.bench() {
			return "nothing imports bench"
		}
		return ""
	case f.test() && imported == f.pkg(), f.bench() && placed:
		return ""
	case slices.Contains(forTests, imported):
		if f.test() || f.helper() || f.bench() {
			return ""
		}
		return "it is for tests"
	case !placed:
		return "it has no place in the import table"
	case f.helper():
		return ""
	}
	if importers, aside := only[imported]; aside && !f.test() {
		if slices.Contains(importers, f.pkg()) {
			return ""
		}
		return "only " + strings.Join(importers, ", ") + " may"
	}
	if level[imported] >= level[f.pkg()] {
		return fmt.Sprintf("it stands at %d, the importer at %d, and an arrow only goes down", level[imported], level[f.pkg()])
	}
	return ""
}

func refuseForeign(f file, imported string) string {
	if f.test() || f.bench() || f.helper() {
		return ""
	}
	for prefix, homes := range foreign {
		if !under(imported, prefix) {
			continue
		}
		if !slices.ContainsFunc(homes, func(home string) bool { return under(f.pkg(), home) }) {
			return "only " + strings.Join(homes, ", ") + " may"
		}
	}
	return ""
}

// sources reads the imports of every Go file of the module.
func sources(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(root, name, entry)
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := read(root, name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// skip passes over folders that are not of this module.
func skip(root, name string, entry fs.DirEntry) error {
	hidden := strings.HasPrefix(entry.Name(), ".") && name != root
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	if hidden || entry.Name() == "node_modules" || entry.Name() == "testdata" || name != root && err == nil {
		return fs.SkipDir
	}
	return nil
}

func read(root, name string) (file, error) {
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return file{}, err
	}
	f := file{name: filepath.ToSlash(relative)}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}

func TestArrowsGoDown(t *testing.T) {
	t.Parallel()
	files := sources(t)
	if len(files) < 20 {
		t.Fatalf("only %d files were found, the test proves nothing", len(files))
	}
	for _, violation := range violations(files) {
		t.Error(violation)
	}
}

// The control: arrows the table forbids are found, and those it allows are not.
func TestForbiddenArrowsAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, imported string
		allowed        bool
	}{
		{"referrals/store.go", "tahweel/mou", true},
		{"mou/store.go", "tahweel/referrals", false},
		{"directory/search.go", "tahweel/mou", false},
		{"directory/search_test.go", "tahweel/mou", false},
		{"policy/decide.go", "tahweel/internal/pg", false},
		{"internal/pg/codec.go", "tahweel/geo", false},
		{"internal/fault/fault.go", "tahweel/internal/text", false},
		{"api/server.go", "tahweel/internal/pg", true},
		{"api/server.go", "github.com/jackc/pgx/v5", false},
		{"web/server.go", "tahweel/api", false},
		{"cmd/tahweel/serve.go", "tahweel/api", true},
		{"cmd/tahweel/serve.go", "github.com/jackc/pgx/v5", false},
		{"cmd/tahweel/demo.go", "tahweel/internal/demo", true},
		{"api/server.go", "tahweel/internal/demo", false},
		{"internal/demo/load.go", "tahweel/referrals", true},
		{"internal/demo/load.go", "tahweel/api", false},
		{"geo/store.go", "tahweel/internal/pgembed", false},
		{"geo/store.go", "tahweel/internal/pg/pgtest", false},
		{"geo/store_test.go", "tahweel/internal/pg/pgtest", true},
		{"geo/store_test.go", "tahweel/geo", true},
		{"geo/point.go", "net/http", false},
		{"geo/store.go", "github.com/jackc/pgx/v5/pgtype", true},
		{"referrals/send.go", "github.com/danielgtaylor/huma/v2", false},
		{"referrals/send.go", "testing", false},
		{"referrals/send.go", "tahweel/bench", false},
		{"bench/nearby/main.go", "tahweel/api", true},
		{"newcomer/store.go", "fmt", false},
		{"referrals/send.go", "tahweel/newcomer", false},
		{"directory/hsds/map.go", "tahweel/directory", true},
		{"directory/search.go", "tahweel/directory/hsds", false},
	} {
		found := violations([]file{{name: c.name, imports: []string{c.imported}}})
		if c.allowed != (len(found) == 0) {
			t.Errorf("%s imports %s: allowed is %v, found %q", c.name, c.imported, c.allowed, found)
		}
	}
}
