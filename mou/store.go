package mou

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
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
	now := s.clock()
	entry := entryOf(actor, policy.Manage, in, now)
	if !actor.Can(policy.Manage, policy.ClassInstrument) {
		return Instrument{}, s.refused(ctx, entry, policy.RoleForbids(policy.Manage, policy.ClassInstrument))
	}
	if err := in.Validate(); err != nil {
		return Instrument{}, err
	}
	if err := in.identify(); err != nil {
		return Instrument{}, err
	}
	in.Status, in.Version, in.TermsVersion, in.DraftedBy = Draft, 1, 1, nil
	if actor.AccountID != uuid.Nil {
		in.DraftedBy = &actor.AccountID
	}
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if err := insertInstrument(ctx, q, in, now); err != nil {
			return err
		}
		return record(ctx, q, actor, policy.Manage, in, now)
	})
	if err != nil {
		return Instrument{}, err
	}
	return in, nil
}

// Move takes an instrument one step through its life and refreshes what may be found under it, in one transaction: a suspension
// counts from the next request. It returns the instrument without its terms. It fails with fault.Forbidden if the actor's roles do
// not permit it or who drafted would sign, with fault.NotFound, with fault.Conflict if somebody changed the instrument since
// version, and with fault.Impossible if the step does not exist from where it is.
func (s *Store) Move(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, t Transition) (Instrument, error) {
	now := s.clock()
	action := policy.Manage
	if t == Sign {
		action = policy.Sign
	}
	entry := entryOf(actor, action, Instrument{ID: id}, now)
	if !actor.Can(action, policy.ClassInstrument) {
		return Instrument{}, s.refused(ctx, entry, policy.RoleForbids(action, policy.ClassInstrument))
	}
	var in Instrument
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		var err error
		if in, err = instrument(ctx, q, id); err != nil {
			return err
		}
		if t == Sign && in.DraftedBy != nil && *in.DraftedBy == actor.AccountID {
			return errOwnDraft
		}
		return in.step(ctx, q, actor, version, t, now)
	})
	if err != nil {
		return Instrument{}, s.refused(ctx, entry, err)
	}
	return in, nil
}

// step writes one transition, what may be found after it, and that it happened.
func (in *Instrument) step(ctx context.Context, q pg.Querier, actor policy.Actor, version int, t Transition, now time.Time) error {
	if in.Version != version {
		return errMoved
	}
	next, err := in.Status.Next(t)
	if err != nil {
		return err
	}
	if err := moveInstrument(ctx, q, *in, t, next, now); err != nil {
		return err
	}
	in.Status, in.Version = next, in.Version+1
	if _, err := q.Exec(ctx, `SELECT refresh_provider_search(@organization)`, pgx.StrictNamedArgs{"organization": in.OrganizationID}); err != nil {
		return fmt.Errorf("refresh what may be found: %w", err)
	}
	return record(ctx, q, actor, policy.Action(t), *in, now)
}

func entryOf(actor policy.Actor, action policy.Action, in Instrument, now time.Time) audit.Entry {
	return audit.Entry{
		At: now, Actor: actor, Action: action, Class: policy.ClassInstrument, ObjectID: in.ID, InstrumentID: in.ID, InstrumentVersion: in.TermsVersion,
	}
}

func record(ctx context.Context, q pg.Querier, actor policy.Actor, action policy.Action, in Instrument, now time.Time) error {
	e := entryOf(actor, action, in, now)
	e.Allowed, e.Code = true, policy.Allowed.Code()
	return audit.Append(ctx, q, e)
}

// refused audits a refusal by role or state and returns it; a lost race or an accident is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || (f.Kind != fault.Forbidden && f.Kind != fault.Impossible) {
		return err
	}
	e.Code = f.Code
	if auditErr := audit.Refused(ctx, s.db, e); auditErr != nil {
		return errors.Join(errors.New("mou: a refusal could not be audited"), auditErr)
	}
	return err
}

var (
	errMoved    = fault.New(fault.Conflict, "version_conflict", "Somebody changed it meanwhile. Read it again.", "غيّره أحدهم في هذه الأثناء. اقرأه من جديد.")
	errOwnDraft = fault.New(fault.Forbidden, "drafter_does_not_sign", "Who drafted an instrument does not sign it.", "من صاغ الوثيقة لا يوقّعها.")
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
