package hsds

import (
	"reflect"
	"strings"

	words "tahweel/directory/hsds"
)

// The document of the face is made of one table of addresses and of the types that are served, so that it cannot say what is not so.

type object = map[string]any

// parameter is one of a list's.
type parameter struct{ name, sort, says string }

var (
	paging = []parameter{
		{"search", "string", "Words, in Arabic or English; each must stand in a text, in any spelling or form, or a synonym of it. A name that is nearly the same counts too."},
		{"page", "integer", "The number of the page, from 1."},
		{"per_page", "integer", "How many on a page; at most 500."},
		{"format", "string", "json, or ndjson: everything, one a line."},
		{"lang", "string", "The language of the texts on top: ar or en."},
	}
	narrowing = []parameter{
		{"taxonomy_term_id", "string", "Classified by the term or one below it."},
		{"taxonomy_id", "string", "Classified by any term of the taxonomy."},
		{"organization_id", "string", "Of the organization."},
		{"modified_after", "string", "Changed then or later, and what has ended since: it is defunct."},
		{"latitude", "number", "With longitude: the nearest first."},
		{"longitude", "number", "With latitude."},
		{"radius", "number", "Within so many metres of the point."},
		{"full", "boolean", "With everything that belongs to it."},
	}
)

// resource is one of the standard's, with its list and its single things.
type resource struct {
	path, one string
	kind      reflect.Type
	takes     []parameter
}

func resources() []resource {
	with := func(more ...parameter) []parameter { return append(append([]parameter{}, paging...), more...) }
	return []resource{
		{"/services", "service", reflect.TypeFor[words.Service](), with(append(narrowing, parameter{"minimal", "boolean", "No more than ids and dates."})...)},
		{"/organizations", "organization", reflect.TypeFor[words.Organization](), with(append(narrowing, parameter{"full_service", "boolean", "With its services in full."})...)},
		{"/service_at_locations", "service_at_location", reflect.TypeFor[words.ServiceAtLocation](), with(narrowing...)},
		{"/taxonomies", "taxonomy", reflect.TypeFor[words.Taxonomy](), with()},
		{"/taxonomy_terms", "taxonomy_term", reflect.TypeFor[words.TaxonomyTerm](), with(
			parameter{"taxonomy_id", "string", "Of the taxonomy."}, parameter{"parent_id", "string", "Directly below the term."},
			parameter{"top_only", "boolean", "Without a parent."})},
	}
}

func (f *face) contract(*request) (any, error) {
	d := &definitions{named: object{}}
	paths := object{"/": object{"get": object{
		"operationId": "getAPIMetaInformation", "summary": "About this interface", "tags": []string{"required"},
		"responses": answers(d.of(reflect.TypeFor[information]())),
	}}}
	for _, r := range resources() {
		thing := d.of(r.kind)
		tag := "optional"
		if r.path == "/services" {
			tag = "required"
		}
		list := func(id string) object {
			return object{
				"operationId": id, "summary": "A page of the list", "tags": []string{tag}, "parameters": described(r.takes),
				"responses": answers(pageOf(thing)),
			}
		}
		paths[r.path] = object{"get": list("list-" + kebab(r.path)), "post": list("post-" + kebab(r.path))}
		paths[r.path+"/{id}"] = object{"get": object{
			"operationId": "read-" + kebab(r.one), "summary": "One of them in full", "tags": []string{tag},
			"parameters": []object{
				{"name": "id", "in": "path", "required": true, "schema": object{"type": "string"}},
				{"name": "lang", "in": "query", "required": false, "schema": object{"type": "string"}},
			},
			"responses": answers(thing),
		}}
	}
	return object{
		"openapi": "3.1.0", "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": object{
			"title": "The public directory", "version": words.Version,
			"description": "Human Services Data Specification: an Open Referral resource (https://openreferral.org/). Anonymous and read-only.",
			"license":     object{"name": "CC BY-SA 4.0", "url": "https://creativecommons.org/licenses/by-sa/4.0/"},
		},
		"servers":    []object{{"url": f.base}},
		"tags":       []object{{"name": "required", "description": "Required by the standard"}, {"name": "optional", "description": "Optional in the standard"}},
		"paths":      paths,
		"components": object{"schemas": d.named},
	}, nil
}

func kebab(path string) string { return strings.ReplaceAll(strings.TrimPrefix(path, "/"), "_", "-") }

func described(list []parameter) []object {
	out := make([]object, len(list))
	for i, p := range list {
		out[i] = object{"name": p.name, "in": "query", "required": false, "description": p.says, "schema": object{"type": p.sort}}
	}
	return out
}

func answers(schema object) object {
	refusal := func(says string) object {
		return object{"description": says, "content": object{"application/problem+json": object{"schema": object{"type": "object"}}}}
	}
	return object{
		"200": object{"description": "The answer", "content": object{"application/json": object{"schema": schema}}},
		"400": refusal("A parameter is not as it must be"), "404": refusal("It does not exist, or is not public"),
	}
}

func pageOf(thing object) object {
	counts, bools := object{"type": "integer"}, object{"type": "boolean"}
	return object{
		"type": "object", "required": []string{"empty"},
		"properties": object{
			"total_items": counts, "total_pages": counts, "page_number": counts, "size": counts, "first_page": bools, "last_page": bools,
			"empty": bools, "contents": object{"type": "array", "items": thing},
		},
	}
}

// definitions collects the schemas of the types that are served.
type definitions struct{ named object }

// of returns the schema of the type, by its name if it is an object.
func (d *definitions) of(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.of(t.Elem())}
	case reflect.Struct:
		if _, have := d.named[t.Name()]; !have {
			schema := object{"type": "object"}
			d.named[t.Name()] = schema // before its fields: types stand in one another
			properties, required := object{}, []string{}
			d.fields(t, properties, &required)
			schema["properties"], schema["required"] = properties, required
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	default:
		return object{"type": "string"}
	}
}

func (d *definitions) fields(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			d.fields(field.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		properties[name] = d.of(field.Type)
		if options == "" && t.Name() != "ServiceAtLocation" {
			*required = append(*required, name)
		}
	}
}
