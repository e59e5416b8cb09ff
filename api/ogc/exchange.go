package ogc

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// exchange is one request while it is being answered, and what the log line at its end will say.
type exchange struct {
	http.ResponseWriter
	id, lang  string
	operation string
	status    int
	bytes     int
	code      string // of the problem, if the answer is one
	cause     error  // for the log alone
}

type exchangeKey struct{}

func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]*[A-Za-z_-][A-Za-z0-9._-]*$`) // only digits may be somebody's number

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, id: r.Header.Get("X-Request-Id"), lang: "en"}
	if len(x.id) > 64 || !requestID.MatchString(x.id) {
		x.id = uuid.NewString()
	}
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "ar") {
		x.lang = "ar"
	}
	return x
}

// WriteHeader remembers the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write remembers the size.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// problem is the body of a refusal (RFC 9457); it never repeats what was sent.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	Errors    []problemField `json:"errors,omitempty"`
	RequestID string         `json:"request_id"`
}

type problemField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

var errInternal = fault.New(fault.Internal, "internal",
	"The request could not be completed. It is our fault, not yours; quote the request id when you report it.",
	"تعذّر إكمال الطلب بسبب خطأ لدينا، وليس منك. اذكر رقم الطلب عند الإبلاغ.")

// refuse answers with a problem in the language of the request.
func (x *exchange) refuse(w http.ResponseWriter, _ *http.Request, err error) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		f = errInternal
	}
	status := map[fault.Kind]int{
		fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Unavailable: http.StatusServiceUnavailable,
	}[f.Kind]
	switch {
	case errors.Is(err, errMethod):
		status = http.StatusMethodNotAllowed
	case status == 0:
		status = http.StatusInternalServerError
	}
	x.code, x.cause = f.Code, err
	p := problem{Type: "/problems/" + f.Code, Title: http.StatusText(status), Status: status, Detail: f.Detail.In(x.lang), Code: f.Code, RequestID: x.id}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, problemField{field.Pointer, field.Detail.In(x.lang)})
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", x.lang)
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// record writes the one log line of a request. It names the operation and never the path or the query.
func (x *exchange) record(ctx context.Context, log *slog.Logger, method string, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", x.id), slog.String("method", method), slog.String("operation", x.operation), slog.Int("status", x.status),
		slog.Int("bytes", x.bytes), slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", x.code))
	}
	if x.status >= http.StatusInternalServerError {
		log.LogAttrs(ctx, slog.LevelError, "request", append(attrs, slog.String("error", strings.ToValidUTF8(x.cause.Error(), "?")))...)
		return
	}
	log.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
}
