package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// kept holds the metadata of a taxonomy or a term.
type kept struct{ Metadata []Metadata }

type taxonomyRow struct {
	ID            uuid.UUID
	NameAr        string
	NameEn        string
	DescriptionAr string
	DescriptionEn string
	URI           string
	Version       string
	Metadata      document[kept]
	Source        string
}

func (r taxonomyRow) taxonomy() Taxonomy {
	return Taxonomy{
		ID: r.ID, Name: Name{AR: r.NameAr, EN: r.NameEn}, Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn}, URI: r.URI,
		Version: r.Version, Metadata: r.Metadata.Value.Metadata, Source: r.Source,
	}
}

type termRow struct {
	ID            uuid.UUID
	Code          string
	NameAr        string
	NameEn        string
	DescriptionAr string
	DescriptionEn string
	ParentID      *uuid.UUID
	TaxonomyName  string
	TaxonomyID    *uuid.UUID
	Language      string
	URI           string
	Metadata      document[kept]
	Source        string
}

func (r termRow) term() Term {
	t := Term{
		ID: r.ID, Code: r.Code, Name: Name{AR: r.NameAr, EN: r.NameEn}, Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn},
		TaxonomyName: r.TaxonomyName, Language: r.Language, URI: r.URI, Metadata: r.Metadata.Value.Metadata, Source: r.Source,
	}
	if r.ParentID != nil {
		t.ParentID = *r.ParentID
	}
	if r.TaxonomyID != nil {
		t.TaxonomyID = *r.TaxonomyID
	}
	return t
}

func selectTaxonomies(ctx context.Context, q pg.Querier, which string, args pgx.StrictNamedArgs) ([]Taxonomy, error) {
	return many(ctx, q, "read the taxonomies", taxonomyRow.taxonomy, `
		SELECT x.id, x.name_ar, x.name_en, x.description_ar, x.description_en, x.uri, x.edition AS version, x.metadata, x.source
		FROM taxonomy AS x
		WHERE `+which+`
		ORDER BY x.id`, args)
}

func selectTerms(ctx context.Context, q pg.Querier, which string, args pgx.StrictNamedArgs) ([]Term, error) {
	return many(ctx, q, "read the terms", termRow.term, `
		SELECT t.id, t.code, t.name_ar, t.name_en, t.description_ar, t.description_en, t.parent_id, t.taxonomy AS taxonomy_name, t.taxonomy_id,
		       t.language, t.term_uri AS uri, t.metadata, t.source
		FROM taxonomy_term AS t
		WHERE `+which+`
		ORDER BY t.id`, args)
}

// SaveTaxonomies writes taxonomies and terms, new ones and those that stand here already. Only an actor who may manage organizations,
// or the system, may; for others it fails with fault.Forbidden. It fails with fault.Refused for what has no id or no name, and for what
// would replace the taxonomy of needs.
func (s *Store) SaveTaxonomies(ctx context.Context, actor policy.Actor, taxonomies []Taxonomy, terms []Term) error {
	now := s.clock()
	return s.manage(ctx, actor, policy.ClassOrganization, validTaxonomies(taxonomies, terms), func(q pg.Querier) error {
		batch := &pgx.Batch{}
		for _, x := range taxonomies {
			batch.Queue(upsertTaxonomySQL, x.args(now))
		}
		for _, t := range terms {
			batch.Queue(upsertTermSQL, t.args(now))
		}
		return run(ctx, q, "write the taxonomies", batch)
	})
}

func validTaxonomies(taxonomies []Taxonomy, terms []Term) error {
	var l fault.List
	for i, x := range taxonomies {
		if x.ID == uuid.Nil || x.ID == NeedsTaxonomy.ID || x.Name == (Name{}) {
			l.Add(fmt.Sprintf("/taxonomies/%d", i), "It needs a name, and an id that is not that of the needs.", "يلزم اسم ومعرّف غير معرّف تصنيف الاحتياجات.")
		}
	}
	for i, t := range terms {
		_, need := NeedByID(t.ID)
		if t.ID == uuid.Nil || need || t.TaxonomyID == NeedsTaxonomy.ID || t.Name == (Name{}) {
			l.Add(fmt.Sprintf("/terms/%d", i), "It needs a name, and an id that is not that of a need.", "يلزم اسم ومعرّف غير معرّف احتياج.")
		}
	}
	return l.Err()
}

func (x Taxonomy) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": x.ID, "name_ar": x.Name.AR, "name_en": x.Name.EN, "description_ar": x.Description.AR, "description_en": x.Description.EN,
		"uri": x.URI, "version": x.Version, "metadata": document[kept]{kept{x.Metadata}}, "source": x.Source, "now": now,
	}
}

const upsertTaxonomySQL = `
	INSERT INTO taxonomy (id, name_ar, name_en, description_ar, description_en, uri, edition, metadata, source, updated_at)
	VALUES (@id, @name_ar, @name_en, @description_ar, @description_en, @uri, @version, @metadata, @source, @now)
	ON CONFLICT ON CONSTRAINT taxonomy_pkey DO UPDATE
	SET name_ar = EXCLUDED.name_ar, name_en = EXCLUDED.name_en, description_ar = EXCLUDED.description_ar,
	    description_en = EXCLUDED.description_en, uri = EXCLUDED.uri, edition = EXCLUDED.edition, metadata = EXCLUDED.metadata,
	    source = EXCLUDED.source, updated_at = EXCLUDED.updated_at
	WHERE (taxonomy.name_ar, taxonomy.name_en, taxonomy.description_ar, taxonomy.description_en, taxonomy.uri, taxonomy.edition, taxonomy.metadata, taxonomy.source)
	  IS DISTINCT FROM
	      (EXCLUDED.name_ar, EXCLUDED.name_en, EXCLUDED.description_ar, EXCLUDED.description_en, EXCLUDED.uri, EXCLUDED.edition, EXCLUDED.metadata, EXCLUDED.source)`

func (t Term) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": t.ID, "code": t.Code, "name_ar": t.Name.AR, "name_en": t.Name.EN, "description_ar": t.Description.AR,
		"description_en": t.Description.EN, "parent": idOrNull(t.ParentID), "taxonomy": t.TaxonomyName, "taxonomy_id": idOrNull(t.TaxonomyID),
		"language": t.Language, "uri": t.URI, "metadata": document[kept]{kept{t.Metadata}}, "source": t.Source, "now": now,
	}
}

const upsertTermSQL = `
	INSERT INTO taxonomy_term (
	  id, code, name_ar, name_en, description_ar, description_en, parent_id, taxonomy, taxonomy_id, language, term_uri, metadata, source, updated_at
	) VALUES (
	  @id, @code, @name_ar, @name_en, @description_ar, @description_en, @parent, @taxonomy, @taxonomy_id, @language, @uri, @metadata, @source, @now
	)
	ON CONFLICT ON CONSTRAINT taxonomy_term_pkey DO UPDATE
	SET code = EXCLUDED.code, name_ar = EXCLUDED.name_ar, name_en = EXCLUDED.name_en, description_ar = EXCLUDED.description_ar,
	    description_en = EXCLUDED.description_en, parent_id = EXCLUDED.parent_id, taxonomy = EXCLUDED.taxonomy,
	    taxonomy_id = EXCLUDED.taxonomy_id, language = EXCLUDED.language, term_uri = EXCLUDED.term_uri, metadata = EXCLUDED.metadata,
	    source = EXCLUDED.source, updated_at = EXCLUDED.updated_at
	WHERE (taxonomy_term.code, taxonomy_term.name_ar, taxonomy_term.name_en, taxonomy_term.description_ar, taxonomy_term.description_en,
	       taxonomy_term.parent_id, taxonomy_term.taxonomy, taxonomy_term.taxonomy_id, taxonomy_term.language, taxonomy_term.term_uri,
	       taxonomy_term.metadata, taxonomy_term.source)
	  IS DISTINCT FROM
	      (EXCLUDED.code, EXCLUDED.name_ar, EXCLUDED.name_en, EXCLUDED.description_ar, EXCLUDED.description_en, EXCLUDED.parent_id,
	       EXCLUDED.taxonomy, EXCLUDED.taxonomy_id, EXCLUDED.language, EXCLUDED.term_uri, EXCLUDED.metadata, EXCLUDED.source)`
