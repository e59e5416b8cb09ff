package accreditation

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// CheckOutcome is what a spot check comes to. A suspension is proposed here and decided in the register.
type CheckOutcome string

// The outcomes of a spot check.
const (
	CheckOK            CheckOutcome = "ok"
	CheckConditions    CheckOutcome = "conditions"
	SuspensionProposed CheckOutcome = "suspension_proposed"
)

// SpotCheck is a look at an accredited organization without an application. The directorate alone reads it.
type SpotCheck struct {
	ID              uuid.UUID
	AccreditationID uuid.UUID
	On              time.Time
	Checkers        []string
	Findings        string
	Outcome         CheckOutcome
	Conditions      []Term // that follow from it, with the outcome conditions
	By              uuid.UUID
	CreatedAt       time.Time
}

func (c SpotCheck) key() (uuid.UUID, int) { return c.ID, 1 }
func (SpotCheck) owner() uuid.UUID        { return uuid.Nil }

// Validate returns every fault of the check at once, as fault.Refused, or nil.
func (c SpotCheck) Validate(now time.Time) error {
	var l fault.List
	people(&l, "/checkers", c.Checkers, 1)
	required(&l, "/findings", c.Findings)
	if c.On.IsZero() || c.On.After(now) {
		l.Add("/checked_on", "The day of a check that was made.", "تاريخ فحص تم.")
	}
	if c.Outcome != CheckOK && c.Outcome != CheckConditions && c.Outcome != SuspensionProposed {
		l.Add("/outcome", "Must be one of: ok, conditions, suspension_proposed.", "يجب أن تكون القيمة إحدى: ok, conditions, suspension_proposed.")
	}
	if (c.Outcome == CheckConditions) != (len(c.Conditions) > 0) {
		l.Add("/conditions", "Conditions come with the outcome conditions, and with that alone.", "الشروط لنتيجة conditions وحدها، وهي لازمة لها.")
	}
	for i, t := range c.Conditions {
		at := "/conditions/" + strconv.Itoa(i)
		named(&l, at+"/text", t.Text)
		if t.DueOn.IsZero() {
			l.Add(at+"/due_on", "The day by which it is met is required.", "الموعد المحدد لاستيفائه مطلوب.")
		}
	}
	return l.Err()
}

// RecordCheck records a spot check of an accreditation that is in force or suspended; the organization has a notice of conditions and of
// a proposed suspension. It fails with fault.NotFound, fault.Forbidden unless the actor examines, fault.Impossible
// "accreditation_not_in_force", and with fault.Refused with every fault.
func (s *Store) RecordCheck(ctx context.Context, actor policy.Actor, c SpotCheck, once pg.Once) (Written[SpotCheck], error) {
	d := deed{actor: actor, what: "spot_check.record", action: policy.Manage, class: policy.ClassSurvey, id: c.AccreditationID, once: once}
	return perform(ctx, s, d, spotCheck, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		a, err := directory.AccreditationByID(ctx, q, c.AccreditationID)
		if err != nil {
			return id, err
		}
		if a.Status != directory.Accredited && a.Status != directory.Suspended {
			return id, fault.New(fault.Impossible, "accreditation_not_in_force", "There is no accreditation in force to be checked.", "لا يوجد اعتماد سارٍ لفحصه.")
		}
		if err = c.Validate(now); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		c.ID, c.By = id, actor.AccountID
		if err = insertCheck(ctx, q, c, now); err != nil {
			return id, err
		}
		for _, t := range c.Conditions {
			if err = insertCondition(ctx, q, a.ID, a.OrganizationID, t, now); err != nil {
				return id, err
			}
		}
		return id, c.tell(ctx, q, a, now)
	})
}

func (c SpotCheck) tell(ctx context.Context, q pg.Querier, a directory.Accreditation, now time.Time) error {
	text, told := map[CheckOutcome]directory.Name{
		CheckConditions: {AR: "بعد فحص ميداني أُضيفت شروط إلى اعتمادكم، ومواعيدها مذكورة فيها.",
			EN: "After a spot check conditions were added to your accreditation; each says by when."},
		SuspensionProposed: {AR: "بعد فحص ميداني اقتُرح إيقاف اعتمادكم.", EN: "After a spot check it was proposed to suspend your accreditation."},
	}[c.Outcome]
	if !told {
		return nil
	}
	return directory.Notify(ctx, q, directory.Notice{OrganizationID: a.OrganizationID, AccreditationID: a.ID, Kind: "spot_check", Text: text}, now)
}

// SpotChecks lists the checks of an accreditation by id. It fails with fault.Forbidden for who has no part in them.
func (s *Store) SpotChecks(ctx context.Context, actor policy.Actor, f Filter) ([]SpotCheck, error) {
	return list(ctx, s, actor, policy.ClassSurvey, func(q pg.Querier) ([]SpotCheck, error) {
		if _, err := directory.AccreditationByID(ctx, q, f.AccreditationID); err != nil {
			return nil, err
		}
		return collect(ctx, q, "list spot checks", checkRow.check, checkSQL+`
			WHERE accreditation_id = @accreditation
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"accreditation": f.AccreditationID, "after": f.After, "limit": f.Limit})
	})
}

type checkRow struct {
	ID              uuid.UUID
	AccreditationID uuid.UUID
	CheckedOn       time.Time
	Checkers        []string
	Findings        string
	Outcome         CheckOutcome
	AccountID       *uuid.UUID
	CreatedAt       time.Time
}

const checkSQL = `
			SELECT id, accreditation_id, checked_on, checkers, findings, outcome, account_id, created_at
			FROM spot_check`

func (r checkRow) check() SpotCheck {
	return SpotCheck{
		ID: r.ID, AccreditationID: r.AccreditationID, On: r.CheckedOn, Checkers: r.Checkers, Findings: r.Findings, Outcome: r.Outcome, By: orNil(r.AccountID),
		CreatedAt: r.CreatedAt,
	}
}

func spotCheck(ctx context.Context, q pg.Querier, id uuid.UUID) (SpotCheck, error) {
	return one(collect(ctx, q, "read a spot check", checkRow.check, checkSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func insertCheck(ctx context.Context, q pg.Querier, c SpotCheck, now time.Time) error {
	return write(ctx, q, "record a spot check", `
		INSERT INTO spot_check (id, accreditation_id, checked_on, checkers, findings, outcome, account_id, created_at)
		VALUES (@id, @accreditation, @on, @checkers, @findings, @outcome, @by, @now)`,
		pgx.StrictNamedArgs{
			"id": c.ID, "accreditation": c.AccreditationID, "on": c.On, "checkers": c.Checkers, "findings": c.Findings, "outcome": c.Outcome,
			"by": orNull(c.By), "now": now,
		})
}
