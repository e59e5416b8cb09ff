package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what the program does, for Prometheus. Every label has few values that are known beforehand: an operationId of
// the contract, a class of status, the name of a sweep. It is safe for concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	underWay  prometheus.Gauge
	sweeps    *prometheus.CounterVec
	swept     *prometheus.CounterVec
	sweptAt   *prometheus.GaugeVec
}

// NewMetrics returns the metrics of a program of the version, with those of the Go runtime and of the process.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tahweel_requests_total", Help: "Requests answered, by operation of the contract and class of status.",
		}, []string{"operation", "class"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tahweel_request_duration_seconds", Help: "Time from the first byte of a request to the last of its answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tahweel_requests_under_way", Help: "Requests being answered now.",
		}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tahweel_sweeps_total", Help: "Runs of the periodic jobs, by job and whether they ended well.",
		}, []string{"sweep", "outcome"}),
		swept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tahweel_swept_rows_total", Help: "Rows that the periodic jobs dealt with.",
		}, []string{"sweep"}),
		sweptAt: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tahweel_sweep_last_success_timestamp_seconds", Help: "When a periodic job last ended well.",
		}, []string{"sweep"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tahweel_build_info", Help: "Always 1; the label says which version runs.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.underWay, m.sweeps, m.swept, m.sweptAt, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers with the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// noOperation stands for a request that named none, such as one for an unknown path.
const noOperation = "none"

// Request counts one answered request. The operation is an operationId of the contract, or empty.
func (m *Metrics) Request(_ context.Context, operation string, status int, took time.Duration) {
	if operation == "" {
		operation = noOperation
	}
	m.requests.WithLabelValues(operation, class(status)).Inc()
	m.durations.WithLabelValues(operation).Observe(took.Seconds())
}

// class is 2xx, 4xx and so on; none for an answer that was never begun.
func class(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

// UnderWay counts the requests that next is answering.
func (m *Metrics) UnderWay(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.underWay, next)
}

// Swept counts one run of a periodic job that ended at the instant with err, nil for well, and dealt with the rows.
func (m *Metrics) Swept(sweep string, at time.Time, rows int, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.sweeps.WithLabelValues(sweep, outcome).Inc()
	m.swept.WithLabelValues(sweep).Add(float64(rows))
	if err == nil {
		m.sweptAt.WithLabelValues(sweep).Set(float64(at.Unix()))
	}
}

// Pool is what a pool of database connections looks like at an instant. Waits and WaitTime grow from the program's start: how
// often somebody had to wait for a connection, and how long all of them waited together.
type Pool struct {
	Max, Open, InUse, Idle int
	Acquired, Waits        int64
	WaitTime               time.Duration
}

// Watch has the pool's state shown in the metrics. Call it once; look is called at each scrape.
func (m *Metrics) Watch(look func() Pool) {
	gauge := func(name, help string, value func(Pool) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(look()) })
	}
	counter := func(name, help string, value func(Pool) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(look()) })
	}
	m.registry.MustRegister(
		gauge("tahweel_pool_connections_max", "How many connections to the database there may be.", func(p Pool) float64 { return float64(p.Max) }),
		gauge("tahweel_pool_connections_open", "How many there are.", func(p Pool) float64 { return float64(p.Open) }),
		gauge("tahweel_pool_connections_in_use", "How many are in use.", func(p Pool) float64 { return float64(p.InUse) }),
		gauge("tahweel_pool_connections_idle", "How many are idle.", func(p Pool) float64 { return float64(p.Idle) }),
		counter("tahweel_pool_acquired_total", "How often a connection was taken.", func(p Pool) float64 { return float64(p.Acquired) }),
		counter("tahweel_pool_waits_total", "How often somebody had to wait for one.", func(p Pool) float64 { return float64(p.Waits) }),
		counter("tahweel_pool_wait_seconds_total", "How long all of them waited together.", func(p Pool) float64 { return p.WaitTime.Seconds() }),
	)
}
