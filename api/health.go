package api

import (
	"context"
	"net/http"
	"time"

	"tahweel/internal/fault"
)

// Health says that the server answers.
type Health struct {
	Status string `json:"status" enum:"ok,ready" example:"ok"`
}

type healthOutput struct{ Body Health }

var errNotReady = fault.New(fault.Unavailable, "not_ready", "The service cannot do its work just now; try again in a moment.",
	"الخدمة غير جاهزة الآن، حاول بعد قليل.")

// readyTimeout is how long /readyz waits for the database before it says no.
const readyTimeout = 2 * time.Second

// health registers what balancers and supervisors ask. Neither says anything about versions or hosts.
func (s *shell) health(ready func(context.Context) error) {
	register(s, operation{
		id: "get-health", method: http.MethodGet, path: "/healthz", tag: "service",
		summary: "Is the server alive?", description: "Answers as long as the process does. Needs no token.",
		response: Health{Status: "ok"},
	}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{Body: Health{Status: "ok"}}, nil
	})
	register(s, operation{
		id: "get-readiness", method: http.MethodGet, path: "/readyz", tag: "service",
		summary: "Is the server ready?", description: "Answers 503 while the server cannot do its work, for instance without its database. Needs no token.",
		response: Health{Status: "ready"},
	}, func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
		ctx, cancel := context.WithTimeout(ctx, readyTimeout)
		defer cancel()
		if err := ready(ctx); err != nil {
			return nil, errNotReady.Because(err)
		}
		return &healthOutput{Body: Health{Status: "ready"}}, nil
	})
}
