package referrals_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"tahweel/referrals"
)

// local reads an instant as people in Palestine write it.
func local(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Hebron")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("Mon 2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWhenTimeIsOver(t *testing.T) {
	t.Parallel()
	holiday := referrals.Calendar{Closed: map[time.Time]bool{time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC): true}}
	none := referrals.Calendar{}
	wrong := 0
	for _, c := range []struct {
		priority referrals.Priority
		at       func(referrals.Priority, time.Time, referrals.Calendar) time.Time
		calendar referrals.Calendar
		from     string
		want     string
	}{
		{referrals.Emergency, decide, none, "Fri 2026-03-13 22:00", "Sat 2026-03-14 06:00"},
		{referrals.Emergency, decide, holiday, "Sun 2026-03-15 22:00", "Mon 2026-03-16 06:00"},
		{referrals.Urgent, decide, none, "Thu 2026-03-12 15:00", "Mon 2026-03-16 15:00"},
		{referrals.Urgent, decide, none, "Sun 2026-03-15 08:00", "Tue 2026-03-17 08:00"},
		{referrals.Normal, decide, none, "Tue 2026-03-10 11:00", "Tue 2026-03-17 11:00"},
		{referrals.Normal, decide, holiday, "Tue 2026-03-10 11:00", "Wed 2026-03-18 11:00"},
		{referrals.Normal, decide, none, "Fri 2026-03-13 12:00", "Fri 2026-03-20 00:00"},
		{referrals.Normal, decide, none, "Wed 2026-03-25 10:00", "Wed 2026-04-01 10:00"}, // an hour is left out in between
		{referrals.Normal, inform, none, "Tue 2026-03-10 11:00", "Tue 2026-03-17 11:00"},
		{referrals.Urgent, inform, none, "Thu 2026-03-12 15:00", "Tue 2026-03-17 15:00"},
		{referrals.Emergency, inform, none, "Thu 2026-03-12 15:00", "Fri 2026-03-13 15:00"},
		{referrals.Normal, withdraw, none, "Wed 2026-03-11 09:00", "Sun 2026-03-15 09:00"},
		{referrals.Urgent, withdraw, none, "Thu 2026-03-12 09:00", "Sun 2026-03-15 09:00"},
		{referrals.Emergency, withdraw, none, "Fri 2026-03-13 09:00", "Fri 2026-03-13 09:00"},
		{referrals.Normal, wait, none, "Tue 2026-01-06 11:00", "Sat 2026-03-07 11:00"},
		{referrals.Urgent, wait, holiday, "Tue 2026-03-03 11:00", "Tue 2026-03-17 11:00"},
		{referrals.Emergency, wait, none, "Tue 2026-03-03 11:00", "Tue 2026-03-03 11:00"},
		{"unheard-of", decide, none, "Fri 2026-03-13 22:00", "Sat 2026-03-14 06:00"},
	} {
		from, want := local(t, c.from), local(t, c.want)
		if got := c.at(c.priority, from, c.calendar); !got.Equal(want) {
			t.Errorf("%s from %s: %s, not %s", c.priority, c.from, got.In(want.Location()).Format("Mon 2006-01-02 15:04"), c.want)
		}
		if !c.at(c.priority, from, everyDay(from)).Equal(want) {
			wrong++
		}
	}
	if wrong == 0 {
		t.Error("a calendar in which the first working day is closed gives the same instants")
	}
}

// everyDay closes the next working day after an instant: a table that does not look at the calendar would not notice.
func everyDay(from time.Time) referrals.Calendar {
	day := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, time.UTC)
	for !(referrals.Calendar{}).Works(day) {
		day = day.AddDate(0, 0, 1)
	}
	return referrals.Calendar{Closed: map[time.Time]bool{day: true}}
}

func decide(p referrals.Priority, from time.Time, c referrals.Calendar) time.Time {
	return referrals.DueAt(p, referrals.DecideStep, from, c)
}

func inform(p referrals.Priority, from time.Time, c referrals.Calendar) time.Time {
	return referrals.DueAt(p, referrals.InformStep, from, c)
}

func wait(p referrals.Priority, from time.Time, c referrals.Calendar) time.Time {
	return referrals.DueAt(p, referrals.WaitStep, from, c)
}

func withdraw(p referrals.Priority, from time.Time, c referrals.Calendar) time.Time {
	return referrals.DueAt(p, referrals.WithdrawStep, from, c)
}

// TestAClockThatStoodStillRunsOnWithTheRest: what is left at an instant, counted on from the same instant, ends when it would have.
func TestAClockThatStoodStillRunsOnWithTheRest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's chance
	begin := local(t, "Thu 2026-01-01 00:00")
	for range 2000 {
		p := []referrals.Priority{referrals.Emergency, referrals.Urgent, referrals.Normal}[random.IntN(3)]
		from := begin.Add(time.Duration(random.Int64N(int64(360 * 24 * time.Hour)))).Truncate(time.Minute)
		due := decide(p, from, referrals.Calendar{})
		now := from.Add(time.Duration(random.Int64N(int64(due.Sub(from))))).Truncate(time.Minute)
		left := referrals.LeftOf(p, referrals.DecideStep, now, due, referrals.Calendar{})
		resumed := referrals.ResumedAt(p, referrals.DecideStep, now, left, referrals.Calendar{})
		// An instant at which a working day ends is the same as the one at which the next begins.
		if rest := referrals.LeftOf(p, referrals.DecideStep, min2(resumed, due), max2(resumed, due), referrals.Calendar{}); rest != 0 {
			t.Fatalf("%s from %s, asked at %s: %s left, due %s, resumed %s", p, from, now, left, due, resumed)
		}
	}
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func max2(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
