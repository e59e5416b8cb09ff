package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/directory/reference"
	"tahweel/directory/sheet"
	"tahweel/geo"
	"tahweel/internal/event"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
	"tahweel/mou"
	"tahweel/policy"
	"tahweel/referrals"
)

const (
	yatta     = "gn-281292"
	beitHanun = "gn-281146"
)

// world is the whole API on a real database, with two directorates and two providers in Hebron, one of them under a memorandum of
// the Hebron directorate and the other too. Everybody in it is invented.
type world struct {
	server
	db                     *pgtest.DB
	accounts               *identity.Store
	issuer                 *identity.Issuer
	keysFile               string
	first, second          uuid.UUID // organizations
	offer                  uuid.UUID // service_at_location of first
	hebron, gaza           uuid.UUID // directorates
	manager, otherManager  string    // tokens
	provider, other, audit string

	token                     func(t *testing.T, kind policy.Kind, m policy.Membership) string // of a further account
	supervisor, administrator string
	officer, focal            string // who runs the register; who speaks for first
	worker, otherFocal        string
	keyset                    *sealed.Keyset
	config                    Config
	examiner, asserts         uuid.UUID // officers: one of the world, and in whose name the assertions ask
}

var (
	worldTime = time.Date(2026, time.May, 31, 8, 0, 0, 0, time.UTC)
	allScopes = []string{"accounts.manage", "directory.read", "directory.write", "accreditation.manage", "referrals.read", "referrals.write", "events.read", "mou.manage", "reports.read"}
)

// noOnce is a write without an idempotency key.
var noOnce = pg.Once{}

func worldClock() time.Time { return worldTime }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t)}
	w.fill(t)
	dir := t.TempDir()
	keyset, err := sealed.OpenKeyset(filepath.Join(dir, "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := identity.OpenKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	issuer := identity.NewIssuer(keys, "https://tahweel.example", "tahweel", worldClock, time.Hour)
	w.issuer, w.keysFile = issuer, filepath.Join(dir, "keys")
	accounts := identity.NewStore(w.db.DB, issuer, worldClock).Admitting(issuer, "test")
	w.accounts = accounts
	w.manager = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: w.hebron})
	w.otherManager = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: w.gaza})
	w.provider = w.account(t, accounts, issuer, policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: w.first})
	w.other = w.account(t, accounts, issuer, policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: w.second})
	w.audit = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.Auditor})
	w.token = func(t *testing.T, kind policy.Kind, m policy.Membership) string {
		return w.account(t, accounts, issuer, kind, m)
	}
	w.supervisor = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.Supervisor, DirectorateID: w.hebron})
	w.administrator = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.Administrator})
	w.officer = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
	w.focal = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first})
	w.otherFocal = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.second})
	w.worker = w.account(t, accounts, issuer, policy.Person, policy.Membership{Role: policy.ProviderWorker, OrganizationID: w.first})
	w.keyset = keyset
	w.config = Config{
		Identity: accounts, Accounts: accounts, Clock: worldClock, Version: contractVersion, Ready: w.db.DB.Ping,
		Places: geo.NewStore(w.db.DB, worldClock), Directory: directory.NewStore(w.db.DB, worldClock),
		Referrals: referrals.NewStore(w.db.DB, keyset, worldClock), Events: event.NewStore(w.db.DB),
		Sheets:      sheet.NewStore(w.db.DB, worldClock),
		Instruments: mou.NewStore(w.db.DB, worldClock), Reference: reference.NewStore(w.db.DB, worldClock),
		Accreditation: accreditation.NewStore(w.db.DB, worldClock),
	}
	w.serve(t, w.config)
	return w
}

func (w *world) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(w.log, nil)) }

// serve starts the API and holds its traffic against the committed contract.
func (w *world) serve(t *testing.T, c Config) {
	t.Helper()
	w.log = &lines{}
	c.Log = w.logger()
	document, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if w.contract, err = apitest.Load(document, "/docs", "/openapi.yaml", "/problems"); err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewServer(New(c))
	t.Cleanup(w.Close)
	w.Client().Transport = w.contract.Transport(t, w.Client().Transport)
	w.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

func (w *world) account(t *testing.T, accounts *identity.Store, issuer *identity.Issuer, kind policy.Kind, m policy.Membership) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	err := accounts.CreateAccount(context.Background(), policy.TheSystem(), identity.Account{
		ID: id, Kind: kind, NameAR: "حساب مثال", NameEN: "Example account", OrganizationID: m.OrganizationID,
	}, []identity.Membership{{Membership: m}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(identity.Claims{Subject: id, ClientID: "test", Scopes: allScopes, OwnSession: kind == policy.Person}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) fill(t *testing.T) {
	t.Helper()
	d := directory.NewStore(w.db.DB, worldClock)
	ctx, system := context.Background(), policy.TheSystem()
	if err := d.SeedNeeds(ctx, system); err != nil {
		t.Fatal(err)
	}
	for _, place := range []struct {
		id         *uuid.UUID
		code, name string
		governor   string
	}{{&w.hebron, "HEB", "Hebron", "PS0150"}, {&w.gaza, "GZN", "North Gaza", "PS0255"}} {
		made, err := d.CreateDirectorate(ctx, system, directory.Directorate{
			Code: place.code, Name: directory.Name{AR: "مديرية مثال " + place.code, EN: place.name + " directorate (example)"}, GovernorateCodes: []string{place.governor},
		})
		if err != nil {
			t.Fatal(err)
		}
		*place.id = made.ID
	}
	w.first, w.offer = w.organization(t, d, "first", 35.10, 31.45)
	w.second, _ = w.organization(t, d, "second", 35.09, 31.53)
}

// organization makes an accredited association with physiotherapy at a point, under a memorandum with the Hebron directorate.
func (w *world) organization(t *testing.T, d *directory.Store, name string, lon, lat float64) (organization, offer uuid.UUID) {
	t.Helper()
	ctx, system := context.Background(), policy.TheSystem()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := directory.Name{AR: "جمعية مثال " + name, EN: "Example society " + name}
	o, err := d.CreateOrganization(ctx, system, directory.Organization{Kind: directory.Association, Name: text})
	must(err)
	a, err := d.Apply(ctx, system, o.ID)
	must(err)
	a, err = d.StartReview(ctx, system, a.ID, a.Version)
	must(err)
	day := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	_, err = d.Accredit(ctx, system, a.ID, a.Version, directory.Grant{Number: "A-" + name, ValidFrom: day, ValidTo: day.AddDate(1, 0, 0)})
	must(err)
	v, err := d.CreateService(ctx, system, directory.Service{
		OrganizationID: o.ID, Name: directory.Name{AR: "علاج طبيعي", EN: "Physiotherapy"}, NeedCodes: []string{"DIS-PHYSIO"},
		DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	must(err)
	point, err := geo.NewPoint(lat, lon)
	must(err)
	l, err := d.CreateLocation(ctx, system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: point, Name: text})
	must(err)
	sal, err := d.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: l.ID, Accepting: directory.Capacity, AcceptingAsOf: &worldTime})
	must(err)
	w.memorandum(t, o.ID, "2026/"+name)
	return o.ID, sal.ID
}

func (w *world) memorandum(t *testing.T, organization uuid.UUID, number string) {
	t.Helper()
	ctx, system := context.Background(), policy.TheSystem()
	store := mou.NewStore(w.db.DB, worldClock)
	day := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	in, err := store.Draft(ctx, system, mou.Instrument{
		OrganizationID: organization, Kind: mou.Memorandum, Number: number, ValidFrom: day, ValidTo: day.AddDate(1, 0, 0),
		Terms: []mou.Term{{
			Directorates: []uuid.UUID{w.hebron}, Needs: []string{"DIS"}, Governorates: []string{"PS0150"}, Purposes: []string{"service_provision"},
			MaxTier: 2, Grants: policy.Identity | policy.Contact | policy.Narrative,
		}},
	})
	for _, step := range []mou.Transition{mou.Propose, mou.Sign, mou.EnterIntoForce} {
		if err != nil {
			t.Fatal(err)
		}
		in, err = store.Move(ctx, system, in.ID, in.Version, step)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// as sends a request with a token; a POST gets a key of its own unless headers bring one.
func (w *world) as(t *testing.T, token, method, path, body string, headers ...string) answered {
	t.Helper()
	all := []string{"Authorization: Bearer " + token}
	if method == http.MethodPost {
		all = append(all, "Idempotency-Key: "+uuid.NewString())
	}
	a := w.do(t, method, path, body, append(all, headers...)...)
	if code := []byte(`"code": "` + a.problem.Code + `"`); a.StatusCode >= 400 && !bytes.Contains(catalogueText, code) {
		t.Errorf("the catalogue lacks %s", code)
	}
	return a
}
