package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AccreditationCondition is something that an accredited organization is to do by a day.
type AccreditationCondition struct {
	ID              uuid.UUID `json:"id" format:"uuid"`
	AccreditationID uuid.UUID `json:"accreditation_id" format:"uuid"`
	OrganizationID  uuid.UUID `json:"organization_id" format:"uuid"`
	Version         int       `json:"version"`
	UpdatedAt       time.Time `json:"updated_at"`
	ConditionTerm
	SettledCondition
}

// SettledCondition is whether a condition was met.
type SettledCondition struct {
	MetOn string `json:"met_on,omitempty" format:"date" doc:"The day; absent: it is not met."`
}

// AccreditationNotice is what an organization was told.
type AccreditationNotice struct {
	ID              uuid.UUID  `json:"id" format:"uuid"`
	OrganizationID  uuid.UUID  `json:"organization_id" format:"uuid"`
	ApplicationID   *uuid.UUID `json:"application_id,omitempty" format:"uuid"`
	AccreditationID *uuid.UUID `json:"accreditation_id,omitempty" format:"uuid"`
	Kind            string     `json:"kind" example:"decided" doc:"invited, returned, complete, decided, suspend, reinstate, revoke, expire, spot_check or appeal_decided."`
	LetterNumber    string     `json:"letter_number,omitempty"`
	Text            Text       `json:"text"`
	CreatedAt       time.Time  `json:"created_at"`
}

// SpotCheck is a look at an accredited organization without an application.
type SpotCheck struct {
	ID        uuid.UUID  `json:"id" format:"uuid"`
	By        *uuid.UUID `json:"by,omitempty" format:"uuid" doc:"The account."`
	CreatedAt time.Time  `json:"created_at"`
	NewSpotCheck
}

// NewSpotCheck is a check that was made.
type NewSpotCheck struct {
	CheckedOn  string          `json:"checked_on" format:"date" example:"2026-05-25"`
	Checkers   []string        `json:"checkers" minItems:"1" maxItems:"20" doc:"Who went, by name."`
	Findings   string          `json:"findings" minLength:"1" maxLength:"8000" doc:"The organization does not read them."`
	Outcome    string          `json:"outcome" enum:"ok,conditions,suspension_proposed" doc:"A suspension is decided over /v1/accreditations."`
	Conditions []ConditionTerm `json:"conditions,omitempty" maxItems:"50" doc:"With the outcome conditions; they are then listed with those of the accreditation."`
}

type conditionsInput struct {
	Paged
	Organization  optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Accreditation optional[uuid.UUID] `query:"accreditation" format:"uuid" doc:"Only those of this accreditation."`
	Status        string              `query:"status" enum:"open,met" doc:"Only those of this status."`
}

type noticesInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those to this organization."`
}

func conditionOf(c accreditation.Condition) (uuid.UUID, int, AccreditationCondition) {
	return c.ID, c.Version, AccreditationCondition{
		ID: c.ID, AccreditationID: c.AccreditationID, OrganizationID: c.OrganizationID, Version: c.Version, UpdatedAt: utc(c.UpdatedAt),
		ConditionTerm: ConditionTerm{Text: textOf(c.Text), DueOn: dateText(c.DueOn)}, SettledCondition: SettledCondition{MetOn: dayText(&c.MetOn)},
	}
}

func noticeOf(n accreditation.Notice) (uuid.UUID, int, AccreditationNotice) {
	return n.ID, 1, AccreditationNotice{
		ID: n.ID, OrganizationID: n.OrganizationID, ApplicationID: idOrNil(n.ApplicationID), AccreditationID: idOrNil(n.AccreditationID), Kind: n.Kind,
		LetterNumber: n.LetterNumber, Text: textOf(n.Text), CreatedAt: utc(n.CreatedAt),
	}
}

func spotCheckOf(c accreditation.SpotCheck) (uuid.UUID, int, SpotCheck) {
	return c.ID, 1, SpotCheck{ID: c.ID, By: idOrNil(c.By), CreatedAt: utc(c.CreatedAt), NewSpotCheck: NewSpotCheck{
		CheckedOn: dateText(c.On), Checkers: c.Checkers, Findings: c.Findings, Outcome: string(c.Outcome), Conditions: showTerms(c.Conditions),
	}}
}

// accreditationFollowUp is what follows from being accredited.
func (s *shell) accreditationFollowUp(store *accreditation.Store) {
	const tag = "accreditations"
	registerList(s, operation{
		id: "list-accreditation-conditions", path: "/v1/accreditation-conditions", tag: tag, summary: "List conditions",
		description: "In the order of their ids. " + applicationSeenBy, response: List[AccreditationCondition]{Items: []AccreditationCondition{exampleCondition}},
	}, func(in *conditionsInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{OrganizationID: in.Organization.Value, AccreditationID: in.Accreditation.Value, Status: in.Status}
	}, store.Conditions, conditionOf)
	registerGet(s, operation{
		id: "get-accreditation-condition", path: "/v1/accreditation-conditions/{id}", tag: tag, summary: "Read a condition", description: applicationSeenBy, response: exampleCondition,
	}, store.Condition, conditionOf)
	registerChange(s, operation{
		id: "settle-accreditation-condition", path: "/v1/accreditation-conditions/{id}", tag: tag, scope: "accreditation.manage", summary: "Say whether a condition is met",
		description: "With the day; without one it is not met after all. " + forOfficers, request: SettledCondition{MetOn: "2026-05-30"}, response: exampleCondition,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, version int, b SettledCondition) (accreditation.Written[accreditation.Condition], error) {
		return store.SettleCondition(ctx, a, id, version, say(dayOf(b.MetOn)))
	}, conditionOf)
	registerList(s, operation{
		id: "list-accreditation-notices", path: "/v1/accreditation-notices", tag: tag, summary: "List what organizations were told",
		description: "In the order of their ids. " + applicationSeenBy, response: List[AccreditationNotice]{Items: []AccreditationNotice{exampleNotice}},
	}, func(in *noticesInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{OrganizationID: in.Organization.Value}
	}, store.Notices, noticeOf)
	registerList(s, operation{
		id: "list-spot-checks", path: "/v1/accreditations/{id}/spot-checks", tag: tag, summary: "List the spot checks of an accreditation", description: surveySeenBy,
		response: List[SpotCheck]{Items: []SpotCheck{exampleCheck}},
	}, func(in *withinInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{AccreditationID: in.ID}
	}, store.SpotChecks, spotCheckOf)
	registerAdd(s, operation{
		id: "record-spot-check", path: "/v1/accreditations/{id}/spot-checks", tag: tag, scope: "accreditation.manage", summary: "Record a spot check",
		description: "Conditions that follow are added to those of the accreditation, and the organization has a notice. " + forOfficers,
		request:     exampleCheck.NewSpotCheck, response: exampleCheck,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, b NewSpotCheck, once pg.Once) (accreditation.Written[accreditation.SpotCheck], error) {
		return store.RecordCheck(ctx, a, accreditation.SpotCheck{
			AccreditationID: id, On: dateOf(b.CheckedOn), Checkers: b.Checkers, Findings: b.Findings, Outcome: accreditation.CheckOutcome(b.Outcome),
			Conditions: termsOf(b.Conditions),
		}, once)
	}, spotCheckOf)
}

var (
	exampleCondition = AccreditationCondition{
		ID: exampleFindingID, AccreditationID: exampleAccreditationID, OrganizationID: exampleOrganizationID, Version: 1, UpdatedAt: exampleTime,
		ConditionTerm: exampleRuling.Conditions[0],
	}
	exampleNotice = AccreditationNotice{
		ID: exampleFindingID, OrganizationID: exampleOrganizationID, ApplicationID: &exampleApplicationID, Kind: "complete", CreatedAt: exampleTime,
		Text: Text{AR: "طلبكم مكتمل، وستجري دراسته.", EN: "Your application is complete and will be examined."},
	}
	exampleCheck = SpotCheck{ID: exampleFindingID, CreatedAt: exampleTime, NewSpotCheck: NewSpotCheck{
		CheckedOn: "2026-05-25", Checkers: []string{"سمير المثال"}, Findings: "المدخل غير مهيأ.", Outcome: "conditions", Conditions: exampleRuling.Conditions,
	}}
)
