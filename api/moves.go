package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/policy"
	"tahweel/referrals"
)

// Nothing is the body of a move that needs none; it may be left out.
type Nothing struct{}

// CodeAndText is why something is declined or taken back.
type CodeAndText struct {
	Code string `json:"code" maxLength:"60" example:"no_capacity" doc:"One of the codes of this move."`
	Text string `json:"text,omitempty" maxLength:"2000" doc:"Required with the code other. Kept sealed."`
}

// ServiceStart is what a provider says when it begins.
type ServiceStart struct {
	ServiceDate string `json:"service_date,omitempty" format:"date" example:"2026-06-03" doc:"Of the first real contact; today unless it says so, never in the future."`
}

// Completion is what a provider says at the end.
type Completion struct {
	Outcome     string `json:"outcome" enum:"service_provided_full,service_provided_partial,enrolled_ongoing,one_off_assistance,information_or_advice_only" doc:"What was done."`
	ServiceDate string `json:"service_date" format:"date" example:"2026-06-17" doc:"Of the service; not in the future."`
	NeedMet     string `json:"need_met" enum:"yes,partly,no" doc:"Whether it helped."`
	Quantity    *int   `json:"quantity,omitempty" minimum:"1" maximum:"100000" doc:"Sessions, parcels, nights, as the service counts."`
	FeeCharged  *bool  `json:"fee_charged,omitempty" doc:"Free is the norm."`
}

type moveInput[B any] struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the attempt."`
	Body B
}

// moveText is what the contract says about a move.
type moveText struct {
	transition           referrals.Transition
	summary, description string
}

// registerMove registers POST /v1/attempts/{id}/<move>.
func registerMove[B any](s *shell, text moveText, example any, run func(context.Context, policy.Actor, referrals.Move, B) (referrals.Result, error)) {
	name := text.transition.Kebab()
	register(s, operation{
		id: name + "-attempt", method: http.MethodPost, path: "/v1/attempts/{id}/" + name, tag: "attempts", scope: "referrals.write",
		summary: text.summary, description: text.description, request: example, response: exampleAttempt,
	}, func(ctx context.Context, in *moveInput[B]) (*entity[Attempt], error) {
		result, err := run(ctx, actorOf(ctx), referrals.Move{ID: in.ID, Version: in.version, Once: in.once(ctx)}, in.Body)
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, result.Version, attemptOf(result.View), result.Replayed)
	})
}

// moves is every transition of an attempt that a caller can make.
func (s *shell) moves(store *referrals.Store) {
	type actor = policy.Actor
	type move = referrals.Move
	registerMove(s, moveText{referrals.Send, "Send a draft to the provider",
		"Needs an instrument in force that covers directorate, need, place, target group and purpose, a consent in force, an open service and a place in the quota."},
		nil, func(ctx context.Context, a actor, m move, _ *Nothing) (referrals.Result, error) {
			return store.Send(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Acknowledge, "Say that it was seen", "The provider has seen it. This is not an answer."},
		nil, func(ctx context.Context, a actor, m move, _ *Nothing) (referrals.Result, error) {
			return store.Acknowledge(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Accept, "Accept",
		"The provider takes the obligation, and sees from now on what instrument and consent grant. The first of the two calls that close a referral."},
		nil, func(ctx context.Context, a actor, m move, _ *Nothing) (referrals.Result, error) {
			return store.Accept(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Decline, "Decline",
		"Codes: " + strings.Join(referrals.DeclineCodes, ", ") + "."}, CodeAndText{Code: "no_capacity"},
		func(ctx context.Context, a actor, m move, b CodeAndText) (referrals.Result, error) {
			return store.Decline(ctx, a, m, referrals.DeclineWith{Code: b.Code, Text: b.Text})
		})
	registerMove(s, moveText{referrals.Recall, "Take it back",
		"The case manager takes it back before service has begun; what the provider was shown closes at once. Codes: " + strings.Join(referrals.RecallCodes, ", ") + "."},
		CodeAndText{Code: "client_moved"},
		func(ctx context.Context, a actor, m move, b CodeAndText) (referrals.Result, error) {
			return store.Recall(ctx, a, m, referrals.RecallWith{Code: b.Code, Text: b.Text})
		})
	registerMove(s, moveText{referrals.StartService, "Say that service began", "The first real contact happened."},
		ServiceStart{ServiceDate: "2026-06-03"},
		func(ctx context.Context, a actor, m move, b *ServiceStart) (referrals.Result, error) {
			return store.StartService(ctx, a, m, referrals.StartWith{ServiceDate: dateOf(say(b).ServiceDate)})
		})
	registerMove(s, moveText{referrals.Complete, "Report the outcome",
		"Possible straight after accepting: the second of the two calls that close a referral. need_met yes or partly closes the referral; no gives it back to the case manager."},
		Completion{Outcome: "service_provided_full", ServiceDate: "2026-06-17", NeedMet: "yes", Quantity: new(12), FeeCharged: new(false)},
		func(ctx context.Context, a actor, m move, b Completion) (referrals.Result, error) {
			return store.Complete(ctx, a, m, referrals.CompleteWith{
				Outcome: b.Outcome, ServiceDate: dateOf(b.ServiceDate), NeedMet: b.NeedMet, Quantity: b.Quantity, FeeCharged: b.FeeCharged,
			})
		})
}

// dateOf reads a date that validation has already seen to be one; empty text is the zero time.
func dateOf(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}
