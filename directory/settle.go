package directory

import (
	"reflect"
	"time"

	"github.com/google/uuid"
)

// settled returns details as they are to be written: telephone numbers in E.164 where they can be understood, capacities and waiting
// times with the instant at which they were said, and an id for every part. A part that has none is the one that stood at its place
// before, if there was one, so that writing the same details again changes nothing of what others may hold on to.
func settled[T any](d, was T, now time.Time) (T, error) {
	became := copied(reflect.ValueOf(d))
	s := settler{now: now, given: map[uuid.UUID]bool{}}
	s.gather(became)
	err := s.settle(became, reflect.ValueOf(was))
	return became.Interface().(T), err
}

// withIDs gives an id to every part of imported details that has none, and leaves all else as it came.
func withIDs[T any](d T) (T, error) {
	became := copied(reflect.ValueOf(d))
	s := settler{given: map[uuid.UUID]bool{}, imported: true}
	err := s.settle(became, reflect.Zero(became.Type()))
	return became.Interface().(T), err
}

type settler struct {
	now      time.Time
	given    map[uuid.UUID]bool // ids that the parts came with, or were given
	imported bool
}

var idType = reflect.TypeFor[uuid.UUID]()

// ownID is the field of a struct that is its own id, or an invalid value.
func ownID(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	if f := v.FieldByName("ID"); f.IsValid() && f.Type() == idType {
		return f
	}
	return reflect.Value{}
}

// idOf is the id of a part, or the zero id.
func idOf(part any) uuid.UUID {
	if f := ownID(reflect.ValueOf(part)); f.IsValid() {
		return f.Interface().(uuid.UUID)
	}
	return uuid.Nil
}

func (s *settler) gather(v reflect.Value) {
	walk(v, func(v reflect.Value) {
		if id := ownID(v); id.IsValid() {
			s.given[id.Interface().(uuid.UUID)] = true
		}
	})
}

func (s *settler) settle(v, was reflect.Value) error {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			before := reflect.Zero(v.Type().Elem())
			if i < was.Len() {
				before = was.Index(i)
			}
			if err := s.part(v.Index(i), before, true); err != nil {
				return err
			}
		}
	case reflect.Struct:
		s.said(v)
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				if err := s.part(v.Field(i), was.Field(i), !v.Field(i).IsZero()); err != nil {
					return err
				}
			}
		}
	default: // holds no parts
	}
	return nil
}

// part settles one part of the details, with its id if it is there at all.
func (s *settler) part(v, was reflect.Value, there bool) error {
	if id := ownID(v); id.IsValid() && id.IsZero() && there {
		before := ownID(was).Interface().(uuid.UUID)
		if before == uuid.Nil || s.given[before] {
			var err error
			if before, err = uuid.NewV7(); err != nil {
				return err
			}
		}
		s.given[before] = true
		id.Set(reflect.ValueOf(before))
	}
	if v.Kind() == reflect.Struct && v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	return s.settle(v, was)
}

// said fills in when something was said, and reads numbers.
func (s *settler) said(v reflect.Value) {
	if s.imported {
		return
	}
	switch part := v.Addr().Interface().(type) {
	case *Phone:
		if number, ok := dialled(part.Number); ok {
			part.Number = number
		}
	case *ServiceCapacity:
		if part.Updated == nil {
			part.Updated = &s.now
		}
	case *ServiceDetails:
		part.WaitingAsOf = saidAt(part.WaitingDays, part.WaitingAsOf, s.now)
	case *OfferDetails:
		part.WaitingAsOf = saidAt(part.WaitingDays, part.WaitingAsOf, s.now)
	}
}

func saidAt(days *int, at *time.Time, now time.Time) *time.Time {
	if days == nil {
		return nil
	}
	if at == nil {
		return &now
	}
	return at
}

// walk calls visit for every struct in v, v itself too.
func walk(v reflect.Value, visit func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Struct:
		visit(v)
		for i := range v.NumField() {
			walk(v.Field(i), visit)
		}
	default: // holds no struct
	}
}

// copied is v with slices of its own, so that a caller's are not written to.
func copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch {
	case v.Kind() == reflect.Slice && !v.IsNil():
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(copied(v.Index(i)))
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			out.Field(i).Set(copied(v.Field(i)))
		}
	default:
		out.Set(v)
	}
	return out
}

// textsOf are the texts anywhere in v; none of nil.
func textsOf(v any) map[string]bool {
	texts := map[string]bool{}
	var gather func(v reflect.Value)
	gather = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			texts[v.String()] = true
		case reflect.Slice:
			for i := range v.Len() {
				gather(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				gather(v.Field(i))
			}
		default: // holds no text
		}
	}
	if v != nil {
		gather(reflect.ValueOf(v))
	}
	return texts
}

// fresh is settled for details of a new thing; imported ones only get their ids.
func fresh[T any](source string, d T, now time.Time) (T, error) {
	if source != "" {
		return withIDs(d)
	}
	var nothing T
	return settled(d, nothing, now)
}
