package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/api"
	"tahweel/directory"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// TestTheGapsArePrinted: with no provider at all, every need is a gap everywhere; both formats tell the same of one need.
func TestTheGapsArePrinted(t *testing.T) {
	t.Parallel()
	db, dir := pgtest.New(t), t.TempDir()
	if err := directory.NewStore(db.DB, time.Now).SeedNeeds(t.Context(), policy.TheSystem()); err != nil {
		t.Fatal(err)
	}
	tell := func(args ...string) (string, error) {
		var out, log bytes.Buffer
		err := run(t.Context(), append(args, "--dir", filepath.Join(dir, "data"), "--database-url", db.AppURL), func(string) string { return "" }, &out, &log)
		return out.String(), err
	}
	said, err := tell("coverage")
	rows, bad := csv.NewReader(strings.NewReader(said)).ReadAll()
	if err != nil || bad != nil || len(rows) < 100 || rows[0][0] != "need" {
		t.Fatalf("%v %v: %d rows", err, bad, len(rows))
	}
	here := 0
	for _, row := range rows[1:] {
		if row[0] == "DIS-PHYSIO" {
			here++
		}
	}
	said, err = tell("coverage", "--format", "geojson", "--need", "DIS-PHYSIO")
	var drawn api.GapFeatures
	if bad := json.Unmarshal([]byte(said), &drawn); err != nil || bad != nil || drawn.Type != "FeatureCollection" || len(drawn.Features) != here || here == 0 {
		t.Fatalf("%v %v: %d features of %d gaps", err, bad, len(drawn.Features), here)
	}
	if len(drawn.Features[0].Geometry.Coordinates) == 0 {
		t.Error("a governorate has no area")
	}
	if said, err = tell("coverage", "--need", "DIS-PHYSIO", "--governorate", "PS0150"); err != nil || strings.Count(said, "\n") != 2 {
		t.Errorf("%v: %s", err, said)
	}
	// The controls: a map of everything, and a need that is none.
	if _, err := tell("coverage", "--format", "geojson"); err == nil {
		t.Error("a map of all needs was drawn")
	}
	if _, err := tell("coverage", "--need", "NOTHING"); err == nil {
		t.Error("gaps of a need that is none were printed")
	}
}
