package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
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

	decided bool // by what tells the organization of it in its own words
}

// Paper is by which letter an accreditation is moved, and why; both may be empty.
type Paper struct{ LetterNumber, Reason string }

// Move takes an accreditation one step through its life. It fails with fault.Forbidden unless the actor may manage organizations,
// with fault.NotFound, with fault.Conflict if somebody moved the accreditation since the version, with fault.Impossible if the
// step does not exist from where it is, and with fault.Refused if what the step decides breaks a rule. Accrediting is another person's
// than registering the application and taking it into review: fault.Forbidden "preparer_does_not_accredit". Expire fails with
// fault.Impossible "accreditation_not_ended" until the last day has passed. What may be found of the organization counts from the next
// request.
func (s *Store) Move(ctx context.Context, actor policy.Actor, m AccreditationMove) (Written[Accreditation], error) {
	d := deed{actor: actor, what: "accreditation." + string(m.Event), id: m.ID, once: m.Once}
	return perform(ctx, s, d, readAccreditation, func(q pg.Querier, now time.Time) (Accreditation, error) {
		if m.Event == Accredit || m.Event == Reject {
			if err := notBeingDecided(ctx, q, m.ID); err != nil {
				return Accreditation{}, err
			}
		}
		if m.Event == Accredit {
			if err := othersPrepared(ctx, q, actor, m); err != nil {
				return Accreditation{}, err
			}
		}
		return MoveAccreditation(ctx, q, m, now)
	})
}

// errOwnPreparation is the refusal of a decision by one person alone: beside the application with its two signatures there is this short
// way, and it takes two persons as well.
var errOwnPreparation = fault.New(fault.Forbidden, "preparer_does_not_accredit",
	"Who registered the application or took it into review does not accredit; another person does.",
	"من سجّل الطلب أو باشر دراسته لا يقرر الاعتماد، بل يقرره شخص آخر.")

// othersPrepared fails with errOwnPreparation if the move is the actor's who prepared what it decides. What else is wrong with the move,
// the move itself says.
func othersPrepared(ctx context.Context, q pg.Querier, actor policy.Actor, m AccreditationMove) error {
	was, err := selectAccreditation(ctx, q, m.ID)
	if err == nil && was.Status == UnderReview && was.Version == m.Version && was.preparedBy(actor) {
		err = errOwnPreparation
	}
	return err
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
	if m.Event == Expire && !a.ended(geo.Today(now)) {
		return Accreditation{}, errNotEnded
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

var errNotEnded = fault.New(fault.Impossible, "accreditation_not_ended",
	"The last day of the accreditation has not passed. To end it earlier, revoke it.", "لم ينقضِ آخر يوم من الاعتماد. لإنهائه قبل ذلك استخدم revoke.")

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

// Expire closes an accreditation whose last day has passed, and no other; the search has looked at the day itself and not waited for it.
// See Move.
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

// ended reports whether the last day has passed on the day today.
func (a Accreditation) ended(today time.Time) bool { return today.After(a.ValidTo) }
