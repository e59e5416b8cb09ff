package reference

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// DayKind says what is different on a calendar day.
type DayKind string

// The kinds of calendar day.
const (
	Holiday    DayKind = "holiday"     // nobody works
	ShortHours DayKind = "short_hours" // as in Ramadan
)

// CalendarDay is one national day or several that follow each other.
type CalendarDay struct {
	ID          uuid.UUID
	Kind        DayKind
	Status      Status    // empty: active
	First, Last time.Time // see geo.Today; both included
	Name        fault.Sentence
	// Opens and Closes are of short hours, from midnight by the clock in Palestine, in whole minutes.
	Opens, Closes *time.Duration
	Version       int
}

func (d CalendarDay) key() (uuid.UUID, int) { return d.ID, d.Version }

// Validate returns every fault of the day at once, as fault.Refused, or nil.
func (d CalendarDay) Validate() error {
	var l fault.List
	if d.Kind != Holiday && d.Kind != ShortHours {
		l.Add("/kind", "Must be one of: holiday, short_hours.", "يجب أن تكون القيمة إحدى: holiday, short_hours.")
	}
	statusKnown(&l, d.Status)
	named(&l, d.Name)
	ordered(&l, d.First, d.Last)
	given := d.Opens != nil && d.Closes != nil
	switch {
	case d.Kind == ShortHours && (!given || *d.Opens >= *d.Closes):
		l.Add("/opens_at", "Short hours open before they close.", "للدوام القصير بداية قبل نهايته.")
	case d.Kind != ShortHours && (d.Opens != nil || d.Closes != nil):
		l.Add("/opens_at", "Only short hours have hours.", "الساعات للدوام القصير فقط.")
	}
	return l.Err()
}

// Between narrows a list to what touches the days from From to To (nil: without a bound), in the order of the first day. After is the
// position of the last item of the page before.
type Between struct {
	From, To *time.Time
	After    *DayPosition
	Limit    int
}

// DayPosition is where a page ended. Its fields are not a contract.
type DayPosition struct {
	First time.Time
	ID    uuid.UUID
}

func (b Between) args() pgx.StrictNamedArgs {
	var after DayPosition
	if b.After != nil {
		after = *b.After
	}
	return pgx.StrictNamedArgs{"from": b.From, "to": b.To, "after": b.After != nil, "after_first": after.First, "after_id": after.ID, "limit": b.Limit}
}

// CalendarDays lists the national days, cancelled ones too.
func (s *Store) CalendarDays(ctx context.Context, actor policy.Actor, b Between) (days []CalendarDay, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err := collect[calendarDayRow](ctx, q, "list calendar days", calendarDaySQL+`
			WHERE (@from::date IS NULL OR c.ends_on >= @from)
				AND (@to::date IS NULL OR c.starts_on <= @to)
				AND (NOT @after OR (c.starts_on, c.id) > (@after_first::date, @after_id::uuid))
			ORDER BY c.starts_on, c.id
			LIMIT @limit`, b.args())
		days = make([]CalendarDay, len(found))
		for i, r := range found {
			days[i] = r.day()
		}
		return err
	})
	return days, err
}

// CalendarDay returns the day of that id, or fails with fault.NotFound.
func (s *Store) CalendarDay(ctx context.Context, actor policy.Actor, id uuid.UUID) (d CalendarDay, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		d, err = calendarDay(ctx, q, id)
		return err
	})
	return d, err
}

// CreateCalendarDay writes a national day. It fails with fault.Forbidden unless the actor keeps reference data, and with
// fault.Refused if fields break a rule.
func (s *Store) CreateCalendarDay(ctx context.Context, actor policy.Actor, d CalendarDay, once pg.Once) (Written[CalendarDay], error) {
	d.Status = Active
	return perform(ctx, s, deed{actor: actor, what: "calendar_day.create", class: policy.ClassReference, once: once}, calendarDay,
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = d.Validate(); err != nil {
				return id, err
			}
			if d.ID, err = newID(); err != nil {
				return id, err
			}
			_, err = q.Exec(ctx, `
				INSERT INTO calendar_day (id, kind, status, starts_on, ends_on, name_ar, name_en, opens_at, closes_at, created_at, updated_at)
				VALUES (@id, @kind, @status, @first, @last, @name_ar, @name_en, @opens * interval '1 second', @closes * interval '1 second', @now, @now)`, d.args(now))
			return d.ID, err
		})
}

// ChangeCalendarDay writes the day anew. It fails with fault.NotFound, with fault.Conflict if somebody changed it since version, and
// like CreateCalendarDay.
func (s *Store) ChangeCalendarDay(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, d CalendarDay) (Written[CalendarDay], error) {
	d.ID = id
	return perform(ctx, s, deed{actor: actor, what: "calendar_day.change", class: policy.ClassReference, id: id}, calendarDay,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			if _, err := calendarDay(ctx, q, id); err != nil {
				return id, err
			}
			if d.Status == "" {
				d.Status = Active
			}
			if err := d.Validate(); err != nil {
				return id, err
			}
			args := d.args(now)
			args["version"] = version
			return id, change(ctx, q, "change a calendar day", `
				UPDATE calendar_day
				SET kind = @kind, status = @status, starts_on = @first, ends_on = @last, name_ar = @name_ar, name_en = @name_en,
				    opens_at = @opens * interval '1 second', closes_at = @closes * interval '1 second', version = version + 1, updated_at = @now
				WHERE id = @id AND version = @version`, args)
		})
}

func (d CalendarDay) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": d.ID, "kind": d.Kind, "status": d.Status, "first": d.First, "last": d.Last, "name_ar": d.Name.AR, "name_en": d.Name.EN,
		"opens": seconds(d.Opens), "closes": seconds(d.Closes), "now": now,
	}
}

func seconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	return new(d.Seconds())
}

func duration(seconds *float64) *time.Duration {
	if seconds == nil {
		return nil
	}
	return new(time.Duration(*seconds * float64(time.Second)))
}

type calendarDayRow struct {
	ID       uuid.UUID
	Kind     DayKind
	Status   Status
	StartsOn time.Time
	EndsOn   time.Time
	NameAr   string
	NameEn   string
	Opens    *float64
	Closes   *float64
	Version  int
}

const calendarDaySQL = `
			SELECT c.id, c.kind, c.status, c.starts_on, c.ends_on, c.name_ar, c.name_en,
			       extract(epoch FROM c.opens_at)::float8 AS opens, extract(epoch FROM c.closes_at)::float8 AS closes, c.version
			FROM calendar_day AS c`

func (r calendarDayRow) day() CalendarDay {
	return CalendarDay{
		ID: r.ID, Kind: r.Kind, Status: r.Status, First: r.StartsOn, Last: r.EndsOn, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn},
		Opens: duration(r.Opens), Closes: duration(r.Closes), Version: r.Version,
	}
}

func calendarDay(ctx context.Context, q pg.Querier, id uuid.UUID) (CalendarDay, error) {
	r, err := one(collect[calendarDayRow](ctx, q, "read a calendar day", calendarDaySQL+`
			WHERE c.id = @id`, pgx.StrictNamedArgs{"id": id}))
	return r.day(), err
}

// Whose is whom a calendar is for: a directorate, or a provider's service at a location of an organization. What is Nil is not asked.
type Whose struct {
	DirectorateID, OrganizationID, ServiceAtLocationID uuid.UUID
}

// CalendarOf reads the calendar that holds for one from the first day to the last, in the transaction of the act: national days, and the
// closures of the directorate, the organization and the service at a location.
func CalendarOf(ctx context.Context, q pg.Querier, whose Whose, first, last time.Time) (geo.Calendar, error) {
	type row struct {
		StartsOn time.Time
		EndsOn   time.Time
		Opens    *float64
		Closes   *float64
	}
	found, err := collect[row](ctx, q, "read the calendar", `
		SELECT c.starts_on, c.ends_on, extract(epoch FROM c.opens_at)::float8 AS opens, extract(epoch FROM c.closes_at)::float8 AS closes
		FROM calendar_day AS c
		WHERE c.status = 'active' AND c.ends_on >= @first::date AND c.starts_on <= @last::date
		UNION ALL
		SELECT c.starts_on, c.ends_on, NULL, NULL
		FROM closure AS c
		WHERE c.status = 'active' AND c.ends_on >= @first::date AND c.starts_on <= @last::date
			AND (c.directorate_id = @directorate
			  OR c.organization_id = @organization AND (c.service_at_location_id IS NULL OR c.service_at_location_id = @offer))
		ORDER BY starts_on, ends_on, opens`,
		pgx.StrictNamedArgs{
			"first": first, "last": last, "directorate": orNull(whose.DirectorateID), "organization": orNull(whose.OrganizationID),
			"offer": orNull(whose.ServiceAtLocationID),
		})
	var c geo.Calendar
	for _, r := range found {
		days := geo.Days{First: r.StartsOn, Last: r.EndsOn}
		if r.Opens != nil && r.Closes != nil {
			c.Short = append(c.Short, geo.Hours{Days: days, Opens: *duration(r.Opens), Closes: *duration(r.Closes)})
			continue
		}
		c.Off = append(c.Off, days)
	}
	return c, err
}
