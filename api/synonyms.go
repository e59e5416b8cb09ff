package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory/reference"
)

// SearchSynonym is words that stand for one another in a search.
type SearchSynonym struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	SearchSynonymFields
}

// SearchSynonymFields are what the administrator writes of a set of synonyms.
type SearchSynonymFields struct {
	Terms  []string `json:"terms" minItems:"2" maxItems:"40" uniqueItems:"true" example:"[\"مركز\",\"مراكز\",\"centre\"]" doc:"Words or phrases of either language; who searches for one finds what has any. A broken plural is one."`
	Status string   `json:"status,omitempty" enum:"active,cancelled" default:"active" doc:"A set that was a mistake is cancelled, never deleted."`
}

// SearchSynonymList is a page of sets of synonyms.
type SearchSynonymList struct {
	Items      []SearchSynonym `json:"items"`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type synonymsInput struct {
	Paged
	Status string `query:"status" enum:"active,cancelled" doc:"Only those of this status."`
}

func (f SearchSynonymFields) domain(id uuid.UUID, version int) reference.Synonym {
	return reference.Synonym{ID: id, Version: version, Terms: f.Terms, Status: reference.Status(f.Status)}
}

func synonymOf(s reference.Synonym) (uuid.UUID, int, SearchSynonym) {
	return s.ID, s.Version, SearchSynonym{ID: s.ID, Version: s.Version, SearchSynonymFields: SearchSynonymFields{Terms: s.Terms, Status: string(s.Status)}}
}

func (s *shell) synonyms(store *reference.Store) {
	register(s, operation{
		id: "list-search-synonyms", method: http.MethodGet, path: "/v1/search-synonyms", tag: "search-synonyms", scope: "directory.read",
		summary: "List the synonyms of the search", description: "In the order of their ids.", response: SearchSynonymList{Items: []SearchSynonym{exampleSynonym}},
	}, func(ctx context.Context, in *synonymsInput) (*page[SearchSynonymList], error) {
		filters := []string{"search-synonyms", in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Synonyms(ctx, actorOf(ctx), reference.Status(in.Status), after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		var list SearchSynonymList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(s reference.Synonym) uuid.UUID { return s.ID },
			func(s reference.Synonym) SearchSynonym { _, _, w := synonymOf(s); return w })
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"search-synonyms", "a set of synonyms", "Words of both languages that stand for one another in a search. The administrator keeps them."},
		exampleSynonym.SearchSynonymFields, exampleSynonym.SearchSynonymFields, exampleSynonym,
		func(ctx context.Context, id uuid.UUID) (reference.Synonym, error) {
			return store.Synonym(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b SearchSynonymFields, k Keyed) (reference.Written[reference.Synonym], error) {
			return store.CreateSynonym(ctx, actorOf(ctx), b.domain(uuid.Nil, 0), k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b SearchSynonymFields) (reference.Written[reference.Synonym], error) {
			return store.ChangeSynonym(ctx, actorOf(ctx), b.domain(id, version))
		}, synonymOf)
	registerEntryHistory(s, "search-synonyms", "a set of synonyms", store.SynonymHistory)
}

var exampleSynonym = SearchSynonym{
	ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000022"), Version: 1,
	SearchSynonymFields: SearchSynonymFields{Terms: []string{"مركز", "مراكز", "centre"}, Status: "active"},
}
