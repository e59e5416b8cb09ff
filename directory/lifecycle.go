package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Apply opens an accreditation for the organization. It fails with fault.Impossible while another one of it is open, and with
// fault.Refused if there is no such organization.
func (s *Store) Apply(ctx context.Context, actor policy.Actor, organization uuid.UUID) (Accreditation, error) {
	w, err := s.ApplyOnce(ctx, actor, organization, pg.Once{})
	return w.Entity, err
}

// ApplyOnce is Apply for a request with a key.
func (s *Store) ApplyOnce(ctx context.Context, actor policy.Actor, organization uuid.UUID, once pg.Once) (Written[Accreditation], error) {
	return perform(ctx, s, deed{actor: actor, what: "accreditation.apply", once: once}, readAccreditation, func(q pg.Querier, now time.Time) (Accreditation, error) {
		a := Accreditation{OrganizationID: organization, Status: Applied, Version: 1, UpdatedAt: now}
		if err := identify(&a.ID); err != nil {
			return Accreditation{}, err
		}
		return a, insertAccreditation(ctx, q, a, now)
	})
}

// AccreditationMove is one step in the life of an accreditation.
type AccreditationMove struct {
	ID         uuid.UUID
	Version    int // that the caller saw
	Event      AccreditationEvent
	Grant      *Grant         // of Accredit, and of it alone
	Suspension SuspensionKind // of Suspend, and of it alone
	Paper
	Once pg.Once
	// Before says that it was so before the service was there: nobody is told of it now.
	Before bool
}

// Paper is by which letter an accreditation is moved, and why; both may be empty.
type Paper struct{ LetterNumber, Reason string }

// Move takes an accreditation one step through its life. It fails with fault.Forbidden unless the actor may manage organizations,
// with fault.NotFound, with fault.Conflict if somebody moved the accreditation since the version, with fault.Impossible if the
// step does not exist from where it is, and with fault.Refused if what the step decides breaks a rule. What may be found of the
// organization counts from the next request.
func (s *Store) Move(ctx context.Context, actor policy.Actor, m AccreditationMove) (Written[Accreditation], error) {
	d := deed{actor: actor, what: "accreditation." + string(m.Event), id: m.ID, once: m.Once}
	return perform(ctx, s, d, readAccreditation, func(q pg.Querier, now time.Time) (Accreditation, error) {
		if m.Event == Accredit || m.Event == Reject {
			if err := notBeingDecided(ctx, q, m.ID); err != nil {
				return Accreditation{}, err
			}
		}
		return MoveAccreditation(ctx, q, m, now)
	})
}

// MoveAccreditation is Move within the transaction of q, for who has asked whether the actor may. The organization has a notice of what
// touches it.
func MoveAccreditation(ctx context.Context, q pg.Querier, m AccreditationMove, now time.Time) (Accreditation, error) {
	was, err := selectAccreditation(ctx, q, m.ID)
	if err != nil {
		return Accreditation{}, err
	}
	a, err := was.after(m, now)
	if err != nil {
		return Accreditation{}, err
	}
	if err := updateAccreditation(ctx, q, was, a, m, now); err != nil {
		return Accreditation{}, err
	}
	if err := a.notify(ctx, q, m, now); err != nil {
		return Accreditation{}, err
	}
	return a, refresh(ctx, q, a.OrganizationID)
}

// after decides: it returns the accreditation as the move leaves it.
func (a Accreditation) after(m AccreditationMove, now time.Time) (Accreditation, error) {
	if a.Version != m.Version {
		return Accreditation{}, errMoved
	}
	next, err := a.Status.Next(m.Event)
	if err != nil {
		return Accreditation{}, err
	}
	if err := m.validate(); err != nil {
		return Accreditation{}, err
	}
	a.Status, a.Version, a.UpdatedAt = next, a.Version+1, now
	a.Suspension, a.SuspendedAt, a.Paper = "", nil, m.Paper
	if m.Grant != nil {
		a.Grant = *m.Grant
	}
	if m.Event == Suspend {
		a.Suspension, a.SuspendedAt = m.Suspension, &now
	}
	return a, nil
}

func (m AccreditationMove) validate() error {
	var l fault.List
	switch {
	case m.Event == Suspend:
		oneOf(&l, "/kind", m.Suspension, Administrative, Safeguarding)
		return l.Err()
	case m.Event == Accredit && m.Grant == nil:
		return Grant{}.Validate()
	case m.Event == Accredit:
		return m.Grant.Validate()
	}
	return nil
}

// StartReview takes an application into review, see Move.
func (s *Store) StartReview(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: StartReview})
}

// Accredit decides for the organization that was under review, see Move.
func (s *Store) Accredit(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, g Grant) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Accredit, Grant: &g})
}

// Reject decides against the application, see Move.
func (s *Store) Reject(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Reject})
}

// Suspend takes the accreditation out of force for a time, see Move.
func (s *Store) Suspend(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, kind SuspensionKind) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Suspend, Suspension: kind})
}

// Reinstate ends a suspension, see Move.
func (s *Store) Reinstate(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Reinstate})
}

// Expire closes an accreditation whose last day has passed; the search has looked at the day itself and not waited for it. See Move.
func (s *Store) Expire(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Expire})
}

// Revoke ends an accreditation for good, see Move.
func (s *Store) Revoke(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.step(ctx, actor, AccreditationMove{ID: id, Version: version, Event: Revoke})
}

func (s *Store) step(ctx context.Context, actor policy.Actor, m AccreditationMove) (Accreditation, error) {
	w, err := s.Move(ctx, actor, m)
	return w.Entity, err
}

// InForce reports whether the accreditation is in force on the day, see geo.Today; the first and the last day are included.
func (a Accreditation) InForce(day time.Time) bool {
	return a.Status == Accredited && !day.Before(a.ValidFrom) && !day.After(a.ValidTo)
}
