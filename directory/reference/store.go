package reference

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

// Store reads and writes reference data.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// Written is the outcome of a write: the thing as it is now, and whether an earlier request with the same key had written it.
type Written[T any] struct {
	Entity   T
	Replayed bool
}

// Status says whether what was announced holds. What was written by mistake is cancelled, never deleted.
type Status string

// The statuses.
const (
	Active    Status = "active"
	Cancelled Status = "cancelled"
)

var (
	errMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed it meanwhile. Read it again.", "غيّره أحدهم في هذه الأثناء. اقرأه من جديد.")
	errNotFound = fault.New(fault.NotFound, "not_found",
		"This does not exist, or you may not see it.", "هذا السجل غير موجود، أو ليس لك أن تطلع عليه.")
)

// thing is what the store keeps: its id for the log and for keys, and its version.
type thing interface{ key() (uuid.UUID, int) }

// deed is one write: who does what with which class of thing, which one if it exists already, and under which key.
type deed struct {
	actor policy.Actor
	what  string
	class policy.Class
	id    uuid.UUID
	once  pg.Once
}

func (d deed) entry(now time.Time) audit.Entry {
	return audit.Entry{At: now, Actor: d.actor, Action: policy.Action(d.what), Class: d.class, ObjectID: d.id}
}

// perform carries a deed out in one transaction: role, replay, the act, its record, its key. read gives the thing as it then is; do
// writes and returns its id.
func perform[T thing](
	ctx context.Context, s *Store, d deed, read func(context.Context, pg.Querier, uuid.UUID) (T, error), do func(pg.Querier, time.Time) (uuid.UUID, error),
) (Written[T], error) {
	now := s.clock()
	if !d.actor.Can(policy.Manage, d.class) {
		return Written[T]{}, s.refused(ctx, d.entry(now), policy.RoleForbids(policy.Manage, d.class))
	}
	var out Written[T]
	err := s.db.InTx(ctx, d.actor, func(q pg.Querier) error {
		outcome, seen, err := d.once.Seen(ctx, q, d.what)
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !seen {
			if id, err = do(q, now); err != nil {
				return err
			}
		}
		out.Replayed = seen
		if out.Entity, err = read(ctx, q, id); err != nil || seen {
			return err
		}
		_, version := out.Entity.key()
		if err := d.once.Record(ctx, q, d.what, id, version); err != nil {
			return err
		}
		e := d.entry(now)
		e.ObjectID, e.Allowed, e.Code = id, true, policy.Allowed.Code()
		return audit.Append(ctx, q, e)
	})
	if err != nil {
		return Written[T]{}, s.refused(ctx, d.entry(now), err)
	}
	return out, nil
}

// refused audits a refusal by role or state and returns it; a lost race, a mistake in the input or an accident is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || (f.Kind != fault.Forbidden && f.Kind != fault.Impossible) {
		return err
	}
	e.Code = f.Code
	if auditErr := audit.Refused(ctx, s.db, e); auditErr != nil {
		return errors.Join(errors.New("reference: a refusal could not be audited"), auditErr)
	}
	return err
}

// collect reads all rows of a statement.
func collect[Row any](ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) ([]Row, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}

// one is the first of found, or fault.NotFound.
func one[Row any](found []Row, err error) (Row, error) {
	if err == nil && len(found) == 0 {
		err = errNotFound
	}
	if err != nil {
		var none Row
		return none, err
	}
	return found[0], nil
}

// change runs an UPDATE of one version of what the caller has read; no row is a lost race.
func change(ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) error {
	tag, err := q.Exec(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("reference: %w", err)
	}
	return id, nil
}

// named adds a fault for a name that lacks a language.
func named(l *fault.List, n fault.Sentence) {
	if n.AR == "" {
		l.Add("/name/ar", "A text in Arabic is required.", "النص بالعربية مطلوب.")
	}
	if n.EN == "" {
		l.Add("/name/en", "A text in English is required.", "النص بالإنجليزية مطلوب.")
	}
}

func ordered(l *fault.List, first, last time.Time) {
	if first.After(last) {
		l.Add("/ends_on", "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
}

func statusKnown(l *fault.List, s Status) {
	if s != Active && s != Cancelled {
		l.Add("/status", "Must be one of: active, cancelled.", "يجب أن تكون القيمة إحدى: active, cancelled.")
	}
}
