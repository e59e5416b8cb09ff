package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"tahweel/internal/fault"
)

// maxBody is the largest request body. Nothing of this API is larger but files that are handed in, see maxUpload.
const maxBody = 1 << 20

// shell is everything that is the same for every operation: who asks, what is well-formed, how a refusal looks, what is logged.
type shell struct {
	mux      *router
	huma     huma.API
	identity Authenticator
	log      *slog.Logger
	clock    func() time.Time
	version  string
	metadata string // address of the resource's metadata, for challenges; empty if there is none
	observe  func(ctx context.Context, operation string, status int, took time.Duration)
}

// ServeHTTP answers one request; whatever happens inside, the answer is well-formed and one line is logged.
func (s *shell) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := s.clock()
	rec := &recorder{ResponseWriter: w}
	x := newExchange(rec, r)
	x.metadata = s.metadata
	header := rec.Header()
	header.Set("X-Request-Id", x.id)
	header.Set("API-Version", s.version)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Language")
	defer func() {
		took := s.clock().Sub(begun)
		s.record(x, rec, r.Method, took)
		if s.observe != nil {
			s.observe(r.Context(), x.operation, rec.status, took)
		}
	}()
	defer s.recoverPanic(x, rec)
	s.route(rec, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
}

// recoverPanic turns a panic into a 500. It runs outside huma, which would drop the connection.
func (s *shell) recoverPanic(x *exchange, w *recorder) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	s.log.LogAttrs(context.Background(), slog.LevelError, "panic",
		slog.String("request_id", x.id), slog.String("operation", x.operation),
		slog.String("error", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
	if w.status == 0 {
		writeProblem(w, x, errors.New("panic"))
	}
}

func (s *shell) route(w *recorder, r *http.Request) {
	x := exchangeOf(r.Context())
	if err := checkURL(r.URL); err != nil {
		writeProblem(w, x, err)
		return
	}
	if _, pattern := s.mux.Handler(r); pattern == "" || path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, "/") && r.URL.Path != "/" {
		s.refuseRoute(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// refuseRoute asks the mux how it would refuse the request and says it as a problem.
func (s *shell) refuseRoute(w *recorder, r *http.Request) {
	probe := &probe{header: http.Header{}}
	s.mux.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		writeProblem(w, exchangeOf(r.Context()), errMethodNotAllowed)
		return
	}
	writeProblem(w, exchangeOf(r.Context()), errNoSuchPage)
}

// probe is a ResponseWriter that keeps the status and the headers only.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// checkURL refuses what huma or PostgreSQL would stumble over later: NUL and broken UTF-8, a query that cannot be parsed, a
// parameter without "=" (huma reads it as "true") or given twice (huma would take the first).
func checkURL(u *url.URL) error {
	if !clean(u.Path) {
		return errBadPath
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if pair != "" && !strings.Contains(pair, "=") {
			return errBadQuery
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errBadQuery
	}
	for name, values := range query {
		if len(values) > 1 || !clean(name) || !clean(values[0]) {
			return errBadQuery
		}
	}
	return nil
}

// clean reports whether PostgreSQL can store the text: valid UTF-8 without NUL.
func clean(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// serveBytes answers GET with a fixed document that anybody may read and keep for five minutes.
func (s *shell) serveBytes(pattern, contentType string, document func() []byte) {
	s.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "public, max-age=300")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(document()))
	})
}

var (
	errNoSuchPage = fault.New(fault.NotFound, "no_such_resource", "There is nothing at this address.", "لا شيء في هذا العنوان.")
	errBadPath    = fault.New(fault.Invalid, "malformed_path", "The path holds a NUL or is not UTF-8.", "يحتوي المسار على محرف غير مقبول.")
	errBadQuery   = fault.New(fault.Invalid, "malformed_query",
		"The query string cannot be read: a name without a value, a name given twice, or characters that are not UTF-8.",
		"تعذّرت قراءة معاملات الاستعلام: اسم بلا قيمة، أو اسم مكرر، أو محارف غير مقبولة.")
	errMethodNotAllowed = &httpFault{http.StatusMethodNotAllowed, fault.New(fault.Invalid, "method_not_allowed",
		"This address does not take this method; Allow lists those it takes.",
		"هذا العنوان لا يقبل هذه الطريقة، والترويسة Allow تذكر ما يقبله.")}
)
