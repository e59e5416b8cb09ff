package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// CoverageAge is how old what Gaps sums up may become before it is the turn of RefreshCoverage.
const CoverageAge = 20 * time.Minute

// GapQuery asks in which governorates how many people have too far to go for what.
type GapQuery struct {
	Need        string       // code of a leaf; empty: all
	Governorate string       // code; empty: all
	After       *GapPosition // the Next of the page before; nil: the first page
	Limit       int          // gaps on a page; 0: all of them
}

// GapPosition is where a page of gaps ended. Its fields are not a contract.
type GapPosition struct {
	People, Places    int
	Need, Governorate string
}

// Counted is a number of places and of the people there, which is indicative; where it is not known, nobody is counted.
type Counted struct{ Places, People int }

// Gap is a need in a governorate from some of whose places nobody can be referred to without going far.
type Gap struct {
	Need            Need
	GovernorateCode string
	GovernorateName Name
	All             Counted // of the governorate
	// Far are the places from which it is 20 km and more to the nearest provider, and those that have none. A service that comes by
	// wire, or whose place is not shown, is near.
	Far      Counted
	Unserved Counted // of these, those that nobody serves however far
	Full     Counted // of Far, those that are so because a provider that is nearer takes nobody
	AsOf     time.Time
}

// GapPage is a page of gaps, those that concern most people first.
type GapPage struct {
	Items []Gap
	Next  *GapPosition
}

// Gaps returns the gaps as RefreshCoverage last found them, those that concern most people first; as of restricted needs, only of
// the places for which the actor is cleared. It fails with fault.Forbidden unless the actor may read coverage, and with fault.Invalid
// "query_invalid" for a need that is no leaf.
func (s *Store) Gaps(ctx context.Context, actor policy.Actor, query GapQuery) (page GapPage, err error) {
	if !actor.Can(policy.Read, policy.ClassCoverage) {
		return GapPage{}, policy.RoleForbids(policy.Read, policy.ClassCoverage)
	}
	var need *uuid.UUID
	if query.Need != "" {
		n, ok := NeedByCode(query.Need)
		if !ok || n.Root() {
			return GapPage{}, errCoverageLeaf
		}
		need = &n.ID
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		page.Items, err = selectGaps(ctx, q, need, query)
		return err
	})
	if query.Limit > 0 && len(page.Items) > query.Limit {
		page.Items = page.Items[:query.Limit]
		last := page.Items[query.Limit-1]
		page.Next = &GapPosition{People: last.Far.People, Places: last.Far.Places, Need: last.Need.Code, Governorate: last.GovernorateCode}
	}
	return page, err
}

type gapRow struct {
	NeedCode       string
	Governorate    string
	NameAr         string
	NameEn         string
	AllPlaces      int
	AllPeople      int
	FarPlaces      int
	FarPeople      int
	UnservedPlaces int
	UnservedPeople int
	FullPlaces     int
	FullPeople     int
	AsOf           time.Time
}

func (r gapRow) gap() Gap {
	need, _ := NeedByCode(r.NeedCode)
	return Gap{
		Need: need, GovernorateCode: r.Governorate, GovernorateName: Name{AR: r.NameAr, EN: r.NameEn}, AsOf: r.AsOf,
		All: Counted{r.AllPlaces, r.AllPeople}, Far: Counted{r.FarPlaces, r.FarPeople},
		Unserved: Counted{r.UnservedPlaces, r.UnservedPeople}, Full: Counted{r.FullPlaces, r.FullPeople},
	}
}

func selectGaps(ctx context.Context, q pg.Querier, need *uuid.UUID, query GapQuery) ([]Gap, error) {
	limit := &query.Limit
	if query.Limit == 0 {
		limit = nil
	} else {
		*limit++
	}
	var after GapPosition
	if query.After != nil {
		after = *query.After
	}
	return many(ctx, q, "read the gaps", gapRow.gap, `
		WITH place_gap AS (
		  SELECT c.need_id, p.governorate_code, coalesce(p.population, 0) AS people, c.full_nearer, c.computed_at,
		         NOT c.without_place AND coalesce(c.effective_meters, 'infinity') >= @far AS far,
		         NOT c.without_place AND c.effective_meters IS NULL AS unserved
		  FROM coverage AS c
		  JOIN place AS p ON p.code = c.place_code
		  WHERE (@need::uuid IS NULL OR c.need_id = @need)
		    AND (@governorate = '' OR p.governorate_code = @governorate)
		),
		gap AS (
		  SELECT n.code AS need_code, g.code AS governorate, g.name_ar, g.name_en,
		         count(*)::integer AS all_places, sum(c.people)::integer AS all_people,
		         (count(*) FILTER (WHERE c.far))::integer AS far_places, coalesce(sum(c.people) FILTER (WHERE c.far), 0)::integer AS far_people,
		         (count(*) FILTER (WHERE c.unserved))::integer AS unserved_places, coalesce(sum(c.people) FILTER (WHERE c.unserved), 0)::integer AS unserved_people,
		         (count(*) FILTER (WHERE c.far AND c.full_nearer))::integer AS full_places,
		         coalesce(sum(c.people) FILTER (WHERE c.far AND c.full_nearer), 0)::integer AS full_people,
		         min(c.computed_at) AS as_of
		  FROM place_gap AS c
		  JOIN need AS n ON n.id = c.need_id
		  JOIN governorate AS g ON g.code = c.governorate_code
		  GROUP BY n.code, g.code
		)
		SELECT need_code, governorate, name_ar, name_en, all_places, all_people, far_places, far_people, unserved_places, unserved_people, full_places, full_people, as_of
		FROM gap
		WHERE far_places > 0
		  AND (@after_need = '' OR (-far_people, -far_places, need_code, governorate) > (-@after_people::integer, -@after_places::integer, @after_need, @after_governorate))
		ORDER BY far_people DESC, far_places DESC, need_code, governorate
		LIMIT @limit::integer`,
		pgx.StrictNamedArgs{
			"far": float64(bandFar), "need": need, "governorate": query.Governorate, "limit": limit,
			"after_need": after.Need, "after_people": after.People, "after_places": after.Places, "after_governorate": after.Governorate,
		})
}

// RefreshCoverage finds out how the places are served for every leaf of which that is not known yet, and for the one of which what is
// known is oldest, if it is older than CoverageAge; it returns for how many it did. Called every half minute it goes round the needs
// within CoverageAge and never takes the database for long. Each need is a transaction of its own; what another process is at is passed
// over, so that any number may run at once. A need that fails does not keep the others: the faults of all are returned together. It is
// the system's act.
func (s *Store) RefreshCoverage(ctx context.Context) (refreshed int, err error) {
	var due []Need
	err = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		due, err = dueNeeds(ctx, q, s.clock())
		return err
	})
	for _, need := range due {
		did := false
		failed := s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
			var err error
			did, err = refreshNeed(ctx, q, need, s.clock())
			return err
		})
		if ctx.Err() != nil {
			return refreshed, errors.Join(err, ctx.Err())
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("coverage of %s: %w", need.Code, failed))
		} else if did {
			refreshed++
		}
	}
	return refreshed, err
}

// dueNeeds are the leaves that were never computed, or else the one whose turn it is. What was computed later than now is old too: the
// demonstration's clock can be set back.
func dueNeeds(ctx context.Context, q pg.Querier, now time.Time) ([]Need, error) {
	type dueRow struct {
		Code  string
		Known bool
	}
	rows, err := many(ctx, q, "read the age of the coverage", func(r dueRow) dueRow { return r }, `
		SELECT n.code, c.computed_at IS NOT NULL AS known
		FROM need AS n
		LEFT JOIN LATERAL (SELECT o.computed_at FROM coverage AS o WHERE o.need_id = n.id LIMIT 1) AS c ON true
		WHERE n.tier IS NOT NULL
		  AND (c.computed_at IS NULL OR c.computed_at <= @older OR c.computed_at > @now)
		ORDER BY c.computed_at NULLS FIRST, n.code`,
		pgx.StrictNamedArgs{"older": now.Add(-CoverageAge), "now": now})
	if err != nil {
		return nil, err
	}
	var due []Need
	for _, r := range rows {
		need, ok := NeedByCode(r.Code)
		if !ok { // of an earlier program, for old referrals
			continue
		}
		if r.Known && len(due) > 0 {
			break
		}
		due = append(due, need)
	}
	return due, nil
}

// refreshNeed writes the rows of one need, unless they are new enough or somebody else is at it.
func refreshNeed(ctx context.Context, q pg.Querier, need Need, now time.Time) (bool, error) {
	var due bool
	err := q.QueryRow(ctx, `
		SELECT set_config('statement_timeout', '1min', true) IS NOT NULL
		   AND pg_try_advisory_xact_lock(hashtextextended('coverage ' || @need::uuid::text, 0))
		   AND NOT EXISTS (SELECT FROM coverage AS c WHERE c.need_id = @need AND c.computed_at > @older AND c.computed_at <= @now)`,
		pgx.StrictNamedArgs{"need": need.ID, "older": now.Add(-CoverageAge), "now": now}).Scan(&due)
	if err != nil || !due {
		return false, err
	}
	ways, err := waysOn(ctx, q, geo.Today(now))
	if err != nil {
		return false, err
	}
	places, err := coverage(ctx, q, need, CoverageQuery{}, ways, now, nil)
	if err != nil {
		return false, err
	}
	return true, replaceCoverage(ctx, q, need, places, now)
}

func replaceCoverage(ctx context.Context, q pg.Querier, need Need, places []PlaceCoverage, now time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM coverage AS c WHERE c.need_id = @need`, pgx.StrictNamedArgs{"need": need.ID}); err != nil {
		return fmt.Errorf("write the coverage: %w", err)
	}
	codes, directorates := make([]string, len(places)), make([]*uuid.UUID, len(places))
	meters, unplaced, full := make([]*float64, len(places)), make([]bool, len(places)), make([]bool, len(places))
	for i, p := range places {
		codes[i], directorates[i], unplaced[i], full[i] = p.PlaceCode, idOrNull(p.DirectorateID), p.WithoutPlace, p.Full != nil
		if p.Nearest != nil {
			meters[i] = &p.Nearest.EffectiveMeters
		}
	}
	_, err := q.Exec(ctx, `
		INSERT INTO coverage (need_id, place_code, directorate_id, restricted, effective_meters, without_place, full_nearer, computed_at)
		SELECT @need, p.code, p.directorate_id, @restricted, p.meters, p.unplaced, p.full_nearer, @now
		FROM unnest(@codes::text[], @directorates::uuid[], @meters::float8[], @unplaced::boolean[], @full::boolean[])
		  AS p (code, directorate_id, meters, unplaced, full_nearer)`,
		pgx.StrictNamedArgs{
			"need": need.ID, "restricted": need.Tier >= 3, "now": now,
			"codes": codes, "directorates": directorates, "meters": meters, "unplaced": unplaced, "full": full,
		})
	if err != nil {
		return fmt.Errorf("write the coverage: %w", err)
	}
	return nil
}
