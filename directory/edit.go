package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// owned is a thing of the register that an organization keeps itself.
type owned interface {
	entry
	owner() uuid.UUID
}

func (o Organization) owner() uuid.UUID      { return o.ID }
func (s Service) owner() uuid.UUID           { return s.OrganizationID }
func (l Location) owner() uuid.UUID          { return l.OrganizationID }
func (s ServiceAtLocation) owner() uuid.UUID { return s.OrganizationID }
func (c ChangeRequest) owner() uuid.UUID     { return c.OrganizationID }

// editable reads what is to be changed, asks whether the actor may change what is its organization's, and compares the version.
func editable[T owned](ctx context.Context, q pg.Querier, d deed, read reader[T], id uuid.UUID, version int) (T, error) {
	was, err := read(ctx, q, d.actor, id)
	if err != nil {
		return was, err
	}
	if err := d.permits(was.owner()); err != nil {
		return was, err
	}
	if _, v := was.key(); v != version {
		return was, errMoved
	}
	return was, nil
}

// keeps reports whether the actor runs the register, so that nothing it writes waits for anybody.
func keeps(actor policy.Actor, organization uuid.UUID) bool {
	_, _, ok := actor.May(policy.Manage, policy.ClassOrganization, policy.Object{OrganizationID: organization})
	return ok
}

// let decides whether something new of the organization counts at once. If not, it asks for it and returns false: the thing is then
// to be written inactive.
func let(ctx context.Context, q pg.Querier, actor policy.Actor, c ChangeRequest, now time.Time) (bool, error) {
	if keeps(actor, c.OrganizationID) {
		return true, nil
	}
	standing, err := standingOf(ctx, q, c.OrganizationID, uuid.Nil)
	if err != nil || !standing.Guarded {
		return err == nil, err
	}
	c.Activates, c.RequestedBy = true, actor.AccountID
	return false, ask(ctx, q, c, now)
}

// hold decides what of a change of a thing counts at once: all of it (true), or all but what is guarded. c names the thing, with what is
// said of it (Base) and what shall be (Proposed). What waits already is replaced, unless it says the same; what is as it was no longer
// waits.
func hold(ctx context.Context, q pg.Querier, actor policy.Actor, thing uuid.UUID, c ChangeRequest, now time.Time) (bool, error) {
	waiting, err := waitingFor(ctx, q, thing)
	if err != nil {
		return false, err
	}
	if waiting.Activates {
		// Not let in yet: all of it may be written, and the officer decides on what is written now.
		anew := waiting
		anew.Base, anew.Proposed = c.Proposed, c.Proposed
		if waiting.says(anew) {
			return true, nil
		}
		return true, ask(ctx, q, anew, now)
	}
	if keeps(actor, c.OrganizationID) {
		return true, nil
	}
	standing, err := standingOf(ctx, q, c.OrganizationID, thing)
	if err != nil {
		return false, err
	}
	if standing.Guarded && (standing.NotLetIn || !c.Base.Equal(c.Proposed)) {
		c.ID, c.Activates, c.RequestedBy = waiting.ID, standing.NotLetIn, actor.AccountID
		if waiting.says(c) {
			return false, nil
		}
		return false, ask(ctx, q, c, now)
	}
	return !standing.Guarded, withdraw(ctx, q, actor, waiting, now)
}

// withdraw takes back what waits, if something does.
func withdraw(ctx context.Context, q pg.Querier, actor policy.Actor, waiting ChangeRequest, now time.Time) error {
	if waiting.ID == uuid.Nil {
		return nil
	}
	waiting.Status, waiting.DecidedBy, waiting.DecidedAt = Withdrawn, actor.AccountID, &now
	return settleRequest(ctx, q, waiting, now)
}

var errEnded = fault.New(fault.Impossible, "ended_by_directorate",
	"The associations directorate closed this and it has ended. Only the directorate opens it again.",
	"أغلقت مديرية الجمعيات هذا السجل وقد انتهى. لا يعيد فتحه إلا المديرية.")

// enter decides on a new status of a service or an offer: whether it is to be written. What an organization may not activate itself, new
// or closed by an officer, is asked for instead; what an officer closed and has ended fails with errEnded. An officer who activates what
// waits has approved it; what ends waits for nothing.
func enter(ctx context.Context, q pg.Querier, actor policy.Actor, thing uuid.UUID, c ChangeRequest, status Status, now time.Time) (bool, error) {
	waiting, err := waitingFor(ctx, q, thing)
	if err != nil {
		return false, err
	}
	switch {
	case status == Defunct:
		return true, withdraw(ctx, q, actor, waiting, now)
	case keeps(actor, c.OrganizationID):
		if status != Active || waiting.ID == uuid.Nil || !waiting.Activates || !waiting.Base.Equal(waiting.Proposed) {
			return true, nil
		}
		waiting.Status, waiting.DecidedBy, waiting.DecidedAt = Approved, actor.AccountID, &now
		return true, settleRequest(ctx, q, waiting, now)
	}
	standing, err := standingOf(ctx, q, c.OrganizationID, thing)
	switch {
	case err != nil:
		return false, err
	case standing.Closed == Defunct:
		return false, errEnded
	case status != Active, standing.Closed == "" && !(standing.Guarded && standing.NotLetIn):
		return true, nil
	case waiting.Activates:
		return false, nil
	case waiting.ID != uuid.Nil: // with what is to be said anew
		c = waiting
	}
	c.Activates, c.RequestedBy = true, actor.AccountID
	return false, ask(ctx, q, c, now)
}

func (s Service) request(proposed Guarded) ChangeRequest {
	return ChangeRequest{OrganizationID: s.OrganizationID, ServiceID: s.ID, Base: s.guarded(), Proposed: proposed}
}

func (l Location) request(proposed Guarded) ChangeRequest {
	return ChangeRequest{OrganizationID: l.OrganizationID, LocationID: l.ID, Base: l.guarded(), Proposed: proposed}
}

// saidLast are the details of the service as its organization last wanted them, so that what waits keeps the ids of its parts.
func saidLast(ctx context.Context, q pg.Querier, was, v Service) (ServiceDetails, error) {
	if len(v.Details.StatedAreas) == 0 {
		return was.Details, nil
	}
	waiting, err := waitingFor(ctx, q, was.ID)
	if err != nil || waiting.ID == uuid.Nil {
		return was.Details, err
	}
	return was.Details.with(waiting.Proposed), nil
}

// rewriteService writes what is said of a service anew, or what of it counts at once.
func rewriteService(ctx context.Context, q pg.Querier, actor policy.Actor, was, v Service, now time.Time) error {
	v = v.normalised()
	v.ID, v.Version, v.OrganizationID, v.Status, v.Source = was.ID, was.Version, was.OrganizationID, was.Status, was.Source
	err := v.validate(&was, now)
	if err != nil {
		return err
	}
	last, err := saidLast(ctx, q, was, v)
	if err != nil {
		return err
	}
	if v.Details, err = settled(v.Details, last, now); err != nil {
		return err
	}
	if err := programKnown(ctx, q, v); err != nil {
		return err
	}
	placed, unplaced, err := offersOf(ctx, q, v.ID)
	if err != nil {
		return err
	}
	if err := v.fits(placed, unplaced); err != nil {
		return err
	}
	all, err := hold(ctx, q, actor, v.ID, was.request(v.guarded()), now)
	if err != nil {
		return err
	}
	if !all {
		v = v.keeping(was)
	}
	if err := updateService(ctx, q, was, v, now); err != nil {
		return err
	}
	return refresh(ctx, q, v.OrganizationID)
}

// addService writes a new service, inactive if it waits to be let in.
func addService(ctx context.Context, q pg.Querier, actor policy.Actor, v Service, now time.Time) (Service, error) {
	err := v.validate(nil, now)
	if err != nil {
		return Service{}, err
	}
	if err := identify(&v.ID); err != nil {
		return Service{}, err
	}
	if v.Details, err = fresh(v.Source, v.Details, now); err != nil {
		return Service{}, err
	}
	if err := programKnown(ctx, q, v); err != nil {
		return Service{}, err
	}
	if v.Status == "" {
		v.Status = Active
	}
	v = v.normalised()
	v.Version = 1
	in, err := let(ctx, q, actor, v.request(v.guarded()), now)
	if err != nil {
		return Service{}, err
	}
	if !in {
		v.Status = Inactive
	}
	if err := insertService(ctx, q, v, now); err != nil {
		return Service{}, err
	}
	return v, refresh(ctx, q, v.OrganizationID) // nowhere offered yet, but found by its words
}
