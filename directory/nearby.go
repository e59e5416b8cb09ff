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
	o := orientation{query: query, account: actor.AccountID, directorates: directorates, now: now}
	var f frame
	var rows []nearRow
	rounds := append(o.rounds(), func(batch *pgx.Batch) (err error) {
		if f, err = o.frame(); err == nil {
			f.queue(batch, f.enough(), &rows)
		}
		return err
	})
	if err := s.db.Read(ctx, actor, rounds...); err != nil {
		return Page{}, err
	}
	for fetch := f.enough(); ; {
		if shown, more, sure := settle(rows, f.After, f.limit()); sure {
			return f.page(shown, more), nil
		}
		fetch *= 4
		again := func(batch *pgx.Batch) error {
			f.queue(batch, fetch, &rows)
			return nil
		}
		if err := s.db.Read(ctx, actor, again); err != nil {
			return Page{}, err
		}
	}
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

// orientation finds where the client is, whose memoranda count, what is not rolled out for the account and which zones can be reached.
type orientation struct {
	query        Query
	account      uuid.UUID
	directorates []uuid.UUID
	now          time.Time

	place       *geo.Resolution
	links       func() []geo.Link
	closed      []closedNeed
	directorate uuid.UUID
}

// rounds are one round trip, and for an actor of several directorates a second.
func (o *orientation) rounds() []pg.Round {
	rounds := []pg.Round{func(batch *pgx.Batch) (err error) {
		day := geo.Today(o.now)
		if o.place, err = geo.QueueResolve(batch, geo.Where{Place: o.query.Place, Point: o.query.Point}, day); err != nil {
			return err
		}
		o.links = geo.QueueLinks(batch, day)
		need, _ := NeedByCode(o.query.Need)
		queueClosedNeeds(batch, need, o.account, &o.closed)
		return nil
	}}
	if o.directorate = o.directorates[0]; len(o.directorates) > 1 {
		rounds = append(rounds, func(batch *pgx.Batch) error {
			origin, err := o.place.Origin()
			if err == nil {
				queueDirectorateOf(batch, origin.PlaceCode, o.directorates, &o.directorate)
			}
			return err
		})
	}
	return rounds
}

// frame is what was found.
func (o *orientation) frame() (frame, error) {
	origin, err := o.place.Origin()
	if err != nil {
		return frame{}, err
	}
	need, _ := NeedByCode(o.query.Need)
	f := frame{
		Query: o.query, NeedID: need.ID, Directorate: o.directorate, Origin: origin, Today: geo.Today(o.now),
		StaleBefore: o.now.AddDate(0, 0, -AcceptingDays), OverdueAt: o.now.AddDate(0, 0, -OverdueDays),
	}
	for _, c := range o.closed {
		if c.GovernorateCode == origin.GovernorateCode {
			f.closed = append(f.closed, c.Code)
		}
	}
	f.Passages = geo.Reach(origin.ZoneCode, o.links(), f.Today, o.query.IdentityDocument)
	return f, nil
}

// orient is an orientation in the transaction of q.
func orient(ctx context.Context, q pg.Querier, o orientation) (frame, error) {
	for _, round := range o.rounds() {
		batch := &pgx.Batch{}
		if err := round(batch); err != nil {
			return frame{}, err
		}
		if err := q.SendBatch(ctx, batch).Close(); err != nil {
			return frame{}, fmt.Errorf("find where the client is: %w", err)
		}
	}
	return o.frame()
}

// queueDirectorateOf queues the question which of the directorates holds the place; if none does, the first stands.
func queueDirectorateOf(batch *pgx.Batch, place string, directorates []uuid.UUID, id *uuid.UUID) {
	batch.Queue(`
		SELECT coalesce((
		  SELECT directorate_id
		  FROM directorate_place
		  WHERE place_code = @place AND directorate_id = ANY (@directorates)
		), @first)`,
		pgx.StrictNamedArgs{"place": place, "directorates": directorates, "first": directorates[0]}).QueryRow(func(row pgx.Row) error {
		return row.Scan(id)
	})
}

// enough is how many rows to read under each reach: four times the page leaves room for services that several terms permit, for what is
// overdue or not known to take people, which comes later, and for neighbours that the sphere puts in another order. Where it is not
// enough, four times as many are read, until the page is sure; asking twice costs more pages than reading these at once.
func (f frame) enough() int { return 4 * (f.limit() + f.seen()) }

func (f frame) seen() int {
	if f.After == nil {
		return 0
	}
	return f.After.Seen
}

// queue queues the search that reads so many rows under each reach.
func (f frame) queue(batch *pgx.Batch, fetch int, found *[]nearRow) {
	batch.Queue(f.sql(), f.args(fetch)).Query(func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, pgx.RowToStructByName[nearRow])
		return err
	})
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
func (f frame) page(rows []nearRow, more bool) Page {
	page := Page{Origin: f.Origin, DirectorateID: f.Directorate, Items: make([]Provider, len(rows))}
	for i, r := range rows {
		page.Items[i] = f.provider(r)
	}
	if more {
		last := rows[len(rows)-1]
		page.Next = &Position{
			Stage: last.Stage, RankMeters: last.Rank, ID: last.ServiceAtLocationID, Seen: min(f.seen()+len(rows), maximumSeen),
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
