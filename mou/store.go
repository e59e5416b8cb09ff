package mou

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Store reads and writes instruments.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

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

// refused audits a refusal by role, rule or state and returns it; a lost race or an accident is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	switch f.Kind {
	case fault.Forbidden, fault.Impossible, fault.Refused:
	default:
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

// identify gives the instrument, unless it has one, and each of its terms an id, and numbers the terms.
func (in *Instrument) identify() error {
	var err error
	if in.ID == uuid.Nil {
		if in.ID, err = uuid.NewV7(); err != nil {
			return fmt.Errorf("mou: %w", err)
		}
	}
	for i := range in.Terms {
		if in.Terms[i].ID, err = uuid.NewV7(); err != nil {
			return fmt.Errorf("mou: %w", err)
		}
		in.Terms[i].Number = i + 1
	}
	return nil
}
