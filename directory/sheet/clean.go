package sheet

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// cleaner turns what a file says into what the types of HSDS can hold, and notes what it leaves out.
type cleaner struct {
	source string
	space  uuid.UUID
	note   func(at Place, column, code string, args ...any)
	twice  map[string]bool // unknown fields that were mentioned already
}

// sourceSpace is the namespace in which the ids of publishers become UUIDs (RFC 9562 version 5).
var sourceSpace = uuid.MustParse("5f0c0a3e-6d2b-5f43-9d0f-3a9e1c2b7d55")

func newCleaner(source string, note func(Place, string, string, ...any)) *cleaner {
	return &cleaner{source: source, space: uuid.NewSHA1(sourceSpace, []byte(source)), note: note, twice: map[string]bool{}}
}

// id is the id that a text is here: a UUID is itself, anything else follows from the publisher, the table and the text.
func (c *cleaner) id(table, given string) uuid.UUID {
	if len(given) == 36 {
		if id, err := uuid.Parse(given); err == nil && id != uuid.Nil {
			return id
		}
	}
	return uuid.NewSHA1(c.space, []byte(table+"\x00"+given))
}

// fields cleans the fields of one record of the table, with all that stands in it. What is empty is left out. ok is false if a field that
// there must be is missing.
func (c *cleaner) fields(t *table, at Place, pointer string, raw map[string]any) (out map[string]any, ok bool) {
	return c.missing(t, at, pointer, raw, "required")
}

// part cleans what stands within a record, which is taken without it if a field is missing.
func (c *cleaner) part(t *table, at Place, pointer string, raw map[string]any) (out map[string]any, ok bool) {
	return c.missing(t, at, pointer, raw, "part_left_out")
}

func (c *cleaner) missing(t *table, at Place, pointer string, raw map[string]any, code string) (out map[string]any, ok bool) {
	out, ok = map[string]any{}, true
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		value, here := raw[name], pointer+name
		if value == nil || value == "" {
			continue
		}
		if listed := t.lists[name]; listed != nil {
			if list := c.list(listed, at, here, value); len(list) > 0 {
				out[name] = list
			}
			continue
		}
		if held := t.objects[name]; held != nil {
			if object, isObject := value.(map[string]any); isObject {
				if cleaned, whole := c.part(held, at, here+"/", object); whole {
					out[name] = cleaned
				}
			} else {
				c.note(at, here, "wrong_type")
			}
			continue
		}
		column, known := t.columns[name]
		if !known {
			if key := at.File + "\x00" + t.name + "\x00" + name; !c.twice[key] {
				c.twice[key] = true
				c.note(Place{File: at.File, Sheet: at.Sheet}, here, "unknown_column")
			}
			continue
		}
		if value, kept := c.value(t, column, at, here, value, raw); kept {
			out[name] = value
		}
	}
	if given, _ := plain(raw["location_id"]); t.name == "service_at_location" && out["location_id"] == nil && strings.TrimSpace(given) != "" {
		c.note(at, pointer+"location_id", code) // an offer at no location would be another one
		ok = false
	}
	for _, name := range t.needs {
		if out[name] == nil && t.objects[strings.TrimSuffix(name, "_id")] == nil {
			c.note(at, pointer+name, code)
			ok = false
		}
	}
	c.together(t, at, pointer, out)
	return out, ok
}

func (c *cleaner) list(t *table, at Place, pointer string, value any) []any {
	list, isList := value.([]any)
	if !isList {
		c.note(at, pointer, "wrong_type")
		return nil
	}
	out := make([]any, 0, len(list))
	for i, item := range list {
		here := pointer + "/" + strconv.Itoa(i)
		object, isObject := item.(map[string]any)
		if !isObject {
			c.note(at, here, "wrong_type")
			continue
		}
		if cleaned, whole := c.part(t, at, here+"/", object); whole {
			out = append(out, cleaned)
		}
	}
	return out
}

// value cleans one value; kept is false for one that is left out.
func (c *cleaner) value(t *table, col column, at Place, here string, value any, raw map[string]any) (any, bool) {
	if col.kind == opaque {
		return c.object(col, at, here, value)
	}
	if col.kind == words {
		return c.words(col, at, here, value)
	}
	given, ok := plain(value)
	if !ok {
		c.note(at, here, "wrong_type")
		return nil, false
	}
	exact, changed := storable(given)
	if changed {
		c.note(at, here, "bad_characters")
	}
	given = strings.TrimSpace(exact)
	if given == "" {
		return nil, false
	}
	if col.kind == address {
		return c.address(col, at, here, given)
	}
	if col.kind == written && col.known == nil {
		return exact, true
	}
	cleaned, code := c.scalar(t, col, given, raw)
	if code == "unknown_value" {
		list := strings.Join(col.known, ", ")
		c.note(at, here, code, list)
		return nil, false
	}
	if code != "" {
		c.note(at, here, code)
	}
	return cleaned, cleaned != nil
}

// scalar reads the text of a column; without a value it says why.
func (c *cleaner) scalar(t *table, col column, given string, raw map[string]any) (value any, code string) {
	switch col.kind {
	case ownID:
		return c.id(t.name, given).String(), ""
	case reference:
		if strings.ContainsAny(given, ",;|") && len(listOf(given)) > 1 {
			return nil, "joined_ids"
		}
		return c.id(c.target(col, raw), given).String(), ""
	case numeric:
		if col.name == "latitude" || col.name == "longitude" {
			if n, ok := degree(given); ok {
				return n, ""
			}
			return nil, "not_a_number"
		}
		if n, ok := number(given); ok {
			return n, ""
		}
		return nil, "not_a_number"
	case integral:
		n, ok := whole(given)
		switch {
		case ok && strings.HasSuffix(col.name, "_age") && (n < 0 || n > 130):
			return nil, "number_too_large"
		case ok:
			return n, ""
		}
		if _, ok := number(given); ok {
			return nil, "not_whole"
		}
		return nil, "not_a_number"
	case flag:
		if b, ok := yesOrNo(given); ok {
			return b, ""
		}
		return nil, "not_yes_or_no"
	case date:
		if d, ok := day(given); ok {
			return d, ""
		}
		return nil, "not_a_date"
	case instant:
		return moment(given)
	case timeOfDay:
		if d, ok := clock(given); ok {
			return d, ""
		}
		return nil, "not_a_time"
	default:
		return oneOf(t, col, given)
	}
}

func oneOf(t *table, col column, given string) (any, string) {
	for _, k := range col.known {
		if strings.EqualFold(k, given) || strings.EqualFold(k, strings.NewReplacer(" ", "_", "-", "_").Replace(given)) {
			return k, ""
		}
	}
	if col.name == "status" {
		if t.name == "organization" {
			return nil, "unknown_value"
		}
		return "inactive", "unknown_status"
	}
	return nil, "unknown_value"
}

// target is the table that a reference leads to; an attribute and metadata say it in another field.
func (c *cleaner) target(col column, raw map[string]any) string {
	if col.to != "" {
		return col.to
	}
	for _, name := range []string{"link_entity", "resource_type"} {
		if given, ok := raw[name].(string); ok {
			if t := tableOfFile(strings.TrimSpace(given)); t != nil {
				return t.name
			}
		}
	}
	return ""
}

func (c *cleaner) words(col column, at Place, here string, value any) (any, bool) {
	var given []string
	switch v := value.(type) {
	case string:
		given = listOf(v)
	case []any:
		for _, item := range v {
			if s, ok := plain(item); ok {
				given = append(given, strings.TrimSpace(s))
			}
		}
	default:
		c.note(at, here, "wrong_type")
		return nil, false
	}
	out := []any{}
	for _, g := range given {
		g, _ = tidy(g)
		if col.known != nil && !slices.Contains(col.known, g) {
			list := strings.Join(col.known, ", ")
			c.note(at, here, "unknown_value", list)
			continue
		}
		if g != "" && !slices.Contains(out, any(g)) {
			out = append(out, g)
		}
	}
	return out, len(out) > 0
}

// object keeps an object of the profile if its type can hold it.
func (c *cleaner) object(col column, at Place, here string, value any) (any, bool) {
	if given, ok := value.(string); ok && json.Valid([]byte(given)) { // in a cell of a table
		if json.Unmarshal([]byte(given), &value) != nil {
			return nil, false
		}
	}
	encoded, err := json.Marshal(value)
	if err != nil || json.Unmarshal(encoded, reflect.New(col.goes).Interface()) != nil || strings.Contains(string(encoded), `\u0000`) {
		c.note(at, here, "wrong_type")
		return nil, false
	}
	return value, true
}

// plain is a value that is no list and no object, as text.
func plain(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// Where Palestine lies, in degrees, with a margin.
const south, north, west, east = 31.1, 32.7, 34.0, 35.8

func inPalestine(lat, lon float64) bool {
	return lat >= south && lat <= north && lon >= west && lon <= east
}

// together looks at fields that mean something only together.
func (c *cleaner) together(t *table, at Place, pointer string, out map[string]any) {
	switch t.name {
	case "location":
		c.coordinates(at, pointer, out)
	case "service":
		minimum, least := out["minimum_age"].(int)
		maximum, most := out["maximum_age"].(int)
		if least && most && minimum > maximum {
			c.note(at, pointer+"minimum_age", "ages_swapped")
			delete(out, "minimum_age")
			delete(out, "maximum_age")
		}
	}
}

func (c *cleaner) coordinates(at Place, pointer string, out map[string]any) {
	lat, hasLat := out["latitude"].(float64)
	lon, hasLon := out["longitude"].(float64)
	switch {
	case !hasLat && !hasLon:
		if out["location_type"] == nil || out["location_type"] == "physical" {
			c.note(at, pointer+"latitude", "no_coordinates")
		}
	case !hasLat || !hasLon:
		c.note(at, pointer+"latitude", "half_coordinates")
		delete(out, "latitude")
		delete(out, "longitude")
	case !inPalestine(lat, lon) && inPalestine(lon, lat):
		c.note(at, pointer+"latitude", "coordinates_swapped")
		delete(out, "latitude")
		delete(out, "longitude")
	case lat < -90 || lat > 90 || lon < -180 || lon > 180 || lat == 0 && lon == 0:
		c.note(at, pointer+"latitude", "coordinates_impossible")
	case !inPalestine(lat, lon):
		c.note(at, pointer+"latitude", "coordinates_abroad")
	}
}
