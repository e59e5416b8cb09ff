package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/reference"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/policy"
)

var exampleDirectorateID = uuid.MustParse("0198c0de-7777-7000-8000-000000000001")

// reference is what the network stands on.
func (s *shell) reference(store *reference.Store) {
	s.directorates(store)
	s.calendarDays(store)
	s.closures(store)
	s.reachZones(store)
	s.reachLinks(store)
	s.rollouts(store)
	s.synonyms(store)
	s.displacementSites(store)
}

// entryInput reads one entry by its id.
type entryInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the entry."`
}

// newEntryInput writes a new entry.
type newEntryInput[B any] struct {
	Keyed
	Body B
}

// changeEntryInput writes an entry anew.
type changeEntryInput[B any] struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the entry."`
	Body B
}

// wording is what the contract says of one kind of reference data: its path and tag, what one is called, and what it is.
type wording struct{ plural, one, about string }

// registerEntry registers reading, creating and changing one kind of reference data, and its history is registered apart.
func registerEntry[B, C, E, W any](
	s *shell, w wording, newBody B, changed C, example W,
	get func(context.Context, uuid.UUID) (E, error), create func(context.Context, B, Keyed) (reference.Written[E], error),
	change func(context.Context, uuid.UUID, int, C) (reference.Written[E], error), show func(E) (uuid.UUID, int, W),
) {
	id := kebabOne(w.plural)
	register(s, operation{
		id: "get-" + id, method: http.MethodGet, path: "/v1/" + w.plural + "/{id}", tag: w.plural, scope: "directory.read",
		summary: "Read " + w.one, description: w.about, response: example,
	}, func(ctx context.Context, in *entryInput) (*entity[W], error) {
		found, err := get(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		_, version, body := show(found)
		return newEntity(version, body, in.Conditional)
	})
	register(s, operation{
		id: "create-" + id, method: http.MethodPost, path: "/v1/" + w.plural, tag: w.plural, scope: "directory.write", status: http.StatusCreated,
		summary: "Create " + w.one, description: w.about + " It counts from the next request.", request: newBody, response: example,
	}, func(ctx context.Context, in *newEntryInput[B]) (*entity[W], error) {
		made, err := create(ctx, in.Body, in.Keyed)
		if err != nil {
			return nil, err
		}
		id, version, body := show(made.Entity)
		e, err := written(http.StatusCreated, version, body, made.Replayed)
		return located(e, "/v1/"+w.plural+"/"+id.String()), err
	})
	register(s, operation{
		id: "change-" + id, method: http.MethodPut, path: "/v1/" + w.plural + "/{id}", tag: w.plural, scope: "directory.write", errors: []int{409, 422},
		summary: "Write " + w.one + " anew", description: w.about + " What is left out is empty. It counts from the next request.", request: changed, response: example,
	}, func(ctx context.Context, in *changeEntryInput[C]) (*entity[W], error) {
		made, err := change(ctx, in.ID, in.version, in.Body)
		if err != nil {
			return nil, err
		}
		_, version, body := show(made.Entity)
		return written(http.StatusOK, version, body, false)
	})
}

// Period is embedded in a list of what lasts some days.
type Period struct {
	From string `query:"from" format:"date" doc:"Only what lasts until this day or later."`
	To   string `query:"to" format:"date" doc:"Only what begins on this day or before."`
}

func (p Period) between(paged Paged, filters []string) (reference.Between, error) {
	b := reference.Between{From: dayOf(p.From), To: dayOf(p.To), Limit: paged.Limit + 1}
	var after reference.DayPosition
	given, err := openCursor(paged.Cursor, &after, filters)
	if given {
		b.After = &after
	}
	return b, err
}

func (t Text) sentence() fault.Sentence { return fault.Sentence{AR: t.AR, EN: t.EN} }

// dateText writes a date.
func dateText(day time.Time) string { return day.Format(time.DateOnly) }

// kebabOne is the plural of a path without its s.
func kebabOne(plural string) string { return plural[:len(plural)-1] }

// registerEntryHistory registers GET /v1/<plural>/{id}/history.
func registerEntryHistory(s *shell, plural, one string, read func(context.Context, policy.Actor, uuid.UUID, history.Page) ([]history.Change, error)) {
	registerHistory(s, historyText{
		id: "list-" + kebabOne(plural) + "-history", path: "/v1/" + plural + "/{id}", tag: plural, scope: "directory.read", of: one,
		seenBy: "The ministry reads all of it, an organization what is its own; for others it is empty.",
	}, read)
}
