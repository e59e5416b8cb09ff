package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// PolicyQuestion asks whether somebody may send a referral somewhere.
type PolicyQuestion struct {
	AccountID      *uuid.UUID `json:"account_id,omitempty" format:"uuid" doc:"Whose decision; absent: your own. Another's is for supervisors of their directorate, the auditor and the administrator."`
	AttemptID      *uuid.UUID `json:"attempt_id,omitempty" format:"uuid" doc:"An attempt that is written. Instead of it, all that follows."`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"To whom."`
	DirectorateID  *uuid.UUID `json:"directorate_id,omitempty" format:"uuid" doc:"Whose referral; absent: the account's own directorate."`
	Need           string     `json:"need,omitempty" maxLength:"40" example:"DIS-PHYSIO"`
	Place          string     `json:"place,omitempty" maxLength:"100" example:"gn-281292" doc:"Of the household: the code of a place."`
	TargetGroup    string     `json:"target_group,omitempty" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence"`
	Purpose        string     `json:"purpose,omitempty" maxLength:"60" pattern:"^[a-z_]+$" example:"service_provision"`
	Tier           int        `json:"tier,omitempty" minimum:"1" maximum:"3" doc:"Only to raise the sensitivity above that of the need."`
}

// PolicyAnswer is a decision in words, with every ground.
type PolicyAnswer struct {
	Allowed    bool           `json:"allowed"`
	Code       string         `json:"code" example:"need_not_covered"`
	Text       Text           `json:"text"`
	Instrument *Instrument    `json:"instrument,omitempty" doc:"The term that permits, or that comes closest."`
	Groups     []string       `json:"groups,omitempty" doc:"What the provider could see at most after accepting."`
	Until      *time.Time     `json:"until,omitempty" doc:"When consent or instrument ends, whichever is first."`
	Grounds    []PolicyGround `json:"grounds" doc:"All that was examined, and every reason of a refusal."`
}

// PolicyGround is one thing that was examined.
type PolicyGround struct {
	About            string `json:"about" example:"instrument" doc:"role, rollout, instrument or consent."`
	OK               bool   `json:"ok"`
	Code             string `json:"code" example:"need_not_covered"`
	Text             Text   `json:"text"`
	InstrumentNumber string `json:"instrument_number,omitempty" example:"2026/014"`
	Term             int    `json:"term,omitempty" example:"3"`
}

func (q PolicyQuestion) domain() referrals.Question {
	return referrals.Question{
		AccountID: say(q.AccountID), AttemptID: say(q.AttemptID), OrganizationID: say(q.OrganizationID), DirectorateID: say(q.DirectorateID),
		Need: q.Need, Place: q.Place, TargetGroup: q.TargetGroup, Purpose: q.Purpose, Tier: q.Tier,
	}
}

func (s *shell) policyExplain(store *referrals.Store) {
	register(s, operation{
		id: "explain-decision", method: http.MethodPost, path: "/v1/policy/explain", tag: "policy", scope: "referrals.read", errors: []int{404, 422},
		summary: "Ask whether a referral may be sent, and why",
		description: "Role, rollout, instruments term by term, and the consent of an attempt that is written; that the service is open and a quota left, the send says. " +
			"It changes nothing, and tells nothing of any person.",
		request: PolicyQuestion{OrganizationID: &exampleAttempt.Organization.ID, Need: "DIS-PHYSIO", Place: "gn-281292"}, response: examplePolicyAnswer,
	}, func(ctx context.Context, in *struct{ Body PolicyQuestion }) (*entity[PolicyAnswer], error) {
		answer, err := store.Explain(ctx, actorOf(ctx), in.Body.domain())
		if err != nil {
			return nil, err
		}
		return newEntity(0, policyAnswerOf(answer), Conditional{})
	})
}

func policyAnswerOf(a referrals.Answer) PolicyAnswer {
	out := PolicyAnswer{Allowed: a.Allowed, Code: a.Code, Text: textOf(a.Sentence), Grounds: make([]PolicyGround, len(a.Grounds))}
	if t := a.Decision.Term; t.InstrumentID != uuid.Nil {
		out.Instrument = &Instrument{Number: t.InstrumentNumber, Version: t.Version, Term: t.Number}
	}
	if a.Allowed {
		out.Groups, out.Until = a.Decision.Groups.Letters(), new(utc(a.Decision.Until))
	}
	for i, g := range a.Grounds {
		out.Grounds[i] = PolicyGround{About: g.About, OK: g.OK, Code: g.Code, Text: textOf(g.Sentence), InstrumentNumber: g.InstrumentNumber, Term: g.TermNumber}
	}
	return out
}

var examplePolicyAnswer = PolicyAnswer{
	Code: "need_not_covered", Text: Text{
		AR: "مرفوض: المذكرة 2026/014 تشمل سلة غذائية ومساعدة نقدية في الخليل، والحاجة العلاج الطبيعي (البند 3).",
		EN: "Refused: Memorandum 2026/014 covers Food parcel and Cash assistance in Hebron; the need is Physiotherapy (term 3).",
	},
	Grounds: []PolicyGround{{About: "role", OK: true, Code: "role_permits", Text: Text{AR: "يسمح بذلك الدور case_manager بصفة case_owner.", EN: "The role case_manager permits it, as case_owner."}}},
}
