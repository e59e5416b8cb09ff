package api

import (
	"context"
	"net/http"

	"tahweel/directory"
)

// Result is one thing that a search in words has found, and why.
type Result struct {
	Entity       string              `json:"entity" example:"organization" doc:"organization, service, location or place."`
	ID           string              `json:"id" doc:"Of the thing; of a place its code."`
	Name         Text                `json:"name"`
	Description  *Text               `json:"description,omitempty"`
	Organization *ResultOrganization `json:"organization,omitempty" doc:"Whose it is. Absent for a place."`
	Places       []string            `json:"places,omitempty" doc:"Codes of the places where it is; a place that is not shown is not among them."`
	Governorates []string            `json:"governorates,omitempty" doc:"Codes of the governorates of its places."`
	Needs        []string            `json:"needs,omitempty" doc:"Codes of the roots of the needs that it meets."`
	Accepting    []string            `json:"accepting,omitempty" doc:"Whether its offers take people, each answer once; after 30 days an answer counts as unknown."`
	Match        string              `json:"match" example:"all_words" doc:"exact_name, name_prefix, all_words (in any of its fields), similar (perhaps misspelt); listed if nothing was searched for."`
	Found        []ResultFound       `json:"found,omitempty" doc:"Where the words were found."`
}

// ResultOrganization is whose a result is.
type ResultOrganization struct {
	ID   string `json:"id" format:"uuid"`
	Name Text   `json:"name"`
	Kind string `json:"kind" example:"association"`
}

// ResultFound is a field in which words of the search were found.
type ResultFound struct {
	Field    string       `json:"field" example:"name" doc:"name, alternate_name, need, place, organization or description."`
	Language string       `json:"language" example:"en" doc:"ar or en."`
	Text     string       `json:"text" doc:"The field as it stands, without any mark-up."`
	Spans    []ResultSpan `json:"spans" doc:"The words in it to be pointed out."`
}

// ResultSpan is a part of a text.
type ResultSpan struct {
	Start  int `json:"start" minimum:"0" doc:"Where it begins, counted in Unicode code points from 0."`
	Length int `json:"length" minimum:"1" doc:"In Unicode code points."`
}

// FacetValue is how many of all results have a value.
type FacetValue struct {
	Value string `json:"value"`
	Name  *Text  `json:"name,omitempty" doc:"Of a need and of a governorate."`
	Count int    `json:"count" minimum:"1"`
}

// Facets are counts over all results of the search, not only those of the page. A result with several values counts for each.
type Facets struct {
	Needs        []FacetValue `json:"needs" doc:"By the root of the need."`
	Governorates []FacetValue `json:"governorates"`
	Kinds        []FacetValue `json:"kinds" doc:"By the kind of organization."`
	Accepting    []FacetValue `json:"accepting" doc:"By whether an offer takes people now."`
}

// ResultList is a page of results.
type ResultList struct {
	Items      []Result `json:"items"`
	Facets     *Facets  `json:"facets,omitempty" doc:"On the first page only."`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type searchInput struct {
	Paged
	Search        string `query:"q" minLength:"2" maxLength:"200" example:"علاج طبيعي" doc:"In Arabic or English: a name, its beginning, or words. Without it, everything that the filters leave."`
	Entity        string `query:"entity" enum:"organization,service,location,place" doc:"Only these."`
	Need          string `query:"need" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need; of a root, what meets one of its leaves."`
	Governorate   string `query:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Only what is there."`
	Place         string `query:"place" maxLength:"100" example:"gn-281292" doc:"Code of a place: only what is there."`
	Kind          string `query:"kind" enum:"association,zakat_committee,municipality,ministry_unit,public_body,un_agency,private" doc:"Only of organizations of this kind."`
	Language      string `query:"language" pattern:"^[a-z]{2,3}$" example:"ar" doc:"ISO 639: only where people are served in it."`
	Accessibility string `query:"accessibility" enum:"wheelchair_entrance,ground_floor,lift,accessible_toilet,accessible_parking,sign_language,braille,easy_language,companion_welcome" doc:"Only where there is this."`
	Accepting     string `query:"accepting" enum:"capacity,no_capacity,waitlist,additional_assessment_required,unknown" doc:"Only with an offer of which this holds now."`
	TargetGroup   string `query:"target_group" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence" doc:"Only what is for this group, or for everybody."`
}

func (in *searchInput) query() directory.TextQuery {
	return directory.TextQuery{
		Search: in.Search, Entity: directory.TextEntity(in.Entity), Need: in.Need, Governorate: in.Governorate, Place: in.Place, Kind: in.Kind,
		Language: in.Language, Accessibility: in.Accessibility, Accepting: in.Accepting, TargetGroup: in.TargetGroup, Limit: in.Limit,
	}
}

func (s *shell) search(store *directory.Store) {
	register(s, operation{
		id: "search-directory", method: http.MethodGet, path: "/v1/search", tag: "providers", scope: "directory.read",
		summary: "Search the directory in words",
		description: "Listed organizations, their services and locations, and places. Arabic is found however it is written: with or without the article, " +
			"in the plural, by synonyms of both languages. An exact name comes first, then names that begin so, then what has all the words, then what is written " +
			"similarly; of what is alike, what nobody has confirmed in 180 days comes later. Who may refer where, `list-nearby` says.",
		response: exampleResults,
	}, func(ctx context.Context, in *searchInput) (*page[ResultList], error) {
		q, filters := in.query(), *in
		filters.Cursor, filters.Limit = "", 0
		var after directory.TextPosition
		given, err := openCursor(in.Cursor, &after, filters)
		if err != nil {
			return nil, err
		}
		if given {
			q.After = &after
		}
		found, err := store.Search(ctx, actorOf(ctx), q)
		if err != nil {
			return nil, err
		}
		list := ResultList{Items: make([]Result, len(found.Items))}
		for i, r := range found.Items {
			list.Items[i] = resultOf(r)
		}
		if !given {
			list.Facets = facetsOf(found.Facets)
		}
		list.NextCursor, err = nextCursor(found.Next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

func resultOf(r directory.TextResult) Result {
	out := Result{
		Entity: string(r.Entity), ID: r.Key, Name: textOf(r.Name), Description: textOrNone(r.Description), Places: r.PlaceCodes,
		Governorates: r.GovernorateCodes, Needs: r.NeedRoots, Match: string(r.Match),
	}
	if r.Entity != directory.PlaceText {
		name := r.OrganizationName
		if r.Entity == directory.OrganizationText {
			name = r.Name
		}
		out.Organization = &ResultOrganization{ID: r.OrganizationID, Name: textOf(name), Kind: r.OrganizationKind}
	}
	for _, status := range r.Accepting {
		out.Accepting = append(out.Accepting, string(status))
	}
	for _, f := range r.Found {
		found := ResultFound{Field: f.Field, Language: f.Language, Text: f.Text, Spans: make([]ResultSpan, len(f.Spans))}
		for i, span := range f.Spans {
			found.Spans[i] = ResultSpan(span)
		}
		out.Found = append(out.Found, found)
	}
	return out
}

func facetsOf(list []directory.Facet) *Facets {
	f := &Facets{Needs: []FacetValue{}, Governorates: []FacetValue{}, Kinds: []FacetValue{}, Accepting: []FacetValue{}}
	of := map[string]*[]FacetValue{"need": &f.Needs, "governorate": &f.Governorates, "kind": &f.Kinds, "accepting": &f.Accepting}
	for _, one := range list {
		*of[one.Name] = append(*of[one.Name], FacetValue{Value: one.Value, Name: textOrNone(one.Label), Count: one.Count})
	}
	return f
}

var exampleResults = ResultList{
	Items: []Result{{
		Entity: "service", ID: exampleServiceID.String(), Name: Text{AR: "علاج طبيعي للأطفال", EN: "Physiotherapy for children"},
		Organization: &ResultOrganization{ID: exampleOrganizationID.String(), Name: exampleAttempt.Organization.Name, Kind: "association"},
		Places:       []string{"gn-281292"}, Governorates: []string{"PS0150"}, Needs: []string{"DIS"}, Accepting: []string{"capacity"}, Match: "name_prefix",
		Found: []ResultFound{{Field: "name", Language: "ar", Text: "علاج طبيعي للأطفال", Spans: []ResultSpan{{Start: 0, Length: 4}, {Start: 5, Length: 5}}}},
	}},
	Facets: &Facets{
		Needs:        []FacetValue{{Value: "DIS", Name: &Text{AR: "الإعاقة والتأهيل", EN: "Disability and rehabilitation"}, Count: 1}},
		Governorates: []FacetValue{{Value: "PS0150", Name: &Text{AR: "الخليل", EN: "Hebron"}, Count: 1}},
		Kinds:        []FacetValue{{Value: "association", Count: 1}}, Accepting: []FacetValue{{Value: "capacity", Count: 1}},
	},
}
