package directory_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/policy"
)

// asks is the query of near, changed.
func asks(change func(q *directory.Query)) directory.Query { return with(change) }

func schedule(s directory.Schedule) func(*world, *provider) {
	return func(_ *world, p *provider) { p.service.Details.Schedules = []directory.Schedule{s} }
}

// imported is a schedule that nobody may write here and that an import leaves as it came.
func imported(s directory.Schedule) func(*world, *provider) {
	return func(_ *world, p *provider) {
		p.service.Source, p.service.Details.Schedules = "an invented publisher", []directory.Schedule{s}
	}
}

func openOn(day string) directory.Query {
	return asks(func(q *directory.Query) { q.Wishes.OpenOn = day })
}

func eligible(e directory.Eligibility) func(*world, *provider) {
	return func(_ *world, p *provider) { p.service.Details.Eligibility = e }
}

func household(change func(h *directory.Household)) directory.Query {
	return asks(func(q *directory.Query) { change(&q.Household) })
}

// Noon of the tests is a Sunday, 2026-03-15. Each change takes a provider out of the answer or lets it in, and nothing else was changed.
func TestEachFilterLeavesOutJustWhatItSays(t *testing.T) {
	t.Parallel()
	shared := newWorld(t)
	sundays := schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU,TU", OpensAt: "08:00"})
	location := func(change func(d *directory.LocationDetails)) func(*world, *provider) {
		return func(_ *world, p *provider) { change(&p.location) }
	}
	language := func(code string) directory.Query { return asks(func(q *directory.Query) { q.Wishes.Language = code }) }
	access := func(features ...string) directory.Query {
		return asks(func(q *directory.Query) { q.Wishes.Accessibility = features })
	}
	ramp := location(func(d *directory.LocationDetails) {
		d.Accessibility = []directory.Accessibility{{Feature: "wheelchair_entrance"}, {Feature: "lift"}}
	})
	for name, c := range map[string]struct {
		change func(*world, *provider)
		query  directory.Query
		found  bool
	}{
		"open that day of the week":     {sundays, openOn("SU"), true},
		"closed that day of the week":   {sundays, openOn("MO"), false},
		"open that date":                {sundays, openOn("2026-03-17"), true},
		"closed that date":              {sundays, openOn("2026-03-18"), false},
		"no schedule":                   {nil, openOn("SU"), false},
		"a schedule without days":       {schedule(directory.Schedule{OpensAt: "08:00"}), openOn("SU"), false},
		"a day that is none":            {imported(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", ValidFrom: "2026-02-31"}), openOn("SU"), false},
		"daily":                         {imported(directory.Schedule{Freq: "DAILY"}), openOn("FR"), true},
		"from then on, before":          {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", ValidFrom: "2026-03-16"}), openOn("SU"), false},
		"from then on":                  {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", ValidFrom: "2026-03-15"}), openOn("SU"), true},
		"until then":                    {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", ValidTo: "2026-03-15"}), openOn("2026-03-15"), true},
		"until then, after":             {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", ValidTo: "2026-03-21"}), openOn("2026-03-22"), false},
		"until, as RFC 5545 says":       {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", Until: "2026-03-21"}), openOn("2026-03-22"), false},
		"every other week":              {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", Interval: new(2), DTStart: "2026-03-01"}), openOn("2026-03-15"), true},
		"the week between":              {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", Interval: new(2), DTStart: "2026-03-01"}), openOn("2026-03-22"), false},
		"on the day it began":           {schedule(directory.Schedule{Freq: "WEEKLY", DTStart: "2026-03-01"}), openOn("2026-03-15"), true},
		"not on the day it began":       {schedule(directory.Schedule{Freq: "WEEKLY", DTStart: "2026-03-01"}), openOn("2026-03-16"), false},
		"the third Sunday of the month": {schedule(directory.Schedule{Freq: "MONTHLY", ByDay: "3SU"}), openOn("2026-03-15"), true},
		"another Sunday of the month":   {schedule(directory.Schedule{Freq: "MONTHLY", ByDay: "1SU"}), openOn("2026-03-15"), false},
		"the last Sunday of the month":  {schedule(directory.Schedule{Freq: "MONTHLY", ByDay: "-1SU"}), openOn("2026-03-29"), true},
		"not the last of the month":     {schedule(directory.Schedule{Freq: "MONTHLY", ByDay: "-1SU"}), openOn("2026-03-22"), false},
		"the fifteenth":                 {schedule(directory.Schedule{Freq: "MONTHLY", ByMonthDay: "1,15"}), openOn("2026-03-15"), true},
		"the sixteenth":                 {schedule(directory.Schedule{Freq: "MONTHLY", ByMonthDay: "1,15"}), openOn("2026-03-16"), false},
		"the last day of the month":     {schedule(directory.Schedule{Freq: "MONTHLY", ByMonthDay: "-1"}), openOn("2026-02-28"), true},
		"every third month":             {schedule(directory.Schedule{Freq: "MONTHLY", ByMonthDay: "15", Interval: new(3), DTStart: "2025-12-15"}), openOn("2026-03-15"), true},
		"not that month":                {schedule(directory.Schedule{Freq: "MONTHLY", ByMonthDay: "15", Interval: new(3), DTStart: "2025-12-15"}), openOn("2026-04-15"), false},
		"one date":                      {schedule(directory.Schedule{DTStart: "2026-03-20", Count: new(1)}), openOn("2026-03-20"), true},
		"another date":                  {schedule(directory.Schedule{DTStart: "2026-03-20", Count: new(1)}), openOn("2026-03-27"), false},
		"a number of times":             {schedule(directory.Schedule{Freq: "WEEKLY", ByDay: "SU", DTStart: "2026-03-01", Count: new(9)}), openOn("SU"), false},
		"a frequency that is unknown":   {imported(directory.Schedule{Freq: "YEARLY", ByDay: "SU"}), openOn("SU"), false},
		"the location goes before": {func(w *world, p *provider) {
			sundays(w, p)
			p.location.Schedules = []directory.Schedule{{Freq: "WEEKLY", ByDay: "MO"}}
		}, openOn("SU"), false},
		"the offer goes before": {func(w *world, p *provider) {
			sundays(w, p)
			p.offered.Schedules = []directory.Schedule{{Freq: "WEEKLY", ByDay: "MO"}}
		}, openOn("MO"), true},
		"a language of the service":     {func(_ *world, p *provider) { p.service.Details.Languages = []directory.Language{{Code: "EN"}} }, language("en"), true},
		"a language of the location":    {location(func(d *directory.LocationDetails) { d.Languages = []directory.Language{{Code: "fr"}} }), language("fr"), true},
		"another language":              {func(_ *world, p *provider) { p.service.Details.Languages = []directory.Language{{Code: "en"}} }, language("fr"), false},
		"no language is Arabic":         {nil, language("ar"), true},
		"a language that is not Arabic": {func(_ *world, p *provider) { p.service.Details.Languages = []directory.Language{{Code: "he"}} }, language("ar"), false},
		"all features":                  {ramp, access("lift", "wheelchair_entrance"), true},
		"all features but one":          {ramp, access("lift", "braille"), false},
		"features unknown":              {nil, access("lift"), false},
		"given that way": {func(_ *world, p *provider) {
			p.service.DeliveryModes = []directory.DeliveryMode{directory.Facility, directory.HomeVisit}
		}, asks(func(q *directory.Query) { q.Wishes.DeliveryMode = directory.HomeVisit }), true},
		"given another way":          {nil, asks(func(q *directory.Query) { q.Wishes.DeliveryMode = directory.HomeVisit }), false},
		"takes people":               {nil, asks(func(q *directory.Query) { q.Wishes.Accepting = true }), true},
		"has a waiting list":         {func(_ *world, p *provider) { p.accepting = directory.Waitlist }, asks(func(q *directory.Query) { q.Wishes.Accepting = true }), true},
		"assesses first":             {func(_ *world, p *provider) { p.accepting = directory.AdditionalAssessment }, asks(func(q *directory.Query) { q.Wishes.Accepting = true }), false},
		"took people long ago":       {func(_ *world, p *provider) { p.asOfDays = 31 }, asks(func(q *directory.Query) { q.Wishes.Accepting = true }), false},
		"never said":                 {func(_ *world, p *provider) { p.accepting = directory.UnknownCapacity }, asks(func(q *directory.Query) { q.Wishes.Accepting = true }), false},
		"a woman can be asked for":   {func(_ *world, p *provider) { p.service.Details.FemaleWorker = true }, asks(func(q *directory.Query) { q.Wishes.FemaleWorker = true }), true},
		"women only":                 {func(_ *world, p *provider) { p.service.Details.WomenOnly = true }, asks(func(q *directory.Query) { q.Wishes.FemaleWorker = true }), true},
		"no woman is known of":       {nil, asks(func(q *directory.Query) { q.Wishes.FemaleWorker = true }), false},
		"brings people":              {func(_ *world, p *provider) { p.service.Details.Transport = true }, asks(func(q *directory.Query) { q.Wishes.Transport = true }), true},
		"does not bring people":      {nil, asks(func(q *directory.Query) { q.Wishes.Transport = true }), false},
		"registered":                 {eligible(directory.Eligibility{SocialRegistry: true}), household(func(h *directory.Household) { h.SocialRegistry = directory.Yes }), true},
		"not registered":             {eligible(directory.Eligibility{SocialRegistry: true}), household(func(h *directory.Household) { h.SocialRegistry = directory.No }), false},
		"not registered, nor asked":  {nil, household(func(h *directory.Household) { h.SocialRegistry = directory.No }), true},
		"registration unknown":       {eligible(directory.Eligibility{SocialRegistry: true}), household(func(h *directory.Household) { h.SocialRegistry = directory.UnknownAnswer }), true},
		"registration not told":      {eligible(directory.Eligibility{SocialRegistry: true}), near(yatta), true},
		"of the band":                {eligible(directory.Eligibility{PovertyBands: []string{"extreme", "poor"}}), household(func(h *directory.Household) { h.PovertyBand = "poor" }), true},
		"of another band":            {eligible(directory.Eligibility{PovertyBands: []string{"extreme", "poor"}}), household(func(h *directory.Household) { h.PovertyBand = "near_poor" }), false},
		"band unknown":               {eligible(directory.Eligibility{PovertyBands: []string{"extreme"}}), household(func(h *directory.Household) { h.PovertyBand = "unknown" }), true},
		"with a card":                {eligible(directory.Eligibility{DisabilityCard: true}), household(func(h *directory.Household) { h.DisabilityCard = directory.Yes }), true},
		"without a card":             {eligible(directory.Eligibility{DisabilityCard: true}), household(func(h *directory.Household) { h.DisabilityCard = directory.No }), false},
		"a refugee, for refugees":    {eligible(directory.Eligibility{RefugeeStatus: "refugee"}), household(func(h *directory.Household) { h.Refugee = directory.Yes }), true},
		"no refugee, for refugees":   {eligible(directory.Eligibility{RefugeeStatus: "refugee"}), household(func(h *directory.Household) { h.Refugee = directory.No }), false},
		"a refugee, for others":      {eligible(directory.Eligibility{RefugeeStatus: "non_refugee"}), household(func(h *directory.Household) { h.Refugee = directory.Yes }), false},
		"with the document":          {eligible(directory.Eligibility{IdentityDocs: []string{"palestinian"}}), asks(func(q *directory.Query) { q.IdentityDocument = "palestinian" }), true},
		"with another document":      {eligible(directory.Eligibility{IdentityDocs: []string{"palestinian"}}), asks(func(q *directory.Query) { q.IdentityDocument = "unrwa" }), false},
		"document not told":          {eligible(directory.Eligibility{IdentityDocs: []string{"palestinian"}}), near(yatta), true},
		"of the governorate":         {eligible(directory.Eligibility{GovernorateOnly: []string{hebron}}), near(yatta), true},
		"of another governorate":     {eligible(directory.Eligibility{GovernorateOnly: []string{bethlehem}}), near(yatta), false},
		"a temporary place":          {func(_ *world, p *provider) { p.from, p.to = day(0), day(0) }, near(yatta), true},
		"a temporary place, gone":    {func(_ *world, p *provider) { p.to = day(-1) }, near(yatta), false},
		"a temporary place, not yet": {func(_ *world, p *provider) { p.from = day(1) }, near(yatta), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shared.fork(t)
			p := w.association()
			if c.change != nil {
				c.change(w, &p)
			}
			m := w.add(p)
			if c.found {
				w.finds("found", c.query, m)
			} else {
				w.finds("not found", c.query)
			}
			e := must(w.store.Explain(t.Context(), caseManager(w.hebron.ID), c.query, m.offer.ID))(t)
			if e.Listed != c.found {
				t.Errorf("explained as listed %v: %+v", e.Listed, no(e))
			}
			for _, check := range e.Checks {
				if check.Sentence.AR == "" || check.Sentence.EN == "" || check.Code == "" {
					t.Errorf("%s is not said in words: %+v", check.Stage, check)
				}
			}
		})
	}
}

// no are the checks that say no.
func no(e directory.Explanation) []directory.Check {
	return slices.DeleteFunc(slices.Clone(e.Checks), func(c directory.Check) bool { return c.OK })
}

func day(days int) *time.Time { return new(today(days)) }

// What is announced for a date counts for the date, and not for the day of the week.
func TestNobodyIsKnownToBeOpenOnAHolidayOrAClosure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.service.Details.Schedules = []directory.Schedule{{Freq: "WEEKLY", ByDay: "SU,MO,TU"}}
	m, other := w.add(p), w.add(p)
	slices.SortFunc([]made{m, other}, func(a, b made) int { return slices.Compare(a.offer.ID[:], b.offer.ID[:]) })
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('tahweel.kind', 'system', false)`)
	batch.Queue(`
		INSERT INTO calendar_day (id, kind, status, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
		VALUES (gen_random_uuid(), 'holiday', 'active', '2026-03-16', '2026-03-16', 'عطلة', 'Holiday', now(), now()),
		       (gen_random_uuid(), 'holiday', 'cancelled', '2026-03-15', '2026-03-15', 'عطلة', 'Holiday', now(), now())`)
	batch.Queue(`
		INSERT INTO closure (id, organization_id, service_at_location_id, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
		VALUES (gen_random_uuid(), $1, $2, '2026-03-17', '2026-03-17', 'إغلاق', 'Closure', now(), now())`, m.organization.ID, m.offer.ID)
	w.run(batch)
	count := func(on string) int { return len(w.nearby(openOn(on)).Items) }
	if n := count("2026-03-15"); n != 2 {
		t.Errorf("on an ordinary day %d are open", n)
	}
	if n := count("2026-03-16"); n != 0 {
		t.Errorf("on a holiday %d are open", n)
	}
	if n := count("MO"); n != 2 {
		t.Errorf("on Mondays %d are open", n)
	}
	w.finds("one is closed", openOn("2026-03-17"), other)
	for on, stage := range map[string]string{"2026-03-16": "holiday", "2026-03-17": "closure"} {
		e := must(w.store.Explain(t.Context(), caseManager(w.hebron.ID), openOn(on), m.offer.ID))(t)
		if i := slices.IndexFunc(e.Checks, func(c directory.Check) bool { return !c.OK }); e.Listed || i < 0 || e.Checks[i].Code != stage {
			t.Errorf("%s is explained by %+v", on, e.Checks)
		}
	}
}

func TestFurtherReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.service.Details = directory.ServiceDetails{
		FemaleWorker: true, Eligibility: directory.Eligibility{SocialRegistry: true, DisabilityCard: true, PovertyBands: []string{"extreme", "poor"}},
		Schedules: []directory.Schedule{{Freq: "WEEKLY", ByDay: "SU,MO"}, {Freq: "WEEKLY", ByDay: "FR", ValidFrom: "2026-03-20", ValidTo: "2026-03-20"}},
		Alert:     directory.Name{AR: "تنبيه", EN: "Alert"},
	}
	p.location.Accessibility = []directory.Accessibility{{Feature: "lift"}}
	p.to = day(5)
	w.add(p)
	q := openOn("SU")
	q.Wishes.Language, q.Wishes.FemaleWorker, q.Wishes.Accessibility, q.Household.SocialRegistry = "ar", true, []string{"lift"}, directory.Yes
	items := w.nearby(q).Items
	if len(items) != 1 {
		t.Fatalf("found %d", len(items))
	}
	got, item := map[string]string{}, items[0]
	for _, r := range item.Reasons {
		got[r.Code] = r.Sentence.EN
		if r.Sentence.AR == "" {
			t.Errorf("%s is not said in Arabic", r.Code)
		}
	}
	for code, want := range map[string]string{
		directory.ReasonEligible:    "What the service asks of a household is there: registration in the national social registry.",
		directory.ReasonToBeChecked: "To be checked, because the service asks for it: poverty band: extreme poverty or poor; a disability card.",
		directory.ReasonOpenOn:      "Open on Sunday 2026-03-15.",
		directory.ReasonAsWished:    "As was asked for: in Arabic, a lift, a woman on its staff.",
		directory.ReasonTemporary:   "A temporary location, until 2026-03-20.",
	} {
		if got[code] != want {
			t.Errorf("%s: got %q, want %q", code, got[code], want)
		}
	}
	if !slices.Equal(item.OpenDays, []string{"SU", "MO", "FR"}) || !slices.Equal(item.Languages, []string{"ar"}) || !slices.Equal(item.Accessibility, []string{"lift"}) ||
		!item.FemaleWorker || item.Transport || item.Alert.EN != "Alert" || item.Location.ValidTo == nil || item.Overdue || item.ConfirmedAt != nil {
		t.Errorf("got %+v", item)
	}
}

// What nobody has vouched for in half a year ranks as if it were 10 km further away: after what is a little further, before what is much.
func TestOverdueEntriesRankLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(km float64) made {
		p := w.association()
		p.point = ptr(31.45+km/110.9, 35.09)
		return w.add(p)
	}
	here, near5, far20 := at(0), at(5), at(20)
	q := directory.Query{Need: physio, Point: ptr(31.45, 35.09)}
	w.finds("all are new", q, here, near5, far20)
	age := func(m made, sql string) {
		w.t.Helper()
		batch := &pgx.Batch{}
		batch.Queue(sql, m.offer.ID, noon.AddDate(0, 0, -181))
		batch.Queue(`SELECT refresh_provider_search($1)`, m.organization.ID)
		w.run(batch)
	}
	age(here, `UPDATE service_at_location SET created_at = $2 WHERE id = $1`)
	w.finds("the nearest is overdue", q, near5, here, far20)
	item := w.nearby(q).Items[1]
	if !item.Overdue || item.EffectiveMeters > 1 || !slices.ContainsFunc(item.Reasons, func(r directory.Reason) bool { return r.Code == directory.ReasonOverdue }) {
		t.Errorf("got %+v", item)
	}
	page := w.nearby(directory.Query{Need: physio, Point: q.Point, Limit: 2})
	if rest := w.nearby(directory.Query{Need: physio, Point: q.Point, Limit: 2, After: page.Next}); len(rest.Items) != 1 || rest.Items[0].ServiceAtLocationID != far20.offer.ID {
		t.Errorf("after an overdue one: %+v", rest.Items)
	}
	age(here, `UPDATE service_at_location SET confirmed_at = $2::timestamptz + interval '2 days' WHERE id = $1`)
	w.finds("the nearest was confirmed", q, here, near5, far20)
	age(here, `UPDATE service_at_location SET confirmed_at = $2 WHERE id = $1`)
	age(here, `UPDATE service SET confirmed_at = $2::timestamptz + interval '2 days' WHERE id = (SELECT service_id FROM service_at_location WHERE id = $1)`)
	w.finds("its service was confirmed", q, here, near5, far20)
}

// Where nobody knows the place there is no distance, and no claim that there is a way.
func TestALocationWithoutAPointIsNeverTheNearest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole, unpointed, unplaced, remote := w.add(w.association()), w.add(w.association()), w.add(w.association()), w.association()
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('tahweel.kind', 'system', false)`)
	location := `(SELECT location_id FROM service_at_location WHERE id = $1)`
	batch.Queue(`UPDATE location SET source = 'import', geog = NULL WHERE id = `+location, unpointed.offer.ID)
	batch.Queue(`UPDATE location SET source = 'import', geog = NULL, place_code = NULL WHERE id = `+location, unplaced.offer.ID)
	batch.Queue(`INSERT INTO service_area (id, service_id, nationwide) VALUES (gen_random_uuid(), $1, true)`, unplaced.service.ID)
	for _, m := range []made{unpointed, unplaced} {
		batch.Queue(`SELECT refresh_provider_search($1)`, m.organization.ID)
	}
	w.run(batch)
	_ = remote
	w.finds("only with a place", near(yatta), whole, unpointed)
	page := w.nearby(near(yatta))
	if p := page.Items[1]; p.Location != nil || !slices.ContainsFunc(p.Reasons, func(r directory.Reason) bool {
		return r.Code == directory.ReasonPointUnknown && r.Sentence.EN == "In Yatta; where exactly is not known."
	}) {
		t.Errorf("got %+v", p)
	}
	e := must(w.store.Explain(t.Context(), caseManager(w.hebron.ID), near(yatta), unplaced.offer.ID))(t)
	if e.Listed || !slices.ContainsFunc(e.Checks, func(c directory.Check) bool { return !c.OK && c.Code == "place_unknown" }) {
		t.Errorf("explained by %+v", e.Checks)
	}
}

// An accreditation that is limited lets through only the needs to which it reaches where the service is.
func TestAnAccreditationReachesAsFarAsItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.service.NeedCodes, p.term.needs = []string{physio, "DIS-SPEECH"}, []string{"DIS"}
	m := w.add(p)
	root := directory.Query{Need: "DIS", Place: yatta}
	limit := func(body string) {
		batch := &pgx.Batch{}
		batch.Queue(`CREATE OR REPLACE FUNCTION tahweel_accreditation_covers(accreditation uuid, need uuid, governorate text) RETURNS boolean LANGUAGE sql STABLE
		             AS $$ ` + body + ` $$`)
		batch.Queue(`SELECT refresh_provider_search($1)`, m.organization.ID)
		w.run(batch)
	}
	limit(`SELECT coalesce(need = (SELECT n.id FROM need AS n WHERE n.code = 'DIS-SPEECH') AND governorate = 'PS0150', false)`)
	w.finds("the need to which it does not reach", near(yatta))
	w.finds("the need to which it reaches", directory.Query{Need: "DIS-SPEECH", Place: yatta}, m)
	if page := w.nearby(root); len(page.Items) != 1 || !slices.Equal(page.Items[0].NeedCodes, []string{"DIS-SPEECH"}) {
		t.Errorf("by the root: %+v", page.Items)
	}
	explain := func(q directory.Query) directory.Explanation {
		return must(w.store.Explain(t.Context(), caseManager(w.hebron.ID), q, m.offer.ID))(t)
	}
	if e := explain(near(yatta)); e.Listed || !slices.ContainsFunc(e.Checks, func(c directory.Check) bool { return !c.OK && c.Stage == directory.StageScope }) {
		t.Errorf("explained by %+v", e.Checks)
	}
	if e := explain(root); !e.Listed {
		t.Errorf("by the root explained by %+v", e.Checks)
	}
	limit(`SELECT coalesce(governorate = 'PS0145', false)`)
	w.finds("another governorate", root)
	limit(`SELECT true`)
	w.finds("negative control: no limit", near(yatta), m)
}

// A shelter serves those who may search for its need, without a place and without a distance, and nobody else.
func TestAShelterIsFoundWithoutItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.confidential = true
	p.service.NeedCodes, p.term.needs = []string{"GBV-CASE"}, []string{"GBV"}
	m := w.add(p)
	q := directory.Query{Need: "GBV-CASE", Place: yatta}
	page := w.nearby(q)
	if len(page.Items) != 1 || page.Items[0].ServiceAtLocationID != m.offer.ID || page.Items[0].Location != nil || page.Items[0].EffectiveMeters != 0 ||
		!slices.ContainsFunc(page.Items[0].Reasons, func(r directory.Reason) bool { return r.Code == directory.ReasonPlaceNotShown }) {
		t.Errorf("got %+v", page.Items)
	}
	elsewhere := w.directorate("BET", bethlehem)
	if page := must(w.store.Nearby(t.Context(), caseManager(elsewhere.ID), q))(t); len(page.Items) != 0 {
		t.Errorf("another directorate finds %+v", page.Items)
	}
	own := policy.Actor{Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: m.organization.ID}}}
	_, err := w.store.Nearby(t.Context(), own, q)
	wantFault(t, "a provider", err, "forbidden")
	low := w.association()
	low.confidential, low.term.maxTier, low.service.NeedCodes, low.term.needs = true, 2, []string{"GBV-CASE"}, []string{"GBV"}
	w.add(low)
	w.finds("negative control: a memorandum that does not reach tier 3", q, m)
}
