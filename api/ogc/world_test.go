package ogc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/api/ogc"
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
)

// world is a served map of invented organizations.
type world struct {
	*pgtest.DB
	t      *testing.T
	now    time.Time
	store  *directory.Store
	base   string
	client *http.Client
	count  int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), t: t, now: time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.store = directory.NewStore(w.DB.DB, clock)
	w.ok(w.store.SeedNeeds(t.Context(), policy.TheSystem()))
	srv := httptest.NewUnstartedServer(nil)
	w.base = "http://" + srv.Listener.Addr().String()
	srv.Config.Handler = ogc.New(ogc.Config{Map: atlas.NewStore(w.DB.DB, clock), Log: slog.New(slog.DiscardHandler), Clock: clock, Version: "0.3.0", Base: w.base})
	srv.Start()
	t.Cleanup(srv.Close)
	w.client = &http.Client{Transport: contract(t).Transport(t, srv.Client().Transport)}
	return w
}

// contract is the API document of the map, to which all traffic of the tests is held. It names paths below /ogc; tiles are none of it.
func contract(t *testing.T) *apitest.Contract {
	t.Helper()
	srv := httptest.NewServer(ogc.New(ogc.Config{Log: slog.New(slog.DiscardHandler), Clock: time.Now, Version: "0.3.0"}))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL + "/ogc/api")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var doc map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	paths := map[string]any{}
	for path, item := range doc["paths"].(map[string]any) {
		paths[strings.TrimSuffix("/ogc"+path, "/")] = item
	}
	doc["paths"] = paths
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	c, err := apitest.Load(text, "/tiles")
	if err != nil {
		t.Fatal(err)
	}
	return c
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

func (w *world) name() directory.Name {
	w.count++
	return directory.Name{AR: fmt.Sprintf("جهة تجريبية %d", w.count), EN: fmt.Sprintf("Invented provider %d", w.count)}
}

// association is accredited for a hundred days.
func (w *world) association() (directory.Organization, directory.Accreditation) {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	o := must(w.store.CreateOrganization(ctx, system, directory.Organization{Kind: directory.Association, Name: w.name()}))(w.t)
	a := must(w.store.Apply(ctx, system, o.ID))(w.t)
	a = must(w.store.StartReview(ctx, system, a.ID, a.Version))(w.t)
	a = must(w.store.Accredit(ctx, system, a.ID, a.Version, directory.Grant{
		Number: fmt.Sprintf("A-%d", w.count), ValidFrom: geo.Today(w.now), ValidTo: geo.Today(w.now).AddDate(0, 0, 100),
	}))(w.t)
	return o, a
}

// offer makes a service of the organization at a place of its own; change may move or hide it.
func (w *world) offer(organization uuid.UUID, place, need string, change func(*directory.Location)) directory.ServiceAtLocation {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	point := must(geo.NewStore(w.DB.DB, func() time.Time { return w.now }).Place(ctx, pg.System{}, place))(w.t).Point
	l := directory.Location{OrganizationID: organization, PlaceCode: place, Point: point, Name: w.name()}
	if change != nil {
		change(&l)
	}
	l = must(w.store.CreateLocation(ctx, system, l))(w.t)
	s := must(w.store.CreateService(ctx, system, directory.Service{
		OrganizationID: organization, Name: w.name(), NeedCodes: []string{need}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	}))(w.t)
	asOf := w.now.Add(-time.Hour)
	return must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{
		ServiceID: s.ID, LocationID: l.ID, Confidential: l.Confidential, Accepting: directory.Capacity, AcceptingAsOf: &asOf,
	}))(w.t)
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
}

// get asks for a path or a whole address; header holds names and values in turn.
func (w *world) get(address string, header ...string) reply {
	w.t.Helper()
	return w.send(http.MethodGet, address, header...)
}

func (w *world) send(method, address string, header ...string) reply {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = w.base + address
	}
	req := must(http.NewRequestWithContext(w.t.Context(), method, address, nil))(w.t)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := w.client
	if method != http.MethodGet || req.Header.Get("Accept-Encoding") == "gzip" {
		client = http.DefaultClient // what the contract does not describe
	}
	resp := must(client.Do(req))(w.t)
	defer func() { _ = resp.Body.Close() }()
	return reply{resp.StatusCode, resp.Header, string(must(io.ReadAll(resp.Body))(w.t))}
}

type linked struct{ Href, Rel, Type string }

// features is a page of features as a program reads it.
type features struct {
	Type           string
	NumberMatched  int
	NumberReturned int
	TimeStamp      time.Time
	Links          []linked
	Features       []struct {
		ID         string
		Geometry   struct{ Type string }
		Properties map[string]any
	}
}

func (w *world) features(address string) features {
	w.t.Helper()
	r := w.get(address)
	var f features
	if r.status != http.StatusOK || json.Unmarshal([]byte(r.body), &f) != nil {
		w.t.Fatalf("%s: %d %s", address, r.status, r.body)
	}
	return f
}

// link is the address of the link with that rel, or empty.
func link(links []linked, rel string) string {
	for _, l := range links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}
