package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// AttemptList is a page of attempts.
type AttemptList struct {
	Items      []Attempt `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// NewAttempt is what a case manager writes to try a provider.
type NewAttempt struct {
	ServiceAtLocationID uuid.UUID  `json:"service_at_location_id" format:"uuid" doc:"As list-nearby gives it."`
	Consent             *Consent   `json:"consent,omitempty" doc:"That is recorded with it. Either this or consent_id."`
	ConsentID           *uuid.UUID `json:"consent_id,omitempty" format:"uuid" doc:"Of a consent in force of this referral that names the provider's organization."`
}

// Consent is the family's agreement that this provider gets these groups of fields for this purpose.
type Consent struct {
	Purpose     string     `json:"purpose,omitempty" pattern:"^[a-z_]{1,60}$" example:"service_provision" doc:"service_provision unless it says otherwise."`
	Groups      []string   `json:"groups" minItems:"1" maxItems:"9" uniqueItems:"true" enum:"A,B,C,D,E,F,G,H,I" example:"[\"C\",\"D\",\"E\"]" doc:"The field groups the family agrees to hand over."`
	GivenBy     string     `json:"given_by" enum:"self,caregiver,guardian"`
	ChildAssent *bool      `json:"child_assent,omitempty" doc:"Where the person is a child."`
	Evidence    string     `json:"evidence" enum:"signature,recorded_verbal,otp"`
	GivenAt     time.Time  `json:"given_at"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"180 days after it was given unless it says an earlier time."`
}

func (n NewAttempt) domain(referralID uuid.UUID) (referrals.NewAttempt, error) {
	out := referrals.NewAttempt{ReferralID: referralID, ServiceAtLocationID: n.ServiceAtLocationID, ConsentID: say(n.ConsentID)}
	if (n.Consent == nil) == (out.ConsentID == uuid.Nil) {
		return referrals.NewAttempt{}, errInvalidInput.At("/consent", "give either this or consent_id", "قدّم هذا أو consent_id، أحدهما لا كليهما")
	}
	var err error
	if n.Consent != nil {
		out.Consent, err = n.Consent.domain("/consent")
	}
	return out, err
}

type newAttemptInput struct {
	Keyed
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the referral."`
	Body NewAttempt
}

type attemptInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the attempt."`
}

type attemptsInput struct {
	Paged
	Status   string              `query:"status" enum:"draft,sent,acknowledged,info_requested,waitlisted,accepted,in_service,on_hold,declined,expired,cancelled,completed,not_completed,entered_in_error" doc:"Only attempts in this state."`
	Referral optional[uuid.UUID] `query:"referral" format:"uuid" doc:"Only attempts of this referral."`
	Partner  string              `query:"partner_reference" maxLength:"60" pattern:"^[0-9A-Za-z][0-9A-Za-z./_-]*$" doc:"Only attempts with this number of the provider's own."`
}

func (s *shell) attempts(store *referrals.Store) {
	register(s, operation{
		id: "create-attempt", method: http.MethodPost, path: "/v1/referrals/{id}/attempts", tag: "attempts", scope: "referrals.write", status: http.StatusCreated,
		summary: "Choose a provider", description: "Makes a draft of an attempt with the family's consent, recorded with it or before. The provider knows nothing of it until it is sent.",
		request: exampleNewAttempt, response: exampleDraft(),
	}, func(ctx context.Context, in *newAttemptInput) (*entity[Attempt], error) {
		n, err := in.Body.domain(in.ID)
		if err != nil {
			return nil, err
		}
		result, err := store.CreateAttempt(ctx, actorOf(ctx), n, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, result.Version, attemptOf(result.View), result.Replayed)
		return located(e, "/v1/attempts/"+result.ID.String()), err
	})
	register(s, operation{
		id: "get-attempt", method: http.MethodGet, path: "/v1/attempts/{id}", tag: "attempts", scope: "referrals.read",
		summary: "Read an attempt", description: "What you see depends on who you are, how far it has come, the instrument and the consent; disclosure says what and why.",
		response: exampleAttempt,
	}, func(ctx context.Context, in *attemptInput) (*entity[Attempt], error) {
		view, err := store.Attempt(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(view.Version, attemptOf(view), in.Conditional)
	})
	register(s, operation{
		id: "list-attempts", method: http.MethodGet, path: "/v1/attempts", tag: "attempts", scope: "referrals.read",
		summary: "List attempts", description: "A provider's inbox, or a case manager's list: those you may read, the newest first. Sealed groups are left out of lists; read the attempt itself.",
		response: AttemptList{Items: []Attempt{exampleAttempt}},
	}, func(ctx context.Context, in *attemptsInput) (*page[AttemptList], error) {
		filters := []string{"attempts", in.Status, in.Referral.Value.String(), in.Partner}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Attempts(ctx, actorOf(ctx), referrals.Filter{
			Status: in.Status, ReferralID: in.Referral.Value, Reference: in.Partner, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(v referrals.View) uuid.UUID { return v.ID })
		list := AttemptList{Items: make([]Attempt, len(items))}
		for i, v := range items {
			list.Items[i] = attemptOf(v)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

var exampleNewAttempt = NewAttempt{
	ServiceAtLocationID: exampleServiceAtLocationID,
	Consent:             &Consent{Purpose: "service_provision", Groups: []string{"C", "D", "E"}, GivenBy: "caregiver", ChildAssent: new(true), Evidence: "signature", GivenAt: exampleTime},
}

// exampleDraft is what the case manager sees of an attempt that was not sent yet.
func exampleDraft() Attempt {
	a := exampleAttempt
	a.Status, a.Version, a.SentAt, a.AllowedTransitions = "draft", 1, nil, []string{"send", "discard"}
	a.Details = exampleReferral.Details
	a.Disclosure = Disclosure{Groups: []string{"A", "B", "C", "D", "E", "F", "G", "H", "I"}, Until: new(exampleTime.Add(referrals.ConsentLasts))}
	a.UpdatedAt = exampleTime
	return a
}
