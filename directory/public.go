package directory

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/pg"
)

// anybody is who reads what is public: nobody in particular. Row-level security shows an actor without a role the public part of the
// register, and nothing that is confidential.
type anybody struct{}

func (anybody) Settings() map[string]string { return map[string]string{"tahweel.kind": "public"} }

// PublicQuery asks for what is listed publicly. Conditions combine with AND; the zero value of one asks nothing.
type PublicQuery struct {
	Search         string    // words; each stands in a text of the thing or of its organization, or is found as Store.Search finds it
	TermID         uuid.UUID // classified by the term or one below it; a need or a term of another taxonomy
	TaxonomyID     uuid.UUID // classified by any term of it
	OrganizationID uuid.UUID
	// ModifiedAfter keeps what changed at that instant or later, and adds what has ended since.
	ModifiedAfter *time.Time
	// Near keeps what is given within RadiusMeters of the point, the nearest first.
	Near         *geo.Point
	RadiusMeters float64

	Limit  int             // how many; required
	Offset int             // how many of those before to leave out
	After  *PublicPosition // goes on behind the position, instead of Offset
	sought sought          // what Search asks for
}

// PublicPosition is where a list goes on.
type PublicPosition struct {
	DistanceMeters float64 // zero without a point to be near to
	ID             uuid.UUID
}

// PublicItem says of one thing on a list how it is there.
type PublicItem struct {
	ID             uuid.UUID
	Ended          bool      // it is not public any more
	ModifiedAt     time.Time // when the thing, or something that stands in it, last changed
	DistanceMeters *float64  // nil without a point to be near to
}

// Position returns where the list goes on behind the item.
func (i PublicItem) Position() PublicPosition {
	p := PublicPosition{ID: i.ID}
	if i.DistanceMeters != nil {
		p.DistanceMeters = *i.DistanceMeters
	}
	return p
}

// PublicPage is a part of a list, with everything that may stand in its things. What has ended is among them too: of that the reader
// is told the end and no more.
type PublicPage struct {
	Total         int // of the whole list
	Items         []PublicItem
	Organizations []Organization
	Services      []Service
	Locations     []Location
	Offers        []ServiceAtLocation
	// Grants are the accreditations in force, by organization.
	Grants       map[uuid.UUID]Grant
	Terms        []Term
	Taxonomies   []Taxonomy
	Places       map[string]geo.Place
	Governorates map[string]geo.Governorate
}

// Depth says how much of what stands in a thing is read with it.
type Depth int

// The depths.
const (
	IDsOnly Depth = iota // no more than the items
	Shallow              // what is one for each: of a service its organization, of an offer its service and location
	Deep                 // everything
)

// PublicOrganizations returns a part of the list of organizations that are listed publicly, by id or by distance.
func (s *Store) PublicOrganizations(ctx context.Context, query PublicQuery, depth Depth) (PublicPage, error) {
	return s.public(ctx, query, depth, organizationList)
}

// PublicServices returns a part of the list of services of such organizations, by id or by distance: those that are active, and those
// that are closed for a time.
func (s *Store) PublicServices(ctx context.Context, query PublicQuery, depth Depth) (PublicPage, error) {
	return s.public(ctx, query, depth, serviceList)
}

// PublicOffers returns a part of the list of services at locations, by id or by distance; none at a confidential location, nor at one
// that was temporary and is over.
func (s *Store) PublicOffers(ctx context.Context, query PublicQuery, depth Depth) (PublicPage, error) {
	return s.public(ctx, query, depth, offerList)
}

// PublicOrganization returns one organization with everything that stands in it. Like PublicService and PublicOffer it fails with
// fault.NotFound for what is not public, too.
func (s *Store) PublicOrganization(ctx context.Context, id uuid.UUID) (PublicPage, error) {
	return s.publicOne(ctx, id, organizationList)
}

// PublicService returns one service, see PublicOrganization.
func (s *Store) PublicService(ctx context.Context, id uuid.UUID) (PublicPage, error) {
	return s.publicOne(ctx, id, serviceList)
}

// PublicOffer returns one service at a location, see PublicOrganization.
func (s *Store) PublicOffer(ctx context.Context, id uuid.UUID) (PublicPage, error) {
	return s.publicOne(ctx, id, offerList)
}

func (s *Store) public(ctx context.Context, query PublicQuery, depth Depth, list publicList) (page PublicPage, err error) {
	today := geo.Today(s.clock())
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		page, err = selectPublic(ctx, q, list, query, uuid.Nil, depth, today)
		return err
	})
	return page, err
}

func (s *Store) publicOne(ctx context.Context, id uuid.UUID, list publicList) (page PublicPage, err error) {
	today := geo.Today(s.clock())
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		page, err = selectPublic(ctx, q, list, PublicQuery{Limit: 1}, id, Deep, today)
		if err == nil && len(page.Items) == 0 {
			err = errNotFound
		}
		return err
	})
	return page, err
}

// words are the patterns of the words that are sought.
func (query PublicQuery) words() []string {
	patterns := []string{}
	for _, word := range strings.Fields(query.Search) {
		patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)+"%")
	}
	return patterns
}
