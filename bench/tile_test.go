package bench_test

import (
	"testing"
	"time"

	"tahweel/bench"
	"tahweel/directory/atlas"
	"tahweel/geo"
)

func TestTilesAreSmallAtTenThousandLocations(t *testing.T) {
	t.Parallel()
	tilesHold(t, bench.MinimumLocations)
}

func TestTilesAreSmallAtAHundredThousandLocations(t *testing.T) {
	t.Parallel()
	if !proving() {
		t.Skip("takes minutes: make prove")
	}
	tilesHold(t, 100_000)
}

// tilesHold makes every tile up to the zoom of the goal. The control is the heaviest of them without clusters.
func tilesHold(t *testing.T, locations int) {
	c := newCountry(t, locations)
	conn := c.connect(t)
	store := atlas.NewStore(c.db.DB, func() time.Time { return noon })
	largest, where := 0, atlas.Tile{}
	for zoom := range bench.MaximumTileZoom + 1 {
		tiles, err := bench.TilesOf(t.Context(), conn, zoom)
		if err != nil || len(tiles) == 0 {
			t.Fatalf("zoom %d: %d tiles, %v", zoom, len(tiles), err)
		}
		for _, tile := range tiles {
			body, err := store.ProviderTile(t.Context(), tile)
			if err != nil {
				t.Fatal(err)
			}
			if len(body) > largest {
				largest, where = len(body), tile
			}
		}
	}
	t.Logf("the largest tile of %d locations up to zoom %d is %v with %d bytes", locations, bench.MaximumTileZoom, where, largest)
	if largest == 0 || largest > bench.MaximumTileBytes {
		t.Errorf("the largest tile has %d bytes, want at most %d", largest, bench.MaximumTileBytes)
	}
	if raw, err := bench.RawTile(t.Context(), conn, where, geo.Today(noon)); err != nil || raw <= bench.MaximumTileBytes {
		t.Errorf("without clusters it has %d bytes: what is asserted is no merit of theirs (%v)", raw, err)
	}
}
