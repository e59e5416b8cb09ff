package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// drainLimit is how long requests under way may take after the program was told to stop.
const drainLimit = 30 * time.Second

// drainPoll is how often a draining server looks whether anybody is left.
const drainPoll = 10 * time.Millisecond

// drainer ends a server without cutting anybody off, in three steps. First it only says so: /readyz answers 503, so that a
// balancer sends nobody any more, and each answer closes its connection. When nobody is connected, or after the delay, it takes
// no new connections; those that the system has already accepted are still served. In the end it closes connections nobody uses
// and waits for requests under way.
type drainer struct {
	delay    time.Duration
	draining atomic.Bool

	mu   sync.Mutex
	open map[net.Conn]bool
}

// Handler has every answer of next close its connection once draining has begun.
func (d *drainer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// ConnState counts connections; it is the server's hook of that name.
func (d *drainer) ConnState(c net.Conn, state http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch state {
	case http.StateNew:
		if d.open == nil {
			d.open = map[net.Conn]bool{}
		}
		d.open[c] = true
	case http.StateClosed, http.StateHijacked:
		delete(d.open, c)
	default:
	}
}

func (d *drainer) connected() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

var errDraining = errors.New("the program is being stopped")

// Ready fails from the beginning of draining on.
func (d *drainer) Ready() error {
	if d.draining.Load() {
		return errDraining
	}
	return nil
}

// Drain ends the server; ctx is the one that has ended, for its values. It returns nil once every request is answered, and an
// error if some had to be cut off after drainLimit.
func (d *drainer) Drain(ctx context.Context, server *http.Server, listener *quietListener) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	nobody := func() bool { return d.connected() == 0 }
	d.draining.Store(true)
	await(ctx, d.delay, nobody)
	listener.Quiet()
	await(ctx, quietLimit, listener.Emptied)
	await(ctx, quietLimit, nobody) // Shutdown hangs up on whoever's request it has not read yet
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests under way were cut off: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// quietLimit is how long those who came last may take to send their request, and a connection nobody uses to be given up.
const quietLimit = time.Second

// await returns when done says so, after the limit, or when ctx ends.
func await(ctx context.Context, limit time.Duration, done func() bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
