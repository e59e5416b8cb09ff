// Package demo fills a new database with the demonstration: organizations, memoranda, staff and referrals that do not exist, at
// places that do. Everything goes through the stores of the domain, in the name of whoever would have done it and on a clock that
// is moved through the weeks before, so that what is shown is what the product itself would have written.
package demo

import (
	"context"
	"fmt"
	"time"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/mou"
	"tahweel/policy"
	"tahweel/referrals"
)

// Load writes the demonstration into a migrated database that holds nothing but the seeds of the product. The content is the same
// each time: days and hours are offsets from now, and the ids of accounts, organizations, services and locations follow from
// their keys. It fails, and leaves what it has written so far, if the content breaks a rule of the product; a database that was
// not loaded to the end is to be thrown away.
func Load(ctx context.Context, db *pg.DB, keys *sealed.Keyset, now time.Time) error {
	c, err := read()
	if err != nil {
		return err
	}
	l := newLoader(db, keys, now)
	if err := l.directory.SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return fmt.Errorf("demo: needs: %w", err)
	}
	if err := l.ministry(ctx, c); err != nil {
		return err
	}
	for _, o := range c.organizations {
		if err := l.organization(ctx, o); err != nil {
			return fmt.Errorf("demo: organization %s: %w", o.Key, err)
		}
	}
	return l.history(ctx, c)
}

// loader writes one demonstration. Its stores share one clock, which it moves.
type loader struct {
	now    time.Time // the instant of loading, at which everything ends
	moment time.Time // what the clock shows

	geo       *geo.Store
	directory *directory.Store
	mou       *mou.Store
	accounts  *identity.Store
	referrals *referrals.Store

	actors map[string]policy.Actor // by key of the account
}

func newLoader(db *pg.DB, keys *sealed.Keyset, now time.Time) *loader {
	l := &loader{now: now.UTC().Truncate(time.Microsecond), actors: map[string]policy.Actor{}}
	l.moment = l.now
	clock := func() time.Time { return l.moment }
	l.geo, l.directory, l.mou = geo.NewStore(db, clock), directory.NewStore(db, clock), mou.NewStore(db, clock)
	l.accounts, l.referrals = identity.NewStore(db, nil, clock), referrals.NewStore(db, keys, clock)
	return l
}

// day is the calendar day at the offset from today, as the stores take it.
func (l *loader) day(offset int) time.Time { return geo.Today(l.now).AddDate(0, 0, offset) }

// turnTo sets the clock to the morning of the day at the offset. What cannot have happened yet happened yesterday.
func (l *loader) turnTo(offset int) {
	l.moment = l.now.AddDate(0, 0, min(offset, -1))
}
