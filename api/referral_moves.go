package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"tahweel/policy"
	"tahweel/referrals"
)

type decisionInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the referral."`
	Body CodeAndText
}

// decisionText is what the contract says about a decision.
type decisionText struct {
	name, summary, description string
	codes                      []string
	example                    Referral
}

// registerDecision registers POST /v1/referrals/{id}/<name>.
func registerDecision(s *shell, text decisionText, run func(context.Context, policy.Actor, referrals.Move, referrals.DecideWith) (referrals.ReferralResult, error)) {
	register(s, operation{
		id: text.name + "-referral", method: http.MethodPost, path: "/v1/referrals/{id}/" + text.name, tag: "referrals", scope: "referrals.write",
		summary: text.summary, description: text.description + " Codes: " + strings.Join(text.codes, ", ") + ".",
		request: CodeAndText{Code: text.codes[0]}, response: text.example,
	}, func(ctx context.Context, in *decisionInput) (*entity[Referral], error) {
		result, err := run(ctx, actorOf(ctx), referrals.Move{ID: in.ID, Version: in.version, Once: in.once(ctx)},
			referrals.DecideWith{Code: in.Body.Code, Text: in.Body.Text})
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, result.Version, referralOf(result.ReferralView), result.Replayed)
	})
}

// referralMoves are the decisions of a case manager about a referral as a whole.
func (s *shell) referralMoves(store *referrals.Store) {
	registerDecision(s, decisionText{"close", "Close a referral unmet",
		"The need stays unmet and no attempt is open any more. A referral whose need was met closes with its attempt.",
		referrals.CloseCodes, decidedExample("closed_unmet", referrals.CloseCodes[0], "")}, store.CloseReferral)
	registerDecision(s, decisionText{"cancel", "Cancel a referral",
		"Gives a draft or active referral up. Open attempts are recalled with it; while a service is under way or on hold the answer is 409, and its provider is asked first.",
		referrals.RecallCodes, decidedExample("cancelled", referrals.RecallCodes[0], "")}, store.CancelReferral)
	registerDecision(s, decisionText{"reopen", "Open a referral again",
		"Within 90 days of its closing. It waits for a provider then; the next attempt is made as any.",
		referrals.ReopenCodes, decidedExample("active", "", referrals.ReopenCodes[0])}, store.ReopenReferral)
	registerCaseHistory(s, "referral", "referrals", "What happened to it, to its attempts and consents; for the ministry's side.", store.ReferralHistory)
}

func decidedExample(status, closed, reopened string) Referral {
	r := exampleReferral
	r.Status, r.Version, r.CloseCode, r.ReopenCode, r.NeedsRouting = status, 3, closed, reopened, reopened != ""
	if closed != "" {
		r.ClosedAt = &exampleTime
	}
	return r
}
