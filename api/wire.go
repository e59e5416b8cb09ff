package api

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tahweel/internal/fault"
)

// Text is one text in both languages of the service.
type Text struct {
	AR string `json:"ar" example:"يطا" doc:"In Arabic."`
	EN string `json:"en" example:"Yatta" doc:"In English."`
}

func textOf(s fault.Sentence) Text { return Text{AR: s.AR, EN: s.EN} }

// Named is something with a code and a name.
type Named struct {
	Code string `json:"code" doc:"The stable code."`
	Name Text   `json:"name"`
}

// Coordinates are WGS 84 degrees.
type Coordinates struct {
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180" example:"35.0992"`
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90" example:"31.44714"`
}

// optional is a query parameter of which it matters whether it was given.
type optional[T any] struct {
	Value T
	Given bool
}

// Schema is that of the value alone.
func (o optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receiver is where huma parses the value into.
func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

// OnParamSet is told by huma whether the parameter was there.
func (o *optional[T]) OnParamSet(given bool, _ any) { o.Given = given }

// pointer is nil if the parameter was not given.
func (o optional[T]) pointer() *T {
	if !o.Given {
		return nil
	}
	return &o.Value
}

// utc is how instants are written: RFC 3339 in UTC, to the microsecond that the database keeps, so that the answer to a write and
// a later read have the same ETag.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func utcPointer(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := utc(*t)
	return &u
}

// say returns the value behind p, or the zero value, which omitempty leaves out.
func say[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
