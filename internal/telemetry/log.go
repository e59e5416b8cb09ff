package telemetry

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
)

// Keys are all the keys that a log line may have. A short list is what keeps personal data out: whoever needs another key adds it
// here, where somebody asks what it will hold.
var Keys = []string{
	slog.TimeKey, slog.LevelKey, slog.MessageKey,
	"request_id", // of the answer's X-Request-Id
	"trace_id",   // W3C trace context, 32 hexadecimal digits
	"operation",  // operationId of the contract
	"method",     // of HTTP
	"status",     // of the answer
	"bytes",      // of the answer's body
	"ms",         // milliseconds
	"account",    // id of the account that asked
	"code",       // of the problem
	"error",      // of an accident: codes and names, never values
	"stack",      // of a panic
	"sweep",      // name of a periodic job
	"rows",       // how many rows it dealt with
	"address",    // this program listens on
	"version",    // of the program
}

// NewLogger returns a logger that writes one JSON object a line to w, from the level on.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// UnknownKeys returns the keys among the lines of text, one JSON object each, that are not in Keys; other lines are passed over.
// It is how tests hold the log of a program against the list.
func UnknownKeys(text []byte) []string {
	var unknown []string
	for line := range bytes.Lines(text) {
		var fields map[string]any
		if json.Unmarshal(line, &fields) != nil {
			continue
		}
		for key := range fields {
			if !slices.Contains(Keys, key) && !slices.Contains(unknown, key) {
				unknown = append(unknown, key)
			}
		}
	}
	slices.Sort(unknown)
	return unknown
}
