package directory_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// Real places of the seed, and governorates.
const (
	yatta     = "gn-281292"
	beitHanun = "gn-281146"
	hebron    = "PS0150"
	bethlehem = "PS0145"
	northGaza = "PS0255"
	physio    = "DIS-PHYSIO"
)

var noon = time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)

func today(days int) time.Time { return geo.Today(noon).AddDate(0, 0, days) }

// world is a database with the taxonomy and a directorate in Hebron, and what a test adds to it. Organizations are invented.
type world struct {
	*pgtest.DB
	t      *testing.T
	now    time.Time
	store  *directory.Store
	hebron directory.Directorate
	count  *atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), t: t, now: noon, count: new(atomic.Int64)}
	w.store = directory.NewStore(w.DB.DB, func() time.Time { return w.now })
	w.ok(w.store.SeedNeeds(t.Context(), policy.TheSystem()))
	w.hebron = w.directorate("HEB", hebron)
	return w
}

// fork returns the same world for a test of its own, whose directorate is another one in Hebron.
func (w *world) fork(t *testing.T) *world {
	t.Helper()
	f := *w
	f.t = t
	f.hebron = f.directorate(fmt.Sprintf("HEB-%d", f.count.Add(1)), hebron)
	return &f
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

func (w *world) directorate(code string, governorates ...string) directory.Directorate {
	w.t.Helper()
	return must(w.store.CreateDirectorate(w.t.Context(), policy.TheSystem(), directory.Directorate{
		Code: code, Name: directory.Name{AR: "مديرية تجريبية", EN: "Test directorate " + code}, GovernorateCodes: governorates,
	}))(w.t)
}

// provider is what the world makes of one: change what matters to the test.
type provider struct {
	organization directory.Organization
	service      directory.Service
	place        string     // where the location is; empty for none
	point        *geo.Point // nil: the place's
	confidential bool
	location     directory.LocationDetails
	from, to     *time.Time // of a temporary location
	offered      directory.OfferDetails
	accepting    directory.AcceptingStatus
	asOfDays     int
	term         term
	noGrant      bool
	grant        directory.Grant
}

type term struct {
	directorates []uuid.UUID
	needs        []string
	governorates []string
	groups       []string
	maxTier      int
	from, to     time.Time
}

// made is a provider as it stands in the database.
type made struct {
	organization  directory.Organization
	accreditation directory.Accreditation
	service       directory.Service
	offer         directory.ServiceAtLocation
	instrument    uuid.UUID
}

// association returns an accredited provider of physiotherapy in Yatta under a memorandum with Hebron, free places known since
// yesterday.
func (w *world) association() provider {
	return provider{
		organization: directory.Organization{Kind: directory.Association},
		service:      directory.Service{NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Facility}},
		place:        yatta, accepting: directory.Capacity, asOfDays: 1,
		term: term{
			directorates: []uuid.UUID{w.hebron.ID}, needs: []string{physio}, governorates: []string{hebron}, maxTier: 3,
			from: today(-10), to: today(100),
		},
		grant: directory.Grant{ValidFrom: today(-50), ValidTo: today(50)},
	}
}

func (w *world) add(p provider) made {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	n := w.count.Add(1)
	name := directory.Name{AR: fmt.Sprintf("جمعية تجريبية %d", n), EN: fmt.Sprintf("Invented association %d", n)}
	p.organization.Name, p.service.Name = name, name
	var m made
	m.organization = must(w.store.CreateOrganization(ctx, system, p.organization))(w.t)
	if p.organization.Kind.NeedsAccreditation() && !p.noGrant {
		p.grant.Number = fmt.Sprintf("A-%d", n)
		m.accreditation = w.accredit(m.organization.ID, p.grant)
	}
	m.instrument = w.instrument(m.organization.ID, p.term)
	p.service.OrganizationID = m.organization.ID
	m.service = must(w.store.CreateService(ctx, system, p.service))(w.t)
	m.offer = w.offer(m, p)
	return m
}

func (w *world) accredit(organization uuid.UUID, g directory.Grant) directory.Accreditation {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	a := must(w.store.Apply(ctx, system, organization))(w.t)
	a = must(w.store.StartReview(ctx, system, a.ID, a.Version))(w.t)
	return must(w.store.Accredit(ctx, system, a.ID, a.Version, g))(w.t)
}

func (w *world) offer(m made, p provider) directory.ServiceAtLocation {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	offer := directory.ServiceAtLocation{ServiceID: m.service.ID, Accepting: p.accepting, Confidential: p.confidential, Details: p.offered}
	if p.accepting != directory.UnknownCapacity {
		asOf := noon.AddDate(0, 0, -p.asOfDays)
		offer.AcceptingAsOf = &asOf
	}
	if p.place != "" {
		point := w.pointOf(p.place)
		if p.point != nil {
			point = *p.point
		}
		offer.LocationID = must(w.store.CreateLocation(ctx, system, directory.Location{
			OrganizationID: m.organization.ID, PlaceCode: p.place, Point: point, Name: p.service.Name, Confidential: p.confidential,
			ValidFrom: p.from, ValidTo: p.to, Details: p.location,
		}))(w.t).ID
	}
	return must(w.store.OfferAt(ctx, system, offer))(w.t)
}

func (w *world) pointOf(place string) geo.Point {
	w.t.Helper()
	lat := pgtest.Value[float64](w.t, w.DB, `SELECT ST_Y(geog::geometry) FROM place WHERE code = $1`, place)
	lon := pgtest.Value[float64](w.t, w.DB, `SELECT ST_X(geog::geometry) FROM place WHERE code = $1`, place)
	return must(geo.NewPoint(lat, lon))(w.t)
}

// instrument writes a memorandum in force with the terms, by SQL: this package knows no memoranda.
func (w *world) instrument(organization uuid.UUID, terms ...term) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO instrument (id, organization_id, kind, number, status, valid_from, valid_to, created_at, updated_at)
		VALUES ($1, $2, 'memorandum', $3, 'draft', $4, $5, $6, $6)`,
		id, organization, fmt.Sprintf("2026/%03d", w.count.Add(1)-1), terms[0].from, terms[0].to, noon)
	for i, t := range terms {
		termID := uuid.New()
		batch.Queue(`INSERT INTO instrument_term (id, instrument_id, number, target_groups, max_tier, grants) VALUES ($1, $2, $3, $4, $5, '{C}')`,
			termID, id, i+1, append([]string{}, t.groups...), t.maxTier)
		batch.Queue(`INSERT INTO instrument_term_directorate (term_id, directorate_id) SELECT $1, unnest($2::uuid[])`, termID, t.directorates)
		batch.Queue(`INSERT INTO instrument_term_need (term_id, need_id) SELECT $1, n.id FROM need AS n WHERE n.code = ANY ($2)`, termID, t.needs)
		batch.Queue(`INSERT INTO instrument_term_governorate (term_id, governorate_code) SELECT $1, unnest($2::text[])`, termID, t.governorates)
	}
	queueMoves(batch, id, "propose/proposed", "sign/signed", "enter_into_force/in_force")
	batch.Queue(`SELECT refresh_provider_search($1)`, organization)
	w.run(batch)
	return id
}

func queueMoves(batch *pgx.Batch, instrument uuid.UUID, moves ...string) {
	for _, m := range moves {
		batch.Queue(`UPDATE instrument SET transition = split_part($2, '/', 1), status = split_part($2, '/', 2) WHERE id = $1`, instrument, m)
	}
}

// run sends the statements as the superuser, whom no policy binds.
func (w *world) run(batch *pgx.Batch) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.OwnerURL)
	w.ok(err)
	w.ok(conn.SendBatch(w.t.Context(), batch).Close())
	w.ok(conn.Close(w.t.Context()))
}

func caseManager(directorates ...uuid.UUID) policy.Actor {
	a := policy.Actor{AccountID: uuid.New(), Kind: policy.Person}
	for _, d := range directorates {
		a.Memberships = append(a.Memberships, policy.Membership{Role: policy.CaseManager, DirectorateID: d})
	}
	return a
}

// nearby returns what the Hebron case manager finds.
func (w *world) nearby(q directory.Query) directory.Page {
	w.t.Helper()
	return must(w.store.Nearby(w.t.Context(), caseManager(w.hebron.ID), q))(w.t)
}

func near(place string) directory.Query { return directory.Query{Need: physio, Place: place} }

func found(p directory.Page) []uuid.UUID {
	ids := make([]uuid.UUID, len(p.Items))
	for i, item := range p.Items {
		ids[i] = item.ServiceAtLocationID
	}
	return ids
}
