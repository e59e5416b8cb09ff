package demo_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/demo"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
	"tahweel/policy"
)

func load(t *testing.T) *pgtest.DB {
	t.Helper()
	return loadAt(t, time.Now())
}

func loadAt(t *testing.T, now time.Time) *pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(t.Context(), db.DB, keys, now); err != nil {
		t.Fatal(err)
	}
	return db
}

// Just after midnight in Palestine "some hours ago" was another day, at noon it was not: the script must hold at both.
func TestTheDemonstrationLoadsAtAnyHour(t *testing.T) {
	t.Parallel()
	for _, hour := range []string{"2026-06-01T21:05:00Z", "2026-06-01T10:00:00Z"} {
		now, err := time.Parse(time.RFC3339, hour)
		if err != nil {
			t.Fatal(err)
		}
		isPast(t, loadAt(t, now))
	}
}

// One load serves every question, for it takes many seconds.
func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	db := load(t)
	t.Run("has enough of everything", func(t *testing.T) {
		t.Parallel()
		hasEnough(t, db)
	})
	t.Run("is in the past", func(t *testing.T) {
		t.Parallel()
		isPast(t, db)
	})
	t.Run("finds the right providers", func(t *testing.T) {
		t.Parallel()
		findsTheRightOnes(t, db)
	})
	t.Run("is kept out of Gaza by the road alone", func(t *testing.T) {
		t.Parallel()
		keptOutByReach(t, db)
	})
	t.Run("is the same each time", func(t *testing.T) {
		t.Parallel()
		isTheSame(t, db)
	})
}

func hasEnough(t *testing.T, db *pgtest.DB) {
	for what, want := range map[string]struct {
		sql  string
		from int
	}{
		"organizations":          {"SELECT count(*) FROM organization", 40},
		"governorates":           {"SELECT count(DISTINCT p.governorate_code) FROM location AS l JOIN place AS p ON p.code = l.place_code", 16},
		"kinds of organization":  {"SELECT count(DISTINCT kind) FROM organization", 7},
		"accreditation statuses": {"SELECT count(DISTINCT status) FROM accreditation", 7},
		"instrument statuses":    {"SELECT count(DISTINCT status) FROM instrument", 7},
		"directorates":           {"SELECT count(*) FROM directorate", 4},
		"case managers":          {"SELECT count(*) FROM membership WHERE role = 'case_manager'", 8},
		"roots that are served":  {"SELECT count(DISTINCT split_part(n.code, '-', 1)) FROM service_need AS s JOIN need AS n ON n.id = s.need_id", 13},
		"referral statuses":      {"SELECT count(DISTINCT status) FROM referral", 4},
		"attempt statuses":       {"SELECT count(DISTINCT status) FROM attempt", 8},
		"tier 3 referrals":       {"SELECT count(*) FROM referral WHERE tier = 3", 1},
	} {
		if got := pgtest.Value[int](t, db, want.sql); got < want.from {
			t.Errorf("%s: %d, not %d or more", what, got, want.from)
		}
	}
	for _, table := range []string{"organization", "service"} {
		if n := pgtest.Value[int](t, db, "SELECT count(*) FROM "+table+" WHERE name_ar !~ '[ء-ي]' OR name_en !~ '[A-Za-z]' OR name_en ~ '[ء-ي]'"); n > 0 {
			t.Errorf("%d rows of %s have a name in the wrong script", n, table)
		}
	}
	if n := pgtest.Value[int](t, db, "SELECT count(*) FROM organization WHERE description_ar NOT LIKE '%تجريبي%' OR description_en NOT ILIKE '%demonstration%'"); n > 0 {
		t.Errorf("%d organizations do not say that they are invented", n)
	}
}

func isPast(t *testing.T, db *pgtest.DB) {
	for _, column := range []string{
		"referral.created_at", "referral.updated_at", "attempt.updated_at", "event.occurred_at", "audit_entry.recorded_at", "instrument.updated_at", "service.created_at",
	} {
		table := column[:slices.Index([]byte(column), '.')]
		if n := pgtest.Value[int](t, db, "SELECT count(*) FROM "+table+" WHERE "+column+" > now()"); n > 0 {
			t.Errorf("%d rows of %s lie in the future", n, column)
		}
	}
	const backwards = `
		SELECT count(*)
		FROM (SELECT occurred_at, lag(occurred_at) OVER (ORDER BY id) AS before FROM event) AS e
		WHERE before > occurred_at`
	if n := pgtest.Value[int](t, db, backwards); n > 0 {
		t.Errorf("%d events are older than the one before", n)
	}
}

// nearby asks in the name of a case manager of the directorate.
func nearby(t *testing.T, db *pgtest.DB, directorate, place string) []string {
	t.Helper()
	store := directory.NewStore(db.DB, time.Now)
	manager := policy.Actor{Kind: policy.Person, Memberships: []policy.Membership{{
		Role: policy.CaseManager, DirectorateID: pgtest.Value[uuid.UUID](t, db, "SELECT id FROM directorate WHERE code = $1", directorate),
	}}}
	found, err := store.Nearby(t.Context(), manager, directory.Query{Need: "DIS-PHYSIO", Place: place, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range found.Items {
		names = append(names, p.OrganizationName.EN)
	}
	return names
}

const yatta = "gn-281292"

func findsTheRightOnes(t *testing.T, db *pgtest.DB) {
	found := nearby(t, db, "hebron", yatta)
	if len(found) < 5 || found[0] != "Rawasi Association for the Rehabilitation of Children with Disabilities" {
		t.Errorf("near Yatta: %q", found)
	}
	for _, refused := range []string{
		"Nabd Yatta Physiotherapy Association",   // accreditation expired
		"Zilal Care Association, Bani Na'im",     // accreditation suspended
		"Masar Al-Janub Association",             // memorandum suspended
		"Unqud Beit Ummar Association",           // memorandum expired, the next one not signed
		"Ittizan Physiotherapy Centre (private)", // under review
	} {
		if pgtest.Value[int](t, db, "SELECT count(*) FROM organization WHERE name_en = $1", refused) != 1 {
			t.Errorf("there is no %s, so that its absence shows nothing", refused)
		}
		if slices.Contains(found, refused) {
			t.Errorf("near Yatta %s is found", refused)
		}
	}
}

// A memorandum of an organization in Dura also covers the Gaza North directorate.
func keptOutByReach(t *testing.T, db *pgtest.DB) {
	const westBank = "Sanad Dura Charitable Association"
	found := nearby(t, db, "gaza-north", pgtest.Value[string](t, db, "SELECT code FROM place WHERE name_ar = 'بيت حانون'"))
	if len(found) == 0 || slices.Contains(found, westBank) {
		t.Errorf("near Beit Hanun: %q", found)
	}
	covered := pgtest.Value[int](t, db, `
		SELECT count(*)
		FROM provider_search AS ps
		JOIN organization AS o ON o.id = ps.organization_id
		JOIN directorate AS d ON d.id = ps.directorate_id
		JOIN need AS n ON n.id = ps.need_id
		WHERE o.name_en = $1 AND d.code = 'gaza-north' AND n.code = 'DIS-PHYSIO'`, westBank)
	if covered == 0 {
		t.Errorf("no memorandum of %s covers Gaza North, so that its absence shows nothing", westBank)
	}
}

// isTheSame compares with a second load; with TAHWEEL_PROVE only, for its price.
func isTheSame(t *testing.T, db *pgtest.DB) {
	if os.Getenv("TAHWEEL_PROVE") == "" {
		t.Skip("set TAHWEEL_PROVE=1 to load it twice")
	}
	again := load(t)
	for _, sql := range []string{
		"SELECT md5(string_agg(id::text || name_ar || name_en, '' ORDER BY id)) FROM organization",
		"SELECT md5(string_agg(id::text || name_ar, '' ORDER BY id)) FROM service",
		"SELECT md5(string_agg(id::text || ST_AsText(geog), '' ORDER BY id)) FROM location",
		"SELECT md5(string_agg(id::text || accepting_status, '' ORDER BY id)) FROM service_at_location",
		"SELECT md5(string_agg(id::text || name_ar, '' ORDER BY id)) FROM account",
		"SELECT md5(string_agg(type, '' ORDER BY id)) FROM event",
	} {
		if one, other := pgtest.Value[string](t, db, sql), pgtest.Value[string](t, again, sql); one != other {
			t.Errorf("two loads differ: %s", sql)
		}
	}
}

func TestTheCast(t *testing.T) {
	t.Parallel()
	players, err := demo.Cast()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range players {
		if provider := p.Name == "provider" || p.Name == "other_provider"; provider == p.Claims.OwnSession {
			t.Errorf("%s: a machine is no person", p.Name)
		}
	}
}
