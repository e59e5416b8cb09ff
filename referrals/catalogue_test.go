package referrals_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// open are the tables that everybody may know: the map, the taxonomy, what is found of the directory, the lifecycles and the schema's own.
// A table that is neither here nor under forced row-level security fails the test, so each new one takes a decision.
var open = []string{
	"accreditation_appeal_transition", "accreditation_application_transition", "accreditation_transition", "attempt_transition", "directory_text",
	"goose_db_version", "governorate", "governorate_area", "instrument_transition", "keyset_canary",
	"listing", "map_cluster", "map_day", "map_point", "need",
	"place_name", "provider_card", "provider_search", "reach_zone_area", "referral_transition",
	"spatial_ref_sys", "survey_campaign_transition", "survey_entry_transition",
}

// bare are the tables without forced row-level security or without any policy.
func (w *world) names(t *testing.T, sql string) []string {
	t.Helper()
	rows, err := w.super.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

const bare = `
	SELECT relname::text
	FROM pg_class AS c
	WHERE relnamespace = 'public'::regnamespace
		AND relkind IN ('r', 'p', 'm', 'f')
		AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
	ORDER BY relname COLLATE "C"`

func TestEveryPrivateTableIsUnderRowLevelSecurity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if names := w.names(t, bare); !slices.Equal(names, open) {
		t.Errorf("without row-level security are %q, of which a decision says %q", names, open)
	}
	w.Exec(t, `CREATE TABLE complaint (id uuid PRIMARY KEY, narrative text)`)
	w.Exec(t, `CREATE TABLE task (id uuid PRIMARY KEY, owner_id uuid); ALTER TABLE task ENABLE ROW LEVEL SECURITY`)
	for _, table := range []string{"complaint", "task"} {
		if !slices.Contains(w.names(t, bare), table) {
			t.Errorf("a table %s without a decision goes unnoticed", table)
		}
	}
}

func TestEveryViewAsksInItsReadersName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const foreign = `
		SELECT relname::text
		FROM pg_class AS c
		WHERE relnamespace = 'public'::regnamespace
			AND relkind = 'v'
			AND NOT coalesce(reloptions @> '{security_invoker=true}', false)
			AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')`
	if names := w.names(t, foreign); len(names) != 0 {
		t.Errorf("views that read as their owner: %q", names)
	}
	w.Exec(t, `CREATE VIEW peek AS SELECT * FROM referral`)
	if names := w.names(t, foreign); len(names) != 1 {
		t.Errorf("a view that reads as its owner goes unnoticed: %q", names)
	}
}

func TestTheServiceHoldsNoRightThatItDoesNotUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const excessive = `
		SELECT c.relname::text || ' ' || p
		FROM pg_class AS c, unnest('{TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
		WHERE c.relnamespace = 'public'::regnamespace
			AND c.relkind = 'r'
			AND c.relname <> 'spatial_ref_sys'
			AND has_table_privilege('tahweel_app', c.oid, p)
		UNION ALL
		SELECT c.relname::text || ' ' || p
		FROM pg_class AS c, unnest('{UPDATE,DELETE}'::text[]) AS p
		WHERE c.oid IN ('audit_entry'::regclass, 'attempt_transition'::regclass, 'referral_transition'::regclass, 'instrument_transition'::regclass)
			AND has_table_privilege('tahweel_app', c.oid, p)
		UNION ALL
		SELECT 'owns ' || relname::text
		FROM pg_class
		WHERE relnamespace = 'public'::regnamespace
			AND pg_has_role('tahweel_app', relowner, 'MEMBER')`
	if names := w.names(t, excessive); len(names) != 0 {
		t.Errorf("tahweel_app has %q", names)
	}
	w.Exec(t, `GRANT TRUNCATE ON referral TO tahweel_app; GRANT DELETE ON audit_entry TO tahweel_app`)
	if names := w.names(t, excessive); len(names) != 2 {
		t.Errorf("of two rights too many %q are noticed", names)
	}
}
