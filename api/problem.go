package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"tahweel/internal/fault"
)

// Problem is the body of every refusal: RFC 9457, with the members code, errors and request_id of ours. It never repeats what
// was sent, and says nothing of what happened inside.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" example:"/problems/invalid_transition" doc:"Identifies the sort of problem; a page at this address explains it. Relative to the server, because each installation has a host name of its own."`
	Title     string         `json:"title" example:"The state does not allow it" doc:"What sort of problem this is, in the language of the answer."`
	Status    int            `json:"status" example:"409" doc:"The HTTP status."`
	Detail    string         `json:"detail" example:"accept is not possible while the attempt is declined." doc:"What is wrong this time, in the language of the answer."`
	Code      string         `json:"code" example:"invalid_transition" doc:"The stable name of the problem, for programs."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Each field that is wrong."`
	RequestID string         `json:"request_id" example:"0d1f5c3e-8a53-4f5e-9d49-6c1de6d4a4c5" doc:"Quote it when you ask for help."`

	header http.Header
}

// ProblemField is what is wrong with one field.
type ProblemField struct {
	Pointer string `json:"pointer" example:"/person/birth_date" doc:"A JSON pointer into the body (RFC 6901), or ?name for a query parameter, {name} for a path parameter, Name: for a header."`
	Detail  string `json:"detail" example:"must be a date such as 2014-05-31" doc:"What is wrong with it, in the language of the answer."`
}

// Error makes a Problem an error for huma; it is the code alone.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the status huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers huma adds to the answer.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is application/problem+json (RFC 9457, section 3).
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

type kindRow struct {
	status int
	title  fault.Sentence
}

// kinds is the one table from kinds of fault to statuses (api.md, "status codes").
var kinds = map[fault.Kind]kindRow{
	fault.Internal:        {http.StatusInternalServerError, fault.Sentence{EN: "Something went wrong on our side", AR: "حدث خطأ لدينا"}},
	fault.Unauthenticated: {http.StatusUnauthorized, fault.Sentence{EN: "Who asks is not known", AR: "لم تُعرف هوية مقدّم الطلب"}},
	fault.Invalid:         {http.StatusBadRequest, fault.Sentence{EN: "The request is not well-formed", AR: "الطلب غير سليم"}},
	fault.Required:        {http.StatusPreconditionRequired, fault.Sentence{EN: "A precondition is missing", AR: "ينقص شرط مسبق"}},
	fault.Forbidden:       {http.StatusForbidden, fault.Sentence{EN: "Not allowed", AR: "غير مسموح"}},
	fault.NotFound:        {http.StatusNotFound, fault.Sentence{EN: "Not found", AR: "غير موجود"}},
	fault.Conflict:        {http.StatusPreconditionFailed, fault.Sentence{EN: "Somebody changed it since", AR: "غيّره أحدهم بعد قراءتك له"}},
	fault.Impossible:      {http.StatusConflict, fault.Sentence{EN: "The state does not allow it", AR: "الحالة لا تسمح بذلك"}},
	fault.Refused:         {http.StatusUnprocessableEntity, fault.Sentence{EN: "A rule says no", AR: "قاعدة تمنع ذلك"}},
	fault.TooMany:         {http.StatusTooManyRequests, fault.Sentence{EN: "Too many requests", AR: "طلبات كثيرة جدًا"}},
	fault.Unavailable:     {http.StatusServiceUnavailable, fault.Sentence{EN: "Not available just now", AR: "غير متاح الآن"}},
}

// httpFault is a fault of the protocol itself, whose status no kind of the domain has.
type httpFault struct {
	status int
	fault  *fault.Error
}

// Error is for the log.
func (h *httpFault) Error() string { return h.fault.Error() }

// Unwrap lets errors.As find the fault.
func (h *httpFault) Unwrap() error { return h.fault }

var errInternal = fault.New(fault.Internal, "internal",
	"The request could not be completed. It is our fault, not yours; quote the request id when you report it.",
	"تعذّر إكمال الطلب بسبب خطأ لدينا، وليس منك. اذكر رقم الطلب عند الإبلاغ.")

// problemOf says err in the language of the request and notes it for the log. An error that is not a fault is an accident: the
// caller hears of it in general words.
func problemOf(x *exchange, err error) *Problem {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		f = errInternal
	}
	row := kinds[f.Kind]
	var h *httpFault
	if errors.As(err, &h) {
		row = kindRow{h.status, fault.Sentence{EN: http.StatusText(h.status), AR: row.title.AR}}
	}
	x.code, x.cause = f.Code, err
	p := &Problem{
		Type: "/problems/" + f.Code, Title: row.title.In(x.lang), Status: row.status,
		Detail: f.Detail.In(x.lang), Code: f.Code, RequestID: x.id,
		header: http.Header{"Content-Language": {x.lang}},
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{Pointer: field.Pointer, Detail: field.Detail.In(x.lang)})
	}
	if row.status == http.StatusServiceUnavailable {
		p.header.Set("Retry-After", "5")
	}
	if row.status == http.StatusUnauthorized {
		p.header.Set("WWW-Authenticate", challenge(f, x))
	}
	return p
}

// writeProblem answers with err outside of huma: from middleware, for unknown routes, after a panic.
func writeProblem(w http.ResponseWriter, x *exchange, err error) {
	p := problemOf(x, err)
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	var body strings.Builder
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if enc.Encode(p) == nil {
		_, _ = w.Write([]byte(body.String()))
	}
}
