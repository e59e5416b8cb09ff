package policy_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tahweel/policy"
)

// ceilings is the table of referrals.md, "Tiers and stages", written down a second time; a capital is open, a small letter sealed
// and so subject to grant and consent.
var ceilings = map[policy.Stage][3]string{
	policy.Unsent:     {"", "", ""},
	policy.Pending:    {"ABI", "ABI", "I"},
	policy.Active:     {"ABcdefhI", "ABcdeghI", "cdeI"},
	policy.Afterwards: {"A", "A", ""},
	policy.Ended:      {"A", "A", ""},
}

// oracle says what is shown, letter by letter.
func oracle(v policy.View) string {
	stage := v.Stage
	if (!v.Consent.Given || v.Consent.Withdrawn) && stage != policy.Unsent {
		stage = policy.Ended
	}
	if v.Tier == 3 && !v.Cleared {
		return ""
	}
	var shown strings.Builder
	for _, c := range ceilings[stage][v.Tier-1] {
		letter := strings.ToUpper(string(c))
		if letter == string(c) || (strings.Contains(v.Granted.String(), letter) && strings.Contains(v.Consent.Groups.String(), letter)) {
			shown.WriteString(letter)
		}
	}
	return shown.String()
}

func drawView(t *rapid.T) policy.View {
	set := rapid.Map(rapid.Uint16Range(0, uint16(policy.All)), func(n uint16) policy.Groups { return policy.Groups(n) })
	return policy.View{
		Tier:    rapid.IntRange(1, 3).Draw(t, "tier"),
		Stage:   policy.Stage(rapid.Uint8Range(0, uint8(policy.Ended)).Draw(t, "stage")),
		Granted: set.Draw(t, "granted"),
		Consent: policy.Consent{Given: rapid.Bool().Draw(t, "given"), Withdrawn: rapid.Bool().Draw(t, "withdrawn"), Groups: set.Draw(t, "consented")},
		Cleared: rapid.Bool().Draw(t, "cleared"),
	}
}

func TestDisclosureIsTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := drawView(t)
		if got, want := v.Disclosed().String(), oracle(v); got != want {
			t.Fatalf("%+v shows %s, not %s", v, got, want)
		}
	})
}

// Broken variants that the table must tell from the truth.
var broken = map[string]func(policy.View) policy.Groups{
	"forgets the grant":     func(v policy.View) policy.Groups { v.Granted = policy.All; return v.Disclosed() },
	"forgets the consent":   func(v policy.View) policy.Groups { v.Consent.Groups = policy.All; return v.Disclosed() },
	"forgets withdrawal":    func(v policy.View) policy.Groups { v.Consent.Withdrawn = false; return v.Disclosed() },
	"forgets clearance":     func(v policy.View) policy.Groups { v.Cleared = true; return v.Disclosed() },
	"forgets the tier":      func(v policy.View) policy.Groups { v.Tier = 1; return v.Disclosed() },
	"keeps what has closed": func(v policy.View) policy.Groups { v.Stage = policy.Active; return v.Disclosed() },
	"unites grant, consent": func(v policy.View) policy.Groups {
		v.Granted |= v.Consent.Groups
		v.Consent.Groups = v.Granted
		return v.Disclosed()
	},
}

func TestTheTableCatchesBrokenDisclosure(t *testing.T) {
	t.Parallel()
	for name, disclosed := range broken {
		caught := false
		for seed := range 2000 {
			v := rapid.Custom(drawView).Example(seed)
			if caught = disclosed(v).String() != oracle(v); caught {
				break
			}
		}
		if !caught {
			t.Errorf("nobody notices one that %s", name)
		}
	}
}

func TestAnUnknownTierIsTheStrictest(t *testing.T) {
	t.Parallel()
	for _, tier := range []int{-1, 0, 4} {
		v := policy.View{Tier: tier, Stage: policy.Active, Granted: policy.All, Consent: policy.Consent{Given: true, Groups: policy.All}}
		if g := v.Disclosed(); g != 0 {
			t.Errorf("tier %d shows %s to somebody who is not cleared", tier, g)
		}
	}
}

func TestWhatIsGrantedLaterIsNotInTheCeilingOfAccept(t *testing.T) {
	t.Parallel()
	v := policy.View{Tier: 1, Stage: policy.Active, Granted: policy.Identity, Consent: policy.Consent{Given: true, Groups: policy.All}}
	if g := v.Disclosed(); g.Has(policy.Contact) {
		t.Errorf("%s", g)
	}
}

func TestGroupsAreLetters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := policy.Groups(rapid.Uint16Range(0, uint16(policy.All)).Draw(t, "groups"))
		if back, ok := policy.ParseGroups(g.Letters()); !ok || back != g {
			t.Fatalf("%s is read as %s", g, back)
		}
	})
	for _, bad := range [][]string{{"J"}, {"a"}, {""}, {"AB"}, {"C", "?"}} {
		if g, ok := policy.ParseGroups(bad); ok || g != 0 {
			t.Errorf("%q are read as %s", bad, g)
		}
	}
}
