package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// Holding is all that stands of one organization and has not ended, but for its confidential places and what is given there.
type Holding struct {
	Organization Organization
	Locations    []Location
	Services     []Service
	Offers       []ServiceAtLocation
}

// HoldersOf are the ids of the organizations that have not ended, a page of them after an id; with only, of that one alone.
func HoldersOf(ctx context.Context, q pg.Querier, only, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		SELECT id
		FROM organization
		WHERE status = 'active' AND id > @after AND (@only::uuid IS NULL OR id = @only)
		ORDER BY id
		LIMIT @limit`, pgx.StrictNamedArgs{"only": idOrNull(only), "after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("list the organizations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// HoldingOf reads what stands of one organization, in the transaction of q and with all that is not public of it. It fails with
// fault.NotFound.
func HoldingOf(ctx context.Context, q pg.Querier, organization uuid.UUID) (h Holding, err error) {
	args := pgx.StrictNamedArgs{"organization": organization}
	if h.Organization, err = selectOrganization(ctx, q, organization); err != nil {
		return Holding{}, err
	}
	h.Locations, err = many(ctx, q, "list the locations", locationRow.location, locationSQL+`
		WHERE organization_id = @organization AND NOT confidential AND merged_into IS NULL
		ORDER BY id`, args)
	if err != nil {
		return Holding{}, err
	}
	h.Services, err = many(ctx, q, "list the services", serviceRow.service, serviceSQL+`
		WHERE s.organization_id = @organization AND s.status <> 'defunct'
		ORDER BY s.id`, args)
	if err != nil {
		return Holding{}, err
	}
	if err := fillAreas(ctx, q, h.Services); err != nil {
		return Holding{}, err
	}
	h.Offers, err = many(ctx, q, "list the services at locations", offerRow.offer, offerSQL+`
		WHERE s.organization_id = @organization AND sal.status <> 'defunct' AND s.status <> 'defunct' AND sal.confidential_location_id IS NULL
		ORDER BY sal.id`, args)
	return h, err
}

// Vocabulary reads all taxonomies and terms but the needs, which the program has.
func Vocabulary(ctx context.Context, q pg.Querier) ([]Taxonomy, []Term, error) {
	taxonomies, err := selectTaxonomies(ctx, q, `true`, nil)
	if err != nil {
		return nil, nil, err
	}
	terms, err := selectTerms(ctx, q, `true`, nil)
	return taxonomies, terms, err
}
