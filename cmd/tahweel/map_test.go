package main

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mapped asks the running demonstration for a document of its map, and expects it.
func mapped(t *testing.T, address string, into any) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", address, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// The map stands beside the API in the program as it is run: its links lead to itself, and GDAL counts what it says it has.
func TestTheProgramServesTheMap(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	var items struct {
		NumberMatched int
		Links         []struct{ Href, Rel string }
	}
	mapped(t, d.ready.API+"/ogc/collections/providers/items?limit=1", &items)
	if items.NumberMatched < 10 || !strings.HasPrefix(items.Links[0].Href, d.ready.API+"/ogc/") {
		t.Errorf("%d providers, links to %v", items.NumberMatched, items.Links)
	}
	var tiles struct{ Tiles []string }
	mapped(t, d.ready.API+"/tiles/providers.json", &tiles)
	resp, err := http.Get(strings.NewReplacer("{z}", "0", "{x}", "0", "{y}", "0").Replace(tiles.Tiles[0]))
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
		t.Errorf("the tile of the world: %s %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	if _, err := exec.LookPath("ogrinfo"); err != nil {
		t.Skip("ogrinfo is not installed: scripts/setup.sh gdal installs it")
	}
	out, err := exec.CommandContext(t.Context(), "ogrinfo", "-so", "OAPIF:"+d.ready.API+"/ogc", "providers").CombinedOutput()
	count := regexp.MustCompile(`Feature Count: (\d+)`).FindStringSubmatch(string(out))
	if err != nil || count == nil || count[1] != strconv.Itoa(items.NumberMatched) {
		t.Errorf("ogrinfo: %v\n%s\nwant %d features", err, out, items.NumberMatched)
	}
}
