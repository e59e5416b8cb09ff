package hsds

import "reflect"

var attributesType = reflect.TypeFor[[]Attribute]()

// addTerms adds the terms that stand in the attributes of a thing and of all its parts.
func (b *Bundle) addTerms(thing any) { b.walk(reflect.ValueOf(thing)) }

func (b *Bundle) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			b.walk(v.Field(i))
		}
	case reflect.Slice:
		if v.Type() == attributesType {
			for _, a := range v.Interface().([]Attribute) {
				if a.TaxonomyTerm != nil {
					b.AddTerm(*a.TaxonomyTerm)
				}
			}
			return
		}
		for i := range v.Len() {
			b.walk(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			b.walk(v.Elem())
		}
	}
}
