package api

import (
	"context"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/policy"
)

// ReturnedApplication is why an application is given back.
type ReturnedApplication struct {
	Reason Text `json:"reason" doc:"What is to be put right."`
}

// WithdrawnApplication is why an application is taken back.
type WithdrawnApplication struct {
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"Required of an officer, who does it in the organization's name; the organization reads it."`
}

// AssignedApplication is who examines an application.
type AssignedApplication struct {
	OfficerID uuid.UUID `json:"officer_id" format:"uuid" doc:"The account of an officer of the associations directorate."`
}

// NewSiteVisit is a visit that was made.
type NewSiteVisit struct {
	VisitedOn string   `json:"visited_on" format:"date" example:"2026-05-25"`
	Visitors  []string `json:"visitors" minItems:"1" maxItems:"20" doc:"Who went, by name."`
	Findings  string   `json:"findings" minLength:"1" maxLength:"8000" doc:"The organization does not read them."`
}

// NewReview ends the examination.
type NewReview struct {
	Findings       string `json:"findings" minLength:"1" maxLength:"8000" doc:"The organization does not read them."`
	Recommendation string `json:"recommendation" enum:"accredit,accredit_with_conditions,reject"`
}

// Ruling is what is decided on an application.
type Ruling struct {
	Outcome      string             `json:"outcome" enum:"accredited,rejected"`
	LetterNumber string             `json:"letter_number" minLength:"1" maxLength:"60" example:"M-2026-214"`
	Number       string             `json:"number,omitempty" maxLength:"60" example:"A-2026-014" doc:"Of the accreditation; with accredited."`
	ValidFrom    string             `json:"valid_from,omitempty" format:"date" example:"2026-05-31" doc:"The first day; with accredited. Of a renewal the first day stays."`
	ValidTo      string             `json:"valid_to,omitempty" format:"date" example:"2027-05-30" doc:"The last day; with accredited. On the light track within 12 months of when it begins."`
	Reason       *Text              `json:"reason,omitempty" doc:"With rejected."`
	Scope        []ApplicationScope `json:"scope,omitempty" maxItems:"500" doc:"To what it extends; absent: to all that was applied for."`
	Conditions   []ConditionTerm    `json:"conditions,omitempty" maxItems:"50"`
}

// ConditionTerm is something that is to be done by a day.
type ConditionTerm struct {
	Text  Text   `json:"text"`
	DueOn string `json:"due_on" format:"date" example:"2026-09-30"`
}

// CommitteeRuling is what a committee decided, with its minute.
type CommitteeRuling struct {
	Ruling
	MinuteNumber string   `json:"minute_number" minLength:"1" maxLength:"60" example:"C-2026-07"`
	MinuteOn     string   `json:"minute_on" format:"date" example:"2026-05-30"`
	Members      []string `json:"members" minItems:"3" maxItems:"30" doc:"Those who decided, by name, at least three."`
}

// HandedBack is why a second person does not confirm.
type HandedBack struct {
	Findings string `json:"findings" minLength:"1" maxLength:"8000"`
}

func (r Ruling) domain() accreditation.Ruling {
	return accreditation.Ruling{
		Outcome: accreditation.Outcome(r.Outcome), LetterNumber: r.LetterNumber, Reason: bothLanguages(r.Reason), Scope: scopeOf(r.Scope), Conditions: termsOf(r.Conditions),
		Grant: directory.Grant{Number: r.Number, ValidFrom: say(dayOf(r.ValidFrom)), ValidTo: say(dayOf(r.ValidTo))},
	}
}

func termsOf(list []ConditionTerm) []accreditation.Term {
	out := make([]accreditation.Term, len(list))
	for i, c := range list {
		out[i] = accreditation.Term{Text: c.Text.sentence(), DueOn: dateOf(c.DueOn)}
	}
	return out
}

func showTerms(list []accreditation.Term) []ConditionTerm {
	out := make([]ConditionTerm, len(list))
	for i, c := range list {
		out[i] = ConditionTerm{Text: textOf(c.Text), DueOn: dateText(c.DueOn)}
	}
	return out
}

// applicationStep registers a move of an application; verb is as paths and ids have it.
func applicationStep[B any](
	s *shell, verb, scope, summary, description string, example any, move func(context.Context, policy.Actor, accreditation.Move, B) (accreditation.Written[accreditation.Application], error),
) {
	registerStep(s, operation{
		id: verb + "-application", path: "/v1/applications/{id}/" + verb, tag: "applications", scope: scope, summary: summary, description: description,
		request: example, response: exampleApplicationBody,
	}, move, applicationOf)
}

func (s *shell) applicationMoves(store *accreditation.Store) {
	type (
		written = accreditation.Written[accreditation.Application]
		move    = accreditation.Move
	)
	const own, officer = "directory.write", "accreditation.manage"
	applicationStep(s, "submit", own, "Hand an application in", "It must be complete. A renewal from 90 days before the last day of what it renews; in time, that goes on while the renewal is with the ministry. "+
		"One that asks for a wider scope, or for the full track instead of the light one, at any time before. "+applicant, nil,
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.Submit(ctx, a, m)
		})
	applicationStep(s, "withdraw", own, "Take an application back", "Until it is signed. The organization's focal point or client does it; an officer of the associations "+
		"directorate in its name gives the reason, and the organization has a notice.", WithdrawnApplication{Reason: "سُحب بكتاب من المنظمة."},
		func(ctx context.Context, a policy.Actor, m move, b *WithdrawnApplication) (written, error) {
			if b == nil {
				b = &WithdrawnApplication{}
			}
			return store.Withdraw(ctx, a, m, b.Reason)
		})
	applicationStep(s, "return", officer, "Give an application back", "To be put right and handed in again; the organization has a notice. A timely renewal then continues what it renews for 30 days more; the notice names the day. "+forOfficers,
		ReturnedApplication{Reason: Text{AR: "شهادة التسجيل غير مقروءة.", EN: "The registration certificate cannot be read."}},
		func(ctx context.Context, a policy.Actor, m move, b ReturnedApplication) (written, error) {
			return store.Return(ctx, a, m, b.Reason.sentence())
		})
	applicationStep(s, "complete", officer, "Say that an application is complete", "Everything that the track asks for is there; otherwise what is missing is named. "+forOfficers, nil,
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.MarkComplete(ctx, a, m)
		})
	applicationStep(s, "assign", officer, "Assign an application", "To the officer who examines it. "+forOfficers, AssignedApplication{OfficerID: exampleOfficerID},
		func(ctx context.Context, a policy.Actor, m move, b AssignedApplication) (written, error) {
			return store.Assign(ctx, a, m, b.OfficerID)
		})
	applicationStep(s, "visit", officer, "Record a visit", "By the officer who examines the application. The organization sees the day and the visitors. "+forOfficers,
		NewSiteVisit{VisitedOn: "2026-05-25", Visitors: []string{"سمير المثال"}, Findings: "المقر مهيأ، والطاقم كما ورد في الطلب."},
		func(ctx context.Context, a policy.Actor, m move, b NewSiteVisit) (written, error) {
			return store.RecordVisit(ctx, a, m, accreditation.SiteVisit{On: dateOf(b.VisitedOn), Visitors: b.Visitors}, b.Findings)
		})
	applicationStep(s, "review", officer, "End the examination", "With findings and a recommendation, by the officer who examines. On the full track a visit comes before. "+forOfficers,
		NewReview{Findings: "مستوفٍ للشروط.", Recommendation: "accredit"},
		func(ctx context.Context, a policy.Actor, m move, b NewReview) (written, error) {
			return store.RecordReview(ctx, a, m, b.Findings, accreditation.Recommendation(b.Recommendation))
		})
	applicationStep(s, "sign", officer, "Sign a decision", "The first of two persons; nothing follows until the second one confirms. For officers and signatories of the associations directorate.",
		exampleRuling, func(ctx context.Context, a policy.Actor, m move, b Ruling) (written, error) {
			return store.Sign(ctx, a, m, b.domain())
		})
	applicationStep(s, "confirm", officer, "Confirm a decision", "The second person, who is another than the first. An organization that is accredited is listed from the next request. "+
		"For officers and signatories of the associations directorate.", nil,
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.Confirm(ctx, a, m)
		})
	applicationStep(s, "hand-back", officer, "Hand a decision back", "Instead of confirming it; it is reviewed as before the signature. For officers and signatories of the associations directorate.",
		HandedBack{Findings: "الشروط غير محددة بموعد."},
		func(ctx context.Context, a policy.Actor, m move, b HandedBack) (written, error) {
			return store.HandBack(ctx, a, m, b.Findings)
		})
	applicationStep(s, "record-minute", officer, "Record a committee's decision", "By its minute, with at least three members. For officers and signatories of the associations directorate.",
		CommitteeRuling{Ruling: exampleRuling, MinuteNumber: "C-2026-07", MinuteOn: "2026-05-30", Members: []string{"ليلى المثال", "سمير المثال", "هدى المثال"}},
		func(ctx context.Context, a policy.Actor, m move, b CommitteeRuling) (written, error) {
			return store.RecordMinute(ctx, a, m, b.Ruling.domain(), accreditation.Minute{Number: b.MinuteNumber, On: dateOf(b.MinuteOn), Members: b.Members})
		})
}

var exampleRuling = Ruling{
	Outcome: "accredited", LetterNumber: "M-2026-214", Number: "A-2026-014", ValidFrom: "2026-05-31", ValidTo: "2027-05-30",
	Conditions: []ConditionTerm{{Text: Text{AR: "تهيئة المدخل لذوي الإعاقة.", EN: "Make the entrance accessible."}, DueOn: "2026-09-30"}},
}
