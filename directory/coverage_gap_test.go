package directory_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// The gaps are counted from the places; the numbers here are counted once more from Coverage.
func TestGapsCountWhoHasFarToGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.association())
	shelter := w.association()
	shelter.service.NeedCodes, shelter.term.needs, shelter.confidential = []string{"SHL-SAFE"}, []string{"SHL-SAFE"}, true
	w.add(shelter)
	full := w.association()
	full.service.NeedCodes, full.term.needs, full.accepting = []string{"DIS-SPEECH"}, []string{"DIS-SPEECH"}, directory.NoCapacity
	w.add(full)
	actor := supervisor(w.hebron.ID)
	if page := must(w.store.Gaps(t.Context(), actor, directory.GapQuery{}))(t); len(page.Items) != 0 {
		t.Errorf("before anything was computed there are %d gaps", len(page.Items))
	}
	first := must(w.store.RefreshCoverage(t.Context()))(t)
	if again := must(w.store.RefreshCoverage(t.Context()))(t); first < 50 || again != 0 {
		t.Errorf("%d needs were computed and at once %d again", first, again)
	}

	w.now = noon.Add(directory.CoverageAge)
	for range 3 {
		if again := must(w.store.RefreshCoverage(t.Context()))(t); again != 1 {
			t.Errorf("what is old is computed one need at a time, and it was %d", again)
		}
	}
	if n := pgtest.Value[int](t, w.DB, `SELECT count(DISTINCT need_id) FROM coverage WHERE computed_at = $1`, w.now); n != 3 {
		t.Errorf("three turns were of %d needs", n)
	}
	w.now = noon

	var far, unserved directory.Counted
	all := must(w.store.Coverage(t.Context(), actor, directory.CoverageQuery{Need: physio, Governorate: hebron}))(t).Items
	for _, p := range all {
		if p.Band == directory.Over20Km || p.Band == directory.NoProvider {
			far.Places, far.People = far.Places+1, far.People+p.Population
		}
		if p.Band == directory.NoProvider {
			unserved.Places, unserved.People = unserved.Places+1, unserved.People+p.Population
		}
	}
	got := must(w.store.Gaps(t.Context(), actor, directory.GapQuery{Need: physio, Governorate: hebron}))(t).Items
	if len(got) != 1 || got[0].Far != far || got[0].Unserved != unserved || got[0].All.Places != len(all) || far.Places == 0 || !got[0].AsOf.Equal(noon) {
		t.Errorf("got %+v, want %+v far and %+v unserved of %d", got, far, unserved, len(all))
	}
	speech := must(w.store.Gaps(t.Context(), actor, directory.GapQuery{Need: "DIS-SPEECH", Governorate: hebron}))(t).Items
	if len(speech) != 1 || speech[0].Full.Places != speech[0].All.Places || speech[0].Unserved != speech[0].All {
		t.Errorf("where only room lacks: %+v", speech)
	}
	w.gapsOfRestrictedNeeds(actor)
	w.gapPages(actor)
}

func (w *world) gapsOfRestrictedNeeds(other policy.Actor) {
	w.t.Helper()
	cleared := policy.Actor{
		AccountID: uuid.New(), Kind: policy.Person, OwnSession: true,
		Memberships: []policy.Membership{{Role: policy.ProtectionFocalPoint, DirectorateID: w.hebron.ID}},
	}
	const restricted = "CHP-CASE" // nobody serves it; the shelter serves all of Hebron
	for need, want := range map[string]int{restricted: 1, "SHL-SAFE": 0} {
		if got := must(w.store.Gaps(w.t.Context(), cleared, directory.GapQuery{Need: need}))(w.t).Items; len(got) != want {
			w.t.Errorf("who is cleared for Hebron sees %d gaps of %s, want %d: %+v", len(got), need, want, got)
		}
		if got := must(w.store.Gaps(w.t.Context(), other, directory.GapQuery{Need: need}))(w.t).Items; len(got) != 0 {
			w.t.Errorf("who is not cleared sees %+v", got)
		}
	}
	// The control: there are rows to be kept from them.
	if n := pgtest.Value[int](w.t, w.DB, `SELECT count(*) FROM coverage WHERE restricted`); n == 0 {
		w.t.Error("negative control: nothing restricted is there")
	}
}

// gapPages reads all gaps by pages.
func (w *world) gapPages(actor policy.Actor) {
	w.t.Helper()
	whole := must(w.store.Gaps(w.t.Context(), actor, directory.GapQuery{}))(w.t).Items
	var paged []directory.Gap
	q := directory.GapQuery{Limit: 100}
	for {
		page := must(w.store.Gaps(w.t.Context(), actor, q))(w.t)
		paged = append(paged, page.Items...)
		if q.After = page.Next; q.After == nil {
			break
		}
	}
	same := slices.EqualFunc(whole, paged, func(a, b directory.Gap) bool {
		return a.Need.Code == b.Need.Code && a.GovernorateCode == b.GovernorateCode
	})
	sorted := slices.IsSortedFunc(whole, func(a, b directory.Gap) int { return b.Far.People - a.Far.People })
	if !same || !sorted || len(whole) < 300 {
		w.t.Errorf("%d gaps at once and %d by pages, sorted: %v", len(whole), len(paged), sorted)
	}
}
