package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/exaring/otelpgx"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Traces makes spans of requests and of the statements in them. A traceparent of the caller (W3C Trace Context) is continued.
type Traces struct{ provider *sdktrace.TracerProvider }

// propagate is how a trace travels between programs; baggage is left out, since callers put into it what they like.
var propagate = propagation.TraceContext{}

// NewTraces sends spans by OTLP over HTTP to the collector at endpoint, its base URL as in OTEL_EXPORTER_OTLP_ENDPOINT, and
// reports what cannot be sent to log. It fails for an endpoint that is not an http or https URL; one that does not answer is no
// failure. Close the Traces when done. Further settings of the exporter, such as OTEL_EXPORTER_OTLP_HEADERS, the OpenTelemetry
// library takes from the process's environment itself.
func NewTraces(ctx context.Context, endpoint, version string, log *slog.Logger) (*Traces, error) {
	base, err := url.Parse(endpoint)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, errors.New("the address of the trace collector is not an http or https URL")
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(base.JoinPath("v1", "traces").String()))
	if err != nil {
		return nil, fmt.Errorf("prepare sending traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.LogAttrs(context.Background(), slog.LevelWarn, "traces not sent", slog.String("error", err.Error()))
	}))
	return newTraces(sdktrace.WithBatcher(scrub{exporter}), version), nil
}

func newTraces(sink sdktrace.TracerProviderOption, version string) *Traces {
	about := resource.NewSchemaless(attribute.String("service.name", "tahweel"), attribute.String("service.version", version))
	return &Traces{provider: sdktrace.NewTracerProvider(sink, sdktrace.WithResource(about))}
}

// Handler makes a span of each request that next answers.
func (t *Traces) Handler(next http.Handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		propagate.Inject(r.Context(), propagation.HeaderCarrier(r.Header)) // so that the log line names the same trace
		next.ServeHTTP(w, r)
	})
	return otelhttp.NewHandler(inner, "request", otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagate))
}

// Request names the span of ctx after the operation that was answered.
func (t *Traces) Request(ctx context.Context, operation string, _ int, _ time.Duration) {
	if operation == "" {
		operation = noOperation
	}
	trace.SpanFromContext(ctx).SetName(operation)
}

// Statements makes a span of each statement on a connection it is given to, without parameters.
func (t *Traces) Statements() *otelpgx.Tracer {
	return otelpgx.NewTracer(otelpgx.WithTracerProvider(t.provider), otelpgx.WithTrimSQLInSpanName(), otelpgx.WithDisableConnectionDetailsInAttributes())
}

// Close sends what is left, until ctx ends.
func (t *Traces) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

// shown are the attributes of a span that leave the program. Everything else stays: a path has ids in it, an address is
// somebody's, and an error of the database quotes values.
var shown = map[attribute.Key]bool{
	"http.request.method": true, "http.response.status_code": true, "http.response.body.size": true, "network.protocol.version": true,
	"db.system": true, "db.system.name": true, "db.query.text": true, "db.statement": true, "db.operation.name": true, "db.namespace": true,
	"pgx.operation.type": true,
}

// scrub lets an exporter see only what may leave the program.
type scrub struct{ next sdktrace.SpanExporter }

// ExportSpans exports the spans without attributes that are not shown, without events and without the words of errors.
func (s scrub) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	clean := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		clean[i] = scrubbed{span}
	}
	return s.next.ExportSpans(ctx, clean)
}

// Shutdown closes the exporter.
func (s scrub) Shutdown(ctx context.Context) error { return s.next.Shutdown(ctx) }

// scrubbed is a span without what must not leave the program.
type scrubbed struct{ sdktrace.ReadOnlySpan }

// Attributes are those that may be shown.
func (s scrubbed) Attributes() []attribute.KeyValue {
	var kept []attribute.KeyValue
	for _, a := range s.ReadOnlySpan.Attributes() {
		if shown[a.Key] {
			kept = append(kept, a)
		}
	}
	return kept
}

// Events are none: that of an error quotes it.
func (s scrubbed) Events() []sdktrace.Event { return nil }

// Status says whether it went wrong, and not with which words.
func (s scrubbed) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
