package directory

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

var errNoDirectorate = fault.New(fault.Forbidden, "no_directorate",
	"A search is made for a directorate, and you belong to none that searches.",
	"البحث يكون باسم مديرية، ولست عضوًا في مديرية يحق لها البحث.")

// Nearby returns a page of the providers that can really serve the household: the memoranda of the actor's directorate that are in
// force for the need and the household's place, accreditations in force, ways that are passable, and people who fit. The order is
// that of the effective distance, exact on the spheroid; what comes by wire or is not shown follows, and what is not known to take
// people comes after what is. An actor of several directorates searches for the one that holds the household's place, else for the
// first.
//
// It fails with fault.Forbidden unless the actor may search for a directorate, with fault.Invalid "query_invalid" for a fault in the
// query, and as geo.Resolve does for a place or point that cannot be understood.
func (s *Store) Nearby(ctx context.Context, actor policy.Actor, query Query) (page Page, err error) {
	if !actor.Can(policy.Search, policy.ClassProvider) {
		return Page{}, policy.RoleForbids(policy.Search, policy.ClassProvider)
	}
	directorates := searching(actor)
	if len(directorates) == 0 {
		return Page{}, errNoDirectorate
	}
	if err := query.Validate(); err != nil {
		return Page{}, err
	}
	now := s.clock()
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		f, err := orient(ctx, q, actor.AccountID, query, directorates, now)
		if err != nil {
			return err
		}
		page, err = nearby(ctx, q, f)
		return err
	})
	return page, err
}

// searching returns the directorates for which the actor may search, in the order of the memberships.
func searching(actor policy.Actor) []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range actor.Memberships {
		alone := policy.Actor{Kind: actor.Kind, Memberships: []policy.Membership{m}}
		if m.DirectorateID != uuid.Nil && alone.Can(policy.Search, policy.ClassProvider) {
			ids = append(ids, m.DirectorateID)
		}
	}
	return ids
}

// orient finds where the client is, whose memoranda count, what is not rolled out for the account and which zones can be reached.
func orient(ctx context.Context, q pg.Querier, account uuid.UUID, query Query, directorates []uuid.UUID, now time.Time) (frame, error) {
	need, _ := NeedByCode(query.Need)
	f := frame{
		Query: query, NeedID: need.ID, Directorate: directorates[0], Today: geo.Today(now), StaleBefore: now.AddDate(0, 0, -AcceptingDays),
		OverdueAt: now.AddDate(0, 0, -OverdueDays),
	}
	var err error
	if f.Origin, err = geo.Resolve(ctx, q, geo.Where{Place: query.Place, Point: query.Point}, f.Today); err != nil {
		return frame{}, err
	}
	if len(directorates) > 1 {
		if f.Directorate, err = directorateOf(ctx, q, f.Origin.PlaceCode, directorates); err != nil {
			return frame{}, err
		}
	}
	if f.closed, err = closedNeeds(ctx, q, f.Origin.GovernorateCode, f.NeedID, account); err != nil {
		return frame{}, err
	}
	links, err := geo.LinksFrom(ctx, q, f.Origin.ZoneCode, f.Today)
	if err != nil {
		return frame{}, err
	}
	f.Passages = geo.Reach(f.Origin.ZoneCode, links, f.Today, query.IdentityDocument)
	return f, nil
}

// directorateOf returns the one of the directorates that holds the place, else the first.
func directorateOf(ctx context.Context, q pg.Querier, place string, directorates []uuid.UUID) (uuid.UUID, error) {
	var id uuid.UUID
	err := q.QueryRow(ctx, `
		SELECT coalesce((
		  SELECT directorate_id
		  FROM directorate_place
		  WHERE place_code = @place AND directorate_id = ANY (@directorates)
		), @first)`,
		pgx.StrictNamedArgs{"place": place, "directorates": directorates, "first": directorates[0]}).Scan(&id)
	if err != nil {
		return uuid.Nil, fmt.Errorf("find the directorate: %w", err)
	}
	return id, nil
}

// nearby asks for more and more rows until the page is sure. One question is nearly always enough: it reads twice the page under
// each reach, which leaves room for services that several terms permit and for neighbours that the sphere puts in another order.
func nearby(ctx context.Context, q pg.Querier, f frame) (Page, error) {
	limit := f.limit()
	seen := 0
	if f.After != nil {
		seen = f.After.Seen
	}
	for fetch := 2 * (limit + seen); ; fetch *= 4 {
		rows, err := nearestRows(ctx, q, f, fetch)
		if err != nil {
			return Page{}, err
		}
		if shown, more, sure := settle(rows, f.After, limit); sure {
			return f.page(shown, more, seen), nil
		}
	}
}

func nearestRows(ctx context.Context, q pg.Querier, f frame, fetch int) ([]nearRow, error) {
	rows, err := q.Query(ctx, f.sql(), f.args(fetch))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[nearRow])
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

// settle takes the page out of what was read and says whether more follows and whether the answer is sure. Of a reach that was cut
// nothing is known beyond the horizon; so a row is in its place for sure only if it lies before the horizon and nothing of an
// earlier stage can be missing before it.
func settle(rows []nearRow, after *Position, limit int) (shown []nearRow, more, sure bool) {
	cut := len(rows) > 0 && rows[0].Cut
	first := stageKnown
	if after != nil {
		first = after.Stage
	}
	shown = rows
	for i, r := range rows {
		if r.Seen {
			shown = rows[:i]
			break
		}
	}
	more = len(shown) > limit
	if more {
		shown = shown[:limit]
	}
	if !cut {
		return shown, more, true
	}
	for _, r := range shown {
		if r.Stage != first || r.Stage > stageUnknown || r.Rank >= r.Horizon {
			return nil, false, false
		}
	}
	return shown, more, more
}

// page puts the rows into words.
func (f frame) page(rows []nearRow, more bool, seen int) Page {
	page := Page{Origin: f.Origin, DirectorateID: f.Directorate, Items: make([]Provider, len(rows))}
	for i, r := range rows {
		page.Items[i] = f.provider(r)
	}
	if more {
		last := rows[len(rows)-1]
		page.Next = &Position{
			Stage: last.Stage, RankMeters: last.Rank, ID: last.ServiceAtLocationID, Seen: min(seen+len(rows), maximumSeen),
		}
	}
	return page
}

// nearRow is one row of nearestSQL.
type nearRow struct {
	Seen      bool
	Stage     int
	Rank      float64
	Effective float64
	Distance  float64
	Known     bool
	Overdue   bool
	Cut       bool
	Horizon   float64

	Reach               string
	ZoneCode            string
	ServiceAtLocationID uuid.UUID
	ServiceID           uuid.UUID
	OrganizationID      uuid.UUID
	NeedCodes           []string
	InstrumentID        uuid.UUID
	InstrumentKind      string
	InstrumentNumber    string
	TermNumber          int
	InstrumentTo        time.Time
	AccreditationID     *uuid.UUID
	AccreditationTo     *time.Time
	TargetGroups        []string
	MinimumAge          *int
	MaximumAge          *int
	Sex                 Sex
	AcceptingStatus     AcceptingStatus
	AcceptingAsOf       *time.Time
	VouchedAt           time.Time
	Traits              []string
	LocationTo          *time.Time
	ConfirmedAt         *time.Time
	OpenDays            *int // bits
	Eligibility         document[Eligibility]
	AlertAr             string
	AlertEn             string
	Pointed             bool
	Lon, Lat            float64

	ServiceNameAr       string
	ServiceNameEn       string
	DeliveryModes       []string
	OrganizationNameAr  string
	OrganizationNameEn  string
	OrganizationKind    OrganizationKind
	AccreditationNumber string
	LocationID          *uuid.UUID
	LocationNameAr      string
	LocationNameEn      string
	AddressAr           string
	AddressEn           string
	PlaceCode           string
	PlaceNameAr         string
	PlaceNameEn         string
}

// open leaves out the needs that are not rolled out.
func (f frame) open(codes []string) []string {
	return slices.DeleteFunc(codes, func(code string) bool { return slices.Contains(f.closed, code) })
}

func (f frame) provider(r nearRow) Provider {
	p := Provider{
		ServiceAtLocationID: r.ServiceAtLocationID, ServiceID: r.ServiceID, ServiceName: Name{AR: r.ServiceNameAr, EN: r.ServiceNameEn},
		NeedCodes: f.open(r.NeedCodes), OrganizationID: r.OrganizationID, OrganizationName: Name{AR: r.OrganizationNameAr, EN: r.OrganizationNameEn},
		OrganizationKind: r.OrganizationKind, EffectiveMeters: r.Effective, Overdue: r.Overdue, ConfirmedAt: r.ConfirmedAt,
		OpenDays: openDays(r.OpenDays), Alert: Name{AR: r.AlertAr, EN: r.AlertEn},
		Accepting:  Accepting{Status: UnknownCapacity, AsOf: r.AcceptingAsOf, Known: r.Known},
		Instrument: Instrument{ID: r.InstrumentID, Kind: r.InstrumentKind, Number: r.InstrumentNumber, Term: r.TermNumber, ValidTo: r.InstrumentTo},
	}
	for _, m := range r.DeliveryModes {
		p.DeliveryModes = append(p.DeliveryModes, DeliveryMode(m))
	}
	p.have(r.Traits)
	if r.Known {
		p.Accepting.Status = r.AcceptingStatus
	}
	if r.AccreditationTo != nil {
		p.Accreditation = &AccreditationUntil{Number: r.AccreditationNumber, ValidTo: *r.AccreditationTo}
	}
	if point, err := geo.NewPoint(r.Lat, r.Lon); r.LocationID != nil && r.Pointed && err == nil {
		p.Location = &ProviderLocation{
			ID: *r.LocationID, Name: Name{AR: r.LocationNameAr, EN: r.LocationNameEn}, Address: Name{AR: r.AddressAr, EN: r.AddressEn},
			PlaceCode: r.PlaceCode, PlaceName: Name{AR: r.PlaceNameAr, EN: r.PlaceNameEn}, Point: point,
			DistanceMeters: int(math.Round(r.Distance)), ValidTo: r.LocationTo,
		}
	}
	p.Reasons = f.reasons(r)
	return p
}

// have says what the traits of provider_search say.
func (p *Provider) have(traits []string) {
	for _, trait := range traits {
		switch name, value, _ := strings.Cut(trait, ":"); name {
		case "language":
			p.Languages = append(p.Languages, value)
		case "access":
			p.Accessibility = append(p.Accessibility, value)
		case "female_worker":
			p.FemaleWorker = true
		case "transport":
			p.Transport = true
		}
	}
}

// openDays are the days of the week of the bits, Sunday first; nil if nothing is known.
func openDays(bits *int) []string {
	if bits == nil {
		return nil
	}
	days := []string{}
	for i := range weekdays {
		if n := (i + 6) % 7; *bits>>n&1 == 1 {
			days = append(days, weekdays[n])
		}
	}
	return days
}
