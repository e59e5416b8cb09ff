package geo_test

import (
	"testing"
	"time"

	"tahweel/geo"
)

func on(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

// calendar has an invented feast from Wednesday 20 to Sunday 24 May 2026 and short hours in the week before.
var calendar = geo.Calendar{
	Off:   []geo.Days{{First: on("2026-05-20"), Last: on("2026-05-24")}},
	Short: []geo.Hours{{Days: geo.Days{First: on("2026-05-10"), Last: on("2026-05-14")}, Opens: 9 * time.Hour, Closes: 13*time.Hour + 30*time.Minute}},
}

func TestWorkingDays(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]bool{
		"2026-05-14": true, "2026-05-15": false, "2026-05-16": false, "2026-05-17": true, // Thursday to Sunday
		"2026-05-19": true, "2026-05-20": false, "2026-05-24": false, "2026-05-25": true,
	} {
		if got := calendar.WorkingDay(on(day)); got != want {
			t.Errorf("%s: %v", day, got)
		}
	}
	if !(geo.Calendar{}).WorkingDay(on("2026-05-20")) {
		t.Error("an empty calendar knows of a feast")
	}
}

func TestAddingWorkingDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-05-13", 0, "2026-05-13"},
		{"2026-05-15", 0, "2026-05-17"}, // a Friday
		{"2026-05-13", 1, "2026-05-14"},
		{"2026-05-14", 1, "2026-05-17"},
		{"2026-05-15", 1, "2026-05-17"},
		{"2026-05-19", 1, "2026-05-25"}, // over the feast
		{"2026-05-18", 3, "2026-05-26"},
	} {
		if got, ok := calendar.AddWorkingDays(on(c.from), c.n); !ok || !got.Equal(on(c.want)) {
			t.Errorf("%s and %d: %v, %v", c.from, c.n, got, ok)
		}
	}
	shut := geo.Calendar{Off: []geo.Days{{First: on("2000-01-01"), Last: on("2100-01-01")}}}
	if day, ok := shut.AddWorkingDays(on("2026-05-13"), 1); ok {
		t.Errorf("a calendar that is closed for good opens on %v", day)
	}
}

// TestHoursAreByTheClockInPalestine: the clocks went forward on 28 March 2026.
func TestHoursAreByTheClockInPalestine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		day         string
		opens, ends string
	}{
		{"2026-03-26", "2026-03-26T06:00:00Z", "2026-03-26T13:00:00Z"},
		{"2026-03-29", "2026-03-29T05:00:00Z", "2026-03-29T12:00:00Z"},
		{"2026-05-11", "2026-05-11T06:00:00Z", "2026-05-11T10:30:00Z"},
	} {
		opens, ends, ok := calendar.WorkingHours(on(c.day))
		if !ok || opens.UTC().Format(time.RFC3339) != c.opens || ends.UTC().Format(time.RFC3339) != c.ends {
			t.Errorf("%s: %v to %v, %v", c.day, opens.UTC(), ends.UTC(), ok)
		}
	}
	if _, _, ok := calendar.WorkingHours(on("2026-05-21")); ok {
		t.Error("a holiday has hours")
	}
	if got := geo.Today(geo.Midnight(on("2026-03-28"))); !got.Equal(on("2026-03-28")) {
		t.Errorf("midnight is on %v", got)
	}
}

// TestTheCalendarTestsCatchAnotherWeek is the control: with the weekend of another country the days above come out differently.
func TestTheCalendarTestsCatchAnotherWeek(t *testing.T) {
	t.Parallel()
	western := func(day time.Time) bool { return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday }
	if western(on("2026-05-15")) == calendar.WorkingDay(on("2026-05-15")) || western(on("2026-05-17")) == calendar.WorkingDay(on("2026-05-17")) {
		t.Error("Saturday and Sunday pass for the weekend")
	}
}
