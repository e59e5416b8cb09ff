package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// overHTTP asks the service. It speaks just as much HTTP/1.1 as it takes, because a full client would cost more of the shared
// cores than pgbench, which is being compared with the service and not with the client.
type overHTTP struct {
	title   string
	address string
	sign    func() (string, error) // makes a token for a turn
	token   string
	server  int // process id of the service
}

func (h *overHTTP) name() string { return h.title }

func (h *overHTTP) turn(ctx context.Context, length time.Duration, connections int) (score, error) {
	var err error
	if h.token, err = h.sign(); err != nil {
		return score{}, err
	}
	return drive(ctx, h.address, h.server, length, connections, h.request)
}

// drive has so many connections ask the server, a process of this machine, as fast as it answers.
func drive(ctx context.Context, address string, server int, length time.Duration, connections int, request func() []byte) (score, error) {
	before := cpu(server)
	times := make([][]time.Duration, connections)
	errs := make([]error, connections)
	var all sync.WaitGroup
	begun := time.Now()
	for i := range connections {
		all.Go(func() { times[i], errs[i] = ask(ctx, address, begun.Add(length), request) })
	}
	all.Wait()
	s := newScore(time.Since(begun), times...)
	s.cpu = (cpu(server) - before) / time.Duration(max(1, s.count))
	return s, errors.Join(errs...)
}

// ask sends one request after the other until the time.
func ask(ctx context.Context, address string, until time.Time, request func() []byte) (times []time.Duration, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	in := bufio.NewReaderSize(conn, 64<<10)
	for now := time.Now(); now.Before(until); {
		if _, err := conn.Write(request()); err != nil {
			return times, err
		}
		if err := readAnswer(in); err != nil {
			return times, err
		}
		done := time.Now()
		times, now = append(times, done.Sub(now)), done
	}
	return times, nil
}

func (h *overHTTP) request() []byte {
	need, lat, lon := anywhere()
	return fmt.Appendf(nil, "GET /v1/nearby?need=%s&lat=%.6f&lon=%.6f&limit=20 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n",
		need, lat, lon, h.address, h.token)
}

// anywhere is one of the needs and a point in the box.
func anywhere() (need string, lat, lon float64) {
	all := needs()
	degrees := func() float64 { return boxDegrees / boxSteps * float64(rand.IntN(boxSteps+1)) }
	return all[rand.IntN(len(all))], lowestLat + degrees(), lowestLon + degrees()
}

// readAnswer reads one response, which must be 200, and drops its body.
func readAnswer(in *bufio.Reader) error {
	status, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	length, chunked := 0, false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		name, value, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found {
			break
		}
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		case "transfer-encoding":
			chunked = true
		}
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		body, _ := in.Peek(min(length, in.Buffered()))
		return fmt.Errorf("the service answers %q: %s", strings.TrimSpace(status), body)
	}
	if chunked {
		return dropChunks(in)
	}
	_, err = in.Discard(length)
	return err
}

func dropChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, in, size+2); err != nil { // with the line's end
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

// cpu is the processor time that a process has used, as Linux counts it in hundredths of a second; 0 elsewhere.
func cpu(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
