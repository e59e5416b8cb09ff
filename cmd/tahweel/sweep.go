package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"tahweel/referrals"
)

// sweepEvery is how often the moves are made that the system owes: the most by which one may be late.
const sweepEvery = 30 * time.Second

// every runs work at once and then at each interval, one run after the other, until ctx ends or the function that it returns is
// called, which waits for a run under way.
func (s *service) every(ctx context.Context, interval time.Duration, work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ticker := time.NewTicker(interval)
	var running sync.WaitGroup
	running.Go(func() {
		defer ticker.Stop()
		for ctx.Err() == nil {
			work(ctx)
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// sweep makes the moves that are due. Any number of servers may do so at once; what one could not do, the next run will try again.
func (s *service) sweep(ctx context.Context) {
	made, err := referrals.NewStore(s.db, s.secrets.sealing, s.clock()).Sweep(ctx)
	for transition, count := range made {
		s.program.log.Info("made moves that were due", "transition", transition, "count", count)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.program.log.Error("could not make every move that is due", "error", err)
	}
}
