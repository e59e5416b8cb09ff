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

// ItemsAndText is what a provider asks for, or which of it is answered.
type ItemsAndText struct {
	Items []string `json:"items" minItems:"1" maxItems:"5" uniqueItems:"true" example:"[\"document\"]" doc:"Item codes; in an answer those that are answered."`
	Text  string   `json:"text,omitempty" maxLength:"2000" doc:"Kept sealed. Facts only, nothing by which the person is found. None where the referral is restricted."`
}

// Waiting is why a provider has no place and when it expects one.
type Waiting struct {
	Code        string `json:"code" maxLength:"60" example:"no_capacity_waitlist" doc:"One of the hold codes."`
	EstimatedOn string `json:"estimated_on" format:"date" example:"2026-06-20" doc:"When a place is expected: today to 60 days ahead."`
	Text        string `json:"text,omitempty" maxLength:"2000" doc:"Required with the code other. Kept sealed."`
}

// Pause is why a provider pauses and until when.
type Pause struct {
	Code     string `json:"code" maxLength:"60" example:"awaiting_documents" doc:"One of the hold codes."`
	ReviewOn string `json:"review_on" format:"date" example:"2026-06-20" doc:"When the pause is looked at again: today to 30 days ahead."`
	Text     string `json:"text,omitempty" maxLength:"2000" doc:"Required with the code other. Kept sealed."`
}

// NotServed is why no service came of it.
type NotServed struct {
	Code            string           `json:"code" maxLength:"60" example:"client_unreachable" doc:"One of the codes of this move."`
	Text            string           `json:"text,omitempty" maxLength:"2000" doc:"Required with the code other. Kept sealed."`
	ContactAttempts []ContactAttempt `json:"contact_attempts,omitempty" maxItems:"20" doc:"At least three with the code client_unreachable."`
}

// ContactAttempt is one try to reach the client.
type ContactAttempt struct {
	At     time.Time `json:"at" example:"2026-06-04T09:00:00Z" doc:"When; since the provider's answer and not in the future."`
	Method string    `json:"method" enum:"call,message,visit,through_case_manager"`
}

// Progress answers the question whether a service goes on.
type Progress struct {
	Text string `json:"text,omitempty" maxLength:"2000" doc:"Kept sealed."`
}

// Why is a text that a move must carry.
type Why struct {
	Text string `json:"text" minLength:"1" maxLength:"2000" doc:"Why. Kept sealed."`
}

// CodeAndWhy is a code with a justification.
type CodeAndWhy struct {
	Code string `json:"code" maxLength:"60" example:"safety_recall" doc:"One of the codes of this move."`
	Text string `json:"text" minLength:"1" maxLength:"2000" doc:"The justification. Kept sealed."`
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

// moves is every transition of an attempt that a caller can make, in the order of an attempt's life.
func (s *shell) moves(store *referrals.Store) {
	s.sendersMoves(store)
	s.answers(store)
	s.waiting(store)
	s.service(store)
	s.endings(store)
}

// codesIn says which codes a move takes.
func codesIn(codes []string) string { return " Codes: " + strings.Join(codes, ", ") + "." }

// sendersMoves are those of the case manager before service begins.
func (s *shell) sendersMoves(store *referrals.Store) {
	registerMove(s, moveText{referrals.Send, "Send a draft to the provider",
		"Needs an instrument in force that covers directorate, need, place, target group and purpose, a consent in force, an open service and a place in the quota."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.Send(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Discard, "Throw a draft away", "No provider has known of it."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.Discard(ctx, a, m)
		})
	registerMove(s, moveText{referrals.ProvideInfo, "Give the facts asked for",
		"The attempt is acknowledged again and the provider decides. The text is shown to the provider before it accepts, as part of group B: one that repeats a telephone or document number of the person is refused." + codesIn(referrals.InfoItems)},
		ItemsAndText{Items: []string{"document"}, Text: "The report is with the family."},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b ItemsAndText) (referrals.Result, error) {
			return store.ProvideInfo(ctx, a, m, referrals.ProvideInfoWith{Items: b.Items, Text: b.Text})
		})
	registerMove(s, moveText{referrals.Recall, "Take it back",
		"The case manager takes it back before service has begun; what the provider was shown closes at once." + codesIn(referrals.RecallCodes)},
		CodeAndText{Code: "client_moved"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b CodeAndText) (referrals.Result, error) {
			return store.Recall(ctx, a, m, referrals.RecallWith{Code: b.Code, Text: b.Text})
		})
}

// answers are those of a provider to what was sent to it.
func (s *shell) answers(store *referrals.Store) {
	registerMove(s, moveText{referrals.Acknowledge, "Say that it was seen", "The provider has seen it. This is not an answer."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.Acknowledge(ctx, a, m)
		})
	registerMove(s, moveText{referrals.RequestInfo, "Ask for facts",
		"The provider needs facts before it answers; at most two rounds. Its clock stops until they come." + codesIn(referrals.InfoItems)},
		ItemsAndText{Items: []string{"document"}, Text: "Is there a medical report?"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b ItemsAndText) (referrals.Result, error) {
			return store.RequestInfo(ctx, a, m, referrals.RequestInfoWith{Items: b.Items, Text: b.Text})
		})
	registerMove(s, moveText{referrals.Accept, "Accept",
		"The provider takes the obligation, and sees from now on what instrument and consent grant. The first of the two calls that close a referral."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.Accept(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Decline, "Decline", "The provider will not serve." + codesIn(referrals.DeclineCodes)},
		CodeAndText{Code: "no_capacity"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b CodeAndText) (referrals.Result, error) {
			return store.Decline(ctx, a, m, referrals.DeclineWith{Code: b.Code, Text: b.Text})
		})
}

// waiting are those of the waiting list.
func (s *shell) waiting(store *referrals.Store) {
	with := func(b Waiting) referrals.WaitlistWith {
		return referrals.WaitlistWith{Code: b.Code, EstimatedOn: dateOf(b.EstimatedOn), Text: b.Text}
	}
	example := Waiting{Code: "no_capacity_waitlist", EstimatedOn: "2026-06-20"}
	registerMove(s, moveText{referrals.Waitlist, "Put on the waiting list",
		"The provider would serve and has no place now. Another provider may be tried beside it; the first acceptance cancels the rest. Not for an emergency." + codesIn(referrals.HoldCodes)},
		example, func(ctx context.Context, a policy.Actor, m referrals.Move, b Waiting) (referrals.Result, error) {
			return store.Waitlist(ctx, a, m, with(b))
		})
	registerMove(s, moveText{referrals.RenewWaitlist, "Keep on the waiting list",
		"Says anew why and until when it waits; the status stays." + codesIn(referrals.HoldCodes)},
		example, func(ctx context.Context, a policy.Actor, m referrals.Move, b Waiting) (referrals.Result, error) {
			return store.RenewWaitlist(ctx, a, m, with(b))
		})
	registerMove(s, moveText{referrals.LeaveWaitlist, "Take off the waiting list", "It ends without a service." + codesIn(referrals.NotCompletedCodes)},
		NotServed{Code: "resource_exhausted"}, func(ctx context.Context, a policy.Actor, m referrals.Move, b NotServed) (referrals.Result, error) {
			return store.LeaveWaitlist(ctx, a, m, b.domain())
		})
}

// service are those of a provider while it serves.
func (s *shell) service(store *referrals.Store) {
	registerMove(s, moveText{referrals.StartService, "Say that service began", "The first real contact happened."},
		ServiceStart{ServiceDate: "2026-06-03"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b *ServiceStart) (referrals.Result, error) {
			return store.StartService(ctx, a, m, referrals.StartWith{ServiceDate: dateOf(say(b).ServiceDate)})
		})
	registerMove(s, moveText{referrals.ReportProgress, "Say that service goes on", "Answers the question whether it does; the status stays."},
		Progress{Text: "Four of twelve sessions were held."},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b *Progress) (referrals.Result, error) {
			return store.ReportProgress(ctx, a, m, referrals.ReportProgressWith{Text: say(b).Text})
		})
	registerMove(s, moveText{referrals.Hold, "Pause", "Before service has begun or while it is under way." + codesIn(referrals.HoldCodes)},
		Pause{Code: "awaiting_documents", ReviewOn: "2026-06-20"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b Pause) (referrals.Result, error) {
			return store.Hold(ctx, a, m, referrals.HoldWith{Code: b.Code, ReviewOn: dateOf(b.ReviewOn), Text: b.Text})
		})
	registerMove(s, moveText{referrals.Resume, "Go on after a pause", "Restores the state that it was held from."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.Resume(ctx, a, m)
		})
	registerMove(s, moveText{referrals.Complete, "Report the outcome",
		"Possible straight after accepting: the second of the two calls that close a referral. need_met yes or partly closes the referral; no gives it back to the case manager."},
		Completion{Outcome: "service_provided_full", ServiceDate: "2026-06-17", NeedMet: "yes", Quantity: new(12), FeeCharged: new(false)},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b Completion) (referrals.Result, error) {
			return store.Complete(ctx, a, m, referrals.CompleteWith{
				Outcome: b.Outcome, ServiceDate: dateOf(b.ServiceDate), NeedMet: b.NeedMet, Quantity: b.Quantity, FeeCharged: b.FeeCharged,
			})
		})
	registerMove(s, moveText{referrals.CloseUnmet, "Close without a service",
		"No service came of what was accepted; the referral needs another provider." + codesIn(referrals.NotCompletedCodes)},
		NotServed{Code: "client_declined"}, func(ctx context.Context, a policy.Actor, m referrals.Move, b NotServed) (referrals.Result, error) {
			return store.CloseUnmet(ctx, a, m, b.domain())
		})
}

// endings are those by which a service under way, or any attempt, is stopped.
func (s *shell) endings(store *referrals.Store) {
	registerMove(s, moveText{referrals.RequestCancel, "Ask to end a service under way",
		"The case manager asks; the status stays until the provider confirms or rejects, or the time runs out. 409 cancellation_pending while an earlier request waits." + codesIn(referrals.RecallCodes)},
		CodeAndText{Code: "client_moved"},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b CodeAndText) (referrals.Result, error) {
			return store.RequestCancel(ctx, a, m, referrals.RequestCancelWith{Code: b.Code, Text: b.Text})
		})
	registerMove(s, moveText{referrals.ConfirmCancel, "End the service as asked", "The provider ends it, with the code of the request. 409 no_cancellation_pending where nobody asked."},
		nil, func(ctx context.Context, a policy.Actor, m referrals.Move, _ *Nothing) (referrals.Result, error) {
			return store.ConfirmCancel(ctx, a, m)
		})
	registerMove(s, moveText{referrals.RejectCancel, "Go on although asked to end", "The request is taken back and the service goes on. 409 no_cancellation_pending where nobody asked."},
		Why{Text: "The last session is tomorrow."},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b Why) (referrals.Result, error) {
			return store.RejectCancel(ctx, a, m, referrals.RejectCancelWith{Text: b.Text})
		})
	registerMove(s, moveText{referrals.SafetyRecall, "Take it back for safety",
		"A supervisor or protection focal point of the directorate takes back any open attempt; the provider's access ends at once." + codesIn(referrals.SafetyCodes)},
		CodeAndWhy{Code: "safety_recall", Text: "A member of staff is known to the person she fled from."},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b CodeAndWhy) (referrals.Result, error) {
			return store.SafetyRecall(ctx, a, m, referrals.SafetyRecallWith{Code: b.Code, Text: b.Text})
		})
	registerMove(s, moveText{referrals.MarkError, "Undo a mistake",
		"Within 72 hours: the case manager after a move of their own, the provider while its own move is the last. Later an administrator only, who names the attempt and its version and is shown no more than its status. What was written on the attempt is shown to nobody any more and is purged after 30 days; make a new attempt instead."},
		Why{Text: "Accepted the wrong one of two."},
		func(ctx context.Context, a policy.Actor, m referrals.Move, b Why) (referrals.Result, error) {
			return store.MarkError(ctx, a, m, referrals.MarkErrorWith{Text: b.Text})
		})
}

func (n NotServed) domain() referrals.CloseUnmetWith {
	with := referrals.CloseUnmetWith{Code: n.Code, Text: n.Text}
	for _, a := range n.ContactAttempts {
		with.ContactAttempts = append(with.ContactAttempts, referrals.ContactAttempt{At: a.At, Method: a.Method})
	}
	return with
}

// dateOf reads a date that validation has already seen to be one; empty text is the zero time.
func dateOf(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}
