package api

import (
	"maps"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// nulls are the faults of members of a body that are null although the contract has no null for them. Huma takes null for an optional
// member as if it were absent, so that clients would come to rely on what the contract does not say.
func nulls(schemas huma.Registry, schema *huma.Schema, value any, at string) []error {
	if schema.Ref != "" {
		schema = schemas.SchemaFromRef(schema.Ref)
	}
	var faults []error
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			property := schema.Properties[name]
			switch {
			case property == nil:
			case value[name] != nil:
				faults = append(faults, nulls(schemas, property, value[name], at+"."+name)...)
			case !nullable(schemas, property) && !slices.Contains(schema.Required, name):
				faults = append(faults, &huma.ErrorDetail{Message: "null", Location: at + "." + name})
			}
		}
	case []any:
		for i, item := range value {
			if schema.Items != nil {
				faults = append(faults, nulls(schemas, schema.Items, item, at+"["+strconv.Itoa(i)+"]")...)
			}
		}
	}
	return faults
}

// nullable reports whether the contract lets a value be null. A schema without a type lets it be anything.
func nullable(schemas huma.Registry, schema *huma.Schema) bool {
	if schema.Ref != "" {
		schema = schemas.SchemaFromRef(schema.Ref)
	}
	return schema.Nullable || schema.Type == "" && len(schema.Properties) == 0
}
