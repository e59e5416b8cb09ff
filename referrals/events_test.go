package referrals_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// feed is what the actor reads of one referral, type by type.
func (w *world) feed(t *testing.T, a policy.Actor, referral uuid.UUID) []string {
	t.Helper()
	events, err := event.NewStore(w.DB.DB).Feed(context.Background(), a, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range events {
		if e.ReferralID == referral {
			types = append(types, e.Type)
		}
	}
	slices.Sort(types)
	return types
}

var (
	ofTheCase     = []string{"attempt.accepted", "attempt.draft", "attempt.sent", "referral.active", "referral.draft"}
	ofTheProvider = []string{"attempt.accepted", "attempt.sent"}
)

// TestTheFeedHoldsWhatTheActorMayKnow: also with row-level security off, since each layer suffices.
func TestTheFeedHoldsWhatTheActorMayKnow(t *testing.T) {
	t.Parallel()
	for _, alone := range []bool{false, true} {
		w := newWorld(t)
		open, closed := w.in(t, "FSC-PARCEL", referrals.StatusAccepted), w.in(t, "GBV-CASE", referrals.StatusAccepted)
		if alone {
			w.withoutRowLevelSecurity(t)
		}
		machine := w.cleared
		machine.OwnSession = false
		for _, c := range []struct {
			name       string
			actor      policy.Actor
			one, three []string
		}{
			{"manager", w.manager, ofTheCase, ofTheCase}, {"other manager", w.otherManager, nil, nil}, {"supervisor", w.supervisor, ofTheCase, nil},
			{"protection", w.protection, ofTheCase, ofTheCase}, {"recipient", w.recipient, ofTheProvider, nil},
			{"other recipient", w.otherRecipient, nil, nil}, {"cleared", w.cleared, ofTheProvider, ofTheProvider},
			{"cleared through a machine", machine, ofTheProvider, nil},
		} {
			if got := w.feed(t, c.actor, open.ReferralID); !slices.Equal(got, c.one) {
				t.Errorf("%s reads %q of tier 1 (the application alone: %t)", c.name, got, alone)
			}
			if got := w.feed(t, c.actor, closed.ReferralID); !slices.Equal(got, c.three) {
				t.Errorf("%s reads %q of tier 3 (the application alone: %t)", c.name, got, alone)
			}
		}
		for _, a := range []policy.Actor{w.auditor, w.officer} {
			if _, err := event.NewStore(w.DB.DB).Feed(context.Background(), a, 0, 10); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("a role that no event concerns: %v", err)
			}
		}
	}
}

func TestADraftIsNoNewsToTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.draft(t, "FSC-PARCEL")
	if got := w.feed(t, w.recipient, a.ReferralID); len(got) != 0 {
		t.Errorf("the provider hears %q", got)
	}
	if got := w.feed(t, w.manager, a.ReferralID); len(got) != 2 {
		t.Errorf("the case manager hears %q", got)
	}
}

// TestEachMoveIsOneEvent counts them: of the attempt by its version, of the referral where it moved along.
func TestEachMoveIsOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusCompleted)
	want := "attempt.draft 1,attempt.sent 2,attempt.accepted 3,attempt.completed 4,referral.draft 1,referral.active 2,referral.closed_met 3"
	got := ask[string](t, w, `SELECT string_agg(type || ' ' || version, ',' ORDER BY type LIKE 'referral%', version) FROM event WHERE referral_id = $1`, a.ReferralID)
	if got != want {
		t.Errorf("the events are %s", got)
	}
	for _, column := range []string{"type", "id::text", "referral_id::text"} {
		if strings.Contains(ask[string](t, w, `SELECT string_agg(`+column+`, ',') FROM event`), "canary") {
			t.Errorf("%s holds something personal", column)
		}
	}
}
