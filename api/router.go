package api

import (
	"net/http"
	"strings"
)

// byExternalID is where services are named by their organization's own number. What follows is one segment, whatever it says.
const byExternalID = "/v1/services/by-external-id/"

// router is a mux whose addresses below byExternalID stand in one of their own: a number may be "status" or "history", which an
// http.ServeMux alone takes for a step of the service "by-external-id" and refuses to tell apart.
type router struct {
	*http.ServeMux
	named *http.ServeMux
}

func newRouter() *router { return &router{ServeMux: http.NewServeMux(), named: http.NewServeMux()} }

// HandleFunc implements humago.Mux.
func (m *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if strings.Contains(pattern, byExternalID) {
		m.named.HandleFunc(pattern, handler)
		return
	}
	m.ServeMux.HandleFunc(pattern, handler)
}

func (m *router) of(r *http.Request) *http.ServeMux {
	if strings.HasPrefix(r.URL.Path, byExternalID) {
		return m.named
	}
	return m.ServeMux
}

// Handler returns what answers the request and its pattern, as http.ServeMux does.
func (m *router) Handler(r *http.Request) (http.Handler, string) { return m.of(r).Handler(r) }

// ServeHTTP implements http.Handler.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.of(r).ServeHTTP(w, r) }
