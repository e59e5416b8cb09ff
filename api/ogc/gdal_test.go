package ogc_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tahweel/internal/pg/pgtest"
)

// run runs one of GDAL's programs, which is somebody else's client of the standard.
func (w *world) run(program string, arguments ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), program, arguments...)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "ERROR") || strings.Contains(string(out), "Warning") {
		w.t.Fatalf("%s %v: %v\n%s", program, arguments, err, out)
	}
	return string(out)
}

var featureCount = regexp.MustCompile(`Feature Count: (\d+)`)

func (w *world) counted(out string) int {
	w.t.Helper()
	m := featureCount.FindStringSubmatch(out)
	if m == nil {
		w.t.Fatalf("no count in %s", out)
	}
	return must(strconv.Atoi(m[1]))(w.t)
}

// TestGDALReadsTheMap with ogrinfo and ogr2ogr, as QGIS does: every layer, as many features as the database has, by bounding box, and
// into files that are read back.
func TestGDALReadsTheMap(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"ogrinfo", "ogr2ogr"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: scripts/setup.sh gdal installs it", program)
		}
	}
	w := newWorld(t)
	o, _ := w.association()
	for i := range 26 { // more than one of GDAL's pages
		place := yatta
		if i%13 == 0 {
			place = jericho
		}
		w.offer(o.ID, place, "DIS-PHYSIO", nil)
	}
	source := "OAPIF:" + w.base + "/ogc"
	layers := w.run("ogrinfo", source)
	for table, layer := range map[string]string{
		"map_point": "providers", "governorate": "governorates", "place": "places", "reach_zone": "reach_zones",
	} {
		if !strings.Contains(layers, layer) {
			t.Errorf("the layer %s is not listed:\n%s", layer, layers)
		}
		want := pgtest.Value[int](t, w.DB, "SELECT count(*) FROM "+table)
		if got := w.counted(w.run("ogrinfo", "-so", source, layer)); got != want {
			t.Errorf("%s: %d features are counted, %d are in the database", layer, got, want)
		}
		dir := t.TempDir()
		for _, c := range []struct{ format, file string }{{"GPKG", "map.gpkg"}, {"GeoJSON", "map.geojson"}} {
			file := filepath.Join(dir, c.file)
			w.run("ogr2ogr", "-f", c.format, file, source, layer)
			if got := w.counted(w.run("ogrinfo", "-so", "-al", file)); got != want {
				t.Errorf("%s in %s: %d features, want %d", layer, c.format, got, want)
			}
		}
	}
	if got := w.counted(w.run("ogrinfo", "-so", "-spat", "35.3", "31.7", "35.6", "32", source, "providers")); got != 2 {
		t.Errorf("around Jericho are %d, want 2", got)
	}
	if out := w.run("ogrinfo", "-q", source, "governorates", "-fid", "0"); !strings.Contains(out, "MULTIPOLYGON") && !strings.Contains(out, "indicative") {
		t.Errorf("a governorate: %s", out)
	}
}
