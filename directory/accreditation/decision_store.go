package accreditation

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// deciding is the deed of somebody who decides.
func deciding(actor policy.Actor, what string, m Move) deed {
	return deed{actor: actor, what: what, action: policy.DecideOn, class: policy.ClassApplication, id: m.ID, once: m.Once}
}

// Sign is the first person's half of a decision; nothing follows from it until a second person confirms. It fails with fault.Forbidden
// unless the actor decides, "decided_before" if they took part in a decision on this application that was overturned, with fault.Refused
// with every fault of the ruling, and like every move.
func (s *Store) Sign(ctx context.Context, actor policy.Actor, m Move, r Ruling) (Written[Application], error) {
	return s.moved(ctx, deciding(actor, "application.sign", m), m.Version, Sign, func(q pg.Querier, a *Application, now time.Time) error {
		if err := othersDecided(ctx, q, actor, *a); err != nil {
			return err
		}
		if err := r.fit(*a, geo.Today(now)); err != nil {
			return err
		}
		return insertDecision(ctx, q, Decision{
			ApplicationID: a.ID, OrganizationID: a.OrganizationID, Form: TwoPersons, Ruling: r, SignedBy: actor.AccountID, SignedAt: now,
		})
	})
}

// Confirm is the second person's half: it takes the decision. An organization that is accredited is listed from the next request. It
// fails with fault.Forbidden "second_person" for who signed, and like Sign.
func (s *Store) Confirm(ctx context.Context, actor policy.Actor, m Move) (Written[Application], error) {
	return s.moved(ctx, deciding(actor, "application.confirm", m), m.Version, Confirm, func(q pg.Querier, a *Application, now time.Time) error {
		d, err := another(ctx, q, actor, *a)
		if err != nil {
			return err
		}
		err = change(ctx, q, "confirm a decision", `
			UPDATE accreditation_decision
			SET confirmed_by_id = @by, taken_at = @now
			WHERE id = @id AND taken_at IS NULL AND handed_back_at IS NULL`,
			pgx.StrictNamedArgs{"id": d.ID, "by": orNull(actor.AccountID), "now": now})
		if err != nil {
			return err
		}
		return a.take(ctx, q, d, now)
	})
}

// HandBack is what a second person does who does not confirm: the application is reviewed, as before the signature. It fails like
// Confirm, and with fault.Refused without findings.
func (s *Store) HandBack(ctx context.Context, actor policy.Actor, m Move, findings string) (Written[Application], error) {
	return s.moved(ctx, deciding(actor, "application.hand_back", m), m.Version, HandBack, func(q pg.Querier, a *Application, now time.Time) error {
		var l fault.List
		required(&l, "/findings", findings)
		if err := l.Err(); err != nil {
			return err
		}
		d, err := another(ctx, q, actor, *a)
		if err != nil {
			return err
		}
		err = change(ctx, q, "hand a decision back", `
			UPDATE accreditation_decision
			SET handed_back_at = @now
			WHERE id = @id AND taken_at IS NULL AND handed_back_at IS NULL`, pgx.StrictNamedArgs{"id": d.ID, "now": now})
		if err != nil {
			return err
		}
		return insertNote(ctx, q, Note{ApplicationID: a.ID, Kind: "hand_back", Findings: findings, By: actor.AccountID}, now)
	})
}

// another is the decision that waits for the second person, or fails with errSecondPerson for who signed it, and like othersDecided.
func another(ctx context.Context, q pg.Querier, actor policy.Actor, a Application) (Decision, error) {
	d, err := pending(ctx, q, a.ID)
	if err != nil {
		return Decision{}, err
	}
	if d.SignedBy == actor.AccountID {
		return Decision{}, errSecondPerson
	}
	return d, othersDecided(ctx, q, actor, a)
}

// RecordMinute takes the decision that a committee of at least three took, from its minute. It fails like Sign.
func (s *Store) RecordMinute(ctx context.Context, actor policy.Actor, m Move, r Ruling, minute Minute) (Written[Application], error) {
	return s.moved(ctx, deciding(actor, "application.record_minute", m), m.Version, RecordMinute, func(q pg.Querier, a *Application, now time.Time) error {
		if err := othersDecided(ctx, q, actor, *a); err != nil {
			return err
		}
		var l fault.List
		for _, err := range []error{r.fit(*a, geo.Today(now)), minute.Validate()} {
			for _, f := range fieldsOf(err) {
				l.Add(f.Pointer, f.Detail.EN, f.Detail.AR)
			}
		}
		if err := l.Err(); err != nil {
			return err
		}
		d := Decision{
			ApplicationID: a.ID, OrganizationID: a.OrganizationID, Form: Committee, Ruling: r, Minute: minute, SignedBy: actor.AccountID, SignedAt: now,
			TakenAt: &now,
		}
		if err := insertDecision(ctx, q, d); err != nil {
			return err
		}
		return a.take(ctx, q, d, now)
	})
}

// Decisions lists the decisions on an application by id: for an organization those that are taken. It fails with fault.NotFound.
func (s *Store) Decisions(ctx context.Context, actor policy.Actor, f Filter) ([]Decision, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Decision, error) {
		if _, err := seen(ctx, q, actor, policy.ClassApplication, application, f.ApplicationID); err != nil {
			return nil, err
		}
		return collect(ctx, q, "list decisions", decisionRow.decision, decisionSQL+`
			WHERE application_id = @application
				AND id > @after
				AND (@all OR taken_at IS NOT NULL)
			ORDER BY id
			LIMIT @limit`,
			pgx.StrictNamedArgs{"application": f.ApplicationID, "after": f.After, "all": mayRead(actor, policy.ClassSurvey, uuid.Nil), "limit": f.Limit})
	})
}

// othersDecided fails with fault.Forbidden "decided_before" if the actor took part in a decision on the application that was taken: it is
// open again because an appeal was heard.
func othersDecided(ctx context.Context, q pg.Querier, actor policy.Actor, a Application) error {
	who, err := decidedBy(ctx, q, a.ID)
	if err == nil && actor.Kind != policy.System && slices.Contains(who, actor.AccountID) {
		err = errDecidedBefore
	}
	return err
}

// decidedBy are the accounts that took the decisions on an application.
func decidedBy(ctx context.Context, q pg.Querier, application uuid.UUID) ([]uuid.UUID, error) {
	taken, err := collect(ctx, q, "read who decided", decisionRow.decision, decisionSQL+`
			WHERE application_id = @application
				AND taken_at IS NOT NULL
			ORDER BY id`, pgx.StrictNamedArgs{"application": application})
	who := []uuid.UUID{}
	for _, d := range taken {
		for _, id := range []uuid.UUID{d.SignedBy, d.ConfirmedBy} {
			if id != uuid.Nil && !slices.Contains(who, id) {
				who = append(who, id)
			}
		}
	}
	return who, err
}

// take brings about what was decided, in the transaction of the decision: the accreditation with its scope and conditions, what may be
// found, what the surveys know, and the notice. Who confirms need not keep the register, so the system does it.
func (a *Application) take(ctx context.Context, q pg.Querier, d Decision, now time.Time) error {
	a.Outcome, a.DecidedAt = d.Outcome, &now
	if d.Outcome == Rejected {
		if err := a.letGo(ctx, q, now); err != nil {
			return err
		}
		if err := fellBack(ctx, q, a.OrganizationID, now); err != nil {
			return err
		}
	} else {
		err := pg.Elevate(ctx, q, func(q pg.Querier) error { return a.grant(ctx, q, d, now) })
		if err != nil {
			return err
		}
		if err := accreditedNow(ctx, q, a.OrganizationID, now); err != nil {
			return err
		}
	}
	return directory.Notify(ctx, q, a.notice("decided", d.LetterNumber, d.words()), now)
}

func (a *Application) grant(ctx context.Context, q pg.Querier, d Decision, now time.Time) error {
	renews, err := a.renews(ctx, q)
	if err != nil {
		return err
	}
	if renews {
		if err := directory.Prolong(ctx, q, a.AccreditationID, d.Grant.Number, d.Grant.ValidTo, now); err != nil {
			return err
		}
	} else {
		if err := closeEnded(ctx, q, a.OrganizationID, now); err != nil {
			return err
		}
		granted, err := directory.GrantAccreditation(ctx, q, a.OrganizationID, d.Grant, d.LetterNumber, now)
		if err != nil {
			return err
		}
		a.AccreditationID = granted.ID
	}
	if err := writeScope(ctx, q, a.AccreditationID, d.Scope); err != nil {
		return err
	}
	for _, c := range d.Conditions {
		if err := insertCondition(ctx, q, a.AccreditationID, a.OrganizationID, c, now); err != nil {
			return err
		}
	}
	// Who is accredited is no longer for signposting alone; and what may be found goes by the scope.
	if err := directory.ListForInformation(ctx, q, a.OrganizationID, false, now); err != nil {
		return err
	}
	return refresh(ctx, q, a.OrganizationID)
}

// closeEnded closes an accreditation of the organization whose last day has passed, and which nobody has closed yet.
func closeEnded(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	before, err := directory.CurrentAccreditation(ctx, q, organization)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || !geo.Today(now).After(before.ValidTo) {
		return err
	}
	_, err = directory.MoveAccreditation(ctx, q, directory.AccreditationMove{ID: before.ID, Version: before.Version, Event: directory.Expire}, now)
	return err
}

// words say a decision to the organization.
func (d Decision) words() fault.Sentence {
	if d.Outcome == Rejected {
		return fault.Sentence{
			AR: "رُفض طلبكم: " + d.Reason.AR + " يمكنكم الاعتراض على القرار.",
			EN: "Your application is rejected: " + d.Reason.EN + " You may appeal against the decision.",
		}
	}
	return d.Grant.Words()
}
