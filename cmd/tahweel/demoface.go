package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// clockPath is where the demonstration's clock is read and moved. It is no part of the partner contract, and serve has no such path.
const clockPath = "/demo/clock"

// clockView is what is shown of the clock.
type clockView struct {
	Now  time.Time `json:"now"`  // in the demonstration
	Wall time.Time `json:"wall"` // of tokens and accounts
}

// clockMove is what is asked for: exactly one of the two.
type clockMove struct {
	Advance string     `json:"advance"` // a duration of ISO 8601
	To      *time.Time `json:"to"`      // RFC 3339
}

// withClock puts the demonstration's clock beside the API. It asks for no token: everybody in the demonstration is invented, and who
// may reach it may play with its time. A web page elsewhere may not: it cannot send JSON here without asking first.
func withClock(api http.Handler, c *demoClock) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.HandleFunc("GET "+clockPath, func(w http.ResponseWriter, _ *http.Request) { c.answer(w) })
	mux.HandleFunc("POST "+clockPath, func(w http.ResponseWriter, r *http.Request) {
		if status, code, err := c.obey(w, r); err != nil {
			clockProblem(w, status, code, err)
			return
		}
		c.answer(w)
	})
	return mux
}

func (c *demoClock) answer(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, "application/json", clockView{Now: c.now(), Wall: c.wall().UTC()})
}

// obey moves the clock as the request says, or returns how it is refused.
func (c *demoClock) obey(w http.ResponseWriter, r *http.Request) (status int, code string, err error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return http.StatusUnsupportedMediaType, "unsupported_media_type", errors.New("send application/json")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	decoder.DisallowUnknownFields()
	var m clockMove
	err = decoder.Decode(&m)
	if err == nil && !errors.Is(decoder.Decode(new(any)), io.EOF) {
		err = errors.New("there is more than one value")
	}
	if err != nil || (m.Advance == "") == (m.To == nil) {
		return http.StatusBadRequest, "malformed_body", errors.Join(errors.New(`send {"advance": "PT36H"} or {"to": "2030-01-31T08:00:00Z"}`), err)
	}
	if m.To != nil {
		err = c.set(*m.To)
	} else {
		var by time.Duration
		if by, err = parseDuration(m.Advance); err != nil {
			return http.StatusUnprocessableEntity, "invalid_duration", err
		}
		err = c.advance(by)
	}
	switch {
	case err == nil:
		return http.StatusOK, "", nil
	case errors.Is(err, errBackwards):
		return http.StatusConflict, "clock_runs_forward", err
	case errors.Is(err, errTooFar):
		return http.StatusUnprocessableEntity, "clock_too_far", err
	default:
		return http.StatusInternalServerError, "internal", errors.New("the clock could not be kept")
	}
}

// clockProblem answers with a problem of RFC 9457.
func clockProblem(w http.ResponseWriter, status int, code string, err error) {
	writeJSON(w, status, "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": err.Error(),
	})
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}
