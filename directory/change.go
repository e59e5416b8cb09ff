package directory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ChangeOrganization replaces what is said of an organization; its status has a method of its own. Like every change here it is of
// the version that the caller saw: it fails with fault.Forbidden unless the actor may edit the organization's catalogue, with fault.NotFound,
// with fault.Conflict if somebody changed it since, and with fault.Refused if fields break a rule, all of them named; what an organization
// is and is called only whoever manages organizations changes. What may be found counts from the next request.
func (s *Store) ChangeOrganization(ctx context.Context, actor policy.Actor, o Organization) (Organization, error) {
	d := deed{actor: actor, what: "organization.change", action: policy.Edit, id: o.ID}
	return change(ctx, s, d, readOrganization, func(q pg.Querier, now time.Time) (Organization, error) {
		was, err := editable(ctx, q, d, readOrganization, o.ID, o.Version)
		if err != nil {
			return Organization{}, err
		}
		o := o
		o.Status, o.Source = was.Status, was.Source
		if !keeps(actor, o.ID) {
			if err := o.sameAs(was); err != nil {
				return Organization{}, err
			}
		}
		if err := o.validate(&was, now); err != nil {
			return Organization{}, err
		}
		if o.Details, err = settled(o.Details, was.Details, now); err != nil {
			return Organization{}, err
		}
		if err := parentKnown(ctx, q, o); err != nil {
			return Organization{}, err
		}
		if err := updateOrganization(ctx, q, o, now); err != nil {
			return Organization{}, err
		}
		return o, refresh(ctx, q, o.ID)
	})
}

// sameAs returns fault.Refused with every field that only the directorate changes and that is not as it was.
func (o Organization) sameAs(was Organization) error {
	var l fault.List
	same := func(at string, same bool) {
		if !same {
			l.Add(at, "Only the associations directorate changes this.", "لا يغيّر هذا إلا مديرية الجمعيات.")
		}
	}
	same("/kind", o.Kind == was.Kind)
	same("/name", o.Name == was.Name)
	same("/information_only", o.InformationOnly == was.InformationOnly)
	same("/registering_authority", o.RegisteringAuthority == was.RegisteringAuthority)
	same("/registration_number", o.RegistrationNumber == was.RegistrationNumber)
	same("/registration_expires_on", sameDay(o.RegistrationExpiresOn, was.RegistrationExpiresOn))
	same("/details/parent_id", o.Details.ParentID == was.Details.ParentID)
	return l.Err()
}

func sameDay(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// SetOrganizationStatus says that an organization is active or defunct. A defunct one is found by nobody from the next request on;
// it is never deleted. It fails as ChangeOrganization does.
func (s *Store) SetOrganizationStatus(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status Status) (Organization, error) {
	return change(ctx, s, deed{actor: actor, what: "organization.set_status", id: id}, readOrganization, func(q pg.Querier, now time.Time) (Organization, error) {
		o, err := current(ctx, q, actor, readOrganization, id, version)
		if err != nil {
			return Organization{}, err
		}
		if err := statusIs(status, Active, Defunct); err != nil {
			return Organization{}, err
		}
		if err := updateStatus(ctx, q, "organization", id, version, status, now); err != nil {
			return Organization{}, err
		}
		return o, refresh(ctx, q, id)
	})
}

// ChangeBranch replaces what is said of a branch; its organization stays. It fails as ChangeOrganization does.
func (s *Store) ChangeBranch(ctx context.Context, actor policy.Actor, b Branch) (Branch, error) {
	return change(ctx, s, deed{actor: actor, what: "branch.change", id: b.ID}, readBranch, func(q pg.Querier, now time.Time) (Branch, error) {
		was, err := current(ctx, q, actor, readBranch, b.ID, b.Version)
		if err != nil {
			return Branch{}, err
		}
		b := b
		b.OrganizationID, b.Status = was.OrganizationID, was.Status
		if err := b.Validate(); err != nil {
			return Branch{}, err
		}
		if err := updateBranch(ctx, q, b, now); err != nil {
			return Branch{}, err
		}
		return b, refresh(ctx, q, b.OrganizationID)
	})
}

// SetBranchStatus says whether a branch is active, inactive or defunct; its locations are not touched. It fails as
// ChangeOrganization does.
func (s *Store) SetBranchStatus(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status Status) (Branch, error) {
	return change(ctx, s, deed{actor: actor, what: "branch.set_status", id: id}, readBranch, func(q pg.Querier, now time.Time) (Branch, error) {
		b, err := current(ctx, q, actor, readBranch, id, version)
		if err != nil {
			return Branch{}, err
		}
		if err := statusIs(status, Active, Inactive, Defunct); err != nil {
			return Branch{}, err
		}
		if err := updateStatus(ctx, q, "branch", id, version, status, now); err != nil {
			return Branch{}, err
		}
		return b, refresh(ctx, q, b.OrganizationID)
	})
}

// ChangeService replaces what is said of a service, its needs and its areas; its organization stays. It fails as
// ChangeOrganization does, but for whoever may edit the organization's catalogue, and with fault.Refused if it is offered in a way that
// the new delivery modes do not allow. What of it must wait does, see ChangeRequest; all else counts.
func (s *Store) ChangeService(ctx context.Context, actor policy.Actor, v Service) (Service, error) {
	d := deed{actor: actor, what: "service.change", action: policy.Edit, id: v.ID}
	return change(ctx, s, d, readService, func(q pg.Querier, now time.Time) (Service, error) {
		was, err := editable(ctx, q, d, readService, v.ID, v.Version)
		if err != nil {
			return Service{}, err
		}
		return was, rewriteService(ctx, q, actor, was, v, now)
	})
}

// fits looks at where the service is offered already.
func (s Service) fits(placed, unplaced bool) error {
	var l fault.List
	comes := slices.Contains(s.DeliveryModes, Remote) || slices.Contains(s.DeliveryModes, HomeVisit)
	goes := slices.ContainsFunc(s.DeliveryModes, func(m DeliveryMode) bool { return m != Remote })
	if placed && !goes {
		l.Add("/delivery_modes", "It is offered at a location; end that first.", "الخدمة معروضة في موقع، أنهِ ذلك أولًا.")
	}
	if unplaced && !comes {
		l.Add("/delivery_modes", "It is offered without a location; end that first.", "الخدمة معروضة بلا موقع، أنهِ ذلك أولًا.")
	}
	return l.Err()
}

// SetServiceStatus says whether a service is active, inactive or defunct; only an active one is found. It fails as
// ChangeService does, and with fault.Impossible "ended_by_directorate" if an organization opens what an officer closed and has ended. What was
// not let in yet, and what an officer closed, an organization asks for with it.
func (s *Store) SetServiceStatus(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status Status) (Service, error) {
	d := deed{actor: actor, what: "service.set_status", action: policy.Edit, id: id}
	return change(ctx, s, d, readService, func(q pg.Querier, now time.Time) (Service, error) {
		v, err := editable(ctx, q, d, readService, id, version)
		if err != nil {
			return Service{}, err
		}
		if err := statusIs(status, Active, Inactive, Defunct); err != nil {
			return Service{}, err
		}
		in, err := enter(ctx, q, actor, id, v.request(v.guarded()), status, now)
		if err != nil || !in {
			return v, err
		}
		if err := setStatus(ctx, q, keeps(actor, v.OrganizationID), "service", id, version, status, now); err != nil {
			return Service{}, err
		}
		return v, refresh(ctx, q, v.OrganizationID)
	})
}

// ChangeLocation replaces what is said of a location; its organization, and whether it is confidential, stay. It fails as
// ChangeService does; a confidential one only its organization's focal point changes, and nobody else hears that it exists. One that was
// moved or renamed comes back with those it may be a second entry of.
func (s *Store) ChangeLocation(ctx context.Context, actor policy.Actor, l Location) (Location, error) {
	d := deed{actor: actor, what: "location.change", action: policy.Edit, id: l.ID}
	var before Location
	read := func(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Location, error) {
		after, err := readLocation(ctx, q, actor, id)
		if err != nil || after.Point == before.Point && after.Name == before.Name {
			return after, err
		}
		return readNewLocation(ctx, q, actor, id)
	}
	return change(ctx, s, d, read, func(q pg.Querier, now time.Time) (Location, error) {
		was, err := readLocation(ctx, q, actor, l.ID)
		if err != nil {
			return Location{}, err
		}
		d := d
		d.action, d.class = was.editing(), was.class()
		if err := d.permits(was.OrganizationID); err != nil {
			return Location{}, err
		}
		if was.Version != l.Version {
			return Location{}, errMoved
		}
		if was.MergedInto != nil {
			return Location{}, errMerged
		}
		before = was
		return was, rewriteLocation(ctx, q, actor, was, l, now)
	})
}

// rewriteLocation writes what is said of a location anew, or what of it counts at once. Of a confidential one nothing waits: no officer
// may know of it.
func rewriteLocation(ctx context.Context, q pg.Querier, actor policy.Actor, was, l Location, now time.Time) error {
	l.OrganizationID, l.Confidential, l.Source = was.OrganizationID, was.Confidential, was.Source
	err := l.validate(&was, now)
	if err != nil {
		return err
	}
	if l.Details, err = settled(l.Details, was.Details, now); err != nil {
		return err
	}
	if !l.Confidential {
		all, err := hold(ctx, q, actor, was.ID, was.request(l.guarded()), now)
		if err != nil {
			return err
		}
		if !all {
			l = l.keeping(was)
		}
	}
	if err := updateLocation(ctx, q, l, now); err != nil {
		return err
	}
	return refresh(ctx, q, l.OrganizationID)
}

// SetOfferStatus says whether a service is given at a location: active, inactive or defunct; only an active one is found. It fails
// as ChangeService does, with fault.Impossible "merged" if its location was merged into another one and it is to be given there again, and
// waits and fails as SetServiceStatus does.
func (s *Store) SetOfferStatus(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status Status) (ServiceAtLocation, error) {
	d := deed{actor: actor, what: "service_at_location.set_status", action: policy.Edit, id: id}
	return change(ctx, s, d, readServiceAtLocation, func(q pg.Querier, now time.Time) (ServiceAtLocation, error) {
		sal, err := editable(ctx, q, d, readServiceAtLocation, id, version)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		if err := statusIs(status, Active, Inactive, Defunct); err != nil {
			return ServiceAtLocation{}, err
		}
		if err := mayReturn(ctx, q, sal, status); err != nil {
			return ServiceAtLocation{}, err
		}
		in, err := enter(ctx, q, actor, id, ChangeRequest{OrganizationID: sal.OrganizationID, ServiceAtLocationID: id}, status, now)
		if err != nil || !in {
			return sal, err
		}
		if err := setStatus(ctx, q, keeps(actor, sal.OrganizationID), "service_at_location", id, version, status, now); err != nil {
			return ServiceAtLocation{}, err
		}
		return sal, refresh(ctx, q, sal.OrganizationID)
	})
}

// mayReturn fails with errMerged if an offer that has ended is to be given again at a location that was merged into another one.
func mayReturn(ctx context.Context, q pg.Querier, sal ServiceAtLocation, to Status) error {
	if to == Defunct || sal.LocationID == uuid.Nil || sal.Confidential {
		return nil
	}
	l, err := selectLocation(ctx, q, sal.LocationID)
	if err == nil && l.MergedInto != nil {
		return errMerged
	}
	return err
}

// SetAccepting records whether a service at a location takes people, as of now: the provider's own focal point and machine say so,
// and the associations directorate. It fails with fault.Forbidden for others, with fault.NotFound, with fault.Conflict if somebody
// changed it since version, and with fault.Refused for a status that is none.
func (s *Store) SetAccepting(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status AcceptingStatus) (ServiceAtLocation, error) {
	d := deed{actor: actor, what: "service_at_location.set_accepting", action: policy.SetAccepting, id: id}
	return change(ctx, s, d, readServiceAtLocation, func(q pg.Querier, now time.Time) (ServiceAtLocation, error) {
		sal, err := readServiceAtLocation(ctx, q, actor, id)
		if err != nil {
			return ServiceAtLocation{}, err
		}
		if err := d.permits(sal.OrganizationID); err != nil {
			return ServiceAtLocation{}, err
		}
		if sal.Version != version {
			return ServiceAtLocation{}, errMoved
		}
		var l fault.List
		oneOf(&l, "/status", status, acceptingStatuses...)
		if err := l.Err(); err != nil {
			return ServiceAtLocation{}, err
		}
		if err := updateAccepting(ctx, q, id, version, status, now); err != nil {
			return ServiceAtLocation{}, err
		}
		return sal, refresh(ctx, q, sal.OrganizationID)
	})
}

// change performs a deed that carries a version instead of a key.
func change[T entry](ctx context.Context, s *Store, d deed, read reader[T], do func(pg.Querier, time.Time) (T, error)) (T, error) {
	w, err := perform(ctx, s, d, read, do)
	return w.Entity, err
}

// current reads what is to be changed and compares its version.
func current[T entry](ctx context.Context, q pg.Querier, actor policy.Actor, read reader[T], id uuid.UUID, version int) (T, error) {
	was, err := read(ctx, q, actor, id)
	if err != nil {
		return was, err
	}
	if _, v := was.key(); v != version {
		return was, errMoved
	}
	return was, nil
}

func statusIs(status Status, known ...Status) error {
	var l fault.List
	oneOf(&l, "/status", status, known...)
	return l.Err()
}
