// Package hsds is the public face of the directory: the Human Services Data Specification 3.2 as its API document describes it,
// anonymous and read-only. Unlike the partner contract it belongs to a standard, so it has a document of its own, takes parameters
// that it does not know, and is held to the standard's schemas.
package hsds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	words "tahweel/directory/hsds"
)

// Prefix is where the face stands.
const Prefix = "/hsds"

// Config is what the face is made of. Every field but Observe is required.
type Config struct {
	Directory *directory.Store
	Log       *slog.Logger
	Clock     func() time.Time // of the directory
	Wall      func() time.Time // of the server, for what a connection may take
	PublicURL string           // of the installation, as its readers know it
	Publisher Publisher
	// Observe, unless it is nil, is told of each answered request. It must not wait.
	Observe func(ctx context.Context, operation string, status int, took time.Duration)
}

// Publisher is who answers for the data (HSDS, the API's own information).
type Publisher struct {
	Name    string `json:"name"`
	Email   string `json:"email,omitempty"`
	Website string `json:"website,omitempty"`
}

// face answers for one Config.
type face struct {
	Config
	base string // the public address of the face
	mux  *http.ServeMux
}

// New returns the face; it answers below Prefix.
func New(c Config) http.Handler {
	f := &face{Config: c, base: strings.TrimSuffix(c.PublicURL, "/") + Prefix, mux: http.NewServeMux()}
	f.get("", "hsds", f.information)
	f.get("/openapi.json", "hsds-contract", f.contract)
	f.get("/profile", "hsds-profile", f.profile)
	f.get("/profile/{name}", "hsds-profile", f.patch)
	f.list("/services", "hsds-services", f.services)
	f.get("/services/{id}", "hsds-service", f.service)
	f.list("/organizations", "hsds-organizations", f.organizations)
	f.get("/organizations/{id}", "hsds-organization", f.organization)
	f.list("/service_at_locations", "hsds-service-at-locations", f.offers)
	f.get("/service_at_locations/{id}", "hsds-service-at-location", f.offer)
	f.list("/taxonomies", "hsds-taxonomies", f.taxonomies)
	f.get("/taxonomies/{id}", "hsds-taxonomy", f.taxonomy)
	f.list("/taxonomy_terms", "hsds-taxonomy-terms", f.terms)
	f.get("/taxonomy_terms/{id}", "hsds-taxonomy-term", f.term)
	return http.MaxBytesHandler(f, 64<<10)
}

// answer makes the document that is the answer, or nil if it has written one itself.
type answer func(*request) (any, error)

// get registers what is read by GET.
func (f *face) get(path, operation string, a answer) {
	f.mux.Handle("GET "+Prefix+path, f.answering(operation, a))
	if path == "" {
		f.mux.Handle("GET "+Prefix+"/{$}", f.answering(operation, a))
	}
}

// list registers a list and its twin by POST, which takes the same parameters.
func (f *face) list(path, operation string, a answer) {
	f.get(path, operation, a)
	f.mux.Handle("POST "+Prefix+path, f.answering(operation, a))
}

// ServeHTTP answers one request; whatever happens inside, the answer is well-formed and one line is logged.
func (f *face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	q := &request{w: rec, r: r, id: uuid.NewString(), begun: f.Wall()}
	header := rec.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Request-Id", q.id)
	header.Set("Vary", "Accept-Language")
	defer f.finish(q, rec)
	switch _, pattern := f.mux.Handler(r); {
	case r.Method == http.MethodOptions:
		header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS")
		header.Set("Access-Control-Allow-Headers", "*")
		header.Set("Access-Control-Expose-Headers", "ETag, X-Request-Id")
		header.Set("Access-Control-Max-Age", "86400")
		rec.WriteHeader(http.StatusNoContent)
	case pattern == "":
		f.refuseRoute(q)
	default:
		f.mux.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), requestKey{}, q)))
	}
}

// refuseRoute tells an address that is not here from one that does not take the method.
func (f *face) refuseRoute(q *request) {
	other := *q.r
	other.Method = http.MethodGet
	if _, pattern := f.mux.Handler(&other); pattern == "" {
		q.refuse(errNoSuchPage)
		return
	}
	q.w.Header().Set("Allow", "GET, HEAD, OPTIONS")
	q.refuse(errMethodNotAllowed)
}

// finish turns a panic into a 500 and writes the line of the log.
func (f *face) finish(q *request, rec *recorder) {
	if v := recover(); v != nil {
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		f.Log.LogAttrs(context.Background(), slog.LevelError, "panic", slog.String("request_id", q.id),
			slog.String("error", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
		if rec.status == 0 {
			q.refuse(errors.New("panic"))
		}
	}
	took := f.Wall().Sub(q.begun)
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("request_id", q.id), slog.String("method", q.r.Method), slog.String("operation", q.operation), slog.Int("status", rec.status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	if q.code != "" {
		attributes = append(attributes, slog.String("code", q.code))
	}
	if q.cause != nil && rec.status >= http.StatusInternalServerError {
		level = slog.LevelError
		attributes = append(attributes, slog.String("error", strings.ToValidUTF8(q.cause.Error(), "?")))
	}
	f.Log.LogAttrs(context.Background(), level, "request", attributes...)
	if f.Observe != nil {
		f.Observe(q.r.Context(), q.operation, rec.status, took)
	}
}

func (f *face) answering(operation string, a answer) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		q := requestOf(r)
		q.r, q.operation = r, operation
		err := q.read()
		if err != nil {
			q.refuse(err)
			return
		}
		document, err := a(q)
		switch {
		case err != nil:
			q.refuse(err)
		case document != nil:
			q.write(document)
		}
	})
}

// view is how things are put for the reader.
func (f *face) view(q *request) words.View {
	return words.View{Language: q.language(), ServedAt: f.Clock()}
}

// recorder keeps the status that was written.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and passes it on.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer is 200 if nothing else was said.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
