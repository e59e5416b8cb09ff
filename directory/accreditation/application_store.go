package accreditation

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Application returns the application of that id, or fails with fault.NotFound; so it does for another organization's.
func (s *Store) Application(ctx context.Context, actor policy.Actor, id uuid.UUID) (Application, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Application, error) {
		return seen(ctx, q, actor, policy.ClassApplication, application, id)
	})
}

// Applications lists applications by id: an organization's its own, the directorate's all. The filter's OrganizationID and Status count.
func (s *Store) Applications(ctx context.Context, actor policy.Actor, f Filter) ([]Application, error) {
	return list(ctx, s, actor, policy.ClassApplication, func(q pg.Querier) ([]Application, error) {
		return collect(ctx, q, "list applications", applicationRow.application, applicationSQL+`
			WHERE (@organization::uuid IS NULL OR a.organization_id = @organization)
				AND (@status = '' OR a.status = @status)
				AND a.id > @after
			ORDER BY a.id
			LIMIT @limit`, f.args())
	})
}

// ApplicationHistory returns what became of an application, in the order of the versions. It fails with fault.NotFound.
func (s *Store) ApplicationHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]history.Change, error) {
		if _, err := seen(ctx, q, actor, policy.ClassApplication, application, id); err != nil {
			return nil, err
		}
		return history.Of(ctx, q, "accreditation_application", id.String(), p)
	})
}

// applying is the deed of whoever writes an application: its organization, or an officer who records what came on paper.
func applying(actor policy.Actor, what string, id uuid.UUID, once pg.Once) deed {
	return deed{actor: actor, what: what, action: policy.Apply, class: policy.ClassApplication, id: id, once: once}
}

// StartApplication writes the draft of an application. An organization applies for itself; an officer may record it. Of a renewal the
// accreditation is the organization's that is in force. It fails with fault.Forbidden, with fault.Refused with every fault of what is
// said, and with fault.Impossible "application_open" while another is on its way; a first one also with "accreditation_in_force" while
// there is one that could be renewed, and "accreditation_suspended".
func (s *Store) StartApplication(ctx context.Context, actor policy.Actor, a Application, once pg.Once) (Written[Application], error) {
	d := applying(actor, "application.draft", uuid.Nil, once)
	return perform(ctx, s, d, application, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		if err = d.permits(a.OrganizationID); err != nil {
			return id, err
		}
		if err = a.check(ctx, q); err != nil {
			return id, err
		}
		if a.Kind == Renewal {
			renewed, err := directory.CurrentAccreditation(ctx, q, a.OrganizationID)
			if fault.KindOf(err) == fault.NotFound {
				return id, errNothingToRenew
			}
			if err != nil {
				return id, err
			}
			a.AccreditationID = renewed.ID
		} else if err = nothingInForce(ctx, q, a.OrganizationID, now); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		a.ID, a.Status = id, Draft
		return id, insertApplication(ctx, q, a, now)
	})
}

var errNothingToRenew = fault.New(fault.Refused, "nothing_to_renew",
	"The organization has no accreditation that could be renewed.", "ليس للمنظمة اعتماد يمكن تجديده.")

// ChangeApplication writes anew what a draft, or an application that was returned, says. It fails with fault.NotFound, fault.Forbidden,
// with fault.Conflict if somebody changed it since version, with fault.Impossible "application_not_open" once it is handed in, and with
// fault.Refused with every fault.
func (s *Store) ChangeApplication(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, track Track, papers Papers) (Written[Application], error) {
	return alter(ctx, s, applying(actor, "application.change", id, pg.Once{}), version, application, func(q pg.Querier, was Application, now time.Time) error {
		if !was.open() {
			return errNotOpen
		}
		was.Track, was.Papers = track, papers
		if err := was.check(ctx, q); err != nil {
			return err
		}
		return updatePapers(ctx, q, was, now)
	})
}

var errNotOpen = fault.New(fault.Impossible, "application_not_open",
	"The application is handed in; it can be changed once it is returned.", "الطلب مقدَّم، ولا يُعدَّل إلا إذا أُعيد إليكم.")

// check validates against the questionnaire that the application names.
func (a Application) check(ctx context.Context, q pg.Querier) error {
	asked, err := a.asked(ctx, q)
	if err != nil {
		return err
	}
	return a.Validate(asked)
}

// asked is the questionnaire that the application names; none for Nil.
func (a Application) asked(ctx context.Context, q pg.Querier) (Questionnaire, error) {
	if a.QuestionnaireID == uuid.Nil {
		return Questionnaire{}, nil
	}
	asked, err := questionnaire(ctx, q, a.QuestionnaireID)
	if fault.KindOf(err) == fault.NotFound {
		var l fault.List
		l.Add("/questionnaire_id", "There is no such questionnaire.", "لا يوجد استبيان كهذا.")
		err = l.Err()
	}
	return asked, err
}

// Completeness returns everything that the application lacks today, in words; nothing if it is complete.
func (s *Store) Completeness(ctx context.Context, actor policy.Actor, id uuid.UUID) ([]fault.Field, error) {
	now := s.clock()
	return get(ctx, s, actor, func(q pg.Querier) ([]fault.Field, error) {
		a, err := seen(ctx, q, actor, policy.ClassApplication, application, id)
		if err != nil {
			return nil, err
		}
		incomplete, err := a.lacks(ctx, q, now)
		if incomplete == nil || err != nil {
			return nil, err
		}
		return incomplete.Fields, nil
	})
}

// lacks is the refusal of an application that is not complete, with everything that it lacks; nil if it is.
func (a Application) lacks(ctx context.Context, q pg.Querier, now time.Time) (*fault.Error, error) {
	asked, err := a.asked(ctx, q)
	if err != nil {
		return nil, err
	}
	documents, err := documentsOf(ctx, q, a.ID)
	if err != nil {
		return nil, err
	}
	types := make([]DocumentType, len(documents))
	for i, d := range documents {
		types[i] = d.Type
	}
	var l fault.List
	a.Missing(&l, types, asked, geo.Today(now))
	if l.Err() == nil {
		return nil, nil //nolint:nilnil // complete: there is no refusal
	}
	incomplete := fault.New(fault.Refused, "application_incomplete",
		"The application is not complete; each thing that is missing is named.", "الطلب غير مكتمل، وكل ما ينقصه مذكور.")
	for _, f := range fieldsOf(l.Err()) {
		incomplete = incomplete.At(f.Pointer, f.Detail.EN, f.Detail.AR)
	}
	return incomplete, nil
}

// Submit hands an application in. It fails with fault.Refused "application_incomplete" with everything that is missing; a renewal from
// 90 days before the last day of what it renews until then, otherwise with fault.Refused "renewal_too_early" or "renewal_too_late"; one
// that asks for more than there is, at any time before. A renewal that is in time continues the accreditation while it is with the
// ministry.
func (s *Store) Submit(ctx context.Context, actor policy.Actor, m Move) (Written[Application], error) {
	return s.moved(ctx, applying(actor, "application.submit", m.ID, m.Once), m.Version, Submit, func(q pg.Querier, a *Application, now time.Time) error {
		incomplete, err := a.lacks(ctx, q, now)
		if err != nil {
			return err
		}
		if incomplete != nil {
			return incomplete
		}
		a.SubmittedAt, a.ReturnReason = &now, ""
		if a.Kind == Renewal {
			if err := a.renew(ctx, q, now); err != nil {
				return err
			}
		}
		return applied(ctx, q, a.OrganizationID, now)
	})
}

// Withdraw takes an application back. What a renewal continued then ends as it would have. An officer who does it in the organization's
// name gives the reason, and the organization has a notice with it: fault.Refused without one.
func (s *Store) Withdraw(ctx context.Context, actor policy.Actor, m Move, reason string) (Written[Application], error) {
	return s.moved(ctx, applying(actor, "application.withdraw", m.ID, m.Once), m.Version, Withdraw, func(q pg.Querier, a *Application, now time.Time) error {
		if inTheNameOf(actor, a.OrganizationID) {
			if err := a.withdrawnFor(ctx, q, reason, now); err != nil {
				return err
			}
		}
		if err := a.letGo(ctx, q, now); err != nil {
			return err
		}
		return fellBack(ctx, q, a.OrganizationID, now)
	})
}

// withdrawnFor tells the organization that its application was taken back in its name, and why.
func (a Application) withdrawnFor(ctx context.Context, q pg.Querier, reason string, now time.Time) error {
	var l fault.List
	required(&l, "/reason", reason)
	if err := l.Err(); err != nil {
		return err
	}
	return directory.Notify(ctx, q, a.notice("withdrawn", "", fault.Sentence{
		AR: "سُحب طلبكم باسمكم. السبب: " + reason, EN: "Your application is withdrawn in your name. The reason: " + reason,
	}), now)
}

// examining is the deed of an officer who takes an application further.
func examining(actor policy.Actor, what string, m Move) deed {
	return deed{actor: actor, what: what, action: policy.Manage, class: policy.ClassApplication, id: m.ID, once: m.Once}
}

// Return gives an application back with what is to be put right; the organization has a notice. A timely renewal then continues for
// ReturnedDays and no longer, or as long as what it renews would have run; the notice names the day.
func (s *Store) Return(ctx context.Context, actor policy.Actor, m Move, reason fault.Sentence) (Written[Application], error) {
	return s.moved(ctx, examining(actor, "application.return", m), m.Version, Return, func(q pg.Querier, a *Application, now time.Time) error {
		var l fault.List
		named(&l, "/reason", reason)
		if err := l.Err(); err != nil {
			return err
		}
		a.ReturnReason = reason.AR
		until, err := a.putOff(ctx, q, now)
		if err != nil {
			return err
		}
		return directory.Notify(ctx, q, a.notice("returned", "", returned(reason, until)), now)
	})
}

// MarkComplete says that everything is there. It fails like Submit with everything that is missing.
func (s *Store) MarkComplete(ctx context.Context, actor policy.Actor, m Move) (Written[Application], error) {
	return s.moved(ctx, examining(actor, "application.complete", m), m.Version, MarkComplete, func(q pg.Querier, a *Application, now time.Time) error {
		incomplete, err := a.lacks(ctx, q, now)
		if err != nil {
			return err
		}
		if incomplete != nil {
			return incomplete
		}
		return directory.Notify(ctx, q, a.notice("complete", "", fault.Sentence{
			AR: "طلبكم مكتمل، وستجري دراسته.", EN: "Your application is complete and will be examined.",
		}), now)
	})
}

// Assign gives an application to the officer who examines it. It fails with fault.Refused if the account examines none.
func (s *Store) Assign(ctx context.Context, actor policy.Actor, m Move, officer uuid.UUID) (Written[Application], error) {
	return s.moved(ctx, examining(actor, "application.assign", m), m.Version, Assign, func(q pg.Querier, a *Application, now time.Time) error {
		var examines bool
		err := q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM account AS acc
			  JOIN membership AS m ON m.account_id = acc.id
			  WHERE acc.id = @id AND acc.kind = 'person' AND acc.status = 'active' AND m.role = 'associations_officer'
			    AND m.valid_from <= @now AND coalesce(m.valid_to > @now, true)
			)`, pgx.StrictNamedArgs{"id": officer, "now": now}).Scan(&examines)
		if err != nil {
			return err
		}
		if !examines {
			var l fault.List
			l.Add("/officer_id", "This is no officer of the associations directorate.", "ليس هذا من موظفي شؤون الجمعيات.")
			return l.Err()
		}
		a.AssignedTo = officer
		return nil
	})
}

// moved takes an application one step: read, its version, whether the step exists, what it decides, and the write.
func (s *Store) moved(ctx context.Context, d deed, version int, e Event, decide func(q pg.Querier, a *Application, now time.Time) error) (Written[Application], error) {
	return alter(ctx, s, d, version, application, func(q pg.Querier, was Application, now time.Time) error {
		next, err := was.Status.Next(e)
		if err != nil {
			return err
		}
		a := was
		a.Status = next
		if err := decide(q, &a, now); err != nil {
			return err
		}
		return moveApplication(ctx, q, was, a, e, now)
	})
}

func (a Application) notice(kind, letter string, text fault.Sentence) directory.Notice {
	return directory.Notice{
		OrganizationID: a.OrganizationID, ApplicationID: a.ID, AccreditationID: a.AccreditationID, Kind: kind, LetterNumber: letter, Text: directory.Name(text),
	}
}

// trimmed is a text without what stands around it.
func trimmed(s string) string { return strings.TrimSpace(s) }
