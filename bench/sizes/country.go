package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
	"tahweel/policy"
)

// country is a private database of so many places of providers.
type country struct {
	locations    int
	ownerURL     string
	database     *pgembed.Server
	db           *pg.DB
	store        *directory.Store
	directorates []bench.Directorate
}

// question is a search of a case manager.
type question struct {
	actor policy.Actor
	query directory.Query
}

func newCountry(ctx context.Context, dir string, locations int, stdout io.Writer) (_ *country, err error) {
	c := &country{locations: locations}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close(ctx))
		}
	}()
	fmt.Fprintf(stdout, "generating %d locations\n", locations)
	if c.database, err = pgembed.Start(ctx, pgembed.Config{Dir: dir}); err != nil {
		return c, err
	}
	c.ownerURL = c.database.URL("postgres", "postgres")
	if err := errors.Join(pg.Migrate(ctx, c.ownerURL), pg.EnsureLogin(ctx, c.ownerURL, "tahweel_service")); err != nil {
		return c, err
	}
	if c.directorates, err = bench.Generate(ctx, c.ownerURL, bench.Size{Locations: locations, Now: time.Now()}); err != nil {
		return c, err
	}
	if c.db, err = pg.Open(ctx, c.database.URL("tahweel_service", "postgres"), pg.Tracer(bench.Spy{}), pg.MaxConns(1)); err != nil {
		return c, err
	}
	c.store = directory.NewStore(c.db, time.Now)
	return c, nil
}

// questions are searches for the needs from the first, a middle and the last place of every directorate.
func (c *country) questions(ctx context.Context, needs []string) ([]question, error) {
	conn, err := pgx.Connect(ctx, c.ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var questions []question
	for _, d := range c.directorates {
		rows, err := conn.Query(ctx, `SELECT dp.place_code FROM directorate_place AS dp WHERE dp.directorate_id = $1 ORDER BY dp.place_code`, d.ID)
		if err != nil {
			return nil, err
		}
		places, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		actor := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.CaseManager, DirectorateID: d.ID}}}
		for _, need := range needs {
			for _, place := range []string{places[0], places[len(places)/2], places[len(places)-1]} {
				questions = append(questions, question{actor, directory.Query{Need: need, Place: place}})
			}
		}
	}
	return questions, nil
}

// ask asks each question once and returns how many milliseconds each took.
func (c *country) ask(ctx context.Context, questions []question) (times []float64, err error) {
	for _, q := range questions {
		begun := time.Now()
		if _, err := c.store.Nearby(ctx, q.actor, q.query); err != nil {
			return nil, err
		}
		times = append(times, float64(time.Since(begun))/float64(time.Millisecond))
	}
	return times, nil
}

// pages returns how many pages of shared buffers each question reads, in order.
func (c *country) pages(ctx context.Context, questions []question) (pages []float64, err error) {
	conn, err := pgx.Connect(ctx, c.ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	if _, err := tx.Exec(ctx, `SET LOCAL ROLE tahweel_app`); err != nil {
		return nil, err
	}
	for _, q := range questions {
		watched, sent := bench.Spy{}.Watch(ctx)
		if _, err := c.store.Nearby(watched, q.actor, q.query); err != nil {
			return nil, err
		}
		sum := 0
		for _, s := range bench.Searches(sent()) {
			n, err := bench.Pages(ctx, tx, s)
			if err != nil {
				return nil, err
			}
			sum += n
		}
		pages = append(pages, float64(sum))
	}
	slices.Sort(pages)
	return pages, nil
}

func (c *country) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if c.db != nil {
		c.db.Close()
	}
	if c.database == nil {
		return nil
	}
	return c.database.Stop(ctx)
}
