package demo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/demo"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
	"tahweel/policy"
	"tahweel/referrals"
)

// midnight is five minutes past it in Palestine.
var midnight = time.Date(2026, time.June, 1, 21, 5, 0, 0, time.UTC)

func load(t *testing.T, now time.Time, size demo.Size) *pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Load(t.Context(), db.DB, keys, now, size); err != nil {
		t.Fatal(err)
	}
	return db
}

// proving reports whether the long tests run too, which `make prove` asks for.
func proving() bool { return os.Getenv("TAHWEEL_PROVE") == "1" }

// Just after midnight in Palestine "some hours ago" was another day, at noon it was not: the script must hold at both.
func TestTheDemonstrationLoadsAtNoon(t *testing.T) {
	t.Parallel()
	size := demo.Core
	if proving() {
		size = demo.Country
	}
	noon := midnight.Add(-11 * time.Hour)
	db := load(t, noon, size)
	isPast(t, db, noon)
	owesNothing(t, db)
}

// One load serves every question, for it takes many seconds. The program's own test looks at the whole of it.
func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	size, referrals, statuses := demo.Sample, 260, sampleStatuses
	if proving() {
		size, referrals, statuses = demo.Country, 2000, allStatuses
	}
	db := load(t, midnight, size)
	t.Run("as it was made", func(t *testing.T) { questions(t, db, size, referrals, statuses) })
	store := referralsStore(t, db, midnight)
	if _, err := store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Value[int](t, db, countStatuses); n < statuses {
		t.Errorf("%d statuses of attempts are left, not %d, once the system has made its own moves", n, statuses)
	}
}

// The statuses of attempts that are to be seen: all of them in the whole demonstration, most in the sample of it.
const (
	allStatuses    = 14
	sampleStatuses = 12
	countStatuses  = "SELECT count(DISTINCT status) FROM attempt"
)

func referralsStore(t *testing.T, db *pgtest.DB, now time.Time) *referrals.Store {
	t.Helper()
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	return referrals.NewStore(db.DB, keys, func() time.Time { return now })
}

func questions(t *testing.T, db *pgtest.DB, size demo.Size, referrals, statuses int) {
	for name, question := range map[string]func(t *testing.T){
		"has enough of everything":                func(t *testing.T) { hasEnough(t, db, referrals, statuses) },
		"is in the past":                          func(t *testing.T) { isPast(t, db, midnight) },
		"is in order for everybody":               func(t *testing.T) { isInOrder(t, db) },
		"finds the right providers":               func(t *testing.T) { findsTheRightOnes(t, db) },
		"is kept out of Gaza by the road alone":   func(t *testing.T) { keptOutByReach(t, db) },
		"serves every need from everywhere":       func(t *testing.T) { servesEveryNeed(t, db) },
		"shows nobody where a shelter is":         func(t *testing.T) { hidesShelters(t, db) },
		"refers to nobody who is not to be found": func(t *testing.T) { refersToTheRightOnes(t, db) },
		"is the same each time":                   func(t *testing.T) { isTheSame(t, db, size) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			question(t)
		})
	}
}

func hasEnough(t *testing.T, db *pgtest.DB, referrals, statuses int) {
	for what, want := range map[string]struct {
		sql  string
		from int
	}{
		"organizations":          {"SELECT count(*) FROM organization", 180},
		"names":                  {"SELECT least(count(DISTINCT name_ar), count(DISTINCT name_en)) FROM organization", 180},
		"services":               {"SELECT count(*) FROM service WHERE status = 'active'", 500},
		"governorates":           {"SELECT count(DISTINCT p.governorate_code) FROM location AS l JOIN place AS p ON p.code = l.place_code", 16},
		"kinds of organization":  {"SELECT count(DISTINCT kind) FROM organization", 7},
		"accreditation statuses": {"SELECT count(DISTINCT status) FROM accreditation", 7},
		"survey entry statuses":  {"SELECT count(DISTINCT status) FROM survey_entry", 5},
		"application statuses":   {"SELECT count(DISTINCT status) FROM accreditation_application", 10},
		"instrument statuses":    {"SELECT count(DISTINCT status) FROM instrument", 7},
		"directorates":           {"SELECT count(*) FROM directorate", 14},
		"places of directorates": {"SELECT count(*) FROM directorate_place", 711},
		"roles":                  {"SELECT count(DISTINCT role) FROM membership", 14},
		"case managers":          {"SELECT count(*) FROM membership WHERE role = 'case_manager'", 30},
		"leaves that are served": {"SELECT count(DISTINCT need_id) FROM service_need", 59},
		"referrals":              {"SELECT count(*) FROM referral", referrals},
		"months of referrals":    {"SELECT count(DISTINCT date_trunc('month', created_at)) FROM referral", 12},
		"referral statuses":      {"SELECT count(DISTINCT status) FROM referral", 6},
		"attempt statuses":       {countStatuses, statuses},
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

func isPast(t *testing.T, db *pgtest.DB, now time.Time) {
	for _, column := range []string{
		"referral.created_at", "referral.updated_at", "attempt.updated_at", "event.occurred_at", "audit_entry.recorded_at", "instrument.updated_at", "service.created_at",
	} {
		table := column[:slices.Index([]byte(column), '.')]
		if n := pgtest.Value[int](t, db, "SELECT count(*) FROM "+table+" WHERE "+column+" > $1", now); n > 0 {
			t.Errorf("%d rows of %s lie in the future", n, column)
		}
	}
	if n := pgtest.Value[int](t, db, "SELECT count(*) FROM event WHERE position IS NULL"); n > 0 {
		t.Errorf("%d events have no position", n)
	}
}

// backwardsSQL counts the events that are older than the one before, as one reader after the other has them in the feed.
const backwardsSQL = `
	SELECT count(*)
	FROM (SELECT occurred_at, lag(occurred_at) OVER (PARTITION BY %[1]s ORDER BY position) AS before FROM event WHERE %[1]s IS NOT NULL) AS e
	WHERE before > occurred_at`

// Directorates are made side by side; whoever reads one of them, or is an organization, has events in the order of time.
func isInOrder(t *testing.T, db *pgtest.DB) {
	for _, reader := range []string{"directorate_id", "owner_account_id", "organization_id"} {
		if n := pgtest.Value[int](t, db, fmt.Sprintf(backwardsSQL, reader)); n > 0 {
			t.Errorf("by %s %d events are older than the one before", reader, n)
		}
	}
}

// nearby asks in the name of a case manager of the directorate.
func nearby(t *testing.T, db *pgtest.DB, directorate, place, need string) []string {
	t.Helper()
	store := directory.NewStore(db.DB, func() time.Time { return midnight })
	manager := policy.Actor{Kind: policy.Person, Memberships: []policy.Membership{{
		Role: policy.CaseManager, DirectorateID: pgtest.Value[uuid.UUID](t, db, "SELECT id FROM directorate WHERE code = $1", directorate),
	}}}
	found, err := store.Nearby(t.Context(), manager, directory.Query{Need: need, Place: place, Limit: 50})
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
	found := nearby(t, db, "hebron", yatta, "DIS-PHYSIO")
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
	found := nearby(t, db, "gaza-north", pgtest.Value[string](t, db, "SELECT code FROM place WHERE name_ar = 'بيت حانون'"), "DIS-PHYSIO")
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

// servesEveryNeed asks for every root from the most populous place of every governorate, in the name of the directorate that holds it.
func servesEveryNeed(t *testing.T, db *pgtest.DB) {
	const placesSQL = `
		SELECT string_agg(code || ' ' || directorate, ',' ORDER BY code)
		FROM (
		  SELECT DISTINCT ON (p.governorate_code) p.code, d.code AS directorate
		  FROM place AS p
		  JOIN directorate_place AS dp ON dp.place_code = p.code
		  JOIN directorate AS d ON d.id = dp.directorate_id
		  ORDER BY p.governorate_code, p.population DESC NULLS LAST, p.code
		) AS biggest`
	const rootsSQL = "SELECT string_agg(code, ',' ORDER BY code) FROM need WHERE parent_id IS NULL"
	roots := strings.Split(pgtest.Value[string](t, db, rootsSQL), ",")
	places := strings.Split(pgtest.Value[string](t, db, placesSQL), ",")
	if len(roots) != 13 || len(places) != 16 {
		t.Fatalf("%d roots and %d governorates", len(roots), len(places))
	}
	for _, place := range places {
		code, directorate, _ := strings.Cut(place, " ")
		for _, root := range roots {
			if len(nearby(t, db, directorate, code, root)) == 0 {
				t.Errorf("nobody serves %s near %s for the directorate %s", root, code, directorate)
			}
		}
	}
	if found := nearby(t, db, "tulkarm", yatta, "DIS"); len(found) > 0 { // the control: not everybody may refer everywhere
		t.Errorf("near Yatta the directorate of Tulkarm finds %q", found)
	}
}

// hidesShelters: the search has no place for what is confidential, and no public location is within ten metres of one.
func hidesShelters(t *testing.T, db *pgtest.DB) {
	if n := pgtest.Value[int](t, db, "SELECT count(*) FROM confidential_location"); n < 8 {
		t.Errorf("%d confidential locations: that they are hidden shows little", n)
	}
	const closeSQL = `
		SELECT count(*)
		FROM confidential_location AS c
		JOIN %s AS l ON ST_DWithin(l.geog, c.geog, 10)`
	for _, table := range []string{"location", "provider_search"} {
		if n := pgtest.Value[int](t, db, fmt.Sprintf(closeSQL, table)); n > 0 {
			t.Errorf("%s gives %d confidential places away", table, n)
		}
	}
	if n := pgtest.Value[int](t, db, fmt.Sprintf(closeSQL, "confidential_location")); n == 0 { // the control: the question finds what is there
		t.Error("the question does not find the shelters themselves")
	}
}

// refersToTheRightOnes: what stands to be refused was sent nothing.
func refersToTheRightOnes(t *testing.T, db *pgtest.DB) {
	const refused = "SELECT count(*) FROM organization AS o WHERE o.name_en LIKE '%Therapy Centre%(private)'"
	if n := pgtest.Value[int](t, db, refused); n < 10 {
		t.Errorf("%d organizations are there to be refused", n)
	}
	if n := pgtest.Value[int](t, db, refused+" AND EXISTS (SELECT FROM attempt AS a WHERE a.organization_id = o.id)"); n > 0 {
		t.Errorf("%d organizations that are to be refused were referred to", n)
	}
	if n := pgtest.Value[int](t, db, refused+" AND EXISTS (SELECT FROM accreditation AS a JOIN instrument AS i USING (organization_id) WHERE a.organization_id = o.id AND (a.status, i.status) = ('accredited', 'in_force'))"); n > 0 {
		t.Errorf("%d organizations that are to be refused have their papers in force", n)
	}
}

// isTheSame compares with a second load; with TAHWEEL_PROVE only, for its price.
func isTheSame(t *testing.T, db *pgtest.DB, size demo.Size) {
	if !proving() {
		t.Skip("set TAHWEEL_PROVE=1 to load it twice")
	}
	again := load(t, midnight, size)
	for _, sql := range []string{
		"SELECT md5(string_agg(id::text || name_ar || name_en, '' ORDER BY id)) FROM organization",
		"SELECT md5(string_agg(id::text || name_ar, '' ORDER BY id)) FROM service",
		"SELECT md5(string_agg(id::text || ST_AsText(geog), '' ORDER BY id)) FROM location",
		"SELECT md5(string_agg(id::text || accepting_status, '' ORDER BY id)) FROM service_at_location",
		"SELECT md5(string_agg(id::text || name_ar, '' ORDER BY id)) FROM account",
		"SELECT md5(string_agg(type, '' ORDER BY occurred_at, type)) FROM event",
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
