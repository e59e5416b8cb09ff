package mou

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// BarKind says by what an instrument bars its organization.
type BarKind string

// The kinds of bar, the gravest first.
const (
	BarTerminatedForCause BarKind = "terminated_for_cause" // cuts at once
	BarSafeguarding       BarKind = "safeguarding"         // cuts at once
	BarAdministrative     BarKind = "administrative"       // no new sends; what is under way winds down
	BarTerminated         BarKind = "terminated"           // the same: an end that nobody was to blame for
)

// Bar is a stop of an instrument: nothing new is sent under it, and what is under way ends when Cut says.
type Bar struct {
	Kind         BarKind
	Since        time.Time
	WindDownEnds *time.Time // nil: at once
}

// Cut reports whether what is under way under the instrument is to be closed to the provider at the instant: at once, or once the
// wind-down is over.
func (b Bar) Cut(now time.Time) bool { return b.WindDownEnds == nil || !now.Before(*b.WindDownEnds) }

// Barred returns the bars of those of the instruments that were suspended or terminated, read in the transaction of the act. An
// instrument that only expired is not among them: what is under way under it goes on (policy.md, "timely renewal continues what it
// renews"). What was sent under a version that an amendment replaced is barred with the amendment too; of several bars the gravest
// is taken. Instruments that row-level security hides are not barred as far as the actor can know.
func Barred(ctx context.Context, q pg.Querier, instrumentIDs []uuid.UUID) (map[uuid.UUID]Bar, error) {
	rows, err := q.Query(ctx, barredSQL, pgx.StrictNamedArgs{"ids": instrumentIDs})
	if err != nil {
		return nil, fmt.Errorf("read the bars: %w", err)
	}
	type barRow struct {
		ID           uuid.UUID
		Kind         BarKind
		Since        time.Time
		WindDownEnds *time.Time
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[barRow])
	if err != nil {
		return nil, fmt.Errorf("read the bars: %w", err)
	}
	bars := make(map[uuid.UUID]Bar, len(found))
	for _, r := range found {
		bars[r.ID] = Bar{Kind: r.Kind, Since: r.Since, WindDownEnds: r.WindDownEnds}
	}
	return bars, nil
}

const barredSQL = `
	WITH RECURSIVE version (id, of_id) AS (
	  SELECT i.id, i.id
	  FROM instrument AS i
	  WHERE i.id = ANY (@ids)
	  UNION
	  SELECT i.id, v.of_id
	  FROM version AS v
	  JOIN instrument AS i ON i.supersedes_id = v.id
	)
	SELECT DISTINCT ON (v.of_id) v.of_id AS id, b.kind, b.since, i.wind_down_ends_at AS wind_down_ends
	FROM version AS v
	JOIN instrument AS i ON i.id = v.id
	CROSS JOIN LATERAL (
	  SELECT CASE
	           WHEN i.terminated_for_cause THEN 'terminated_for_cause'
	           WHEN i.suspension_kind = 'safeguarding' THEN 'safeguarding'
	           WHEN i.suspension_kind = 'administrative' THEN 'administrative'
	           ELSE 'terminated'
	         END AS kind,
	         CASE WHEN i.terminated_for_cause THEN i.terminated_at ELSE coalesce(i.suspended_at, i.terminated_at) END AS since
	) AS b
	WHERE coalesce(i.suspended_at, i.terminated_at) IS NOT NULL
	ORDER BY v.of_id, i.wind_down_ends_at NULLS FIRST, b.since, i.id`
