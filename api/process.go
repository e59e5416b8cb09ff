package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// What the resources of the process of accreditation have in common.

// process is everything by which an organization comes to be accredited.
func (s *shell) process(store *accreditation.Store) {
	s.questionnaires(store)
	s.surveyCampaigns(store)
	s.surveyEntries(store)
	s.applications(store)
	s.applicationMoves(store)
	s.applicationDocuments(store)
	s.applicationFindings(store)
	s.accreditationFollowUp(store)
	s.accreditationAppeals(store)
}

// List is a page of a list.
type List[W any] struct {
	Items      []W    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// shown says how a thing is shown: its id, its version and its body.
type shown[E, W any] func(E) (uuid.UUID, int, W)

// withinInput is a list within one thing.
type withinInput struct {
	Paged
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the thing that the list is of."`
}

// createWithinInput adds something new to one thing.
type createWithinInput[B any] struct {
	Keyed
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the thing that it is added to."`
	Body B
}

// stepInput moves one thing.
type stepInput[B any] struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
	Body B
}

func registerGet[E, W any](s *shell, op operation, get func(context.Context, policy.Actor, uuid.UUID) (E, error), show shown[E, W]) {
	op.method, op.scope = http.MethodGet, "directory.read"
	register(s, op, func(ctx context.Context, in *idInput) (*entity[W], error) {
		found, err := get(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		_, version, body := show(found)
		return newEntity(version, body, in.Conditional)
	})
}

// registerList registers a list; filter says what its input asks for.
func registerList[I, E, W any](
	s *shell, op operation, filter func(*I) (Paged, accreditation.Filter), read func(context.Context, policy.Actor, accreditation.Filter) ([]E, error), show shown[E, W],
) {
	op.method, op.scope = http.MethodGet, "directory.read"
	register(s, op, func(ctx context.Context, in *I) (*page[List[W]], error) {
		paged, f := filter(in)
		filters := []string{op.id, f.OrganizationID.String(), f.CampaignID.String(), f.ApplicationID.String(), f.AccreditationID.String(), f.Status}
		var err error
		if f.After, err = afterID(paged.Cursor, filters); err != nil {
			return nil, err
		}
		f.Limit = paged.Limit + 1
		found, err := read(ctx, actorOf(ctx), f)
		if err != nil {
			return nil, err
		}
		items, next := cut(found, paged.Limit, func(e E) uuid.UUID { id, _, _ := show(e); return id })
		list := List[W]{Items: make([]W, len(items))}
		for i, e := range items {
			_, _, list.Items[i] = show(e)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

// registerCreate registers a POST that makes something at its own path.
func registerCreate[B, E, W any](s *shell, op operation, create func(context.Context, policy.Actor, B, pg.Once) (accreditation.Written[E], error), show shown[E, W]) {
	op.method, op.status = http.MethodPost, http.StatusCreated
	register(s, op, func(ctx context.Context, in *createInput[B]) (*entity[W], error) {
		made, err := create(ctx, actorOf(ctx), in.Body, in.once(ctx))
		if err != nil {
			return nil, err
		}
		id, version, body := show(made.Entity)
		e, err := written(http.StatusCreated, version, body, made.Replayed)
		return located(e, op.path+"/"+id.String()), err
	})
}

// registerAdd registers a POST that makes something within another thing; what is made has no address of its own.
func registerAdd[B, E, W any](
	s *shell, op operation, add func(context.Context, policy.Actor, uuid.UUID, B, pg.Once) (accreditation.Written[E], error), show shown[E, W],
) {
	op.method, op.status = http.MethodPost, http.StatusCreated
	register(s, op, func(ctx context.Context, in *createWithinInput[B]) (*entity[W], error) {
		made, err := add(ctx, actorOf(ctx), in.ID, in.Body, in.once(ctx))
		if err != nil {
			return nil, err
		}
		_, version, body := show(made.Entity)
		return written(http.StatusCreated, version, body, made.Replayed)
	})
}

// registerChange registers a PUT of all that may be changed.
func registerChange[B, E, W any](
	s *shell, op operation, change func(context.Context, policy.Actor, uuid.UUID, int, B) (accreditation.Written[E], error), show shown[E, W],
) {
	op.method, op.errors = http.MethodPut, changeErrors
	register(s, op, func(ctx context.Context, in *changeInput[B]) (*entity[W], error) {
		made, err := change(ctx, actorOf(ctx), in.ID, in.version, in.Body)
		if err != nil {
			return nil, err
		}
		_, version, body := show(made.Entity)
		return written(http.StatusOK, version, body, false)
	})
}

// registerStep registers POST <path>/{id}/<event>.
func registerStep[B, E, W any](
	s *shell, op operation, move func(context.Context, policy.Actor, accreditation.Move, B) (accreditation.Written[E], error), show shown[E, W],
) {
	op.method = http.MethodPost
	register(s, op, func(ctx context.Context, in *stepInput[B]) (*entity[W], error) {
		moved, err := move(ctx, actorOf(ctx), accreditation.Move{ID: in.ID, Version: in.version, Once: in.once(ctx)}, in.Body)
		if err != nil {
			return nil, err
		}
		_, version, body := show(moved.Entity)
		return written(http.StatusOK, version, body, moved.Replayed)
	})
}

// processHistory registers the history of a thing of the process.
func processHistory(s *shell, path, tag, of, seenBy string, read func(context.Context, policy.Actor, uuid.UUID, history.Page) ([]history.Change, error)) {
	registerHistory(s, historyText{id: "list-" + oneOf(path) + "-history", path: path + "/{id}", tag: tag, scope: "directory.read", of: of, seenBy: seenBy}, read)
}

// oneOf is the last part of a path in the singular.
func oneOf(path string) string {
	one := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], "s")
	if before, ok := strings.CutSuffix(one, "ie"); ok {
		return before + "y"
	}
	return one
}

// names writes events as they are called in answers.
func names[E ~string](events []E) []string {
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = string(e)
	}
	return list
}

func bothLanguages(t *Text) fault.Sentence { return fault.Sentence(t.domain()) }

// orZero is the id behind p, or none.
func orZero(p *uuid.UUID) uuid.UUID { return say(p) }

var (
	exampleQuestionnaireID = uuid.MustParse("0198c0de-9999-7000-8000-000000000001")
	exampleCampaignID      = uuid.MustParse("0198c0de-9999-7000-8000-000000000002")
	exampleEntryID         = uuid.MustParse("0198c0de-9999-7000-8000-000000000003")
	exampleApplicationID   = uuid.MustParse("0198c0de-9999-7000-8000-000000000004")
	exampleDocumentID      = uuid.MustParse("0198c0de-9999-7000-8000-000000000005")
	exampleFindingID       = uuid.MustParse("0198c0de-9999-7000-8000-000000000006")
	exampleAppealID        = uuid.MustParse("0198c0de-9999-7000-8000-000000000007")
)
