// Package ogc is the map for programs that know nothing of this one: OGC API Features (Part 1: Core, with GeoJSON and OpenAPI 3.0) at
// /ogc, and vector tiles at /tiles. It asks for no account, changes nothing, and answers any web page.
package ogc

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"tahweel/directory/atlas"
	"tahweel/internal/fault"
)

// Config is what the map is made of. Every field but Observe is required.
type Config struct {
	Map   *atlas.Store
	Log   *slog.Logger
	Clock func() time.Time
	// Version is that of the product.
	Version string
	// Base is the installation's address as its clients know it, such as https://referrals.example.org, without a slash at its end. Links
	// are made of it and never of a request's Host, which anybody can choose.
	Base string
	// Observe, unless it is nil, is told of each answered request, as api.Config.Observe is.
	Observe func(ctx context.Context, operation string, status int, took time.Duration)
}

// Serves reports whether a path belongs to the map and not to another face.
func Serves(path string) bool {
	return path == root || strings.HasPrefix(path, root+"/") || strings.HasPrefix(path, tilesRoot+"/")
}

const (
	root      = "/ogc"
	tilesRoot = "/tiles"
)

// server answers for the map.
type server struct {
	Config
	mux         *http.ServeMux
	collections []collection
}

// New returns the map's handler. It panics if an address is declared twice, which a test would have seen.
func New(c Config) http.Handler {
	s := &server{Config: c, mux: http.NewServeMux()}
	s.collections = collectionsOf(c.Map)
	s.serve("landing", root, s.landing)
	s.serve("landing", root+"/{$}", s.landing)
	s.serve("conformance", root+"/conformance", s.conformance)
	s.serve("api", root+"/api", s.api)
	s.serve("collections", root+"/collections", s.listCollections)
	s.serve("collection", root+"/collections/{collection}", s.describeCollection)
	s.serve("items", root+"/collections/{collection}/items", s.items)
	s.serve("item", root+"/collections/{collection}/items/{feature}", s.item)
	s.serve("tilejson", tilesRoot+"/providers.json", s.tileJSON)
	s.serve("tile", tilesRoot+"/providers/{z}/{x}/{file}", s.tile)
	return s
}

// operation makes the answer to a request, or says how it is refused.
type operation func(r *http.Request) (answer, error)

func (s *server) serve(name, pattern string, do operation) {
	s.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r)
		x.operation = "ogc-" + name
		a, err := do(r)
		if err != nil {
			x.refuse(w, r, err)
			return
		}
		a.write(w, r)
	})
}

// ServeHTTP answers one request; whatever happens inside, the answer is well-formed and one line is logged.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := s.Clock()
	x := newExchange(w, r)
	header := w.Header()
	header.Set("X-Request-Id", x.id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "ETag, Link, X-Request-Id")
	header.Set("Vary", "Accept-Encoding, Accept-Language")
	defer func() {
		if v := recover(); v != nil {
			x.cause = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if x.status == 0 {
				x.refuse(x, r, x.cause)
			}
		}
		took := s.Clock().Sub(begun)
		x.record(r.Context(), s.Log, r.Method, took)
		if s.Observe != nil {
			s.Observe(r.Context(), x.operation, x.status, took)
		}
	}()
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	switch _, pattern := s.mux.Handler(r); {
	case pattern == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead), path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, "/"):
		x.refuse(x, r, errNoSuchPage)
	case r.Method == http.MethodOptions:
		header.Set("Access-Control-Allow-Methods", allowed)
		header.Set("Access-Control-Allow-Headers", "If-None-Match, X-Request-Id")
		header.Set("Access-Control-Max-Age", "86400")
		x.WriteHeader(http.StatusNoContent)
	case pattern == "":
		header.Set("Allow", allowed)
		x.refuse(x, r, errMethod)
	default:
		s.mux.ServeHTTP(x, r)
	}
}

const allowed = "GET, HEAD, OPTIONS"

var (
	errNoSuchPage = fault.New(fault.NotFound, "no_such_resource", "There is nothing at this address.", "لا شيء في هذا العنوان.")
	errMethod     = fault.New(fault.Invalid, "method_not_allowed",
		"This address does not take this method; Allow lists those it takes.",
		"هذا العنوان لا يقبل هذه الطريقة، والترويسة Allow تذكر ما يقبله.")
)
