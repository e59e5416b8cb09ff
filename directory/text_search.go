package directory

import (
	"context"
	"time"
	"unicode/utf8"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
	"tahweel/policy"
)

// TextEntity says what a text search has found.
type TextEntity string

// What a text search finds.
const (
	OrganizationText TextEntity = "organization"
	ServiceText      TextEntity = "service"
	LocationText     TextEntity = "location"
	PlaceText        TextEntity = "place"
)

// TextQuery asks for what is listed, in words. Every filter narrows, empty ones do not.
type TextQuery struct {
	Search        string     // in Arabic or English; empty: everything that the filters leave
	Entity        TextEntity // only these
	Need          string     // code of a need; of a root, what meets one of its leaves
	Governorate   string     // code
	Place         string     // code
	Kind          string     // of the organization
	Language      string     // ISO 639, in which people are served
	Accessibility string     // one of AccessibilityFeatures
	Accepting     string     // an accepting status that one of its offers has now
	TargetGroup   string
	After         *TextPosition // the Next of the page before
	Limit         int           // 0 is 20, and there are at most 100
}

// TextPosition is where a page of a text search ended. Its fields are not a contract.
type TextPosition struct {
	Rank, Miss int
	Overdue    int
	Entity     int
	Key        string
}

// MaximumTextLimit is how many results a page of a text search has at most.
const MaximumTextLimit = 100

// TextMatch says how well a result fits what was searched for, best first.
type TextMatch string

// The ways to match.
const (
	ExactName  TextMatch = "exact_name"
	NamePrefix TextMatch = "name_prefix"
	AllWords   TextMatch = "all_words"
	Similar    TextMatch = "similar"
	Listed     TextMatch = "listed" // nothing was searched for
)

// textMatches stand in the order of their ranks.
var textMatches = []TextMatch{ExactName, NamePrefix, AllWords, Similar, Listed}

// TextResult is one thing that was found, and why.
type TextResult struct {
	Entity           TextEntity
	Key              string // id; code of a place
	Name             Name
	Description      Name
	OrganizationID   string // empty: a place
	OrganizationName Name
	OrganizationKind string
	PlaceCodes       []string
	GovernorateCodes []string
	NeedRoots        []string
	Accepting        []AcceptingStatus // of its offers, each once; what is not known any more is unknown
	Match            TextMatch
	Found            []TextFound
}

// TextFound says in which field, and where in it, a word of the search was found.
type TextFound struct {
	Field    string // name, alternate_name, description, need, place or organization
	Language string // ar or en
	Text     string // the field as it stands
	Spans    []TextSpan
}

// TextSpan is a part of a text, counted in Unicode code points.
type TextSpan struct{ Start, Length int }

// Facet is how many of all results have one value of one kind; a result that has several counts for each.
type Facet struct {
	Name  string // need, governorate, kind or accepting
	Value string
	Label Name // of a need and a governorate
	Count int
}

// TextPage is one page of a text search. Facets are of all results, and only on the first page.
type TextPage struct {
	Items  []TextResult
	Facets []Facet
	Next   *TextPosition // nil on the last page
}

// Validate returns every fault of the query at once, as fault.Invalid "query_invalid", or nil.
func (q TextQuery) Validate() error {
	var l fault.List
	if q.Search != "" && utf8.RuneCountInString(text.Normalise(q.Search)) < 2 {
		l.Add("?q", "At least two letters are needed.", "يلزم حرفان على الأقل.")
	}
	if q.Need != "" {
		if _, ok := NeedByCode(q.Need); !ok {
			l.Add("?need", "Not a need that is known.", "احتياج غير معروف.")
		}
	}
	oneOf(&l, "?entity", q.Entity, "", OrganizationText, ServiceText, LocationText, PlaceText)
	oneOf(&l, "?kind", OrganizationKind(q.Kind), append([]OrganizationKind{""}, organizationKinds...)...)
	oneOf(&l, "?accessibility", q.Accessibility, append([]string{""}, AccessibilityFeatures...)...)
	oneOf(&l, "?accepting", AcceptingStatus(q.Accepting), append([]AcceptingStatus{""}, acceptingStatuses...)...)
	oneOf(&l, "?target_group", q.TargetGroup, append([]string{""}, targetGroups...)...)
	if q.Limit < 0 || q.Limit > MaximumTextLimit {
		l.Add("?limit", "Must be from 1 to 100.", "يجب أن يكون من 1 إلى 100.")
	}
	if p := q.After; p != nil && (p.Rank < 0 || p.Rank >= len(textMatches) || p.Miss < 0 || p.Miss > 1000 || p.Overdue < 0 || p.Overdue > 1 || p.Entity < 0 || p.Entity > 3) {
		l.Add("?cursor", "Not a cursor of this search.", "ليست علامة متابعة لهذا البحث.")
	}
	return invalidQuery(l)
}

func (q TextQuery) limit() int {
	if q.Limit == 0 {
		return DefaultLimit
	}
	return q.Limit
}

// placesToo reports whether places may be among the results: they have none of the other properties.
func (q TextQuery) placesToo() bool {
	return (q.Entity == PlaceText || q.Entity == "" && q.Search != "") &&
		q.Need+q.Kind+q.Language+q.Accessibility+q.Accepting+q.TargetGroup == ""
}

// Search finds listed organizations, their services and locations, and places by words: an exact name before the beginning of one, before
// all words in any field, before what is written similarly; of what is alike, what nobody has confirmed in 180 days comes later, and the rest is
// in the order of ids. Every actor that was identified may
// search. It fails with fault.Invalid "query_invalid". A confidential location is never found, nor what is offered there through it.
func (s *Store) Search(ctx context.Context, actor policy.Actor, query TextQuery) (page TextPage, err error) {
	if err := query.Validate(); err != nil {
		return TextPage{}, err
	}
	now := s.clock()
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		page, err = search(ctx, q, query, now)
		return err
	})
	return page, err
}

func search(ctx context.Context, q pg.Querier, query TextQuery, now time.Time) (TextPage, error) {
	sets, err := selectSynonyms(ctx, q)
	if err != nil {
		return TextPage{}, err
	}
	f := textFrame{TextQuery: query, concepts: conceptsOf(query.Search, sets), now: now, today: geo.Today(now)}
	rows, facets, err := f.run(ctx, q)
	if err != nil {
		return TextPage{}, err
	}
	page := TextPage{Facets: facets, Items: make([]TextResult, 0, min(len(rows), query.limit()))}
	for i, r := range rows {
		if i == query.limit() {
			last := rows[i-1]
			page.Next = &TextPosition{Rank: last.Rank, Miss: last.Miss, Overdue: last.Overdue, Entity: last.EntityOrder, Key: last.Key}
			break
		}
		page.Items = append(page.Items, r.result(text.Words(query.Search), f.concepts))
	}
	return page, nil
}
