package ogc

import (
	"net/http"
	"net/url"

	"tahweel/directory/atlas"
	"tahweel/geo"
	"tahweel/internal/fault"
)

// link is a link as OGC API writes it (RFC 8288).
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

func (s *server) link(path, rel, contentType, title string) link {
	return link{Href: s.Base + path, Rel: rel, Type: contentType, Title: title}
}

type landingPage struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Attribution string `json:"attribution"`
	Links       []link `json:"links"`
}

var (
	mapTitle = fault.Sentence{EN: "Map of service providers", AR: "خارطة مقدمي الخدمات"}
	mapAbout = fault.Sentence{
		EN: "Who offers social services and where, for programs that draw maps. Areas of governorates are indicative where they say so, and points of places in Gaza are from before the war.",
		AR: "من يقدم الخدمات الاجتماعية وأين، للبرامج التي ترسم الخرائط. مساحات المحافظات تقريبية حيث يُذكر ذلك، ونقاط التجمعات في غزة تعود إلى ما قبل الحرب.",
	}
)

func (s *server) landing(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	lang := exchangeOf(r).lang
	return document(jsonType, landingPage{
		Title: mapTitle.In(lang), Description: mapAbout.In(lang), Attribution: geo.Attribution,
		Links: []link{
			s.link(root, "self", jsonType, mapTitle.In(lang)),
			s.link(root+"/api", "service-desc", openAPIType, "OpenAPI 3.0"),
			s.link(root+"/conformance", "conformance", jsonType, "Conformance"),
			s.link(root+"/collections", "data", jsonType, "Collections"),
			s.link(tilesRoot+"/providers.json", "related", jsonType, "TileJSON"),
		},
	})
}

// conformsTo are the classes of the standard that are kept.
var conformsTo = []string{
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
}

func (s *server) conformance(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	return document(jsonType, map[string][]string{"conformsTo": conformsTo})
}

type collectionsPage struct {
	Links       []link           `json:"links"`
	Collections []collectionPage `json:"collections"`
}

type collectionPage struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Attribution string   `json:"attribution"`
	Links       []link   `json:"links"`
	Extent      *extent  `json:"extent,omitempty"`
	ItemType    string   `json:"itemType"`
	CRS         []string `json:"crs"`
}

type extent struct {
	Spatial spatialExtent `json:"spatial"`
}

type spatialExtent struct {
	BBox [][4]float64 `json:"bbox"`
	CRS  string       `json:"crs"`
}

const crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

func (s *server) page(c collection, e atlas.Extents, lang string) collectionPage {
	at := root + "/collections/" + c.id
	p := collectionPage{
		ID: c.id, Title: c.title.In(lang), Description: c.description.In(lang), Attribution: geo.Attribution, ItemType: "feature", CRS: []string{crs84},
		Links: []link{
			s.link(at, "self", jsonType, c.title.In(lang)),
			s.link(at+"/items", "items", geoJSONType, c.title.In(lang)),
		},
	}
	if b := c.extent(e); b != nil {
		p.Extent = &extent{spatialExtent{[][4]float64{{degree(b.West), degree(b.South), degree(b.East), degree(b.North)}}, crs84}}
	}
	return p
}

func (s *server) listCollections(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	e, err := s.Map.Extents(r.Context())
	if err != nil {
		return answer{}, err
	}
	page := collectionsPage{Links: []link{s.link(root+"/collections", "self", jsonType, "Collections")}}
	for _, c := range s.collections {
		page.Collections = append(page.Collections, s.page(c, e, exchangeOf(r).lang))
	}
	return document(jsonType, page)
}

func (s *server) describeCollection(r *http.Request) (answer, error) {
	c, err := s.collectionOf(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	e, err := s.Map.Extents(r.Context())
	if err != nil {
		return answer{}, err
	}
	return document(jsonType, s.page(c, e, exchangeOf(r).lang))
}

func (s *server) collectionOf(r *http.Request) (collection, error) {
	for _, c := range s.collections {
		if c.id == r.PathValue("collection") {
			return c, nil
		}
	}
	return collection{}, errNoSuchPage
}

// at is an address with the given parameters, as it is linked to.
func at(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
