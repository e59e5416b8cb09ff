package ogc

import (
	"net/http"
	"reflect"
	"strings"

	"tahweel/directory/atlas"
	"tahweel/geo"
)

// object is a piece of the API document.
type object map[string]any

func (s *server) api(r *http.Request) (answer, error) {
	if _, err := query(r); err != nil {
		return answer{}, err
	}
	return document(openAPIType, s.contract())
}

// contract is the OpenAPI 3.0 document of /ogc, made of the collections. It is apart from that of /v1: its readers are programs that try
// whatever they find in it.
func (s *server) contract() object {
	paths := object{
		"/":            get("landing", "The landing page", nil, ok(jsonType, "LandingPage")),
		"/conformance": get("conformance", "What of the standard is kept", nil, ok(jsonType, "Conformance")),
		"/api":         get("api", "This document", nil, ok(openAPIType, "Document")),
		"/collections": get("collections", "The layers", nil, ok(jsonType, "Collections")),
	}
	schemas := schemas()
	for _, c := range s.collections {
		name := strings.ReplaceAll(c.id, "_", "-")
		path := "/collections/" + c.id
		paths[path] = get("describe-"+name, c.title.EN, nil, ok(jsonType, "Collection"))
		paths[path+"/items"] = get("list-"+name, c.description.EN, listParameters(c), ok(geoJSONType, c.id+"Page"))
		paths[path+"/items/{featureId}"] = get("read-"+name, "One of "+c.title.EN, []any{object{
			"name": "featureId", "in": "path", "required": true, "schema": object{"type": "string", "pattern": c.cursor.String()},
		}}, ok(geoJSONType, c.id+"Feature"))
		schemas[c.id+"Feature"] = featureSchema(c)
		schemas[c.id+"Page"] = pageSchema(c)
	}
	return object{
		"openapi": "3.0.3",
		"info": object{
			"title": mapTitle.EN, "version": s.Version, "description": mapAbout.EN + " " + geo.Attribution,
			"license": object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		"servers":    []any{object{"url": s.Base + root}},
		"paths":      paths,
		"components": object{"schemas": schemas},
	}
}

func get(id, summary string, parameters []any, success object) object {
	format := object{"name": "f", "in": "query", "schema": object{"type": "string", "enum": []string{"json"}}, "description": "The format of the answer."}
	return object{"get": object{
		"operationId": id, "summary": summary, "parameters": append(parameters, format),
		"responses": object{
			"200": success, "304": object{"description": "It has not changed."},
			"400": refusal("A parameter is unknown, or its value out of range."), "404": refusal("There is nothing at this address."),
			"500": refusal("An accident."), "503": refusal("Not available just now."),
		},
	}}
}

func ok(contentType, schema string) object {
	return object{"description": "The document.", "content": object{contentType: object{"schema": reference(schema)}}}
}

func refusal(description string) object {
	return object{"description": description, "content": object{"application/problem+json": object{"schema": reference("Problem")}}}
}

func reference(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

func listParameters(c collection) []any {
	list := []any{
		object{"name": "bbox", "in": "query", "style": "form", "explode": false, "description": "West, south, east, north, or the same with heights.",
			"schema": object{"type": "array", "minItems": 4, "maxItems": 6, "items": object{"type": "number"}}},
		object{"name": "datetime", "in": "query", "description": "An instant or an interval; what is here has no time of its own and matches each.",
			"schema": object{"type": "string"}},
		object{"name": "limit", "in": "query", "description": "How many features a page has at most; more than the maximum is the maximum.",
			"schema": object{"type": "integer", "minimum": 1, "maximum": atlas.MaximumLimit, "default": atlas.DefaultLimit}},
		object{"name": "cursor", "in": "query", "description": "Where a page begins; next links carry it.", "schema": object{"type": "string", "pattern": c.cursor.String()}},
	}
	for _, f := range c.filters {
		schema := object{"type": "string"}
		if f.values != nil {
			schema["enum"] = f.values
		}
		if f.pattern != nil {
			schema["pattern"] = f.pattern.String()
		}
		list = append(list, object{"name": f.name, "in": "query", "description": f.about, "schema": schema})
	}
	return list
}

func schemas() object {
	text, whole := object{"type": "string"}, object{"type": "integer"}
	links := object{"type": "array", "items": reference("Link")}
	return object{
		"Link":        closed([]string{"href", "rel"}, object{"href": text, "rel": text, "type": text, "title": text}),
		"LandingPage": closed([]string{"links"}, object{"title": text, "description": text, "attribution": text, "links": links}),
		"Conformance": closed([]string{"conformsTo"}, object{"conformsTo": object{"type": "array", "items": text}}),
		"Document":    object{"type": "object"},
		"Collections": closed([]string{"links", "collections"}, object{"links": links, "collections": object{"type": "array", "items": reference("Collection")}}),
		"Collection": closed([]string{"id", "links"}, object{
			"id": text, "title": text, "description": text, "attribution": text, "links": links, "itemType": text,
			"extent": object{"type": "object"}, "crs": object{"type": "array", "items": text},
		}),
		"Problem": closed([]string{"type", "title", "status", "detail", "code", "request_id"}, object{
			"type": text, "title": text, "status": whole, "detail": text, "code": text, "request_id": text,
			"errors": object{"type": "array", "items": closed([]string{"pointer", "detail"}, object{"pointer": text, "detail": text})},
		}),
	}
}

func closed(required []string, properties object) object {
	return object{"type": "object", "additionalProperties": false, "required": required, "properties": properties}
}

func featureSchema(c collection) object {
	coordinates := object{"type": "array", "minItems": 1, "items": object{}}
	return closed([]string{"type", "id", "geometry", "properties"}, object{
		"type": object{"type": "string", "enum": []string{"Feature"}},
		"id":   object{"type": "string"},
		"geometry": closed([]string{"type", "coordinates"}, object{
			"type": object{"type": "string", "enum": []string{c.geometry}}, "coordinates": coordinates,
		}),
		"properties": propertiesSchema(c.properties),
		"links":      object{"type": "array", "items": reference("Link")},
	})
}

func pageSchema(c collection) object {
	return closed([]string{"type", "features", "numberMatched", "numberReturned", "timeStamp", "links"}, object{
		"type":          object{"type": "string", "enum": []string{"FeatureCollection"}},
		"features":      object{"type": "array", "items": reference(c.id + "Feature")},
		"numberMatched": object{"type": "integer", "minimum": 0}, "numberReturned": object{"type": "integer", "minimum": 0},
		"timeStamp": object{"type": "string", "format": "date-time"},
		"links":     object{"type": "array", "items": reference("Link")},
	})
}

// propertiesSchema reads the JSON tags of a struct of properties.
func propertiesSchema(v any) object {
	properties, required := object{}, []string{}
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if option != "omitempty" {
			required = append(required, name)
		}
		kind := t.Field(i).Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch kind.Kind() {
		case reflect.Bool:
			properties[name] = object{"type": "boolean"}
		case reflect.Int:
			properties[name] = object{"type": "integer"}
		default:
			properties[name] = object{"type": "string"}
		}
	}
	return closed(required, properties)
}
