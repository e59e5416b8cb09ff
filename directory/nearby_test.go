package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/policy"
)

func (w *world) finds(what string, q directory.Query, want ...made) {
	w.t.Helper()
	ids := []uuid.UUID{}
	for _, m := range want {
		ids = append(ids, m.offer.ID)
	}
	if diff := cmp.Diff(ids, found(w.nearby(q))); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestNearbySaysWhatItFoundAndWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.add(w.association())
	page := w.nearby(near("يطا"))
	if len(page.Items) != 1 || page.Next != nil || page.DirectorateID != w.hebron.ID || page.Origin.PlaceCode != yatta {
		t.Fatalf("got %+v", page)
	}
	p := page.Items[0]
	if p.ServiceAtLocationID != m.offer.ID || p.ServiceID != m.service.ID || p.OrganizationID != m.organization.ID || p.Instrument.ID != m.instrument ||
		p.Location == nil || p.Location.PlaceCode != yatta || p.Location.DistanceMeters != 0 || p.Accreditation == nil {
		t.Errorf("got %+v", p)
	}
	got := map[string]string{}
	for _, r := range p.Reasons {
		got[r.Code] = r.Sentence.EN
		if r.Sentence.AR == "" {
			t.Errorf("%s is not said in Arabic", r.Code)
		}
	}
	want := map[string]string{
		"instrument":    "Memorandum 2026/001, term 1, covers “Physiotherapy” for your directorate and for Hebron governorate until 2026-06-23.",
		"accreditation": "Accredited under number A-1 until 2026-05-04.",
		"same_zone":     "In the same zone, less than 1 km in a straight line.",
		"accepting":     "It has free places, as of 2026-03-14.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestNearbyIsForThoseWhoMaySearchForADirectorate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.add(w.association())
	bethlehem := w.directorate("BET", bethlehem)
	for name, actor := range map[string]policy.Actor{
		"nobody":   {},
		"provider": {Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: m.organization.ID}}},
		"officer":  {Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}},
		"nowhere":  {Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.CaseManager}}},
	} {
		_, err := w.store.Nearby(t.Context(), actor, directory.Query{})
		wantFault(t, name, err, "forbidden")
	}
	page := must(w.store.Nearby(t.Context(), caseManager(bethlehem.ID), near(yatta)))(t)
	if len(page.Items) != 0 {
		t.Errorf("the memorandum is with another directorate, and yet %d were found", len(page.Items))
	}
	page = must(w.store.Nearby(t.Context(), caseManager(bethlehem.ID, w.hebron.ID), near(yatta)))(t)
	if page.DirectorateID != w.hebron.ID || len(page.Items) != 1 {
		t.Errorf("of two directorates the one that holds the place searches; got %v with %d", page.DirectorateID, len(page.Items))
	}
	page = must(w.store.Nearby(t.Context(), caseManager(bethlehem.ID, w.hebron.ID), near(beitHanun)))(t)
	if page.DirectorateID != bethlehem.ID {
		t.Error("where none holds the place, the first searches")
	}
}

// Dates are compared when asked: nothing runs at midnight, and the day is that of Palestine.
func TestRightsEndByTheCalendar(t *testing.T) {
	t.Parallel()
	for name, days := range map[string]struct{ instrumentFrom, instrumentTo, grantFrom, grantTo int }{
		"instrument":    {-3, 3, -50, 50},
		"accreditation": {-50, 50, -3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.association()
			p.term.from, p.term.to = today(days.instrumentFrom), today(days.instrumentTo)
			p.grant.ValidFrom, p.grant.ValidTo = today(days.grantFrom), today(days.grantTo)
			m := w.add(p)
			for day, want := range map[int][]made{-4: nil, -3: {m}, 0: {m}, 3: {m}, 4: nil} {
				w.now = noon.AddDate(0, 0, day)
				w.finds(w.now.String(), near(yatta), want...)
			}
			w.now = today(3).Add(23 * 60 * 60 * 1e9) // 23:00 UTC of the last day is the next day in Palestine
			w.finds("an hour after midnight in Hebron", near(yatta))
		})
	}
}

// Each change takes a provider out of the answer or lets it in, and nothing else was changed.
func TestOnlyWhoCanReallyServe(t *testing.T) {
	t.Parallel()
	sixteen, sixty := 16, 60
	shared := newWorld(t)
	cases := map[string]struct {
		change func(w *world, p *provider)
		query  directory.Query
		found  bool
	}{
		"as it is":                  {nil, near(yatta), true},
		"by a point":                {nil, directory.Query{Need: physio, Point: ptr(31.45, 35.09)}, true},
		"by the root of the need":   {nil, directory.Query{Need: "DIS", Place: yatta}, true},
		"another leaf":              {nil, directory.Query{Need: "DIS-DEVICE", Place: yatta}, false},
		"term of the root":          {func(_ *world, p *provider) { p.term.needs = []string{"DIS"} }, near(yatta), true},
		"term of another need":      {func(_ *world, p *provider) { p.term.needs = []string{"CSH"} }, near(yatta), false},
		"term of a lower tier":      {func(_ *world, p *provider) { p.term.maxTier = 1 }, near(yatta), false},
		"client from elsewhere":     {func(_ *world, p *provider) { p.term.governorates = []string{bethlehem} }, near(yatta), false},
		"no governorate":            {func(_ *world, p *provider) { p.term.governorates = nil }, near(yatta), false},
		"no accreditation":          {func(_ *world, p *provider) { p.noGrant = true }, near(yatta), false},
		"a kind that needs none":    {func(_ *world, p *provider) { p.noGrant, p.organization.Kind = true, directory.UNAgency }, near(yatta), true},
		"information only":          {func(_ *world, p *provider) { p.organization.InformationOnly = true }, near(yatta), false},
		"defunct organization":      {func(_ *world, p *provider) { p.organization.Status = directory.Defunct }, near(yatta), false},
		"inactive service":          {func(_ *world, p *provider) { p.service.Status = directory.Inactive }, near(yatta), false},
		"full":                      {func(_ *world, p *provider) { p.accepting = directory.NoCapacity }, near(yatta), false},
		"full, it said long ago":    {func(_ *world, p *provider) { p.accepting, p.asOfDays = directory.NoCapacity, 31 }, near(yatta), true},
		"group of the service":      {func(_ *world, p *provider) { p.service.TargetGroups = []string{"children"} }, with(func(q *directory.Query) { q.TargetGroup = "children" }), true},
		"not of the service":        {func(_ *world, p *provider) { p.service.TargetGroups = []string{"children"} }, with(func(q *directory.Query) { q.TargetGroup = "women" }), false},
		"group not stated":          {func(_ *world, p *provider) { p.service.TargetGroups = []string{"children"} }, near(yatta), true},
		"not of the term":           {func(_ *world, p *provider) { p.term.groups = []string{"children"} }, with(func(q *directory.Query) { q.TargetGroup = "women" }), false},
		"of the term":               {func(_ *world, p *provider) { p.term.groups = []string{"women"} }, with(func(q *directory.Query) { q.TargetGroup = "women" }), true},
		"youngest":                  {func(_ *world, p *provider) { p.service.MinimumAge = &sixteen }, with(func(q *directory.Query) { q.Age = &sixteen }), true},
		"too young":                 {func(_ *world, p *provider) { p.service.MinimumAge = &sixty }, with(func(q *directory.Query) { q.Age = &sixteen }), false},
		"oldest":                    {func(_ *world, p *provider) { p.service.MaximumAge = &sixteen }, with(func(q *directory.Query) { q.Age = &sixteen }), true},
		"too old":                   {func(_ *world, p *provider) { p.service.MaximumAge = &sixteen }, with(func(q *directory.Query) { q.Age = &sixty }), false},
		"for women":                 {func(_ *world, p *provider) { p.service.Sex = directory.Female }, with(func(q *directory.Query) { q.Sex = directory.Female }), true},
		"for women, a man":          {func(_ *world, p *provider) { p.service.Sex = directory.Female }, with(func(q *directory.Query) { q.Sex = directory.Male }), false},
		"within the radius":         {nil, directory.Query{Need: physio, Point: ptr(31.54, 35.0992), RadiusMeters: 10_500}, true},
		"beyond the radius":         {nil, directory.Query{Need: physio, Point: ptr(31.54, 35.0992), RadiusMeters: 10_000}, false},
		"serves the governorate":    {area(directory.Area{GovernorateCode: hebron}), near(yatta), true},
		"serves another one":        {area(directory.Area{GovernorateCode: bethlehem}), near(yatta), false},
		"serves the place":          {area(directory.Area{PlaceCode: yatta}), near(yatta), true},
		"serves the country":        {area(directory.Area{Nationwide: true}), near(yatta), true},
		"serves a polygon":          {area(directory.Area{Polygon: square(31.45, 35.10, 0.1)}), near(yatta), true},
		"serves another polygon":    {area(directory.Area{Polygon: square(31.95, 35.10, 0.1)}), near(yatta), false},
		"remote, for the country":   {remote(directory.Area{Nationwide: true}), near(yatta), true},
		"remote, for another part":  {remote(directory.Area{GovernorateCode: bethlehem}), near(yatta), false},
		"remote, undeclared":        {remote(), near(yatta), false},
		"a place that is not shown": {func(_ *world, p *provider) { p.confidential = true }, near(yatta), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shared.fork(t)
			p := w.association()
			if c.change != nil {
				c.change(w, &p)
			}
			m := w.add(p)
			if c.found {
				w.finds("", c.query, m)
			} else {
				w.finds("", c.query)
			}
		})
	}
}

// A term that covers the need and one that covers the directorate do not make one that covers both.
func TestTermsAreNeverUnited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.term.needs = []string{"CSH"}
	m := w.add(p)
	other := p.term
	other.needs, other.directorates = []string{physio}, []uuid.UUID{w.directorate("BET", bethlehem).ID}
	w.instrument(m.organization.ID, other)
	w.finds("two memoranda, each half", near(yatta))
	third := p.term
	third.needs, third.governorates = []string{physio}, []string{bethlehem}
	w.instrument(m.organization.ID, third, other)
	w.finds("two terms of one, each half", near(yatta))
	third.governorates = []string{hebron}
	w.instrument(m.organization.ID, other, third)
	last := fmt.Sprintf("2026/%03d", w.count.Load()-1)
	w.finds("one whole term", near(yatta), m)
	if got := w.nearby(near(yatta)).Items[0].Instrument; got.Number != last || got.Term != 2 {
		t.Errorf("the reason is %+v, not the term that permits it", got)
	}
}

func TestWhatIsTakenAwayIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.add(w.association())
	w.finds("at first", near(yatta), m)
	a := must(w.store.Suspend(t.Context(), officer(), m.accreditation.ID, m.accreditation.Version, directory.Administrative))(t)
	w.finds("suspended", near(yatta))
	a = must(w.store.Reinstate(t.Context(), officer(), a.ID, a.Version))(t)
	w.finds("reinstated", near(yatta), m)
	must(w.store.Revoke(t.Context(), officer(), a.ID, a.Version))(t)
	w.finds("revoked", near(yatta))
	w.accredit(m.organization.ID, directory.Grant{Number: "A-9", ValidFrom: today(0), ValidTo: today(9)})
	w.finds("accredited anew", near(yatta), m)
	must(w.store.SetAccepting(t.Context(), officer(), m.offer.ID, 1, directory.NoCapacity))(t)
	w.finds("full", near(yatta))
	must(w.store.SetAccepting(t.Context(), officer(), m.offer.ID, 2, directory.UnknownCapacity))(t)
	w.finds("unknown", near(yatta), m)
	batch := &pgx.Batch{}
	queueMoves(batch, m.instrument, "suspend/suspended")
	batch.Queue(`SELECT refresh_provider_search($1)`, m.organization.ID)
	w.run(batch)
	w.finds("memorandum suspended", near(yatta))
}

// An officer may not see a confidential place, and what the officer changes does not lose it.
func TestConfidentialPlacesStayFoundAndHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.confidential = true
	m := w.add(p)
	must(w.store.SetAccepting(t.Context(), officer(), m.offer.ID, 1, directory.Waitlist))(t)
	page := w.nearby(near(yatta))
	if len(page.Items) != 1 {
		t.Fatalf("found %d", len(page.Items))
	}
	item := page.Items[0]
	if item.Location != nil || item.EffectiveMeters != 0 || !slices.ContainsFunc(item.Reasons, func(r directory.Reason) bool { return r.Code == "place_not_shown" }) {
		t.Errorf("got %+v", item)
	}
	_, err := w.store.CreateLocation(t.Context(), officer(), directory.Location{
		OrganizationID: m.organization.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Confidential: true,
	})
	wantFault(t, "an officer writes a confidential place", err, "forbidden")
}
