package sheet

import (
	"encoding/json"
	"maps"
	"slices"

	"tahweel/directory"
	"tahweel/directory/hsds"
)

// What the profile adds to HSDS: a file that does not say it leaves it as it is, whereas what the standard has a field for and the file
// does not say is empty.
var profile = map[string][]string{
	"organization": {"kind", "status", "information_only", "accreditation", "confirmed", "translations"},
	"service": {
		"needs", "sex", "target_groups", "delivery_modes", "eligibility", "female_worker", "women_only", "transport", "serves_no_minor", "waiting",
		"alert_until", "confirmed", "translations",
	},
	"location":            {"place", "valid_from", "valid_to", "confirmed", "translations"},
	"service_at_location": {"capacities", "status", "accepting", "waiting", "confirmed", "translations"},
}

// kept is how things are put into HSDS to be compared: as they stand.
var kept = hsds.View{Language: "ar"}

func toMap(wire any) map[string]any {
	out := map[string]any{}
	content, err := json.Marshal(wire)
	if err == nil {
		err = json.Unmarshal(content, &out)
	}
	if err != nil { // a type of HSDS always has a form in JSON
		return map[string]any{}
	}
	return out
}

func fromMap[T any](object map[string]any) (wire T, ok bool) {
	content, err := json.Marshal(object)
	return wire, err == nil && json.Unmarshal(content, &wire) == nil
}

// overlay puts what the files say of a thing over what the directory says. A brief mention changes what it says and nothing else.
func overlay(t *table, base, said map[string]any, brief bool) map[string]any {
	out := maps.Clone(base)
	if !brief {
		for name := range base {
			if !slices.Contains(profile[t.name], name) {
				delete(out, name)
			}
		}
		if areas := declared(base["service_areas"]); said["service_areas"] == nil && len(areas) > 0 {
			out["service_areas"] = areas
		}
	}
	for name, value := range said {
		if len(name) > 0 && name[0] == '~' || name == "translations" {
			continue
		}
		if list, ok := value.([]any); ok && brief && t.lists[name] != nil {
			value = union(base[name], list)
		}
		out[name] = value
	}
	if list, ok := said[patchClear].([]any); ok {
		for _, name := range list {
			delete(out, name.(string)) //nolint:forcetypeassert // we wrote it
		}
	}
	translate(out, base, said)
	return out
}

// declared are the areas among those of a service that only the profile knows.
func declared(areas any) []any {
	list, _ := areas.([]any)
	return slices.DeleteFunc(slices.Clone(list), func(area any) bool {
		object, _ := area.(map[string]any)
		return object["governorate"] == nil && object["place"] == nil && object["nationwide"] == nil
	})
}

// union is the list with more added to it; what has the same id is replaced.
func union(list any, more []any) []any {
	had, _ := list.([]any)
	out := slices.Clone(had)
	for _, item := range more {
		object, _ := item.(map[string]any)
		if at := slices.IndexFunc(out, func(have any) bool { return sameID(have, object) }); at >= 0 {
			out[at] = item
		} else {
			out = append(out, item)
		}
	}
	return out
}

// translate keeps the translations that still belong to the texts: of a text that the files give in one language and that is not one of
// the two that there were, both are gone.
func translate(out, base, said map[string]any) {
	if given, ok := said["translations"].(map[string]any); ok {
		out["translations"] = given
		return
	}
	had, ok := base["translations"].(map[string]any)
	if !ok {
		delete(out, "translations")
		return
	}
	left := map[string]any{}
	for language, fields := range had {
		object, _ := fields.(map[string]any)
		for field, text := range object {
			now, said := out[field]
			if !said || now == base[field] || now == inside(had, "ar")[field] || now == inside(had, "en")[field] {
				if said {
					deeper(left, language)[field] = text
				}
			}
		}
	}
	out["translations"] = left
	if len(left) == 0 {
		delete(out, "translations")
	}
}

// same reports whether two values are written alike.
func same(a, b any) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && string(left) == string(right)
}

// namePatch puts the texts of a row of the template into a thing. A column that is not there changes nothing.
func namePatch(said map[string]any, of map[string]*directory.Name) {
	for field, given := range inside(said, patchTexts) {
		n, ok := of[field]
		languages, _ := given.(map[string]any)
		if !ok {
			continue
		}
		if ar, there := languages["ar"].(string); there {
			n.AR = ar
		}
		if en, there := languages["en"].(string); there {
			n.EN = en
		}
	}
}
