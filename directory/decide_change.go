package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// ChangeRequest returns the change request of that id. It fails with fault.Forbidden for who reads no organization in full, and with
// fault.NotFound, also for one of another organization.
func (s *Store) ChangeRequest(ctx context.Context, actor policy.Actor, id uuid.UUID) (ChangeRequest, error) {
	if !actor.Can(policy.Read, policy.ClassOrganization) {
		return ChangeRequest{}, policy.RoleForbids(policy.Read, policy.ClassOrganization)
	}
	return get(ctx, s, actor, func(q pg.Querier) (ChangeRequest, error) { return readChangeRequest(ctx, q, actor, id) })
}

// ChangeRequests lists change requests, all for the ministry and its own for an organization; the filter's OrganizationID and Status
// count.
func (s *Store) ChangeRequests(ctx context.Context, actor policy.Actor, f Filter) ([]ChangeRequest, error) {
	if !actor.Can(policy.Read, policy.ClassOrganization) {
		return nil, policy.RoleForbids(policy.Read, policy.ClassOrganization)
	}
	var organizations []uuid.UUID
	if !everything(actor) {
		organizations = append([]uuid.UUID{}, actor.Organizations()...)
	}
	return get(ctx, s, actor, func(q pg.Querier) ([]ChangeRequest, error) { return selectChangeRequests(ctx, q, f, organizations) })
}

func readChangeRequest(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (ChangeRequest, error) {
	c, err := selectChangeRequest(ctx, q, id)
	if err == nil && !full(actor, c.OrganizationID) {
		return ChangeRequest{}, errNotFound
	}
	return c, err
}

// ApproveChange makes a change request so, in one transaction with what may be found. It fails with fault.Forbidden unless the actor may
// manage organizations, with fault.NotFound, with fault.Conflict if it was proposed anew since version, and with fault.Impossible if
// it was decided already, or if what it speaks of was changed by somebody else since it was proposed.
func (s *Store) ApproveChange(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once) (Written[ChangeRequest], error) {
	d := deed{actor: actor, what: "change_request.approve", id: id, once: once}
	return perform(ctx, s, d, readChangeRequest, func(q pg.Querier, now time.Time) (ChangeRequest, error) {
		c, err := readChangeRequest(ctx, q, actor, id)
		if err != nil {
			return ChangeRequest{}, err
		}
		if c, err = c.decided(Approved, version, "", actor.AccountID, now); err != nil {
			return ChangeRequest{}, err
		}
		if err := apply(ctx, q, c, now); err != nil {
			return ChangeRequest{}, err
		}
		if err := settleRequest(ctx, q, c, now); err != nil {
			return ChangeRequest{}, err
		}
		c.Version++
		return c, refresh(ctx, q, c.OrganizationID)
	})
}

// RejectChange decides against a change request, with a reason that the organization reads; what it speaks of stays as it is. It fails
// as ApproveChange does, and with fault.Refused without a reason.
func (s *Store) RejectChange(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, reason string, once pg.Once) (Written[ChangeRequest], error) {
	d := deed{actor: actor, what: "change_request.reject", id: id, once: once}
	return perform(ctx, s, d, readChangeRequest, func(q pg.Querier, now time.Time) (ChangeRequest, error) {
		c, err := readChangeRequest(ctx, q, actor, id)
		if err != nil {
			return ChangeRequest{}, err
		}
		if c, err = c.decided(Turned, version, reason, actor.AccountID, now); err != nil {
			return ChangeRequest{}, err
		}
		if err := settleRequest(ctx, q, c, now); err != nil {
			return ChangeRequest{}, err
		}
		c.Version++
		return c, nil
	})
}

// apply writes what an approved change says.
func apply(ctx context.Context, q pg.Querier, c ChangeRequest, now time.Time) error {
	switch {
	case c.ServiceID != uuid.Nil:
		return applyToService(ctx, q, c, now)
	case c.LocationID != uuid.Nil:
		return applyToLocation(ctx, q, c, now)
	}
	sal, err := selectServiceAtLocation(ctx, q, c.ServiceAtLocationID)
	if err != nil {
		return err
	}
	return activate(ctx, q, "service_at_location", sal.ID, sal.Version, sal.Status, now)
}

func applyToService(ctx context.Context, q pg.Querier, c ChangeRequest, now time.Time) error {
	was, err := selectService(ctx, q, c.ServiceID)
	if err != nil {
		return err
	}
	if !was.guarded().Equal(c.Base) {
		return errBaseMoved
	}
	version := was.Version
	if !c.Proposed.Equal(c.Base) {
		v, err := was.with(c.Proposed)
		if err != nil {
			return err
		}
		if err := v.validate(&was, now); err != nil {
			return err
		}
		if err := updateService(ctx, q, was, v, now); err != nil {
			return err
		}
		version++
	}
	if !c.Activates {
		return nil
	}
	return activate(ctx, q, "service", was.ID, version, was.Status, now)
}

func applyToLocation(ctx context.Context, q pg.Querier, c ChangeRequest, now time.Time) error {
	was, err := selectLocation(ctx, q, c.LocationID)
	if err != nil {
		return err
	}
	if !was.guarded().Equal(c.Base) {
		return errBaseMoved
	}
	l, err := was.with(c.Proposed)
	if err != nil {
		return err
	}
	if err := l.validate(&was, now); err != nil {
		return err
	}
	return updateLocation(ctx, q, l, now)
}

// activate lets something in that is not active; what has ended stays ended.
func activate(ctx context.Context, q pg.Querier, table string, id uuid.UUID, version int, is Status, now time.Time) error {
	if is == Defunct {
		return errBaseMoved
	}
	if is == Active {
		return nil
	}
	return setStatus(ctx, q, true, table, id, version, Active, now)
}
