package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
)

// The kinds of effect that a writer brings about, in the order of its story.
var kinds = []string{"referral", "attempt", "send", "accept"}

// ledger is what the clients know: what each key was answered with.
type ledger struct {
	mu       sync.Mutex
	acked    map[string]map[uuid.UUID]bool // by kind
	keys     int                           // that were acknowledged
	retried  int                           // requests whose outcome was unknown and that were repeated
	replayed int                           // of those, how many had happened already
	more     chan struct{}                 // closed and replaced at each acknowledgement
}

func newLedger() *ledger {
	l := &ledger{acked: map[string]map[uuid.UUID]bool{}, more: make(chan struct{})}
	for _, kind := range kinds {
		l.acked[kind] = map[uuid.UUID]bool{}
	}
	return l
}

func (l *ledger) ack(kind string, id uuid.UUID, tries int, replayed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[kind][id] = true
	l.keys++
	l.retried += tries - 1
	if replayed {
		l.replayed++
	}
	close(l.more)
	l.more = make(chan struct{})
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys
}

// await waits until n more requests were acknowledged, and returns how long that took.
func (w *writers) await(t testing.TB, n int) time.Duration {
	t.Helper()
	begun, late := time.Now(), time.After(patience)
	for want := w.count() + n; ; {
		w.mu.Lock()
		have, more := w.keys, w.more
		w.mu.Unlock()
		if have >= want {
			return time.Since(begun)
		}
		select {
		case <-more:
		case err := <-w.failed:
			t.Fatal(err)
		case <-late:
			t.Fatalf("nothing was acknowledged any more: %d of %d", have, want)
		}
	}
}

// writers open, choose, send and accept referral after referral, and repeat each request under its key until it is acknowledged.
type writers struct {
	*ledger
	api               string
	ministry          ministry
	manager, provider string // tokens
	client            *http.Client
	stop              chan struct{}
	done              sync.WaitGroup
	failed            chan error
}

// write starts n writers. Stop them with end.
func write(t testing.TB, n int, api, dir string, m ministry) *writers {
	t.Helper()
	document, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := apitest.Load(document)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: n}
	t.Cleanup(transport.CloseIdleConnections)
	w := &writers{
		ledger: newLedger(), api: "http://" + api, ministry: m, manager: token(t, dir, m.manager), provider: token(t, dir, m.provider),
		client: &http.Client{Transport: contract.Transport(t, transport), Timeout: 20 * time.Second},
		stop:   make(chan struct{}), failed: make(chan error, n),
	}
	for range n {
		w.done.Go(func() {
			if err := w.work(); err != nil {
				w.failed <- err
			}
		})
	}
	return w
}

// end has every writer finish the request it is at, and fails the test if one was refused.
func (w *writers) end(t testing.TB) {
	t.Helper()
	close(w.stop)
	w.done.Wait()
	select {
	case err := <-w.failed:
		t.Error(err)
	default:
	}
}

func (w *writers) work() error {
	for {
		referral, err := w.once("referral", w.manager, "/v1/referrals", 0, newReferral())
		if err != nil || referral == uuid.Nil {
			return err
		}
		attempt, err := w.once("attempt", w.manager, "/v1/referrals/"+referral.String()+"/attempts", 0, map[string]any{
			"service_at_location_id": w.ministry.offer, "consent": consent(),
		})
		if err != nil || attempt == uuid.Nil {
			return err
		}
		if id, err := w.once("send", w.manager, "/v1/attempts/"+attempt.String()+"/send", 1, nil); err != nil || id == uuid.Nil {
			return err
		}
		if id, err := w.once("accept", w.provider, "/v1/attempts/"+attempt.String()+"/accept", 2, nil); err != nil || id == uuid.Nil {
			return err
		}
	}
}

// once sends the request under one key until it is acknowledged and returns the id in the answer; uuid.Nil when told to stop
// before the first try. What is refused for good is an error: these requests are all in order.
func (w *writers) once(kind, token, path string, version int, body any) (uuid.UUID, error) {
	select {
	case <-w.stop:
		return uuid.Nil, nil
	default:
	}
	content := []byte{}
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return uuid.Nil, err
		}
	}
	key := uuid.NewString()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for tries := 1; ; tries++ {
		status, id, replayed, said, err := w.try(ctx, token, path, key, version, content)
		switch {
		case err == nil && status < 300:
			w.ack(kind, id, tries, replayed)
			return id, nil
		case ctx.Err() != nil:
			return uuid.Nil, fmt.Errorf("%s: no answer in %v, the last was %d, %w", path, patience, status, err)
		case err == nil && status < 500 && status != http.StatusConflict: // a conflict is the key's first request, still being undone
			return uuid.Nil, fmt.Errorf("%s: refused with %d: %s", path, status, said)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond): // the client's pause before it repeats
		}
	}
}

func (w *writers) try(ctx context.Context, token, path, key string, version int, content []byte) (status int, id uuid.UUID, replayed bool, said []byte, err error) {
	var body io.Reader // stays nil without content: an empty body would still be one
	if len(content) > 0 {
		body = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.api+path, body)
	if err != nil {
		return 0, uuid.Nil, false, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	if len(content) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if version > 0 {
		req.Header.Set("If-Match", `"`+strconv.Itoa(version)+`"`)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, uuid.Nil, false, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return resp.StatusCode, uuid.Nil, false, text, err
	}
	var answer struct {
		ID uuid.UUID `json:"id"`
	}
	err = json.Unmarshal(text, &answer)
	return resp.StatusCode, answer.ID, resp.Header.Get("Idempotency-Replayed") == "true", nil, err
}
