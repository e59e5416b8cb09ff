package directory

import (
	"context"

	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// ImportTaxonomies brings taxonomies and terms of a publisher in, in the transaction of q, and says of each id what became of it. The
// needs are the program's: a file that has them changes nothing. What came from another publisher is refused.
func ImportTaxonomies(ctx context.Context, q pg.Querier, source string, taxonomies []Taxonomy, terms []Term, now time.Time) (map[uuid.UUID]Verdict, error) {
	out := make(map[uuid.UUID]Verdict, len(taxonomies)+len(terms))
	batch := &pgx.Batch{}
	had, err := selectTaxonomies(ctx, q, `x.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": mapped(taxonomies, func(x Taxonomy) uuid.UUID { return x.ID })})
	if err != nil {
		return nil, err
	}
	stood := map[uuid.UUID]Taxonomy{}
	for _, x := range had {
		stood[x.ID] = x
	}
	for _, x := range taxonomies {
		was, there := stood[x.ID]
		x.Source = source
		if x.ID == NeedsTaxonomy.ID {
			out[x.ID] = Verdict{}
			continue
		}
		out[x.ID] = verdictOn(there, was.Source, source, same(document[Taxonomy]{was}, document[Taxonomy]{x}), validTaxonomies([]Taxonomy{x}, nil))
		if out[x.ID].Created || out[x.ID].Updated {
			batch.Queue(upsertTaxonomySQL, x.args(now))
		}
	}
	hadTerms, err := selectTerms(ctx, q, `t.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": mapped(terms, func(t Term) uuid.UUID { return t.ID })})
	if err != nil {
		return nil, err
	}
	stoodTerms := map[uuid.UUID]Term{}
	for _, t := range hadTerms {
		stoodTerms[t.ID] = t
	}
	for _, t := range terms {
		was, there := stoodTerms[t.ID]
		t.Source = source
		if _, need := NeedByID(t.ID); need {
			out[t.ID] = Verdict{}
			continue
		}
		out[t.ID] = verdictOn(there, was.Source, source, same(document[Term]{was}, document[Term]{t}), validTaxonomies(nil, []Term{t}))
		if out[t.ID].Created || out[t.ID].Updated {
			batch.Queue(upsertTermSQL, t.args(now))
		}
	}
	return out, run(ctx, q, "write the taxonomies", batch)
}

func verdictOn(there bool, was, source string, same bool, invalid error) Verdict {
	switch {
	case invalid != nil:
		return Verdict{Refused: asFault(invalid)}
	case there && foreign(was, source):
		return Verdict{Refused: errOfAnotherSource}
	case there && same:
		return Verdict{}
	}
	return Verdict{Created: !there, Updated: there}
}
