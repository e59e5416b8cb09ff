package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Store reads and writes the directory.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

var (
	errMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed it meanwhile. Read it again.", "غيّره أحدهم في هذه الأثناء. اقرأه من جديد.")
	errNotFound = fault.New(fault.NotFound, "not_found",
		"This does not exist, or you may not see it.", "هذا السجل غير موجود، أو ليس لك أن تطلع عليه.")
)

// manage runs fn in a transaction of an actor who may manage organizations. For others it fails with fault.Forbidden, before
// they hear what is wrong with their input; then it fails with invalid, unless that is nil.
func (s *Store) manage(ctx context.Context, actor policy.Actor, invalid error, fn func(q pg.Querier) error) error {
	if !actor.Can(policy.Manage, policy.ClassOrganization) {
		return policy.RoleForbids(policy.Manage, policy.ClassOrganization)
	}
	if invalid != nil {
		return invalid
	}
	return s.db.InTx(ctx, actor, fn)
}

// identify gives a new row its id, unless whoever makes it has chosen one.
func identify(id *uuid.UUID) error {
	if *id != uuid.Nil {
		return nil
	}
	var err error
	if *id, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	return nil
}

// SeedNeeds makes the table of needs equal to the taxonomy of this program. It may be repeated; a need that the program no longer
// knows stays, for referrals that name it. Only an actor who may manage organizations, or the system, may.
func (s *Store) SeedNeeds(ctx context.Context, actor policy.Actor) error {
	return s.manage(ctx, actor, nil, func(q pg.Querier) error { return upsertNeeds(ctx, q, taxonomy) })
}

// Needs returns the taxonomy as the database has it, each root before its leaves, in the order of the codes. Every actor that was
// identified may read it.
func (s *Store) Needs(ctx context.Context, actor policy.Actor) (needs []Need, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		needs, err = selectNeeds(ctx, q)
		return err
	})
	return needs, err
}

// CreateDirectorate writes a directorate with its places and returns it with its id. It fails with fault.Refused if a field breaks
// a rule or names a place that does not exist, and with fault.Impossible if its code or one of its PlaceCodes is taken.
func (s *Store) CreateDirectorate(ctx context.Context, actor policy.Actor, d Directorate) (Directorate, error) {
	if err := identify(&d.ID); err != nil {
		return Directorate{}, err
	}
	d.Version = 1
	return d, s.manage(ctx, actor, d.Validate(), func(q pg.Querier) error { return insertDirectorate(ctx, q, d, s.clock()) })
}

// CreateOrganization writes an organization and returns it with its id. It fails with fault.Refused if a field breaks a rule.
func (s *Store) CreateOrganization(ctx context.Context, actor policy.Actor, o Organization) (Organization, error) {
	if err := identify(&o.ID); err != nil {
		return Organization{}, err
	}
	if o.Status == "" {
		o.Status = Active
	}
	o.Version = 1
	return o, s.manage(ctx, actor, o.Validate(), func(q pg.Querier) error { return insertOrganization(ctx, q, o, s.clock()) })
}

// CreateService writes a service with its needs and areas and returns it with its id. It fails with fault.Refused if a field breaks
// a rule or names what does not exist.
func (s *Store) CreateService(ctx context.Context, actor policy.Actor, v Service) (Service, error) {
	if err := identify(&v.ID); err != nil {
		return Service{}, err
	}
	if v.Status == "" {
		v.Status = Active
	}
	if v.Sex == "" {
		v.Sex = AnySex
	}
	v.Version = 1
	return v, s.manage(ctx, actor, v.Validate(), func(q pg.Querier) error {
		return insertService(ctx, q, v, s.clock()) // nowhere offered yet, so there is nothing to be found
	})
}

// CreateLocation writes a location and returns it with its id. It fails with fault.Refused if a field breaks a rule or names what
// does not exist. A confidential one may be written by its own organization and the system only: for others it fails with
// fault.Forbidden.
func (s *Store) CreateLocation(ctx context.Context, actor policy.Actor, l Location) (Location, error) {
	if err := identify(&l.ID); err != nil {
		return Location{}, err
	}
	l.Version = 1
	return l, s.manage(ctx, actor, l.Validate(), func(q pg.Querier) error { return insertLocation(ctx, q, l, s.clock()) })
}

// OfferAt says that a service is given at a location, or at none, and returns it with its id: from then on a household can be
// referred there. It fails with fault.NotFound if there is no such service, and with fault.Refused if a field breaks a rule, if the
// location is another organization's, if a service that people must come to is offered nowhere, or one that only comes by wire
// somewhere.
func (s *Store) OfferAt(ctx context.Context, actor policy.Actor, sal ServiceAtLocation) (ServiceAtLocation, error) {
	if sal.Accepting == "" {
		sal.Accepting = UnknownCapacity
	}
	if err := identify(&sal.ID); err != nil {
		return ServiceAtLocation{}, err
	}
	if sal.Status == "" {
		sal.Status = Active
	}
	sal.Version = 1
	return sal, s.manage(ctx, actor, sal.Validate(s.clock()), func(q pg.Querier) error {
		setting, err := settingOf(ctx, q, sal)
		if err != nil {
			return err
		}
		if err := setting.permits(sal); err != nil {
			return err
		}
		if err := insertServiceAtLocation(ctx, q, sal, s.clock()); err != nil {
			return err
		}
		return refresh(ctx, q, setting.OrganizationID)
	})
}

// SetAccepting records whether a service at a location takes people, as of now. It fails with fault.NotFound, and with
// fault.Conflict if somebody changed it since version.
func (s *Store) SetAccepting(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, status AcceptingStatus) error {
	var l fault.List
	oneOf(&l, "/status", status, acceptingStatuses...)
	return s.manage(ctx, actor, l.Err(), func(q pg.Querier) error {
		organization, err := updateAccepting(ctx, q, id, version, status, s.clock())
		if err != nil {
			return err
		}
		return refresh(ctx, q, organization)
	})
}
