package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/event"
	"tahweel/internal/fault"
)

// Event says that something happened, in the JSON format of CloudEvents 1.0. It carries ids, a version and links, never anything
// of a person.
type Event struct {
	SpecVersion string    `json:"specversion" enum:"1.0" doc:"Of CloudEvents."`
	ID          uuid.UUID `json:"id" format:"uuid" doc:"Stable: an event that you see twice has the same id."`
	Source      string    `json:"source" format:"uri-reference" example:"/v1"`
	Type        string    `json:"type" example:"org.tahweel.attempt.sent" doc:"What happened; new types may appear."`
	Subject     string    `json:"subject" example:"attempts/0198c0de-0000-7000-8000-000000000001" doc:"To what."`
	Time        time.Time `json:"time" doc:"When it happened."`
	Recorded    time.Time `json:"recordedtime" doc:"When it was recorded; later than time for what was uploaded late."`
	Sequence    string    `json:"sequence" example:"1042" doc:"The event's position; a larger number is later."`
	ContentType string    `json:"datacontenttype" enum:"application/json"`
	Data        EventData `json:"data"`
}

// eventPrefix makes a type of ours unique among those of others (CloudEvents 1.0, "type").
const eventPrefix = "org.tahweel."

// EventData is what the event is about.
type EventData struct {
	ReferralID uuid.UUID  `json:"referral_id" format:"uuid"`
	AttemptID  *uuid.UUID `json:"attempt_id,omitempty" format:"uuid"`
	Version    int        `json:"version" doc:"The version after the event: what If-Match takes."`
	Links      EventLinks `json:"links"`
}

// EventLinks say where to read what the event is about; one of them is there.
type EventLinks struct {
	Attempt  string `json:"attempt,omitempty" format:"uri-reference" example:"/v1/attempts/0198c0de-0000-7000-8000-000000000002"`
	Referral string `json:"referral,omitempty" format:"uri-reference"`
}

// EventList is a page of the feed.
type EventList struct {
	Items      []Event `json:"items"`
	NextCursor string  `json:"next_cursor" doc:"Ask with after=this next time, also when there was nothing new."`
}

type eventsInput struct {
	After  string `query:"after" pattern:"^[0-9]{1,18}$" example:"1042" doc:"The next_cursor you have; without it the feed begins with the oldest event."`
	Cursor string `query:"cursor" pattern:"^[0-9]{1,18}$" doc:"The same as after, for clients that page all lists alike."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many events at most."`
}

var errTwoCursors = fault.New(fault.Invalid, "invalid_cursor", "Send after or cursor, not both.", "أرسل after أو cursor لا كليهما.").
	At("?cursor", "says the same as after", "يقول ما يقوله after")

func (s *shell) events(store *event.Store) {
	register(s, operation{
		id: "list-events", method: http.MethodGet, path: "/v1/events", tag: "events", scope: "events.read",
		summary: "Read what happened",
		description: "The events that concern you, oldest first. Keep next_cursor and ask again with after: hourly is enough for normal priority. A reader who goes " +
			"on from a cursor never misses an event.",
		response: EventList{Items: []Event{exampleEvent}, NextCursor: "1042"},
	}, func(ctx context.Context, in *eventsInput) (*page[EventList], error) {
		after := in.After
		if in.Cursor != "" {
			if in.After != "" {
				return nil, errTwoCursors
			}
			after = in.Cursor
		}
		position, err := strconv.ParseInt("0"+after, 10, 64)
		if err != nil {
			return nil, errBadCursor
		}
		found, err := store.Feed(ctx, actorOf(ctx), position, in.Limit)
		if err != nil {
			return nil, err
		}
		list := EventList{Items: make([]Event, len(found)), NextCursor: strconv.FormatInt(position, 10)}
		for i, e := range found {
			list.Items[i] = eventOf(e)
			list.NextCursor = list.Items[i].Sequence
		}
		p := &page[EventList]{Status: http.StatusOK, Body: list}
		if len(found) == in.Limit {
			p.Link = nextLink(ctx, map[string]string{"after": list.NextCursor, "cursor": ""})
		}
		return p, nil
	})
}

func eventOf(e event.Event) Event {
	subject := "referrals/" + e.ReferralID.String()
	links := EventLinks{Referral: "/v1/" + subject}
	if e.AttemptID != nil {
		subject = "attempts/" + e.AttemptID.String()
		links = EventLinks{Attempt: "/v1/" + subject}
	}
	return Event{
		SpecVersion: "1.0", ID: e.ID, Source: "/v1", Type: eventPrefix + e.Type, Subject: subject, Time: utc(e.OccurredAt), Recorded: utc(e.RecordedAt),
		Sequence: strconv.FormatInt(e.Position, 10), ContentType: "application/json",
		Data: EventData{ReferralID: e.ReferralID, AttemptID: e.AttemptID, Version: e.Version, Links: links},
	}
}

var exampleEvent = Event{
	SpecVersion: "1.0", ID: uuid.MustParse("0198c0de-1111-7000-8000-000000000001"), Source: "/v1", Type: eventPrefix + "attempt.sent",
	Subject: "attempts/" + exampleAttemptID.String(), Time: exampleTime, Recorded: exampleTime, Sequence: "1042", ContentType: "application/json",
	Data: EventData{ReferralID: exampleReferralID, AttemptID: &exampleAttemptID, Version: 2, Links: EventLinks{Attempt: "/v1/attempts/" + exampleAttemptID.String()}},
}

var (
	exampleReferralID = uuid.MustParse("0198c0de-0000-7000-8000-000000000001")
	exampleAttemptID  = uuid.MustParse("0198c0de-0000-7000-8000-000000000002")
	exampleTime       = time.Date(2026, time.May, 31, 8, 0, 0, 0, time.UTC)
)
