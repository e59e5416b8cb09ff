package atlas

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"tahweel/directory"
	"tahweel/internal/pg"
)

// Area is a governorate or a reach zone with its shape. An indicative one was derived from the places and is no boundary.
type Area struct {
	Code       string
	Name       directory.Name
	Shape      geom.T // multipolygon, WGS 84, longitude before latitude
	Indicative bool
	Source     string
	UpdatedAt  time.Time
}

func governorates() list {
	return list{
		id:   "g.code",
		args: pgx.StrictNamedArgs{},
		columns: `
			g.code, g.name_ar, g.name_en, a.geog AS shape, a.indicative, a.source, a.updated_at`,
		from: `
		FROM governorate AS g
		JOIN governorate_area AS a ON a.governorate_code = g.code`,
		clauses: []string{"true"},
	}
}

func zones() list {
	return list{
		id:   "z.code",
		args: pgx.StrictNamedArgs{},
		columns: `
			z.code, z.name_ar, z.name_en, a.geog AS shape, true AS indicative, a.source, a.updated_at`,
		from: `
		FROM reach_zone AS z
		JOIN reach_zone_area AS a ON a.zone_code = z.code`,
		clauses: []string{"true"},
	}
}

type areaRow struct {
	Code       string
	NameAr     string
	NameEn     string
	Shape      geom.T
	Indicative bool
	Source     string
	UpdatedAt  time.Time
}

func (r areaRow) id() string { return r.Code }

func (r areaRow) area() Area {
	return Area{
		Code: r.Code, Name: directory.Name{AR: r.NameAr, EN: r.NameEn}, Shape: r.Shape, Indicative: r.Indicative, Source: r.Source, UpdatedAt: r.UpdatedAt,
	}
}

// Governorates returns a page of the governorates.
func (s *Store) Governorates(ctx context.Context, w Window) (Page[Area], error) {
	return s.areas(ctx, governorates(), w)
}

// Zones returns a page of the reach zones.
func (s *Store) Zones(ctx context.Context, w Window) (Page[Area], error) {
	return s.areas(ctx, zones(), w)
}

// Governorate returns one governorate, or fails with fault.NotFound "feature_not_found".
func (s *Store) Governorate(ctx context.Context, code string) (Area, error) {
	l := governorates()
	l.equal("g.code", "code", code)
	return s.area(ctx, l)
}

// Zone returns one reach zone, or fails with fault.NotFound "feature_not_found".
func (s *Store) Zone(ctx context.Context, code string) (Area, error) {
	l := zones()
	l.equal("z.code", "code", code)
	return s.area(ctx, l)
}

func (s *Store) areas(ctx context.Context, l list, w Window) (p Page[Area], err error) {
	l.within(w.Box, "a.geog::geometry", false)
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		p, err = page(ctx, q, l, w, areaRow.id, areaRow.area)
		return err
	})
	return p, err
}

func (s *Store) area(ctx context.Context, l list) (a Area, err error) {
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		a, err = one(ctx, q, l, areaRow.area)
		return err
	})
	return a, err
}
