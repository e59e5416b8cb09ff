// Package fault is the error vocabulary of the whole system: every refusal a caller may meet has a kind, a stable code and a
// sentence in Arabic and English. Domain packages return faults; the API maps kinds to statuses in one table. What is not a
// fault is an accident: it is logged and answered with a generic sentence.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal a fault is. The HTTP face maps each kind to one status.
type Kind uint8

// The kinds, in the order in which a write checks for them (policy.md, "Order of checks").
const (
	Internal        Kind = iota // an accident; nothing of it is shown
	Unauthenticated             // who asks is not known: 401
	Invalid                     // the input is malformed, unknown or out of range: 400
	Required                    // a precondition header is missing: 428
	Forbidden                   // known, and may not: 403
	NotFound                    // does not exist, or must not be known of: 404
	Conflict                    // somebody moved it since the version the caller saw: 412
	Impossible                  // the state does not allow it, or it is already done or used up: 409
	Refused                     // a rule of the domain says no: 422
	TooMany                     // a budget is spent: 429
	Unavailable                 // cannot be done just now, try again: 503
)

// Sentence is one statement in both languages of the service.
type Sentence struct{ AR, EN string }

// In returns the sentence in the language "ar" or "en"; any other language gives English.
func (s Sentence) In(lang string) string {
	if lang == "ar" && s.AR != "" {
		return s.AR
	}
	return s.EN
}

// Field is one fault of one input field. Pointer is an RFC 6901 JSON pointer into the body ("/person/age"), or "?name" for a
// query parameter. It never repeats the value that was sent.
type Field struct {
	Pointer string
	Detail  Sentence
}

// Error is a refusal. Code is stable snake_case and part of the contract; Detail is for people.
type Error struct {
	Kind   Kind
	Code   string
	Detail Sentence
	Fields []Field
	cause  error
}

// New returns a fault of the kind, with its stable code and its sentence in both languages.
func New(kind Kind, code, en, ar string) *Error {
	return &Error{Kind: kind, Code: code, Detail: Sentence{AR: ar, EN: en}}
}

// Error is for logs: the code, the English sentence and the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail.EN, e.cause)
	}
	return e.Code + ": " + e.Detail.EN
}

// Unwrap returns the cause, which is for logs only.
func (e *Error) Unwrap() error { return e.cause }

// Because returns a copy of e with a cause, for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// At returns a copy of e that also names the field at pointer.
func (e *Error) At(pointer, en, ar string) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{Pointer: pointer, Detail: Sentence{AR: ar, EN: en}})
	return &c
}

// Is makes errors.Is compare kind and code, so that a fault with another cause or other fields is still the same fault.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// KindOf returns the kind of the first fault in err's chain, and Internal for any other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// List gathers the faults of an input, so that a caller hears of all of them at once.
type List struct{ fields []Field }

// Add notes a fault of the field at pointer.
func (l *List) Add(pointer, en, ar string) {
	l.fields = append(l.fields, Field{Pointer: pointer, Detail: Sentence{AR: ar, EN: en}})
}

// Err returns nil if nothing was added, and otherwise one Refused fault with all fields.
func (l *List) Err() error {
	if len(l.fields) == 0 {
		return nil
	}
	e := New(Refused, "unprocessable", "Some fields break a rule.", "بعض الحقول تخالف القواعد.")
	e.Fields = l.fields
	return e
}
