package accreditation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

type applicationRow struct {
	ID                    uuid.UUID
	OrganizationID        uuid.UUID
	Kind                  Kind
	Track                 Track
	Status                Status
	Outcome               *Outcome
	AccreditationID       *uuid.UUID
	RenewedUntil          *time.Time
	RegisteringAuthority  string
	RegistrationNumber    string
	RegistrationExpiresOn *time.Time
	LegalForm             string
	BoardSize             *int
	LastAssemblyOn        *time.Time
	AuditedYear           *int
	StaffWomen            *int
	StaffMen              *int
	Volunteers            *int
	ServicesAr            string
	ServicesEn            string
	ScopeNeeds            []string
	ScopeGovernorates     []string
	QuestionnaireID       *uuid.UUID
	Answers               []Answer
	ReturnReason          string
	AssignedToID          *uuid.UUID
	SubmittedAt           *time.Time
	DecidedAt             *time.Time
	Version               int
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

const applicationSQL = `
			SELECT a.id, a.organization_id, a.kind, a.track, a.status, a.outcome, a.accreditation_id, a.renewed_until, a.registering_authority,
			       a.registration_number, a.registration_expires_on, a.legal_form, a.board_size, a.last_assembly_on, a.audited_year, a.staff_women,
			       a.staff_men, a.volunteers, a.services_ar, a.services_en, scope.needs AS scope_needs, scope.governorates AS scope_governorates,
			       a.questionnaire_id, a.answers, a.return_reason, a.assigned_to_id, a.submitted_at, a.decided_at, a.version, a.created_at, a.updated_at
			FROM accreditation_application AS a
			CROSS JOIN LATERAL (
			  SELECT coalesce(array_agg(n.code ORDER BY n.code, s.governorate_code), '{}') AS needs,
			         coalesce(array_agg(s.governorate_code ORDER BY n.code, s.governorate_code), '{}') AS governorates
			  FROM accreditation_application_scope AS s
			  JOIN need AS n ON n.id = s.need_id
			  WHERE s.application_id = a.id
			) AS scope`

func (r applicationRow) application() Application {
	a := Application{
		ID: r.ID, OrganizationID: r.OrganizationID, Kind: r.Kind, Track: r.Track, Status: r.Status, Outcome: say(r.Outcome),
		AccreditationID: orNil(r.AccreditationID), RenewedUntil: say(r.RenewedUntil),
		Papers: Papers{
			RegisteringAuthority: r.RegisteringAuthority, RegistrationNumber: r.RegistrationNumber, RegistrationExpiresOn: say(r.RegistrationExpiresOn),
			LegalForm: r.LegalForm, BoardSize: r.BoardSize, LastAssemblyOn: say(r.LastAssemblyOn), AuditedYear: r.AuditedYear, StaffWomen: r.StaffWomen,
			StaffMen: r.StaffMen, Volunteers: r.Volunteers, Services: fault.Sentence{AR: r.ServicesAr, EN: r.ServicesEn},
			Scope: scopeOf(r.ScopeNeeds, r.ScopeGovernorates), QuestionnaireID: orNil(r.QuestionnaireID), Answers: r.Answers,
		},
		ReturnReason: r.ReturnReason, AssignedTo: orNil(r.AssignedToID), SubmittedAt: r.SubmittedAt, DecidedAt: r.DecidedAt,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	return a
}

func scopeOf(needs, governorates []string) []Scope {
	scope := make([]Scope, len(needs))
	for i := range needs {
		scope[i] = Scope{Need: needs[i], Governorate: governorates[i]}
	}
	return scope
}

func application(ctx context.Context, q pg.Querier, id uuid.UUID) (Application, error) {
	return one(collect(ctx, q, "read an application", applicationRow.application, applicationSQL+`
			WHERE a.id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func (a Application) papers() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": a.ID, "track": a.Track, "authority": trimmed(a.RegisteringAuthority), "number": trimmed(a.RegistrationNumber),
		"expires": dayOrNull(a.RegistrationExpiresOn), "legal_form": trimmed(a.LegalForm), "board": a.BoardSize, "assembly": dayOrNull(a.LastAssemblyOn),
		"audited": a.AuditedYear, "women": a.StaffWomen, "men": a.StaffMen, "volunteers": a.Volunteers, "services_ar": a.Services.AR,
		"services_en": a.Services.EN, "questionnaire": orNull(a.QuestionnaireID), "answers": append([]Answer{}, a.Answers...),
	}
}

func insertApplication(ctx context.Context, q pg.Querier, a Application, now time.Time) error {
	args := a.papers()
	args["organization"], args["kind"], args["status"], args["accreditation"], args["now"] = a.OrganizationID, a.Kind, a.Status, orNull(a.AccreditationID), now
	err := write(ctx, q, "start an application", `
		INSERT INTO accreditation_application (
		  id, organization_id, kind, track, transition, status, accreditation_id, registering_authority, registration_number, registration_expires_on,
		  legal_form, board_size, last_assembly_on, audited_year, staff_women, staff_men, volunteers, services_ar, services_en, questionnaire_id,
		  answers, created_at, updated_at
		)
		VALUES (
		  @id, @organization, @kind, @track, 'draft', @status, @accreditation, @authority, @number, @expires, @legal_form, @board, @assembly, @audited,
		  @women, @men, @volunteers, @services_ar, @services_en, @questionnaire, @answers, @now, @now
		)`, args)
	if err != nil {
		return err
	}
	return insertScope(ctx, q, a)
}

func updatePapers(ctx context.Context, q pg.Querier, a Application, now time.Time) error {
	args := a.papers()
	args["version"], args["now"] = a.Version, now
	err := change(ctx, q, "change an application", `
		UPDATE accreditation_application
		SET track = @track, registering_authority = @authority, registration_number = @number, registration_expires_on = @expires,
		    legal_form = @legal_form, board_size = @board, last_assembly_on = @assembly, audited_year = @audited, staff_women = @women,
		    staff_men = @men, volunteers = @volunteers, services_ar = @services_ar, services_en = @services_en, questionnaire_id = @questionnaire,
		    answers = @answers, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`, args)
	if err != nil {
		return err
	}
	err = write(ctx, q, "change the scope of an application", `
		DELETE FROM accreditation_application_scope
		WHERE application_id = @id`, pgx.StrictNamedArgs{"id": a.ID})
	return errors.Join(err, insertScope(ctx, q, a))
}

func insertScope(ctx context.Context, q pg.Querier, a Application) error {
	needs, governorates := make([]string, len(a.Scope)), make([]string, len(a.Scope))
	for i, s := range a.Scope {
		needs[i], governorates[i] = s.Need, s.Governorate
	}
	return write(ctx, q, "write the scope of an application", `
		INSERT INTO accreditation_application_scope (application_id, need_id, governorate_code)
		SELECT @id, n.id, given.governorate
		FROM unnest(@needs::text[], @governorates::text[]) AS given (need, governorate)
		JOIN need AS n ON n.code = given.need`,
		pgx.StrictNamedArgs{"id": a.ID, "needs": needs, "governorates": governorates})
}

// moveApplication writes what a step decided; no row is a lost race.
func moveApplication(ctx context.Context, q pg.Querier, was, a Application, e Event, now time.Time) error {
	return change(ctx, q, string(e), `
		UPDATE accreditation_application
		SET transition = @event, status = @status, outcome = @outcome, accreditation_id = @accreditation, renewed_until = @renewed_until,
		    return_reason = @reason, assigned_to_id = @assigned, submitted_at = @submitted, decided_at = @decided, version = version + 1, updated_at = @now
		WHERE id = @id AND status = @was AND version = @version`,
		pgx.StrictNamedArgs{
			"id": a.ID, "event": e, "status": a.Status, "was": was.Status, "version": was.Version, "outcome": notEmpty(string(a.Outcome)),
			"accreditation": orNull(a.AccreditationID), "renewed_until": dayOrNull(a.RenewedUntil), "reason": a.ReturnReason,
			"assigned": orNull(a.AssignedTo), "submitted": a.SubmittedAt, "decided": a.DecidedAt, "now": now,
		})
}

// fieldsOf are the fields that a refusal names.
func fieldsOf(err error) []fault.Field {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Fields
	}
	return nil
}
