package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// wallClock is one that a test moves.
type wallClock struct {
	mu sync.Mutex
	at time.Time
}

func (w *wallClock) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *wallClock) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func clockFor(t *testing.T) (*demoClock, *wallClock) {
	t.Helper()
	wall := &wallClock{at: time.Date(2030, time.May, 1, 9, 0, 0, 0, time.UTC)}
	c, err := openDemoClock(filepath.Join(t.TempDir(), "clock.json"), wall.now)
	if err != nil {
		t.Fatal(err)
	}
	return c, wall
}

func TestTheDemonstrationsClockRunsForward(t *testing.T) {
	t.Parallel()
	c, wall := clockFor(t)
	begun := wall.now()
	shows := func(since time.Duration) {
		t.Helper()
		if got := c.now().Sub(begun); got != since {
			t.Errorf("the clock shows %v, not %v, after the beginning", got, since)
		}
	}
	shows(0)
	if err := c.advance(36 * time.Hour); err != nil {
		t.Error(err)
	}
	shows(36 * time.Hour)
	wall.pass(time.Minute)
	shows(36*time.Hour + time.Minute)
	if err := c.set(begun.Add(48*time.Hour + time.Millisecond)); err != nil {
		t.Error(err)
	}
	shows(48*time.Hour + time.Millisecond)
	for _, to := range []time.Time{begun, {}} {
		if err := c.set(to); !errors.Is(err, errBackwards) {
			t.Errorf("back to %v: %v", to, err)
		}
	}
	if err := c.advance(-time.Second); !errors.Is(err, errBackwards) {
		t.Errorf("a second back: %v", err)
	}
	if err := c.set(begun.AddDate(1000, 0, 0)); !errors.Is(err, errTooFar) {
		t.Errorf("a thousand years ahead: %v", err)
	}
	wall.pass(-time.Hour) // somebody sets the machine's clock back
	shows(48*time.Hour + time.Millisecond)
	again, err := openDemoClock(c.path, wall.now)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.now(); got.Before(c.now()) {
		t.Errorf("after a restart the clock shows %v, which is before %v", got, c.now())
	}
	wall.pass(2 * time.Hour)
	if again.now().Sub(begun) < 48*time.Hour {
		t.Error("after a restart the lead is lost")
	}
}

func TestADamagedClockIsSaid(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock.json")
	for _, text := range []string{"", "{}", `{"ahead": "soon"}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openDemoClock(path, time.Now); err == nil {
			t.Errorf("%q was read as a clock", text)
		}
	}
}

func TestManyMoveAndReadTheClock(t *testing.T) {
	t.Parallel()
	c, wall := clockFor(t)
	begun := wall.now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			last := c.now()
			for range 20 {
				if err := c.advance(time.Minute); err != nil {
					t.Error(err)
				}
				if at := c.now(); !at.After(last) {
					t.Errorf("the clock shows %v after %v", at, last)
				} else {
					last = at
				}
			}
		})
	}
	all.Wait()
	if got := c.now().Sub(begun); got != 160*time.Minute {
		t.Errorf("160 advances of a minute made %v", got)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT36H": 36 * time.Hour, "P2D": 48 * time.Hour, "P1W": 7 * 24 * time.Hour, "P1DT2H3M4S": 26*time.Hour + 3*time.Minute + 4*time.Second, "PT0S": 0,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "36h", "P1Y", "P1M", "-PT1H", "PT-1H", "PT1.5H", "PT1H ", "PT99999999H"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestTheFaceOfTheClock(t *testing.T) {
	t.Parallel()
	c, _ := clockFor(t)
	face := withClock(http.NotFoundHandler(), c)
	for _, ask := range []struct {
		method, media, body string
		status              int
		holds               string
	}{
		{"GET", "", "", 200, `"now":"2030-05-01T09:00:00Z"`},
		{"POST", "application/json", `{"advance": "PT36H"}`, 200, `"now":"2030-05-02T21:00:00Z","wall":"2030-05-01T09:00:00Z"`},
		{"POST", "application/json; charset=utf-8", `{"to": "2030-06-01T00:00:00+03:00"}`, 200, `"now":"2030-05-31T21:00:00Z"`},
		{"POST", "application/json", `{"to": "2030-05-01T09:00:00Z"}`, 409, "clock_runs_forward"},
		{"POST", "application/json", `{"to": "2130-05-01T09:00:00Z"}`, 422, "clock_too_far"},
		{"POST", "application/json", `{"advance": "a while"}`, 422, "invalid_duration"},
		{"POST", "application/json", `{"advance": "PT1H", "to": "2031-01-01T00:00:00Z"}`, 400, "malformed_body"},
		{"POST", "application/json", `{}`, 400, "malformed_body"},
		{"POST", "application/json", `{"advance": "PT1H", "by": "me"}`, 400, "malformed_body"},
		{"POST", "application/json", `{"advance": "PT1H"} {}`, 400, "malformed_body"},
		{"POST", "application/json", `{"advance": "` + strings.Repeat("P", 2000) + `"}`, 400, "malformed_body"},
		{"POST", "text/plain", `{"advance": "PT1H"}`, 415, "unsupported_media_type"},
		{"POST", "", `{"advance": "PT1H"}`, 415, "unsupported_media_type"},
		{"DELETE", "", "", 404, ""},                          // the API's answer to an address it does not know
		{"GET", "", "", 200, `"now":"2030-05-31T21:00:00Z"`}, // no refusal moved it
	} {
		r := httptest.NewRequest(ask.method, clockPath, strings.NewReader(ask.body))
		if ask.media != "" {
			r.Header.Set("Content-Type", ask.media)
		}
		w := httptest.NewRecorder()
		face.ServeHTTP(w, r)
		if w.Code != ask.status || !strings.Contains(w.Body.String(), ask.holds) {
			t.Errorf("%s %s %s: %d %s", ask.method, ask.media, ask.body, w.Code, w.Body)
		}
	}
}
