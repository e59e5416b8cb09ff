package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/text"
)

// TermQuery asks for terms of all taxonomies, the needs among them. Conditions combine with AND.
type TermQuery struct {
	Search     string
	TaxonomyID uuid.UUID
	ParentID   uuid.UUID
	TopOnly    bool // those without a parent
	Limit      int
	Offset     int
}

// TermPage is a part of the list of terms by id, with the taxonomies they are of.
type TermPage struct {
	Total      int
	Terms      []Term
	Taxonomies []Taxonomy
}

// PublicTerms returns a part of the list of terms by id.
func (s *Store) PublicTerms(ctx context.Context, query TermQuery) (page TermPage, err error) {
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		page, err = publicTerms(ctx, q, query)
		return err
	})
	return page, err
}

// PublicTerm returns one term and its taxonomy, or fails with fault.NotFound.
func (s *Store) PublicTerm(ctx context.Context, id uuid.UUID) (page TermPage, err error) {
	if need, ok := NeedByID(id); ok {
		return TermPage{Total: 1, Terms: []Term{need.Term()}}, nil
	}
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		if page.Terms, err = selectTerms(ctx, q, `t.id = @id`, pgx.StrictNamedArgs{"id": id}); err != nil {
			return err
		}
		if len(page.Terms) == 0 {
			return errNotFound
		}
		page.Total = 1
		page.Taxonomies, err = selectTaxonomies(ctx, q, `x.id = @id`, pgx.StrictNamedArgs{"id": page.Terms[0].TaxonomyID})
		return err
	})
	return page, err
}

const termFilter = `
	  (@taxonomy::uuid IS NULL OR t.taxonomy_id = @taxonomy)
	  AND (@parent::uuid IS NULL OR t.parent_id = @parent)
	  AND (NOT @top OR t.parent_id IS NULL)
	  AND tahweel_normalise(t.code || ' ' || t.name_ar || ' ' || t.name_en) LIKE ALL (ARRAY (SELECT tahweel_normalise(word) FROM unnest(@words::text[]) AS word))`

// publicTerms puts the needs, which the program has, among the terms that stand in the database. Of those it reads no more than come
// before the end of the page.
func publicTerms(ctx context.Context, q pg.Querier, query TermQuery) (TermPage, error) {
	args := pgx.StrictNamedArgs{
		"taxonomy": idOrNull(query.TaxonomyID), "parent": idOrNull(query.ParentID), "top": query.TopOnly, "words": PublicQuery{Search: query.Search}.words(),
	}
	var stored int
	if err := q.QueryRow(ctx, `SELECT count(*) FROM taxonomy_term AS t WHERE`+termFilter, args).Scan(&stored); err != nil {
		return TermPage{}, fmt.Errorf("count the terms: %w", err)
	}
	ours := query.needs()
	page := TermPage{Total: stored + len(ours)}
	// Of the needs at most all come before a stored term of the page.
	args["limit"], args["offset"] = query.Limit+len(ours), max(0, query.Offset-len(ours))
	terms, err := many(ctx, q, "list the terms", termRow.term, `
		SELECT t.id, t.code, t.name_ar, t.name_en, t.description_ar, t.description_en, t.parent_id, t.taxonomy AS taxonomy_name, t.taxonomy_id,
		       t.language, t.term_uri AS uri, t.metadata, t.source
		FROM taxonomy_term AS t
		WHERE`+termFilter+`
		ORDER BY t.id
		LIMIT @limit OFFSET @offset`, args)
	if err != nil {
		return TermPage{}, err
	}
	page.Terms = query.merge(terms, ours)
	taxonomies := each(page.Terms, func(t Term) uuid.UUID { return t.TaxonomyID })
	page.Taxonomies, err = selectTaxonomies(ctx, q, `x.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": taxonomies})
	return page, err
}

// needs are the needs that are asked for, by id.
func (query TermQuery) needs() []Term {
	var found []Term
	for _, n := range taxonomy {
		t := n.Term()
		if (query.TaxonomyID == uuid.Nil || query.TaxonomyID == t.TaxonomyID) && (query.ParentID == uuid.Nil || query.ParentID == t.ParentID) &&
			(!query.TopOnly || n.Root()) && query.finds(n) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, byID)
	return found
}

func (query TermQuery) finds(n Need) bool {
	words := text.Normalise(n.Code + " " + n.Name.AR + " " + n.Name.EN)
	for _, word := range strings.Fields(query.Search) {
		if !strings.Contains(words, text.Normalise(word)) {
			return false
		}
	}
	return true
}

// merge takes the page out of the needs and the stored terms around it; skipped stored terms were all before its beginning.
func (query TermQuery) merge(stored, ours []Term) []Term {
	skipped := max(0, query.Offset-len(ours))
	all := append(slices.Clone(ours), stored...)
	slices.SortFunc(all, byID)
	begin := query.Offset - skipped
	if begin >= len(all) {
		return nil
	}
	return all[begin:min(len(all), begin+query.Limit)]
}

func byID(a, b Term) int { return strings.Compare(a.ID.String(), b.ID.String()) }

// PublicTaxonomies returns a part of the list of taxonomies by id, that of the needs among them, and how many there are.
func (s *Store) PublicTaxonomies(ctx context.Context, search string, limit, offset int) (list []Taxonomy, total int, err error) {
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		list, err = selectTaxonomies(ctx, q, `true`, nil)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	list = slices.DeleteFunc(append(list, NeedsTaxonomy), func(x Taxonomy) bool {
		words := text.Normalise(x.Name.AR + " " + x.Name.EN)
		return slices.ContainsFunc(strings.Fields(search), func(word string) bool { return !strings.Contains(words, text.Normalise(word)) })
	})
	slices.SortFunc(list, func(a, b Taxonomy) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	total = len(list)
	return list[min(offset, total):min(offset+limit, total)], total, nil
}

// PublicTaxonomy returns one taxonomy, or fails with fault.NotFound.
func (s *Store) PublicTaxonomy(ctx context.Context, id uuid.UUID) (found Taxonomy, err error) {
	if id == NeedsTaxonomy.ID {
		return NeedsTaxonomy, nil
	}
	err = s.db.InTx(ctx, anybody{}, func(q pg.Querier) error {
		list, err := selectTaxonomies(ctx, q, `x.id = @id`, pgx.StrictNamedArgs{"id": id})
		if err == nil && len(list) == 0 {
			return errNotFound
		}
		if err == nil {
			found = list[0]
		}
		return err
	})
	return found, err
}
