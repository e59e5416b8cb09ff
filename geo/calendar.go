package geo

import (
	"time"
	_ "time/tzdata" // so that the day is the same on a machine without time zone data
)

var palestine = func() *time.Location {
	location, err := time.LoadLocation("Asia/Hebron")
	if err != nil {
		panic(err) // impossible: the data are in the program
	}
	return location
}()

// Today returns the calendar day that it is in Palestine at the instant now, as midnight UTC: the form in which dates are
// compared with each other and given to the database.
func Today(now time.Time) time.Time {
	year, month, day := now.In(palestine).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Midnight returns the instant at which the calendar day, as Today gives it, begins in Palestine.
func Midnight(day time.Time) time.Time { return onClock(day, 0) }

func onClock(day time.Time, clock time.Duration) time.Time {
	year, month, d := day.Date()
	return time.Date(year, month, d, int(clock/time.Hour), int(clock%time.Hour/time.Minute), 0, 0, palestine)
}

// Days are calendar days in the form of Today, from the first to the last, both included.
type Days struct{ First, Last time.Time }

// Contains reports whether the day is among them.
func (d Days) Contains(day time.Time) bool { return !day.Before(d.First) && !day.After(d.Last) }

// Hours are shorter working hours on some days, as in Ramadan; the offsets count from midnight by the clock in Palestine.
type Hours struct {
	Days
	Opens, Closes time.Duration
}

// The ordinary working hours.
const (
	DayOpens  = 8 * time.Hour
	DayCloses = 15 * time.Hour
)

// Calendar says which days are worked: Sunday to Thursday but for holidays and closures. The zero value knows none. It is a value
// and asks nobody: whoever computes a due time fills it with what holds for the one whose time runs.
type Calendar struct {
	Off   []Days  // holidays, and the closures of the one concerned
	Short []Hours // shorter hours; of several for one day the first counts
}

// WorkingDay reports whether the day, see Today, is worked.
func (c Calendar) WorkingDay(day time.Time) bool {
	if w := day.Weekday(); w == time.Friday || w == time.Saturday {
		return false
	}
	for _, off := range c.Off {
		if off.Contains(day) {
			return false
		}
	}
	return true
}

// Horizon bounds the search for a working day, against a calendar that is closed for good.
const Horizon = 366

// NextWorkingDay returns the first day after the day that is worked, or false if there is none within Horizon days.
func (c Calendar) NextWorkingDay(day time.Time) (time.Time, bool) {
	for range Horizon {
		if day = day.AddDate(0, 0, 1); c.WorkingDay(day) {
			return day, true
		}
	}
	return time.Time{}, false
}

// AddWorkingDays returns the n-th working day after the day, or false if the calendar holds too few of them; n of 0 is the day itself
// if it is worked, and otherwise the next one that is.
func (c Calendar) AddWorkingDays(day time.Time, n int) (time.Time, bool) {
	ok := true
	if n == 0 && !c.WorkingDay(day) {
		n = 1
	}
	for ; n > 0 && ok; n-- {
		day, ok = c.NextWorkingDay(day)
	}
	return day, ok
}

// WorkingHours returns when work begins and ends on the day, and false if it is not worked.
func (c Calendar) WorkingHours(day time.Time) (opens, closes time.Time, ok bool) {
	if !c.WorkingDay(day) {
		return time.Time{}, time.Time{}, false
	}
	from, to := DayOpens, DayCloses
	for _, h := range c.Short {
		if h.Contains(day) {
			from, to = h.Opens, h.Closes
			break
		}
	}
	return onClock(day, from), onClock(day, to), true
}
