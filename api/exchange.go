package api

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"tahweel/policy"
)

// exchange is what the shell knows about one request while it is being answered: what the log line at its end will say, and what
// an answer needs to be made (language, headers). One goroutine works on it.
type exchange struct {
	id     string
	trace  string
	lang   string
	header http.Header // of the answer
	path   string
	query  string

	operation   string
	passed      []error // one huma.ErrorDetail for each fault of the input that huma passes over
	actor       policy.Actor
	code        string // of the problem, if the answer is one
	cause       error  // for the log alone
	fingerprint []byte
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{lang: "en", header: http.Header{}}
}

var (
	requestID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	onlyDigits  = regexp.MustCompile(`^[0-9]+$`) // may be somebody's number, and would be logged
	traceParent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{
		id:     r.Header.Get("X-Request-Id"),
		lang:   languageOf(r.Header.Get("Accept-Language")),
		header: w.Header(),
		path:   r.URL.EscapedPath(),
		query:  r.URL.RawQuery,
	}
	if !requestID.MatchString(x.id) || onlyDigits.MatchString(x.id) {
		x.id = uuid.NewString()
	}
	if m := traceParent.FindStringSubmatch(r.Header.Get("Traceparent")); m != nil {
		x.trace = m[1]
	}
	return x
}

var languages = language.NewMatcher([]language.Tag{language.English, language.Arabic})

// languageOf answers "ar" if the Accept-Language header prefers Arabic to English, and "en" otherwise.
func languageOf(accept string) string {
	const longest = 256 // a header that is longer names no language a person reads
	if len(accept) > longest {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "en"
	}
	if _, index, confidence := languages.Match(tags...); index == 1 && confidence != language.No {
		return "ar"
	}
	return "en"
}

// recorder remembers the status and size of an answer for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// record writes the one log line of a request. It names the operation and never the path or the query: an id in a path is harmless,
// a name typed into a search is not.
func (s *shell) record(x *exchange, w *recorder, method string, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", x.id),
		slog.String("method", method),
		slog.String("operation", x.operation),
		slog.Int("status", w.status),
		slog.Int("bytes", w.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	if x.trace != "" {
		attrs = append(attrs, slog.String("trace_id", x.trace))
	}
	if x.actor.AccountID != uuid.Nil {
		attrs = append(attrs, slog.String("account", x.actor.AccountID.String()))
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", x.code))
	}
	level := slog.LevelInfo
	if w.status >= http.StatusInternalServerError {
		level = slog.LevelError
		if x.cause != nil {
			attrs = append(attrs, slog.String("error", strings.ToValidUTF8(x.cause.Error(), "?")))
		}
	}
	s.log.LogAttrs(context.Background(), level, "request", attrs...)
}
