package hsds_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/policy"
)

func (w *world) move(a directory.AccreditationMove) directory.Accreditation {
	w.t.Helper()
	moved, err := w.store.Move(w.t.Context(), policy.TheSystem(), a)
	w.ok(err)
	return moved.Entity
}

// status is how a list has the thing, or empty.
func (w *world) status(list string, id uuid.UUID) string {
	w.t.Helper()
	for _, thing := range w.list(list).Contents {
		if thing.ID == id.String() {
			return thing.Status
		}
	}
	return ""
}

// A suspended organization is gone on the next request; who reads what is new hears that it has ended, and that it is back.
func TestASuspendedOrganizationIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pass(time.Hour)
	since := "?modified_after=" + w.clock().Add(-time.Minute).Format(time.RFC3339)
	holds := func(when, listed, news string, single int) {
		t.Helper()
		for list, id := range map[string]uuid.UUID{"/services": w.physio.ID, "/organizations": w.association.ID, "/service_at_locations": record("sal")} {
			if got := w.status(list+"?full=true", id); got != listed {
				t.Errorf("%s, on %s: %q, not %q", when, list, got, listed)
			}
			if got := w.status(list+since, id); got != news {
				t.Errorf("%s, on %s with modified_after: %q, not %q", when, list, got, news)
			}
			if a := w.send(http.MethodGet, list+"/"+id.String()); a.status != single {
				t.Errorf("%s, %s alone: %d, not %d", when, list, a.status, single)
			}
		}
	}
	holds("before", "active", "", http.StatusOK)
	a := w.move(directory.AccreditationMove{ID: w.accreditation.ID, Version: w.accreditation.Version, Event: directory.Suspend, Suspension: directory.Administrative})
	holds("suspended", "", "defunct", http.StatusNotFound)
	if told := string(w.get("/services" + since + "&full=true")); strings.Contains(told, "phones") || strings.Contains(told, "office@association.example") {
		t.Errorf("more is told than the end: %s", told)
	}
	w.move(directory.AccreditationMove{ID: a.ID, Version: a.Version, Event: directory.Reinstate})
	holds("back", "active", "active", http.StatusOK)
	// A day comes that was written down before: nothing is written, and yet it has ended.
	w.pass(301 * 24 * time.Hour)
	since = "?modified_after=" + w.clock().Add(-48*time.Hour).Format(time.RFC3339)
	holds("expired", "", "defunct", http.StatusNotFound)
}

// Of what never was public nobody hears the end.
func TestWhatNeverWasPublicDoesNotEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, err := w.store.SetOrganizationStatus(t.Context(), policy.TheSystem(), w.applicant.ID, w.applicant.Version, directory.Defunct)
	w.ok(err)
	for _, list := range []string{"/services", "/organizations", "/service_at_locations"} {
		if body := string(w.get(list + "?modified_after=2000-01-01")); strings.Contains(body, o.ID.String()) || strings.Contains(body, "Undisclosed") {
			t.Errorf("%s tells of it", list)
		}
	}
	// The control: a listed one that ends the same way is told of.
	o, err = w.store.SetOrganizationStatus(t.Context(), policy.TheSystem(), w.town.ID, w.town.Version, directory.Defunct)
	w.ok(err)
	if got := w.status("/organizations?modified_after=2000-01-01", o.ID); got != "defunct" {
		t.Errorf("the municipality is %q", got)
	}
}

func TestAServiceThatEndsLeavesTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	s, err := w.store.SetServiceStatus(ctx, system, w.advice.ID, w.advice.Version, directory.Inactive)
	w.ok(err)
	if got := w.status("/services", s.ID); got != "" {
		t.Errorf("an inactive service is listed as %q", got)
	}
	if got := w.status("/services?modified_after=2000-01-01", s.ID); got != "defunct" {
		t.Errorf("who reads what is new is told %q", got)
	}
	s.Details.TemporarilyClosed = true
	s, err = w.store.ChangeService(ctx, system, s)
	w.ok(err)
	if got := w.status("/services", s.ID); got != "temporarily closed" {
		t.Errorf("a service that is closed for a time is %q", got)
	}
}

// What changed at just that instant is among what changed then or later.
func TestModifiedAfterIsInclusive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock()
	for after, want := range map[time.Time]int{at: 4, at.Add(time.Microsecond): 0, at.Add(-time.Hour): 4} {
		if got := w.list("/services?modified_after=" + after.Format(time.RFC3339Nano)).TotalItems; got != want {
			t.Errorf("after %v: %d, not %d", after, got, want)
		}
	}
	// A change of what stands inside is a change.
	w.pass(time.Hour)
	place, err := w.store.Location(t.Context(), policy.TheSystem(), record("loc"))
	w.ok(err)
	place.Name.EN = "Moved centre"
	if _, err := w.store.ChangeLocation(t.Context(), policy.TheSystem(), place); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"/services", "/organizations", "/service_at_locations"} {
		if got := w.list(list + "?modified_after=" + w.clock().Format(time.RFC3339Nano)).TotalItems; got != 1 {
			t.Errorf("%s: %d changed with their location", list, got)
		}
	}
}
