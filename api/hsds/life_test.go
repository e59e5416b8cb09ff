package hsds_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/pg"
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

// A name that nobody could read while it was current is not told at its end: of a service that was never offered, or not while its
// organization was listed.
func TestAServiceThatNeverWasPublicDoesNotEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	told := func(id uuid.UUID, offer uuid.UUID, want string) {
		t.Helper()
		for list, id := range map[string]uuid.UUID{"/services": id, "/service_at_locations": offer} {
			if got := w.status(list+"?modified_after=2000-01-01", id); got != want {
				t.Errorf("%s: told of as %q, not %q", list, got, want)
			}
		}
	}
	waiting := w.service(w.town, "لم تقدم بعد", "Not yet offered", func(s *directory.Service) { s.Status = directory.Inactive })
	here := w.offer(waiting, w.place(w.town, yatta, 31.45, 35.09, false))
	told(waiting.ID, here.ID, "")
	early := w.service(w.applicant, "انتهت مبكرًا", "Ended early", nil)
	there := w.offer(early, w.place(w.applicant, yatta, 31.45, 35.09, false))
	_, err := w.store.SetServiceStatus(ctx, system, early.ID, early.Version, directory.Inactive)
	w.ok(err)
	w.pass(time.Hour)
	w.accredit(w.applicant.ID, "2026/009", 300)
	told(early.ID, there.ID, "")

	// The control: once it was offered, its end is told.
	offered, err := w.store.SetServiceStatus(ctx, system, waiting.ID, waiting.Version, directory.Active)
	w.ok(err)
	told(waiting.ID, here.ID, "active")
	_, err = w.store.SetServiceStatus(ctx, system, waiting.ID, offered.Version, directory.Inactive)
	w.ok(err)
	told(waiting.ID, here.ID, "defunct")
}

// A place that was entered twice is shown once, and what was offered there goes on at the other.
func TestAMergedLocationIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service(w.town, "استشارة", "Advice at two desks", nil)
	twice := w.place(w.town, yatta, 31.45, 35.09, false)
	kept := w.place(w.town, "gn-282239", 31.4501, 35.0901, false)
	w.offer(s, twice)
	shown := func(want ...uuid.UUID) {
		t.Helper()
		for _, path := range []string{"/organizations/" + w.town.ID.String(), "/services/" + s.ID.String(), "/organizations?latitude=31.45&longitude=35.09&radius=1000&full=true"} {
			body := string(w.get(path))
			for _, l := range []directory.Location{twice, kept} {
				if got, want := strings.Contains(body, l.ID.String()), slices.Contains(want, l.ID); got != want && !strings.HasPrefix(path, "/services") {
					t.Errorf("%s: %s is shown: %v, not %v", path, l.ID, got, want)
				}
			}
		}
	}
	shown(twice.ID, kept.ID)
	_, err := w.store.MergeLocation(t.Context(), policy.TheSystem(), twice.ID, twice.Version, kept.ID, pg.Once{})
	w.ok(err)
	shown(kept.ID)
	if body := string(w.get("/services/" + s.ID.String())); !strings.Contains(body, kept.ID.String()) || strings.Contains(body, twice.ID.String()) {
		t.Errorf("the service is not at the place that was kept: %s", body)
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
