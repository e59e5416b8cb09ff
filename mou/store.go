package mou

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Store writes instruments.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// Draft writes a new instrument as a draft, with its terms, and returns it with its ids. It fails with fault.Forbidden unless
// the actor may manage instruments, and with fault.Refused if a field breaks a rule or names what does not exist.
func (s *Store) Draft(ctx context.Context, actor policy.Actor, in Instrument) (Instrument, error) {
	if !actor.Can(policy.Manage, policy.ClassInstrument) {
		return Instrument{}, policy.RoleForbids(policy.Manage, policy.ClassInstrument)
	}
	if err := in.Validate(); err != nil {
		return Instrument{}, err
	}
	if err := in.identify(); err != nil {
		return Instrument{}, err
	}
	in.Status, in.Version, in.TermsVersion = Draft, 1, 1
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error { return insertInstrument(ctx, q, in, s.clock()) })
	return in, err
}

// Move takes an instrument one step through its life and refreshes what may be found under it, in one transaction: a suspension
// counts from the next request. It fails with fault.NotFound, with fault.Conflict if somebody changed the instrument since
// version, and with fault.Impossible if the step does not exist from where it is.
func (s *Store) Move(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, t Transition) (Instrument, error) {
	action := policy.Manage
	if t == Sign {
		action = policy.Sign
	}
	if !actor.Can(action, policy.ClassInstrument) {
		return Instrument{}, policy.RoleForbids(action, policy.ClassInstrument)
	}
	var in Instrument
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		var err error
		if in, err = instrument(ctx, q, id); err != nil {
			return err
		}
		if in.Version != version {
			return errMoved
		}
		next, err := in.Status.Next(t)
		if err != nil {
			return err
		}
		if err := moveInstrument(ctx, q, in, t, next, s.clock()); err != nil {
			return err
		}
		in.Status, in.Version = next, in.Version+1
		_, err = q.Exec(ctx, `SELECT refresh_provider_search(@organization)`, pgx.StrictNamedArgs{"organization": in.OrganizationID})
		return err
	})
	return in, err
}

var (
	errMoved    = fault.New(fault.Conflict, "version_conflict", "Somebody changed it meanwhile. Read it again.", "غيّره أحدهم في هذه الأثناء. اقرأه من جديد.")
	errNotFound = fault.New(fault.NotFound, "not_found", "There is no such instrument.", "لا توجد وثيقة كهذه.")
)

func (in *Instrument) identify() error {
	var err error
	if in.ID, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("mou: %w", err)
	}
	for i := range in.Terms {
		if in.Terms[i].ID, err = uuid.NewV7(); err != nil {
			return fmt.Errorf("mou: %w", err)
		}
		in.Terms[i].Number = i + 1
	}
	return nil
}
