package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Apply opens an accreditation for the organization. It fails with fault.Impossible while another one of it is open.
func (s *Store) Apply(ctx context.Context, actor policy.Actor, organization uuid.UUID) (Accreditation, error) {
	a := Accreditation{OrganizationID: organization, Status: Applied, Version: 1}
	if err := identify(&a.ID); err != nil {
		return Accreditation{}, err
	}
	return a, s.manage(ctx, actor, nil, func(q pg.Querier) error { return insertAccreditation(ctx, q, a, s.clock()) })
}

// Accreditation returns the accreditation of that id, or fails with fault.NotFound.
func (s *Store) Accreditation(ctx context.Context, actor policy.Actor, id uuid.UUID) (a Accreditation, err error) {
	err = s.manage(ctx, actor, nil, func(q pg.Querier) error {
		a, err = selectAccreditation(ctx, q, id)
		return err
	})
	return a, err
}

// StartReview takes an application into review. Like every move of an accreditation it fails with fault.Forbidden unless the actor
// may manage organizations, with fault.NotFound, with fault.Conflict if somebody moved the accreditation since version, and with
// fault.Impossible if the move does not exist from where it is; and what may be found of the organization counts from the next
// request.
func (s *Store) StartReview(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, StartReview, nil)
}

// Accredit decides for the organization that was under review.
func (s *Store) Accredit(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, g Grant) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Accredit, &g)
}

// Reject decides against the application.
func (s *Store) Reject(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Reject, nil)
}

// Suspend takes the accreditation out of force for a time.
func (s *Store) Suspend(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Suspend, nil)
}

// Reinstate ends a suspension.
func (s *Store) Reinstate(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Reinstate, nil)
}

// Expire closes an accreditation whose last day has passed; the search has looked at the day itself and not waited for it.
func (s *Store) Expire(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Expire, nil)
}

// Revoke ends an accreditation for good.
func (s *Store) Revoke(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) (Accreditation, error) {
	return s.move(ctx, actor, id, version, Revoke, nil)
}

func (s *Store) move(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, e AccreditationEvent, g *Grant) (Accreditation, error) {
	var a Accreditation
	var invalid error
	if g != nil {
		invalid = g.Validate()
	}
	err := s.manage(ctx, actor, invalid, func(q pg.Querier) error {
		was, err := selectAccreditation(ctx, q, id)
		if err != nil {
			return err
		}
		if a, err = was.after(e, version, g); err != nil {
			return err
		}
		if err := updateAccreditation(ctx, q, was, a, e, s.clock()); err != nil {
			return err
		}
		return refresh(ctx, q, a.OrganizationID)
	})
	return a, err
}

// after decides: it returns the accreditation as the event leaves it.
func (a Accreditation) after(e AccreditationEvent, version int, g *Grant) (Accreditation, error) {
	if a.Version != version {
		return Accreditation{}, errMoved
	}
	next, err := a.Status.Next(e)
	if err != nil {
		return Accreditation{}, err
	}
	a.Status, a.Version = next, version+1
	if g != nil {
		a.Grant = *g
	}
	return a, nil
}

// InForce reports whether the accreditation is in force on the day, see geo.Today; the first and the last day are included.
func (a Accreditation) InForce(day time.Time) bool {
	return a.Status == Accredited && !day.Before(a.ValidFrom) && !day.After(a.ValidTo)
}
