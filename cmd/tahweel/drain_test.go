package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/internal/pg/pgtest"
)

// wire is a client without mercy: it keeps its connection until it is told to close it, repeats nothing by itself, and calls
// everything a cut that is not a whole answer. A dial that nobody answers is no cut: nothing was promised.
type wire struct {
	addr string
	conn net.Conn
	read *bufio.Reader
}

var errRefused = errors.New("nobody listens")

// RoundTrip sends one request and reads its answer whole.
func (c *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.addr, 5*time.Second)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errRefused, err)
		}
		c.conn, c.read = conn, bufio.NewReader(conn)
	}
	_ = c.conn.SetDeadline(time.Now().Add(drainLimit))
	if err := req.Write(c.conn); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.read, req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	if resp.Close {
		_ = c.conn.Close()
		c.conn = nil
	}
	return resp, nil
}

// storm is clients that go on until nobody listens any more.
type storm struct {
	answered atomic.Int64
	cut      atomic.Int64
	first    atomic.Value // error that was a cut
	done     sync.WaitGroup
}

// rage has n clients repeat call until it says that nobody listens, or that they were cut off.
func rage(n int, call func(i int) func() error) *storm {
	s := &storm{}
	for i := range n {
		again := call(i)
		s.done.Go(func() {
			for {
				switch err := again(); {
				case err == nil:
					s.answered.Add(1)
				case errors.Is(err, errRefused):
					return
				default:
					s.cut.Add(1)
					s.first.CompareAndSwap(nil, fmt.Sprint(err))
					return
				}
			}
		})
	}
	return s
}

// reach waits until n more calls were answered.
func (s *storm) reach(t testing.TB, n int64) {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for want := s.answered.Load() + n; s.answered.Load() < want; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%d calls were answered, and %d cut off; waiting for %d", s.answered.Load(), s.cut.Load(), want)
		}
	}
}

// plain is a server of the test's own, whose answers take a moment, with a way to end it.
func plain(t *testing.T, end func(*drainer, *http.Server, *quietListener) error) (addr string, finish func() error) {
	t.Helper()
	listener, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &drainer{delay: 300 * time.Millisecond}
	server := &http.Server{ConnState: d.ConnState, Handler: d.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(2 * time.Millisecond): // work
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "done")
	}))}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), func() error { return end(d, server, listener) }
}

func endings(t *testing.T, rounds int, end func(*drainer, *http.Server, *quietListener) error) (cut int64) {
	t.Helper()
	for range rounds {
		addr, finish := plain(t, end)
		s := rage(16, func(int) func() error {
			client := &wire{addr: addr}
			return func() error {
				req, err := http.NewRequest(http.MethodGet, "http://"+addr+"/", nil)
				if err == nil {
					_, err = client.RoundTrip(req)
				}
				return err
			}
		})
		s.reach(t, 50)
		if err := finish(); err != nil {
			t.Error(err)
		}
		s.done.Wait()
		cut += s.cut.Load()
	}
	return cut
}

func TestDrainingCutsNobodyOff(t *testing.T) {
	t.Parallel()
	rounds := 3
	if proving() {
		rounds = 50
	}
	cut := endings(t, rounds, func(d *drainer, s *http.Server, l *quietListener) error { return d.Drain(context.Background(), s, l) })
	if cut > 0 {
		t.Errorf("%d requests were cut off in %d endings", cut, rounds)
	}
}

// The control: a server that closes at once is caught.
func TestClosingAtOnceIsCaught(t *testing.T) {
	t.Parallel()
	if cut := endings(t, 1, func(_ *drainer, s *http.Server, _ *quietListener) error { return s.Close() }); cut == 0 {
		t.Error("a server that closed at once cut nobody off")
	}
}

// opening is a client that opens referrals and remembers those that were acknowledged.
func opening(contract *apitest.Contract, t testing.TB, addr, token string, acked func(uuid.UUID)) func() error {
	client := contract.Transport(t, &wire{addr: addr})
	return func() error {
		content, err := json.Marshal(newReferral())
		if err != nil {
			return err
		}
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/v1/referrals", bytes.NewReader(content))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Idempotency-Key", uuid.NewString())
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.RoundTrip(req)
		if err != nil {
			return err
		}
		var answer struct {
			ID uuid.UUID `json:"id"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
			return fmt.Errorf("status %d: %w", resp.StatusCode, err)
		}
		acked(answer.ID)
		return nil
	}
}

// SIGTERM under load (D9): /readyz turns red while requests are still answered, nobody is cut off, not even who was in the middle
// of sending, and what was acknowledged is there.
func TestSIGTERMUnderLoadCutsNobodyOff(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	manager := token(t, dir, found(t, db.DB).manager)
	document, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := apitest.Load(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		signal syscall.Signal
	}{{"told to stop", syscall.SIGTERM}, {"the control: killed", syscall.SIGKILL}} {
		var mu sync.Mutex
		acked := map[uuid.UUID]bool{}
		p, at := serving(t, dir, db.AppURL, "127.0.0.1:0")
		s := rage(16, func(int) func() error {
			return opening(contract, t, at, manager, func(id uuid.UUID) {
				mu.Lock()
				defer mu.Unlock()
				acked[id] = true
			})
		})
		s.reach(t, 50)
		slow := halfSent(t, at, manager)
		begun := time.Now()
		if err := p.cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		red := turnsRed(at)
		status := slow()
		s.done.Wait()
		err := p.end()
		if took := time.Since(begun); took > drainLimit {
			t.Errorf("%s: it took %v", c.name, took)
		}
		lost := 0
		for id := range acked {
			if !pgtest.Value[bool](t, db, "SELECT EXISTS (SELECT FROM referral WHERE id = $1)", id) {
				lost++
			}
		}
		t.Logf("%s: %d acknowledged, %d lost, %d cut off, ready turned red: %t, the request under way: %d", c.name, len(acked), lost, s.cut.Load(), red, status)
		if lost > 0 {
			t.Errorf("%s: %d of %d acknowledged referrals are lost", c.name, lost, len(acked))
		}
		whole := err == nil && s.cut.Load() == 0 && red && status == http.StatusCreated
		if whole != (c.signal == syscall.SIGTERM) {
			t.Errorf("%s: %d were cut off, red %t, the request under way got %d, %v; first: %v", c.name, s.cut.Load(), red, status, err, s.first.Load())
		}
	}
}

// halfSent begins a request and returns what sends the rest and waits for the status; 0 for none.
func halfSent(t *testing.T, addr, token string) func() int {
	t.Helper()
	content, err := json.Marshal(newReferral())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /v1/referrals HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		addr, token, uuid.NewString(), len(content), content[:10])
	if err != nil {
		t.Fatal(err)
	}
	return func() int {
		_ = conn.SetDeadline(time.Now().Add(drainLimit))
		if _, err := conn.Write(content[10:]); err != nil {
			return 0
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
}

// turnsRed reports whether /readyz answers 503, and the server is alive all the same, before nobody listens any more.
func turnsRed(addr string) bool {
	ask := func(path string) int {
		req, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			return 0
		}
		resp, err := (&wire{addr: addr}).RoundTrip(req)
		if err != nil {
			return 0
		}
		return resp.StatusCode
	}
	for {
		switch ask("/readyz") {
		case http.StatusServiceUnavailable:
			return ask("/healthz") == http.StatusOK
		case 0:
			return false
		}
	}
}
