package main

import (
	"net"
	"runtime"
	"testing"
	"time"
)

// Who has come before Quiet is still accepted, in order, however many they are; then nobody is, and nobody is reset.
func TestWhoHasComeIsAccepted(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	const n = 5
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	if runtime.GOOS == "linux" {
		if have, ok := queued(l.TCPListener); !ok || have != n {
			t.Errorf("%d are known to wait (%t), not %d", have, ok, n)
		}
	}
	l.Quiet()
	accepted := make(chan net.Conn, n+1)
	go func() {
		defer close(accepted)
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	for range n {
		_ = (<-accepted).Close()
	}
	await(t.Context(), time.Minute, l.Emptied)
	if !l.Emptied() {
		t.Error("the listener does not find that nobody is left")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if c, more := <-accepted; more {
		t.Errorf("%v was accepted after everybody", c.RemoteAddr())
	}
}
