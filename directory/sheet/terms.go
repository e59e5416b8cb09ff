package sheet

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/hsds"
)

// vocabularies brings the taxonomies and terms of the files in.
func (w *writing) vocabularies(ctx context.Context, r *resolved) error {
	for chunk := range slices.Chunk(r.terms, stageRecords) {
		said, err := w.stage.read(ctx, chunk)
		if err != nil {
			return err
		}
		var taxonomies []directory.Taxonomy
		var terms []directory.Term
		taken := map[key]bool{}
		for _, at := range chunk {
			rec := w.records[at]
			if w.first[rec.key] != at || taken[rec.key] {
				continue
			}
			taken[rec.key] = true
			if rec.tableName() == "taxonomy" {
				wire, _ := fromMap[hsds.Taxonomy](said[at])
				taxonomies = append(taxonomies, wire.Domain())
			} else {
				wire, _ := fromMap[hsds.TaxonomyTerm](said[at])
				terms = append(terms, wire.Domain())
			}
		}
		verdicts, err := directory.ImportTaxonomies(ctx, w.q, w.options.Source, taxonomies, terms, w.now)
		if err != nil {
			return err
		}
		w.settleTerms(chunk, verdicts)
	}
	return nil
}

func (w *writing) settleTerms(chunk []int32, verdicts map[uuid.UUID]directory.Verdict) {
	for _, at := range chunk {
		rec := w.records[at]
		if rec.aside {
			continue
		}
		v, ok := verdicts[rec.id]
		if ok {
			w.tell(rec, v)
		} else if w.first[rec.key] != at { // a further mention of a term of another chunk
			v = directory.Verdict{}
		}
		w.count(rec.row, outcomeOf(v))
	}
}
