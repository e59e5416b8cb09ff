package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/reference"
)

// CalendarDay is one national day or several.
type CalendarDay struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	ChangedCalendarDay
}

// NewCalendarDay is what the administrator writes to create one.
type NewCalendarDay struct {
	Kind     string `json:"kind" enum:"holiday,short_hours" doc:"holiday: nobody works; short_hours: as in Ramadan."`
	StartsOn string `json:"starts_on" format:"date" example:"2026-05-27"`
	EndsOn   string `json:"ends_on" format:"date" example:"2026-05-30" doc:"The last day."`
	Name     Text   `json:"name"`
	OpensAt  string `json:"opens_at,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" example:"09:00" doc:"Of short hours, by the clock in Palestine."`
	ClosesAt string `json:"closes_at,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" example:"13:30"`
}

// ChangedCalendarDay is a calendar day written anew.
type ChangedCalendarDay struct {
	NewCalendarDay
	Status string `json:"status,omitempty" enum:"active,cancelled" doc:"active unless it says so. What was written by mistake is cancelled."`
}

// CalendarDayList is a page of calendar days.
type CalendarDayList struct {
	Items      []CalendarDay `json:"items"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type calendarDaysInput struct {
	Paged
	Period
}

func (b NewCalendarDay) domain() reference.CalendarDay {
	return reference.CalendarDay{
		Kind: reference.DayKind(b.Kind), First: dateOf(b.StartsOn), Last: dateOf(b.EndsOn), Name: b.Name.sentence(),
		Opens: clockOf(b.OpensAt), Closes: clockOf(b.ClosesAt),
	}
}

// clockOf reads hours and minutes that validation has seen; nil for an empty text.
func clockOf(text string) *time.Duration {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return nil
	}
	return new(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
}

func clockText(at *time.Duration) string {
	if at == nil {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", int(at.Hours()), int(at.Minutes())%60)
}

func calendarDayOf(d reference.CalendarDay) (uuid.UUID, int, CalendarDay) {
	return d.ID, d.Version, CalendarDay{ID: d.ID, Version: d.Version, ChangedCalendarDay: ChangedCalendarDay{
		Status: string(d.Status), NewCalendarDay: NewCalendarDay{
			Kind: string(d.Kind), StartsOn: dateText(d.First), EndsOn: dateText(d.Last), Name: textOf(d.Name), OpensAt: clockText(d.Opens), ClosesAt: clockText(d.Closes),
		},
	}}
}

func (s *shell) calendarDays(store *reference.Store) {
	register(s, operation{
		id: "list-calendar-days", method: http.MethodGet, path: "/v1/calendar-days", tag: "calendar-days", scope: "directory.read",
		summary: "List national days", description: "Holidays and short hours in the order of their first day, cancelled ones too.", response: CalendarDayList{Items: []CalendarDay{exampleCalendarDay}},
	}, func(ctx context.Context, in *calendarDaysInput) (*page[CalendarDayList], error) {
		filters := []string{"calendar-days", in.From, in.To}
		between, err := in.between(in.Paged, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.CalendarDays(ctx, actorOf(ctx), between)
		if err != nil {
			return nil, err
		}
		list := CalendarDayList{Items: []CalendarDay{}}
		var next *reference.DayPosition
		for i, d := range found {
			if i == in.Limit {
				next = &reference.DayPosition{First: found[i-1].First, ID: found[i-1].ID}
				break
			}
			_, _, shown := calendarDayOf(d)
			list.Items = append(list.Items, shown)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"calendar-days", "a national day", "National holidays, and days of short hours. The administrator keeps them."},
		exampleCalendarDay.NewCalendarDay, exampleCalendarDay.ChangedCalendarDay, exampleCalendarDay,
		func(ctx context.Context, id uuid.UUID) (reference.CalendarDay, error) {
			return store.CalendarDay(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b NewCalendarDay, k Keyed) (reference.Written[reference.CalendarDay], error) {
			return store.CreateCalendarDay(ctx, actorOf(ctx), b.domain(), k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b ChangedCalendarDay) (reference.Written[reference.CalendarDay], error) {
			d := b.domain()
			d.Status = reference.Status(b.Status)
			return store.ChangeCalendarDay(ctx, actorOf(ctx), id, version, d)
		}, calendarDayOf)
	registerEntryHistory(s, "calendar-days", "a national day", store.CalendarDayHistory)
}

var exampleCalendarDay = CalendarDay{
	ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000002"), Version: 1, ChangedCalendarDay: ChangedCalendarDay{
		Status: "active", NewCalendarDay: NewCalendarDay{
			Kind: "holiday", StartsOn: "2026-05-27", EndsOn: "2026-05-30", Name: Text{AR: "عيد الأضحى", EN: "Eid al-Adha"},
		},
	},
}
