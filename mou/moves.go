package mou

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Move says which instrument is to be moved, from which version, and under which idempotency key.
type Move struct {
	ID      uuid.UUID
	Version int
	Once    pg.Once
}

// papers are what a move must carry, as far as it must.
type papers struct {
	LetterNumber   string
	DocumentSHA256 []byte
	Kind           SuspensionKind
	ForCause       bool
	Reason         string

	invalid error // what is wrong with them, heard after everything else
	loaded  bool  // of what was agreed before: without papers, and on whatever day

	signedAt time.Time // of a signature on paper; zero: now
}

// Signature is what a signature rests on.
type Signature struct {
	LetterNumber   string // of the ministry's letter
	DocumentSHA256 []byte // of the Arabic document that both signed; 32 bytes
}

// Propose gives a draft to the organization. All moves of an instrument count from the next request: what may be found under it is
// refreshed in the same transaction. They fail with fault.Forbidden if the actor's roles do not permit it, with fault.NotFound, with
// fault.Conflict if somebody changed the instrument since the version, and with fault.Impossible if the step does not exist from
// where it is.
func (s *Store) Propose(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, Propose, papers{})
}

// Withdraw takes a proposal back into draft.
func (s *Store) Withdraw(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, Withdraw, papers{})
}

// Sign records the ministry's signature, which comes last. Who drafted or changed the instrument does not sign it: fault.Forbidden
// "drafter_does_not_sign". It fails with fault.Refused without a letter's number and the hash of the document.
func (s *Store) Sign(ctx context.Context, actor policy.Actor, m Move, with Signature) (Result, error) {
	var faults fault.List
	if strings.TrimSpace(with.LetterNumber) == "" {
		faults.Add("/letter_number", "A signature is given by a letter with a number.", "يكون التوقيع بكتاب له رقم.")
	}
	if len(with.DocumentSHA256) != 32 {
		faults.Add("/document_sha256", "A SHA-256 hash has 32 bytes.", "بصمة SHA-256 تتكون من 32 بايت.")
	}
	return s.move(ctx, actor, m, Sign, papers{LetterNumber: with.LetterNumber, DocumentSHA256: with.DocumentSHA256, invalid: faults.Err()})
}

// EnterIntoForce puts a signed instrument into force, from its first day. If it amends another, that one expires in the same
// transaction; it fails with fault.Impossible "superseded_stopped" while the other is suspended, or once it was terminated: an
// amendment is no way around a stop.
func (s *Store) EnterIntoForce(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, EnterIntoForce, papers{})
}

// Suspend stops new sends at once. An administrative suspension leaves 14 days to bring what is under way to an end; one for
// safeguarding cuts everything at once (see Barred). It fails with fault.Refused without a kind and a reason.
func (s *Store) Suspend(ctx context.Context, actor policy.Actor, m Move, kind SuspensionKind, reason string) (Result, error) {
	var faults fault.List
	if kind != Administrative && kind != Safeguarding {
		faults.Add("/kind", "A suspension is administrative or for safeguarding.", "الإيقاف إداري administrative أو للحماية safeguarding.")
	}
	requireReason(&faults, reason)
	return s.move(ctx, actor, m, Suspend, papers{Kind: kind, Reason: reason, invalid: faults.Err()})
}

// Resume ends a suspension.
func (s *Store) Resume(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, Resume, papers{})
}

// Expire closes an instrument whose last day has passed; what asks has looked at the day itself and not waited for it. Before its last
// day has passed it fails with fault.Impossible "not_yet_ended".
func (s *Store) Expire(ctx context.Context, actor policy.Actor, m Move) (Result, error) {
	return s.move(ctx, actor, m, Expire, papers{})
}

// Terminate ends an instrument before its time: for cause everything is cut at once, otherwise there are 14 days to wind down, or what
// a suspension left of them. It fails with fault.Refused without a reason.
func (s *Store) Terminate(ctx context.Context, actor policy.Actor, m Move, forCause bool, reason string) (Result, error) {
	var faults fault.List
	requireReason(&faults, reason)
	return s.move(ctx, actor, m, Terminate, papers{ForCause: forCause, Reason: reason, invalid: faults.Err()})
}

func requireReason(faults *fault.List, reason string) {
	if strings.TrimSpace(reason) == "" || len(reason) > 2000 {
		faults.Add("/reason", "A reason is required, of at most 2000 bytes.", "السبب مطلوب، بما لا يزيد على 2000 بايت.")
	}
}

// Move takes an instrument one step through its life without papers, for loading what was agreed before the service was there: a
// signature without its letter, an administrative suspension, a termination without cause. It returns the instrument without its
// terms and fails like the other moves.
func (s *Store) Move(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, t Transition) (Instrument, error) {
	r, err := s.write(ctx, actor, pg.Once{}, "", Instrument{ID: id}, func(q pg.Querier, now time.Time) (Instrument, error) {
		return step(ctx, q, actor, Move{ID: id, Version: version}, t, papers{loaded: true}, now)
	}, actionOf(t))
	return r.Instrument, err
}

func actionOf(t Transition) policy.Action {
	if t == Sign {
		return policy.Sign
	}
	return policy.Manage
}

// move is the way of every transition over an interface.
func (s *Store) move(ctx context.Context, actor policy.Actor, m Move, t Transition, p papers) (Result, error) {
	return s.write(ctx, actor, m.Once, "instrument."+string(t), Instrument{ID: m.ID}, func(q pg.Querier, now time.Time) (Instrument, error) {
		return step(ctx, q, actor, m, t, p, now)
	}, actionOf(t))
}

// step writes one transition, what may be found after it, and that it happened.
func step(ctx context.Context, q pg.Querier, actor policy.Actor, m Move, t Transition, p papers, now time.Time) (Instrument, error) {
	in, err := instrument(ctx, q, m.ID)
	if err != nil {
		return Instrument{}, err
	}
	next, err := in.after(actor.AccountID, m.Version, t, p, geo.Today(now))
	if err != nil {
		return Instrument{}, err
	}
	if t == EnterIntoForce && in.Supersedes != nil {
		if err := supersede(ctx, q, actor, *in.Supersedes, now); err != nil {
			return Instrument{}, err
		}
	}
	if err := moveInstrument(ctx, q, actor, in, t, next, p, now); err != nil {
		return Instrument{}, err
	}
	in.Status, in.Version = next, in.Version+1
	if err := refresh(ctx, q, in.OrganizationID); err != nil {
		return Instrument{}, err
	}
	return in, record(ctx, q, actor, policy.Action(t), in, now)
}

// after decides: it returns the status to which the transition leads.
func (in Instrument) after(account uuid.UUID, version int, t Transition, p papers, today time.Time) (Status, error) {
	if t == Sign && in.writtenBy(account) {
		return "", errOwnDraft
	}
	if in.Version != version {
		return "", errMoved
	}
	next, err := in.Status.Next(t)
	if err != nil {
		return "", err
	}
	if t == Expire && !p.loaded && !today.After(in.ValidTo) {
		return "", fault.New(fault.Impossible, "not_yet_ended",
			"The last day of the instrument has not passed. To end it earlier, terminate it.", "لم ينقضِ آخر يوم من الوثيقة. لإنهائها قبل ذلك استخدم terminate.")
	}
	return next, p.invalid
}

// writtenBy reports whether the account drafted the instrument or changed the draft.
func (in Instrument) writtenBy(account uuid.UUID) bool {
	return in.DraftedBy != nil && *in.DraftedBy == account || slices.Contains(in.WrittenBy, account)
}

// supersede lets the old version expire. It is locked, so that a suspension that commits first is seen.
func supersede(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, now time.Time) error {
	if err := lock(ctx, q, id); err != nil {
		return err
	}
	old, err := instrument(ctx, q, id)
	if err != nil {
		return err
	}
	switch {
	case old.Status == Expired && old.SuspensionKind == "":
		return nil
	case old.Status != InForce:
		return fault.New(fault.Impossible, "superseded_stopped",
			"The instrument that this one amends is suspended or was terminated.", "الوثيقة التي تعدّلها هذه موقوفة أو منهاة.")
	}
	if err := moveInstrument(ctx, q, actor, old, Expire, Expired, papers{}, now); err != nil {
		return err
	}
	old.Status, old.Version = Expired, old.Version+1
	return record(ctx, q, actor, policy.Action(Expire), old, now)
}

func refresh(ctx context.Context, q pg.Querier, organization uuid.UUID) error {
	if pg.Filling(q) {
		return nil // an instrument changes nothing about the listing
	}
	if _, err := q.Exec(ctx, `SELECT refresh_provider_search(@organization)`, pgx.StrictNamedArgs{"organization": organization}); err != nil {
		return fmt.Errorf("refresh what may be found: %w", err)
	}
	return nil
}

// write is the way of every write: role, existence, replay, the act with its record, and the idempotency key, in one transaction. It
// returns the instrument as it then is. A refusal is audited by itself.
func (s *Store) write(
	ctx context.Context, actor policy.Actor, once pg.Once, operation string, about Instrument,
	act func(q pg.Querier, now time.Time) (Instrument, error), action ...policy.Action,
) (Result, error) {
	now, needed := s.clock(), policy.Manage
	if len(action) > 0 {
		needed = action[0]
	}
	entry := entryOf(actor, needed, about, now)
	if !actor.Can(needed, policy.ClassInstrument) {
		return Result{}, s.refused(ctx, entry, policy.RoleForbids(needed, policy.ClassInstrument))
	}
	var result Result
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if about.ID != uuid.Nil {
			if _, err := instrument(ctx, q, about.ID); err != nil {
				return err
			}
		}
		outcome, seen, err := once.Seen(ctx, q, operation)
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !seen {
			in, err := act(q, now)
			if err != nil {
				return err
			}
			if id = in.ID; operation != "" {
				if err := once.Record(ctx, q, operation, id, in.Version); err != nil {
					return err
				}
			}
		}
		in, err := whole(ctx, q, id, now)
		result = Result{Instrument: in, Replayed: seen}
		return err
	})
	if err != nil {
		return Result{}, s.refused(ctx, entry, err)
	}
	return result, nil
}
