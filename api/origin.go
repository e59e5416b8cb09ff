package api

import (
	"time"

	"tahweel/directory"
)

// Origin is where an entry of the catalogue came from, and when somebody last said that it is still true.
type Origin struct {
	Source      string     `json:"source,omitempty" readOnly:"true" doc:"From which import it came; absent: from here."`
	ConfirmedAt *time.Time `json:"confirmed_at,omitempty" readOnly:"true" doc:"When somebody last said that all of it is still true; absent: never."`
}

func originOf(source string, c directory.Confirmation) Origin {
	return Origin{Source: source, ConfirmedAt: utcPointer(c.ConfirmedAt)}
}
