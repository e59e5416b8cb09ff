package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// demoClock is the time in which the demonstration lives: it runs with the wall clock, a while ahead of it once somebody moved it, and
// never backwards, not even over a restart or when the wall clock is set back. All stores of the domain share it. Tokens, accounts
// and their memberships keep the wall clock: whoever may sign in today may still do so after a month was skipped.
type demoClock struct {
	wall func() time.Time
	path string // of the file that keeps the lead

	mu     sync.Mutex
	ahead  time.Duration
	lowest time.Time // the latest instant it has shown
}

// farthest is how far ahead of the wall clock the demonstration may be.
const farthest = 10 * 365 * 24 * time.Hour

var (
	errBackwards = errors.New("the clock of the demonstration does not run backwards")
	errTooFar    = errors.New("the clock of the demonstration goes at most ten years ahead")
)

// kept is the content of the file.
type kept struct {
	Ahead string    `json:"ahead"` // as Go writes durations
	Shown time.Time `json:"shown"`
}

// openDemoClock returns the clock as the last run left it in the file at path; without one it shows the wall clock's time.
func openDemoClock(path string, wall func() time.Time) (*demoClock, error) {
	c := &demoClock{wall: wall, path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	var k kept
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err == nil {
		c.ahead, err = time.ParseDuration(k.Ahead)
	}
	if err != nil {
		return nil, fmt.Errorf("read the clock of the demonstration: %w", err)
	}
	c.lowest = k.Shown
	return c, nil
}

// now is the instant in the demonstration.
func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.show()
}

func (c *demoClock) show() time.Time {
	at := c.wall().UTC().Round(0).Add(c.ahead)
	if at.Before(c.lowest) {
		return c.lowest
	}
	c.lowest = at
	return at
}

// advance moves the clock forward. It fails with errBackwards or errTooFar.
func (c *demoClock) advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.move(c.show(), by)
}

// set moves the clock forward to the instant. It fails with errBackwards or errTooFar.
func (c *demoClock) set(to time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	from := c.show()
	return c.move(from, to.Sub(from)) // Sub stops at the ends of what a duration holds, both of which are refused
}

// move keeps the lead on disk before anybody sees it.
func (c *demoClock) move(from time.Time, by time.Duration) error {
	ahead := from.Add(by).Sub(c.wall().UTC().Round(0))
	switch {
	case by < 0:
		return errBackwards
	case by > farthest, ahead > farthest:
		return errTooFar
	}
	text, err := json.Marshal(kept{Ahead: ahead.String(), Shown: from.Add(by)})
	if err == nil {
		err = writeOwn(c.path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keep the clock of the demonstration: %w", err)
	}
	c.ahead, c.lowest = ahead, from.Add(by)
	return nil
}

// Weeks, days, hours, minutes and seconds of ISO 8601; months and years have no one length.
var isoDuration = regexp.MustCompile(`^P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$`)

// parseDuration reads a duration of ISO 8601 in whole numbers, such as PT36H or P2DT30M.
func parseDuration(text string) (time.Duration, error) {
	parts := isoDuration.FindStringSubmatch(text)
	var sum time.Duration
	said := false
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if parts == nil || parts[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(parts[i+1])
		if err != nil {
			return 0, err
		}
		sum, said = sum+time.Duration(n)*unit, true
	}
	if !said || text[len(text)-1] == 'T' {
		return 0, fmt.Errorf("%q is not a duration such as PT36H or P2D", text)
	}
	return sum, nil
}
