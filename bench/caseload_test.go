package bench_test

import (
	"slices"
	"testing"

	"tahweel/bench"
	"tahweel/internal/pg/pgtest"
)

func TestGenerateReferralsRefusesSizesItWasNotMadeFor(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, bench.MinimumReferrals - 1, bench.MaximumReferrals + 1} {
		if err := bench.GenerateReferrals(t.Context(), "", bench.Caseload{Referrals: n, Now: noon}); err == nil {
			t.Errorf("%d referrals were not refused", n)
		}
	}
}

// The generator writes past triggers and foreign keys; what it writes must be what they would have let in.
func TestGeneratedReferralsAreLegal(t *testing.T) {
	t.Parallel()
	c := newCountry(t, bench.MinimumLocations)
	c.refer(t, 2000)
	t.Run("counts", func(t *testing.T) { testCaseload(t, c) })
	t.Run("indexes", func(t *testing.T) {
		empty := pgtest.New(t)
		const sql = "SELECT string_agg(indexdef, E'\\n' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'"
		if want, got := pgtest.Value[string](t, empty, sql), pgtest.Value[string](t, c.db, sql); got != want {
			t.Errorf("the indexes are\n%s\nand without referrals\n%s", got, want)
		}
	})
	t.Run("worklists", func(t *testing.T) { testWorklists(t, c) })
	t.Run("keys", func(t *testing.T) {
		conn := c.connect(t)
		if broken := brokenKeys(t, conn); len(broken) > 0 {
			t.Errorf("these foreign keys do not hold: %v", broken)
		}
		exec(t, conn, `SET session_replication_role = replica`)
		exec(t, conn, `UPDATE attempt SET prior_status = 'declined' WHERE id = (SELECT id FROM attempt WHERE status = 'completed' LIMIT 1)`)
		if broken := brokenKeys(t, conn); !slices.Equal(broken, []string{"attempt_move_legal"}) {
			t.Errorf("an illegal move was written, and broken were %v", broken)
		}
	})
}

func (c *country) refer(t *testing.T, n int) {
	t.Helper()
	if err := bench.GenerateReferrals(t.Context(), c.db.OwnerURL, bench.Caseload{Referrals: n, Now: noon, Log: t.Output()}); err != nil {
		t.Fatal(err)
	}
}

// testCaseload looks for a country's ratios: what belongs to a referral, and all the ways in which attempts end.
func testCaseload(t *testing.T, c *country) {
	for what, want := range map[string]struct {
		sql      string
		from, to int
	}{
		"referrals":         {"SELECT count(*) FROM referral", 2000, 2000},
		"persons":           {"SELECT count(*) FROM person", 2000, 2000},
		"sealed fields":     {"SELECT count(*) FROM sealed_field", 18_000, 18_000},
		"attempts":          {"SELECT count(*) FROM attempt", 2050, 2300},
		"consents":          {"SELECT count(*) - (SELECT count(*) FROM attempt) FROM consent", 0, 0},
		"events":            {"SELECT count(*) FROM event", 13_000, 18_000},
		"statuses":          {"SELECT count(DISTINCT status) FROM attempt", 13, 13},
		"providers":         {"SELECT count(DISTINCT organization_id) FROM attempt", 300, 1000},
		"directorates":      {"SELECT count(DISTINCT directorate_id) FROM referral", 14, 14},
		"of the future":     {"SELECT count(*) FROM referral WHERE created_at > '2026-03-01T10:00:00Z'", 0, 0},
		"out of order":      {"SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY created_at) AS before FROM referral) AS r WHERE before > id", 0, 0},
		"closed, yet live":  {"SELECT count(*) FROM referral AS r JOIN attempt AS a ON a.referral_id = r.id WHERE r.status = 'closed_met' AND a.closed_at IS NULL", 0, 0},
		"met, by nobody":    {"SELECT count(*) FROM referral AS r WHERE r.status = 'closed_met' AND NOT EXISTS (SELECT FROM attempt AS a WHERE a.referral_id = r.id AND a.status = 'completed')", 0, 0},
		"waiting, yet live": {"SELECT count(*) FROM referral AS r JOIN attempt AS a ON a.referral_id = r.id WHERE r.needs_routing AND a.closed_at IS NULL", 0, 0},
	} {
		if got := pgtest.Value[int](t, c.db, want.sql); got < want.from || got > want.to {
			t.Errorf("%s: %d, not from %d to %d", what, got, want.from, want.to)
		}
	}
}

// testWorklists sees that lists hold something and that their cost was measured.
func testWorklists(t *testing.T, c *country) {
	lists := c.worklists(t)
	for _, of := range []string{"busiest provider: attempts, newest", "case manager: referrals, newest", "supervisor: events, from the first"} {
		if i := slices.IndexFunc(lists, func(l bench.Worklist) bool { return l.Name == of }); i < 0 || lists[i].Rows != bench.PageSize || lists[i].Custom == 0 || lists[i].Generic == 0 {
			t.Errorf("%s: not measured in %+v", of, lists)
		}
	}
}

func (c *country) worklists(t *testing.T) []bench.Worklist {
	t.Helper()
	lists, err := bench.Worklists(t.Context(), c.db.DB, c.db.OwnerURL, noon)
	if err != nil {
		t.Fatal(err)
	}
	return lists
}
