package directory_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
)

// crowd is a directory of many invented providers, in memory and in the database, so that a search can be compared with what plain
// loops over the memory say.
type crowd struct {
	t            *testing.T
	rnd          *rand.Rand
	places       []geo.Place
	directorates []uuid.UUID
	offers       []crowdOffer
	rows         map[string][][]any // for COPY, by table
}

type crowdOffer struct {
	id           uuid.UUID
	location     uuid.UUID // of a location that is shown
	zone         string    // empty: by wire
	features     []string
	from, to     *time.Time // of a temporary location
	vouched      time.Time
	closedOn     *time.Time
	accepting    string
	asOf         *time.Time
	service      *crowdService
	organization *crowdOrganization
}

type crowdService struct {
	needs, groups    []string
	minimum, maximum *int
	sex              string
	areas            []crowdArea
	languages        []string
	mode             string
	female, moves    bool
	asks             directory.Eligibility
	opens            []directory.Schedule // weekly, some for a time
}

type crowdArea struct {
	governorate, place string
	nationwide         bool
}

type crowdOrganization struct {
	needsGrant, granted bool
	grantFrom, grantTo  time.Time
	terms               []crowdTerm
}

type crowdTerm struct {
	instrument, number          int
	from, to                    time.Time
	directorates                []uuid.UUID
	needs, governorates, groups []string
	tier                        int
}

var crowdNeeds = []string{"DIS-PHYSIO", "DIS-SPEECH", "FSC", "GBV", "DIS"}
var crowdLeaves = []string{"DIS-PHYSIO", "DIS-SPEECH", "FSC-PARCEL", "GBV-PSS"}
var crowdGovernorates = []string{hebron, bethlehem, northGaza, "PS0140", "PS0260"}
var crowdDays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"} // as time.Weekday counts
var crowdGroups = []string{"women", "children", "older_persons"}

// some returns each of the values with the chance, and at least one.
func some[T any](r *rand.Rand, chance float64, values ...T) []T {
	var out []T
	for _, v := range values {
		if r.Float64() < chance {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		out = append(out, values[r.IntN(len(values))])
	}
	return out
}

func rarely[T any](r *rand.Rand, chance float64, values ...T) []T {
	if r.Float64() > chance {
		return []T{}
	}
	return some(r, 0.5, values...)
}

func newCrowd(t *testing.T, places []geo.Place, directorates []uuid.UUID, organizations int) *crowd {
	t.Helper()
	c := &crowd{t: t, rnd: rand.New(rand.NewPCG(20260315, 1)), places: places, directorates: directorates, rows: map[string][][]any{}}
	for i := range organizations {
		c.organization(i)
	}
	return c
}

func (c *crowd) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(c.rnd.UintN(256))
	}
	return id
}

func (c *crowd) row(table string, values ...any) { c.rows[table] = append(c.rows[table], values) }

func (c *crowd) organization(i int) {
	r := c.rnd
	kind := []directory.OrganizationKind{directory.Association, directory.ZakatCommittee, directory.UNAgency, directory.MinistryUnit}[r.IntN(4)]
	o := &crowdOrganization{needsGrant: kind.NeedsAccreditation(), granted: r.Float64() < 0.8, grantFrom: today(-r.IntN(20)), grantTo: today(1 + r.IntN(20))}
	id := c.id()
	c.row("organization", id, string(kind), "منظمة تجريبية", fmt.Sprintf("Invented organization %d", i), noon, noon)
	if o.needsGrant && o.granted {
		c.row("accreditation", c.id(), id, "accredited", fmt.Sprintf("A-%d", i), o.grantFrom, o.grantTo, noon, noon)
	}
	for range 1 + r.IntN(2) {
		c.instrument(id, o)
	}
	for range 1 + r.IntN(3) {
		c.service(id, o)
	}
}

func (c *crowd) instrument(organization uuid.UUID, o *crowdOrganization) {
	r, id, number := c.rnd, c.id(), len(c.rows["instrument"])
	from, to := today(-r.IntN(20)), today(1+r.IntN(20))
	c.row("instrument", id, organization, "memorandum", fmt.Sprintf("2026/%05d", number), "in_force", from, to, noon, noon)
	for n := range 1 + r.IntN(2) {
		t := crowdTerm{
			instrument: number, number: n + 1, from: from, to: to, directorates: some(r, 0.6, c.directorates...),
			needs: some(r, 0.5, crowdNeeds...), governorates: some(r, 0.6, crowdGovernorates...), groups: rarely(r, 0.3, crowdGroups...), tier: 1 + r.IntN(3),
		}
		o.terms = append(o.terms, t)
		term := c.id()
		c.row("instrument_term", term, id, t.number, t.groups, t.tier, []string{"C"})
		for _, d := range t.directorates {
			c.row("instrument_term_directorate", term, d)
		}
		for _, code := range t.needs {
			n, _ := directory.NeedByCode(code)
			c.row("instrument_term_need", term, n.ID)
		}
		for _, g := range t.governorates {
			c.row("instrument_term_governorate", term, g)
		}
	}
}

func (c *crowd) service(organization uuid.UUID, o *crowdOrganization) {
	r, id := c.rnd, c.id()
	s := &crowdService{needs: some(r, 0.4, crowdLeaves...), groups: rarely(r, 0.3, crowdGroups...), sex: []string{"any", "any", "any", "female", "male"}[r.IntN(5)]}
	if r.IntN(4) == 0 {
		n := r.IntN(40)
		s.minimum = &n
	}
	if r.IntN(4) == 0 {
		n := 40 + r.IntN(60)
		s.maximum = &n
	}
	wire := r.IntN(8) == 0
	mode := "facility"
	if wire {
		mode = "remote"
	}
	s.mode = mode
	c.row("service", id, organization, "خدمة تجريبية", "Invented service", s.groups, s.minimum, s.maximum, s.sex, []string{mode}, directory.StoredDetails(c.details(s)), noon, noon)
	for _, code := range s.needs {
		n, _ := directory.NeedByCode(code)
		c.row("service_need", id, n.ID)
	}
	if wire || r.IntN(3) == 0 {
		c.areas(id, s)
	}
	count := 1 + r.IntN(5)
	if wire {
		count = 1
	}
	for range count {
		c.offer(organization, id, s, o, wire)
	}
}

// details makes up what the service says of itself beyond its columns.
func (c *crowd) details(s *crowdService) directory.ServiceDetails {
	r := c.rnd
	s.languages = rarely(r, 0.3, "ar", "en", "fr")
	s.female, s.moves = r.IntN(3) == 0, r.IntN(3) == 0
	if r.IntN(3) == 0 {
		s.asks = directory.Eligibility{
			SocialRegistry: r.IntN(2) == 0, DisabilityCard: r.IntN(3) == 0, PovertyBands: rarely(r, 0.5, directory.PovertyBands...),
			RefugeeStatus: []string{"", "refugee", "non_refugee"}[r.IntN(3)], IdentityDocs: rarely(r, 0.3, directory.IdentityDocuments...),
			GovernorateOnly: rarely(r, 0.3, crowdGovernorates...),
		}
	}
	if r.IntN(3) > 0 {
		for range 1 + r.IntN(2) {
			schedule := directory.Schedule{Freq: "WEEKLY", ByDay: strings.Join(some(r, 0.4, crowdDays...), ",")}
			if r.IntN(3) == 0 {
				schedule.ValidFrom, schedule.ValidTo = today(r.IntN(9)-6).Format(time.DateOnly), today(r.IntN(9)-2).Format(time.DateOnly)
			}
			s.opens = append(s.opens, schedule)
		}
	}
	d := directory.ServiceDetails{FemaleWorker: s.female, Transport: s.moves, Eligibility: s.asks, Schedules: s.opens}
	for _, code := range s.languages {
		d.Languages = append(d.Languages, directory.Language{Code: code})
	}
	return d
}

func (c *crowd) areas(service uuid.UUID, s *crowdService) {
	r := c.rnd
	for range 1 + r.IntN(3) {
		var a crowdArea
		var governorate, place *string
		switch r.IntN(6) {
		case 0:
			a.nationwide = true
		case 1:
			a.place = c.places[r.IntN(len(c.places))].Code
			place = &a.place
		default:
			a.governorate = crowdGovernorates[r.IntN(len(crowdGovernorates))]
			governorate = &a.governorate
		}
		s.areas = append(s.areas, a)
		c.row("service_area", c.id(), service, governorate, place, a.nationwide)
	}
}

func (c *crowd) offer(organization, service uuid.UUID, s *crowdService, o *crowdOrganization, wire bool) {
	r := c.rnd
	offer := crowdOffer{id: c.id(), service: s, organization: o, accepting: []string{"capacity", "waitlist", "no_capacity", "unknown"}[r.IntN(4)]}
	if offer.accepting != "unknown" {
		at := noon.AddDate(0, 0, -r.IntN(45)).Add(-time.Minute)
		offer.asOf = &at
	}
	offer.vouched = today(-r.IntN(3) * 100)
	if r.IntN(20) == 0 {
		offer.closedOn = day(r.IntN(7))
		c.row("closure", c.id(), organization, offer.id, *offer.closedOn, *offer.closedOn, "إغلاق", "Closure", noon, noon)
	}
	var location, hidden *uuid.UUID
	if !wire {
		place := c.places[r.IntN(len(c.places))]
		id := c.id()
		offer.zone = place.ZoneCode
		// Half of them crowd along a ring, where the sphere and the spheroid disagree about who is nearer.
		spread := []float64{0.05, 0.002}[r.IntN(2)]
		point := *ptr(place.Point.Lat()+(r.Float64()-0.5)*spread, place.Point.Lon()+(r.Float64()-0.5)*spread)
		if r.IntN(15) == 0 {
			hidden = &id
			c.row("hidden_point", id, organization, place.Code, point.Lon(), point.Lat())
		} else {
			location, offer.location = &id, id
			offer.features = rarely(r, 0.5, "lift", "ground_floor", "braille")
			if r.IntN(6) == 0 {
				offer.from, offer.to = day(r.IntN(9)-7), day(r.IntN(9)+1)
			}
			var d directory.LocationDetails
			for _, feature := range offer.features {
				d.Accessibility = append(d.Accessibility, directory.Accessibility{Feature: feature})
			}
			c.row("shown_point", id, organization, place.Code, point.Lon(), point.Lat(), offer.from, offer.to, directory.StoredDetails(d))
		}
	}
	c.row("service_at_location", offer.id, service, location, hidden, offer.accepting, offer.asOf, offer.vouched, noon)
	c.offers = append(c.offers, offer)
}

// crowdColumns are the tables in the order in which they refer to each other.
var crowdColumns = []struct {
	table   string
	columns []string
}{
	{"organization", []string{"id", "kind", "name_ar", "name_en", "created_at", "updated_at"}},
	{"accreditation", []string{"id", "organization_id", "status", "number", "valid_from", "valid_to", "created_at", "updated_at"}},
	{"instrument", []string{"id", "organization_id", "kind", "number", "status", "valid_from", "valid_to", "created_at", "updated_at"}},
	{"instrument_term", []string{"id", "instrument_id", "number", "target_groups", "max_tier", "grants"}},
	{"instrument_term_directorate", []string{"term_id", "directorate_id"}},
	{"instrument_term_need", []string{"term_id", "need_id"}},
	{"instrument_term_governorate", []string{"term_id", "governorate_code"}},
	{"service", []string{"id", "organization_id", "name_ar", "name_en", "target_groups", "minimum_age", "maximum_age", "sex", "delivery_modes", "details", "created_at", "updated_at"}},
	{"service_need", []string{"service_id", "need_id"}},
	{"service_area", []string{"id", "service_id", "governorate_code", "place_code", "nationwide"}},
	{"shown_point", []string{"id", "organization_id", "place_code", "lon", "lat", "valid_from", "valid_to", "details"}},
	{"hidden_point", []string{"id", "organization_id", "place_code", "lon", "lat"}},
	{"service_at_location", []string{"id", "service_id", "location_id", "confidential_location_id", "accepting_status", "accepting_as_of", "created_at", "updated_at"}},
	{"closure", []string{"id", "organization_id", "service_at_location_id", "starts_on", "ends_on", "name_ar", "name_en", "created_at", "updated_at"}},
}

// load copies the crowd past the triggers, which let nothing be born accredited or in force, and rebuilds the search.
func (c *crowd) load(conn *pgx.Conn) {
	c.t.Helper()
	ctx := context.Background()
	exec := func(sql string) {
		c.t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			c.t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`SET session_replication_role = replica`)
	exec(`CREATE TEMP TABLE hidden_point (id uuid, organization_id uuid, place_code text, lon float8, lat float8)`)
	exec(`CREATE TEMP TABLE shown_point (LIKE hidden_point, valid_from date, valid_to date, details jsonb)`)
	for _, t := range crowdColumns {
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(c.rows[t.table])); err != nil {
			c.t.Fatalf("copy %s: %v", t.table, err)
		}
	}
	exec(`
		INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, valid_from, valid_to, details, created_at, updated_at)
		SELECT id, organization_id, place_code, ST_MakePoint(lon, lat), 'موقع', 'Location', valid_from, valid_to, details, now(), now()
		FROM shown_point`)
	exec(`
		INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at)
		SELECT id, organization_id, place_code, ST_MakePoint(lon, lat), now(), now()
		FROM hidden_point`)
	exec(`SET session_replication_role = origin`)
	exec(`SELECT refresh_provider_search(id) FROM organization`)
	exec(`ANALYZE`)
}

// crowdQuery is a search and who makes it.
type crowdQuery struct {
	directory.Query
	directorate uuid.UUID
	client      geo.Place
	passages    map[string]geo.Passage
	without     string // the rule that a broken loop forgets
}

type crowdHit struct {
	id              uuid.UUID
	stage           int
	rank, effective float64
}

// answer is the search as plain loops: every rule of geo.md, "Nearby", over every offer.
func (c *crowd) answer(q crowdQuery, meters map[uuid.UUID]float64) []crowdHit {
	var hits []crowdHit
	for _, o := range c.offers {
		if hit, ok := q.judge(o, meters); ok {
			hits = append(hits, hit)
		}
	}
	slices.SortFunc(hits, func(a, b crowdHit) int {
		switch {
		case a.stage != b.stage:
			return a.stage - b.stage
		case a.rank < b.rank:
			return -1
		case a.rank > b.rank:
			return 1
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	return hits
}

func (q crowdQuery) judge(o crowdOffer, meters map[uuid.UUID]float64) (crowdHit, bool) {
	known := o.asOf != nil && o.asOf.After(noon.AddDate(0, 0, -30))
	day := today(0)
	granted := !o.organization.needsGrant || o.organization.granted && !day.Before(o.organization.grantFrom) && !day.After(o.organization.grantTo)
	if !granted || known && o.accepting == "no_capacity" || !q.fits(o.service) || !q.has(o, known) || !q.reached(o) || !slices.ContainsFunc(o.organization.terms, func(t crowdTerm) bool { return q.permits(t, o.service) }) {
		return crowdHit{}, false
	}
	hit := crowdHit{id: o.id, stage: 3}
	if o.location != uuid.Nil {
		m := meters[o.location]
		if q.RadiusMeters != 0 && m > float64(q.RadiusMeters) {
			return crowdHit{}, false
		}
		hit.stage, hit.effective = 1, m*q.passages[o.zone].Detour+q.passages[o.zone].ExtraKm*1000
	}
	if !known {
		hit.stage++
	}
	hit.rank = hit.effective
	if !o.vouched.After(noon.AddDate(0, 0, -180)) && q.without != "overdue" {
		hit.rank += 10_000
	}
	return hit, true
}

func (q crowdQuery) fits(s *crowdService) bool {
	switch {
	case q.TargetGroup != "" && len(s.groups) > 0 && !slices.Contains(s.groups, q.TargetGroup),
		q.Sex != "" && s.sex != "any" && s.sex != string(q.Sex),
		q.Age != nil && s.minimum != nil && *q.Age < *s.minimum,
		q.Age != nil && s.maximum != nil && *q.Age > *s.maximum:
		return false
	}
	return true
}

func (q crowdQuery) reached(o crowdOffer) bool {
	_, passable := q.passages[o.zone]
	if o.zone != "" && !passable {
		return false
	}
	if len(o.service.areas) == 0 {
		return o.zone != ""
	}
	return slices.ContainsFunc(o.service.areas, func(a crowdArea) bool {
		return a.nationwide || a.governorate == q.client.Governorate.Code || a.place != "" && a.place == q.Place
	})
}

// permits asks one term for everything: for the directorate, the client's governorate, the group, and one of the service's needs
// that was asked for.
func (q crowdQuery) permits(t crowdTerm, s *crowdService) bool {
	day := today(0)
	if day.Before(t.from) || day.After(t.to) || !slices.Contains(t.directorates, q.directorate) || !slices.Contains(t.governorates, q.client.Governorate.Code) ||
		q.TargetGroup != "" && len(t.groups) > 0 && !slices.Contains(t.groups, q.TargetGroup) {
		return false
	}
	return slices.ContainsFunc(s.needs, func(code string) bool {
		n, _ := directory.NeedByCode(code)
		return (q.Need == code || q.Need == n.ParentCode) && n.Tier <= t.tier && (slices.Contains(t.needs, code) || slices.Contains(t.needs, n.ParentCode))
	})
}
