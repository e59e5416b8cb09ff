package api

import (
	"context"

	"tahweel/internal/pg"
)

// Keyed is embedded in the input of every POST that creates or moves something.
type Keyed struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" pattern:"^[!-~]+$" example:"6f6a4f5e-5b0c-4c53-9d55-7a0b8c2d1e11" doc:"A key of your making, one per intent. Repeat a request with its key when you are not sure it arrived: its effect happens once. Kept for 7 days."`
}

// once is what a Store needs to make a write happen once: a key counts for the account that sent it, and for one request.
func (k Keyed) once(ctx context.Context) pg.Once {
	x := exchangeOf(ctx)
	return pg.Once{Client: x.actor.AccountID.String(), Key: k.Key, Fingerprint: x.fingerprint}
}
