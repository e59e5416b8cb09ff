package directory

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
)

// asStored is a thing as it stands in the database, without what every write changes.
func asStored(thing any) any {
	switch v := thing.(type) {
	case Organization:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		return []any{document[OrganizationDetails]{v.Details}, withoutDetails(v)}
	case Location:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		return []any{document[LocationDetails]{v.Details}, withoutDetails(v), v.Point.String()}
	case Service:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		if len(v.TargetGroups) == 0 {
			v.TargetGroups = nil
		}
		if len(v.NeedCodes) == 0 {
			v.NeedCodes = nil
		}
		return []any{document[ServiceDetails]{v.Details}, withoutDetails(v)}
	case ServiceAtLocation:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		if v.AcceptingAsOf != nil {
			at := v.AcceptingAsOf.UTC().Truncate(time.Microsecond)
			v.AcceptingAsOf = &at
		}
		return []any{document[OfferDetails]{v.Details}, withoutDetails(v)}
	}
	return thing
}

// withoutDetails is the thing with its details emptied: they are compared in their stored form, in which empty and absent are one.
func withoutDetails[T any](thing T) T {
	reflect.ValueOf(&thing).Elem().FieldByName("Details").SetZero()
	return thing
}

func same(a, b any) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}
