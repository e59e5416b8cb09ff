package referrals_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// shown are the keys that a view has, by letter; R is what tier 3 shows in the envelope's stead, t free text within E.
func shown(v referrals.View) string {
	var b strings.Builder
	for _, k := range []struct {
		letter string
		there  bool
	}{
		{"A", v.Envelope != nil}, {"R", v.Restricted != nil}, {"B", v.Eligibility != nil}, {"C", v.Details.Identity != nil},
		{"D", v.Details.Contact != nil}, {"E", v.Details.Narrative != nil},
		{"t", v.Details.Narrative != nil && (v.Details.Narrative.Text != "" || v.Details.Narrative.Strengths != nil)},
		{"F", v.Details.Household != nil}, {"G", v.Details.Sensitive != nil}, {"I", v.Sender != nil},
	} {
		if k.there {
			b.WriteString(k.letter)
		}
	}
	return b.String()
}

// toProvider is what the provider sees in each state: of the tiers 1, 2 and 3, with a grant of C, D, E and G and consent to all.
var toProvider = map[referrals.Status][3]string{
	referrals.StatusSent:           {"ABI", "ABI", "RI"},
	referrals.StatusAcknowledged:   {"ABI", "ABI", "RI"},
	referrals.StatusInfoRequested:  {"ABI", "ABI", "RI"},
	referrals.StatusWaitlisted:     {"ABI", "ABI", "RI"},
	referrals.StatusAccepted:       {"ABCDEtI", "ABCDEtGI", "RCDEI"},
	referrals.StatusInService:      {"ABCDEtI", "ABCDEtGI", "RCDEI"},
	referrals.StatusOnHold:         {"ABCDEtI", "ABCDEtGI", "RCDEI"},
	referrals.StatusDeclined:       {"A", "A", ""},
	referrals.StatusExpired:        {"A", "A", ""},
	referrals.StatusCancelled:      {"A", "A", ""},
	referrals.StatusCompleted:      {"ABCDEtI", "ABCDEtGI", "RCDEI"},
	referrals.StatusNotCompleted:   {"ABCDEtI", "ABCDEtGI", "RCDEI"},
	referrals.StatusEnteredInError: {"A", "A", ""},
}

var needs = []string{"FSC-PARCEL", "DIS-PHYSIO", "GBV-CASE"}

// look reads an attempt and fails where a list holds a sealed group or says another thing than the detail does of the open ones.
func (w *world) look(t *testing.T, actor policy.Actor, id uuid.UUID) string {
	t.Helper()
	v, err := w.store.Attempt(context.Background(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.store.Attempts(context.Background(), actor, referrals.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range list {
		if line.Details != (referrals.Details{}) || line.Groups&policy.Sealed != 0 || line.Text != nil {
			t.Errorf("a list holds sealed groups: %s", shown(line))
		}
		if line.ID == id && shown(line) != without(shown(v), "CDEtFG") {
			t.Errorf("the list shows %s, the detail %s", shown(line), shown(v))
		}
	}
	return shown(v)
}

func without(s, letters string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return -1
		}
		return r
	}, s)
}

func TestWhatAProviderSeesByTierAndStage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wrong := 0
	for tier, code := range needs {
		for status, want := range toProvider {
			a := w.in(t, code, status)
			if got := w.look(t, w.answering(code), a.ID); got != want[tier] {
				t.Errorf("tier %d, %s: %q, not %q", tier+1, status, got, want[tier])
			}
			if got := w.look(t, w.manager, a.ID); got != "ABCDEtFGI" {
				t.Errorf("tier %d, %s: the case manager sees %q", tier+1, status, got)
			}
			if got := shownWithoutConsentOrStage(w, t, a.ID); got != want[tier] {
				wrong++
			}
		}
	}
	if wrong == 0 {
		t.Error("a projection that looks at no stage passes too")
	}
}

// shownWithoutConsentOrStage is a broken projection: whoever may read sees as much as the case manager.
func shownWithoutConsentOrStage(w *world, t *testing.T, id uuid.UUID) string {
	return w.look(t, w.manager, id)
}

func TestWhatIsShownAfterClosing(t *testing.T) {
	t.Parallel()
	for _, status := range []referrals.Status{referrals.StatusCompleted, referrals.StatusNotCompleted} {
		w := newWorld(t)
		var ids []uuid.UUID
		for _, code := range needs {
			ids = append(ids, w.in(t, code, status).ID)
		}
		w.now = w.now.Add(30*24*time.Hour - time.Second)
		for tier, id := range ids {
			if got := w.look(t, w.answering(needs[tier]), id); got != toProvider[status][tier] {
				t.Errorf("tier %d, a moment before 30 days: %q", tier+1, got)
			}
		}
		w.now = w.now.Add(time.Second)
		for tier, id := range ids {
			if got := w.look(t, w.answering(needs[tier]), id); got != [3]string{"A", "A", ""}[tier] {
				t.Errorf("tier %d, after 30 days: %q", tier+1, got)
			}
		}
		v, err := w.store.Attempt(context.Background(), w.recipient, ids[0])
		if err != nil || (status == referrals.StatusCompleted) != (v.OutcomeCode != nil) {
			t.Errorf("the outcome is %v, %v", v.OutcomeCode, err)
		}
	}
}

// TestGrantAndConsentAreIntersected goes through tiers, grants and consents: what is shown is in all three.
func TestGrantAndConsentAreIntersected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ceilings := [3]string{"CDEFH", "CDEGH", "CDE"}
	for tier, code := range needs {
		for _, grants := range []string{"", "C", "DE", "CDEFGH"} {
			w.grant(t, grants)
			for _, consented := range []string{"AB", "C", "ABDFGI", "ABCDEFGHI"} {
				a := w.attemptWith(t, w.create(t, code), consented)
				a = w.bring(t, a, code, referrals.StatusAccepted)
				v, err := w.store.Attempt(context.Background(), w.answering(code), a.ID)
				if err != nil {
					t.Fatal(err)
				}
				want := both(both(ceilings[tier], grants), consented)
				if got := without(shown(v), "ARBIt"); got != without(want, "H") || v.Groups&policy.Sealed != letters(t, want) {
					t.Errorf("tier %d, grant %q, consent %q: %q of %q", tier+1, grants, consented, got, want)
				}
			}
		}
	}
}

func both(a, b string) string {
	return strings.Map(func(r rune) rune {
		if !strings.ContainsRune(b, r) {
			return -1
		}
		return r
	}, a)
}

func letters(t *testing.T, s string) policy.Groups {
	t.Helper()
	g, ok := policy.ParseGroups(strings.Split(s, "")[:len(s)])
	if !ok {
		t.Fatalf("%q are no groups", s)
	}
	return g
}

func TestAGrantOfTomorrowDoesNotWidenWhatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(t, "C")
	a := w.in(t, "FSC-PARCEL", referrals.StatusAccepted)
	w.grant(t, "CDEFGH")
	if got := w.look(t, w.recipient, a.ID); got != "ABCI" {
		t.Errorf("it shows %q", got)
	}
	if got := w.look(t, w.recipient, w.in(t, "FSC-PARCEL", referrals.StatusAccepted).ID); got != "ABCDEtFI" {
		t.Errorf("the new terms show %q of what is accepted under them", got)
	}
}

func TestWithdrawalClosesAtOnceAndExpiryDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for tier, code := range needs {
		pending, serving := w.in(t, code, referrals.StatusSent), w.in(t, code, referrals.StatusInService)
		expiring := w.in(t, code, referrals.StatusInService)
		w.Exec(t, `UPDATE consent SET expires_at = given_at + interval '1 second' WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`, expiring.ID)
		w.Exec(t, `UPDATE consent SET withdrawn_at = now() WHERE id IN (SELECT consent_id FROM attempt WHERE id IN ($1, $2))`, pending.ID, serving.ID)
		for _, a := range []referrals.Result{pending, serving} {
			if got := w.look(t, w.answering(code), a.ID); got != [3]string{"A", "A", ""}[tier] {
				t.Errorf("tier %d: withdrawn, and %q is still shown", tier+1, got)
			}
		}
		w.now = w.now.Add(time.Minute)
		if got := w.look(t, w.answering(code), expiring.ID); got != toProvider[referrals.StatusInService][tier] {
			t.Errorf("tier %d: expiry breaks a service under way: %q", tier+1, got)
		}
		for name, a := range map[string]referrals.Result{"withdrawn": pending} {
			if _, err := w.move(referrals.Accept, w.answering(code), to(a)); fault.KindOf(err) != fault.Refused {
				t.Errorf("tier %d: accepted although %s: %v", tier+1, name, err)
			}
		}
	}
}

// TestASmallPlaceIsNotNamed: in a place under 5,000 or of unknown size the provider gets a distance band.
func TestASmallPlaceIsNotNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	for _, c := range []struct {
		population any
		named      bool
	}{{nil, false}, {4999, false}, {5000, true}} {
		w.Exec(t, `UPDATE place SET population = $1 WHERE name_en = 'Yatta'`, c.population)
		v, err := w.store.Attempt(context.Background(), w.recipient, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if (v.Envelope.Place != "") != c.named || (v.Envelope.DistanceBand == "") != c.named || v.Envelope.GovernorateCode == "" {
			t.Errorf("population %v: place %q, band %q", c.population, v.Envelope.Place, v.Envelope.DistanceBand)
		}
		if r, err := w.store.Attempt(context.Background(), w.manager, a.ID); err != nil || r.Envelope.Place == "" {
			t.Errorf("the case manager does not see the place: %v", err)
		}
	}
}

// TestEveryDisclosureIsLogged: one entry a look, with the groups and the instrument.
func TestEveryDisclosureIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "DIS-PHYSIO", referrals.StatusAccepted)
	entries := func() int {
		return w.count(t, `SELECT count(*) FROM audit_entry
			WHERE action = 'disclose' AND object_id = $1 AND account_id = $2 AND allowed AND groups = '{C,D,E,G}' AND instrument_id = $3
				AND instrument_version = 1 AND term_number = 1 AND person_id IS NOT NULL`, a.ID, w.recipient.AccountID, w.instrument)
	}
	before := entries()
	for range 3 {
		w.look(t, w.recipient, a.ID)
	}
	if got := entries() - before; got != 3 {
		t.Errorf("three looks, %d entries", got)
	}
	declined := w.in(t, "DIS-PHYSIO", referrals.StatusDeclined)
	w.look(t, w.recipient, declined.ID)
	if n := w.count(t, `SELECT count(*) FROM audit_entry WHERE action = 'disclose' AND object_id = $1 AND account_id = $2`, declined.ID, w.recipient.AccountID); n != 0 {
		t.Errorf("nothing was disclosed and %d entries say so", n)
	}
}

func TestNothingPersonalIsInAZeroView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	v, err := w.store.Attempt(context.Background(), w.recipient, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := dump(v); strings.Contains(text, "canary") {
		t.Errorf("the provider's view holds %s", text)
	}
	if v, err = w.store.Attempt(context.Background(), w.manager, a.ID); err != nil || !strings.Contains(dump(v), "canary") {
		t.Errorf("the comparison does not see what it should: %v", err)
	}
}

// dump writes every string of a value, through pointers and slices.
func dump(v any) string {
	var b strings.Builder
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.String:
			b.WriteString(v.String() + "\n")
		default:
		}
	}
	walk(reflect.ValueOf(v))
	return b.String()
}
