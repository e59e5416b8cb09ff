package geo_test

import (
	"bytes"
	"embed"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files that tests compare with")

//go:embed seed/*.csv
var seed embed.FS

const seedMigration = "../internal/pg/migrations/0008_places_seed.sql"

// TestSeedMigration holds the migration that brings the places and the CSV files of their facts together.
func TestSeedMigration(t *testing.T) {
	t.Parallel()
	want := seedSQL(t)
	if *update {
		if err := os.WriteFile(seedMigration, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(seedMigration)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from geo/seed/*.csv; if it was not released yet, rewrite it: go test ./geo -run TestSeedMigration -update", seedMigration)
	}
}

// facts reads one CSV file of the seed as a row per line, keyed by the heading.
func facts(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := seed.Open("seed/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	rows := make([]map[string]string, 0, len(lines)-1)
	for _, line := range lines[1:] {
		row := make(map[string]string, len(line))
		for i, value := range line {
			row[lines[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// seedSQL writes the migration: one INSERT a table, in the order of the foreign keys.
func seedSQL(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("-- +goose Up\n\n-- Written from geo/seed/*.csv by go test ./geo -run TestSeedMigration -update.\n" +
		"-- Contains data from GeoNames (CC BY 4.0) and Who's On First; modified.\n\n")
	insert(&b, "governorate (code, name_ar, name_en)", facts(t, "governorates"), func(r map[string]string) []string {
		return []string{quote(r["code"]), quote(r["name_ar"]), quote(r["name_en"])}
	})
	insert(&b, "reach_zone (code, name_ar, name_en)", facts(t, "reach_zones"), func(r map[string]string) []string {
		return []string{quote(r["code"]), quote(r["name_ar"]), quote(r["name_en"])}
	})
	insert(&b, "reach_link (id, zone_a, zone_b, passable, identity_documents, detour, extra_km, note_ar, note_en, source, valid_from, valid_to)",
		facts(t, "reach_links"), func(r map[string]string) []string {
			return []string{
				quote(r["id"]), quote(r["zone_a"]), quote(r["zone_b"]), r["passable"], quote("{" + r["identity_documents"] + "}"), r["detour"],
				r["extra_km"], quote(r["note_ar"]), quote(r["note_en"]), quote(r["source"]), quote(r["valid_from"]), orNull(quote(r["valid_to"])),
			}
		})
	insert(&b, "place (code, name_ar, name_en, kind, governorate_code, zone_code, geog, population, camp)",
		facts(t, "places"), func(r map[string]string) []string {
			return []string{
				quote(r["code"]), quote(r["name_ar"]), quote(r["name_en"]), quote(r["type"]), quote(r["governorate_code"]), quote(r["zone"]),
				quote(fmt.Sprintf("POINT(%s %s)", r["lon"], r["lat"])), orNull(r["population"]), r["camp"],
			}
		})
	insert(&b, "place_name (place_code, lang, name)", facts(t, "aliases"), func(r map[string]string) []string {
		return []string{quote(r["code"]), quote(r["lang"]), quote(r["alias"])}
	})
	b.WriteString("SELECT tahweel_derive_governorate_areas();\n" +
		"ANALYZE governorate, reach_zone, reach_link, place, place_name, governorate_area;\n")
	return b.Bytes()
}

func insert(b *bytes.Buffer, into string, rows []map[string]string, values func(map[string]string) []string) {
	fmt.Fprintf(b, "INSERT INTO %s VALUES\n", into)
	for i, row := range rows {
		end := ",\n"
		if i == len(rows)-1 {
			end = ";\n\n"
		}
		fmt.Fprintf(b, "  (%s)%s", strings.Join(values(row), ", "), end)
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func orNull(s string) string {
	if s == "" || s == "''" {
		return "NULL"
	}
	return s
}
