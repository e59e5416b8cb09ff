package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/history"
	"tahweel/policy"
)

// What the resources of the register have in common. A change is a PUT of all that may be changed: what is left out is empty
// afterwards. A status has an address of its own, so that a correction of a name cannot bring back what was ended.

// idInput names one thing to be read.
type idInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
}

// createInput is a new thing.
type createInput[B any] struct {
	Keyed
	Body B
}

// changeInput is what a thing is to be from now on.
type changeInput[B any] struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
	Body B
}

// Availability is a status to be set.
type Availability struct {
	Status string `json:"status" enum:"active,inactive,defunct" doc:"inactive for a time; defunct for good. Nothing is ever deleted."`
}

// statuses of a refused change beside those its shape implies.
var changeErrors = []int{409, 422}

// listOf makes a page of limit items out of found, which holds one more if there is a next page.
func listOf[T, W any](found []T, limit int, filters any, id func(T) uuid.UUID, wire func(T) W) ([]W, string, error) {
	items, next := cut(found, limit, id)
	out := make([]W, len(items))
	for i, item := range items {
		out[i] = wire(item)
	}
	cursor, err := nextCursor(next, filters)
	return out, cursor, err
}

// historyOf registers the history of a thing of the register.
func historyOf(s *shell, store *directory.Store, e directory.Entity, text historyText) {
	text.scope = "directory.read"
	text.seenBy += "For the ministry and for the organization that it belongs to."
	registerHistory(s, text, func(ctx context.Context, a policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
		return store.History(ctx, a, e, id, p)
	})
}

func (t *Text) domain() directory.Name {
	if t == nil {
		return directory.Name{}
	}
	return directory.Name{AR: t.AR, EN: t.EN}
}

// textOrNone is nil for a text that is empty in both languages.
func textOrNone(n directory.Name) *Text {
	if n == (directory.Name{}) {
		return nil
	}
	t := textOf(n)
	return &t
}

// dayOf reads a date that may be left out.
func dayOf(text string) *time.Time {
	if text == "" {
		return nil
	}
	day := dateOf(text)
	return &day
}

// dayText writes a date; without one it is empty, which omitempty leaves out.
func dayText(day *time.Time) string {
	if day == nil || day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

var (
	exampleOrganizationID  = exampleAttempt.Organization.ID
	exampleBranchID        = uuid.MustParse("0198c0de-2222-7000-8000-000000000002")
	exampleServiceID       = uuid.MustParse("0198c0de-3333-7000-8000-000000000002")
	exampleLocationID      = uuid.MustParse("0198c0de-3333-7000-8000-000000000003")
	exampleAccreditationID = uuid.MustParse("0198c0de-4444-7000-8000-000000000001")
)
