package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tahweel/internal/pg"
	"tahweel/internal/telemetry"
)

// watchFlags say what operators see of a running service. Empty ones switch it off.
type watchFlags struct {
	MetricsAddr  string `help:"Address for Prometheus to fetch /metrics from, for instance 127.0.0.1:9464; off when empty. Keep it from the public." env:"TAHWEEL_METRICS_ADDR" placeholder:"ADDRESS"`
	OTLPEndpoint string `name:"otlp-endpoint" help:"Base URL of an OpenTelemetry collector to send traces to (OTLP over HTTP); off when empty." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
}

// watch is the metrics and traces of a running service; those that are off are nil.
type watch struct {
	metrics *telemetry.Metrics
	traces  *telemetry.Traces
	server  *http.Server
}

// watch begins what the flags ask for. Stop it when done.
func (f watchFlags) watch(ctx context.Context, p *program) (*watch, error) {
	w := &watch{}
	if f.OTLPEndpoint != "" {
		traces, err := telemetry.NewTraces(ctx, f.OTLPEndpoint, version, p.log)
		if err != nil {
			return nil, err
		}
		w.traces = traces
	}
	if f.MetricsAddr == "" {
		return w, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another with --metrics-addr): %w", f.MetricsAddr, err)
	}
	w.metrics = telemetry.NewMetrics(version)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", w.metrics.Handler())
	w.server = &http.Server{
		Handler: mux, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	go func() {
		if err := w.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.LogAttrs(ctx, slog.LevelError, "metrics ended", slog.String("error", err.Error()))
		}
	}()
	p.log.LogAttrs(ctx, slog.LevelInfo, "metrics", slog.String("address", listener.Addr().String()))
	return w, nil
}

// options are what the pool of connections needs so that statements are traced.
func (w *watch) options() []pg.Option {
	if w.traces == nil {
		return nil
	}
	return []pg.Option{pg.Tracer(w.traces.Statements())}
}

// pool has the pool shown in the metrics.
func (w *watch) pool(db *pg.DB) {
	if w.metrics != nil {
		w.metrics.Watch(func() telemetry.Pool { return telemetry.Pool(db.Stats()) })
	}
}

// observe is told of each answered request.
func (w *watch) observe(ctx context.Context, operation string, status int, took time.Duration) {
	if w.metrics != nil {
		w.metrics.Request(ctx, operation, status, took)
	}
	if w.traces != nil {
		w.traces.Request(ctx, operation, status, took)
	}
}

// handler has the requests that next answers counted and traced.
func (w *watch) handler(next http.Handler) http.Handler {
	if w.metrics != nil {
		next = w.metrics.UnderWay(next)
	}
	if w.traces != nil {
		next = w.traces.Handler(next)
	}
	return next
}

// stop closes the listener and sends what is left of the traces. It works after ctx has ended.
func (w *watch) stop(ctx context.Context) error {
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var err error
	if w.server != nil {
		err = w.server.Close()
	}
	if w.traces != nil {
		err = errors.Join(err, w.traces.Close(ctx))
	}
	return err
}
