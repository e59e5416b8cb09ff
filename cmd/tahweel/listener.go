package main

import (
	"net"
	"sync/atomic"
	"time"
)

// quietListener can stop taking connections before it is closed. A listener that is simply closed resets the connections that
// the system has accepted and the program has not yet: whoever is among them sees a failure although the program lives.
type quietListener struct {
	*net.TCPListener
	quieted  atomic.Bool
	accepted atomic.Int64 // UnixNano of the last one
}

// Accept is the listener's own, and notes when it was.
func (l *quietListener) Accept() (net.Conn, error) {
	c, err := l.TCPListener.Accept()
	l.accepted.Store(time.Now().UnixNano())
	return c, err
}

// quietFor is how long nobody must have come for the queue of connections to count as empty. Accepting takes microseconds.
const quietFor = 50 * time.Millisecond

// Quiet has the system ignore whoever wants to connect from now on, where it can: they try again after a second, and then find
// that nobody listens.
func (l *quietListener) Quiet() {
	ignoreNewcomers(l.TCPListener)
	l.accepted.Store(time.Now().UnixNano())
	l.quieted.Store(true)
}

// Quieted reports whether everybody who had come before Quiet has been accepted.
func (l *quietListener) Quieted() bool {
	return l.quieted.Load() && time.Since(time.Unix(0, l.accepted.Load())) > quietFor
}
