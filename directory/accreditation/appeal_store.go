package accreditation

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Appeal returns the appeal of that id, or fails with fault.NotFound.
func (s *Store) Appeal(ctx context.Context, actor policy.Actor, id uuid.UUID) (Appeal, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Appeal, error) {
		a, err := seen(ctx, q, actor, policy.ClassApplication, appeal, id)
		return a.towards(actor), err
	})
}

// Appeals lists appeals by id; the filter's OrganizationID and Status count.
func (s *Store) Appeals(ctx context.Context, actor policy.Actor, f Filter) ([]Appeal, error) {
	return list(ctx, s, actor, policy.ClassApplication, func(q pg.Querier) ([]Appeal, error) {
		found, err := collect(ctx, q, "list appeals", appealRow.appeal, appealSQL+`
			WHERE (@organization::uuid IS NULL OR organization_id = @organization)
				AND (@status = '' OR status = @status)
				AND id > @after
			ORDER BY id
			LIMIT @limit`, f.args())
		for i := range found {
			found[i] = found[i].towards(actor)
		}
		return found, err
	})
}

// towards is the appeal as the actor may see it: what is signed and not confirmed is the directorate's alone.
func (a Appeal) towards(actor policy.Actor) Appeal {
	if a.Status == AppealSigned && !mayRead(actor, policy.ClassSurvey, uuid.Nil) {
		a.AppealRuling, a.SignedBy = AppealRuling{}, uuid.Nil
	}
	return a
}

// LodgeAppeal is an organization's objection to the rejection of its application, or to the suspension or revocation of its
// accreditation: one of ApplicationID and AccreditationID names it. It fails with fault.Refused with every fault, also for what does not
// exist, with fault.Forbidden, with fault.Impossible "nothing_to_appeal" if that was not decided, and "appeal_open" while there is another.
func (s *Store) LodgeAppeal(ctx context.Context, actor policy.Actor, a Appeal, once pg.Once) (Written[Appeal], error) {
	d := applying(actor, "appeal.lodge", uuid.Nil, once)
	return perform(ctx, s, d, appeal, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		var l fault.List
		if (a.ApplicationID == uuid.Nil) == (a.AccreditationID == uuid.Nil) {
			l.Add("/application_id", "An appeal is about an application or about an accreditation.", "الاعتراض على قرار في طلب أو في اعتماد.")
		}
		required(&l, "/grounds", a.Grounds)
		if err = l.Err(); err != nil {
			return id, err
		}
		if err = a.find(ctx, q, actor); fault.KindOf(err) == fault.NotFound {
			return id, a.unknown()
		}
		if err != nil {
			return id, err
		}
		if err = d.permits(a.OrganizationID); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		a.ID = id
		return id, insertAppeal(ctx, q, a, now)
	})
}

var errNothingToAppeal = fault.New(fault.Impossible, "nothing_to_appeal",
	"Only a rejection, a suspension or a revocation can be appealed against.", "لا يُعترض إلا على رفض أو إيقاف أو سحب.")

// unknown is the refusal of an appeal about what does not exist, or must not be known of.
func (a Appeal) unknown() error {
	var l fault.List
	at := "/application_id"
	if a.ApplicationID == uuid.Nil {
		at = "/accreditation_id"
	}
	l.Add(at, "There is no such thing here.", "لا يوجد سجل كهذا هنا.")
	return l.Err()
}

// find fills in what the appeal is against, whose it is and who decided it.
func (a *Appeal) find(ctx context.Context, q pg.Querier, actor policy.Actor) error {
	if a.ApplicationID != uuid.Nil {
		app, err := seen(ctx, q, actor, policy.ClassApplication, application, a.ApplicationID)
		if err != nil {
			return err
		}
		if app.Outcome != Rejected {
			return errNothingToAppeal
		}
		a.Against, a.OrganizationID = Rejection, app.OrganizationID
		a.DecidedBy, err = decidedBy(ctx, q, app.ID)
		return err
	}
	acc, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err == nil && !mayRead(actor, policy.ClassApplication, acc.OrganizationID) {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	switch acc.Status {
	case directory.Suspended:
		a.Against = Suspension
	case directory.Revoked:
		a.Against = Revocation
	default:
		return errNothingToAppeal
	}
	a.OrganizationID = acc.OrganizationID
	var mover *uuid.UUID
	err = q.QueryRow(ctx, `
		SELECT moved_by_id
		FROM accreditation
		WHERE id = @id`, pgx.StrictNamedArgs{"id": acc.ID}).Scan(&mover)
	a.DecidedBy = []uuid.UUID{}
	if mover != nil {
		a.DecidedBy = append(a.DecidedBy, *mover)
	}
	return err
}

// WithdrawAppeal takes an appeal back. The organization alone does, not an officer in its name: fault.Forbidden "appellant_withdraws". It
// fails like every move.
func (s *Store) WithdrawAppeal(ctx context.Context, actor policy.Actor, m Move) (Written[Appeal], error) {
	return s.movedAppeal(ctx, applying(actor, "appeal.withdraw", m.ID, m.Once), m.Version, WithdrawAppeal, func(_ pg.Querier, a *Appeal, _ time.Time) error {
		if inTheNameOf(actor, a.OrganizationID) {
			return errAppellantWithdraws
		}
		return nil
	})
}

var errAppellantWithdraws = fault.New(fault.Forbidden, "appellant_withdraws",
	"Only the organization takes its appeal back.", "لا يسحب الاعتراضَ إلا المنظمة التي قدمته.")

// SignAppeal is the first person's half of a decision on an appeal. It fails with fault.Forbidden "decided_before" for who decided what
// the appeal is against, with fault.Refused with every fault of the ruling, and like every move.
func (s *Store) SignAppeal(ctx context.Context, actor policy.Actor, m Move, r AppealRuling) (Written[Appeal], error) {
	return s.movedAppeal(ctx, deciding(actor, "appeal.sign", m), m.Version, SignAppeal, func(_ pg.Querier, a *Appeal, _ time.Time) error {
		if a.barred(actor) {
			return errDecidedBefore
		}
		a.AppealRuling, a.SignedBy = r, actor.AccountID
		return r.Validate()
	})
}

// HandAppealBack is what a second person does who does not confirm. It fails like ConfirmAppeal.
func (s *Store) HandAppealBack(ctx context.Context, actor policy.Actor, m Move) (Written[Appeal], error) {
	return s.movedAppeal(ctx, deciding(actor, "appeal.hand_back", m), m.Version, HandAppealBack, func(_ pg.Querier, a *Appeal, _ time.Time) error {
		if err := a.second(actor); err != nil {
			return err
		}
		a.AppealRuling, a.SignedBy = AppealRuling{}, uuid.Nil
		return nil
	})
}

// ConfirmAppeal is the second person's half. What is overturned is undone in the same transaction: a rejected application is under review
// again, others decide on it, and a timely renewal continues again; a suspension ends; a revoked accreditation is given anew with its
// number and days. It fails with fault.Forbidden "second_person" for who signed and "decided_before" like SignAppeal, and like every move.
func (s *Store) ConfirmAppeal(ctx context.Context, actor policy.Actor, m Move) (Written[Appeal], error) {
	return s.movedAppeal(ctx, deciding(actor, "appeal.confirm", m), m.Version, ConfirmAppeal, func(q pg.Querier, a *Appeal, now time.Time) error {
		if err := a.second(actor); err != nil {
			return err
		}
		a.ConfirmedBy = actor.AccountID
		if a.Outcome == Overturned {
			if err := pg.Elevate(ctx, q, func(q pg.Querier) error { return a.undo(ctx, q, now) }); err != nil {
				return err
			}
		}
		return directory.Notify(ctx, q, directory.Notice{
			OrganizationID: a.OrganizationID, ApplicationID: a.ApplicationID, AccreditationID: a.AccreditationID, Kind: "appeal_decided",
			LetterNumber: a.LetterNumber, Text: directory.Name(a.words()),
		}, now)
	})
}

func (a Appeal) words() fault.Sentence {
	if a.Outcome == Overturned {
		return fault.Sentence{AR: "قُبل اعتراضكم: " + a.Reason.AR, EN: "Your appeal is successful: " + a.Reason.EN}
	}
	return fault.Sentence{AR: "رُدّ اعتراضكم: " + a.Reason.AR, EN: "Your appeal is dismissed: " + a.Reason.EN}
}

// barred reports whether the actor decided what the appeal is against.
func (a Appeal) barred(actor policy.Actor) bool {
	return actor.Kind != policy.System && slices.Contains(a.DecidedBy, actor.AccountID)
}

// second fails with errSecondPerson for who signed, and with errDecidedBefore for who is barred.
func (a Appeal) second(actor policy.Actor) error {
	switch {
	case a.SignedBy == actor.AccountID:
		return errSecondPerson
	case a.barred(actor):
		return errDecidedBefore
	}
	return nil
}

// undo takes back what was overturned. If it was moved meanwhile, there is nothing to undo any more.
func (a Appeal) undo(ctx context.Context, q pg.Querier, now time.Time) error {
	if a.Against == Rejection {
		was, err := application(ctx, q, a.ApplicationID)
		if err != nil {
			return err
		}
		next, err := was.Status.Next(Reopen)
		if err != nil {
			return err
		}
		open := was
		open.Status, open.Outcome, open.DecidedAt = next, "", nil
		if err := open.carryAgain(ctx, q, say(was.DecidedAt), now); err != nil {
			return err
		}
		if err := moveApplication(ctx, q, was, open, Reopen, now); err != nil {
			return err
		}
		return applied(ctx, q, a.OrganizationID, now)
	}
	acc, err := directory.AccreditationByID(ctx, q, a.AccreditationID)
	if err != nil {
		return err
	}
	paper := directory.Paper{LetterNumber: a.LetterNumber}
	switch {
	case a.Against == Suspension && acc.Status == directory.Suspended:
		_, err = directory.MoveAccreditation(ctx, q, directory.AccreditationMove{ID: acc.ID, Version: acc.Version, Event: directory.Reinstate, Paper: paper}, now)
	case a.Against == Revocation && acc.Status == directory.Revoked:
		err = restore(ctx, q, acc, a.LetterNumber, now)
	default:
		err = errNothingToAppeal
	}
	return err
}

// restore gives a revoked accreditation anew, with its number, days and scope, and under the conditions that were not met.
func restore(ctx context.Context, q pg.Querier, was directory.Accreditation, letter string, now time.Time) error {
	again, err := directory.GrantAccreditation(ctx, q, was.OrganizationID, was.Grant, letter, now)
	if err != nil {
		return err
	}
	err = write(ctx, q, "restore the scope", `
		INSERT INTO accreditation_scope (accreditation_id, need_id, governorate_code)
		SELECT @again, s.need_id, s.governorate_code
		FROM accreditation_scope AS s
		WHERE s.accreditation_id = @was`, pgx.StrictNamedArgs{"again": again.ID, "was": was.ID})
	if err != nil {
		return err
	}
	open, err := collect(ctx, q, "read the conditions", conditionRow.condition, conditionSQL+`
			WHERE accreditation_id = @was AND met_on IS NULL
			ORDER BY id`, pgx.StrictNamedArgs{"was": was.ID})
	if err != nil {
		return err
	}
	for _, c := range open {
		if err := insertCondition(ctx, q, again.ID, was.OrganizationID, c.Term, now); err != nil {
			return err
		}
	}
	return refresh(ctx, q, was.OrganizationID)
}

func (s *Store) movedAppeal(ctx context.Context, d deed, version int, e AppealEvent, decide func(q pg.Querier, a *Appeal, now time.Time) error) (Written[Appeal], error) {
	return alter(ctx, s, d, version, appeal, func(q pg.Querier, was Appeal, now time.Time) error {
		next, err := was.Status.Next(e)
		if err != nil {
			return err
		}
		a := was
		a.Status = next
		if err := decide(q, &a, now); err != nil {
			return err
		}
		return change(ctx, q, string(e), `
			UPDATE accreditation_appeal
			SET transition = @event, status = @status, outcome = @outcome, letter_number = @letter, reason_ar = @reason_ar, reason_en = @reason_en,
			    signed_by_id = @signed_by, confirmed_by_id = @confirmed_by, version = version + 1, updated_at = @now
			WHERE id = @id AND status = @was AND version = @version`,
			pgx.StrictNamedArgs{
				"id": a.ID, "event": e, "status": next, "was": was.Status, "version": was.Version, "outcome": notEmpty(string(a.Outcome)),
				"letter": notEmpty(a.LetterNumber), "reason_ar": a.Reason.AR, "reason_en": a.Reason.EN, "signed_by": orNull(a.SignedBy),
				"confirmed_by": orNull(a.ConfirmedBy), "now": now,
			})
	})
}

type appealRow struct {
	ID              uuid.UUID
	OrganizationID  uuid.UUID
	Against         Against
	ApplicationID   *uuid.UUID
	AccreditationID *uuid.UUID
	Grounds         string
	DecidedByIDs    []uuid.UUID
	Status          AppealStatus
	Outcome         *AppealOutcome
	LetterNumber    *string
	ReasonAr        string
	ReasonEn        string
	SignedByID      *uuid.UUID
	ConfirmedByID   *uuid.UUID
	Version         int
	UpdatedAt       time.Time
}

const appealSQL = `
			SELECT id, organization_id, against, application_id, accreditation_id, grounds, decided_by_ids, status, outcome, letter_number, reason_ar,
			       reason_en, signed_by_id, confirmed_by_id, version, updated_at
			FROM accreditation_appeal`

func (r appealRow) appeal() Appeal {
	return Appeal{
		ID: r.ID, OrganizationID: r.OrganizationID, Against: r.Against, ApplicationID: orNil(r.ApplicationID), AccreditationID: orNil(r.AccreditationID),
		Grounds: r.Grounds, DecidedBy: r.DecidedByIDs, Status: r.Status,
		AppealRuling: AppealRuling{Outcome: say(r.Outcome), LetterNumber: say(r.LetterNumber), Reason: fault.Sentence{AR: r.ReasonAr, EN: r.ReasonEn}},
		SignedBy:     orNil(r.SignedByID), ConfirmedBy: orNil(r.ConfirmedByID), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

func appeal(ctx context.Context, q pg.Querier, id uuid.UUID) (Appeal, error) {
	return one(collect(ctx, q, "read an appeal", appealRow.appeal, appealSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func insertAppeal(ctx context.Context, q pg.Querier, a Appeal, now time.Time) error {
	return write(ctx, q, "lodge an appeal", `
		INSERT INTO accreditation_appeal (
		  id, organization_id, against, application_id, accreditation_id, grounds, decided_by_ids, transition, status, created_at, updated_at
		)
		VALUES (@id, @organization, @against, @application, @accreditation, @grounds, @decided_by, 'lodge', 'lodged', @now, @now)`,
		pgx.StrictNamedArgs{
			"id": a.ID, "organization": a.OrganizationID, "against": a.Against, "application": orNull(a.ApplicationID),
			"accreditation": orNull(a.AccreditationID), "grounds": a.Grounds, "decided_by": a.DecidedBy, "now": now,
		})
}
