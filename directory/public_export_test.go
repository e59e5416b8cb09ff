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

// PublicPlan is how the database reads a part of the list of services.
func (s *Store) PublicPlan(ctx context.Context, query PublicQuery) (plan string, err error) {
	today := geo.Today(s.clock())
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		args, err := serviceList.args(ctx, q, query, uuid.Nil, today)
		if err != nil {
			return err
		}
		count, part := serviceList.sql(query, uuid.Nil)
		for _, sql := range []string{count, part} {
			rows, err := q.Query(ctx, `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) `+sql, args)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			for _, line := range lines {
				plan += line + "\n"
			}
		}
		return nil
	})
	return plan, err
}
