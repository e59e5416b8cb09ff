package directory

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/pg"
)

// publicList is how a list of public things is asked for. Each has the thing's table under a name of its own and the listing as li.
type publicList struct {
	id           string // of the thing
	organization string // whose it is
	from         string
	only         string // what the list is about at all
	current      string // what is public of it, besides its organization
	once         string // what was public of it while its organization was listed, or is
	modified     []string
	touched      string              // the instants at which the thing and what stands in it changed
	near         string              // the distance to each thing that has one
	word         func(sought) string // what holds if every word is found
	term         string              // what holds if one of @needs or @terms classifies it
	taxonomy     string              // what holds if a term of @taxonomy classifies it
}

// A service is public while it is offered, and while it is closed for a time; the index service_public_idx says the same.
const serviceIsPublic = `(s.status = 'active' OR (s.status = 'inactive' AND s.details ? 'temporarily_closed'))`

// A location that was there for a time is over after its last day, and one that was merged is another.
const locationIsThere = `(l.merged_into IS NULL AND (l.valid_to IS NULL OR l.valid_to >= @today))`

// endedAfter is what holds of a thing that was public by itself until the instant or later.
func endedAfter(id, instant string) string {
	return `EXISTS (SELECT FROM public_end AS e WHERE e.id = ` + id + ` AND e.ended_at >= ` + instant + `)`
}

const isListed = `li.listed_from <= @today AND li.listed_to >= @today`

// An organization enters and leaves a list also when a day comes that was written down before.
const listingChanged = `(li.changed_at >= @modified OR li.listed_from BETWEEN @modified_day AND @today
	       OR (li.listed_to >= @modified_day::date - 1 AND li.listed_to < @today))`

// classified are the services that one of the needs or terms classifies.
const servicesOfTerms = `
	  SELECT sn.service_id FROM service_need AS sn WHERE sn.need_id = ANY (@needs)
	  UNION
	  SELECT s.id FROM service AS s WHERE s.details ? 'attributes' AND s.details -> 'attributes' @> ANY (@terms::jsonb[])`

const servicesOfTaxonomy = `
	  SELECT sn.service_id FROM service_need AS sn WHERE @needs_taxonomy
	  UNION
	  SELECT s.id FROM service AS s, jsonb_array_elements(s.details -> 'attributes') AS a
	  WHERE s.details ? 'attributes' AND a ->> 'taxonomy_term_id' IN (SELECT t.id::text FROM taxonomy_term AS t WHERE t.taxonomy_id = @taxonomy)`

var serviceList = publicList{
	id: "s.id", organization: "s.organization_id",
	from:    `service AS s JOIN listing AS li ON li.organization_id = s.organization_id`,
	only:    "true",
	current: serviceIsPublic,
	once:    `(` + serviceIsPublic + ` OR ` + endedAfter("s.id", "li.listed_since") + `)`,
	modified: []string{
		`s.updated_at >= @modified`,
		`s.organization_id IN (SELECT o.id FROM organization AS o WHERE o.updated_at >= @modified)`,
		`s.id IN (SELECT sal.service_id FROM service_at_location AS sal WHERE sal.updated_at >= @modified AND sal.confidential_location_id IS NULL)`,
		`s.organization_id IN (SELECT l.organization_id FROM location AS l WHERE l.updated_at >= @modified)`,
	},
	touched: `s.updated_at, (SELECT o.updated_at FROM organization AS o WHERE o.id = s.organization_id),
	       (SELECT max(sal.updated_at) FROM service_at_location AS sal WHERE sal.service_id = s.id AND sal.confidential_location_id IS NULL),
	       (SELECT max(l.updated_at) FROM location AS l WHERE l.organization_id = s.organization_id)`,
	near: `
	  SELECT sal.service_id AS id, min(ST_Distance(l.geog, @near::geography)) AS distance
	  FROM location AS l
	  JOIN service_at_location AS sal ON sal.location_id = l.id
	  WHERE ST_DWithin(l.geog, @near::geography, @radius) AND sal.status = 'active' AND ` + locationIsThere + `
	  GROUP BY sal.service_id`,
	word: sought.ofService, term: `s.id IN (` + servicesOfTerms + `)`, taxonomy: `s.id IN (` + servicesOfTaxonomy + `)`,
}

var organizationList = publicList{
	id: "o.id", organization: "o.id",
	from:    `organization AS o JOIN listing AS li ON li.organization_id = o.id`,
	only:    "true",
	current: "true",
	once:    "true",
	modified: []string{
		`o.updated_at >= @modified`,
		`o.id IN (SELECT s.organization_id FROM service AS s WHERE s.updated_at >= @modified)`,
		`o.id IN (SELECT l.organization_id FROM location AS l WHERE l.updated_at >= @modified)`,
	},
	touched: `o.updated_at, (SELECT max(s.updated_at) FROM service AS s WHERE s.organization_id = o.id),
	       (SELECT max(l.updated_at) FROM location AS l WHERE l.organization_id = o.id)`,
	near: `
	  SELECT l.organization_id AS id, min(ST_Distance(l.geog, @near::geography)) AS distance
	  FROM location AS l
	  WHERE ST_DWithin(l.geog, @near::geography, @radius) AND ` + locationIsThere + `
	  GROUP BY l.organization_id`,
	word: sought.ofOrganization,
	term: `(o.id IN (SELECT s.organization_id FROM service AS s WHERE ` + serviceIsPublic + ` AND s.id IN (` + servicesOfTerms + `))
	       OR o.details -> 'attributes' @> ANY (@terms::jsonb[]))`,
	taxonomy: `o.id IN (SELECT s.organization_id FROM service AS s WHERE ` + serviceIsPublic + ` AND s.id IN (` + servicesOfTaxonomy + `))`,
}

var offerList = publicList{
	id: "sal.id", organization: "s.organization_id",
	from: `service_at_location AS sal JOIN service AS s ON s.id = sal.service_id JOIN listing AS li ON li.organization_id = s.organization_id
	LEFT JOIN location AS l ON l.id = sal.location_id`,
	only:    `sal.confidential_location_id IS NULL`,
	current: `sal.status = 'active' AND ` + serviceIsPublic + ` AND ` + locationIsThere,
	once: `(sal.status = 'active' OR ` + endedAfter("sal.id", "li.listed_since") + `)
	  AND (` + serviceIsPublic + ` OR ` + endedAfter("s.id", "greatest(li.listed_since, sal.created_at)") + `)`,
	modified: []string{
		`sal.updated_at >= @modified`, `s.updated_at >= @modified`, `l.updated_at >= @modified`,
		`(l.valid_to >= @modified_day::date - 1 AND l.valid_to < @today)`,
	},
	touched: `sal.updated_at, s.updated_at, l.updated_at`,
	near: `
	  SELECT sal.id, ST_Distance(l.geog, @near::geography) AS distance
	  FROM location AS l
	  JOIN service_at_location AS sal ON sal.location_id = l.id
	  WHERE ST_DWithin(l.geog, @near::geography, @radius)`,
	word:     sought.ofService,
	term:     `(s.id IN (` + servicesOfTerms + `) OR sal.details -> 'attributes' @> ANY (@terms::jsonb[]))`,
	taxonomy: `s.id IN (` + servicesOfTaxonomy + `)`,
}

// where joins the conditions that the query has.
func (list publicList) where(query PublicQuery, one uuid.UUID) string {
	now := list.current + ` AND ` + isListed
	conditions := []string{list.only}
	if query.ModifiedAfter == nil {
		conditions = append(conditions, now)
	} else {
		changed := append([]string{listingChanged}, list.modified...)
		conditions = append(conditions, `(li.was_listed OR li.listed_from <= @today)`, list.once, `(`+strings.Join(changed, ` OR `)+`)`)
	}
	if one != uuid.Nil {
		conditions = append(conditions, list.id+` = @one`)
	}
	if query.OrganizationID != uuid.Nil {
		conditions = append(conditions, list.organization+` = @organization`)
	}
	if len(query.words()) > 0 {
		conditions = append(conditions, list.word(query.sought))
	}
	if query.TermID != uuid.Nil {
		conditions = append(conditions, list.term)
	}
	if query.TaxonomyID != uuid.Nil {
		conditions = append(conditions, list.taxonomy)
	}
	return strings.Join(conditions, `
	  AND `)
}

// sql returns how the list is counted and how a part of it is read.
func (list publicList) sql(query PublicQuery, one uuid.UUID) (count, part string) {
	from := list.from
	ended := `false` // so that without it an index alone will do
	if query.ModifiedAfter != nil {
		ended = `NOT coalesce(` + list.current + ` AND ` + isListed + `, false)`
	}
	distance, order, behind := `0::float8`, list.id, list.id+` > @after`
	if query.Near != nil {
		from += `
	JOIN (` + list.near + `
	) AS near ON near.id = ` + list.id
		distance, order, behind = `near.distance`, `near.distance, `+list.id, `(near.distance, `+list.id+`) > (@after_distance, @after)`
	}
	where := list.where(query, one)
	count = `SELECT count(*) FROM ` + from + ` WHERE ` + where
	if query.After != nil {
		where += `
	  AND ` + behind
	}
	part = `
	WITH part AS (
	  SELECT ` + list.id + ` AS id, ` + distance + ` AS distance, ` + ended + ` AS ended
	  FROM ` + from + `
	  WHERE ` + where + `
	  ORDER BY ` + order + `
	  LIMIT @limit OFFSET @offset
	)
	SELECT part.id, part.distance, part.ended, greatest(li.changed_at, ` + list.touched + `) AS modified_at
	FROM part
	JOIN (` + list.from + `) ON ` + list.id + ` = part.id
	ORDER BY part.distance, part.id`
	return count, part
}

func (list publicList) args(ctx context.Context, q pg.Querier, query PublicQuery, one uuid.UUID, today time.Time) (pgx.NamedArgs, error) {
	args := pgx.NamedArgs{
		"today": today, "one": one, "organization": query.OrganizationID, "words": query.words(), "taxonomy": query.TaxonomyID,
		"needs_taxonomy": query.TaxonomyID == NeedsTaxonomy.ID, "limit": query.Limit, "offset": query.Offset,
	}
	maps.Copy(args, query.sought.args(query.Search))
	if query.ModifiedAfter != nil {
		args["modified"], args["modified_day"] = *query.ModifiedAfter, geo.Today(*query.ModifiedAfter)
	}
	if query.Near != nil {
		args["near"], args["radius"] = *query.Near, query.RadiusMeters
	}
	if query.After != nil {
		args["after"], args["after_distance"], args["offset"] = query.After.ID, query.After.DistanceMeters, 0
	}
	if query.TermID != uuid.Nil {
		terms, err := termsBelow(ctx, q, query.TermID)
		if err != nil {
			return nil, err
		}
		holding := make([]string, len(terms))
		for i, id := range terms {
			holding[i] = `[{"taxonomy_term_id": "` + id.String() + `"}]`
		}
		args["needs"], args["terms"] = terms, holding
	}
	return args, nil
}

// termsBelow returns the term and those below it, whether needs or not.
func termsBelow(ctx context.Context, q pg.Querier, id uuid.UUID) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		WITH RECURSIVE below AS (
		  SELECT @id::uuid AS id
		  UNION
		  SELECT child.id
		  FROM below
		  JOIN (SELECT n.id, n.parent_id FROM need AS n UNION ALL SELECT t.id, t.parent_id FROM taxonomy_term AS t) AS child
		    ON child.parent_id = below.id
		)
		SELECT id FROM below ORDER BY id`, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, fmt.Errorf("read the terms: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

type publicRow struct {
	ID         uuid.UUID
	Distance   float64
	Ended      bool
	ModifiedAt time.Time
}

// selectPublic reads a part of the list and what stands in it, in a number of questions that does not depend on its length.
func selectPublic(ctx context.Context, q pg.Querier, list publicList, query PublicQuery, one uuid.UUID, depth Depth, today time.Time) (PublicPage, error) {
	var err error
	if query.sought, err = soughtWords(ctx, q, query.Search); err != nil {
		return PublicPage{}, err
	}
	args, err := list.args(ctx, q, query, one, today)
	if err != nil {
		return PublicPage{}, err
	}
	count, part := list.sql(query, one)
	var page PublicPage
	if query.After == nil && one == uuid.Nil {
		if err := q.QueryRow(ctx, count, args).Scan(&page.Total); err != nil {
			return PublicPage{}, fmt.Errorf("count what is public: %w", err)
		}
	}
	rows, err := q.Query(ctx, part, args)
	if err != nil {
		return PublicPage{}, fmt.Errorf("list what is public: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[publicRow])
	if err != nil {
		return PublicPage{}, fmt.Errorf("list what is public: %w", err)
	}
	for _, r := range found {
		item := PublicItem{ID: r.ID, Ended: r.Ended, ModifiedAt: r.ModifiedAt}
		if query.Near != nil {
			item.DistanceMeters = &r.Distance
		}
		page.Items = append(page.Items, item)
	}
	if depth == IDsOnly || len(found) == 0 {
		return page, nil
	}
	return page, page.fill(ctx, q, list, depth, today)
}
