package hsds_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/hsds"
	"tahweel/directory"
	words "tahweel/directory/hsds"
	"tahweel/geo"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Places are real, everybody in them is invented.
const (
	yatta  = "gn-281292"
	halhul = "gn-283806"
)

// world is the public face on a database with some invented organizations.
type world struct {
	*httptest.Server
	t     *testing.T
	db    *pgtest.DB
	store *directory.Store
	mu    sync.Mutex
	now   time.Time

	association, town, pointer, shelter, applicant directory.Organization
	accreditation                                  directory.Accreditation // of the association
	physio, advice                                 directory.Service
	refuge                                         directory.Location          // confidential
	hidden                                         directory.ServiceAtLocation // at the refuge
}

var begun = time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func emptyWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), now: begun}
	w.store = directory.NewStore(w.db.DB, w.clock)
	w.ok(w.store.SeedNeeds(t.Context(), policy.TheSystem()))
	w.Server = httptest.NewServer(hsds.New(hsds.Config{
		Directory: w.store, Log: slog.New(slog.DiscardHandler), Clock: w.clock, Wall: time.Now, PublicURL: "https://tahweel.example",
		Publisher: hsds.Publisher{Name: "Invented ministry"},
	}))
	t.Cleanup(w.Close)
	return w
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	text, err := os.ReadFile("../../directory/hsds/testdata/service.json")
	w.ok(err)
	var given words.Service
	w.ok(json.Unmarshal(text, &given))
	b := words.Bundle{}
	b.AddService(given)
	w.keep(b)
	w.association, w.physio = b.Organizations[0], b.Services[0]
	w.accreditation = w.accredit(w.association.ID, "2026/001", 300)

	w.town = w.organization(directory.Municipality, "بلدية تجريبية", "Invented municipality", nil)
	w.advice = w.service(w.town, "إرشاد أسري", "Family counselling", func(s *directory.Service) {
		s.Areas = []directory.Area{{GovernorateCode: "PS0150"}, {Nationwide: true}}
	})
	w.offer(w.advice, w.place(w.town, halhul, 31.5781, 35.1003, false))
	w.pointer = w.organization(directory.Association, "دليل تجريبي", "Invented hotline", func(o *directory.Organization) { o.InformationOnly = true })
	w.service(w.pointer, "خط مساعدة", "Helpline", func(s *directory.Service) {
		s.NeedCodes, s.DeliveryModes = []string{"LEG-ADVICE"}, []directory.DeliveryMode{directory.Remote}
	})

	w.shelter = w.organization(directory.Association, "ملجأ تجريبي", "Invented shelter", nil)
	w.accredit(w.shelter.ID, "2026/002", 300)
	safe := w.service(w.shelter, "إيواء", "Safe house", func(s *directory.Service) { s.NeedCodes = []string{"SHL-SAFE"} })
	w.refuge = w.place(w.shelter, yatta, 31.4213571, 35.0777123, true)
	w.hidden = w.offer(safe, w.refuge)
	w.applicant = w.organization(directory.Association, "جمعية غير معتمدة", "Unaccredited association", nil)
	w.service(w.applicant, "خدمة غير معلنة", "Undisclosed service", nil)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func must[T any](w *world, v T, err error) T {
	w.t.Helper()
	w.ok(err)
	return v
}

// publisher is whose records an import brought.
const publisher = "Invented publisher"

// keep writes what a document of the standard holds, as an import does.
func (w *world) keep(b words.Bundle) {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	w.ok(w.store.SaveTaxonomies(ctx, system, b.Taxonomies, b.Terms))
	for _, o := range b.Organizations {
		o.Source = publisher
		w.done(w.store.CreateOrganization(ctx, system, o))
	}
	for _, l := range b.Locations {
		l.Source = publisher
		w.done(w.store.CreateLocation(ctx, system, l))
	}
	for _, s := range b.Services {
		s.Source = publisher
		w.done(w.store.CreateService(ctx, system, s))
	}
	for _, o := range b.Offers {
		o.Source = publisher
		w.done(w.store.OfferAt(ctx, system, o))
	}
}

// done is for a write whose result does not matter.
func (w *world) done(_ any, err error) {
	w.t.Helper()
	w.ok(err)
}

func (w *world) organization(kind directory.OrganizationKind, ar, en string, change func(*directory.Organization)) directory.Organization {
	w.t.Helper()
	o := directory.Organization{
		ID: w.id("organization " + en), Kind: kind, Name: directory.Name{AR: ar, EN: en}, RegistrationNumber: "REG-PRIVATE-77 " + en,
		Description: directory.Name{AR: "من نسج الخيال", EN: "Invented"},
	}
	if change != nil {
		change(&o)
	}
	made, err := w.store.CreateOrganization(w.t.Context(), policy.TheSystem(), o)
	return must(w, made, err)
}

func (w *world) service(o directory.Organization, ar, en string, change func(*directory.Service)) directory.Service {
	w.t.Helper()
	s := directory.Service{
		ID: w.id("service " + en), OrganizationID: o.ID, Name: directory.Name{AR: ar, EN: en}, NeedCodes: []string{"MHP-COUNS"},
		DeliveryModes: []directory.DeliveryMode{directory.Facility},
	}
	if change != nil {
		change(&s)
	}
	made, err := w.store.CreateService(w.t.Context(), policy.TheSystem(), s)
	return must(w, made, err)
}

func (w *world) place(o directory.Organization, code string, lat, lon float64, confidential bool) directory.Location {
	w.t.Helper()
	point, err := geo.NewPoint(lat, lon)
	w.ok(err)
	l := directory.Location{ID: w.id("location " + o.Name.EN + code), OrganizationID: o.ID, PlaceCode: code, Point: point, Confidential: confidential}
	l.Name, l.Address = directory.Name{AR: "مقر تجريبي", EN: "Invented office"}, directory.Name{AR: "الشارع الرئيسي", EN: "Main street"}
	if confidential {
		l.Name, l.Address = directory.Name{AR: "بيت مخفي", EN: "Hidden house"}, directory.Name{}
	}
	made, err := w.store.CreateLocation(w.t.Context(), policy.TheSystem(), l)
	return must(w, made, err)
}

func (w *world) offer(s directory.Service, l directory.Location) directory.ServiceAtLocation {
	w.t.Helper()
	made, err := w.store.OfferAt(w.t.Context(), policy.TheSystem(), directory.ServiceAtLocation{
		ID: w.id("offer " + s.Name.EN), ServiceID: s.ID, LocationID: l.ID, Confidential: l.Confidential, Accepting: directory.UnknownCapacity,
	})
	return must(w, made, err)
}

func (w *world) accredit(organization uuid.UUID, number string, days int) directory.Accreditation {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	a, err := w.store.Apply(ctx, system, organization)
	w.ok(err)
	a, err = w.store.StartReview(ctx, system, a.ID, a.Version)
	w.ok(err)
	today := geo.Today(w.clock())
	a, err = w.store.Accredit(ctx, system, a.ID, a.Version, directory.Grant{Number: number, ValidFrom: today.AddDate(0, 0, -5), ValidTo: today.AddDate(0, 0, days)})
	return must(w, a, err)
}

// id is the same in every world, so that golden files can be compared.
func (w *world) id(of string) uuid.UUID {
	return uuid.NewSHA1(uuid.MustParse("7b0e3a52-9d1c-5c86-8c15-0d7a4f9e2b11"), []byte(of))
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) send(method, path string, header ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+hsds.Prefix+path, nil)
	w.ok(err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := w.Client().Do(req)
	w.ok(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	w.ok(err)
	return answer{resp.StatusCode, resp.Header, body}
}

// get reads what must be there.
func (w *world) get(path string) []byte {
	w.t.Helper()
	a := w.send(http.MethodGet, path)
	if a.status != http.StatusOK {
		w.t.Fatalf("%s: %d: %s", path, a.status, a.body)
	}
	return a.body
}

// listed is a page as a reader takes it.
type listed struct {
	TotalItems int  `json:"total_items"`
	TotalPages int  `json:"total_pages"`
	PageNumber int  `json:"page_number"`
	Size       int  `json:"size"`
	FirstPage  bool `json:"first_page"`
	LastPage   bool `json:"last_page"`
	Empty      bool `json:"empty"`
	Contents   []struct {
		ID, Name, Status string
		Distance         *float64
		Modified         string `json:"last_modified"`
	}
}

func (w *world) list(path string) listed {
	w.t.Helper()
	var page listed
	w.ok(json.Unmarshal(w.get(path), &page))
	return page
}

// names are those on the list, in its order.
func (w *world) names(path string) string {
	w.t.Helper()
	var names []string
	for _, thing := range w.list(path).Contents {
		names = append(names, thing.Name)
	}
	return strings.Join(names, ", ")
}

func indented(text []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, text, "", " ") != nil {
		return text
	}
	return out.Bytes()
}
