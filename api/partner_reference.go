package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// AttemptPatch is what a provider may change of an attempt beside its moves.
type AttemptPatch struct {
	PartnerReference string `json:"partner_reference" maxLength:"60" pattern:"^([0-9A-Za-z][0-9A-Za-z./_-]*)?$" example:"AH-2026-118" doc:"The provider's own number for it; empty takes it away. Never a name or the number of a document."`
}

type patchAttemptInput struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the attempt."`
	Body AttemptPatch
}

func (s *shell) partnerReference(store *referrals.Store) {
	register(s, operation{
		id: "update-attempt", method: http.MethodPatch, path: "/v1/attempts/{id}", tag: "attempts", scope: "referrals.write",
		summary: "Give an attempt your own number", description: "For its provider, in any state. The attempt is found by it: list-attempts takes partner_reference.",
		errors: []int{422}, request: AttemptPatch{PartnerReference: "AH-2026-118"}, response: referencedExample(),
	}, func(ctx context.Context, in *patchAttemptInput) (*entity[Attempt], error) {
		view, err := store.SetPartnerReference(ctx, actorOf(ctx), in.ID, in.version, in.Body.PartnerReference)
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, view.Version, attemptOf(view), false)
	})
	registerCaseHistory(s, "attempt", "attempts", "What happened to it; its provider reads from the sending on.", store.AttemptHistory)
}

func referencedExample() Attempt {
	a := exampleAttempt
	a.Version, a.PartnerReference = 3, "AH-2026-118"
	return a
}
