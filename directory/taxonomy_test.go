package directory

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tahweel/internal/fault"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

func TestTheTaxonomyHasItsRoots(t *testing.T) {
	t.Parallel()
	leaves := map[string]int{}
	for _, n := range taxonomy {
		if !n.Root() {
			leaves[n.ParentCode]++
		}
	}
	for _, root := range []string{"PRT", "GBV", "CHP", "HEA", "MHP", "DIS", "EDU", "SHL", "FSC", "LIV", "LEG", "ELD", "CSH"} {
		if n, ok := NeedByCode(root); !ok || !n.Root() || leaves[root] < 3 || leaves[root] > 6 {
			t.Errorf("%s has %d leaves", root, leaves[root])
		}
		delete(leaves, root)
	}
	if len(leaves) > 0 {
		t.Errorf("leaves of no root: %v", leaves)
	}
	if n, _ := NeedByCode("DIS-PHYSIO"); n.ID.String() != "83cc1cdb-a47a-549c-a647-a3e70d5854c4" {
		t.Errorf("the id of DIS-PHYSIO is %s: ids must never change", n.ID)
	}
}

func TestAFaultyTaxonomyIsNamedWhole(t *testing.T) {
	t.Parallel()
	text := Name{AR: "نص", EN: "text"}
	root := Need{Code: "AAA", Name: text, Description: text}
	leaf := Need{Code: "AAA-ONE", ParentCode: "AAA", Tier: 1, Name: text, Description: text}
	with := func(n Need, change func(*Need)) Need {
		change(&n)
		return n
	}
	for name, c := range map[string]struct {
		needs []Need
		want  []string
	}{
		"sound":          {[]Need{root, leaf}, nil},
		"twice":          {[]Need{root, leaf, leaf}, []string{"/AAA-ONE"}},
		"no code":        {[]Need{with(root, func(n *Need) { n.Code = "" })}, []string{"/"}},
		"no parent":      {[]Need{leaf}, []string{"/AAA-ONE/parent"}},
		"parent later":   {[]Need{leaf, root}, []string{"/AAA-ONE/parent"}},
		"leaf of a leaf": {[]Need{root, leaf, with(leaf, func(n *Need) { n.Code, n.ParentCode = "AAA-ONE-X", "AAA-ONE" })}, []string{"/AAA-ONE-X/parent"}},
		"texts":          {[]Need{with(root, func(n *Need) { n.Name.AR, n.Description.EN = " ", "" })}, []string{"/AAA/name/ar", "/AAA/description/en"}},
		"tiers":          {[]Need{with(root, func(n *Need) { n.Tier = 1 }), with(leaf, func(n *Need) { n.Tier = 4 })}, []string{"/AAA/tier", "/AAA-ONE/tier"}},
	} {
		var got []string
		var f *fault.Error
		if errors.As(ValidateTaxonomy(c.needs), &f) {
			for _, field := range f.Fields {
				got = append(got, field.Pointer)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSeedingNeedsIsRepeatable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := NewStore(db.DB, time.Now)
	ctx, system := t.Context(), policy.TheSystem()
	for range 2 {
		if err := s.SeedNeeds(ctx, system); err != nil {
			t.Fatal(err)
		}
	}
	db.Exec(t, `UPDATE need SET name_ar = 'x' WHERE code = 'DIS-PHYSIO'`)
	if err := s.SeedNeeds(ctx, system); err != nil {
		t.Fatal(err)
	}
	if err := s.SeedNeeds(ctx, policy.Actor{Kind: policy.Person}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("anybody seeds: %v", err)
	}
	got, err := s.Needs(ctx, policy.Actor{Kind: policy.Person})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(taxonomy)
	slices.SortFunc(want, func(a, b Need) int { return cmpCodes(a.Code, b.Code) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-program +database:\n%s", diff)
	}
}

func cmpCodes(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
