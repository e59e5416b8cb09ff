// Package demo fills a new database with the demonstration: organizations, memoranda, staff and referrals that do not exist, at
// places that do. Everything goes through the stores of the domain, in the name of whoever would have done it and on a clock that
// is moved through the weeks before, so that what is shown is what the product itself would have written.
package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/event"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/mou"
	"tahweel/policy"
	"tahweel/referrals"
)

// Size is how many referrals are generated besides the hand-written ones. With any, the rest of a country is generated too: staff for
// all fourteen directorates, and organizations for every need in every governorate.
type Size int

// The sizes of a demonstration.
const (
	Core    Size = 0    // what is written by hand: seventy organizations, staff for four directorates; takes seconds
	Sample  Size = 240  // a country with few referrals, for tests
	Country Size = 2000 // over the last year; takes most of a minute
)

// Made says what Load has written.
type Made struct{ Organizations, Services, Referrals int }

// Load writes the demonstration into a migrated database that holds nothing but the seeds of the product. The content is the same
// each time: days and hours are offsets from now, and the ids of accounts, organizations, services and locations follow from
// their keys. It fails, and leaves what it has written so far, if the content breaks a rule of the product; a database that was
// not loaded to the end is to be thrown away.
func Load(ctx context.Context, db *pg.DB, keys *sealed.Keyset, now time.Time, size Size) (Made, error) {
	c, err := read()
	if err != nil {
		return Made{}, err
	}
	l := newLoader(db, keys, now)
	if err := l.directory.SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return Made{}, fmt.Errorf("demo: needs: %w", err)
	}
	if size > Core {
		if err := l.generate(ctx, &c, size); err != nil {
			return Made{}, err
		}
	}
	for _, part := range []func(context.Context, content) error{l.ministry, l.organizations, l.joining, l.history} {
		if err := part(ctx, c); err != nil {
			return Made{}, err
		}
	}
	// The first reader of events would otherwise wait until all are numbered.
	if err := event.NewStore(db).Sequence(ctx); err != nil {
		return Made{}, fmt.Errorf("demo: number the events: %w", err)
	}
	made := Made{Organizations: len(c.organizations), Referrals: len(c.referrals)}
	for _, o := range c.organizations {
		made.Services += len(o.Services)
	}
	return made, nil
}

// generate adds to the content what it leaves out of a country.
func (l *loader) generate(ctx context.Context, c *content, size Size) error {
	g, err := l.newCountry(ctx, c.directorates)
	if err != nil {
		return err
	}
	made := g.organizations()
	c.accounts = append(c.accounts, g.staff(c.accounts)...)
	c.organizations = append(c.organizations, made...)
	c.referrals = append(c.referrals, g.referrals(int(size), g.desks(c.accounts, made))...)
	return nil
}

// loader writes one demonstration. Its stores share one clock, which it moves. Several loaders can work side by side.
type loader struct {
	db     *pg.DB
	keys   *sealed.Keyset
	now    time.Time // the instant of loading, at which everything ends
	moment time.Time // what the clock shows

	geo       *geo.Store
	directory *directory.Store
	found     *directory.Store // as directory, and makes what the others leave for the end: what may be found
	mou       *mou.Store
	accounts  *identity.Store
	referrals *referrals.Store

	actors *sync.Map // policy.Actor by key of the account; shared with the loaders beside
}

func newLoader(db *pg.DB, keys *sealed.Keyset, now time.Time) *loader {
	l := &loader{db: db, keys: keys, now: now.UTC().Truncate(time.Microsecond), actors: &sync.Map{}}
	l.moment = l.now
	clock := func() time.Time { return l.moment }
	l.geo, l.directory, l.mou = geo.NewStore(db, clock), directory.NewStore(db.Filling(), clock), mou.NewStore(db.Filling(), clock)
	l.found = directory.NewStore(db, clock)
	l.accounts, l.referrals = identity.NewStore(db, nil, clock), referrals.NewStore(db, keys, clock)
	return l
}

// beside returns a loader of the same demonstration with a clock of its own.
func (l *loader) beside() *loader {
	other := newLoader(l.db, l.keys, l.now)
	other.actors = l.actors
	return other
}

// lanes is how many loaders work side by side: while one waits for the database the other computes.
const lanes = 4

// sideBySide runs work once for each lane, each with a loader of its own, and returns the errors.
func (l *loader) sideBySide(work func(l *loader, lane int) error) error {
	errs := make([]error, lanes)
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() { errs[lane] = work(l.beside(), lane) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// day is the calendar day at the offset from today, as the stores take it.
func (l *loader) day(offset int) time.Time { return geo.Today(l.now).AddDate(0, 0, offset) }

// turnTo sets the clock to the morning of the day at the offset. What cannot have happened yet happened yesterday.
func (l *loader) turnTo(offset int) {
	l.moment = l.now.AddDate(0, 0, min(offset, -1))
}
