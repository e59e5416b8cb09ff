package geo

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// placeColumns are the columns of placeRow, of place AS p and its governorate AS g.
const placeColumns = `
		p.code,
		p.name_ar,
		p.name_en,
		p.kind,
		p.governorate_code,
		g.name_ar AS governorate_ar,
		g.name_en AS governorate_en,
		p.zone_code,
		p.geog,
		p.population,
		p.camp,
		p.valid_from,
		p.valid_to,
		p.version`

const fromPlace = `
	FROM place AS p
	JOIN governorate AS g ON g.code = p.governorate_code`

const onDay = `
	coalesce(p.valid_from <= @day, true)
	AND coalesce(p.valid_to >= @day, true)`

type placeRow struct {
	Code            string
	NameAr          string
	NameEn          string
	Kind            string
	GovernorateCode string
	GovernorateAr   string
	GovernorateEn   string
	ZoneCode        string
	Geog            Point
	Population      *int
	Camp            bool
	ValidFrom       *time.Time
	ValidTo         *time.Time
	Version         int
}

func (r placeRow) place() Place {
	return Place{
		Code:        r.Code,
		Name:        fault.Sentence{AR: r.NameAr, EN: r.NameEn},
		Kind:        r.Kind,
		Governorate: Governorate{Code: r.GovernorateCode, Name: fault.Sentence{AR: r.GovernorateAr, EN: r.GovernorateEn}},
		ZoneCode:    r.ZoneCode,
		Point:       r.Geog,
		Population:  r.Population,
		Camp:        r.Camp,
		ValidFrom:   r.ValidFrom,
		ValidTo:     r.ValidTo,
		Version:     r.Version,
	}
}

func placeByCode(ctx context.Context, q pg.Querier, code string, day time.Time) (Place, error) {
	found, err := collect[placeRow](ctx, q, `SELECT`+placeColumns+fromPlace+`
		WHERE p.code = @code AND`+onDay, pgx.StrictNamedArgs{"code": code, "day": day})
	if err != nil {
		return Place{}, err
	}
	if len(found) == 0 {
		return Place{}, errPlaceNotFound
	}
	return found[0].place(), nil
}

// namedRow is a place that bears the searched name, as its own or as another spelling.
type namedRow struct {
	placeRow
	Own    bool
	ByCode bool // it is the one whose code was given
}

// meantSQL finds the place with the code, or if there is none those that bear the name.
const meantSQL = `
		SELECT` + placeColumns + `, true AS own, true AS by_code` + fromPlace + `
		WHERE p.code = @code AND` + onDay + `
		UNION ALL
		SELECT` + placeColumns + `, bearer.own, false AS by_code` + fromPlace + `
		JOIN (
			SELECT n.place_code, bool_or(NOT n.alias) AS own
			FROM place_name AS n
			WHERE n.normalised = @name
			GROUP BY n.place_code
		) AS bearer ON bearer.place_code = p.code
		WHERE` + onDay + `
			AND NOT EXISTS (SELECT FROM place AS p WHERE p.code = @code AND` + onDay + `)
		ORDER BY governorate_code, code`

// nearRow is a place near a point.
type nearRow struct {
	placeRow
	Meters float64
}

// nearestSQL finds the place nearest to the point and its distance in metres. The index orders by the sphere, so the nearest on the
// spheroid is chosen among the first few.
const nearestSQL = `
		WITH near AS (
			SELECT p.code, p.geog
			FROM place AS p
			WHERE` + onDay + `
			ORDER BY p.geog <-> @point::geography
			LIMIT 8
		)
		SELECT` + placeColumns + `,
			ST_Distance(near.geog, @point::geography) AS meters
		FROM near
		JOIN place AS p ON p.code = near.code
		JOIN governorate AS g ON g.code = p.governorate_code
		ORDER BY meters, p.code
		LIMIT 1`

type linkRow struct {
	ID                uuid.UUID
	ZoneA             string
	ZoneB             string
	Passable          bool
	IdentityDocuments []string
	Detour            float64
	ExtraKm           float64
	NoteAr            string
	NoteEn            string
	Source            string
	ValidFrom         time.Time
	ValidTo           *time.Time
	Version           int
}

// allLinks returns the links in force on the day.
func allLinks(ctx context.Context, q pg.Querier, day time.Time) ([]Link, error) {
	found, err := collect[linkRow](ctx, q, linksSQL, pgx.StrictNamedArgs{"day": day})
	return linksOf(found), err
}

const linksSQL = `
		SELECT
			l.id,
			l.zone_a,
			l.zone_b,
			l.passable,
			l.identity_documents,
			l.detour,
			l.extra_km,
			l.note_ar,
			l.note_en,
			l.source,
			l.valid_from,
			l.valid_to,
			l.version
		FROM reach_link AS l
		WHERE l.valid_from <= @day
			AND coalesce(l.valid_to >= @day, true)
		ORDER BY l.zone_a, l.zone_b`

func linksOf(rows []linkRow) []Link {
	links := make([]Link, len(rows))
	for i, r := range rows {
		links[i] = Link{
			ID: r.ID, From: r.ZoneA, To: r.ZoneB, Passable: r.Passable, IdentityDocuments: r.IdentityDocuments, Detour: r.Detour,
			ExtraKm: r.ExtraKm, Note: fault.Sentence{AR: r.NoteAr, EN: r.NoteEn}, Source: r.Source, ValidFrom: r.ValidFrom,
			ValidTo: r.ValidTo, Version: r.Version,
		}
	}
	return links
}

type namedCode struct{ Code, NameAr, NameEn string }

func allGovernorates(ctx context.Context, q pg.Querier) ([]Governorate, error) {
	found, err := collect[namedCode](ctx, q, `
		SELECT g.code, g.name_ar, g.name_en
		FROM governorate AS g
		ORDER BY g.code`, pgx.StrictNamedArgs{})
	governorates := make([]Governorate, len(found))
	for i, r := range found {
		governorates[i] = Governorate{Code: r.Code, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}}
	}
	return governorates, err
}

func allZones(ctx context.Context, q pg.Querier) ([]Zone, error) {
	found, err := collect[namedCode](ctx, q, `
		SELECT z.code, z.name_ar, z.name_en
		FROM reach_zone AS z
		ORDER BY z.code`, pgx.StrictNamedArgs{})
	zones := make([]Zone, len(found))
	for i, r := range found {
		zones[i] = Zone{Code: r.Code, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}}
	}
	return zones, err
}

func allAreas(ctx context.Context, q pg.Querier) ([]Area, error) {
	type areaRow struct {
		GovernorateCode string
		Geog            geom.T
		Indicative      bool
		Source          string
	}
	found, err := collect[areaRow](ctx, q, `
		SELECT a.governorate_code, a.geog, a.indicative, a.source
		FROM governorate_area AS a
		ORDER BY a.governorate_code`, pgx.StrictNamedArgs{})
	areas := make([]Area, len(found))
	for i, r := range found {
		areas[i] = Area{GovernorateCode: r.GovernorateCode, Shape: r.Geog, Indicative: r.Indicative, Source: r.Source}
	}
	return areas, err
}

// gather has the rows of a queued statement put into found.
func gather[Row any](queued *pgx.QueuedQuery, found *[]Row) {
	queued.Query(func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Row])
		return err
	})
}

func collect[Row any](ctx context.Context, q pg.Querier, sql string, args pgx.StrictNamedArgs) ([]Row, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Row])
}
