package api

import (
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
)

// SiteVisit is a visit to an applicant.
type SiteVisit struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	VisitedOn string    `json:"visited_on" format:"date"`
	Visitors  []string  `json:"visitors" doc:"Who went, by name."`
	CreatedAt time.Time `json:"created_at"`
}

// ApplicationNote is what the directorate found and the organization does not read.
type ApplicationNote struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	Kind           string     `json:"kind" example:"review" doc:"visit, review or hand_back."`
	VisitID        *uuid.UUID `json:"visit_id,omitempty" format:"uuid" doc:"Of a visit's findings."`
	Recommendation string     `json:"recommendation,omitempty" example:"accredit" doc:"Of a review: accredit, accredit_with_conditions or reject."`
	Findings       string     `json:"findings"`
	By             *uuid.UUID `json:"by,omitempty" format:"uuid" doc:"The account."`
	CreatedAt      time.Time  `json:"created_at"`
}

// ApplicationDecision is what was decided, or is signed and waits for the second person.
type ApplicationDecision struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	Form         string     `json:"form" example:"two_persons" doc:"two_persons or committee."`
	SignedBy     *uuid.UUID `json:"signed_by,omitempty" format:"uuid"`
	SignedAt     time.Time  `json:"signed_at"`
	ConfirmedBy  *uuid.UUID `json:"confirmed_by,omitempty" format:"uuid"`
	TakenAt      *time.Time `json:"taken_at,omitempty" doc:"Absent: it is not taken."`
	HandedBackAt *time.Time `json:"handed_back_at,omitempty"`
	MinuteNumber string     `json:"minute_number,omitempty"`
	MinuteOn     string     `json:"minute_on,omitempty" format:"date"`
	Members      []string   `json:"members,omitempty"`
	Ruling
}

func visitOf(v accreditation.SiteVisit) (uuid.UUID, int, SiteVisit) {
	return v.ID, 1, SiteVisit{ID: v.ID, VisitedOn: dateText(v.On), Visitors: v.Visitors, CreatedAt: utc(v.CreatedAt)}
}

func noteOf(n accreditation.Note) (uuid.UUID, int, ApplicationNote) {
	return n.ID, 1, ApplicationNote{
		ID: n.ID, Kind: n.Kind, VisitID: idOrNil(n.VisitID), Recommendation: string(n.Recommendation), Findings: n.Findings, By: idOrNil(n.By), CreatedAt: utc(n.CreatedAt),
	}
}

func decisionOf(d accreditation.Decision) (uuid.UUID, int, ApplicationDecision) {
	out := ApplicationDecision{
		ID: d.ID, Form: string(d.Form), SignedBy: idOrNil(d.SignedBy), SignedAt: utc(d.SignedAt), ConfirmedBy: idOrNil(d.ConfirmedBy), TakenAt: utcPointer(d.TakenAt),
		HandedBackAt: utcPointer(d.HandedBackAt), MinuteNumber: d.Minute.Number, MinuteOn: dayText(&d.On), Members: d.Members,
		Ruling: Ruling{
			Outcome: string(d.Outcome), LetterNumber: d.LetterNumber, Number: d.Grant.Number, ValidFrom: dayText(&d.Grant.ValidFrom), ValidTo: dayText(&d.Grant.ValidTo),
			Reason: orNoText(d.Reason), Scope: showScope(d.Scope), Conditions: showTerms(d.Conditions),
		},
	}
	return d.ID, 1, out
}

// applicationFindings are what is found and decided on the way of an application.
func (s *shell) applicationFindings(store *accreditation.Store) {
	const tag, path = "applications", "/v1/applications/{id}"
	registerList(s, operation{
		id: "list-application-visits", path: path + "/visits", tag: tag, summary: "List the visits of an application", description: applicationSeenBy,
		response: List[SiteVisit]{Items: []SiteVisit{{ID: exampleFindingID, VisitedOn: "2026-05-25", Visitors: []string{"سمير المثال"}, CreatedAt: exampleTime}}},
	}, within, store.Visits, visitOf)
	registerList(s, operation{
		id: "list-application-notes", path: path + "/notes", tag: tag, summary: "List what was found", description: "Findings of visits and reviews. " + surveySeenBy,
		response: List[ApplicationNote]{Items: []ApplicationNote{{ID: exampleFindingID, Kind: "review", Recommendation: "accredit", Findings: "مستوفٍ للشروط.", CreatedAt: exampleTime}}},
	}, within, store.Notes, noteOf)
	registerList(s, operation{
		id: "list-application-decisions", path: path + "/decisions", tag: tag, summary: "List the decisions on an application",
		description: "An organization sees those that are taken. " + applicationSeenBy,
		response:    List[ApplicationDecision]{Items: []ApplicationDecision{{ID: exampleFindingID, Form: "two_persons", SignedAt: exampleTime, TakenAt: &exampleTime, Ruling: exampleRuling}}},
	}, within, store.Decisions, decisionOf)
}
