package directory

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/fault"
)

func TestAQueryNamesAllItsFaults(t *testing.T) {
	t.Parallel()
	point, _ := geo.NewPoint(31.5, 35.1)
	age := func(n int) *int { return &n }
	sound := Query{Need: "DIS-PHYSIO", Place: "gn-281292"}
	for name, c := range map[string]struct {
		change func(*Query)
		want   []string
	}{
		"sound":   {func(*Query) {}, nil},
		"a root":  {func(q *Query) { q.Need = "DIS" }, nil},
		"a point": {func(q *Query) { q.Place, q.Point = "", &point }, nil},
		"all that is possible": {func(q *Query) {
			q.RadiusMeters, q.TargetGroup, q.Age, q.Sex, q.IdentityDocument, q.Limit = 100, "women", age(0), Male, "none", 50
		}, nil},
		"unknown need":         {func(q *Query) { q.Need = "DIS-" }, []string{"?need"}},
		"no place":             {func(q *Query) { q.Place = "" }, []string{"?place"}},
		"place and point":      {func(q *Query) { q.Point = &point }, []string{"?place"}},
		"radius too small":     {func(q *Query) { q.RadiusMeters = 99 }, []string{"?radius_m"}},
		"radius too large":     {func(q *Query) { q.RadiusMeters = 300_001 }, []string{"?radius_m"}},
		"group, sex, document": {func(q *Query) { q.TargetGroup, q.Sex, q.IdentityDocument = "x", AnySex, "x" }, []string{"?target_group", "?sex", "?identity_document"}},
		"unborn":               {func(q *Query) { q.Age = age(-1) }, []string{"?age"}},
		"too old":              {func(q *Query) { q.Age = age(131) }, []string{"?age"}},
		"limit":                {func(q *Query) { q.Limit = 51 }, []string{"?limit"}},
		"negative limit":       {func(q *Query) { q.Limit = -1 }, []string{"?limit"}},
		"stage of a cursor":    {func(q *Query) { q.After = &Position{Stage: 5} }, []string{"?cursor"}},
		"distance of a cursor": {func(q *Query) { q.After = &Position{Stage: 1, RankMeters: math.NaN()} }, []string{"?cursor"}},
		"work of a cursor":     {func(q *Query) { q.After = &Position{Stage: 1, Seen: 1 << 30} }, []string{"?cursor"}},
	} {
		q := sound
		c.change(&q)
		err := q.Validate()
		var got []string
		var f *fault.Error
		if errors.As(err, &f) {
			for _, field := range f.Fields {
				got = append(got, field.Pointer)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || (err != nil && fault.KindOf(err) != fault.Invalid) {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestAQueryBecomesItsClauses(t *testing.T) {
	t.Parallel()
	age := 16
	for name, c := range map[string]struct {
		query Query
		names []string
		text  []string
	}{
		"none":   {Query{}, nil, nil},
		"radius": {Query{RadiusMeters: 500}, []string{"radius"}, []string{"ST_DWithin(ps.geog, (SELECT o.point", "AND ps.geog IS NULL"}},
		"group":  {Query{TargetGroup: "women"}, []string{"target_group"}, []string{"ANY (ps.target_groups)", "ANY (ps.term_target_groups)"}},
		"person": {Query{Age: &age, Sex: Female}, []string{"age", "sex"}, []string{"@age BETWEEN", "ps.sex IN ('any', @sex)"}},
	} {
		sql := c.query.sql()
		args := frame{Query: c.query, Passages: []geo.Passage{{To: "west_bank", Detour: 1}}}.args(40)
		for _, n := range []string{"radius", "target_group", "age", "sex"} {
			_, given := args[n]
			wanted := strings.Contains(strings.Join(c.names, " "), n)
			if given != wanted || strings.Contains(sql, "@"+n) != wanted {
				t.Errorf("%s: argument %s given %v, in the text %v, want %v", name, n, given, strings.Contains(sql, "@"+n), wanted)
			}
		}
		for _, part := range c.text {
			if !strings.Contains(sql, part) {
				t.Errorf("%s: no %q", name, part)
			}
		}
		if strings.Contains(sql, "@scan") || strings.Contains(sql, "@point") {
			t.Errorf("%s: a mark is left in the text", name)
		}
	}
}

func TestReachesAreWhatAClientMayUse(t *testing.T) {
	t.Parallel()
	f := frame{
		Query:    Query{Place: "يطا"},
		Origin:   geo.Origin{PlaceCode: "gn-281292", GovernorateCode: "PS0150"},
		Passages: []geo.Passage{{To: "west_bank", Detour: 1}, {To: "east_jerusalem", Detour: 1.5, ExtraKm: 5}},
	}
	want := []reach{
		{"place:gn-281292", 1, 0}, {"polygon", 1, 0}, {"governorate:PS0150", 1, 0}, {"nationwide", 1, 0},
		{"zone:west_bank", 1, 0}, {"zone:east_jerusalem", 1.5, 5000},
	}
	if diff := cmp.Diff(want, f.reaches(), cmp.AllowUnexported(reach{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.Place = ""
	if got := f.reaches(); got[0].key != "polygon" {
		t.Errorf("a point is in no place, and yet %s", got[0].key)
	}
}

func TestAPageIsShownOnlyWhenItIsSure(t *testing.T) {
	t.Parallel()
	row := func(stage int, rank float64) nearRow {
		return nearRow{Stage: stage, Rank: rank, ServiceAtLocationID: uuid.New(), Horizon: math.Inf(1)}
	}
	cut := func(horizon float64, rows ...nearRow) []nearRow {
		for i := range rows {
			rows[i].Cut, rows[i].Horizon = true, horizon
		}
		return rows
	}
	seen := row(1, 1)
	seen.Seen = true
	for name, c := range map[string]struct {
		rows       []nearRow
		after      *Position
		shown      int
		more, sure bool
	}{
		"nothing":                        {nil, nil, 0, false, true},
		"all was read":                   {[]nearRow{row(1, 5), row(3, 0)}, nil, 2, false, true},
		"all was read, and more follows": {[]nearRow{row(1, 5), row(2, 6), row(4, 0)}, nil, 2, true, true},
		"before the horizon":             {cut(10, row(1, 5), row(1, 9), row(1, 20)), nil, 2, true, true},
		"beyond the horizon":             {cut(9, row(1, 5), row(1, 9), row(1, 20)), nil, 0, false, false},
		"too few":                        {cut(10, row(1, 5), row(1, 6)), nil, 0, false, false},
		"a known one may be missing":     {cut(10, row(1, 5), row(2, 6), row(2, 7)), nil, 0, false, false},
		"after the known ones":           {cut(10, row(2, 5), row(2, 6), row(2, 7)), &Position{Stage: 2}, 2, true, true},
		"remote ones have no distance":   {cut(10, row(3, 0), row(3, 0), row(3, 0)), &Position{Stage: 3}, 0, false, false},
		"only what was seen":             {[]nearRow{seen}, &Position{Stage: 1}, 0, false, true},
		"only what was seen, cut":        {cut(10, seen), &Position{Stage: 1}, 0, false, false},
	} {
		shown, more, sure := settle(c.rows, c.after, 2)
		if sure != c.sure || (sure && (len(shown) != c.shown || more != c.more)) {
			t.Errorf("%s: shown %d, more %v, sure %v", name, len(shown), more, sure)
		}
	}
}

func TestServicesLocationsAndOffersNameTheirFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)
	later := now.Add(time.Hour)
	sixteen, three := 16, 3
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"organization": {Organization{Kind: "club", Status: Inactive}.Validate(), []string{"/kind", "/status", "/name/ar", "/name/en"}},
		"directorate":  {Directorate{}.Validate(), []string{"/code", "/name/ar", "/name/en", "/place_codes"}},
		"grant":        {Grant{}.Validate(), []string{"/number", "/valid_from", "/valid_to"}},
		"service": {
			Service{Name: Name{AR: "خدمة", EN: "Service"}, NeedCodes: []string{"DIS", "X"}, TargetGroups: []string{"men"}, MinimumAge: &sixteen, MaximumAge: &three,
				Sex: "x", DeliveryModes: []DeliveryMode{"post"}, Areas: []Area{{}, {PlaceCode: "a", Nationwide: true}, {Nationwide: true}}}.Validate(),
			[]string{"/needs/0", "/needs/1", "/target_groups/0", "/maximum_age", "/sex", "/delivery_modes/0", "/areas/0", "/areas/1"},
		},
		"empty service": {Service{}.Validate(), []string{"/name/ar", "/name/en", "/needs", "/delivery_modes"}},
		"location":      {Location{}.Validate(), []string{"/place", "/point", "/name/ar", "/name/en"}},
		"offer":         {ServiceAtLocation{Accepting: "maybe", Confidential: true}.Validate(now), []string{"/accepting/status", "/accepting/as_of", "/location_id"}},
		"future":        {ServiceAtLocation{Accepting: Capacity, AcceptingAsOf: &later}.Validate(now), []string{"/accepting/as_of"}},
		"sound offer":   {ServiceAtLocation{Accepting: Capacity, AcceptingAsOf: &now}.Validate(now), nil},
	} {
		var got []string
		var f *fault.Error
		if errors.As(c.err, &f) {
			for _, field := range f.Fields {
				got = append(got, field.Pointer)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || (c.err != nil && fault.KindOf(c.err) != fault.Refused) {
			t.Errorf("%s: %v (-want +got):\n%s", name, c.err, diff)
		}
	}
}
