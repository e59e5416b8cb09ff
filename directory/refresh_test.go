package directory_test

import (
	"testing"
	"time"

	"tahweel/directory"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// foundSQL says of the only organization whether it is found by need, by words and on the map, and whether it is listed.
const foundSQL = `
	SELECT concat_ws(', ',
	  CASE WHEN EXISTS (SELECT FROM provider_search) THEN 'need' END,
	  CASE WHEN EXISTS (SELECT FROM directory_text) THEN 'words' END,
	  CASE WHEN EXISTS (SELECT FROM map_point) THEN 'map' END,
	  CASE WHEN EXISTS (SELECT FROM listing WHERE was_listed) THEN 'listing' END)`

// Who fills a database owes what may be found, and pays it with one Refresh; the listing alone is kept at each write, for it remembers.
func TestFillingLeavesTheSearchForTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ordinary := w.store
	clock := func() time.Time { return w.now }
	w.store = directory.NewStore(w.DB.DB.Filling(), clock)
	m := w.add(w.association())
	found := func() string { return pgtest.Value[string](t, w.DB, foundSQL) }
	if got := found(); got != "listing" {
		t.Errorf("while the database is filled, found: %s", got)
	}
	wantFault(t, "who manages nothing", ordinary.Refresh(t.Context(), caseManager(w.hebron.ID), m.organization.ID), "forbidden")
	w.ok(ordinary.Refresh(t.Context(), policy.TheSystem(), m.organization.ID))
	if got := found(); got != "need, words, map, listing" {
		t.Errorf("after it was filled, found: %s", got)
	}
}
