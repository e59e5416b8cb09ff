package directory

import (
	"context"

	"github.com/google/uuid"

	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Filter narrows a list of the register. Lists go by id, and each looks at the fields that concern it.
type Filter struct {
	OrganizationID uuid.UUID
	ServiceID      uuid.UUID // services at locations
	LocationID     uuid.UUID // services at locations
	BranchID       uuid.UUID // locations
	Kind           string    // organizations
	Status         string
	Accepting      string    // services at locations
	NeedCode       string    // services: a need or an ancestor of it
	PlaceCode      string    // branches, locations
	After          uuid.UUID // the last id of the page before; Nil: the first page
	Limit          int
}

func (f Filter) organization() *uuid.UUID { return idOrNull(f.OrganizationID) }

// full reports whether the actor may read all that the register has of the organization and not only its public part.
func full(actor policy.Actor, organization uuid.UUID) bool {
	_, _, ok := actor.May(policy.Read, policy.ClassOrganization, policy.Object{OrganizationID: organization})
	return ok
}

// everything reports whether the actor may read every organization in full.
func everything(actor policy.Actor) bool { return full(actor, uuid.Nil) }

// knowsPlaces reports whether the actor may know where the organization's confidential places are.
func knowsPlaces(actor policy.Actor, organization uuid.UUID) bool {
	_, _, ok := actor.May(policy.Read, policy.ClassConfidentialLocation, policy.Object{OrganizationID: organization})
	return ok
}

// ofConfidence are the organizations whose confidential places the actor may know.
func ofConfidence(actor policy.Actor) []uuid.UUID {
	known := []uuid.UUID{}
	for _, id := range actor.Organizations() {
		if knowsPlaces(actor, id) {
			known = append(known, id)
		}
	}
	return known
}

// get reads one thing in a transaction of the actor.
func get[T any](ctx context.Context, s *Store, actor policy.Actor, read func(q pg.Querier) (T, error)) (found T, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err = read(q)
		return err
	})
	return found, err
}

// Organization returns the organization of that id; its registration only for those who may read it in full: the ministry and the
// organization itself. Its public part, like that of all the register, is for every actor that was identified. It fails with
// fault.NotFound.
func (s *Store) Organization(ctx context.Context, actor policy.Actor, id uuid.UUID) (Organization, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Organization, error) { return readOrganization(ctx, q, actor, id) })
}

// Organizations lists organizations, see Organization; the filter's Kind and Status count.
func (s *Store) Organizations(ctx context.Context, actor policy.Actor, f Filter) ([]Organization, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Organization, error) {
		list, err := selectOrganizations(ctx, q, f)
		for i, o := range list {
			if !full(actor, o.ID) {
				list[i] = o.public()
			}
		}
		return list, err
	})
}

// Branch returns the branch of that id, or fails with fault.NotFound.
func (s *Store) Branch(ctx context.Context, actor policy.Actor, id uuid.UUID) (Branch, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Branch, error) { return readBranch(ctx, q, actor, id) })
}

// Branches lists branches; the filter's OrganizationID, PlaceCode and Status count.
func (s *Store) Branches(ctx context.Context, actor policy.Actor, f Filter) ([]Branch, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Branch, error) { return selectBranches(ctx, q, f) })
}

// Service returns the service of that id, or fails with fault.NotFound.
func (s *Store) Service(ctx context.Context, actor policy.Actor, id uuid.UUID) (Service, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Service, error) { return readService(ctx, q, actor, id) })
}

// Services lists services; the filter's OrganizationID, NeedCode and Status count.
func (s *Store) Services(ctx context.Context, actor policy.Actor, f Filter) ([]Service, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Service, error) {
		list, err := selectServices(ctx, q, f)
		for i := range list {
			list[i].PendingChange = shown(actor, list[i].OrganizationID, list[i].PendingChange)
		}
		return list, err
	})
}

// Location returns the location of that id, or fails with fault.NotFound; so it does for a confidential one, unless the actor is
// its organization's focal point.
func (s *Store) Location(ctx context.Context, actor policy.Actor, id uuid.UUID) (Location, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Location, error) { return readLocation(ctx, q, actor, id) })
}

// Locations lists locations, confidential ones for their organization's focal point alone; the filter's OrganizationID, BranchID and
// PlaceCode count.
func (s *Store) Locations(ctx context.Context, actor policy.Actor, f Filter) ([]Location, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Location, error) {
		list, err := selectLocations(ctx, q, actor, f)
		for i := range list {
			list[i].PendingChange = shown(actor, list[i].OrganizationID, list[i].PendingChange)
		}
		return list, err
	})
}

// ServiceAtLocation returns the service at a location of that id, or fails with fault.NotFound. Which confidential place it is given
// at its organization's focal point alone learns; to other organizations it does not exist at all.
func (s *Store) ServiceAtLocation(ctx context.Context, actor policy.Actor, id uuid.UUID) (ServiceAtLocation, error) {
	return get(ctx, s, actor, func(q pg.Querier) (ServiceAtLocation, error) { return readServiceAtLocation(ctx, q, actor, id) })
}

// ServicesAtLocations lists services at locations, see ServiceAtLocation; the filter's OrganizationID, ServiceID, LocationID, Status
// and Accepting count.
func (s *Store) ServicesAtLocations(ctx context.Context, actor policy.Actor, f Filter) ([]ServiceAtLocation, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]ServiceAtLocation, error) {
		list, err := selectServicesAtLocations(ctx, q, actor, f)
		for i := range list {
			list[i] = list[i].shownTo(actor)
		}
		return list, err
	})
}

// Accreditation returns the accreditation of that id. It fails with fault.Forbidden for who reads no organization in full, and with
// fault.NotFound, also for one that is between the ministry and another organization.
func (s *Store) Accreditation(ctx context.Context, actor policy.Actor, id uuid.UUID) (Accreditation, error) {
	if !actor.Can(policy.Read, policy.ClassOrganization) {
		return Accreditation{}, policy.RoleForbids(policy.Read, policy.ClassOrganization)
	}
	return get(ctx, s, actor, func(q pg.Querier) (Accreditation, error) { return readAccreditation(ctx, q, actor, id) })
}

// Accreditations lists accreditations, see Accreditation; the filter's OrganizationID and Status count.
func (s *Store) Accreditations(ctx context.Context, actor policy.Actor, f Filter) ([]Accreditation, error) {
	if !actor.Can(policy.Read, policy.ClassOrganization) {
		return nil, policy.RoleForbids(policy.Read, policy.ClassOrganization)
	}
	var organizations []uuid.UUID
	if !everything(actor) {
		organizations = append([]uuid.UUID{}, actor.Organizations()...)
	}
	return get(ctx, s, actor, func(q pg.Querier) ([]Accreditation, error) { return selectAccreditations(ctx, q, f, organizations) })
}

// Entity is a kind of thing of which the register keeps a history.
type Entity string

// The entities, as the history has them.
const (
	OrganizationEntity      Entity = "organization"
	BranchEntity            Entity = "branch"
	ServiceEntity           Entity = "service"
	LocationEntity          Entity = "location"
	ServiceAtLocationEntity Entity = "service_at_location"
	AccreditationEntity     Entity = "accreditation"
	ChangeRequestEntity     Entity = "change_request"
	VerificationTaskEntity  Entity = "verification_task"
)

// History returns what became of one thing of the register, in the order of its versions: for the ministry, and for the
// organization that it belongs to; for others it fails with fault.Forbidden, or with fault.NotFound if they may not know of it. Of
// a confidential place it is for its organization's focal point alone.
func (s *Store) History(ctx context.Context, actor policy.Actor, e Entity, id uuid.UUID, page history.Page) ([]history.Change, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]history.Change, error) {
		organization, kept, err := keptUnder(ctx, q, actor, e, id)
		if err != nil {
			return nil, err
		}
		if !full(actor, organization) {
			return nil, policy.RoleForbids(policy.Read, policy.ClassOrganization)
		}
		return history.Of(ctx, q, string(kept), id.String(), page)
	})
}

// keptUnder reads the thing, so that who may not know of it learns nothing, and returns whose it is and under which name its
// history is kept.
func keptUnder(ctx context.Context, q pg.Querier, actor policy.Actor, e Entity, id uuid.UUID) (uuid.UUID, Entity, error) {
	switch e {
	case OrganizationEntity:
		o, err := readOrganization(ctx, q, actor, id)
		return o.ID, e, err
	case BranchEntity:
		b, err := readBranch(ctx, q, actor, id)
		return b.OrganizationID, e, err
	case ServiceEntity:
		v, err := readService(ctx, q, actor, id)
		return v.OrganizationID, e, err
	case LocationEntity:
		l, err := readLocation(ctx, q, actor, id)
		if l.Confidential {
			e = "confidential_location"
		}
		return l.OrganizationID, e, err
	case ServiceAtLocationEntity:
		sal, err := readServiceAtLocation(ctx, q, actor, id)
		return sal.OrganizationID, e, err
	case AccreditationEntity:
		a, err := readAccreditation(ctx, q, actor, id)
		return a.OrganizationID, e, err
	case ChangeRequestEntity:
		c, err := readChangeRequest(ctx, q, actor, id)
		return c.OrganizationID, e, err
	case VerificationTaskEntity:
		t, err := readVerificationTask(ctx, q, actor, id)
		return t.OrganizationID, e, err
	}
	return uuid.Nil, e, errNotFound
}

func readOrganization(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Organization, error) {
	o, err := selectOrganization(ctx, q, id)
	if err == nil && !full(actor, id) {
		o = o.public()
	}
	return o, err
}

func readBranch(ctx context.Context, q pg.Querier, _ policy.Actor, id uuid.UUID) (Branch, error) {
	return selectBranch(ctx, q, id)
}

func readService(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Service, error) {
	v, err := selectService(ctx, q, id)
	v.PendingChange = shown(actor, v.OrganizationID, v.PendingChange)
	return v, err
}

// shown is the id of what waits, for who may know of it.
func shown(actor policy.Actor, organization, change uuid.UUID) uuid.UUID {
	if change == uuid.Nil || !full(actor, organization) {
		return uuid.Nil
	}
	return change
}

func readLocation(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Location, error) {
	l, err := selectLocation(ctx, q, id)
	if err == nil && l.Confidential && !knowsPlaces(actor, l.OrganizationID) {
		return Location{}, errNotFound
	}
	l.PendingChange = shown(actor, l.OrganizationID, l.PendingChange)
	return l, err
}

func readServiceAtLocation(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (ServiceAtLocation, error) {
	sal, err := selectServiceAtLocation(ctx, q, id)
	if err == nil && sal.Confidential && !full(actor, sal.OrganizationID) {
		return ServiceAtLocation{}, errNotFound
	}
	return sal.shownTo(actor), err
}

// shownTo leaves out which confidential place it is for whoever may not know.
func (s ServiceAtLocation) shownTo(actor policy.Actor) ServiceAtLocation {
	if s.Confidential && !knowsPlaces(actor, s.OrganizationID) {
		s.LocationID = uuid.Nil
	}
	s.PendingChange = shown(actor, s.OrganizationID, s.PendingChange)
	return s
}

func readAccreditation(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Accreditation, error) {
	a, err := selectAccreditation(ctx, q, id)
	if err == nil && !full(actor, a.OrganizationID) {
		return Accreditation{}, errNotFound
	}
	return a, err
}
