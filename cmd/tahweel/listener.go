package main

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// quietListener can stop taking connections before it is closed. A listener that is simply closed resets the connections that
// the system has accepted and the program has not yet: whoever is among them sees a failure although the program lives.
type quietListener struct {
	*net.TCPListener
	ending sync.Once
	quiet  chan struct{} // closed when nobody is to be accepted any more
	empty  chan struct{} // closed when everybody who had come was accepted
	closed chan struct{}
}

func newQuietListener(l *net.TCPListener) *quietListener {
	return &quietListener{TCPListener: l, quiet: make(chan struct{}), empty: make(chan struct{}), closed: make(chan struct{})}
}

// Accept is the listener's own until Quiet; then it returns those who have come already, and in the end waits for Close.
func (l *quietListener) Accept() (net.Conn, error) {
	for {
		c, err := l.TCPListener.Accept()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return c, err
		}
		if c := l.last(); c != nil {
			return c, nil
		}
		close(l.empty)
		<-l.closed
		return nil, net.ErrClosed
	}
}

// Quiet takes no more connections. It returns at once; Emptied tells when everybody who had come was accepted.
func (l *quietListener) Quiet() {
	close(l.quiet)
	l.narrow()
	_ = l.SetDeadline(time.Unix(1, 0)) // Accept returns
}

// Emptied reports whether everybody who had come before Quiet was accepted.
func (l *quietListener) Emptied() bool {
	select {
	case <-l.empty:
		return true
	default:
		return false
	}
}

// Close closes the listener, once.
func (l *quietListener) Close() (err error) {
	l.ending.Do(func() {
		close(l.closed)
		err = l.TCPListener.Close()
	})
	return err
}

// narrow lets the system keep one connection waiting and no more; who comes on top of it is not answered and tries again after
// a second, when nobody listens any more.
func (l *quietListener) narrow() {
	if raw, err := l.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 0) })
	}
}

const (
	knock   = 20 * time.Millisecond // how long taking the last place may last
	knocks  = 100                   // how often it is tried
	waiting = time.Millisecond      // how long one who waits may take to be accepted
)

// last returns somebody who waits to be accepted, or nil when there is nobody: then the last place is taken by a connection of
// our own, so that nobody can come between looking and closing.
func (l *quietListener) last() net.Conn {
	for range knocks {
		if own, err := net.DialTimeout("tcp", l.Addr().String(), knock); err == nil { //nolint:noctx // bounded by knock
			go func() {
				<-l.closed
				_ = own.Close()
			}()
			return nil
		}
		_ = l.SetDeadline(time.Now().Add(waiting))
		c, err := l.TCPListener.Accept()
		_ = l.SetDeadline(time.Unix(1, 0))
		if err == nil {
			return c
		}
	}
	return nil
}
