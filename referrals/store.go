package referrals

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/policy"
)

// Store keeps referrals and attempts. Every method authorizes first, does its work in one transaction, and returns what the
// actor may see and nothing else.
type Store struct {
	db    *pg.DB
	keys  *sealed.Keyset
	clock func() time.Time
}

// NewStore returns a Store on db that seals under keys and takes the time from clock.
func NewStore(db *pg.DB, keys *sealed.Keyset, clock func() time.Time) *Store {
	return &Store{db: db, keys: keys, clock: clock}
}

// Attempt returns one attempt as the actor may see it. A provider's look at sealed groups is logged, and its first look is
// remembered. It fails with fault.NotFound if there is none or the actor may not know of it, and with fault.Forbidden if no role
// of the actor reads attempts.
func (s *Store) Attempt(ctx context.Context, actor policy.Actor, id uuid.UUID) (View, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassAttempt, ObjectID: id}
	if !actor.Can(policy.Read, policy.ClassAttempt) {
		return View{}, s.refused(ctx, entry, policy.RoleForbids(policy.Read, policy.ClassAttempt))
	}
	var view View
	err := s.settling(ctx, asOf{actor, now}, func(q pg.Querier) error {
		c, err := s.mayMove(ctx, q, actor, id, policy.Read)
		if err != nil {
			return err
		}
		if err := c.settled("", now); err != nil {
			return err
		}
		view, err = s.show(ctx, q, actor, c, now)
		return err
	})
	return view, s.refused(ctx, entry, err)
}

// show opens what the actor may see of the case, logs that it was disclosed, and projects it.
func (s *Store) show(ctx context.Context, q pg.Querier, actor policy.Actor, c caseFile, now time.Time) (View, error) {
	r := readerOf(actor, c.attempt)
	groups := c.groupsFor(r, now)
	var shown opened
	if groups&policy.Sealed != 0 {
		var err error
		if shown.details, shown.note, err = s.unseal(ctx, q, c.referral, c.attempt, groups); err != nil {
			return View{}, err
		}
	}
	if err := s.openTexts(ctx, q, c, r, groups, &shown); err != nil {
		return View{}, err
	}
	if r.recipient && c.attempt.FirstReadAt == nil {
		if err := markRead(ctx, q, c.attempt.ID, now); err != nil {
			return View{}, err
		}
	}
	view := c.project(r, groups, shown, now)
	return view, disclosed(ctx, q, actor, c, groups, now)
}

// readerOf: who acts for the organization is the recipient, whatever else they may be; who may not read is a stranger.
func readerOf(actor policy.Actor, a attempt) reader {
	r := reader{actor: actor, recipient: slices.Contains(actor.Organizations(), a.object().OrganizationID)}
	_, _, reads := actor.May(policy.Read, policy.ClassAttempt, a.object())
	r.stranger = !reads
	return r
}

// asOf is an actor at an instant, so that row-level security goes by the clock of the Store and not by the server's.
type asOf struct {
	policy.Actor
	now time.Time
}

// Settings adds the instant to the actor's.
func (a asOf) Settings() map[string]string {
	s := a.Actor.Settings()
	s["tahweel.now"] = a.now.UTC().Format(time.RFC3339Nano)
	return s
}

// disclosed logs that sealed groups were shown, to whomever.
func disclosed(ctx context.Context, q pg.Querier, actor policy.Actor, c caseFile, groups policy.Groups, now time.Time) error {
	if groups&policy.Sealed == 0 {
		return nil
	}
	e := audit.Entry{
		At: now, Actor: actor, Action: "disclose", Class: policy.ClassAttempt, ObjectID: c.attempt.ID, PersonID: c.referral.PersonID,
		Purpose: c.referral.Purpose, Allowed: true, Code: policy.Allowed.Code(), Groups: groups & policy.Sealed,
	}
	if c.attempt.InstrumentID != nil {
		e.InstrumentID, e.InstrumentVersion, e.TermNumber = *c.attempt.InstrumentID, *c.attempt.InstrumentVersion, *c.attempt.TermNumber
	}
	return audit.Append(ctx, q, e)
}

var errErased = errors.New("referrals: the person was erased")

// unseal opens the groups of a referral under the person's key, and the note of the attempt if there is one.
func (s *Store) unseal(ctx context.Context, q pg.Querier, r referral, a attempt, groups policy.Groups) (Details, string, error) {
	key, err := s.keyOf(r)
	if err != nil {
		return Details{}, "", err
	}
	rows, err := sealedFields(ctx, q, r.ID)
	if err != nil {
		return Details{}, "", err
	}
	details, err := open(key, r.ID, rows, groups)
	if err != nil || a.Note == nil {
		return details, "", err
	}
	note, err := openText(key, noteOf(a.ID), a.Note)
	return details, note, err
}

func noteOf(attemptID uuid.UUID) sealed.Location { return attemptText(attemptID, "note") }

// sealNote seals what the mover wrote; no text gives no note.
func (s *Store) sealNote(c *caseFile, text string) (err error) {
	c.attempt.Note, err = s.sealText(c.referral, noteOf(c.attempt.ID), text)
	return err
}
