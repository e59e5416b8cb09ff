package referrals_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg/pgtest"
	"tahweel/referrals"
)

func day(w *world) time.Time { return geo.Today(w.now) }

// The counts of the state map as referrals.md and its machine-readable companion give them.
const (
	countStatuses      = 14
	countTransitions   = 25
	countCallable      = 18
	countLegal         = 76 // (state, transition)
	countLegalPairs    = 49 // (state, state)
	countIllegal       = 274
	countIllegalByCall = 199
	countSteady        = 4  // that change no status
	countSteadyIllegal = 49 // of their 56 pairs
	countDraftHidden   = 12 // of the 199: provider's moves on a draft
	countSteadyHidden  = 3  // of the 49
)

// allTransitions and those that only the system makes.
var allTransitions = []referrals.Transition{
	referrals.Send, referrals.Discard, referrals.Acknowledge, referrals.RequestInfo, referrals.ProvideInfo, referrals.Accept, referrals.Waitlist,
	referrals.Decline, referrals.LeaveWaitlist, referrals.Expire, referrals.Lapse, referrals.Recall, referrals.StartService, referrals.Hold,
	referrals.Resume, referrals.Complete, referrals.CloseUnmet, referrals.ConfirmCancel, referrals.CancelTimeout, referrals.SafetyRecall,
	referrals.ConsentWithdrawn, referrals.ProviderSuspended, referrals.MarkError, referrals.WindDownEnded, referrals.ProviderBarred,
}

var ofTheSystem = []referrals.Transition{
	referrals.Expire, referrals.Lapse, referrals.CancelTimeout, referrals.ConsentWithdrawn, referrals.ProviderSuspended, referrals.WindDownEnded,
	referrals.ProviderBarred,
}

type edge struct{ from, transition, to string }

func edgesOf(t *testing.T, d *pgtest.DB, table string) []edge {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), "SELECT from_status, transition, to_status FROM "+table+" ORDER BY 1, 2, 3")
	if err != nil {
		t.Fatal(err)
	}
	edges, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (edge, error) {
		var e edge
		return e, r.Scan(&e.from, &e.transition, &e.to)
	})
	if err != nil {
		t.Fatal(err)
	}
	return edges
}

func sorted(edges []edge) []edge {
	slices.SortFunc(edges, func(a, b edge) int {
		return slices.Compare([]string{a.from, a.transition, a.to}, []string{b.from, b.transition, b.to})
	})
	return edges
}

func TestTheStateMapIsTheTableAndTheDocument(t *testing.T) {
	t.Parallel()
	edges := []edge{{"none", "create", "draft"}}
	legal, pairs, byCall := 0, map[[2]referrals.Status]bool{}, 0
	for from, moves := range referrals.Transitions {
		for transition, ends := range moves {
			legal++
			if !slices.Contains(ofTheSystem, transition) {
				byCall++
			}
			for _, end := range ends {
				pairs[[2]referrals.Status{from, end}] = true
				edges = append(edges, edge{string(from), string(transition), string(end)})
			}
		}
	}
	if table := edgesOf(t, pgtest.New(t), "attempt_transition"); !slices.Equal(sorted(edges), table) {
		t.Errorf("the program has %d edges, the database %d, and they differ", len(edges), len(table))
	}
	for name, c := range map[string][2]int{
		"states": {len(statuses), countStatuses}, "transitions": {len(allTransitions), countTransitions},
		"callable": {len(allTransitions) - len(ofTheSystem), countCallable}, "legal": {legal, countLegal}, "pairs": {len(pairs), countLegalPairs},
		"illegal":               {countStatuses*countTransitions - legal, countIllegal},
		"illegal by call":       {countStatuses*countCallable - byCall, countIllegalByCall},
		"that change no status": {len(referrals.Steady), countSteady}, "callable altogether": {len(referrals.Callable), countCallable + countSteady},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, the document says %d", name, c[0], c[1])
		}
	}
}

func TestEveryStateIsReachable(t *testing.T) {
	t.Parallel()
	if missing := unreachable(referrals.Transitions); len(missing) != 0 {
		t.Errorf("no way leads to %v", missing)
	}
	without := maps.Clone(referrals.Transitions)
	without[referrals.StatusAccepted] = nil
	if missing := unreachable(without); !slices.Contains(missing, referrals.StatusInService) {
		t.Error("a map without a way to in_service goes unnoticed")
	}
}

func unreachable(transitions map[referrals.Status]map[referrals.Transition][]referrals.Status) []referrals.Status {
	seen := map[referrals.Status]bool{}
	var visit func(s referrals.Status)
	visit = func(s referrals.Status) {
		if seen[s] {
			return
		}
		seen[s] = true
		for _, ends := range transitions[s] {
			for _, end := range ends {
				visit(end)
			}
		}
	}
	visit(referrals.StatusDraft)
	return slices.DeleteFunc(slices.Clone(statuses), func(s referrals.Status) bool { return seen[s] })
}

func TestEveryPairOutsideTheMapIsRefused(t *testing.T) {
	t.Parallel()
	refused := 0
	for _, s := range statuses {
		for _, tr := range allTransitions {
			_, legal := referrals.Transitions[s][tr]
			for _, held := range append([]referrals.Status{""}, statuses...) {
				next, err := s.Next(tr, held)
				if legal && (err == nil || tr == referrals.Resume) {
					continue
				}
				if legal || next != "" || fault.KindOf(err) != fault.Impossible {
					t.Errorf("%s, %s, held from %q: %q, %v", s, tr, held, next, err)
				}
			}
			if !legal {
				refused++
			}
		}
		if s.Terminal() != (len(referrals.Transitions[s]) == 0 || len(referrals.Transitions[s]) == 1 && referrals.Transitions[s][referrals.MarkError] != nil) {
			t.Errorf("%s: terminal is %t", s, s.Terminal())
		}
	}
	if refused != countIllegal {
		t.Errorf("%d pairs refused, not %d", refused, countIllegal)
	}
}

func TestResumeRestoresWhatItWasHeldFrom(t *testing.T) {
	t.Parallel()
	for held, want := range map[referrals.Status]referrals.Status{
		referrals.StatusAccepted: referrals.StatusAccepted, referrals.StatusInService: referrals.StatusInService, "": "", referrals.StatusSent: "",
	} {
		if next, err := referrals.StatusOnHold.Next(referrals.Resume, held); next != want || (err == nil) != (want != "") {
			t.Errorf("held from %q: %q, %v", held, next, err)
		}
	}
}

func TestTheLifeOfAReferralIsTheTable(t *testing.T) {
	t.Parallel()
	edges := []edge{{"none", "create", "draft"}}
	reached := map[referrals.ReferralStatus]bool{referrals.ReferralDraft: true}
	for from, moves := range referrals.ReferralTransitions {
		for transition, end := range moves {
			edges = append(edges, edge{string(from), string(transition), string(end)})
			reached[end] = true
		}
	}
	if table := edgesOf(t, pgtest.New(t), "referral_transition"); !slices.Equal(sorted(edges), table) {
		t.Errorf("the program has %v, the database %v", edges, table)
	}
	if len(reached) != 7 {
		t.Errorf("of seven states %d are reached", len(reached))
	}
}
