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

// manage runs fn in a transaction of an actor who may manage the class. For others it fails with fault.Forbidden, before they hear
// what is wrong with their input; then it fails with invalid, unless that is nil.
func (s *Store) manage(ctx context.Context, actor policy.Actor, class policy.Class, invalid error, fn func(q pg.Querier) error) error {
	if !actor.Can(policy.Manage, class) {
		return policy.RoleForbids(policy.Manage, class)
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
	return s.manage(ctx, actor, policy.ClassOrganization, nil, func(q pg.Querier) error { return upsertNeeds(ctx, q, taxonomy) })
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

// CreateDirectorate writes a directorate with its places and returns it with its id. It fails with fault.Forbidden unless the
// actor keeps reference data, with fault.Refused if a field breaks a rule or names a place that does not exist, and with
// fault.Impossible if its code or one of its PlaceCodes is taken.
func (s *Store) CreateDirectorate(ctx context.Context, actor policy.Actor, d Directorate) (Directorate, error) {
	if err := identify(&d.ID); err != nil {
		return Directorate{}, err
	}
	d.Version = 1
	return d, s.manage(ctx, actor, policy.ClassReference, d.Validate(), func(q pg.Querier) error { return insertDirectorate(ctx, q, d, s.clock()) })
}

// asOf is an actor at an instant, so that what the database notes of a change goes by the clock of the Store and not by the server's.
type asOf struct {
	policy.Actor
	now time.Time
}

// Settings adds the instant to the actor's.
func (a asOf) Settings() map[string]string {
	settings := a.Actor.Settings()
	settings["tahweel.now"] = a.now.UTC().Format(time.RFC3339Nano)
	return settings
}
