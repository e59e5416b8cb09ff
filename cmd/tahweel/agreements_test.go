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

// TestPapersComeInFromTheCommandLine: tried first, in the language asked for, then entered, then the same again; a template is there for it.
func TestPapersComeInFromTheCommandLine(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.New(t), t.TempDir()
	tell := func(args ...string) (string, error) {
		var out, log bytes.Buffer
		err := run(t.Context(), append(args, "--dir", filepath.Join(dir, "data"), "--database-url", db.AppURL), func(string) string { return "" }, &out, &log)
		return out.String(), err
	}
	db.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at)
		VALUES (gen_random_uuid(), 'municipality', 'بلدية نموذجية', 'Model Municipality', now(), now());
		INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES (gen_random_uuid(), 'HEB', 'مديرية الخليل', 'Hebron directorate', now())`)
	file := filepath.Join(dir, "memoranda.csv")
	content := "رقم المذكرة,اسم المنظمة,تاريخ البداية,تاريخ النهاية,رقم الكتاب,تاريخ الكتاب,رقم المحضر,تاريخ المحضر,الاحتياجات,المحافظات,المديريات,درجة الحساسية,مجموعات البيانات\n" +
		"م-1,بلدية نموذجية,2020-01-01,2199-12-31,ك-1,2019-12-20,ل-1,2019-12-10,الصحة,الخليل,HEB,1,C\n" +
		"م-2,بلدية نموذجية,2020-01-01,2199-12-31,ك-2,2019-12-20,ل-2,2019-12-10,لا وجود له,الخليل,HEB,1,C\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	count := func() int { return pgtest.Value[int](t, db, `SELECT count(*) FROM instrument`) }
	said, err := tell("import", "agreements", file, "--language", "en")
	if err == nil || !strings.Contains(said, "memoranda.csv:2 new: in force until 2199-12-31") || !strings.Contains(said, "memoranda.csv:3 skipped: left out") ||
		!strings.Contains(said, "error memoranda.csv:3 [needs] need_not_known") || !strings.Contains(said, "2 rows: 1 created, 0 updated, 0 unchanged, 1 skipped") ||
		!strings.Contains(said, "dry run") || count() != 0 {
		t.Fatalf("%v, %d written: %s", err, count(), said)
	}
	if said, err = tell("import", "agreements", file, "--apply"); err == nil || !strings.Contains(said, "سارية حتى 2199-12-31") || strings.Contains(said, "تجربة") || count() != 1 {
		t.Fatalf("%v, %d written: %s", err, count(), said)
	}
	if said, err = tell("import", "agreements", file, "--apply", "--language", "en"); err == nil || !strings.Contains(said, "0 created, 0 updated, 1 unchanged, 1 skipped") || count() != 1 {
		t.Fatalf("%v, %d written: %s", err, count(), said)
	}
	if _, err = tell("import", "agreements", file, "--apply", "--officer", "0198c0de-1111-7000-8000-000000000009"); err == nil || !strings.Contains(err.Error(), "not_an_officer") {
		t.Errorf("somebody who is no officer: %v", err)
	}
	if _, err = tell("import", "agreements", file, "--format", "hsds-json"); !errors.Is(err, errUsage) {
		t.Errorf("another format: %v", err)
	}
	out := filepath.Join(dir, "agreements.xlsx")
	if said, err = tell("export", "agreements-template", out); err != nil || !strings.Contains(said, "wrote the template") {
		t.Fatalf("%v: %s", err, said)
	}
	if said, err = tell("import", "agreements", out, "--language", "en"); err != nil || !strings.Contains(said, "0 rows") {
		t.Errorf("the template itself: %v: %s", err, said)
	}
	if _, err = tell("export", "agreements-template", out); err == nil {
		t.Error("a file was overwritten")
	}
}
