package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// constructors make an attribute of a log line; their first argument is its key.
var constructors = []string{"String", "Int", "Int64", "Uint64", "Float64", "Bool", "Time", "Duration", "Any", "Group"}

// keysIn returns the keys of log lines in a source, and what cannot be read off it.
func keysIn(t *testing.T, name string, source any) (keys []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		if of, ok := f.X.(*ast.Ident); !ok || of.Name != "slog" || !slices.Contains(constructors, f.Sel.Name) {
			return true
		}
		if literal, ok := call.Args[0].(*ast.BasicLit); ok {
			key, err := strconv.Unquote(literal.Value)
			if err == nil {
				keys = append(keys, key)
				return true
			}
		}
		keys = append(keys, fmt.Sprintf("%s is not a literal", f.Sel.Name))
		return true
	})
	return keys
}

// Every log line in the repository has keys from the list alone.
func TestLogLinesHaveKnownKeysAlone(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := entry.Name(); entry.IsDir() && (base == "node_modules" || base == "testdata" || len(base) > 2 && base[0] == '.') {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		for _, key := range keysIn(t, name, nil) {
			if found++; !slices.Contains(Keys, key) {
				t.Errorf("%s logs the key %q, which is not in telemetry.Keys", name, key)
			}
		}
		return nil
	})
	if err != nil || found < 10 {
		t.Errorf("%d keys were found, %v", found, err)
	}
}

// The control: an unknown key is found in a source and in a line.
func TestAnUnknownKeyIsFound(t *testing.T) {
	t.Parallel()
	source := `package x
func f() { log.LogAttrs(ctx, 0, "m", slog.String("patient", name), slog.Int(key, 1)) }`
	if keys := keysIn(t, "x.go", source); len(keys) != 2 || slices.Contains(Keys, keys[0]) || slices.Contains(Keys, keys[1]) {
		t.Errorf("%q", keys)
	}
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelWarn)
	log.LogAttrs(t.Context(), slog.LevelInfo, "not written", slog.String("low", ""))
	log.LogAttrs(t.Context(), slog.LevelError, "request", slog.String("patient", "x"), slog.String("request_id", "y"))
	if unknown := UnknownKeys(append([]byte("not JSON\n"), out.Bytes()...)); len(unknown) != 1 || unknown[0] != "patient" {
		t.Errorf("%q", unknown)
	}
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body.String())
	}
	return w.Body.String()
}

var label = regexp.MustCompile(`[{,]([a-z_]+)="`)

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics("9.8.7")
	m.Request(t.Context(), "create-referral", 201, 30*time.Millisecond)
	m.Request(t.Context(), "create-referral", 503, time.Second)
	m.Request(t.Context(), "", 404, time.Millisecond)
	m.Request(t.Context(), "list-places", 0, time.Millisecond)
	m.Swept("expire", time.Unix(1_000, 0), 3, nil)
	m.Swept("expire", time.Unix(2_000, 0), 0, errors.New("no"))
	m.Watch(func() Pool {
		return Pool{Max: 8, Open: 3, InUse: 2, Idle: 1, Acquired: 40, Waits: 5, WaitTime: time.Second}
	})
	text := scrape(t, m)
	for _, line := range []string{
		`tahweel_requests_total{class="2xx",operation="create-referral"} 1`,
		`tahweel_requests_total{class="5xx",operation="create-referral"} 1`,
		`tahweel_requests_total{class="4xx",operation="none"} 1`,
		`tahweel_requests_total{class="none",operation="list-places"} 1`,
		`tahweel_request_duration_seconds_bucket{operation="create-referral",le="0.05"} 1`,
		`tahweel_sweeps_total{outcome="ok",sweep="expire"} 1`, `tahweel_sweeps_total{outcome="failed",sweep="expire"} 1`,
		`tahweel_swept_rows_total{sweep="expire"} 3`, `tahweel_sweep_last_success_timestamp_seconds{sweep="expire"} 1000`,
		`tahweel_pool_connections_max 8`, `tahweel_pool_connections_in_use 2`, `tahweel_pool_waits_total 5`, `tahweel_pool_wait_seconds_total 1`,
		`tahweel_build_info{version="9.8.7"} 1`, `go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	for _, found := range label.FindAllStringSubmatch(text, -1) {
		if !slices.Contains([]string{"operation", "class", "sweep", "outcome", "le", "quantile", "version", "code", "cause"}, found[1]) {
			t.Errorf("a metric has the label %s", found[1])
		}
	}
}

// traced answers one request, with everything in it that must not leave the program, and returns what an exporter got.
func traced(t *testing.T, wrap func(sdktrace.SpanExporter) sdktrace.SpanExporter, traceparent string) (tracetest.SpanStubs, string) {
	t.Helper()
	memory := tracetest.NewInMemoryExporter()
	traces := newTraces(sdktrace.WithSyncer(wrap(memory)), "9.8.7")
	var logged string
	handler := traces.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logged = r.Header.Get("Traceparent")
		span := trace.SpanFromContext(r.Context())
		span.RecordError(errors.New(`duplicate key (document)=(canary-error)`))
		span.SetStatus(codes.Error, "canary-status")
		span.SetAttributes(attribute.String("db.query.parameters", "canary-parameter"))
		traces.Request(r.Context(), "list-places", 200, time.Millisecond)
		w.WriteHeader(http.StatusTeapot)
	}))
	r := httptest.NewRequest(http.MethodGet, "/v1/places/canary-path?search=canary-query", nil)
	r.Header.Set("User-Agent", "canary-agent")
	r.Header.Set("X-Forwarded-For", "canary-address")
	if traceparent != "" {
		r.Header.Set("Traceparent", traceparent)
	}
	handler.ServeHTTP(httptest.NewRecorder(), r)
	return memory.GetSpans(), logged
}

func TestTracesCarryNothingOfAPerson(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	spans, logged := traced(t, func(next sdktrace.SpanExporter) sdktrace.SpanExporter { return scrub{next} }, parent)
	if len(spans) != 1 || spans[0].Name != "list-places" {
		t.Fatalf("%+v", spans)
	}
	if id := spans[0].SpanContext.TraceID().String(); id != parent[3:35] || !strings.Contains(logged, id) {
		t.Errorf("the caller's trace is not continued: %s, logged %s", id, logged)
	}
	if text := fmt.Sprintf("%+v", spans); strings.Contains(text, "canary") {
		t.Errorf("a span holds what must stay here: %s", text)
	}
	if spans[0].Status.Code != codes.Error || len(spans[0].Attributes) == 0 {
		t.Errorf("a span says too little: %+v", spans[0])
	}
	if spans, logged := traced(t, func(next sdktrace.SpanExporter) sdktrace.SpanExporter { return scrub{next} }, ""); !strings.Contains(logged, spans[0].SpanContext.TraceID().String()) {
		t.Errorf("a trace of our own is not logged: %q", logged)
	}
}

// The control: what the libraries note by themselves would leave the program.
func TestUnscrubbedTracesAreCaught(t *testing.T) {
	t.Parallel()
	spans, _ := traced(t, func(next sdktrace.SpanExporter) sdktrace.SpanExporter { return next }, "")
	for _, canary := range []string{"canary-path", "canary-error", "canary-status", "canary-agent", "canary-parameter"} {
		if !strings.Contains(fmt.Sprintf("%+v", spans), canary) {
			t.Errorf("%s was not there in the first place", canary)
		}
	}
}

func TestACollectorNeedsAnAddress(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"collector:4318", "ftp://collector", "http://", "%"} {
		if _, err := NewTraces(context.Background(), endpoint, "1", slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was taken", endpoint)
		}
	}
}
