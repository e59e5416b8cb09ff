package bench_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// noon is the instant at which the tests search, up to a day more or less.
var noon = time.Date(2026, time.March, 1, 10, 0, 0, 0, time.UTC)

// country is a generated database and those who search it.
type country struct {
	db           *pgtest.DB
	directorates []bench.Directorate
	places       []place
}

type place struct {
	Code        string
	Lon, Lat    float64
	Governorate string
}

func newCountry(t *testing.T, locations int) *country {
	t.Helper()
	c := &country{db: pgtest.New(t, pg.Tracer(bench.Spy{}))}
	var err error
	if c.directorates, err = bench.Generate(t.Context(), c.db.OwnerURL, bench.Size{Locations: locations, Now: noon, Log: t.Output()}); err != nil {
		t.Fatal(err)
	}
	rows, err := c.connect(t).Query(t.Context(), `
		SELECT p.code, ST_X(p.geog::geometry) AS lon, ST_Y(p.geog::geometry) AS lat, p.governorate_code AS governorate
		FROM place AS p
		ORDER BY p.code`)
	if err != nil {
		t.Fatal(err)
	}
	if c.places, err = pgx.CollectRows(rows, pgx.RowToStructByName[place]); err != nil {
		t.Fatal(err)
	}
	return c
}

// connect returns a connection of the superuser, whom no policy binds.
func (c *country) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(c.db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["jit"] = "off"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// store returns the directory as it is that many days after noon.
func (c *country) store(days int) *directory.Store {
	return directory.NewStore(c.db.DB, func() time.Time { return noon.AddDate(0, 0, days) })
}

func caseManager(directorate uuid.UUID) policy.Actor {
	return policy.Actor{
		AccountID: uuid.MustParse("0be9cfff-0000-7000-8000-000000000001"), Kind: policy.Person,
		Memberships: []policy.Membership{{Role: policy.CaseManager, DirectorateID: directorate}},
	}
}

// question is a search of one directorate on one day.
type question struct {
	directorate bench.Directorate
	days        int // after noon
	directory.Query
}

func (q question) String() string {
	where := q.Place
	if q.Point != nil {
		where = fmt.Sprintf("(%.5f, %.5f)", q.Point.Lat(), q.Point.Lon())
	}
	age := "any"
	if q.Age != nil {
		age = fmt.Sprint(*q.Age)
	}
	return fmt.Sprintf("%s near %s for %v, radius %d, group %q, age %s, sex %q, document %q, day %+d",
		q.Need, where, q.directorate.Governorates, q.RadiusMeters, q.TargetGroup, age, q.Sex, q.IdentityDocument, q.days)
}

// ask makes up a question: mostly from a directorate's own place, for the popular need, a rare one or any.
func (c *country) ask(r *rand.Rand, needs []string) question {
	q := question{directorate: c.directorates[r.IntN(len(c.directorates))], days: r.IntN(3) - 1}
	from := c.places[r.IntN(len(c.places))]
	for r.IntN(10) > 0 && !slices.Contains(q.directorate.Governorates, from.Governorate) {
		from = c.places[r.IntN(len(c.places))]
	}
	if r.IntN(2) == 0 {
		q.Place = from.Code
	} else {
		point, err := geo.NewPoint(from.Lat+0.04*(r.Float64()-0.5), from.Lon+0.04*(r.Float64()-0.5))
		if err != nil {
			panic(err) // a place is not at the edge of the world
		}
		q.Point = &point
	}
	q.Need = pick(r, pick(r, needs...), bench.PopularNeed, "DIS", pick(r, bench.RareNeeds()...))
	q.IdentityDocument = pick(r, "", "jerusalem", "palestinian")
	q.TargetGroup = pick(r, "", "", "women", "children", "persons_with_disabilities", "older_persons")
	q.Sex = pick(r, "", "", directory.Female, directory.Male)
	if r.IntN(3) == 0 {
		q.Age = new(r.IntN(90))
	}
	if r.IntN(4) == 0 {
		q.RadiusMeters = 1000 + r.IntN(60_000)
	}
	q.Household = directory.Household{
		SocialRegistry: pick(r, "", "", directory.Yes, directory.No), DisabilityCard: pick(r, "", "", directory.No), Refugee: pick(r, "", directory.Yes, directory.No),
		PovertyBand: pick(r, "", "", "poor", "near_poor"),
	}
	q.Wishes = directory.Wishes{
		OpenOn:   pick(r, "", "", "", "SU", "SA", "TU", noon.AddDate(0, 0, q.days+r.IntN(7)).Format(time.DateOnly)),
		Language: pick(r, "", "", "", "ar", "en"), DeliveryMode: pick(r, "", "", "", "", directory.Facility, directory.HomeVisit),
		Accepting: r.IntN(8) == 0, FemaleWorker: r.IntN(8) == 0, Transport: r.IntN(10) == 0,
	}
	if r.IntN(8) == 0 {
		q.Wishes.Accessibility = []string{pick(r, "ground_floor", "lift")}
	}
	return q
}

func pick[T any](r *rand.Rand, options ...T) T { return options[r.IntN(len(options))] }

// proving reports whether the long tests run too, which `make prove` asks for.
func proving() bool { return os.Getenv("TAHWEEL_PROVE") == "1" }
