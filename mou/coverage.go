package mou

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

var kindNames = map[Kind]fault.Sentence{
	Memorandum: {AR: "المذكرة", EN: "Memorandum"}, InternalOrder: {AR: "الأمر الداخلي", EN: "Internal order"},
	InterAgencyProtocol: {AR: "البروتوكول", EN: "Inter-agency protocol"}, Letter: {AR: "الكتاب", EN: "Letter"},
}

// CoverageOf returns what the terms cover, in names, for explanations.
func CoverageOf(ctx context.Context, q pg.Querier, terms []policy.Term) (map[uuid.UUID]policy.Coverage, error) {
	type row struct {
		ID                                               uuid.UUID
		Kind                                             Kind
		NeedsAr, NeedsEn, PlacesAr, PlacesEn, OfAr, OfEn []string
		Groups, Purposes                                 []string
		ValidFrom, ValidTo                               time.Time
	}
	ids := make([]uuid.UUID, len(terms))
	for i, t := range terms {
		ids[i] = t.TermID
	}
	found, err := collect[row](ctx, q, "read what terms cover", `
		SELECT t.id, i.kind, i.valid_from, i.valid_to, t.target_groups AS groups, t.purposes,
		       n.ar AS needs_ar, n.en AS needs_en, g.ar AS places_ar, g.en AS places_en, d.ar AS of_ar, d.en AS of_en
		FROM instrument_term AS t
		JOIN instrument AS i ON i.id = t.instrument_id
		CROSS JOIN LATERAL (
		  SELECT coalesce(array_agg(n.name_ar ORDER BY n.code), '{}') AS ar, coalesce(array_agg(n.name_en ORDER BY n.code), '{}') AS en
		  FROM instrument_term_need AS tn
		  JOIN need AS n ON n.id = tn.need_id
		  WHERE tn.term_id = t.id
		) AS n
		CROSS JOIN LATERAL (
		  SELECT coalesce(array_agg(g.name_ar ORDER BY g.code), '{}') AS ar, coalesce(array_agg(g.name_en ORDER BY g.code), '{}') AS en
		  FROM instrument_term_governorate AS tg
		  JOIN governorate AS g ON g.code = tg.governorate_code
		  WHERE tg.term_id = t.id
		) AS g
		CROSS JOIN LATERAL (
		  SELECT coalesce(array_agg(d.name_ar ORDER BY d.code), '{}') AS ar, coalesce(array_agg(d.name_en ORDER BY d.code), '{}') AS en
		  FROM instrument_term_directorate AS td
		  JOIN directorate AS d ON d.id = td.directorate_id
		  WHERE td.term_id = t.id
		) AS d
		WHERE t.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids})
	covered := make(map[uuid.UUID]policy.Coverage, len(found))
	for _, r := range found {
		c := policy.Coverage{
			Kind: kindNames[r.Kind], Needs: pairs(r.NeedsAr, r.NeedsEn), Governorates: pairs(r.PlacesAr, r.PlacesEn),
			Directorates: pairs(r.OfAr, r.OfEn), Purposes: r.Purposes, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		}
		for _, code := range r.Groups {
			c.Groups = append(c.Groups, directory.TargetGroupName(code))
		}
		covered[r.ID] = c
	}
	return covered, err
}

func pairs(ar, en []string) []fault.Sentence {
	names := make([]fault.Sentence, len(ar))
	for i := range ar {
		names[i] = fault.Sentence{AR: ar[i], EN: en[i]}
	}
	return names
}
