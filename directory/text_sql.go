package directory

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/text"
)

// textFrame is a text search as it is put to the database.
type textFrame struct {
	TextQuery
	concepts   []concept
	now, today time.Time
}

// similarEnough is how alike two whole names must be, of 1, to count as one misspelt: less, and every association resembles every other.
const similarEnough = "0.45"

// selectSynonyms reads the phrases that stand for one another.
func selectSynonyms(ctx context.Context, q pg.Querier) ([]synonyms, error) {
	rows, err := q.Query(ctx, `
		SELECT terms
		FROM search_synonym
		WHERE status = 'active'
		ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the synonyms: %w", err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		return nil, fmt.Errorf("read the synonyms: %w", err)
	}
	sets := make([]synonyms, len(groups))
	for i, terms := range groups {
		for _, term := range terms {
			if phrase := phraseOf(term); len(phrase) > 0 {
				sets[i] = append(sets[i], phrase)
			}
		}
	}
	return sets, nil
}

func (f textFrame) run(ctx context.Context, q pg.Querier) (found []textRow, facets []Facet, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('pg_trgm.similarity_threshold', @enough, true)`, pgx.StrictNamedArgs{"enough": similarEnough})
	batch.Queue(f.pageSQL(), f.args(f.pageSQL())).Query(func(rows pgx.Rows) error {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[textRow])
		return err
	})
	if f.After == nil {
		batch.Queue(f.facetSQL(), f.args(f.facetSQL())).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToStructByName[facetRow])
			for _, r := range list {
				facets = append(facets, Facet{Name: r.Name, Value: r.Value, Label: Name{AR: r.LabelAr, EN: r.LabelEn}, Count: r.Count})
			}
			return err
		})
	}
	return found, facets, run(ctx, q, "search for a text", batch)
}

// args are what the statement asks for.
func (f textFrame) args(sql string) pgx.StrictNamedArgs {
	after := TextPosition{Rank: -1}
	if f.After != nil {
		after = *f.After
	}
	name := text.Normalise(f.Search)
	args := pgx.StrictNamedArgs{
		"name": name, "prefix": strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(name) + "%", "today": f.today,
		"believed_from": f.now.AddDate(0, 0, -AcceptingDays), "entity": string(f.Entity), "governorate": f.Governorate, "place": f.Place,
		"need": orNull(f.Need, needID), "kind": f.Kind, "language": f.Language, "accessibility": f.Accessibility, "accepting": f.Accepting,
		"target_group": f.TargetGroup, "overdue_at": f.now.AddDate(0, 0, -OverdueDays),
		"after_rank": after.Rank, "after_miss": after.Miss, "after_overdue": after.Overdue, "after_entity": after.Entity, "after_key": after.Key, "limit": f.limit() + 1,
	}
	maps.Copy(args, stemsArgs(f.concepts))
	maps.DeleteFunc(args, func(name string, _ any) bool { return !strings.Contains(sql, "@"+name) })
	return args
}

func stemsArg(concept, alternative int) string {
	return fmt.Sprintf("stems_%d_%d", concept, alternative)
}

func stemsArgs(concepts []concept) map[string]any {
	args := map[string]any{}
	for i, c := range concepts {
		for j, stems := range c {
			args[stemsArg(i, j)] = stems
		}
	}
	return args
}

func (f textFrame) allWords(column string) string { return allWords(f.concepts, column) }

// allWords says that every concept is among the stems of one of the columns.
func allWords(concepts []concept, columns ...string) string {
	if len(concepts) == 0 {
		return "false"
	}
	every := make([]string, len(concepts))
	for i, c := range concepts {
		var ways []string
		for j := range c {
			for _, column := range columns {
				ways = append(ways, column+" @> @"+stemsArg(i, j)+"::text[]")
			}
		}
		every[i] = "(" + strings.Join(ways, " OR ") + ")"
	}
	return strings.Join(every, " AND ")
}

// hitSQL is every result with what it is ordered and counted by. Each way to match is a clause that an index answers.
func (f textFrame) hitSQL() string {
	matches, ranked := "true", "4"
	if f.Search != "" {
		matches = `(
		    t.normalised_ar = @name OR t.normalised_en = @name OR t.normalised_ar LIKE @prefix OR t.normalised_en LIKE @prefix
		    OR (` + f.allWords("t.words") + `)
		    OR t.normalised_ar % @name OR t.normalised_en % @name OR @name <% t.normalised_ar OR @name <% t.normalised_en)`
		ranked = `CASE
		         WHEN t.normalised_ar = @name OR t.normalised_en = @name THEN 0
		         WHEN t.normalised_ar LIKE @prefix OR t.normalised_en LIKE @prefix THEN 1
		         WHEN ` + f.allWords("t.words") + ` THEN 2
		         ELSE 3 END`
	}
	hits := `
		  SELECT r.rank,
		         CASE r.rank
		         WHEN 2 THEN CASE WHEN ` + f.allWords("t.name_words") + ` THEN 0 ELSE 1 END
		         WHEN 3 THEN round(1000 * (1 - greatest(similarity(t.normalised_ar, @name), similarity(t.normalised_en, @name),
		                                                word_similarity(@name, t.normalised_ar), word_similarity(@name, t.normalised_en))))::integer
		         ELSE 0 END AS miss,
		         (t.vouched_at <= @overdue_at)::integer AS overdue,
		         array_position('{organization,service,location}'::text[], t.entity) - 1 AS entity_order,
		         t.id::text AS key, t.id, NULL::text AS matched_name, NULL::text AS matched_language, false AS alias,
		         t.need_roots, t.governorate_codes, t.organization_kind, a.accepting
		  FROM directory_text AS t
		  JOIN listing AS l ON l.organization_id = t.organization_id
		  CROSS JOIN LATERAL (SELECT ` + ranked + ` AS rank) AS r
		  CROSS JOIN LATERAL (SELECT ARRAY(
		    SELECT DISTINCT CASE WHEN said.as_of > @believed_from THEN said.status ELSE 'unknown' END AS status
		    FROM unnest(t.accepting, t.accepting_as_of) AS said (status, as_of)
		    ORDER BY status) AS accepting) AS a
		  WHERE l.listed_from <= @today AND l.listed_to >= @today
		    AND coalesce(t.valid_from <= @today, true) AND coalesce(t.valid_to >= @today, true)
		    AND (@entity = '' OR t.entity = @entity)
		    AND (@governorate = '' OR @governorate = ANY (t.governorate_codes))
		    AND (@place = '' OR @place = ANY (t.place_codes))
		    AND (@need::uuid IS NULL OR @need = ANY (t.need_ids))
		    AND (@kind = '' OR t.organization_kind = @kind)
		    AND (@language = '' OR @language = ANY (t.languages))
		    AND (@accessibility = '' OR @accessibility = ANY (t.accessibility))
		    AND (@accepting = '' OR @accepting = ANY (a.accepting))
		    AND (@target_group = '' OR t.target_groups && ARRAY['everybody', @target_group])
		    AND ` + matches
	if f.placesToo() {
		hits += `
		  UNION ALL (` + f.placeSQL() + `)`
	}
	return hits
}

// placeSQL is every place by the best of its names, among them spellings that are not its own.
func (f textFrame) placeSQL() string {
	matches, ranked := "NOT n.alias AND n.lang = 'ar'", "4"
	if f.Search != "" {
		matches = `(n.normalised = @name OR n.normalised LIKE @prefix OR (` + f.allWords("n.words") + `) OR n.normalised % @name OR @name <% n.normalised)`
		ranked = `CASE
		         WHEN n.normalised = @name THEN 0
		         WHEN n.normalised LIKE @prefix THEN 1
		         WHEN ` + f.allWords("n.words") + ` THEN 2
		         ELSE 3 END`
	}
	return `
		  SELECT DISTINCT ON (p.code)
		         r.rank,
		         CASE r.rank WHEN 3 THEN round(1000 * (1 - greatest(similarity(n.normalised, @name), word_similarity(@name, n.normalised))))::integer ELSE 0 END AS miss,
		         0, 3, p.code, NULL::uuid, n.name, n.lang, n.alias, '{}'::text[], ARRAY[p.governorate_code], NULL::text, '{}'::text[]
		  FROM place_name AS n
		  JOIN place AS p ON p.code = n.place_code
		  CROSS JOIN LATERAL (SELECT ` + ranked + ` AS rank) AS r
		  WHERE coalesce(p.valid_from <= @today, true) AND coalesce(p.valid_to >= @today, true)
		    AND (@governorate = '' OR p.governorate_code = @governorate)
		    AND (@place = '' OR p.code = @place)
		    AND ` + matches + `
		  ORDER BY p.code, r.rank, miss, n.alias, n.lang, n.name`
}

func (f textFrame) pageSQL() string {
	return `
		WITH hit AS (` + f.hitSQL() + `
		),
		page AS (
		  SELECT h.*
		  FROM hit AS h
		  WHERE (h.rank, h.miss, h.overdue, h.entity_order, h.key COLLATE "C") > (@after_rank, @after_miss, @after_overdue, @after_entity, @after_key)
		  ORDER BY h.rank, h.miss, h.overdue, h.entity_order, h.key COLLATE "C"
		  LIMIT @limit
		)
		SELECT h.rank, h.miss, h.overdue, h.entity_order, h.key, coalesce(h.matched_name, '') AS matched_name, coalesce(h.matched_language, '') AS matched_language,
		       h.alias, h.need_roots, h.governorate_codes, coalesce(h.organization_kind, '') AS organization_kind, h.accepting,
		       coalesce(t.name_ar, p.name_ar) AS name_ar, coalesce(t.name_en, p.name_en) AS name_en,
		       coalesce(t.alternate_ar, '') AS alternate_ar, coalesce(t.alternate_en, '') AS alternate_en,
		       coalesce(t.description_ar, '') AS description_ar, coalesce(t.description_en, '') AS description_en,
		       coalesce(t.needs_ar, '') AS needs_ar, coalesce(t.needs_en, '') AS needs_en,
		       coalesce(t.place_ar, '') AS place_ar, coalesce(t.place_en, '') AS place_en,
		       coalesce(t.place_codes, ARRAY[p.code]) AS place_codes, coalesce(t.organization_id::text, '') AS organization_id,
		       coalesce(t.organization_ar, '') AS organization_ar, coalesce(t.organization_en, '') AS organization_en
		FROM page AS h
		LEFT JOIN directory_text AS t ON t.id = h.id AND t.entity = ('{organization,service,location}'::text[])[h.entity_order + 1]
		LEFT JOIN place AS p ON p.code = h.key AND h.entity_order = 3
		ORDER BY h.rank, h.miss, h.overdue, h.entity_order, h.key COLLATE "C"`
}

func (f textFrame) facetSQL() string {
	return `
		WITH hit AS MATERIALIZED (` + f.hitSQL() + `
		)
		SELECT 'need' AS name, n.code AS value, n.name_ar AS label_ar, n.name_en AS label_en, count(*)::integer AS count
		FROM hit AS h
		JOIN need AS n ON n.code = ANY (h.need_roots)
		GROUP BY n.code, n.name_ar, n.name_en
		UNION ALL
		SELECT 'governorate', g.code, g.name_ar, g.name_en, count(*)::integer
		FROM hit AS h
		JOIN governorate AS g ON g.code = ANY (h.governorate_codes)
		GROUP BY g.code, g.name_ar, g.name_en
		UNION ALL
		SELECT 'kind', h.organization_kind, '', '', count(*)::integer
		FROM hit AS h
		WHERE h.organization_kind IS NOT NULL
		GROUP BY h.organization_kind
		UNION ALL
		SELECT 'accepting', said.status, '', '', count(*)::integer
		FROM hit AS h
		CROSS JOIN unnest(h.accepting) AS said (status)
		GROUP BY said.status
		ORDER BY name, count DESC, value`
}

type facetRow struct {
	Name    string
	Value   string
	LabelAr string
	LabelEn string
	Count   int
}

type textRow struct {
	Rank             int
	Miss             int
	Overdue          int
	EntityOrder      int
	Key              string
	MatchedName      string
	MatchedLanguage  string
	Alias            bool
	NeedRoots        []string
	GovernorateCodes []string
	OrganizationKind string
	Accepting        []AcceptingStatus
	NameAr           string
	NameEn           string
	AlternateAr      string
	AlternateEn      string
	DescriptionAr    string
	DescriptionEn    string
	NeedsAr          string
	NeedsEn          string
	PlaceAr          string
	PlaceEn          string
	PlaceCodes       []string
	OrganizationID   string
	OrganizationAr   string
	OrganizationEn   string
}

var textEntities = []TextEntity{OrganizationText, ServiceText, LocationText, PlaceText}

// result says of a row what it is and why it was found; words are those of the search.
func (r textRow) result(words []string, concepts []concept) TextResult {
	return TextResult{
		Entity: textEntities[r.EntityOrder], Key: r.Key, Name: Name{AR: r.NameAr, EN: r.NameEn},
		Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn}, OrganizationID: r.OrganizationID,
		OrganizationName: Name{AR: r.OrganizationAr, EN: r.OrganizationEn}, OrganizationKind: r.OrganizationKind,
		PlaceCodes: r.PlaceCodes, GovernorateCodes: r.GovernorateCodes, NeedRoots: r.NeedRoots, Accepting: r.Accepting,
		Match: textMatches[r.Rank], Found: r.found(words, concepts),
	}
}
