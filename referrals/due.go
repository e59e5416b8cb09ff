package referrals

import (
	"time"

	"tahweel/geo"
)

// zone is where days begin and end (referrals.md, "Time").
var zone = func() *time.Location {
	location, err := time.LoadLocation("Asia/Hebron")
	if err != nil {
		panic(err) // impossible: the data are in the program
	}
	return location
}()

// wall is what a clock on the wall shows at the instant, written as UTC, so that every day has 24 hours when time is counted.
func wall(t time.Time) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is the reverse of wall.
func instant(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UTC()
}

// workingAfter returns the instant at which so much working time has passed since from. Every working day counts whole; past
// geo.Horizon days a calendar that is closed for good is given up.
func workingAfter(c geo.Calendar, from time.Time, working time.Duration) time.Time {
	at := wall(from)
	for range geo.Horizon {
		day := at.Truncate(24 * time.Hour)
		next := day.AddDate(0, 0, 1)
		if c.WorkingDay(day) {
			if left := next.Sub(at); working > left {
				working -= left
			} else {
				return instant(at.Add(working))
			}
		}
		at = next
	}
	return instant(at)
}

// workingBetween returns how much working time lies between two instants; none if to is not later.
func workingBetween(c geo.Calendar, from, to time.Time) time.Duration {
	var working time.Duration
	for at, end := wall(from), wall(to); at.Before(end); {
		day := at.Truncate(24 * time.Hour)
		next := day.AddDate(0, 0, 1)
		if next.After(end) {
			next = end
		}
		if c.WorkingDay(day) {
			working += next.Sub(at)
		}
		at = next
	}
	return working
}

// step is what somebody is waited for.
type step string

const (
	decideStep   step = "decide"   // the provider's answer to what was sent; else it expires
	informStep   step = "inform"   // the sender's answer to a question; else it lapses
	waitStep     step = "wait"     // a place on the waiting list; else it lapses
	withdrawStep step = "withdraw" // the provider's word on a cancellation; else it is cancelled
)

// limit is a length of time: by the clock, or of working time.
type limit struct {
	length  time.Duration
	working bool
}

const day24 = 24 * time.Hour

// limits are the instants at which the system acts itself (referrals.md, "Time": "expired at", "lapses at", "cancellation confirmed
// by", "waitlist … lapse").
//
// The document counts the hours of an urgent referral in the hours in which the service is open. Services do not declare hours here
// yet, so that an urgent clock runs through all 24 hours of working days. Of the readings that do not count on a closed weekend it is
// the shortest, so the family waits least; with declared hours the provider will have longer.
//
// An emergency may not wait on a list; one that does nevertheless is given no time.
var limits = map[step]map[Priority]limit{
	decideStep:   {Emergency: {8 * time.Hour, false}, Urgent: {48 * time.Hour, true}, Normal: {5 * day24, true}},
	informStep:   {Emergency: {24 * time.Hour, false}, Urgent: {72 * time.Hour, true}, Normal: {5 * day24, true}},
	waitStep:     {Emergency: {0, false}, Urgent: {14 * day24, false}, Normal: {60 * day24, false}},
	withdrawStep: {Emergency: {0, false}, Urgent: {24 * time.Hour, true}, Normal: {2 * day24, true}},
}

// limitOf gives an unknown priority the time of the most urgent, which waits for nobody.
func limitOf(p Priority, s step) limit {
	l, ok := limits[s][p]
	if !ok {
		l = limits[s][Emergency]
	}
	return l
}

// dueAt is the instant at which the time for the step is over, counted from an instant in a calendar. It is pure: a changed
// calendar gives another instant for the same facts.
func dueAt(p Priority, s step, from time.Time, c geo.Calendar) time.Time {
	return resumedAt(p, s, from, limitOf(p, s).length, c)
}

// resumedAt is the same for what is left of the time.
func resumedAt(p Priority, s step, from time.Time, left time.Duration, c geo.Calendar) time.Time {
	if limitOf(p, s).working {
		return workingAfter(c, from, left)
	}
	return from.Add(left)
}

// leftOf is how much of the time for the step is left at the instant, counted as its limit is.
func leftOf(p Priority, s step, now, due time.Time, c geo.Calendar) time.Duration {
	if limitOf(p, s).working {
		return workingBetween(c, now, due)
	}
	return max(due.Sub(now), 0)
}

// timed returns when the system will end the attempt in the next state, and what is left of the provider's time while its clock stands
// still: it runs from sending until the provider decides, acknowledged or not; it stands still while the sender is asked for
// information, whose own clock runs then; the answer lets the rest run on. A place on the waiting list that is renewed is counted anew,
// and so is the time to confirm a cancellation with each request.
func (a attempt) timed(t Transition, next Status, now time.Time) (due *time.Time, left *time.Duration) {
	var calendar geo.Calendar
	count := func(s step) *time.Time { at := dueAt(a.Priority, s, now, calendar); return &at }
	switch next {
	case StatusSent:
		return count(decideStep), nil
	case StatusAcknowledged:
		switch {
		case t == ProvideInfo && a.DueLeft != nil:
			at := resumedAt(a.Priority, decideStep, now, *a.DueLeft, calendar)
			return &at, nil
		case t == ProvideInfo || a.DueAt == nil:
			return count(decideStep), nil
		}
		return a.DueAt, nil
	case StatusInfoRequested:
		if a.DueAt != nil {
			rest := leftOf(a.Priority, decideStep, now, *a.DueAt, calendar)
			left = &rest
		}
		return count(informStep), left
	case StatusWaitlisted:
		return count(waitStep), nil
	case StatusInService, StatusOnHold:
		switch {
		case a.PendingCancellationAt == nil:
			return nil, nil
		case t == RequestCancel || a.DueAt == nil:
			return count(withdrawStep), nil
		}
		return a.DueAt, nil
	default:
		return nil, nil
	}
}

// countedDue is DueAt, or for an attempt whose instant nobody has written yet what it will be: what is sent is counted from sending,
// the rest from the last move. The database forgets an instant that a move left as it was, such as one of two states entered on the
// same weekend.
func (a attempt) countedDue() *time.Time {
	if a.DueAt != nil {
		return a.DueAt
	}
	from := a.UpdatedAt
	if (a.Status == StatusSent || a.Status == StatusAcknowledged) && a.SentAt != nil {
		from = *a.SentAt
	}
	due, _ := a.timed("", a.Status, from)
	return due
}
