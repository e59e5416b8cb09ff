package geo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tahweel/geo"
)

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// The links of the invented country of these tests: a city that opens by document, an island without passage.
func links() []geo.Link {
	until := day("2026-06-30")
	return []geo.Link{
		{From: "land", To: "city", Passable: true, IdentityDocuments: []string{"jerusalem"}, Detour: 1.5, ExtraKm: 5, ValidFrom: day("2026-01-01")},
		{From: "city", To: "land", Passable: true, Detour: 1.25, ExtraKm: 3, ValidFrom: day("2026-01-01")},
		{From: "land", To: "island", ValidFrom: day("2026-01-01"), Detour: 1},
		{From: "land", To: "hills", Passable: true, Detour: 2, ValidFrom: day("2026-02-01"), ValidTo: &until},
	}
}

func zones(reach []geo.Passage) []string {
	to := make([]string, len(reach))
	for i, p := range reach {
		to[i] = p.To
	}
	return to
}

func TestReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, document, day string
		want                      []string
	}{
		{"without a document", "land", "", "2026-03-01", []string{"land", "hills"}},
		{"none is no document", "land", "none", "2026-03-01", []string{"land", "hills"}},
		{"another document", "land", "palestinian", "2026-03-01", []string{"land", "hills"}},
		{"the document", "land", "jerusalem", "2026-03-01", []string{"land", "city", "hills"}},
		{"the way back needs none", "city", "", "2026-03-01", []string{"city", "land"}},
		{"no link is no passage", "island", "jerusalem", "2026-03-01", []string{"island"}},
		{"before a link's first day", "land", "", "2026-01-31", []string{"land"}},
		{"on a link's first day", "land", "", "2026-02-01", []string{"land", "hills"}},
		{"on a link's last day", "land", "", "2026-06-30", []string{"land", "hills"}},
		{"after a link's last day", "land", "", "2026-07-01", []string{"land"}},
		{"before everything", "city", "jerusalem", "2025-12-31", []string{"city"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, zones(geo.Reach(c.from, links(), day(c.day), c.document))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBetweenSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, document string
		want               geo.PassageReason
	}{
		{"land", "land", "", geo.SameZone},
		{"land", "hills", "", geo.Open},
		{"land", "city", "jerusalem", geo.ByDocument},
		{"land", "city", "", geo.DocumentMissing},
		{"land", "island", "jerusalem", geo.NoPassage},
		{"island", "land", "jerusalem", geo.NoPassage},
	} {
		p := geo.Between(c.from, c.to, links(), day("2026-03-01"), c.document)
		if p.Reason != c.want {
			t.Errorf("%s to %s with %q: %s, want %s", c.from, c.to, c.document, p.Reason, c.want)
		}
		if (c.want == geo.DocumentMissing || c.want == geo.ByDocument) && len(p.Documents) == 0 {
			t.Errorf("%s to %s does not say which document opens the way", c.from, c.to)
		}
	}
}

func TestEffectiveMeters(t *testing.T) {
	t.Parallel()
	toCity := geo.Between("land", "city", links(), day("2026-03-01"), "jerusalem")
	if got := toCity.EffectiveMeters(10_000); got != 20_000 { // 10 km × 1.5 + 5 km
		t.Errorf("%v m", got)
	}
	within := geo.Between("land", "land", links(), day("2026-03-01"), "")
	if got := within.EffectiveMeters(10_000); got != 10_000 {
		t.Errorf("%v m within a zone", got)
	}
}

// A passage never shortens a way, and more documents never close one.
func TestReachProperties(t *testing.T) {
	t.Parallel()
	zone := rapid.SampledFrom([]string{"land", "city", "island", "hills"})
	document := rapid.SampledFrom([]string{"palestinian", "jerusalem", "unrwa", "passport"})
	rapid.Check(t, func(t *rapid.T) {
		from, on := zone.Draw(t, "from"), day("2026-01-01").AddDate(0, 0, rapid.IntRange(-10, 400).Draw(t, "days"))
		without := zones(geo.Reach(from, links(), on, ""))
		reach := geo.Reach(from, links(), on, document.Draw(t, "document"))
		with := zones(reach)
		if with[0] != from {
			t.Fatalf("the own zone %s is not first in %v", from, with)
		}
		for _, z := range without {
			if !slices.Contains(with, z) {
				t.Fatalf("a document closed the way to %s", z)
			}
		}
		for _, p := range reach {
			if p.EffectiveMeters(1000) < 1000 {
				t.Fatalf("the way to %s is shorter than the straight line", p.To)
			}
		}
	})
}

func TestTodayIsTheDayInPalestine(t *testing.T) {
	t.Parallel()
	for instant, want := range map[string]string{
		"2026-01-31T21:59:59Z": "2026-01-31",
		"2026-01-31T22:00:00Z": "2026-02-01", // UTC+2 in winter
		"2026-07-31T21:00:00Z": "2026-08-01", // UTC+3 in summer
	} {
		now, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := geo.Today(now); !got.Equal(day(want)) {
			t.Errorf("Today(%s) = %s, want %s", instant, got.Format(time.DateOnly), want)
		}
	}
}
