package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tahweel/internal/fault"
)

// admit reads the body of an operation that has one, refuses what encoding/json would let pass, and hands huma the same bytes.
func (s *shell) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	x := exchangeOf(r.Context())
	declared := ctx.Operation().RequestBody
	if declared != nil && declared.Content[fileType] != nil {
		s.admitFile(ctx, next)
		return
	}
	body, err := readBody(w, r, declared)
	var value any
	if err == nil && len(body) > 0 {
		value, err = parseStrictly(body)
	}
	if err == nil {
		x.fingerprint, err = fingerprint(r.Method, x.path, value)
	}
	if err != nil {
		writeProblem(w, x, err)
		return
	}
	if declared != nil && declared.Content["application/json"] != nil {
		x.passed = append(x.passed, nulls(s.huma.OpenAPI().Components.Schemas, declared.Content["application/json"].Schema, value, "body")...)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	next(ctx)
}

// readBody returns the body, which is empty if the operation takes none. A body needs the content type: without it a page in a
// browser could post JSON here as a form.
func readBody(w http.ResponseWriter, r *http.Request, declared *huma.RequestBody) ([]byte, error) {
	if declared == nil {
		return nil, nil
	}
	if r.ContentLength != 0 && declared.Content[fileType] != nil {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != fileType {
			return nil, errNotAFile
		}
	} else if r.ContentLength != 0 {
		kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		charset := params["charset"]
		if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
			return nil, errNotJSON
		}
	}
	// A server that cannot set a deadline (a test recorder) reads without one.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &tooLarge) && tooLarge.Limit == maxUpload:
		return nil, errFileTooLarge
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case errors.As(err, &slow) && slow.Timeout():
		return nil, errBodyTooSlow
	case err != nil:
		return nil, errMalformedJSON.Because(err)
	case len(body) == 0 && declared.Required:
		return nil, errNoBody
	}
	return body, nil
}

// admitFile reads a file, which nobody takes apart here, and hands huma the same bytes. The query says what is to be done with it, so it
// is part of the request's fingerprint.
func (s *shell) admitFile(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	x := exchangeOf(r.Context())
	body, err := readBody(w, r, ctx.Operation().RequestBody)
	if err != nil {
		writeProblem(w, x, err)
		return
	}
	sum := sha256.New()
	for _, part := range []string{r.Method, x.path, r.URL.Query().Encode()} {
		_, _ = sum.Write([]byte(part + "\n"))
	}
	_, _ = sum.Write(body)
	x.fingerprint = sum.Sum(nil)
	r.Body = io.NopCloser(bytes.NewReader(body))
	next(ctx)
}

// fingerprint identifies a request for idempotency: SHA-256 of method, path and the body with its members in order, so that the
// same request written differently is still the same; nil is no body. If-Match is not part of it: a replay is answered before the
// version is looked at.
func fingerprint(method, path string, body any) ([]byte, error) {
	canonical, err := json.Marshal(body)
	if err != nil {
		return nil, errMalformedJSON.Because(err)
	}
	sum := sha256.Sum256([]byte(method + "\n" + path + "\n" + string(canonical)))
	return sum[:], nil
}

// deepest is how far objects and lists may nest; the contract needs five.
const deepest = 32

// parseStrictly reads one JSON value. Beyond what encoding/json refuses, it refuses a name given twice in one object (RFC 8259
// leaves the meaning open, and two readers may differ), NUL, bytes that are not UTF-8, and depth.
func parseStrictly(body []byte) (any, error) {
	if !clean(string(body)) || !json.Valid(body) {
		return nil, errMalformedJSON
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	p := strictParser{dec: dec}
	value, err := p.value("", 0)
	if err != nil {
		return nil, err
	}
	return value, nil
}

type strictParser struct{ dec *json.Decoder }

func (p *strictParser) value(at string, depth int) (any, error) {
	if depth > deepest {
		return nil, errMalformedJSON.At(jsonPointer(at), "is nested too deeply", "متداخل أكثر من اللازم")
	}
	token, err := p.dec.Token()
	if err != nil {
		return nil, errMalformedJSON.Because(err)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return p.object(at, depth)
		}
		return p.list(at, depth)
	case string:
		if strings.Contains(t, "\x00") {
			return nil, errMalformedJSON.At(jsonPointer(at), "must not contain NUL", "يحتوي على محرف غير مقبول")
		}
		return t, nil
	default:
		return t, nil
	}
}

func (p *strictParser) object(at string, depth int) (any, error) {
	object := map[string]any{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, errMalformedJSON.Because(err)
		}
		name, _ := token.(string)
		here := join(at, name)
		if _, twice := object[name]; twice {
			return nil, errMalformedJSON.At(jsonPointer(here), "is given twice", "مكرر")
		}
		if strings.Contains(name, "\x00") {
			return nil, errMalformedJSON.At(jsonPointer(at), "must not contain NUL", "يحتوي على محرف غير مقبول")
		}
		if object[name], err = p.value(here, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := p.dec.Token()
	return object, err
}

func (p *strictParser) list(at string, depth int) (any, error) {
	list := []any{}
	for i := 0; p.dec.More(); i++ {
		item, err := p.value(join(at, strconv.Itoa(i)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := p.dec.Token()
	return list, err
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

var (
	errMalformedJSON = fault.New(fault.Invalid, "malformed_json", "The body is not one well-formed JSON value in UTF-8.",
		"المحتوى ليس قيمة JSON سليمة واحدة بترميز UTF-8.")
	errNoBody  = fault.New(fault.Invalid, "body_required", "This operation needs a body.", "هذه العملية تحتاج إلى محتوى.")
	errNotJSON = &httpFault{http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "unsupported_media_type",
		"Send the body as application/json.", "أرسل المحتوى بصيغة application/json.")}
	errBodyTooLarge = &httpFault{http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "body_too_large",
		"The body is larger than 1 MiB.", "حجم المحتوى أكبر من 1 ميبيبايت.")}
	errNotAFile = &httpFault{http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "unsupported_media_type",
		"Send the file as application/octet-stream.", "أرسل الملف بصيغة application/octet-stream.")}
	errFileTooLarge = &httpFault{http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "body_too_large",
		"The file is larger than 20 MiB.", "حجم الملف أكبر من 20 ميبيبايت.")}
	errBodyTooSlow = &httpFault{http.StatusRequestTimeout, fault.New(fault.Invalid, "body_too_slow",
		"The body did not arrive in time.", "لم يصل المحتوى في الوقت المحدد.")}
)
