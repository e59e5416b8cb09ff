package atlas

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/pg"
)

// Place is a locality as the map shows it. A point in Gaza is pre-war and says nothing of what stands there.
type Place struct {
	Code            string
	Point           geo.Point
	Name            directory.Name
	Kind            string
	GovernorateCode string
	Governorate     directory.Name
	ZoneCode        string
	Population      *int // indicative; nil: not known
	Camp            bool // one of the 27 official UNRWA camps
}

// PlaceQuery says which places; an empty field asks for nothing.
type PlaceQuery struct {
	Window
	Governorate string // code
	Kind        string
}

func places(day time.Time) list {
	return list{
		id:   "p.code",
		args: pgx.StrictNamedArgs{"day": day},
		columns: `
			p.code, p.geog AS point, p.name_ar, p.name_en, p.kind, p.governorate_code, g.name_ar AS governorate_ar,
			g.name_en AS governorate_en, p.zone_code, p.population, p.camp`,
		from: `
		FROM place AS p
		JOIN governorate AS g ON g.code = p.governorate_code`,
		clauses: []string{"coalesce(p.valid_from <= @day, true)", "coalesce(p.valid_to >= @day, true)"},
	}
}

type placeRow struct {
	Code            string
	Point           geo.Point
	NameAr          string
	NameEn          string
	Kind            string
	GovernorateCode string
	GovernorateAr   string
	GovernorateEn   string
	ZoneCode        string
	Population      *int
	Camp            bool
}

func (r placeRow) id() string { return r.Code }

func (r placeRow) place() Place {
	return Place{
		Code: r.Code, Point: r.Point, Name: directory.Name{AR: r.NameAr, EN: r.NameEn}, Kind: r.Kind, GovernorateCode: r.GovernorateCode,
		Governorate: directory.Name{AR: r.GovernorateAr, EN: r.GovernorateEn}, ZoneCode: r.ZoneCode, Population: r.Population, Camp: r.Camp,
	}
}

// Places returns a page of the places that exist today and answer the query.
func (s *Store) Places(ctx context.Context, query PlaceQuery) (p Page[Place], err error) {
	l := places(s.today())
	l.equal("p.governorate_code", "governorate", query.Governorate)
	l.equal("p.kind", "kind", query.Kind)
	l.within(query.Box, "p.geog::geometry", true)
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		p, err = page(ctx, q, l, query.Window, placeRow.id, placeRow.place)
		return err
	})
	return p, err
}

// Place returns one that exists today, or fails with fault.NotFound "feature_not_found".
func (s *Store) Place(ctx context.Context, code string) (p Place, err error) {
	l := places(s.today())
	l.equal("p.code", "code", code)
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		p, err = one(ctx, q, l, placeRow.place)
		return err
	})
	return p, err
}
