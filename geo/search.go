package geo

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
)

const (
	defaultLimit = 20
	maximumLimit = 100
	maximumName  = 100 // characters of a search
)

var errSearchTooLong = fault.New(fault.Invalid, "search_too_long",
	"The name to search for is too long.", "الاسم المطلوب البحث عنه طويل جدا.").
	At("?search", "At most 100 characters.", "100 محرف على الأكثر.")

// placeSearch is a query with its name in the form in which names are compared.
type placeSearch struct {
	PlaceQuery
	name string
}

func (q PlaceQuery) normalise() (placeSearch, error) {
	if utf8.RuneCountInString(q.Search) > maximumName {
		return placeSearch{}, errSearchTooLong
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maximumLimit)
	return placeSearch{PlaceQuery: q, name: text.Normalise(q.Search)}, nil
}

// empty reports that something was searched for of which nothing is left to compare: no place has such a name.
func (s placeSearch) empty() bool { return s.name == "" && strings.TrimSpace(s.Search) != "" }

// prefix is the LIKE pattern of the names that begin with the searched one.
func (s placeSearch) prefix() string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s.name) + "%"
}

type matchRow struct {
	placeRow
	MatchedName   string
	AmbiguousName bool
	Rank          int
	Miss          int
	People        int
}

// rankSimilar and rankPrefix are the ranks in searchPlaces that are not exact.
const (
	rankPrefix  = 2
	rankSimilar = 3
)

func (r matchRow) match() PlaceMatch {
	m := PlaceMatch{Place: r.place(), MatchedName: r.MatchedName, Match: Exact, AmbiguousName: r.AmbiguousName}
	switch r.Rank {
	case rankPrefix:
		m.Match = Prefix
	case rankSimilar:
		m.Match = Similar
	}
	return m
}

// searchPlaces ranks every name that could be meant and keeps each place's best. Similarity counts only among names that are
// neither exact nor a beginning, where it is a miss in thousandths.
const searchPlaces = `
	WITH ranked AS (
		SELECT
			n.place_code,
			n.name,
			n.normalised,
			n.alias,
			n.lang,
			CASE
				WHEN n.normalised = @name THEN n.alias::integer
				WHEN starts_with(n.normalised, @name) THEN 2
				ELSE 3
			END AS rank
		FROM place_name AS n
		WHERE n.normalised = @name
			OR n.normalised LIKE @prefix
			OR n.normalised % @name
			OR @name <% n.normalised
	),
	scored AS (
		SELECT
			r.*,
			CASE r.rank
				WHEN 3 THEN round(1000 * (1 - greatest(similarity(r.normalised, @name), word_similarity(@name, r.normalised))))::integer
				ELSE 0
			END AS miss
		FROM ranked AS r
	),
	best AS (
		SELECT DISTINCT ON (s.place_code) s.*
		FROM scored AS s
		ORDER BY s.place_code, s.rank, s.miss, s.alias, s.lang, s.name
	),
	page AS (
		SELECT b.*, coalesce(p.population, 0) AS people
		FROM best AS b
		JOIN place AS p ON p.code = b.place_code
		WHERE (@governorate = '' OR p.governorate_code = @governorate)
			AND coalesce(p.valid_from <= @day, true)
			AND coalesce(p.valid_to >= @day, true)
			AND (b.rank, b.miss, -coalesce(p.population, 0), p.code) > (@after_rank, @after_miss, -@after_population::integer, @after_code)
		ORDER BY b.rank, b.miss, people DESC, p.code
		LIMIT @limit
	)
	SELECT ` + placeColumns + `,
		page.name AS matched_name,
		page.rank,
		page.miss,
		page.people,
		EXISTS (
			SELECT FROM place_name AS other_name
			JOIN place AS other ON other.code = other_name.place_code
			WHERE other_name.normalised = page.normalised
				AND other.governorate_code <> p.governorate_code
				AND coalesce(other.valid_from <= @day, true)
				AND coalesce(other.valid_to >= @day, true)
		) AS ambiguous_name
	FROM page
	JOIN place AS p ON p.code = page.place_code
	JOIN governorate AS g ON g.code = p.governorate_code
	ORDER BY page.rank, page.miss, page.people DESC, p.code`

func placesBy(ctx context.Context, q pg.Querier, search placeSearch, day time.Time) (PlacePage, error) {
	after := PlacePosition{Rank: -1}
	if search.After != nil {
		after = *search.After
	}
	rows, err := q.Query(ctx, searchPlaces, pgx.StrictNamedArgs{
		"name": search.name, "prefix": search.prefix(), "governorate": search.GovernorateCode, "day": day, "limit": search.Limit + 1,
		"after_rank": after.Rank, "after_miss": after.Miss, "after_population": after.Population, "after_code": after.Code,
	})
	if err != nil {
		return PlacePage{}, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[matchRow])
	if err != nil {
		return PlacePage{}, err
	}
	return pageOf(found, search.Limit), nil
}

// pageOf makes a page of limit places from up to one more, which only tells that there is a next page.
func pageOf(found []matchRow, limit int) PlacePage {
	page := PlacePage{Items: make([]PlaceMatch, 0, min(len(found), limit))}
	for i, row := range found {
		if i == limit {
			last := found[limit-1]
			page.Next = &PlacePosition{Rank: last.Rank, Miss: last.Miss, Population: last.People, Code: last.Code}
			break
		}
		page.Items = append(page.Items, row.match())
	}
	return page
}
