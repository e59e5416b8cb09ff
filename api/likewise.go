package api

import (
	"reflect"
	"time"

	"tahweel/directory"
)

// likewise makes a D of an S that has the same fields under the same names, part by part. What is empty is a nil pointer or slice in
// the contract and a zero value in the domain. A field of D that S does not have stays empty; that the domain loses none, a test says.
func likewise[D, S any](s S) (d D) {
	same(reflect.ValueOf(&d).Elem(), reflect.ValueOf(s))
	return d
}

// likewiseOrNone is likewise for what is left out when it is empty.
func likewiseOrNone[D, S any](s S) *D {
	if reflect.ValueOf(s).IsZero() {
		return nil
	}
	d := likewise[D](s)
	return &d
}

func same(d, s reflect.Value) {
	switch {
	case s.Kind() == reflect.Pointer && d.Kind() != reflect.Pointer:
		if !s.IsNil() {
			same(d, s.Elem())
		}
	case d.Type() == s.Type() && d.Kind() != reflect.Slice:
		d.Set(inUTC(s))
	case d.Kind() == reflect.Pointer:
		if !s.IsZero() {
			d.Set(reflect.New(d.Type().Elem()))
			same(d.Elem(), s)
		}
	case d.Kind() == reflect.Slice:
		if s.Len() == 0 {
			return
		}
		d.Set(reflect.MakeSlice(d.Type(), s.Len(), s.Len()))
		for i := range s.Len() {
			same(d.Index(i), s.Index(i))
		}
	case d.Kind() == reflect.Struct:
		for i := range d.NumField() {
			if f := s.FieldByName(d.Type().Field(i).Name); f.IsValid() {
				same(d.Field(i), f)
			}
		}
	}
}

// inUTC is how instants are written, see utc.
func inUTC(v reflect.Value) reflect.Value {
	if at, ok := v.Interface().(*time.Time); ok {
		return reflect.ValueOf(utcPointer(at))
	}
	return v
}

// aged says of capacities which are no longer believed.
func aged(list []ServiceCapacity, now time.Time) {
	for i := range list {
		list[i].Stale = stale(list[i].Updated, now)
	}
}

// stale reports whether something was said too long ago to be believed.
func stale(at *time.Time, now time.Time) bool {
	return at != nil && !directory.StillKnown(*at, now)
}

func serviceDetailsOf(d directory.ServiceDetails, now time.Time) *ServiceDetails {
	out := likewiseOrNone[ServiceDetails](d)
	if out != nil {
		aged(out.Capacities, now)
		out.WaitingStale = stale(out.WaitingAsOf, now)
	}
	return out
}

func offerDetailsOf(d directory.OfferDetails, now time.Time) *OfferDetails {
	out := likewiseOrNone[OfferDetails](d)
	if out != nil {
		aged(out.Capacities, now)
		out.WaitingStale = stale(out.WaitingAsOf, now)
	}
	return out
}
