package mou

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Result is an instrument after a write as the actor may see it, or now, if the write had been made before under the same key.
type Result struct {
	Instrument
	Replayed bool
}

// Create writes a new instrument as a draft, with its terms. It fails with fault.Forbidden unless the actor may manage instruments,
// with fault.Refused if a field breaks a rule or names what does not exist, and with fault.Impossible if the number is taken.
func (s *Store) Create(ctx context.Context, actor policy.Actor, in Instrument, once pg.Once) (Result, error) {
	return s.write(ctx, actor, once, "instrument.create", Instrument{}, func(q pg.Querier, now time.Time) (Instrument, error) {
		in.Supersedes, in.TermsVersion = nil, 1
		return draft(ctx, q, actor, in, now)
	})
}

// Draft is Create without a key.
func (s *Store) Draft(ctx context.Context, actor policy.Actor, in Instrument) (Instrument, error) {
	r, err := s.Create(ctx, actor, in, pg.Once{})
	return r.Instrument, err
}

// Amendment is what a new version of an instrument needs to be drafted.
type Amendment struct {
	Number             string // of the ministry's register, unique
	ValidFrom, ValidTo time.Time
}

// Amend drafts a new version of an instrument in force: with its terms and cleared persons, to be changed before it is proposed.
// When it enters into force, the old version expires. It fails with fault.NotFound, with fault.Impossible unless the instrument is
// in force and no other amendment of it is on its way, and like Create.
func (s *Store) Amend(ctx context.Context, actor policy.Actor, id uuid.UUID, a Amendment, once pg.Once) (Result, error) {
	return s.write(ctx, actor, once, "instrument.amend", Instrument{ID: id}, func(q pg.Querier, now time.Time) (Instrument, error) {
		in, err := whole(ctx, q, id, now)
		if err != nil {
			return Instrument{}, err
		}
		if in.Status != InForce {
			return Instrument{}, fault.New(fault.Impossible, "not_in_force",
				"Only an instrument in force is amended.", "لا تُعدَّل إلا وثيقة سارية.")
		}
		in.ID, in.Supersedes, in.TermsVersion = uuid.Nil, &id, in.TermsVersion+1
		in.Number, in.ValidFrom, in.ValidTo = a.Number, a.ValidFrom, a.ValidTo
		return draft(ctx, q, actor, in, now)
	})
}

func draft(ctx context.Context, q pg.Querier, actor policy.Actor, in Instrument, now time.Time) (Instrument, error) {
	if err := in.Validate(); err != nil {
		return Instrument{}, err
	}
	if err := in.identify(); err != nil {
		return Instrument{}, err
	}
	in = in.complete()
	in.Status, in.Version, in.DraftedBy, in.WrittenBy = Draft, 1, nil, nil
	if actor.AccountID != uuid.Nil {
		in.DraftedBy = &actor.AccountID
	}
	if err := insertInstrument(ctx, q, in, now); err != nil {
		return Instrument{}, err
	}
	return in, record(ctx, q, actor, policy.Manage, in, now)
}

// complete fills in the defaults.
func (in Instrument) complete() Instrument {
	if in.OnwardSharing == "" {
		in.OnwardSharing = NoSharing
	}
	if in.RetentionDays == 0 {
		in.RetentionDays = 1825
	}
	if in.BreachNoticeHours == 0 {
		in.BreachNoticeHours = 24
	}
	return in
}

// Change writes a draft anew, or what was proposed and is not yet signed: kind, number, dates, promises, terms and cleared persons;
// the organization stays. Who changes it does not sign it, as who drafted it. It fails with fault.Impossible once it is signed, with
// fault.Conflict if somebody changed it since version, and like Create.
func (s *Store) Change(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, in Instrument) (Instrument, error) {
	r, err := s.write(ctx, actor, pg.Once{}, "", Instrument{ID: id}, func(q pg.Querier, now time.Time) (Instrument, error) {
		was, err := instrument(ctx, q, id)
		if err != nil {
			return Instrument{}, err
		}
		if was.Version != version {
			return Instrument{}, errMoved
		}
		if was.Status != Draft && was.Status != Proposed {
			return Instrument{}, errSigned
		}
		in.ID, in.OrganizationID, in.Supersedes, in.TermsVersion = id, was.OrganizationID, was.Supersedes, was.TermsVersion
		return s.rewrite(ctx, q, actor, was, in, now)
	})
	return r.Instrument, err
}

func (s *Store) rewrite(ctx context.Context, q pg.Querier, actor policy.Actor, was, in Instrument, now time.Time) (Instrument, error) {
	if err := in.Validate(); err != nil {
		return Instrument{}, err
	}
	if err := in.identify(); err != nil {
		return Instrument{}, err
	}
	in = in.complete()
	in.Status, in.DraftedBy, in.WrittenBy, in.Version = was.Status, was.DraftedBy, was.WrittenBy, was.Version+1
	if actor.AccountID != uuid.Nil && !slices.Contains(in.WrittenBy, actor.AccountID) {
		in.WrittenBy = append(in.WrittenBy, actor.AccountID)
	}
	if err := updateDraft(ctx, q, in, was.Version, now); err != nil {
		return Instrument{}, err
	}
	return in, record(ctx, q, actor, policy.Manage, in, now)
}

// WithdrawClearances leaves only those of the cleared persons who are named. Before the signature this is an ordinary change of the
// draft; after it, a clearance can be taken back at any time and never given: who is cleared is a term (policy.md), and a further
// person takes an amendment. It fails with fault.Refused "clearance_is_a_term" for somebody who is not cleared, with fault.Conflict if
// somebody changed the instrument since version, and with fault.Forbidden or fault.NotFound like Change.
func (s *Store) WithdrawClearances(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, keep []uuid.UUID) (Instrument, error) {
	r, err := s.write(ctx, actor, pg.Once{}, "", Instrument{ID: id}, func(q pg.Querier, now time.Time) (Instrument, error) {
		in, err := whole(ctx, q, id, now)
		if err != nil {
			return Instrument{}, err
		}
		if in.Version != version {
			return Instrument{}, errMoved
		}
		for _, account := range keep {
			if !slices.Contains(in.Cleared, account) {
				return Instrument{}, errClearance
			}
		}
		if err := keepClearances(ctx, q, in, keep, now); err != nil {
			return Instrument{}, err
		}
		in.Version, in.Cleared = in.Version+1, keep
		return in, record(ctx, q, actor, "withdraw_clearance", in, now)
	})
	return r.Instrument, err
}

var (
	errSigned    = fault.New(fault.Impossible, "terms_immutable", "The terms of a signed instrument do not change. Make a new version.", "لا تتغير بنود وثيقة موقعة. أنشئ نسخة جديدة.")
	errClearance = fault.New(fault.Refused, "clearance_is_a_term",
		"Who is cleared is a term: clearing a further person takes a draft or an amendment.", "تخويل شخص إضافي بند من بنود الوثيقة، ويحتاج إلى مسودة أو تعديل.")
)
