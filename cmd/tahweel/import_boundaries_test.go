package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tahweel/internal/pg/pgtest"
)

// boundariesFile holds two invented boundaries and something else.
const boundariesFile = `{"type": "FeatureCollection", "features": [
	{"type": "Feature", "properties": {"ADM2_PCODE": "PS0150", "area": 3}, "geometry": {"type": "Polygon",
	 "coordinates": [[[34.9, 31.3], [35.3, 31.3], [35.3, 31.7], [34.9, 31.7], [34.9, 31.3]]]}},
	{"type": "Feature", "properties": {"name": "Jenin"}, "geometry": {"type": "MultiPolygon",
	 "coordinates": [[[[35.0, 32.3], [35.5, 32.3], [35.5, 32.6], [35.0, 32.6], [35.0, 32.3]]]]}},
	{"type": "Feature", "properties": null, "geometry": {"type": "Polygon", "coordinates": "broken"}}]}`

func importBoundaries(t *testing.T, db *pgtest.DB, file string, more ...string) (string, error) {
	t.Helper()
	return inProcess(t, nil, append([]string{"import", "boundaries", file, "--dir", t.TempDir(), "--database-url", db.OwnerURL}, more...)...)
}

func TestImportBoundaries(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	file := filepath.Join(t.TempDir(), "survey.geojson")
	if err := os.WriteFile(file, []byte(boundariesFile), 0o600); err != nil {
		t.Fatal(err)
	}
	official := func() int {
		return pgtest.Value[int](t, db, `SELECT count(*) FROM governorate_area WHERE NOT indicative AND source = 'survey.geojson'`)
	}
	out, err := importBoundaries(t, db, file, "--dry-run", "--lang", "ar")
	if err != nil || official() != 0 || !strings.Contains(out, "PS0150 الخليل: أُخذت") || !strings.Contains(out, "ولم يتغير شيء") {
		t.Errorf("a dry run: %v\n%s", err, out)
	}
	out, err = importBoundaries(t, db, file)
	if err != nil || official() != 2 || !strings.Contains(out, "PS0101 Jenin: taken") || !strings.Contains(out, "recognised by its name") ||
		!strings.Contains(out, "feature 3: passed over") || strings.Count(out, "not in the file") != 14 {
		t.Errorf("%d are official: %v\n%s", official(), err, out)
	}
	if out, err = importBoundaries(t, db, file); err != nil || strings.Count(out, "is there already") != 2 {
		t.Errorf("again: %v\n%s", err, out)
	}
}

func TestFilesThatAreNoBoundaries(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, content := range []string{"", "<kml/>", `{"type": "Feature"}`, `{"type": "FeatureCollection", "features": [{"properties": {"name": "Atlantis"}}]}`} {
		file := filepath.Join(t.TempDir(), "file.geojson")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := importBoundaries(t, db, file); err == nil {
			t.Errorf("%q was taken: %s", content, out)
		}
	}
	if _, err := importBoundaries(t, db, "/nowhere"); err == nil {
		t.Error("a file that is not there was read")
	}
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM governorate_area WHERE NOT indicative`); n != 0 {
		t.Errorf("%d areas were written", n)
	}
}

// The official boundaries, where they are: they are no part of this repository.
func TestTheOfficialBoundariesAreTaken(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("TAHWEEL_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	file := filepath.Join(shared, "data", "geo", "governorates.geojson")
	if _, err := os.Stat(file); err != nil {
		t.Skip("the boundaries of OCHA COD-AB are not at hand: TAHWEEL_SHARED names the folder with data/geo/governorates.geojson")
	}
	db := pgtest.New(t)
	out, err := importBoundaries(t, db, file, "--source", "OCHA COD-AB, CC BY-IGO")
	if err != nil || strings.Count(out, ": taken") != 16 || strings.Contains(out, "not in the file") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(out)
}
