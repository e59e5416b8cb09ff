package sheet

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// The fields of a patch that no wire type has; assemble carries them out.
const (
	patchTexts = "~texts" // field → language → text
	patchPaper = "~registration"
	patchClear = "~clear" // fields to be emptied
	patchPhone = "~phone"
	patchHours = "~hours"
	patchTalks = "~languages"
)

// templateParts are the things of one row while its cells are read.
type templateParts struct {
	*gathering
	at     Place
	things map[string]map[string]any
}

func (t *templateParts) thing(name string) map[string]any {
	if t.things[name] == nil {
		t.things[name] = map[string]any{}
	}
	return t.things[name]
}

// said reports whether any cell of the thing was filled.
func (t *templateParts) said(name string) bool {
	for field, value := range t.things[name] {
		if field != patchClear && value != nil {
			return true
		}
	}
	return false
}

func (t *templateParts) cell(c templateColumn, given string) {
	given, changed := tidy(given)
	given = neutral(given)
	if changed {
		t.note(t.at, c.Key, "bad_characters")
	}
	if given == "" {
		t.empty(c)
		return
	}
	thing := t.thing(c.table)
	switch c.kind {
	case cellText:
		texts(thing, c.field)[c.language] = given
	case cellPaper:
		t.paper(c, given)
	case cellPhone:
		thing[patchPhone] = latinDigits(given)
	case cellHours:
		if hours, ok := hoursOf(given); ok {
			thing[patchHours] = hours
		} else {
			t.note(t.at, c.Key, "not_a_time")
		}
	case cellNeeds:
		t.needs(c, thing, given)
	case cellPlace:
		t.place(c, thing, given)
	case cellAreas:
		t.areas(c, thing, given)
	case cellLanguages:
		thing[patchTalks] = toAny(listOf(given))
	default:
		t.field(c, thing, given)
	}
}

// empty notes that a column is there and its cell is empty. Ids, names and what everything has are not emptied by that.
func (t *templateParts) empty(c templateColumn) {
	switch {
	case c.kind == cellText:
		if c.field != "name" {
			texts(t.thing(c.table), c.field)[c.language] = ""
		}
	case c.kind == cellPaper:
		if c.field != "registration_number" {
			papers(t.thing(c.table))[c.field] = ""
		}
	case c.field == "id", c.field == "status", c.field == "kind", c.field == "needs", c.field == "delivery_modes", c.field == "place",
		strings.HasPrefix(c.field, "accepting"), c.field == "latitude", c.field == "longitude", c.kind == cellPhone, c.kind == cellHours,
		c.kind == cellLanguages, c.kind == cellAreas:
	default:
		thing := t.thing(c.table)
		list, _ := thing[patchClear].([]any)
		thing[patchClear] = append(list, c.field)
	}
}

func texts(thing map[string]any, field string) map[string]any {
	return deeper(deeper(thing, patchTexts), field)
}
func papers(thing map[string]any) map[string]any { return deeper(thing, patchPaper) }

func deeper(object map[string]any, name string) map[string]any {
	inner, ok := object[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[name] = inner
	}
	return inner
}

func (t *templateParts) field(c templateColumn, thing map[string]any, given string) {
	switch c.field {
	case "accepting_status", "accepting_as_of":
		deeper(thing, "accepting")[strings.TrimPrefix(strings.TrimPrefix(c.field, "accepting_"), "accepting")] = given
		return
	}
	col, known := tables[c.table].columns[c.field]
	if !known {
		return
	}
	if value, kept := t.value(tables[c.table], col, t.at, c.Key, given, map[string]any{}); kept {
		thing[c.field] = value
	}
}

func (t *templateParts) paper(c templateColumn, given string) {
	if c.field == "registration_expires_on" {
		d, ok := day(given)
		if !ok {
			t.note(t.at, c.Key, "not_a_date")
			return
		}
		given = d
	}
	papers(t.thing(c.table))[c.field] = given
}

func (t *templateParts) needs(c templateColumn, thing map[string]any, given string) {
	var codes []any
	for _, word := range listOf(given) {
		if code, ok := needMeant(word, word); ok {
			codes = append(codes, code)
		} else {
			t.note(t.at, c.Key, "unknown_need")
		}
	}
	if len(codes) > 0 {
		thing["needs"] = codes
	}
}

func (t *templateParts) place(c templateColumn, thing map[string]any, given string) {
	if code, ok := t.country.place(given); ok {
		thing["place"] = code
	} else {
		t.note(t.at, c.Key, "unknown_place")
	}
}

// areas reads codes or names of governorates and places, or that a service serves the whole country.
func (t *templateParts) areas(c templateColumn, thing map[string]any, given string) {
	var areas []any
	for _, word := range listOf(given) {
		area := map[string]any{}
		if governorate, ok := t.country.governorate(word); ok {
			area["governorate"] = governorate
		} else if place, ok := t.country.place(word); ok {
			area["place"] = place
		} else if nationwide(word) {
			area["nationwide"] = true
		} else {
			t.note(t.at, c.Key, "unknown_place")
			continue
		}
		areas = append(areas, area)
	}
	if len(areas) > 0 {
		thing["~areas"] = areas
	}
}

func nationwide(word string) bool {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "nationwide", "all", "كل الوطن", "الكل", "جميع المناطق":
		return true
	}
	return false
}

// take names the things of the row and takes them in: what has no id gets one from what it is called and whose it is.
func (t *templateParts) take(ctx context.Context, row int32) error {
	for name, thing := range t.things {
		if !t.namedTexts(name, thing) {
			delete(t.things, name)
		}
	}
	organization, ok := t.identify("organization", "")
	if !ok {
		t.skip(row, "organization_name_ar", "required")
		return nil
	}
	service, hasService := t.identify("service", organization)
	location, hasLocation := t.identify("location", organization)
	if !hasLocation && t.things["location"] != nil && (t.things["location"]["place"] != nil || t.things["location"]["latitude"] != nil) {
		location, hasLocation = t.unnamed(organization)
	}
	if hasLocation {
		t.coordinates(t.at, "", t.things["location"])
	}
	list := []string{"organization", "location", "service"}
	if hasService {
		t.things["service"]["organization_id"] = organization
		offer := t.thing("service_at_location")
		t.accepting(offer)
		offer["service_id"] = service
		if hasLocation {
			offer["location_id"] = location
		}
		if _, given := offer["id"].(string); !given {
			offer["id"] = t.id("service_at_location", "\x00"+service+"\x00"+location).String()
		}
		if hasLocation || t.goesOut() {
			list = append(list, "service_at_location")
		}
	}
	if hasLocation {
		t.things["location"]["organization_id"] = organization
	}
	for _, name := range list {
		thing := t.things[name]
		if thing == nil || name == "service" && !hasService || name == "location" && !hasLocation {
			continue
		}
		id, _ := thing["id"].(string)
		if err := t.again(ctx, row, record{table: tables[name], id: uuid.MustParse(id), fields: thing, brief: true}); err != nil {
			return err
		}
	}
	return nil
}

// goesOut reports whether the service comes by wire or to the house, so that it can be offered without a location.
func (t *templateParts) goesOut() bool {
	modes, _ := t.things["service"]["delivery_modes"].([]any)
	for _, m := range modes {
		if m == "remote" || m == "home_visit" {
			return true
		}
	}
	return false
}

// namedTexts gives a name that was given in one language to the other; it reports whether the thing says anything.
func (t *templateParts) namedTexts(name string, thing map[string]any) bool {
	if !t.said(name) {
		return name == "service_at_location"
	}
	if given := inside(inside(thing, patchTexts), "name"); given != nil {
		if given["ar"] == nil || given["en"] == nil {
			t.note(t.at, name, "other_language")
		}
		if given["ar"] == nil {
			given["ar"] = given["en"]
		}
		if given["en"] == nil {
			given["en"] = given["ar"]
		}
	}
	return true
}

// identify is the id of a thing of the row, given or made of its name and its organization.
func (t *templateParts) identify(name, organization string) (string, bool) {
	thing := t.things[name]
	if thing == nil {
		return "", false
	}
	if id, ok := thing["id"].(string); ok {
		return id, true
	}
	given := inside(inside(thing, patchTexts), "name")
	title, _ := given["ar"].(string)
	if title == "" {
		return "", false
	}
	parts := []string{organization, normal(title)}
	if number, ok := inside(thing, patchPaper)["registration_number"].(string); ok {
		parts = []string{"registration", normal(number)}
	}
	if place, ok := thing["place"].(string); ok {
		parts = append(parts, place)
	}
	id := t.id(name, "\x00"+strings.Join(parts, "\x00")).String()
	thing["id"] = id
	return id, true
}

// unnamed is a location of which only the place is known: it is called as its organization.
func (t *templateParts) unnamed(organization string) (string, bool) {
	location := t.things["location"]
	given := inside(inside(t.things["organization"], patchTexts), "name")
	if given == nil {
		return "", false
	}
	t.note(t.at, "location_name_ar", "name_made_up")
	deeper(location, patchTexts)["name"] = map[string]any{"ar": given["ar"], "en": given["en"]}
	return t.identify("location", organization)
}

var clause = regexp.MustCompile(`^([\p{L}\p{M}, ]+?)\s+([0-9:]{4,5})\s*-\s*([0-9:]{4,5})$`)

// hoursOf reads opening hours such as "SU,MO,TU 08:00-15:00; TH 08:00-12:00", with the days as people call them.
func hoursOf(given string) ([]any, bool) {
	var out []any
	for _, part := range strings.FieldsFunc(latinDigits(given), func(r rune) bool { return r == ';' || r == '\n' || r == '؛' }) {
		part = strings.TrimSpace(part)
		m := clause.FindStringSubmatch(strings.ReplaceAll(part, "،", ","))
		if m == nil {
			return nil, false
		}
		opens, okOpens := clock(m[2])
		closes, okCloses := clock(m[3])
		if !okOpens || !okCloses {
			return nil, false
		}
		days := listOf(m[1])
		for i, d := range days {
			code, ok := weekday(d)
			if !ok {
				return nil, false
			}
			days[i] = code
		}
		out = append(out, map[string]any{"freq": "WEEKLY", "byday": strings.Join(days, ","), "opens_at": opens, "closes_at": closes})
	}
	return out, len(out) > 0
}

func toAny(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// accepting keeps whether people are taken only with the time at which that was known.
func (t *templateParts) accepting(offer map[string]any) {
	given := inside(offer, "accepting")
	if given == nil {
		return
	}
	delete(offer, "accepting")
	status, _ := given["status"].(string)
	status = strings.ReplaceAll(strings.ToLower(status), "-", "_")
	asOf, _ := given["as_of"].(string)
	at, code := moment(asOf)
	switch {
	case status == "" || status == "unknown":
	case !slices.Contains(acceptingStatuses, status):
		list := strings.Join(acceptingStatuses, ", ")
		t.note(t.at, "accepting", "unknown_value", list)
	case asOf == "":
		t.note(t.at, "accepting_as_of", "as_of_missing")
	case code != "":
		t.note(t.at, "accepting_as_of", code)
	default:
		offer["accepting"] = map[string]any{"status": status, "as_of": at}
	}
}

var acceptingStatuses = []string{"capacity", "no_capacity", "waitlist", "additional_assessment_required", "unknown"}
