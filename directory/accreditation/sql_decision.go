package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

type decisionRow struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	Outcome        Outcome
	Form           Form
	LetterNumber   string
	Number         *string
	ValidFrom      *time.Time
	ValidTo        *time.Time
	ReasonAr       string
	ReasonEn       string
	Scope          []Scope
	Conditions     []Term
	MinuteNumber   *string
	MinuteOn       *time.Time
	Members        []string
	SignedByID     *uuid.UUID
	SignedAt       time.Time
	ConfirmedByID  *uuid.UUID
	TakenAt        *time.Time
	HandedBackAt   *time.Time
}

const decisionSQL = `
			SELECT id, application_id, organization_id, outcome, form, letter_number, number, valid_from, valid_to, reason_ar, reason_en, scope, conditions,
			       minute_number, minute_on, members, signed_by_id, signed_at, confirmed_by_id, taken_at, handed_back_at
			FROM accreditation_decision`

func (r decisionRow) decision() Decision {
	return Decision{
		ID: r.ID, ApplicationID: r.ApplicationID, OrganizationID: r.OrganizationID, Form: r.Form,
		Ruling: Ruling{
			Outcome: r.Outcome, LetterNumber: r.LetterNumber, Grant: directory.Grant{Number: say(r.Number), ValidFrom: say(r.ValidFrom), ValidTo: say(r.ValidTo)},
			Reason: fault.Sentence{AR: r.ReasonAr, EN: r.ReasonEn}, Scope: r.Scope, Conditions: r.Conditions,
		},
		Minute:   Minute{Number: say(r.MinuteNumber), On: say(r.MinuteOn), Members: r.Members},
		SignedBy: orNil(r.SignedByID), SignedAt: r.SignedAt, ConfirmedBy: orNil(r.ConfirmedByID), TakenAt: r.TakenAt, HandedBackAt: r.HandedBackAt,
	}
}

func pending(ctx context.Context, q pg.Querier, application uuid.UUID) (Decision, error) {
	return one(collect(ctx, q, "read the decision", decisionRow.decision, decisionSQL+`
			WHERE application_id = @application AND taken_at IS NULL AND handed_back_at IS NULL`, pgx.StrictNamedArgs{"application": application}))
}

func insertDecision(ctx context.Context, q pg.Querier, d Decision) (err error) {
	if d.ID, err = newID(); err != nil {
		return err
	}
	return write(ctx, q, "write a decision", `
		INSERT INTO accreditation_decision (
		  id, application_id, organization_id, outcome, form, letter_number, number, valid_from, valid_to, reason_ar, reason_en, scope, conditions,
		  minute_number, minute_on, members, signed_by_id, signed_at, taken_at
		)
		VALUES (
		  @id, @application, @organization, @outcome, @form, @letter, @number, @from, @to, @reason_ar, @reason_en, @scope, @conditions,
		  @minute, @minute_on, @members, @by, @signed_at, @taken_at
		)`,
		pgx.StrictNamedArgs{
			"id": d.ID, "application": d.ApplicationID, "organization": d.OrganizationID, "outcome": d.Outcome, "form": d.Form, "letter": d.LetterNumber,
			"number": notEmpty(d.Grant.Number), "from": dayOrNull(d.Grant.ValidFrom), "to": dayOrNull(d.Grant.ValidTo), "reason_ar": d.Reason.AR,
			"reason_en": d.Reason.EN, "scope": append([]Scope{}, d.Scope...), "conditions": append([]Term{}, d.Conditions...),
			"minute": notEmpty(d.Minute.Number), "minute_on": dayOrNull(d.On), "members": append([]string{}, d.Members...), "by": orNull(d.SignedBy),
			"signed_at": d.SignedAt, "taken_at": d.TakenAt,
		})
}

// writeScope makes the scope of an accreditation that of the list.
func writeScope(ctx context.Context, q pg.Querier, accreditation uuid.UUID, scope []Scope) error {
	needs, governorates := make([]string, len(scope)), make([]string, len(scope))
	for i, s := range scope {
		needs[i], governorates[i] = s.Need, s.Governorate
	}
	args := pgx.StrictNamedArgs{"id": accreditation}
	if err := write(ctx, q, "take the scope away", `
		DELETE FROM accreditation_scope
		WHERE accreditation_id = @id`, args); err != nil {
		return err
	}
	return write(ctx, q, "write the scope", `
		INSERT INTO accreditation_scope (accreditation_id, need_id, governorate_code)
		SELECT @id, n.id, given.governorate
		FROM unnest(@needs::text[], @governorates::text[]) AS given (need, governorate)
		JOIN need AS n ON n.code = given.need`,
		pgx.StrictNamedArgs{"id": accreditation, "needs": needs, "governorates": governorates})
}

// refresh rebuilds what may be found of the organization.
func refresh(ctx context.Context, q pg.Querier, organization uuid.UUID) error {
	if pg.Filling(q) {
		return directory.RefreshListing(ctx, q, organization)
	}
	return write(ctx, q, "refresh the search", `SELECT refresh_provider_search(@organization)`, pgx.StrictNamedArgs{"organization": organization})
}
