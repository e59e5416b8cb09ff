package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

type duplicateRow struct {
	A                uuid.UUID
	B                uuid.UUID
	ANameAr          string
	ANameEn          string
	BNameAr          string
	BNameEn          string
	AOrganizationID  uuid.UUID
	BOrganizationID  uuid.UUID
	AVersion         int
	BVersion         int
	Name             int
	Registration     bool
	Telephone        bool
	DistanceMeters   *float64
	SameOrganization bool
}

func (r duplicateRow) resemblance() resemblance {
	return resemblance{
		Name: r.Name, Registration: r.Registration, Telephone: r.Telephone, DistanceMeters: r.DistanceMeters, SameOrganization: r.SameOrganization,
	}
}

func (r duplicateRow) duplicate(kind TextEntity) Duplicate {
	common := r.resemblance()
	return Duplicate{
		Kind:  kind,
		A:     DuplicateEntry{ID: r.A, Name: Name{AR: r.ANameAr, EN: r.ANameEn}, OrganizationID: r.AOrganizationID, Version: r.AVersion},
		B:     DuplicateEntry{ID: r.B, Name: Name{AR: r.BNameAr, EN: r.BNameEn}, OrganizationID: r.BOrganizationID, Version: r.BVersion},
		Score: common.score(), Reasons: common.reasons(kind),
	}
}

// subjectsSQL are entries that one page looks at.
const subjectsSQL = `
	SELECT t.id
	FROM directory_text AS t
	WHERE t.entity = @kind AND t.id >= @after_a
	ORDER BY t.id
	LIMIT @subjects`

// pairsSQL compares the subjects with what has a greater id and something in common that an index finds, so many pairs at most: of a name
// that a thousand bear there are half a million.
const pairsSQL = `
	WITH subject AS MATERIALIZED (
	  SELECT t.*
	  FROM directory_text AS t
	  WHERE t.entity = @kind AND t.id = ANY (@ids)
	),
	pair AS (
	  SELECT s.id AS a, o.id AS b
	  FROM subject AS s
	  CROSS JOIN LATERAL (
	    SELECT m.id
	    FROM (
	      SELECT t.id
	      FROM directory_text AS t
	      WHERE t.entity = 'organization' AND @kind = 'organization'
	        AND (t.normalised_ar % s.normalised_ar OR t.normalised_en % s.normalised_en OR t.telephones && s.telephones)
	      UNION
	      SELECT y.id
	      FROM organization AS x
	      JOIN organization AS y ON y.registration_number = x.registration_number AND y.registering_authority = x.registering_authority
	      WHERE @kind = 'organization' AND x.id = s.id AND x.registration_number <> '' AND y.status = 'active'
	      UNION
	      SELECT t.id
	      FROM directory_text AS t
	      WHERE t.entity = 'location' AND @kind = 'location' AND ST_DWithin(t.geog, s.geog, @meters)
	      UNION
	      SELECT t.id
	      FROM directory_text AS t
	      WHERE t.entity = 'location' AND @kind = 'location' AND t.organization_id = s.organization_id AND (t.geog IS NULL OR s.geog IS NULL)
	    ) AS m
	    WHERE m.id > s.id AND (s.id, m.id) > (@after_a, @after_b)
	      AND NOT EXISTS (SELECT FROM duplicate_dismissal AS d WHERE d.kind = @kind AND d.low_id = s.id AND d.high_id = m.id)
	    ORDER BY m.id
	    LIMIT @pairs
	  ) AS o
	  ORDER BY s.id, o.id
	  LIMIT @pairs
	),
	told AS (
	  SELECT p.a, p.b, a.name_ar AS a_name_ar, a.name_en AS a_name_en, b.name_ar AS b_name_ar, b.name_en AS b_name_en,
	         a.organization_id AS a_organization_id, b.organization_id AS b_organization_id,
	         round(1000 * greatest(similarity(a.normalised_ar, b.normalised_ar), similarity(a.normalised_en, b.normalised_en)))::integer AS name,
	         a.telephones && b.telephones AS telephone, a.organization_id = b.organization_id AS same_organization,
	         CASE WHEN @kind = 'location' THEN ST_Distance(a.geog, b.geog, false)
	              ELSE (SELECT min(ST_Distance(x.geog, y.geog, false))
	                    FROM directory_text AS x
	                    JOIN directory_text AS y ON y.organization_id = b.organization_id AND y.entity = 'location'
	                    WHERE x.organization_id = a.organization_id AND x.entity = 'location') END AS distance_meters
	  FROM pair AS p
	  JOIN subject AS a ON a.id = p.a
	  JOIN directory_text AS b ON b.entity = @kind AND b.id = p.b
	)
	SELECT t.*, coalesce(oa.version, la.version) AS a_version, coalesce(ob.version, lb.version) AS b_version,
	       coalesce(oa.registration_number <> '' AND (oa.registration_number, oa.registering_authority) = (ob.registration_number, ob.registering_authority), false)
	         AS registration
	FROM told AS t
	LEFT JOIN organization AS oa ON oa.id = t.a AND @kind = 'organization'
	LEFT JOIN organization AS ob ON ob.id = t.b AND @kind = 'organization'
	LEFT JOIN location AS la ON la.id = t.a AND @kind = 'location'
	LEFT JOIN location AS lb ON lb.id = t.b AND @kind = 'location'
	ORDER BY t.a, t.b`

// duplicates looks at entries, some at a time and so many at most, and returns the pairs among what was found that are worth a person's
// time.
func duplicates(ctx context.Context, q pg.Querier, kind TextEntity, after *DuplicatePosition, limit int) (page DuplicatePage, err error) {
	from := DuplicatePosition{}
	if after != nil {
		from = *after
	}
	if _, err := q.Exec(ctx, `SELECT set_config('pg_trgm.similarity_threshold', '0.5', true)`); err != nil {
		return page, fmt.Errorf("look for duplicates: %w", err)
	}
	for range duplicateRounds {
		found, next, err := comparePairs(ctx, q, kind, from)
		if err != nil {
			return page, err
		}
		for _, r := range found {
			if !r.resemblance().speaks(kind) {
				continue
			}
			if len(page.Items) == limit {
				last := page.Items[limit-1]
				page.Next = &DuplicatePosition{A: last.A.ID, B: last.B.ID}
				return page, nil
			}
			page.Items = append(page.Items, r.duplicate(kind))
		}
		if next == nil {
			return page, nil
		}
		from, page.Next = *next, next
	}
	return page, nil
}

// comparePairs looks at the next few entries from a position, and returns the pairs and the position after them; nil: that was the last.
func comparePairs(ctx context.Context, q pg.Querier, kind TextEntity, from DuplicatePosition) ([]duplicateRow, *DuplicatePosition, error) {
	rows, err := q.Query(ctx, subjectsSQL, pgx.StrictNamedArgs{"kind": kind, "after_a": from.A, "subjects": duplicateSubjects})
	if err != nil {
		return nil, nil, fmt.Errorf("look for duplicates: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, nil, fmt.Errorf("look for duplicates: %w", err)
	}
	rows, err = q.Query(ctx, pairsSQL, pgx.StrictNamedArgs{
		"kind": kind, "ids": ids, "after_a": from.A, "after_b": from.B, "meters": duplicateMeters, "pairs": duplicatePairs,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look for duplicates: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[duplicateRow])
	if err != nil {
		return nil, nil, fmt.Errorf("look for duplicates: %w", err)
	}
	if n := len(found); n == duplicatePairs {
		return found, &DuplicatePosition{A: found[n-1].A, B: found[n-1].B}, nil
	}
	if len(ids) < duplicateSubjects {
		return found, nil, nil
	}
	return found, &DuplicatePosition{A: ids[len(ids)-1], B: uuid.Max}, nil
}

var errPossibleDuplicate = fault.New(fault.Impossible, "possible_duplicate",
	"An organization with this registration number and authority exists already.", "توجد مسبقًا منظمة برقم التسجيل هذا لدى هذه الجهة.")

// registeredOnce fails with errPossibleDuplicate if another active organization has the registration of o.
func registeredOnce(ctx context.Context, q pg.Querier, o Organization) error {
	if o.RegistrationNumber == "" {
		return nil
	}
	var taken bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
		  SELECT FROM organization
		  WHERE registration_number = @number AND registering_authority = @authority AND status = 'active')`,
		pgx.StrictNamedArgs{"number": o.RegistrationNumber, "authority": o.RegisteringAuthority}).Scan(&taken)
	switch {
	case err != nil:
		return fmt.Errorf("look for the registration: %w", err)
	case taken:
		return errPossibleDuplicate.At("/registration_number", "It is in the register already.", "موجود في السجل مسبقًا.")
	}
	return nil
}

type dismissalRow struct {
	ID          uuid.UUID
	Kind        TextEntity
	LowID       uuid.UUID
	HighID      uuid.UUID
	DismissedAt time.Time
	Version     int
}

func selectDismissal(ctx context.Context, q pg.Querier, _ policy.Actor, id uuid.UUID) (Dismissal, error) {
	return one(ctx, q, "read the dismissal", func(r dismissalRow) Dismissal {
		return Dismissal{ID: r.ID, Kind: r.Kind, Pair: [2]uuid.UUID{r.LowID, r.HighID}, DismissedAt: r.DismissedAt, Version: r.Version}
	}, `
		SELECT id, kind, low_id, high_id, created_at AS dismissed_at, version
		FROM duplicate_dismissal
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

// insertDismissal writes it, unless the pair was dismissed before, and returns the one there is.
func insertDismissal(ctx context.Context, q pg.Querier, d Dismissal, actor policy.Actor) (Dismissal, error) {
	args := pgx.StrictNamedArgs{
		"id": d.ID, "kind": d.Kind, "low": d.Pair[0], "high": d.Pair[1], "account": idOrNull(actor.AccountID), "now": d.DismissedAt,
	}
	if _, err := q.Exec(ctx, `
		INSERT INTO duplicate_dismissal (id, kind, low_id, high_id, account_id, created_at)
		VALUES (@id, @kind, @low, @high, @account, @now)
		ON CONFLICT ON CONSTRAINT duplicate_dismissal_unique DO NOTHING`, args); err != nil {
		return Dismissal{}, fmt.Errorf("dismiss a duplicate: %w", err)
	}
	var id uuid.UUID
	if err := q.QueryRow(ctx, `
		SELECT id
		FROM duplicate_dismissal
		WHERE kind = @kind AND low_id = @low AND high_id = @high`,
		pgx.StrictNamedArgs{"kind": d.Kind, "low": d.Pair[0], "high": d.Pair[1]}).Scan(&id); err != nil {
		return Dismissal{}, fmt.Errorf("dismiss a duplicate: %w", err)
	}
	return selectDismissal(ctx, q, actor, id)
}
