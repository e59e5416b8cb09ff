package hsds

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory"
	words "tahweel/directory/hsds"
	"tahweel/internal/fault"
)

// one answers with the thing of the id in the path. What is no id is the id of nothing.
func (f *face) one(
	q *request, read func(context.Context, uuid.UUID) (directory.PublicPage, error), render func(directory.PublicPage, words.View) any,
) (any, error) {
	id, err := q.pathID()
	if err != nil {
		return nil, err
	}
	found, err := read(q.r.Context(), id)
	if err != nil {
		return nil, hidden(err)
	}
	return render(found, f.viewOf(q, found)), nil
}

func (q *request) pathID() (uuid.UUID, error) {
	if err := q.wrong(); err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(q.r.PathValue("id"))
	if err != nil || id == uuid.Nil {
		return uuid.Nil, errNotFound
	}
	return id, nil
}

// hidden says for the public that something is not there.
func hidden(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errNotFound
	}
	return err
}

// lines writes things one a line; the first call begins the answer.
func (q *request) lines(things []any) error {
	if !q.streaming {
		q.stream()
	}
	for _, thing := range things {
		line, err := encode(thing)
		if err == nil {
			_, err = q.w.Write(line)
		}
		if err != nil {
			q.cause = err
			panic(http.ErrAbortHandler) // half a list must not look like a whole one
		}
	}
	_ = http.NewResponseController(q.w).Flush() // a writer that cannot flush keeps it until the end
	return nil
}

// broken returns the error while an answer can still say it, and else breaks the answer off.
func (q *request) broken(err error) error {
	if q.streaming {
		q.cause = err
		panic(http.ErrAbortHandler)
	}
	return err
}

// stream begins an answer of lines.
func (q *request) stream() {
	q.streaming = true
	header := q.w.Header()
	header.Set("Content-Type", "application/x-ndjson")
	header.Set("Cache-Control", freshness)
	header.Set("Content-Language", q.language())
	q.w.WriteHeader(http.StatusOK)
}

func (f *face) taxonomies(q *request) (any, error) {
	search, p := q.text("search"), q.page(usualSize, largestSize)
	if err := q.wrong(); err != nil {
		return nil, err
	}
	if p.stream {
		p = page{number: 1, size: farthest, stream: true} // there are few
	}
	list, total, err := f.Directory.PublicTaxonomies(q.r.Context(), search, p.size, p.offset())
	if err != nil {
		return nil, err
	}
	var contents []any
	for _, x := range list {
		contents = append(contents, words.OfTaxonomy(x, f.view(q)))
	}
	if p.stream {
		return nil, q.lines(contents)
	}
	return p.envelope(total, contents), nil
}

func (f *face) taxonomy(q *request) (any, error) {
	id, err := q.pathID()
	if err != nil {
		return nil, err
	}
	x, err := f.Directory.PublicTaxonomy(q.r.Context(), id)
	if err != nil {
		return nil, hidden(err)
	}
	return words.OfTaxonomy(x, f.view(q)), nil
}

func (f *face) terms(q *request) (any, error) {
	p := q.page(usualSize, largestSize)
	query := directory.TermQuery{
		Search: q.text("search"), TaxonomyID: q.uuid("taxonomy_id"), ParentID: q.term("parent_id"), TopOnly: q.flag("top_only"),
	}
	if err := q.wrong(); err != nil {
		return nil, err
	}
	if p.stream {
		return nil, f.streamTerms(q, query)
	}
	query.Limit, query.Offset = p.size, p.offset()
	found, err := f.Directory.PublicTerms(q.r.Context(), query)
	if err != nil {
		return nil, err
	}
	return p.envelope(found.Total, f.renderTerms(q, found)), nil
}

func (f *face) streamTerms(q *request, query directory.TermQuery) error {
	for query.Limit = largestSize; ; query.Offset += query.Limit {
		found, err := f.Directory.PublicTerms(q.r.Context(), query)
		if err != nil {
			return q.broken(err)
		}
		if err := q.lines(f.renderTerms(q, found)); err != nil || len(found.Terms) < query.Limit {
			return err
		}
	}
}

func (f *face) renderTerms(q *request, found directory.TermPage) (contents []any) {
	n := words.NewNest(words.Bundle{Taxonomies: found.Taxonomies}, f.view(q))
	for _, t := range found.Terms {
		contents = append(contents, n.Term(t))
	}
	return contents
}

func (f *face) term(q *request) (any, error) {
	id, err := q.pathID()
	if err != nil {
		return nil, err
	}
	found, err := f.Directory.PublicTerm(q.r.Context(), id)
	if err != nil {
		return nil, hidden(err)
	}
	return f.renderTerms(q, found)[0], nil
}
