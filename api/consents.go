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

// ConsentRecord is a consent that was recorded.
type ConsentRecord struct {
	ID         uuid.UUID        `json:"id" format:"uuid"`
	ReferralID uuid.UUID        `json:"referral_id" format:"uuid"`
	Status     string           `json:"status" example:"in_force" doc:"in_force, expired (it stops new disclosures and does not break a service under way) or withdrawn (it cuts everything)."`
	Version    int              `json:"version"`
	Recipient  OrganizationName `json:"recipient"`
	Consent
	WithdrawnAt       *time.Time `json:"withdrawn_at,omitempty"`
	WithdrawalChannel string     `json:"withdrawal_channel,omitempty" doc:"How the family withdrew it: in_person, telephone, written or representative."`
	CreatedAt         time.Time  `json:"created_at"`
}

// ConsentList is a page of consents.
type ConsentList struct {
	Items      []ConsentRecord `json:"items"`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// NewConsent is a consent for a recipient, apart from an attempt.
type NewConsent struct {
	RecipientOrganizationID uuid.UUID `json:"recipient_organization_id" format:"uuid" doc:"Who may receive the data."`
	Consent
}

// Withdrawal is how a family withdrew its consent.
type Withdrawal struct {
	Channel string `json:"channel" enum:"in_person,telephone,written,representative" doc:"How the family said so."`
}

func (c Consent) domain(at string) (referrals.Consent, error) {
	groups, ok := policy.ParseGroups(c.Groups)
	if !ok {
		return referrals.Consent{}, errInvalidInput.At(at+"/groups", "are the letters A to I", "هي الأحرف من A إلى I")
	}
	return referrals.Consent{
		Purpose: c.Purpose, Groups: groups, GivenBy: c.GivenBy, ChildAssent: c.ChildAssent, Evidence: c.Evidence, GivenAt: c.GivenAt, ExpiresAt: say(c.ExpiresAt),
	}, nil
}

func consentOf(v referrals.ConsentView) ConsentRecord {
	expires := utc(v.ExpiresAt)
	return ConsentRecord{
		ID: v.ID, ReferralID: v.ReferralID, Status: string(v.State), Version: v.Version,
		Recipient: OrganizationName{ID: v.RecipientID, Name: textOf(v.Recipient)},
		Consent: Consent{
			Purpose: v.Purpose, Groups: v.Groups.Letters(), GivenBy: v.GivenBy, ChildAssent: v.ChildAssent, Evidence: v.Evidence,
			GivenAt: utc(v.GivenAt), ExpiresAt: &expires,
		},
		WithdrawnAt: utcPointer(v.WithdrawnAt), WithdrawalChannel: v.WithdrawalChannel, CreatedAt: utc(v.CreatedAt),
	}
}

type newConsentInput struct {
	Keyed
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the referral."`
	Body NewConsent
}

type consentInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the consent."`
}

type consentsInput struct {
	Paged
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the referral."`
}

type withdrawInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the consent."`
	Body Withdrawal
}

func (s *shell) consents(store *referrals.Store) {
	register(s, operation{
		id: "create-consent", method: http.MethodPost, path: "/v1/referrals/{id}/consents", tag: "consents", scope: "referrals.write", status: http.StatusCreated,
		summary: "Record a consent", description: "A family's agreement that one recipient gets some groups of fields, for an attempt to name later. Nothing is disclosed by it.",
		request: exampleNewConsent, response: exampleConsent,
	}, func(ctx context.Context, in *newConsentInput) (*entity[ConsentRecord], error) {
		consent, err := in.Body.domain("")
		if err != nil {
			return nil, err
		}
		result, err := store.RecordConsent(ctx, actorOf(ctx), referrals.NewConsent{
			ReferralID: in.ID, RecipientOrganizationID: in.Body.RecipientOrganizationID, Consent: consent,
		}, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, result.Version, consentOf(result.ConsentView), result.Replayed)
		return located(e, "/v1/consents/"+result.ID.String()), err
	})
	register(s, operation{
		id: "list-consents", method: http.MethodGet, path: "/v1/referrals/{id}/consents", tag: "consents", scope: "referrals.read",
		summary: "List a referral's consents", description: "The newest first, those recorded with an attempt too. For the ministry's side.",
		response: ConsentList{Items: []ConsentRecord{exampleConsent}},
	}, func(ctx context.Context, in *consentsInput) (*page[ConsentList], error) {
		filters := []string{"consents", in.ID.String()}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Consents(ctx, actorOf(ctx), in.ID, referrals.Filter{After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(v referrals.ConsentView) uuid.UUID { return v.ID })
		list := ConsentList{Items: make([]ConsentRecord, len(items))}
		for i, v := range items {
			list.Items[i] = consentOf(v)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "get-consent", method: http.MethodGet, path: "/v1/consents/{id}", tag: "consents", scope: "referrals.read",
		summary: "Read a consent", description: "For the ministry's side; a provider sees with the attempt what its consent allows.", response: exampleConsent,
	}, func(ctx context.Context, in *consentInput) (*entity[ConsentRecord], error) {
		v, err := store.Consent(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(v.Version, consentOf(v), in.Conditional)
	})
	register(s, operation{
		id: "withdraw-consent", method: http.MethodPost, path: "/v1/consents/{id}/withdraw", tag: "consents", scope: "referrals.write",
		summary: "Withdraw a consent",
		description: "At once: every attempt under way that rests on it is cancelled in the same transaction, and its provider sees no more than the envelope from then on. " +
			"Channels: " + strings.Join(referrals.WithdrawalChannels, ", ") + ".",
		request: Withdrawal{Channel: "telephone"}, response: withdrawnExample(),
	}, func(ctx context.Context, in *withdrawInput) (*entity[ConsentRecord], error) {
		result, err := store.WithdrawConsent(ctx, actorOf(ctx), referrals.Move{ID: in.ID, Version: in.version, Once: in.once(ctx)},
			referrals.WithdrawWith{Channel: in.Body.Channel})
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, result.Version, consentOf(result.ConsentView), result.Replayed)
	})
	registerCaseHistory(s, "consent", "consents", "What happened to it and to the attempts that rest on it.", store.ConsentHistory)
}

var exampleNewConsent = NewConsent{
	RecipientOrganizationID: exampleAttempt.Organization.ID,
	Consent:                 exampleConsentGiven,
}

var exampleConsentGiven = Consent{
	Purpose: "service_provision", Groups: []string{"C", "D", "E"}, GivenBy: "caregiver", ChildAssent: new(true), Evidence: "signature", GivenAt: exampleTime,
	ExpiresAt: new(exampleTime.Add(referrals.ConsentLasts)),
}

var exampleConsent = ConsentRecord{
	ID: uuid.MustParse("0198c0de-4444-7000-8000-000000000001"), ReferralID: exampleReferralID, Status: "in_force", Version: 1,
	Recipient: exampleAttempt.Organization, Consent: exampleConsentGiven, CreatedAt: exampleTime,
}

func withdrawnExample() ConsentRecord {
	c := exampleConsent
	c.Status, c.Version, c.WithdrawnAt, c.WithdrawalChannel = "withdrawn", 2, new(exampleTime.Add(time.Hour)), "telephone"
	return c
}
