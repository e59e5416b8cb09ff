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

// Change is what one version of something changed.
type Change struct {
	Version int           `json:"version" doc:"Of the thing afterwards."`
	At      time.Time     `json:"at"`
	By      *Changer      `json:"by,omitempty" doc:"Absent where the system itself did it."`
	Action  string        `json:"action" example:"change" doc:"create, change, remove, the name of the move where a status moved, or baseline: what stood there when the history began to be kept."`
	Fields  []FieldChange `json:"fields" doc:"Ordered by name."`
}

// Changer is who changed something.
type Changer struct {
	AccountID uuid.UUID `json:"account_id" format:"uuid"`
	Name      *Text     `json:"name,omitempty" doc:"Absent where you may not know whose account it is."`
}

// FieldChange is one column of the register that changed, or one of its lists. A value that was not there has no key.
type FieldChange struct {
	Name string `json:"name" example:"name_en" doc:"As the register keeps it."`
	Old  any    `json:"old,omitempty" doc:"Of a list, the items that went."`
	New  any    `json:"new,omitempty" doc:"Of a list, the items that came."`
}

// ChangeList is a page of changes.
type ChangeList struct {
	Items      []Change `json:"items"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type historyInput struct {
	Paged
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
}

// historyText is what the contract says about one resource's history.
type historyText struct {
	id, path, tag, scope string // path is the resource's, with {id}
	of, seenBy           string // "an organization", and who reads it
}

// registerHistory registers GET <path>/history.
func registerHistory(s *shell, text historyText, read func(context.Context, policy.Actor, uuid.UUID, history.Page) ([]history.Change, error)) {
	register(s, operation{
		id: text.id, method: http.MethodGet, path: text.path + "/history", tag: text.tag, scope: text.scope,
		summary: "Read the history of " + text.of, description: "Who changed what when, the first version first. " + text.seenBy,
		response: ChangeList{Items: exampleChanges},
	}, func(ctx context.Context, in *historyInput) (*page[ChangeList], error) {
		return historyPage(ctx, in.Paged, []string{text.id, in.ID.String()}, func(p history.Page) ([]history.Change, error) {
			return read(ctx, actorOf(ctx), in.ID, p)
		})
	})
}

// historyPage reads one page of changes; filters say of what, for the cursor.
func historyPage(ctx context.Context, paged Paged, filters []string, read func(history.Page) ([]history.Change, error)) (*page[ChangeList], error) {
	var after int
	if _, err := openCursor(paged.Cursor, &after, filters); err != nil {
		return nil, err
	}
	found, err := read(history.Page{After: after, Limit: paged.Limit + 1})
	if err != nil {
		return nil, err
	}
	list := ChangeList{Items: []Change{}}
	for i, c := range found {
		if i == paged.Limit {
			if list.NextCursor, err = sealCursor(found[i-1].Version, filters); err != nil {
				return nil, err
			}
			break
		}
		change, err := changeOf(c)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, change)
	}
	return newPage(ctx, list, list.NextCursor), nil
}

func changeOf(c history.Change) (Change, error) {
	out := Change{Version: c.Version, At: utc(c.At), Action: c.Action, Fields: make([]FieldChange, len(c.Fields))}
	if c.AccountID != uuid.Nil {
		out.By = &Changer{AccountID: c.AccountID}
		if c.Actor.EN != "" {
			out.By.Name = new(textOf(c.Actor))
		}
	}
	for i, f := range c.Fields {
		out.Fields[i].Name = f.Name
		for into, raw := range map[*any]json.RawMessage{&out.Fields[i].Old: f.Old, &out.Fields[i].New: f.New} {
			if raw == nil {
				continue
			}
			if err := json.Unmarshal(raw, into); err != nil {
				return Change{}, err
			}
		}
	}
	return out, nil
}

var exampleOfficerID = uuid.MustParse("0198c0de-5555-7000-8000-000000000001")

var exampleChanges = []Change{{
	Version: 2, At: exampleTime, Action: "change",
	By:     &Changer{AccountID: exampleOfficerID, Name: &Text{AR: "سمير المثال", EN: "Samir Example"}},
	Fields: []FieldChange{{Name: "name_en", Old: "Model Hope Society", New: "Model Hope Society (example)"}},
}}
