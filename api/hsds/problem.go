package hsds

import (
	"errors"
	"net/http"

	"golang.org/x/text/language"

	"tahweel/internal/fault"
)

// problem is the body of a refusal, RFC 9457, in the form of the partner contract.
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

var statuses = map[fault.Kind]struct {
	status int
	title  fault.Sentence
}{
	fault.Invalid:     {http.StatusBadRequest, fault.Sentence{EN: "The request is not well-formed", AR: "الطلب غير سليم"}},
	fault.Refused:     {http.StatusBadRequest, fault.Sentence{EN: "The request is not well-formed", AR: "الطلب غير سليم"}},
	fault.NotFound:    {http.StatusNotFound, fault.Sentence{EN: "Not found", AR: "غير موجود"}},
	fault.Unavailable: {http.StatusServiceUnavailable, fault.Sentence{EN: "Not available just now", AR: "غير متاح الآن"}},
	fault.Internal:    {http.StatusInternalServerError, fault.Sentence{EN: "Something went wrong on our side", AR: "حدث خطأ لدينا"}},
}

// refuse answers with what is wrong, in Arabic if that is asked for and in English otherwise. An accident is told in general words.
func (q *request) refuse(err error) {
	q.cause = err
	lang := "en"
	if q.values.Get("lang") == "ar" || preferred(q.r.Header.Get("Accept-Language")) == language.Arabic {
		lang = "ar"
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		f = errInternal
	}
	row, ok := statuses[f.Kind]
	if !ok {
		f, row = errInternal, statuses[fault.Internal]
	}
	if errors.Is(err, errMethodNotAllowed) {
		row.status = http.StatusMethodNotAllowed
	}
	q.code = f.Code
	p := problem{
		Type: "/problems/" + f.Code, Title: row.title.In(lang), Status: row.status, Detail: f.Detail.In(lang), Code: f.Code, RequestID: q.id,
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, problemField{Pointer: field.Pointer, Detail: field.Detail.In(lang)})
	}
	header := q.w.Header()
	header.Del("ETag")
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Language", lang)
	header.Set("Cache-Control", "no-store")
	if row.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	body, err := encode(p)
	q.w.WriteHeader(row.status)
	if err == nil && q.r.Method != http.MethodHead {
		_, _ = q.w.Write(body) // there is nobody left to tell
	}
}

var (
	errInternal = fault.New(fault.Internal, "internal",
		"The request could not be completed. It is our fault, not yours; quote the request id when you report it.",
		"تعذّر إكمال الطلب بسبب خطأ لدينا، وليس منك. اذكر رقم الطلب عند الإبلاغ.")
	errNoSuchPage       = fault.New(fault.NotFound, "no_such_resource", "There is nothing at this address.", "لا شيء في هذا العنوان.")
	errMethodNotAllowed = fault.New(fault.Invalid, "method_not_allowed",
		"This address does not take this method; Allow lists those it takes.", "هذا العنوان لا يقبل هذه الطريقة، والترويسة Allow تذكر ما يقبله.")
	errBadQuery = fault.New(fault.Invalid, "malformed_query", "The parameters cannot be read, or hold characters that are not UTF-8.",
		"تعذّرت قراءة المعاملات، أو فيها محارف غير مقبولة.")
	errBadBody      = fault.New(fault.Invalid, "malformed_body", "The body is not a JSON object of parameters.", "المحتوى ليس كائن JSON من المعاملات.")
	errBadParameter = fault.New(fault.Invalid, "invalid_parameter", "A parameter is not as it must be.", "أحد المعاملات غير صحيح.")
	errNotFound     = fault.New(fault.NotFound, "not_found",
		"This does not exist, or is not public.", "هذا السجل غير موجود أو غير معلن.")
)
