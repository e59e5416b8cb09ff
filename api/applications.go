package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Application is an organization's application for accreditation, or for its renewal.
type Application struct {
	ID                 uuid.UUID  `json:"id" format:"uuid"`
	OrganizationID     uuid.UUID  `json:"organization_id" format:"uuid"`
	Kind               string     `json:"kind" example:"first" doc:"first or renewal."`
	Status             string     `json:"status" example:"draft" doc:"draft, submitted, returned, complete, under_review, visited, reviewed, signed, decided or withdrawn."`
	Outcome            string     `json:"outcome,omitempty" example:"accredited" doc:"Of what is decided: accredited or rejected."`
	AccreditationID    *uuid.UUID `json:"accreditation_id,omitempty" format:"uuid" doc:"That it renews, or that it led to."`
	RenewedUntil       string     `json:"renewed_until,omitempty" format:"date" doc:"Of a renewal that was handed in in time: the last day of what it renews, which goes on until the decision."`
	ReturnReason       string     `json:"return_reason,omitempty" doc:"While it is returned: what is to be put right."`
	AssignedTo         *uuid.UUID `json:"assigned_to,omitempty" format:"uuid" doc:"The officer who examines it."`
	SubmittedAt        *time.Time `json:"submitted_at,omitempty"`
	DecidedAt          *time.Time `json:"decided_at,omitempty"`
	AllowedTransitions []string   `json:"allowed_transitions" doc:"What may be done next, by whoever may. In paths, _ is written -."`
	Version            int        `json:"version"`
	CreatedAt          time.Time  `json:"created_at"`
	UpdatedAt          time.Time  `json:"updated_at"`
	ApplicationPapers
}

// ApplicationPapers are what an organization says of itself. What is missing may come later; completeness says what that is.
type ApplicationPapers struct {
	Track                 string             `json:"track" enum:"full,light" doc:"The light one is a page for needs of tier 1, without a visit, and provisional for 12 months."`
	RegisteringAuthority  string             `json:"registering_authority,omitempty" maxLength:"200" example:"وزارة الداخلية"`
	RegistrationNumber    string             `json:"registration_number,omitempty" maxLength:"60" example:"HB-0142"`
	RegistrationExpiresOn string             `json:"registration_expires_on,omitempty" format:"date" doc:"The last day; absent: it does not expire."`
	LegalForm             string             `json:"legal_form,omitempty" maxLength:"200" example:"جمعية خيرية"`
	BoardSize             *int               `json:"board_size,omitempty" minimum:"0" maximum:"1000"`
	LastAssemblyOn        string             `json:"last_assembly_on,omitempty" format:"date" doc:"Day of the last general assembly."`
	AuditedYear           *int               `json:"audited_year,omitempty" minimum:"1990" maximum:"2100" doc:"Of the last accounts that an auditor has seen."`
	StaffWomen            *int               `json:"staff_women,omitempty" minimum:"0" maximum:"100000"`
	StaffMen              *int               `json:"staff_men,omitempty" minimum:"0" maximum:"100000"`
	Volunteers            *int               `json:"volunteers,omitempty" minimum:"0" maximum:"100000"`
	Services              *Text              `json:"services,omitempty" doc:"What it offers, in its own words."`
	Scope                 []ApplicationScope `json:"scope,omitempty" maxItems:"500" doc:"What it applies for."`
	QuestionnaireID       *uuid.UUID         `json:"questionnaire_id,omitempty" format:"uuid" doc:"The version that is answered."`
	Answers               []Answer           `json:"answers,omitempty" maxItems:"200"`
}

// ApplicationScope is one need in one governorate.
type ApplicationScope struct {
	Need        string `json:"need" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need; of a root, for all its leaves."`
	Governorate string `json:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Where it is offered."`
}

// NewApplication is the draft of an application.
type NewApplication struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	Kind           string    `json:"kind" enum:"first,renewal" doc:"A renewal is of the accreditation that is in force."`
	ApplicationPapers
}

// Completeness is what an application lacks.
type Completeness struct {
	Complete bool      `json:"complete"`
	Missing  []Missing `json:"missing"`
}

// Missing is one thing that an application lacks, in words.
type Missing struct {
	Pointer string `json:"pointer" example:"/documents/bylaws" doc:"The field of the application, or /documents/ with a type of document."`
	Text    Text   `json:"text"`
}

type applicationsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Status       string              `query:"status" enum:"draft,submitted,returned,complete,under_review,visited,reviewed,signed,decided,withdrawn" doc:"Only those of this status."`
}

func (p ApplicationPapers) domain() (accreditation.Track, accreditation.Papers) {
	out := accreditation.Papers{
		RegisteringAuthority: p.RegisteringAuthority, RegistrationNumber: p.RegistrationNumber, RegistrationExpiresOn: say(dayOf(p.RegistrationExpiresOn)),
		LegalForm: p.LegalForm, BoardSize: p.BoardSize, LastAssemblyOn: say(dayOf(p.LastAssemblyOn)), AuditedYear: p.AuditedYear, StaffWomen: p.StaffWomen,
		StaffMen: p.StaffMen, Volunteers: p.Volunteers, Services: bothLanguages(p.Services), Scope: scopeOf(p.Scope), QuestionnaireID: orZero(p.QuestionnaireID),
		Answers: answersOf(p.Answers),
	}
	return accreditation.Track(p.Track), out
}

func scopeOf(list []ApplicationScope) []accreditation.Scope {
	out := make([]accreditation.Scope, len(list))
	for i, s := range list {
		out[i] = accreditation.Scope(s)
	}
	return out
}

func showScope(list []accreditation.Scope) []ApplicationScope {
	out := make([]ApplicationScope, len(list))
	for i, s := range list {
		out[i] = ApplicationScope(s)
	}
	return out
}

func applicationOf(a accreditation.Application) (uuid.UUID, int, Application) {
	out := Application{
		ID: a.ID, OrganizationID: a.OrganizationID, Kind: string(a.Kind), Status: string(a.Status), Outcome: string(a.Outcome),
		AccreditationID: idOrNil(a.AccreditationID), RenewedUntil: dayText(&a.RenewedUntil), ReturnReason: a.ReturnReason, AssignedTo: idOrNil(a.AssignedTo),
		SubmittedAt: utcPointer(a.SubmittedAt), DecidedAt: utcPointer(a.DecidedAt), AllowedTransitions: names(a.Events()), Version: a.Version,
		CreatedAt: utc(a.CreatedAt), UpdatedAt: utc(a.UpdatedAt),
		ApplicationPapers: ApplicationPapers{
			Track: string(a.Track), RegisteringAuthority: a.RegisteringAuthority, RegistrationNumber: a.RegistrationNumber,
			RegistrationExpiresOn: dayText(&a.RegistrationExpiresOn), LegalForm: a.LegalForm, BoardSize: a.BoardSize, LastAssemblyOn: dayText(&a.LastAssemblyOn),
			AuditedYear: a.AuditedYear, StaffWomen: a.StaffWomen, StaffMen: a.StaffMen, Volunteers: a.Volunteers, Services: orNoText(a.Services),
			Scope: showScope(a.Scope), QuestionnaireID: idOrNil(a.QuestionnaireID), Answers: showAnswers(a.Answers),
		},
	}
	return a.ID, a.Version, out
}

// orNoText is nil for a sentence that is empty in both languages.
func orNoText(s fault.Sentence) *Text {
	if s == (fault.Sentence{}) {
		return nil
	}
	return new(textOf(s))
}

const (
	applicationSeenBy = "For the organization itself, and for those of the ministry who accredit or follow their work."
	applicant         = "The organization's focal point or client does it, or an officer of the associations directorate in its name."
	forOfficers       = "For the associations directorate."
)

func (s *shell) applications(store *accreditation.Store) {
	const tag, path = "applications", "/v1/applications"
	registerList(s, operation{
		id: "list-applications", path: path, tag: tag, summary: "List applications", description: "In the order of their ids. " + applicationSeenBy,
		response: List[Application]{Items: []Application{exampleApplicationBody}},
	}, func(in *applicationsInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{OrganizationID: in.Organization.Value, Status: in.Status}
	}, store.Applications, applicationOf)
	registerGet(s, operation{id: "get-application", path: path + "/{id}", tag: tag, summary: "Read an application", description: applicationSeenBy, response: exampleApplicationBody}, store.Application, applicationOf)
	registerCreate(s, operation{
		id: "create-application", path: path, tag: tag, scope: "directory.write", summary: "Begin an application", description: "As a draft; an organization has one on its way at a time. " + applicant,
		request: NewApplication{OrganizationID: exampleOrganizationID, Kind: "first", ApplicationPapers: examplePapers}, response: exampleApplicationBody,
	}, func(ctx context.Context, a policy.Actor, b NewApplication, once pg.Once) (accreditation.Written[accreditation.Application], error) {
		track, papers := b.domain()
		return store.StartApplication(ctx, a, accreditation.Application{OrganizationID: b.OrganizationID, Kind: accreditation.Kind(b.Kind), Track: track, Papers: papers}, once)
	}, applicationOf)
	registerChange(s, operation{
		id: "change-application", path: path + "/{id}", tag: tag, scope: "directory.write", summary: "Write an application anew", description: "While it is a draft or returned. " + applicant,
		request: examplePapers, response: exampleApplicationBody,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, version int, b ApplicationPapers) (accreditation.Written[accreditation.Application], error) {
		track, papers := b.domain()
		return store.ChangeApplication(ctx, a, id, version, track, papers)
	}, applicationOf)
	registerGet(s, operation{
		id: "get-application-completeness", path: path + "/{id}/completeness", tag: tag, summary: "What an application lacks",
		description: "Everything at once, in words. " + applicationSeenBy, response: Completeness{Missing: []Missing{{
			Pointer: "/documents/bylaws", Text: Text{AR: "وثيقة ناقصة: النظام الداخلي.", EN: "Missing document: bylaws."},
		}}},
	}, store.Completeness, completenessOf)
	processHistory(s, path, tag, "an application", applicationSeenBy, store.ApplicationHistory)
}

func completenessOf(missing []fault.Field) (uuid.UUID, int, Completeness) {
	out := Completeness{Complete: len(missing) == 0, Missing: make([]Missing, len(missing))}
	for i, f := range missing {
		out.Missing[i] = Missing{Pointer: f.Pointer, Text: textOf(f.Detail)}
	}
	return uuid.Nil, 0, out
}

var (
	examplePapers = ApplicationPapers{
		Track: "light", RegisteringAuthority: "وزارة الداخلية", RegistrationNumber: "HB-0142", RegistrationExpiresOn: "2030-12-31", LegalForm: "جمعية خيرية",
		StaffWomen: new(4), StaffMen: new(3), Volunteers: new(9), Services: &Text{AR: "دروس تقوية للأطفال", EN: "Remedial lessons for children"},
		Scope: []ApplicationScope{{Need: "EDU-REMED", Governorate: "PS0150"}},
	}
	exampleApplicationBody = Application{
		ID: exampleApplicationID, OrganizationID: exampleOrganizationID, Kind: "first", Status: "draft", AllowedTransitions: []string{"submit", "withdraw"}, Version: 1,
		CreatedAt: exampleTime, UpdatedAt: exampleTime, ApplicationPapers: examplePapers,
	}
)
