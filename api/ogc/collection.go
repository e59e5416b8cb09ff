package ogc

import (
	"context"
	"net/url"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/atlas"
	"tahweel/internal/fault"
)

// collection is one layer of the map. Everything that is said of it, in its description, in the API document and in the refusal of a
// parameter, is made of this.
type collection struct {
	id                 string
	title, description fault.Sentence
	geometry           string // of GeoJSON
	filters            []filter
	properties         any // a zero value, from which the API document takes the names
	extent             func(atlas.Extents) *atlas.Box
	items              func(ctx context.Context, w atlas.Window, filters url.Values) (found, error)
	item               func(ctx context.Context, id string) (feature, error)
	cursor             *regexp.Regexp // what an id looks like
}

// filter is a property by which items can be chosen.
type filter struct {
	name    string
	about   string
	values  []string       // all there are; nil if pattern says more
	pattern *regexp.Regexp // nil if values says all
	known   func(string) bool
}

func (f filter) admits(value string) bool {
	switch {
	case f.values != nil:
		return slices.Contains(f.values, value)
	case f.known != nil:
		return f.known(value)
	default:
		return f.pattern.MatchString(value)
	}
}

// found is one page of a collection.
type found struct {
	features []feature
	matched  int
	next     string
}

func foundOf[T any](p atlas.Page[T], err error, featureOf func(T) feature) (found, error) {
	f := found{features: make([]feature, len(p.Items)), matched: p.Matched, next: p.Next}
	for i, item := range p.Items {
		f.features[i] = featureOf(item)
	}
	return f, err
}

func featureOr[T any](item T, err error, featureOf func(T) feature) (feature, error) {
	if err != nil {
		return feature{}, err
	}
	return featureOf(item), nil
}

var (
	uuidForm        = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	placeForm       = regexp.MustCompile(`^[a-z]{2,8}-[a-z0-9-]{1,60}$`)
	governorateForm = regexp.MustCompile(`^PS[0-9]{4}$`)
	zoneForm        = regexp.MustCompile(`^[a-z][a-z_]{1,39}$`)
)

var byGovernorate = filter{name: "governorate", about: "The p-code of a governorate, such as PS0150.", pattern: governorateForm}

func knownNeed(code string) bool {
	_, ok := directory.NeedByCode(code)
	return ok
}

// collectionsOf is every layer, in the order in which they are listed.
func collectionsOf(store *atlas.Store) []collection {
	return []collection{{
		id:    "providers",
		title: fault.Sentence{EN: "Providers", AR: "مقدمو الخدمات"},
		description: fault.Sentence{
			EN: "Services at the open locations of organizations that are listed today. Locations that must not be known are nowhere in it.",
			AR: "الخدمات في المواقع المعلنة للمنظمات المدرجة اليوم. أما المواقع التي يجب ألا تُعرف فلا ترد فيها إطلاقا.",
		},
		geometry: "Point", properties: providerProperties{}, cursor: uuidForm,
		filters: []filter{
			{name: "need", about: "The code of a need; that of a root finds whatever meets one of its needs.", known: knownNeed},
			byGovernorate,
			{name: "kind", about: "The kind of organization.", values: []string{
				"association", "zakat_committee", "municipality", "ministry_unit", "public_body", "un_agency", "private",
			}},
			{name: "accepting", about: "Whether the service takes people; unknown if nobody has said so for 30 days.", values: []string{
				"capacity", "no_capacity", "waitlist", "additional_assessment_required", "unknown",
			}},
		},
		extent: func(e atlas.Extents) *atlas.Box { return e.Providers },
		items: func(ctx context.Context, w atlas.Window, f url.Values) (found, error) {
			p, err := store.Providers(ctx, atlas.ProviderQuery{
				Window: w, Need: f.Get("need"), Governorate: f.Get("governorate"), Kind: f.Get("kind"), Accepting: f.Get("accepting"),
			})
			return foundOf(p, err, providerFeature)
		},
		item: func(ctx context.Context, id string) (feature, error) {
			parsed, err := uuid.Parse(id)
			if err != nil || !uuidForm.MatchString(id) {
				return feature{}, errNoSuchPage
			}
			p, err := store.Provider(ctx, parsed)
			return featureOr(p, err, providerFeature)
		},
	}, {
		id:    "governorates",
		title: fault.Sentence{EN: "Governorates", AR: "المحافظات"},
		description: fault.Sentence{
			EN: "The governorates. Where indicative is true, the area was derived from the places and is no boundary.",
			AR: "المحافظات. حيث تكون قيمة indicative صحيحة فالمساحة مستنتجة من التجمعات السكانية وليست حدودا.",
		},
		geometry: "MultiPolygon", properties: areaProperties{}, cursor: governorateForm,
		extent: func(e atlas.Extents) *atlas.Box { return e.Governorates },
		items: func(ctx context.Context, w atlas.Window, _ url.Values) (found, error) {
			p, err := store.Governorates(ctx, w)
			return foundOf(p, err, areaFeature)
		},
		item: func(ctx context.Context, id string) (feature, error) {
			a, err := store.Governorate(ctx, id)
			return featureOr(a, err, areaFeature)
		},
	}, {
		id:    "places",
		title: fault.Sentence{EN: "Places", AR: "التجمعات السكانية"},
		description: fault.Sentence{
			EN: "Towns, villages, neighbourhoods and camps. Points are indicative; where pre_war is true the point is from before the war in Gaza and says nothing of what stands or operates there.",
			AR: "المدن والقرى والأحياء والمخيمات. النقاط تقريبية، وحيث تكون قيمة pre_war صحيحة فالنقطة تعود إلى ما قبل الحرب على غزة ولا تدل على ما هو قائم أو عامل هناك.",
		},
		geometry: "Point", properties: placeProperties{}, cursor: placeForm,
		filters: []filter{byGovernorate, {name: "kind", about: "What sort of place it is; a rule of thumb.", values: []string{
			"city", "town", "village", "hamlet", "neighbourhood", "bedouin", "camp", "displacement_site",
		}}},
		extent: func(e atlas.Extents) *atlas.Box { return e.Places },
		items: func(ctx context.Context, w atlas.Window, f url.Values) (found, error) {
			p, err := store.Places(ctx, atlas.PlaceQuery{Window: w, Governorate: f.Get("governorate"), Kind: f.Get("kind")})
			return foundOf(p, err, placeFeature)
		},
		item: func(ctx context.Context, id string) (feature, error) {
			p, err := store.Place(ctx, id)
			return featureOr(p, err, placeFeature)
		},
	}, {
		id:    "reach_zones",
		title: fault.Sentence{EN: "Reach zones", AR: "مناطق الوصول"},
		description: fault.Sentence{
			EN: "Parts of the country within which nothing stands in the way. Their areas are indicative: they were derived from the places and are no boundaries.",
			AR: "أجزاء من البلاد لا عائق أمام التنقل داخلها. مساحاتها تقريبية، فهي مستنتجة من التجمعات السكانية وليست حدودا.",
		},
		geometry: "MultiPolygon", properties: areaProperties{}, cursor: zoneForm,
		extent: func(e atlas.Extents) *atlas.Box { return e.Zones },
		items: func(ctx context.Context, w atlas.Window, _ url.Values) (found, error) {
			p, err := store.Zones(ctx, w)
			return foundOf(p, err, areaFeature)
		},
		item: func(ctx context.Context, id string) (feature, error) {
			a, err := store.Zone(ctx, id)
			return featureOr(a, err, areaFeature)
		},
	}}
}
