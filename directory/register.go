package directory

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Written is the outcome of a write: the thing as it is now, and whether it was written by an earlier request with the same key.
type Written[T any] struct {
	Entity   T
	Replayed bool
}

// entry is a thing of the register: what it is called in the log, whose it is and which version.
type entry interface {
	Organization | Branch | Service | Location | ServiceAtLocation | Accreditation
	key() (id uuid.UUID, version int)
}

func (o Organization) key() (uuid.UUID, int)      { return o.ID, o.Version }
func (b Branch) key() (uuid.UUID, int)            { return b.ID, b.Version }
func (s Service) key() (uuid.UUID, int)           { return s.ID, s.Version }
func (l Location) key() (uuid.UUID, int)          { return l.ID, l.Version }
func (s ServiceAtLocation) key() (uuid.UUID, int) { return s.ID, s.Version }
func (a Accreditation) key() (uuid.UUID, int)     { return a.ID, a.Version }

// deed is one write: who does what to which kind of thing, which thing if it exists already, and under which key.
type deed struct {
	actor  policy.Actor
	what   string        // "service.create": for the log and the key
	action policy.Action // in the role rules; empty: manage
	class  policy.Class  // in the role rules; empty: organization
	id     uuid.UUID     // of the thing written
	once   pg.Once
}

func (d deed) rule() (policy.Action, policy.Class) {
	action, class := d.action, d.class
	if action == "" {
		action = policy.Manage
	}
	if class == "" {
		class = policy.ClassOrganization
	}
	return action, class
}

func (d deed) entry(now time.Time) audit.Entry {
	_, class := d.rule()
	return audit.Entry{At: now, Actor: d.actor, Action: policy.Action(d.what), Class: class, ObjectID: d.id}
}

// reader reads a thing as the actor may see it.
type reader[T entry] func(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (T, error)

// perform carries out a deed in one transaction: authorize, answer a repetition with what there is now, do it, record it under its
// key and in the log. do decides and writes, and asks permits where the relation matters; read is how the actor is shown what was
// written, now or by an earlier request with the key.
func perform[T entry](ctx context.Context, s *Store, d deed, read reader[T], do func(pg.Querier, time.Time) (T, error)) (Written[T], error) {
	now := s.clock()
	action, class := d.rule()
	if !d.actor.Can(action, class) {
		return Written[T]{}, s.refused(ctx, d.entry(now), policy.RoleForbids(action, class))
	}
	var out Written[T]
	err := s.db.InTx(ctx, asOf{d.actor, now}, func(q pg.Querier) error {
		outcome, seen, err := d.once.Seen(ctx, q, d.what)
		if err != nil {
			return err
		}
		if seen {
			out.Replayed = true
			out.Entity, err = read(ctx, q, d.actor, outcome.ResourceID)
			return err
		}
		if out.Entity, err = do(q, now); err != nil {
			return err
		}
		id, version := out.Entity.key()
		if err := d.once.Record(ctx, q, d.what, id, version); err != nil {
			return err
		}
		e := d.entry(now)
		e.ObjectID, e.Allowed, e.Code = id, true, policy.Allowed.Code()
		if err := audit.Append(ctx, q, e); err != nil {
			return err
		}
		out.Entity, err = read(ctx, q, d.actor, id)
		return err
	})
	if err != nil {
		return Written[T]{}, s.refused(ctx, d.entry(now), err)
	}
	return out, nil
}

// permits fails with fault.Forbidden unless a role of the actor permits the deed to what belongs to the organization.
func (d deed) permits(organization uuid.UUID) error {
	action, class := d.rule()
	if _, _, ok := d.actor.May(action, class, policy.Object{OrganizationID: organization}); !ok {
		return policy.RoleForbids(action, class)
	}
	return nil
}

// refused audits a refusal by role or state and returns it; a lost race, a mistake in the input or an accident is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || (f.Kind != fault.Forbidden && f.Kind != fault.Impossible) {
		return err
	}
	e.Code = f.Code
	if auditErr := audit.Refused(ctx, s.db, e); auditErr != nil {
		return errors.Join(errors.New("directory: a refusal could not be audited"), auditErr)
	}
	return err
}
