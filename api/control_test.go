package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// The control of the hardening: the same operation registered with huma alone lets every one of these pass. A row that huma begins
// to refuse by itself needs the shell no more.
func TestHumaAloneIsLax(t *testing.T) {
	t.Parallel()
	harden()
	mux := http.NewServeMux()
	bare := humago.New(mux, huma.DefaultConfig("bare", "1"))
	reached := false
	huma.Register(bare, huma.Operation{OperationID: "bare", Method: http.MethodPost, Path: "/v1/jars", DefaultStatus: http.StatusCreated},
		func(_ context.Context, in *makeJar) (*entity[jar], error) {
			reached = true
			return written(http.StatusCreated, 1, in.Body, false)
		})
	for name, c := range map[string]struct{ path, contentType, body string }{
		"duplicate":       {"/v1/jars", "application/json", `{"label":"oil","label":"gas"}`},
		"NUL":             {"/v1/jars", "application/json", `{"label":"o\u0000l"}`},
		"not UTF-8":       {"/v1/jars", "application/json", "{\"label\":\"o\xffl\"}"},
		"no content type": {"/v1/jars", "", `{"label":"oil"}`},
		"unknown query":   {"/v1/jars?colour=red", "application/json", `{"label":"oil"}`},
	} {
		reached = false
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.contentType)
		r.Header.Set("Idempotency-Key", "k")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if !reached {
			t.Errorf("%s: huma refuses it by itself now: %d %s", name, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/nowhere", "/v1/jars"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/") {
			t.Errorf("%s: the mux answers with %s by itself now", path, w.Header().Get("Content-Type"))
		}
	}
	// huma's details repeat what was sent; faultOf leaves it out.
	detail := &huma.ErrorDetail{Message: "string", Location: "body.label", Value: "401234567"}
	if !strings.Contains(detail.Error(), "401234567") {
		t.Error("huma does not repeat values by itself now")
	}
	if p := problemOf(&exchange{lang: "en"}, faultOf(http.StatusUnprocessableEntity, []error{detail})); strings.Contains(p.Errors[0].Detail, "401234567") {
		t.Error("a value is repeated")
	}
}
