package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	yaml "github.com/oasdiff/yaml3"

	"tahweel/policy"
)

var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// decisionCase is one case of testdata/*.yaml, as a lawyer would write it.
type decisionCase struct {
	Case  string `yaml:"case"`
	Terms []struct {
		Instrument string   `yaml:"instrument"`
		Term       int      `yaml:"term"`
		MaxTier    int      `yaml:"max_tier"`
		Grants     string   `yaml:"grants"`
		Ends       string   `yaml:"ends"`
		Lacks      []string `yaml:"lacks"`
	} `yaml:"terms"`
	Consent *struct {
		Missing        bool   `yaml:"missing"`
		Groups         string `yaml:"groups"`
		Until          string `yaml:"until"`
		OtherRecipient bool   `yaml:"other_recipient"`
		OtherPurpose   bool   `yaml:"other_purpose"`
		Withdrawn      bool   `yaml:"withdrawn"`
	} `yaml:"consent"`
	Tier     int    `yaml:"tier"`
	Decision string `yaml:"decision"`
	By       string `yaml:"by"`
	Groups   string `yaml:"groups"`
	Until    string `yaml:"until"`
	SaysEN   string `yaml:"says_en"`
	SaysAR   string `yaml:"says_ar"`
}

var lackable = []string{"in_force", "accreditation", "scope", "directorate", "need", "place", "group", "purpose", "cleared"}

func (c decisionCase) terms(t *testing.T) []policy.Term {
	t.Helper()
	terms := make([]policy.Term, len(c.Terms))
	for i, in := range c.Terms {
		has := func(what string) bool { return !slices.Contains(in.Lacks, what) }
		for _, l := range in.Lacks {
			if !slices.Contains(lackable, l) {
				t.Fatalf("nobody knows what it is to lack %q", l)
			}
		}
		terms[i] = policy.Term{
			InstrumentNumber: in.Instrument, Number: in.Term, ValidTo: day(t, in.Ends), InForce: has("in_force"), Accredited: has("accreditation"),
			CoversScope: has("scope"), CoversDirectorate: has("directorate"), CoversNeed: has("need"), CoversPlace: has("place"), CoversGroup: has("group"),
			CoversPurpose: has("purpose"), MaxTier: in.MaxTier, Cleared: has("cleared"), Grants: groups(t, in.Grants),
		}
	}
	return terms
}

func (c decisionCase) consent(t *testing.T) policy.Consent {
	t.Helper()
	if c.Consent == nil {
		return policy.Consent{Given: true, Recipient: true, Purpose: true, ExpiresAt: day(t, "2026-06-01"), Groups: policy.All}
	}
	return policy.Consent{
		Given: !c.Consent.Missing, Recipient: !c.Consent.OtherRecipient, Purpose: !c.Consent.OtherPurpose, Withdrawn: c.Consent.Withdrawn,
		ExpiresAt: day(t, c.Consent.Until), Groups: groups(t, c.Consent.Groups),
	}
}

func groups(t *testing.T, letters string) policy.Groups {
	t.Helper()
	g, ok := policy.ParseGroups(strings.Split(letters, "")[:len(letters)])
	if !ok {
		t.Fatalf("%q are not groups", letters)
	}
	return g
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type decider func([]policy.Term, policy.Consent, int, time.Time) policy.Decision

// differences says in which cases the decider does not decide as the file says.
func differences(t *testing.T, decide decider) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []decisionCase
		if err := yaml.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			if got := c.check(t, decide(c.terms(t), c.consent(t), c.Tier, now)); got != "" {
				found = append(found, c.Case+": "+got)
			}
		}
	}
	return found
}

func (c decisionCase) check(t *testing.T, d policy.Decision) string {
	t.Helper()
	by := fmt.Sprintf("%s term %d", d.Term.InstrumentNumber, d.Term.Number)
	says := d.Explain()
	switch {
	case d.Reason.Code() != c.Decision:
		return "decided " + d.Reason.Code() + ", not " + c.Decision
	case d.Allowed() != (c.Decision == "allowed") || (d.Err() == nil) != d.Allowed():
		return "the decision contradicts itself"
	case c.By != "" && by != c.By:
		return "decided by " + by
	case d.Groups != groups(t, c.Groups):
		return "groups " + d.Groups.String()
	case !d.Until.Equal(day(t, c.Until)):
		return "until " + d.Until.String()
	case c.SaysEN != "" && says.EN != c.SaysEN, c.SaysAR != "" && says.AR != c.SaysAR:
		return says.EN + " / " + says.AR
	}
	return ""
}

func TestDecisionsAreAsTheCaseFilesSay(t *testing.T) {
	t.Parallel()
	for _, d := range differences(t, policy.Decide) {
		t.Error(d)
	}
}

// united is how it must not be done: it takes what any term covers for what all of them cover together.
func united(terms []policy.Term, consent policy.Consent, tier int, now time.Time) policy.Decision {
	if len(terms) == 0 {
		return policy.Decide(terms, consent, tier, now)
	}
	one := terms[0]
	for _, t := range terms[1:] {
		one.InForce = one.InForce || t.InForce
		one.Accredited = one.Accredited || t.Accredited
		one.CoversScope = one.CoversScope || t.CoversScope
		one.CoversDirectorate = one.CoversDirectorate || t.CoversDirectorate
		one.CoversNeed = one.CoversNeed || t.CoversNeed
		one.CoversPlace = one.CoversPlace || t.CoversPlace
		one.MaxTier = max(one.MaxTier, t.MaxTier)
		one.Grants |= t.Grants
	}
	return policy.Decide([]policy.Term{one}, consent, tier, now)
}

func TestTheCaseFilesCatchUnitedTerms(t *testing.T) {
	t.Parallel()
	if caught := differences(t, united); len(caught) < 3 {
		t.Errorf("uniting terms passes all but %q", caught)
	}
}

func TestEveryReasonHasACase(t *testing.T) {
	t.Parallel()
	var seen []string
	differences(t, func(terms []policy.Term, c policy.Consent, tier int, now time.Time) policy.Decision {
		d := policy.Decide(terms, c, tier, now)
		seen = append(seen, d.Reason.Code())
		return d
	})
	for r := policy.NoInstrument; r <= policy.Allowed; r++ {
		if !slices.Contains(seen, r.Code()) {
			t.Errorf("no case file shows %s", r.Code())
		}
	}
}

func TestAnExplanationNamesInstrumentAndTerm(t *testing.T) {
	t.Parallel()
	for r := policy.NotInForce; r <= policy.Allowed; r++ {
		d := policy.Decision{Reason: r, Term: policy.Term{InstrumentNumber: "2026/014", Number: 3}}
		if r >= policy.NoConsent && r < policy.Allowed {
			continue // what the family said is no term
		}
		for _, s := range []string{d.Explain().EN, d.Explain().AR} {
			if !strings.Contains(s, "2026/014") || !strings.Contains(s, "3") || strings.Contains(s, "%") {
				t.Errorf("%s says %q", r.Code(), s)
			}
		}
		if !strings.ContainsFunc(d.Explain().AR, func(c rune) bool { return c >= 'ء' && c <= 'ي' }) {
			t.Errorf("%s has no Arabic", r.Code())
		}
	}
}

func TestTheZeroDecisionRefuses(t *testing.T) {
	t.Parallel()
	if (policy.Decision{}).Allowed() || policy.Decide(nil, policy.Consent{}, 1, now).Allowed() || policy.Decide(make([]policy.Term, 3), policy.Consent{}, 1, now).Allowed() {
		t.Error("what nobody decided is allowed")
	}
}

func manyTerms(n int) ([]policy.Term, policy.Consent) {
	terms := make([]policy.Term, n)
	for i := range terms {
		terms[i] = policy.Term{InForce: true, Accredited: true, CoversScope: true, CoversDirectorate: true, CoversNeed: i == n-1, CoversPlace: true, CoversGroup: true, CoversPurpose: true, MaxTier: 2, Grants: policy.Sealed}
	}
	return terms, policy.Consent{Given: true, Recipient: true, Purpose: true, ExpiresAt: now.AddDate(0, 1, 0), Groups: policy.All}
}

// Not parallel: allocations are counted for the whole program.
func TestDecideAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	terms, consent := manyTerms(20)
	if n := testing.AllocsPerRun(100, func() { policy.Decide(terms, consent, 2, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = policy.Decide(terms, consent, 2, now).Explain() }); n == 0 {
		t.Error("the count sees no allocation where there is one")
	}
}

func BenchmarkDecide(b *testing.B) {
	terms, consent := manyTerms(20)
	b.ReportAllocs()
	for b.Loop() {
		policy.Decide(terms, consent, 2, now)
	}
}
