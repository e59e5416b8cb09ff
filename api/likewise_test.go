package api

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"tahweel/directory"
)

// fillUp sets every field of a value, each to something of its own.
func fillUp(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[uuid.UUID]():
		v.Set(reflect.ValueOf(uuid.NewSHA1(uuid.Nil, []byte(fmt.Sprint(*n)))))
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(worldTime.Add(time.Duration(*n) * time.Second)))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillUp(v.Elem(), n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillUp(v.Index(0), n)
		fillUp(v.Index(1), n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fillUp(v.Field(i), n)
		}
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case v.Kind() == reflect.Int:
		v.SetInt(int64(*n))
	case v.Kind() == reflect.Float64:
		v.SetFloat(float64(*n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	}
}

func thereAndBack[D, W any](t *testing.T) string {
	t.Helper()
	var given D
	n := 0
	fillUp(reflect.ValueOf(&given).Elem(), &n)
	return cmp.Diff(given, likewise[D](likewise[W](given)))
}

func TestDetailsLoseNothingOnTheWay(t *testing.T) {
	t.Parallel()
	for what, diff := range map[string]string{
		"an organization": thereAndBack[directory.OrganizationDetails, OrganizationDetails](t),
		"a service":       thereAndBack[directory.ServiceDetails, ServiceDetails](t),
		"a location":      thereAndBack[directory.LocationDetails, LocationDetails](t),
		"an offer":        thereAndBack[directory.OfferDetails, OfferDetails](t),
	} {
		if diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	if likewiseOrNone[ServiceDetails](directory.ServiceDetails{}) != nil {
		t.Error("of nothing something is made")
	}
	type forgetful struct{ Fees string }
	if thereAndBack[directory.ServiceDetails, forgetful](t) == "" {
		t.Error("a type that lacks fields passes")
	}
}
