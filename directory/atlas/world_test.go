package atlas_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/directory/atlas"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

const (
	yatta     = "gn-281292"
	beitHanun = "gn-281146"
	jericho   = "gn-284899"
	physio    = "DIS-PHYSIO"
	device    = "DIS-DEVICE"
)

// world is a database with invented organizations, whose clock a test can move.
type world struct {
	*pgtest.DB
	t     *testing.T
	now   time.Time
	store *directory.Store
	atlas *atlas.Store
	count int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), t: t, now: time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.store, w.atlas = directory.NewStore(w.DB.DB, clock), atlas.NewStore(w.DB.DB, clock)
	w.ok(w.store.SeedNeeds(t.Context(), policy.TheSystem()))
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) today(days int) time.Time { return geo.Today(w.now).AddDate(0, 0, days) }

// name is an invented name that no other thing has.
func (w *world) name() directory.Name {
	w.count++
	return directory.Name{AR: fmt.Sprintf("جهة تجريبية %d", w.count), EN: fmt.Sprintf("Invented provider %d", w.count)}
}

// public returns an organization that needs no accreditation: it is listed from the beginning.
func (w *world) public() directory.Organization {
	w.t.Helper()
	return must(w.store.CreateOrganization(w.t.Context(), policy.TheSystem(), directory.Organization{Kind: directory.PublicBody, Name: w.name()}))(w.t)
}

// association returns an organization that is listed for the days, counted from today.
func (w *world) association(from, to int) (directory.Organization, directory.Accreditation) {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	o := must(w.store.CreateOrganization(ctx, system, directory.Organization{Kind: directory.Association, Name: w.name()}))(w.t)
	a := must(w.store.Apply(ctx, system, o.ID))(w.t)
	a = must(w.store.StartReview(ctx, system, a.ID, a.Version))(w.t)
	a = must(w.store.Accredit(ctx, system, a.ID, a.Version, directory.Grant{
		Number: fmt.Sprintf("A-%d", w.count), ValidFrom: w.today(from), ValidTo: w.today(to),
	}))(w.t)
	return o, a
}

func (w *world) service(organization uuid.UUID, needs ...string) directory.Service {
	w.t.Helper()
	return must(w.store.CreateService(w.t.Context(), policy.TheSystem(), directory.Service{
		OrganizationID: organization, Name: w.name(), NeedCodes: needs, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	}))(w.t)
}

func (w *world) location(organization uuid.UUID, place string, change func(*directory.Location)) directory.Location {
	w.t.Helper()
	l := directory.Location{OrganizationID: organization, PlaceCode: place, Point: w.pointOf(place), Name: w.name()}
	if change != nil {
		change(&l)
	}
	return must(w.store.CreateLocation(w.t.Context(), policy.TheSystem(), l))(w.t)
}

// offer offers the service there; a confidential location, too.
func (w *world) offer(s directory.Service, l directory.Location, status directory.AcceptingStatus, daysAgo int) directory.ServiceAtLocation {
	w.t.Helper()
	sal := directory.ServiceAtLocation{ServiceID: s.ID, LocationID: l.ID, Accepting: status, Confidential: l.Confidential}
	if status != directory.UnknownCapacity {
		asOf := w.now.AddDate(0, 0, -daysAgo)
		sal.AcceptingAsOf = &asOf
	}
	return must(w.store.OfferAt(w.t.Context(), policy.TheSystem(), sal))(w.t)
}

func (w *world) pointOf(place string) geo.Point {
	w.t.Helper()
	p := must(geo.NewStore(w.DB.DB, func() time.Time { return w.now }).Place(w.t.Context(), pg.System{}, place))(w.t)
	return p.Point
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.ok(w.DB.DB.InTx(w.t.Context(), pg.System{}, func(q pg.Querier) error {
		_, err := q.Exec(w.t.Context(), sql, args...)
		return err
	}))
}

// ask runs one query as the superuser and returns its rows.
func ask[Row any](w *world, sql string, args ...any) []Row {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.OwnerURL)
	w.ok(err)
	defer func() { _ = conn.Close(w.t.Context()) }()
	rows, err := conn.Query(w.t.Context(), sql, args...)
	w.ok(err)
	return must(pgx.CollectRows(rows, pgx.RowToStructByPos[Row]))(w.t)
}
