package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tahweel/internal/pg/pgtest"
	"tahweel/internal/telemetry"
)

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	*httptest.Server
	mu   sync.Mutex
	sent bytes.Buffer
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			if unzipped, err := gzip.NewReader(r.Body); err == nil {
				body = unzipped
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, err := io.Copy(&c.sent, body); err != nil || r.URL.Path != "/v1/traces" {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) got(what []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.sent.Bytes(), what)
}

// Metrics on a listener of their own and traces to a collector, on the real program: there, and without anything of a person. Its
// log has known keys alone.
func TestWhatOperatorsSee(t *testing.T) {
	t.Parallel()
	dir, db, collector := folderFor(t), pgtest.New(t), newCollector(t)
	m := found(t, db.DB)
	p, at := serving(t, dir, db.AppURL, "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--otlp-endpoint", collector.URL, "--log-level", "info")
	manager := newCaller(t, "http://"+at, token(t, dir, m.manager))
	const id = "0af7651916cd43dd8448eb211c80319c"
	req, err := http.NewRequest(http.MethodGet, manager.api+"/v1/places?search=canarysearch", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+manager.token)
	req.Header.Set("Traceparent", "00-"+id+"-b7ad6b7169203331-01")
	if resp, err := manager.http.Do(req); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	referral := manager.post("/v1/referrals", newReferral()).is(http.StatusCreated).text("id")
	manager.get("/v1/referrals/" + referral).is(http.StatusOK)
	manager.get("/metrics").is(http.StatusNotFound) // not on the public listener

	resp, err := http.Get("http://" + metricsAddress(t, p.stderr.String()) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`tahweel_requests_total{class="2xx",operation="create-referral"} 1`, `tahweel_requests_total{class="4xx",operation="none"} 1`,
		`tahweel_pool_connections_open`, `tahweel_build_info{version="` + version + `"} 1`, `tahweel_requests_under_way 0`, "process_open_fds", "go_goroutines",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	trace, err := hex.DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range [][]byte{trace, []byte("list-places"), []byte("create-referral"), []byte("INSERT INTO referral")} {
		if !collector.got(expected) {
			t.Errorf("no trace of %q arrived", expected)
		}
	}
	for _, secret := range []string{"Canary", "canarysearch", referral, "059 000 0098", "599000098", "590000098", manager.token, "000000018"} {
		if collector.got([]byte(secret)) || strings.Contains(string(text), secret) || strings.Contains(p.stderr.String(), secret) {
			t.Errorf("%q is in a trace, a metric or the log", secret)
		}
	}
	if !strings.Contains(p.stderr.String(), id) {
		t.Error("the log does not name the trace")
	}
	if unknown := telemetry.UnknownKeys([]byte(p.stderr.String())); len(unknown) > 0 {
		t.Errorf("the log has keys that nobody knows: %q", unknown)
	}
}

// metricsAddress is where the program says it listens for Prometheus; it says so before it serves.
func metricsAddress(t *testing.T, log string) string {
	t.Helper()
	for line := range strings.Lines(log) {
		var said struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "metrics" {
			return said.Address
		}
	}
	t.Fatalf("the program does not say where its metrics are: %s", log)
	return ""
}

// Unless asked for, there is no second listener and no trace.
func TestNothingIsWatchedUnlessAskedFor(t *testing.T) {
	t.Parallel()
	dir, db := folderFor(t), pgtest.New(t)
	p, at := serving(t, dir, db.AppURL, "127.0.0.1:0", "--log-level", "error")
	newCaller(t, "http://"+at, "").get("/healthz").is(http.StatusOK)
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
	if said := p.stderr.String(); said != "" {
		t.Errorf("a quiet program says %s", said)
	}
}
