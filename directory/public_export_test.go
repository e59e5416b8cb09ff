package directory

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/geo"
	"tahweel/internal/pg"
)

// counting counts what is asked of the database.
type counting struct {
	pg.Querier
	asked int
}

func (c *counting) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c.asked++
	return c.Querier.Query(ctx, sql, args...)
}

func (c *counting) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.asked++
	return c.Querier.QueryRow(ctx, sql, args...)
}

func (c *counting) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c.asked++
	return c.Querier.Exec(ctx, sql, args...)
}

// CountedServices is PublicServices with everything that stands in them, and how many questions it took; one by one asks for each
// service alone, as it must not be done.
func (s *Store) CountedServices(ctx context.Context, query PublicQuery, oneByOne bool) (page PublicPage, asked int, err error) {
	today := geo.Today(s.clock())
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		c := &counting{Querier: q}
		defer func() { asked = c.asked }()
		page, err = selectPublic(ctx, c, serviceList, query, uuid.Nil, Deep, today)
		for _, item := range page.Items {
			if oneByOne && err == nil {
				_, err = selectPublic(ctx, c, serviceList, PublicQuery{Limit: 1}, item.ID, Deep, today)
			}
		}
		return err
	})
	return page, asked, err
}

// OffersRead counts the offers at confidential locations that a reader is given: by the query of the public or by one that does not
// leave them out, as nobody in particular or as the system, from which row-level security hides nothing.
func (s *Store) OffersRead(ctx context.Context, guarded, asSystem bool) (confidential int, err error) {
	var actor pg.Actor = anybody{}
	if asSystem {
		actor = pg.System{}
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		offers, err := many(ctx, q, "read the offers", offerRow.offer, offerSQL+` ORDER BY sal.id`, nil)
		if guarded && err == nil {
			ids := mapped(offers, func(o ServiceAtLocation) uuid.UUID { return o.ID })
			offers, err = publicOffers(ctx, q, `sal.id = ANY (@ids)`, ids)
		}
		for _, o := range offers {
			if o.Confidential {
				confidential++
			}
		}
		return err
	})
	return confidential, err
}
