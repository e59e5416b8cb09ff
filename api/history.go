package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/history"
	"tahweel/policy"
)

// Change is what one version of an entry changed.
type Change struct {
	Version   int           `json:"version" doc:"Of the entry afterwards."`
	At        time.Time     `json:"at"`
	AccountID *uuid.UUID    `json:"account_id,omitempty" format:"uuid" doc:"Who; absent for the system."`
	Actor     *Text         `json:"actor,omitempty" doc:"Who, by name, where you may know."`
	Action    string        `json:"action" example:"change" doc:"create, change, remove, the transition where a status moved, or baseline for what stood there when the history began."`
	Fields    []ChangeField `json:"fields"`
}

// ChangeField is one field that changed, or rows that came or went.
type ChangeField struct {
	Name string `json:"name" example:"valid_to"`
	Old  any    `json:"old,omitempty" doc:"Absent: there was nothing."`
	New  any    `json:"new,omitempty" doc:"Absent: there is nothing any more."`
}

// ChangeList is a page of changes.
type ChangeList struct {
	Items      []Change `json:"items" doc:"In the order of the versions."`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type historyInput struct {
	Paged
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the entry."`
}

// registerHistory registers GET /v1/<plural>/{id}/history of what is called name in a sentence.
func registerHistory(s *shell, plural, name string, read func(context.Context, policy.Actor, uuid.UUID, history.Page) ([]history.Change, error)) {
	register(s, operation{
		id: "list-" + kebabOne(plural) + "-history", method: http.MethodGet, path: "/v1/" + plural + "/{id}/history", tag: plural, scope: "directory.read",
		summary: "Read what became of " + name, description: "Who changed what, when, oldest first. The ministry reads all of it, an organization what is its own; for others it is empty.",
		response: ChangeList{Items: []Change{exampleChange}},
	}, func(ctx context.Context, in *historyInput) (*page[ChangeList], error) {
		return historyPage(ctx, in.Paged, []string{plural, in.ID.String()}, func(p history.Page) ([]history.Change, error) {
			return read(ctx, actorOf(ctx), in.ID, p)
		})
	})
}

// kebabOne is the plural of a path without its s.
func kebabOne(plural string) string { return plural[:len(plural)-1] }

func historyPage(ctx context.Context, paged Paged, filters []string, read func(history.Page) ([]history.Change, error)) (*page[ChangeList], error) {
	filters = append([]string{"history"}, filters...)
	after := 0
	if _, err := openCursor(paged.Cursor, &after, filters); err != nil {
		return nil, err
	}
	found, err := read(history.Page{After: after, Limit: paged.Limit + 1})
	if err != nil {
		return nil, err
	}
	var next *int
	if len(found) > paged.Limit {
		found = found[:paged.Limit]
		next = &found[paged.Limit-1].Version
	}
	list := ChangeList{Items: make([]Change, len(found))}
	for i, c := range found {
		list.Items[i] = changeOf(c)
	}
	list.NextCursor, err = nextCursor(next, filters)
	return newPage(ctx, list, list.NextCursor), err
}

func changeOf(c history.Change) Change {
	out := Change{Version: c.Version, At: utc(c.At), Action: c.Action, Fields: make([]ChangeField, len(c.Fields))}
	if c.AccountID != uuid.Nil {
		out.AccountID = &c.AccountID
	}
	if c.Actor.AR != "" {
		out.Actor = new(textOf(c.Actor))
	}
	for i, f := range c.Fields {
		out.Fields[i] = ChangeField{Name: f.Name, Old: raw(f.Old), New: raw(f.New)}
	}
	return out
}

// raw is nil, which is left out, for nothing.
func raw(m json.RawMessage) any {
	if m == nil {
		return nil
	}
	return m
}

var exampleChange = Change{
	Version: 2, At: exampleTime, Action: "change", Actor: &Text{AR: "موظفة مثال", EN: "Example officer"},
	Fields: []ChangeField{{Name: "valid_to", Old: "2026-12-31", New: "2027-12-31"}},
}
