package mou

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Filter narrows a list of instruments. After is the last id of the page before; lists are newest first.
type Filter struct {
	OrganizationID uuid.UUID  // Nil: of all
	Status         Status     // empty: any
	InForceOn      *time.Time // in force, and the day within its dates; nil: any day
	After          uuid.UUID
	Limit          int
}

// Instrument returns one instrument with its terms, quotas and what is used of them, and the cleared persons that the actor may know
// of: at a provider that is oneself. It fails with fault.Forbidden if no role of the actor reads instruments, and with fault.NotFound
// if there is none or it is another organization's.
func (s *Store) Instrument(ctx context.Context, actor policy.Actor, id uuid.UUID) (in Instrument, err error) {
	if err := s.mayRead(ctx, actor, id); err != nil {
		return Instrument{}, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if in, err = whole(ctx, q, id, s.clock()); err != nil {
			return err
		}
		return reads(actor, in)
	})
	return in, err
}

// Instruments lists the instruments that the actor may read, newest first, without their terms. It fails with fault.Forbidden if no
// role of the actor reads instruments.
func (s *Store) Instruments(ctx context.Context, actor policy.Actor, f Filter) (list []Instrument, err error) {
	if err := s.mayRead(ctx, actor, uuid.Nil); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		list, err = instrumentPage(ctx, q, actor, f)
		return err
	})
	return list, err
}

func (s *Store) mayRead(ctx context.Context, actor policy.Actor, id uuid.UUID) error {
	if actor.Can(policy.Read, policy.ClassInstrument) {
		return nil
	}
	return s.refused(ctx, entryOf(actor, policy.Read, Instrument{ID: id}, s.clock()), policy.RoleForbids(policy.Read, policy.ClassInstrument))
}

// reads checks the relation; who may not read it is told that it does not exist.
func reads(actor policy.Actor, in Instrument) error {
	if _, _, ok := actor.May(policy.Read, policy.ClassInstrument, policy.Object{OrganizationID: in.OrganizationID, Tier: 1}); !ok {
		return errNotFound
	}
	return nil
}

// readsAll reports whether the actor reads every organization's instruments, as the ministry does.
func readsAll(actor policy.Actor) bool {
	_, _, ok := actor.May(policy.Read, policy.ClassInstrument, policy.Object{})
	return ok
}

// whole reads an instrument with everything that belongs to it.
func whole(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) (Instrument, error) {
	in, err := instrument(ctx, q, id)
	if err != nil {
		return Instrument{}, err
	}
	if in.Terms, err = termsOf(ctx, q, id, geo.Today(now)); err != nil {
		return Instrument{}, err
	}
	in.Cleared, err = clearedOf(ctx, q, id)
	return in, err
}

// History returns what became of an instrument and its terms, in the order of the versions, for whoever reads the instrument.
func (s *Store) History(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) (changes []history.Change, err error) {
	if err := s.mayRead(ctx, actor, id); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		in, err := instrument(ctx, q, id)
		if err != nil {
			return err
		}
		if err := reads(actor, in); err != nil {
			return err
		}
		changes, err = history.Of(ctx, q, "instrument", id.String(), p)
		return err
	})
	return changes, err
}
