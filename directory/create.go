package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// CreateOrganization writes an organization and returns it with its id, and with those it may be a second entry of. It fails with fault.Forbidden unless the actor may manage
// organizations, with fault.Refused if a field breaks a rule, and with fault.Impossible "possible_duplicate" if an active one has the same
// registration with the same authority.
func (s *Store) CreateOrganization(ctx context.Context, actor policy.Actor, o Organization) (Organization, error) {
	w, err := s.CreateOrganizationOnce(ctx, actor, o, pg.Once{})
	return w.Entity, err
}

// CreateOrganizationOnce is CreateOrganization for a request with a key.
func (s *Store) CreateOrganizationOnce(ctx context.Context, actor policy.Actor, o Organization, once pg.Once) (Written[Organization], error) {
	d := deed{actor: actor, what: "organization.create", id: o.ID, once: once}
	return perform(ctx, s, d, readNewOrganization, func(q pg.Querier, now time.Time) (Organization, error) {
		if err := o.validate(nil, now); err != nil {
			return Organization{}, err
		}
		o, err := o, identify(&o.ID)
		if err != nil {
			return Organization{}, err
		}
		if o.Details, err = fresh(o.Source, o.Details, now); err != nil {
			return Organization{}, err
		}
		if err := parentKnown(ctx, q, o); err != nil {
			return Organization{}, err
		}
		if o.Status == "" {
			o.Status = Active
		}
		o.Version = 1
		if err := registeredOnce(ctx, q, o); err != nil {
			return Organization{}, err
		}
		if err := insertOrganization(ctx, q, o, now); err != nil {
			return Organization{}, err
		}
		return o, refresh(ctx, q, o.ID)
	})
}

// CreateBranch writes a branch of an organization and returns it with its id. It fails with fault.Forbidden unless the actor may
// manage organizations, and with fault.Refused if a field breaks a rule or names what does not exist.
func (s *Store) CreateBranch(ctx context.Context, actor policy.Actor, b Branch, once pg.Once) (Written[Branch], error) {
	d := deed{actor: actor, what: "branch.create", id: b.ID, once: once}
	return perform(ctx, s, d, readBranch, func(q pg.Querier, now time.Time) (Branch, error) {
		if err := b.Validate(); err != nil {
			return Branch{}, err
		}
		b, err := b, identify(&b.ID)
		if err != nil {
			return Branch{}, err
		}
		if b.Status == "" {
			b.Status = Active
		}
		b.Version = 1
		if err := insertBranch(ctx, q, b, now); err != nil {
			return Branch{}, err
		}
		return b, refresh(ctx, q, b.OrganizationID)
	})
}

// CreateService writes a service with its needs and areas and returns it with its id. It fails with fault.Forbidden unless the
// actor may edit the organization's catalogue, and with fault.Refused if a field breaks a rule or names what does not exist. What an
// organization adds that the directorate has vouched for is inactive and waits, see ChangeRequest.
func (s *Store) CreateService(ctx context.Context, actor policy.Actor, v Service) (Service, error) {
	w, err := s.CreateServiceOnce(ctx, actor, v, pg.Once{})
	return w.Entity, err
}

// CreateServiceOnce is CreateService for a request with a key.
func (s *Store) CreateServiceOnce(ctx context.Context, actor policy.Actor, v Service, once pg.Once) (Written[Service], error) {
	d := deed{actor: actor, what: "service.create", action: policy.Edit, id: v.ID, once: once}
	return perform(ctx, s, d, readService, func(q pg.Querier, now time.Time) (Service, error) {
		if err := d.permits(v.OrganizationID); err != nil {
			return Service{}, err
		}
		return addService(ctx, q, actor, v, now)
	})
}

// CreateLocation writes a location and returns it with its id, and with those it may be a second entry of. It fails with fault.Forbidden unless the actor may edit the
// organization's catalogue, and with fault.Refused if a field breaks a rule or names what does not exist. A confidential one is written by its
// own organization's focal point, and by the system; for anybody else it fails with fault.Forbidden.
func (s *Store) CreateLocation(ctx context.Context, actor policy.Actor, l Location) (Location, error) {
	w, err := s.CreateLocationOnce(ctx, actor, l, pg.Once{})
	return w.Entity, err
}

// CreateLocationOnce is CreateLocation for a request with a key.
func (s *Store) CreateLocationOnce(ctx context.Context, actor policy.Actor, l Location, once pg.Once) (Written[Location], error) {
	d := deed{actor: actor, what: "location.create", action: l.editing(), class: l.class(), id: l.ID, once: once}
	return perform(ctx, s, d, readNewLocation, func(q pg.Querier, now time.Time) (Location, error) {
		if err := d.permits(l.OrganizationID); err != nil {
			return Location{}, err
		}
		if err := l.validate(nil, now); err != nil {
			return Location{}, err
		}
		l, err := l, identify(&l.ID)
		if err != nil {
			return Location{}, err
		}
		if l.Details, err = fresh(l.Source, l.Details, now); err != nil {
			return Location{}, err
		}
		l.Version = 1
		if err := insertLocation(ctx, q, l, now); err != nil {
			return Location{}, err
		}
		return l, refresh(ctx, q, l.OrganizationID)
	})
}

// editing is what changing the location is called in the role rules: where a shelter is, its focal point alone writes.
func (l Location) editing() policy.Action {
	if l.Confidential {
		return policy.Manage
	}
	return policy.Edit
}

func (l Location) class() policy.Class {
	if l.Confidential {
		return policy.ClassConfidentialLocation
	}
	return policy.ClassOrganization
}

// OfferAt says that a service is given at a location, or at none, and returns it with its id: from then on a household can be
// referred there, unless it waits as a new service does. It fails with fault.Forbidden unless the actor may edit the catalogue, with fault.Impossible if it is
// offered there already, and with fault.Refused if a field breaks a rule, if there is no such service, if the location is another organization's, if a service that people must come to is offered nowhere, or one that only comes by wire somewhere.
func (s *Store) OfferAt(ctx context.Context, actor policy.Actor, sal ServiceAtLocation) (ServiceAtLocation, error) {
	w, err := s.OfferAtOnce(ctx, actor, sal, pg.Once{})
	return w.Entity, err
}

// OfferAtOnce is OfferAt for a request with a key.
func (s *Store) OfferAtOnce(ctx context.Context, actor policy.Actor, sal ServiceAtLocation, once pg.Once) (Written[ServiceAtLocation], error) {
	d := deed{actor: actor, what: "service_at_location.create", action: policy.Edit, id: sal.ID, once: once}
	return perform(ctx, s, d, readServiceAtLocation, func(q pg.Querier, now time.Time) (ServiceAtLocation, error) {
		sal, err := sal, identify(&sal.ID)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		setting, err := settingOf(ctx, q, sal)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		if err := d.permits(setting.OrganizationID); err != nil {
			return ServiceAtLocation{}, err
		}
		if sal.Accepting == "" {
			sal.Accepting = UnknownCapacity
		}
		if sal.Status == "" {
			sal.Status = Active
		}
		if err := sal.Validate(now); err != nil {
			return ServiceAtLocation{}, err
		}
		if sal.Details, err = fresh(sal.Source, sal.Details, now); err != nil {
			return ServiceAtLocation{}, err
		}
		sal.Version = 1
		if err := setting.permits(sal); err != nil {
			return ServiceAtLocation{}, err
		}
		in, err := let(ctx, q, actor, ChangeRequest{OrganizationID: setting.OrganizationID, ServiceAtLocationID: sal.ID}, now)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		if !in {
			sal.Status = Inactive
		}
		if err := insertServiceAtLocation(ctx, q, sal, now); err != nil {
			return ServiceAtLocation{}, err
		}
		return sal, refresh(ctx, q, setting.OrganizationID)
	})
}

// normalised returns the service with what it leaves open filled in.
func (s Service) normalised() Service {
	if s.Sex == "" {
		s.Sex = AnySex
	}
	return s
}

func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
