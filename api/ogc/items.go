package ogc

import (
	"maps"
	"net/http"
	"net/url"
	"time"
)

type featureCollection struct {
	Type           string    `json:"type"`
	Links          []link    `json:"links"`
	TimeStamp      string    `json:"timeStamp"`
	NumberMatched  int       `json:"numberMatched"`
	NumberReturned int       `json:"numberReturned"`
	Features       []feature `json:"features"`
}

func (s *server) items(r *http.Request) (answer, error) {
	c, err := s.collectionOf(r)
	if err != nil {
		return answer{}, err
	}
	known := []string{"limit", "bbox", "datetime", "cursor"}
	for _, f := range c.filters {
		known = append(known, f.name)
	}
	values, err := query(r, known...)
	if err != nil {
		return answer{}, err
	}
	w, err := windowOf(values)
	if err != nil {
		return answer{}, err
	}
	if w.After != "" && !c.cursor.MatchString(w.After) {
		return answer{}, errParameter.At("?cursor", "Not a cursor that a next link gave.", "ليس مؤشرا أعطاه رابط next.")
	}
	for _, f := range c.filters {
		if v := values.Get(f.name); v != "" && !f.admits(v) {
			return answer{}, errParameter.At("?"+f.name, "No such value.", "لا توجد قيمة كهذه.")
		}
	}
	page, err := c.items(r.Context(), w, values)
	if err != nil {
		return answer{}, err
	}
	return s.featureCollection(c, values, page)
}

func (s *server) featureCollection(c collection, asked url.Values, page found) (answer, error) {
	path := root + "/collections/" + c.id
	list := featureCollection{
		Type: "FeatureCollection", NumberMatched: page.matched, NumberReturned: len(page.features), Features: page.features,
		TimeStamp: s.Clock().UTC().Format(time.RFC3339),
		Links: []link{
			s.link(at(path+"/items", asked), "self", geoJSONType, ""),
			s.link(path, "collection", jsonType, ""),
		},
	}
	links := ""
	if page.next != "" {
		onward := maps.Clone(asked)
		onward.Set("cursor", page.next)
		next := s.link(at(path+"/items", onward), "next", geoJSONType, "")
		list.Links = append(list.Links, next)
		links = "<" + next.Href + `>; rel="next"; type="` + geoJSONType + `"`
	}
	a, err := document(geoJSONType, list)
	a.links, a.made = links, list.TimeStamp
	return a, err
}

func (s *server) item(r *http.Request) (answer, error) {
	c, err := s.collectionOf(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	if !c.cursor.MatchString(r.PathValue("feature")) {
		return answer{}, errNoSuchPage
	}
	f, err := c.item(r.Context(), r.PathValue("feature"))
	if err != nil {
		return answer{}, err
	}
	path := root + "/collections/" + c.id
	f.Links = []link{s.link(path+"/items/"+f.ID, "self", geoJSONType, ""), s.link(path, "collection", jsonType, "")}
	return document(geoJSONType, f)
}
