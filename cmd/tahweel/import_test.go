package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tahweel/internal/pg/pgtest"
)

func TestACatalogueComesInAndGoesOut(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.New(t), t.TempDir()
	file := filepath.Join(dir, "in.csv")
	content := "organization_name_ar,organization_name_en,service_name_ar,service_name_en,needs,place\n" +
		"جمعية نموذجية,Model Society,علاج طبيعي,Physiotherapy,DIS-PHYSIO,يطا\n,,بلا جمعية,,,\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	tell := func(args ...string) (string, error) {
		var out, log bytes.Buffer
		err := run(t.Context(), append(args, "--dir", filepath.Join(dir, "data"), "--database-url", db.AppURL), func(string) string { return "" }, &out, &log)
		return out.String(), err
	}
	said, err := tell("import", "directory", file, "--source", "test", "--dry-run", "--language", "en")
	if err == nil || !strings.Contains(said, "2 rows: 1 created, 0 updated, 0 unchanged, 1 skipped") || !strings.Contains(said, "dry run") ||
		!strings.Contains(err.Error(), "findings are errors") || strings.Contains(said, "in.csv:2 created") {
		t.Fatalf("%v: %s", err, said)
	}
	said, err = tell("import", "directory", file, "--source", "test", "--dry-run", "--language", "en", "--rows")
	if !strings.Contains(said, "in.csv:2 created\n") || !strings.Contains(said, "in.csv:3 skipped\n") {
		t.Errorf("%v: %s", err, said)
	}
	if said, err = tell("import", "directory", file, "--source", "test"); err == nil || !strings.Contains(said, "أُنشئ 1") || !strings.Contains(err.Error(), "أخطاء") {
		t.Fatalf("%v: %s", err, said)
	}
	out := filepath.Join(dir, "out.xlsx")
	if said, err = tell("export", "directory", "--format", "xlsx", out); err != nil || !strings.Contains(said, "كُتبت المنظمات، وعددها 1") {
		t.Fatalf("%v: %s", err, said)
	}
	if said, err = tell("import", "directory", out, "--source", "test", "--language", "en"); err != nil || !strings.Contains(said, "1 rows: 0 created, 0 updated, 1 unchanged, 0 skipped") {
		t.Fatalf("%v: %s", err, said)
	}
	if said, err = tell("export", "directory", "--format", "csv", "--language", "en", filepath.Join(dir, "out.csv")); err != nil || !strings.Contains(said, "wrote 1 organizations") {
		t.Fatalf("%v: %s", err, said)
	}
	if _, err = tell("export", "directory", "--format", "csv", out); err == nil {
		t.Error("a file was overwritten")
	}
	if _, err = tell("import", "directory", file); !errors.Is(err, errUsage) {
		t.Errorf("without a publisher: %v", err)
	}
}
