package demo_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg/pgtest"
)

// derivedSQL is a hash of all that a refresh writes of what may be found.
const derivedSQL = `
	SELECT md5(string_agg(said, '' ORDER BY said))
	FROM (
	  SELECT to_jsonb(ps) - 'lane' || '{"of": "search"}' FROM provider_search AS ps
	  UNION ALL
	  SELECT to_jsonb(pc) || '{"of": "card"}' FROM provider_card AS pc
	  UNION ALL
	  SELECT to_jsonb(dt) || '{"of": "text"}' FROM directory_text AS dt
	  UNION ALL
	  SELECT to_jsonb(mp) || '{"of": "point"}' FROM map_point AS mp
	  UNION ALL
	  SELECT to_jsonb(mc) || '{"of": "cluster"}' FROM map_cluster AS mc WHERE mc.providers <> 0
	  UNION ALL
	  SELECT to_jsonb(li) || '{"of": "listing"}' FROM listing AS li
	) AS derived (row), LATERAL (SELECT row::text) AS as_text (said)`

// owesNothing: what may be found was made once for each organization at the end of its loading, and refreshing it again changes nothing.
// The control is a name that was changed without a refresh.
func owesNothing(t *testing.T, db *pgtest.DB) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	hash := func(first string) (h string) {
		if _, err := conn.Exec(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), derivedSQL).Scan(&h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	const refreshSQL = `SELECT refresh_provider_search(o.id), tahweel_refresh_text(o.id) FROM organization AS o`
	loaded := hash(`SELECT set_config('tahweel.kind', 'system', false)`)
	if loaded != hash(refreshSQL) {
		t.Error("refreshing what was loaded changes what may be found")
	}
	if hash(`UPDATE service SET name_ar = 'خدمة أخرى'`) != loaded {
		t.Error("what may be found follows a row by itself, so that this shows nothing")
	}
	if loaded == hash(refreshSQL) {
		t.Error("a refresh that was owed is not noticed")
	}
}
