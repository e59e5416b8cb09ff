package atlas

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Box is a rectangle in degrees of CRS84. If West is greater than East it crosses the antimeridian.
type Box struct{ West, South, East, North float64 }

// NewBox returns the box, or fails with fault.Invalid "bbox_invalid" if a corner is not on the earth or South is north of North.
func NewBox(west, south, east, north float64) (Box, error) {
	b := Box{west, south, east, north}
	if !(west >= -180 && west <= 180 && east >= -180 && east <= 180 && south >= -90 && south <= north && north <= 90) { // NaN fails every comparison
		return Box{}, errBox
	}
	return b, nil
}

var errBox = fault.New(fault.Invalid, "bbox_invalid",
	"The box is not on the earth, or its corners are in another order.", "المربع ليس على سطح الأرض، أو أن زواياه بترتيب آخر.").
	At("?bbox", "West, south, east, north in degrees: -180 to 180 and -90 to 90.", "غرب، جنوب، شرق، شمال بالدرجات: من -180 إلى 180 ومن -90 إلى 90.")

// The largest page, and its size if none is asked for.
const (
	MaximumLimit = 10_000
	DefaultLimit = 100
)

// Window is which part of a collection is asked for.
type Window struct {
	Box   *Box // nil: everywhere
	Limit int  // 0: DefaultLimit; more than MaximumLimit is MaximumLimit
	// After is the Next of the page before; empty for the first one.
	After string
}

func (w Window) limit() int {
	if w.Limit <= 0 {
		return DefaultLimit
	}
	return min(w.Limit, MaximumLimit)
}

// Page is one page of a collection in the order of the ids. Pages are stable: what is added or leaves while somebody reads moves
// nothing else from one page to another.
type Page[T any] struct {
	Items   []T
	Matched int    // how many there are on all pages
	Next    string // empty on the last page
}

// within adds the box: a feature is in it if they have a point in common.
func (l *list) within(box *Box, geometry string, point bool) {
	if box == nil {
		return
	}
	var sides []string
	for i, part := range box.parts() {
		west, south, east, north := fmt.Sprintf("west%d", i), fmt.Sprintf("south%d", i), fmt.Sprintf("east%d", i), fmt.Sprintf("north%d", i)
		l.args[west], l.args[south], l.args[east], l.args[north] = part.West, part.South, part.East, part.North
		side := fmt.Sprintf("ST_MakeEnvelope(@%s, @%s, @%s, @%s, 4326)", west, south, east, north)
		if point {
			sides = append(sides, geometry+" && "+side)
		} else {
			sides = append(sides, "ST_Intersects("+geometry+", "+side+")")
		}
	}
	l.where("(" + strings.Join(sides, " OR ") + ")")
}

// parts is the box, or its two halves on both sides of the antimeridian.
func (b Box) parts() []Box {
	if b.West <= b.East {
		return []Box{b}
	}
	return []Box{{b.West, b.South, 180, b.North}, {-180, b.South, b.East, b.North}}
}

// page reads a page of the list; idOf gives the id of a row, which is where the next page begins.
func page[Row, T any](ctx context.Context, q pg.Querier, l list, w Window, idOf func(Row) string, itemOf func(Row) T) (Page[T], error) {
	p := Page[T]{Items: []T{}}
	all := strings.Join(l.clauses, "\n\t\t\tAND ")
	if err := q.QueryRow(ctx, `
		SELECT count(*)`+l.from+`
		WHERE `+all, l.args).Scan(&p.Matched); err != nil {
		return p, fmt.Errorf("count the features: %w", err)
	}
	if w.After != "" {
		all += "\n\t\t\tAND " + l.id + " > @after"
		l.args["after"] = w.After
	}
	l.args["limit"] = w.limit() + 1
	found, err := collect[Row](ctx, q, `
		SELECT `+l.columns+l.from+`
		WHERE `+all+`
		ORDER BY `+l.id+`
		LIMIT @limit`, l.args)
	if err != nil {
		return p, err
	}
	for i, row := range found {
		if i == w.limit() {
			p.Next = idOf(found[i-1])
			break
		}
		p.Items = append(p.Items, itemOf(row))
	}
	return p, nil
}

// one reads the only row of the list, or fails with "feature_not_found".
func one[Row, T any](ctx context.Context, q pg.Querier, l list, itemOf func(Row) T) (item T, err error) {
	found, err := collect[Row](ctx, q, `
		SELECT `+l.columns+l.from+`
		WHERE `+strings.Join(l.clauses, "\n\t\t\tAND "), l.args)
	if err != nil {
		return item, err
	}
	if len(found) == 0 {
		return item, errNoFeature
	}
	return itemOf(found[0]), nil
}

func collect[Row any](ctx context.Context, q pg.Querier, sql string, args pgx.StrictNamedArgs) ([]Row, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("read the features: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("read the features: %w", err)
	}
	return found, nil
}

// Extents are the boxes around what each collection shows today; nil where it shows nothing.
type Extents struct{ Providers, Places, Governorates, Zones *Box }

// Extents returns the boxes around the four collections.
func (s *Store) Extents(ctx context.Context) (e Extents, err error) {
	type boxRow struct {
		Collection               string
		West, South, East, North *float64
	}
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		found, err := collect[boxRow](ctx, q, `
			SELECT e.collection, ST_XMin(e.box) AS west, ST_YMin(e.box) AS south, ST_XMax(e.box) AS east, ST_YMax(e.box) AS north
			FROM (
				SELECT 'providers' AS collection, ST_Extent(p.geom) AS box FROM map_point AS p WHERE @day BETWEEN p.shown_from AND p.shown_to
				UNION ALL
				SELECT 'places', ST_Extent(p.geog::geometry) FROM place AS p
				UNION ALL
				SELECT 'governorates', ST_Extent(a.geog::geometry) FROM governorate_area AS a
				UNION ALL
				SELECT 'zones', ST_Extent(a.geog::geometry) FROM reach_zone_area AS a
			) AS e
			WHERE e.box IS NOT NULL`, pgx.StrictNamedArgs{"day": s.today()})
		of := map[string]**Box{"providers": &e.Providers, "places": &e.Places, "governorates": &e.Governorates, "zones": &e.Zones}
		for _, r := range found {
			*of[r.Collection] = &Box{*r.West, *r.South, *r.East, *r.North}
		}
		return err
	})
	return e, err
}
