package geo

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
	"tahweel/policy"
)

// Boundary is one feature of a file of boundaries.
type Boundary struct {
	Texts []string // its properties that are texts: a p-code is looked for among them, and then a name
	Shape geom.T   // WGS 84 degrees, longitude before latitude; nil if there is none
}

// BoundaryOutcome says what became of a feature.
type BoundaryOutcome string

// The outcomes. Taken, repaired and unchanged ones are boundaries afterwards, the others were passed over.
const (
	BoundaryTaken     BoundaryOutcome = "taken"
	BoundaryRepaired  BoundaryOutcome = "repaired"  // its rings crossed each other, and were made valid
	BoundaryUnchanged BoundaryOutcome = "unchanged" // it is the area that was there already
	BoundaryUnknown   BoundaryOutcome = "unknown"   // neither a p-code nor a name of a governorate, or those of several
	BoundaryTwice     BoundaryOutcome = "twice"     // another feature is of the same governorate: neither is taken
	BoundaryNoPolygon BoundaryOutcome = "no_polygon"
	BoundaryNoDegrees BoundaryOutcome = "no_degrees" // its coordinates are none of WGS 84
	BoundaryElsewhere BoundaryOutcome = "elsewhere"  // none of the governorate's places lies in it
)

// Taken reports whether the feature is a boundary afterwards.
func (o BoundaryOutcome) Taken() bool {
	return o == BoundaryTaken || o == BoundaryRepaired || o == BoundaryUnchanged
}

// BoundaryRow is what became of one feature.
type BoundaryRow struct {
	Number          int // from 1, in the order of the file
	Outcome         BoundaryOutcome
	Governorate     Governorate // zero if it is unknown
	ByName          bool        // it was recognised by its name, because it has no p-code
	SquareKM        float64
	Places, Outside int    // the governorate's places, and those of them that lie outside
	Reason          string // of PostGIS, if it was repaired
}

// BoundaryReport says what an import did, or would do.
type BoundaryReport struct {
	Rows []BoundaryRow
	// Missing are the governorates that the file has no boundary for; their areas stay as they were.
	Missing []Governorate
	// Written is false for a dry run, and if no area is another one than before.
	Written bool
}

// ImportBoundaries replaces the areas of governorates by the boundaries, all of those that are taken in one transaction, and says what
// became of each feature. source names where they are from, and is shown with them. A dry run says the same and changes nothing; the
// same file again changes nothing either. It fails with fault.Forbidden unless the actor keeps reference data, and with fault.Invalid
// "source_required" without a source.
func (s *Store) ImportBoundaries(ctx context.Context, actor policy.Actor, boundaries []Boundary, source string, dryRun bool) (report BoundaryReport, err error) {
	if !actor.Can(policy.Manage, policy.ClassReference) {
		return report, policy.RoleForbids(policy.Manage, policy.ClassReference)
	}
	if source == "" {
		return report, errSource
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		report, err = s.importBoundaries(ctx, q, actor, boundaries, source, dryRun)
		return err
	})
	return report, err
}

var errSource = fault.New(fault.Invalid, "source_required",
	"Say where the boundaries are from: it is shown with them.", "اذكر مصدر الحدود، فهو يُعرض معها.")

func (s *Store) importBoundaries(ctx context.Context, q pg.Querier, actor policy.Actor, boundaries []Boundary, source string, dryRun bool) (BoundaryReport, error) {
	governorates, err := allGovernorates(ctx, q)
	if err != nil {
		return BoundaryReport{}, err
	}
	report := BoundaryReport{Rows: recognise(boundaries, governorates)}
	for i := range report.Rows {
		if row := &report.Rows[i]; row.Outcome == BoundaryTaken {
			if err := examine(ctx, q, row, boundaries[i].Shape); err != nil {
				return report, err
			}
		}
	}
	for i := range report.Rows {
		row := &report.Rows[i]
		if !row.Outcome.Taken() {
			continue
		}
		changed, err := writeArea(ctx, q, row.Governorate.Code, boundaries[i].Shape, source, s.clock(), dryRun)
		if err != nil {
			return report, err
		}
		if !changed {
			row.Outcome = BoundaryUnchanged
		}
		report.Written = report.Written || changed && !dryRun
	}
	report.Missing = slices.DeleteFunc(governorates, func(g Governorate) bool {
		return slices.ContainsFunc(report.Rows, func(r BoundaryRow) bool { return r.Outcome.Taken() && r.Governorate.Code == g.Code })
	})
	if !report.Written {
		return report, nil
	}
	return report, audit.Append(ctx, q, audit.Entry{
		At: s.clock(), Actor: actor, Action: "import_boundaries", Class: policy.ClassReference, Allowed: true, Code: "allowed",
	})
}

var pCode = regexp.MustCompile(`^PS[0-9]{4}$`)

// recognise says for each feature which governorate it is of, and what is wrong with it as far as that can be seen without the
// database.
func recognise(boundaries []Boundary, governorates []Governorate) []BoundaryRow {
	rows, seen := make([]BoundaryRow, len(boundaries)), map[string]int{}
	for i, b := range boundaries {
		rows[i] = BoundaryRow{Number: i + 1, Outcome: BoundaryUnknown}
		g, byName, ok := b.governorate(governorates)
		if !ok {
			continue
		}
		rows[i].Governorate, rows[i].ByName, rows[i].Outcome = g, byName, b.outcome()
		seen[g.Code]++
	}
	for i := range rows {
		if seen[rows[i].Governorate.Code] > 1 {
			rows[i].Outcome = BoundaryTwice
		}
	}
	return rows
}

// governorate is the only one whose p-code is among the texts, or, without a p-code, whose name is.
func (b Boundary) governorate(governorates []Governorate) (_ Governorate, byName, ok bool) {
	byName = !slices.ContainsFunc(b.Texts, pCode.MatchString)
	var meant []Governorate
	for _, g := range governorates {
		if slices.ContainsFunc(b.Texts, func(t string) bool {
			if !byName {
				return t == g.Code
			}
			name := text.Normalise(t)
			return name == text.Normalise(g.Name.AR) || name == text.Normalise(g.Name.EN)
		}) {
			meant = append(meant, g)
		}
	}
	if len(meant) != 1 {
		return Governorate{}, false, false
	}
	return meant[0], byName, true
}

func (b Boundary) outcome() BoundaryOutcome {
	switch b.Shape.(type) {
	case *geom.Polygon, *geom.MultiPolygon:
	default:
		return BoundaryNoPolygon
	}
	flat, stride := b.Shape.FlatCoords(), b.Shape.Stride()
	if len(flat) == 0 {
		return BoundaryNoPolygon
	}
	for i := 0; i+1 < len(flat); i += stride {
		if _, err := NewPoint(flat[i+1], flat[i]); err != nil {
			return BoundaryNoDegrees
		}
	}
	return BoundaryTaken
}

// valid is the shape in two dimensions with rings that do not cross.
const valid = `
	ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Force2D(@shape::geometry)), 3))`

// examine says what the database knows of the boundary.
func examine(ctx context.Context, q pg.Querier, row *BoundaryRow, shape geom.T) error {
	var sound bool
	err := q.QueryRow(ctx, `
		SELECT ST_IsValid(@shape::geometry),
		       CASE WHEN NOT ST_IsValid(@shape::geometry) THEN ST_IsValidReason(@shape::geometry) ELSE '' END,
		       coalesce(ST_Area(area.geom::geography), 0) / 1e6,
		       count(p.code),
		       count(p.code) FILTER (WHERE NOT ST_Covers(area.geom, p.geog::geometry))
		FROM (SELECT`+valid+` AS geom) AS area
		LEFT JOIN place AS p ON p.governorate_code = @code
		GROUP BY area.geom`, pgx.StrictNamedArgs{"shape": shape, "code": row.Governorate.Code},
	).Scan(&sound, &row.Reason, &row.SquareKM, &row.Places, &row.Outside)
	switch {
	case err != nil:
		return fmt.Errorf("examine a boundary: %w", err)
	case row.SquareKM == 0:
		row.Outcome = BoundaryNoPolygon
	case row.Outside == row.Places:
		row.Outcome = BoundaryElsewhere
	case !sound:
		row.Outcome = BoundaryRepaired
	}
	return nil
}

// writeArea makes the shape the governorate's area, unless it is a dry run, and reports whether it is another one than before.
func writeArea(ctx context.Context, q pg.Querier, code string, shape geom.T, source string, now time.Time, dryRun bool) (changed bool, err error) {
	args := pgx.StrictNamedArgs{"shape": shape, "code": code, "source": source}
	err = q.QueryRow(ctx, `
		SELECT NOT EXISTS (
		  SELECT FROM governorate_area AS a
		  WHERE a.governorate_code = @code
		    AND NOT a.indicative
		    AND a.source = @source
		    AND ST_AsBinary(a.geog) = ST_AsBinary((`+valid+`)::geography)
		)`, args).Scan(&changed)
	if err != nil {
		return false, fmt.Errorf("compare a boundary: %w", err)
	}
	if dryRun || !changed {
		return changed, nil
	}
	args["now"] = now
	_, err = q.Exec(ctx, `
		INSERT INTO governorate_area (governorate_code, geog, indicative, source, updated_at)
		VALUES (@code, (`+valid+`)::geography, false, @source, @now)
		ON CONFLICT ON CONSTRAINT governorate_area_pkey DO UPDATE
		SET geog = EXCLUDED.geog, indicative = false, source = EXCLUDED.source, updated_at = EXCLUDED.updated_at`, args)
	if err != nil {
		return false, fmt.Errorf("write a boundary: %w", err)
	}
	return true, nil
}
