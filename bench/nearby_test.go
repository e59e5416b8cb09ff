package bench_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/directory"
	"tahweel/internal/pg"
)

// The goals of a search, in pages of PostgreSQL's shared buffers: for a need that at most rareRows providers of a directorate
// meet, and for the median of searches for a need that a quarter meets. A search that cannot be sure of its page asks once more for
// more rows, which is rare and counts as one.
const (
	rareRows     = 20
	rarePages    = 150
	popularPages = 600
)

func TestNearbyAtTenThousandLocations(t *testing.T) {
	t.Parallel()
	nearbyHolds(t, bench.MinimumLocations)
}

func TestNearbyAtAMillionLocations(t *testing.T) {
	t.Parallel()
	if !proving() {
		t.Skip("takes minutes and gigabytes: make prove")
	}
	nearbyHolds(t, bench.MaximumLocations)
}

func nearbyHolds(t *testing.T, locations int) {
	c := newCountry(t, locations)
	t.Run("a rare need is rare", func(t *testing.T) { testRareNeeds(t, c) })
	t.Run("a rare need costs few pages", func(t *testing.T) {
		if most := slices.Max(c.pagesOfSearches(t, bench.RareNeeds())); most > rarePages {
			t.Errorf("a search read %d pages, want at most %d", most, rarePages)
		}
	})
	t.Run("a popular need costs few pages", func(t *testing.T) {
		all := c.pagesOfSearches(t, []string{bench.PopularNeed, "DIS"})
		if median := all[len(all)/2]; median > popularPages {
			t.Errorf("half of the searches read %d pages or more, want at most %d", median, popularPages)
		}
	})
	t.Run("its statements are planned once", func(t *testing.T) { testPlans(t, c) })
	if locations == bench.MinimumLocations { // without them, more locations cost more time and show no more
		t.Run("the pages are the indexes' merit", func(t *testing.T) { testPagesWithoutIndexes(t, c) })
	}
	t.Run("the answers are those of brute force", func(t *testing.T) { testAnswers(t, c, 1000) })
}

func testRareNeeds(t *testing.T, c *country) {
	rows, err := c.connect(t).Query(t.Context(), `
		SELECT count(ps.need_id)
		FROM directorate AS d
		CROSS JOIN need AS n
		LEFT JOIN provider_search AS ps ON ps.directorate_id = d.id AND ps.need_id = n.id
		WHERE n.code = ANY ($1)
		GROUP BY d.id, n.id`, bench.RareNeeds())
	if err != nil {
		t.Fatal(err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	if want := len(c.directorates) * len(bench.RareNeeds()); len(counts) != want || slices.Min(counts) < 1 || slices.Max(counts) > rareRows {
		t.Errorf("rows by directorate and need: %v; want %d numbers from 1 to %d", counts, want, rareRows)
	}
}

// searches returns what a search sends to the database, and how many providers it found.
func (c *country) searches(t *testing.T, q question) ([]bench.Statement, int) {
	t.Helper()
	ctx, sent := bench.Spy{}.Watch(t.Context())
	page, err := c.store(q.days).Nearby(ctx, caseManager(q.directorate.ID), q.Query)
	if err != nil {
		t.Fatalf("%v: %v", q, err)
	}
	found := bench.Searches(sent())
	if len(found) == 0 {
		t.Fatalf("%v: no statement was seen", q)
	}
	return found, len(page.Items)
}

// pages returns the pages that the statements read together.
func (c *country) pages(t *testing.T, tx pgx.Tx, statements []bench.Statement) int {
	t.Helper()
	sum := 0
	for _, s := range statements {
		n, err := bench.Pages(t.Context(), tx, s)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// asService begins a transaction with the rights of the service, that is rolled back when the test ends.
func (c *country) asService(t *testing.T) pgx.Tx {
	t.Helper()
	tx, err := c.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SET LOCAL ROLE tahweel_app`); err != nil {
		t.Fatal(err)
	}
	return tx
}

// pagesOfSearches makes the rounds for the needs and returns the pages that each read, in order.
func (c *country) pagesOfSearches(t *testing.T, needs []string) []int {
	t.Helper()
	tx := c.asService(t)
	var all []int
	empty, twice := 0, 0
	for _, q := range c.rounds(needs) {
		statements, found := c.searches(t, q)
		all = append(all, c.pages(t, tx, statements))
		if found == 0 {
			empty++
		}
		if len(statements) > 1 {
			twice++
		}
	}
	slices.Sort(all)
	t.Logf("%d searches, %d of them in more than one statement: median %d pages, most %d", len(all), twice, all[len(all)/2], all[len(all)-1])
	if empty*2 > len(all) {
		t.Errorf("%d of %d searches found nobody: they show nothing", empty, len(all))
	}
	return all
}

// rounds are searches for the needs from the first, a middle and the last place of every directorate, and
// from the first with every filter.
func (c *country) rounds(needs []string) []question {
	var questions []question
	for _, d := range c.directorates {
		var own []place
		for _, p := range c.places {
			if slices.Contains(d.Governorates, p.Governorate) {
				own = append(own, p)
			}
		}
		for _, need := range needs {
			for _, p := range []place{own[0], own[len(own)/2], own[len(own)-1]} {
				questions = append(questions, question{directorate: d, Query: directory.Query{Need: need, Place: p.Code}})
			}
			questions = append(questions, question{directorate: d, Query: directory.Query{
				Need: need, Place: own[0].Code, RadiusMeters: 30_000, TargetGroup: "women", Age: new(30), Sex: directory.Female,
				Household: directory.Household{SocialRegistry: directory.Yes}, Wishes: directory.Wishes{OpenOn: "SU", Language: "ar", FemaleWorker: true},
			}})
		}
	}
	return questions
}

func testPagesWithoutIndexes(t *testing.T, c *country) {
	statements, _ := c.searches(t, c.rounds(bench.RareNeeds())[0])
	tx, err := c.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `DROP INDEX IF EXISTS provider_search_nearest, provider_search_lane`); err != nil {
		t.Fatal(err)
	}
	if pages := c.pages(t, tx, statements); pages <= rarePages {
		t.Errorf("without its indexes a search reads %d pages, no more than with it: the test measures nothing", pages)
	}
}

// testPlans searches on one connection until PostgreSQL has settled for a plan of each statement: one that is planned anew at every
// search costs more than it finds.
func testPlans(t *testing.T, c *country) {
	db, err := pg.Open(t.Context(), c.db.AppURL+"&plan_cache_mode=auto", pg.MaxConns(1))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const tries = 5 // of PostgreSQL, before it compares
	store := directory.NewStore(db, func() time.Time { return noon })
	for _, q := range c.rounds([]string{"DIS", bench.PopularNeed})[:4*tries] {
		if _, err := store.Nearby(t.Context(), caseManager(q.directorate.ID), q.Query); err != nil {
			t.Fatal(err)
		}
	}
	const control = "SELECT count(*) FROM unnest($1::text[]) AS u (code) JOIN place AS p ON p.code = u.code"
	var again []string
	err = db.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		for range 2 * tries {
			if _, err := q.Exec(t.Context(), control, []string{"nowhere"}); err != nil {
				return err
			}
		}
		rows, err := q.Query(t.Context(), "SELECT statement FROM pg_prepared_statements WHERE custom_plans > $1", tries)
		if err != nil {
			return err
		}
		again, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(again, control) {
		t.Errorf("the control was planned once: the test measures nothing")
	}
	for _, statement := range again {
		if statement != control {
			t.Errorf("planned anew at every search: %s", statement)
		}
	}
}

// testAnswers asks made-up questions and compares every page of the answer, and sees that each rule and the shape of the earth
// matter to some of them.
func testAnswers(t *testing.T, c *country, questions int) {
	needs := taxonomy(t, c)
	whole := newBrute(t, c)
	unnoticed := []string{"spheroid", "overdue"}
	for _, r := range rules {
		unnoticed = append(unnoticed, r.name)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same questions every time
	rows := 0
	for range questions {
		q := c.ask(r, needs)
		want := whole.nearest(t, q, 2*directory.DefaultLimit+1)
		rows += len(want)
		c.comparePages(t, q, want)
		unnoticed = slices.DeleteFunc(unnoticed, func(name string) bool {
			top := directory.DefaultLimit
			broken := brute{whole.conn, name}.nearest(t, q, top)
			return !sameOffers(broken, want[:min(top, len(want))])
		})
		if t.Failed() {
			return
		}
	}
	if len(unnoticed) > 0 {
		t.Errorf("no question would notice the absence of %q", unnoticed)
	}
	t.Logf("%d questions, %d rows of answers", questions, rows)
}

// comparePages reads the first two pages of the answer and compares them with the first rows of the right one, which has one row
// more than two pages if there is any.
func (c *country) comparePages(t *testing.T, q question, want []answer) {
	t.Helper()
	var got []answer
	query := q.Query
	more := false
	for range 2 {
		page, err := c.store(q.days).Nearby(t.Context(), caseManager(q.directorate.ID), query)
		if err != nil {
			t.Fatalf("%v: %v", q, err)
		}
		for _, p := range page.Items {
			got = append(got, answer{Offer: p.ServiceAtLocationID, Effective: p.EffectiveMeters})
		}
		if more = page.Next != nil; !more {
			break
		}
		query.After = page.Next
	}
	if shown := want[:min(len(want), 2*directory.DefaultLimit)]; !sameOffers(got, shown) {
		t.Errorf("%v:\n got %v\nwant %v", q, got, shown)
		return
	}
	for i := range got {
		if math.Abs(got[i].Effective-want[i].Effective) > 0.001 {
			t.Errorf("%v: row %d is %f m away, want %f", q, i, got[i].Effective, want[i].Effective)
		}
	}
	if more != (len(want) > 2*directory.DefaultLimit) {
		t.Errorf("%v: that more follows is said to be %v", q, more)
	}
}

// taxonomy returns the codes of all needs, roots and leaves.
func taxonomy(t *testing.T, c *country) []string {
	t.Helper()
	needs, err := c.store(0).Needs(t.Context(), caseManager(c.directorates[0].ID))
	if err != nil {
		t.Fatal(err)
	}
	codes := make([]string, len(needs))
	for i, n := range needs {
		codes[i] = n.Code
	}
	return codes
}
