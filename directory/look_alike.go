package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// LookAlike is an entry that may be the one that was just written, with what speaks for it. It hinders nothing.
type LookAlike struct {
	DuplicateEntry
	Reasons []Reason
}

const (
	sameSpotMeters = 30 // how near another entry of one location stands at most, when its name is the same
	mostLookAlikes = 20
)

// What the catalogue shows of other entries it shows to all who may write one; the join to their tables keeps it to what row-level security
// shows the actor. Nothing of a confidential location is in directory_text.
const (
	sameName = `(t.normalised_ar <> '' AND t.normalised_ar = s.normalised_ar OR t.normalised_en <> '' AND t.normalised_en = s.normalised_en)`

	likeOrganizationSQL = `
	SELECT t.id, t.name_ar, t.name_en, t.organization_id, o.version, ` + sameName + ` AS name, t.telephones && s.telephones AS telephone, NULL::float8 AS meters,
	       false AS same_organization
	FROM directory_text AS s
	JOIN directory_text AS t ON t.entity = 'organization' AND t.id <> s.id AND (` + sameName + ` OR t.telephones && s.telephones)
	JOIN organization AS o ON o.id = t.id
	WHERE s.entity = 'organization' AND s.id = @id
	ORDER BY t.id
	LIMIT @limit`

	likeLocationSQL = `
	SELECT t.id, t.name_ar, t.name_en, t.organization_id, l.version, true AS name, t.telephones && s.telephones AS telephone,
	       ST_Distance(t.geog, s.geog) AS meters, t.organization_id = s.organization_id AS same_organization
	FROM directory_text AS s
	JOIN directory_text AS t ON t.entity = 'location' AND t.id <> s.id AND ST_DWithin(t.geog, s.geog, @meters) AND ` + sameName + `
	JOIN location AS l ON l.id = t.id
	WHERE s.entity = 'location' AND s.id = @id
	ORDER BY t.id
	LIMIT @limit`
)

type lookAlikeRow struct {
	ID               uuid.UUID
	NameAr           string
	NameEn           string
	OrganizationID   uuid.UUID
	Version          int
	Name             bool
	Telephone        bool
	Meters           *float64
	SameOrganization bool
}

func (r lookAlikeRow) lookAlike(kind TextEntity) LookAlike {
	common := resemblance{Telephone: r.Telephone, DistanceMeters: r.Meters, SameOrganization: r.SameOrganization}
	if r.Name {
		common.Name = certain
	}
	entry := DuplicateEntry{ID: r.ID, Name: Name{AR: r.NameAr, EN: r.NameEn}, OrganizationID: r.OrganizationID, Version: r.Version}
	return LookAlike{DuplicateEntry: entry, Reasons: common.reasons(kind)}
}

// LikeOrganization returns what an organization that was just written may be a second entry of, as CreateOrganization does.
func LikeOrganization(ctx context.Context, q pg.Querier, id uuid.UUID) ([]LookAlike, error) {
	return likeOrganization(ctx, q, id)
}

// likeOrganization returns the organizations with the name or a telephone of the one that was written, and likeLocation the locations
// with the name of one, on the same spot; neither what was found to be another thing.
func likeOrganization(ctx context.Context, q pg.Querier, id uuid.UUID) ([]LookAlike, error) {
	return lookAlikes(ctx, q, OrganizationText, id, likeOrganizationSQL, pgx.StrictNamedArgs{"id": id, "limit": mostLookAlikes})
}

func likeLocation(ctx context.Context, q pg.Querier, id uuid.UUID) ([]LookAlike, error) {
	return lookAlikes(ctx, q, LocationText, id, likeLocationSQL, pgx.StrictNamedArgs{"id": id, "limit": mostLookAlikes, "meters": sameSpotMeters})
}

func lookAlikes(ctx context.Context, q pg.Querier, kind TextEntity, id uuid.UUID, sql string, args pgx.StrictNamedArgs) ([]LookAlike, error) {
	found, err := many(ctx, q, "look for another entry", func(r lookAlikeRow) LookAlike { return r.lookAlike(kind) }, sql, args)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	told, err := toldApart(ctx, q, kind, id)
	var left []LookAlike
	for _, f := range found {
		if !told[f.ID] {
			left = append(left, f)
		}
	}
	return left, err
}

// toldApart are the things that somebody has found to be others than this one. It is read as the system, for a yes or no only: whoever
// writes is not asked again either.
func toldApart(ctx context.Context, q pg.Querier, kind TextEntity, id uuid.UUID) (others map[uuid.UUID]bool, err error) {
	others = map[uuid.UUID]bool{}
	err = pg.Elevate(ctx, q, func(q pg.Querier) error {
		rows, err := q.Query(ctx, `
			SELECT CASE low_id WHEN @id THEN high_id ELSE low_id END
			FROM duplicate_dismissal
			WHERE kind = @kind AND @id IN (low_id, high_id)
			ORDER BY 1`, pgx.StrictNamedArgs{"id": id, "kind": kind})
		if err != nil {
			return err
		}
		var other uuid.UUID
		_, err = pgx.ForEachRow(rows, []any{&other}, func() error { others[other] = true; return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the dismissals: %w", err)
	}
	return others, nil
}

// readNewOrganization is readOrganization with what may be the same.
func readNewOrganization(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Organization, error) {
	o, err := readOrganization(ctx, q, actor, id)
	if err == nil {
		o.PossibleDuplicates, err = likeOrganization(ctx, q, id)
	}
	return o, err
}

// readNewLocation is readLocation with what may be the same; of a confidential one nothing is compared.
func readNewLocation(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Location, error) {
	l, err := readLocation(ctx, q, actor, id)
	if err == nil && !l.Confidential {
		l.PossibleDuplicates, err = likeLocation(ctx, q, id)
	}
	return l, err
}
