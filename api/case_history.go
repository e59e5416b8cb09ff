package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/policy"
	"tahweel/referrals"
)

// CaseEvent is one line of the history of a referral, an attempt or a consent. It holds nothing of the person who is referred.
type CaseEvent struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"The same as that of the event in the feed."`
	Type       string     `json:"type" example:"attempt.accepted" doc:"What happened; new types may appear."`
	OccurredAt time.Time  `json:"occurred_at"`
	RecordedAt time.Time  `json:"recorded_at" doc:"Later than occurred_at for what was uploaded late."`
	AttemptID  *uuid.UUID `json:"attempt_id,omitempty" format:"uuid"`
	ConsentID  *uuid.UUID `json:"consent_id,omitempty" format:"uuid"`
	Version    int        `json:"version" doc:"After it: of the attempt, or of the referral where no attempt is named."`
	Transition string     `json:"transition,omitempty" example:"accept" doc:"By which move."`
	Code       string     `json:"code,omitempty" doc:"The code that the move carried."`
	By         *CaseParty `json:"by,omitempty" doc:"Absent in what was recorded before this was kept."`
}

// CaseParty is who did it, as far as the reader may know.
type CaseParty struct {
	Side      string     `json:"side" example:"provider" doc:"ministry, provider or system."`
	AccountID *uuid.UUID `json:"account_id,omitempty" format:"uuid"`
	Name      *Text      `json:"name,omitempty"`
}

// CaseHistory is a page of a history.
type CaseHistory struct {
	Items      []CaseEvent `json:"items"`
	NextCursor string      `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type caseHistoryInput struct {
	Paged
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of what the history is asked for."`
}

// registerCaseHistory registers GET /v1/<plural>/{id}/history.
func registerCaseHistory(s *shell, one, plural, description string, read func(context.Context, policy.Actor, uuid.UUID, referrals.Filter) ([]referrals.Happened, error)) {
	register(s, operation{
		id: "get-" + one + "-history", method: http.MethodGet, path: "/v1/" + plural + "/{id}/history", tag: plural, scope: "referrals.read",
		summary: "Read the history of " + article(one), description: description + " Oldest first, and nothing of any person who is referred.",
		response: CaseHistory{Items: []CaseEvent{exampleCaseEvent}},
	}, func(ctx context.Context, in *caseHistoryInput) (*page[CaseHistory], error) {
		filters := []string{one + " history", in.ID.String()}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := read(ctx, actorOf(ctx), in.ID, referrals.Filter{After: after, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(h referrals.Happened) uuid.UUID { return h.ID })
		list := CaseHistory{Items: make([]CaseEvent, len(items))}
		for i, h := range items {
			list.Items[i] = caseEventOf(h)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

func article(noun string) string {
	if noun[0] == 'a' {
		return "an " + noun
	}
	return "a " + noun
}

func caseEventOf(h referrals.Happened) CaseEvent {
	e := CaseEvent{
		ID: h.ID, Type: h.Type, OccurredAt: utc(h.OccurredAt), RecordedAt: utc(h.RecordedAt), AttemptID: h.AttemptID, ConsentID: h.ConsentID,
		Version: h.Version, Transition: h.Transition, Code: h.Code,
	}
	if h.By != nil {
		e.By = &CaseParty{Side: string(h.By.Side), AccountID: h.By.AccountID}
		if h.By.Name.EN != "" {
			name := textOf(h.By.Name)
			e.By.Name = &name
		}
	}
	return e
}

var exampleCaseEvent = CaseEvent{
	ID: uuid.MustParse("0198c0de-1111-7000-8000-000000000002"), Type: "attempt.declined", OccurredAt: exampleTime, RecordedAt: exampleTime,
	AttemptID: &exampleAttemptID, Version: 3, Transition: "decline", Code: "no_capacity", By: &CaseParty{Side: "provider"},
}
