package reference

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Site is a displacement site: a place for some time. All else on the map is a fact that is not written here.
type Site struct {
	ID              uuid.UUID
	Name            fault.Sentence
	GovernorateCode string
	ZoneCode        string
	Point           geo.Point
	Population      *int // nil: not known
	First, Last     time.Time
	Version         int
}

func (s Site) key() (uuid.UUID, int) { return s.ID, s.Version }

// Code is that of the place that the site is.
func (s Site) Code() string { return sitePrefix + s.ID.String() }

const sitePrefix = "site-"

// Validate returns every fault of the site at once, as fault.Refused, or nil. That governorate and zone exist, the database says.
func (s Site) Validate() error {
	var l fault.List
	named(&l, s.Name)
	if s.First.IsZero() {
		l.Add("/valid_from", "A displacement site has a first day.", "لموقع النزوح يوم أول.")
	}
	if s.Last.IsZero() {
		l.Add("/valid_to", "A displacement site has a last day.", "لموقع النزوح يوم أخير.")
	}
	if !s.First.IsZero() && !s.Last.IsZero() && s.Last.Before(s.First) {
		l.Add("/valid_to", "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
	if s.Population != nil && *s.Population < 0 {
		l.Add("/population", "Must not be negative.", "يجب ألا يكون سالبًا.")
	}
	return l.Err()
}

// Site returns the displacement site whose place has that code, also before its first day and after its last, or fails with
// fault.NotFound.
func (s *Store) Site(ctx context.Context, actor policy.Actor, code string) (found Site, err error) {
	id, err := siteID(code)
	if err != nil {
		return Site{}, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err = site(ctx, q, id)
		return err
	})
	return found, err
}

// CreateSite registers a displacement site. From its first day to its last it is found like any place, by either name. It fails with
// fault.Forbidden unless the actor keeps reference data, and with fault.Refused if fields break a rule or name what does not exist.
func (s *Store) CreateSite(ctx context.Context, actor policy.Actor, given Site, once pg.Once) (Written[Site], error) {
	return perform(ctx, s, deed{actor: actor, what: "place.create", class: policy.ClassReference, once: once}, site,
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = given.Validate(); err != nil {
				return id, err
			}
			if given.ID, err = newID(); err != nil {
				return id, err
			}
			_, err = q.Exec(ctx, `
				INSERT INTO place (code, name_ar, name_en, kind, governorate_code, zone_code, geog, population, valid_from, valid_to, updated_at)
				VALUES (@code, @name_ar, @name_en, 'displacement_site', @governorate, @zone, @point, @population, @first, @last, @now)`, given.args(now))
			return given.ID, err
		})
}

// ChangeSite writes a displacement site anew. One that ends sooner is not found any more after its last day. It fails with
// fault.NotFound, with fault.Conflict if somebody changed it since version, and like CreateSite.
func (s *Store) ChangeSite(ctx context.Context, actor policy.Actor, code string, version int, given Site) (Written[Site], error) {
	id, invalid := siteID(code)
	return perform(ctx, s, deed{actor: actor, what: "place.change", class: policy.ClassReference, id: id}, site,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			if invalid != nil {
				return id, invalid
			}
			was, err := site(ctx, q, id)
			if err != nil {
				return id, err
			}
			if was.Version != version {
				return id, errMoved
			}
			given.ID = id
			if err := given.Validate(); err != nil {
				return id, err
			}
			args := given.args(now)
			args["version"] = version
			return id, change(ctx, q, "change a place", `
				UPDATE place
				SET name_ar = @name_ar, name_en = @name_en, governorate_code = @governorate, zone_code = @zone, geog = @point,
				    population = @population, valid_from = @first, valid_to = @last, version = version + 1, updated_at = @now
				WHERE code = @code AND version = @version`, args)
		})
}

// SiteHistory returns what became of a displacement site.
func (s *Store) SiteHistory(ctx context.Context, actor policy.Actor, code string, p history.Page) (changes []history.Change, err error) {
	id, err := siteID(code)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := site(ctx, q, id); err != nil {
			return err
		}
		changes, err = history.Of(ctx, q, "place", code, p)
		return err
	})
	return changes, err
}

func siteID(code string) (uuid.UUID, error) {
	text, ok := strings.CutPrefix(code, sitePrefix)
	id, err := uuid.Parse(text)
	if !ok || err != nil || id.String() != text {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

func (s Site) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"code": s.Code(), "name_ar": s.Name.AR, "name_en": s.Name.EN, "governorate": s.GovernorateCode, "zone": s.ZoneCode, "point": s.Point,
		"population": s.Population, "first": s.First, "last": s.Last, "now": now,
	}
}

func site(ctx context.Context, q pg.Querier, id uuid.UUID) (Site, error) {
	type row struct {
		NameAr, NameEn, GovernorateCode, ZoneCode string
		Geog                                      geo.Point
		Population                                *int
		ValidFrom, ValidTo                        time.Time
		Version                                   int
	}
	r, err := one(collect[row](ctx, q, "read a displacement site", `
		SELECT p.name_ar, p.name_en, p.governorate_code, p.zone_code, p.geog, p.population, p.valid_from, p.valid_to, p.version
		FROM place AS p
		WHERE p.code = @code AND p.kind = 'displacement_site' AND p.valid_from IS NOT NULL AND p.valid_to IS NOT NULL`,
		pgx.StrictNamedArgs{"code": Site{ID: id}.Code()}))
	return Site{
		ID: id, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, GovernorateCode: r.GovernorateCode, ZoneCode: r.ZoneCode, Point: r.Geog,
		Population: r.Population, First: r.ValidFrom, Last: r.ValidTo, Version: r.Version,
	}, err
}
