package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
)

// vocabulary is what invented organizations and people are named from.
type vocabulary struct {
	Words []name `json:"words"`
	Given struct {
		Female []name `json:"female"`
		Male   []name `json:"male"`
	} `json:"given"`
	Family    []name `json:"family"`
	Addresses []name `json:"addresses"`
	// Temporary is the address of every location in the Gaza Strip.
	Temporary name `json:"temporary"`
}

// profile is a sort of organization, of which each directorate gets one.
type profile struct {
	Key         string   `json:"key"`
	Kind        string   `json:"kind"`
	Tier        int      `json:"tier"`
	Except      []string `json:"except"` // directorates that have enough of it
	Name        name     `json:"name"`   // {word} and {place} are filled in
	Description name     `json:"description"`
	Instrument  string   `json:"instrument"` // its kind; empty: memorandum
	Monthly     int      `json:"monthly"`    // a quota for each month; 0: none
	// Refused organizations have an accreditation or a memorandum that is not in force.
	Refused  bool       `json:"refused"`
	Services []template `json:"services"`
}

// template is a service of every organization of a profile, and who is referred to it.
type template struct {
	Key           string   `json:"key"`
	Needs         []string `json:"needs"`
	Every         int      `json:"every"` // only every so many directorates have it; 0: all
	Confidential  bool     `json:"confidential"`
	Name          name     `json:"name"`
	Description   name     `json:"description"`
	TargetGroups  []string `json:"target_groups"`
	MinimumAge    *int     `json:"min_age"`
	MaximumAge    *int     `json:"max_age"`
	Sex           string   `json:"sex"`
	DeliveryModes []string `json:"delivery_modes"`
	Clients       struct {
		TargetGroup string `json:"target_group"`
		Sex         string `json:"sex"` // empty: either
		From        int    `json:"from"`
		To          int    `json:"to"`
	} `json:"clients"`
	Narrative string `json:"narrative"`
}

// readCountry returns the words and profiles of the embedded files. A field that nothing here knows is a mistake.
func readCountry() (words vocabulary, profiles []profile, err error) {
	for file, into := range map[string]any{"data/country/words.json": &words, "data/country/profiles.json": &profiles} {
		text, err := data.ReadFile(file)
		if err != nil {
			return words, nil, fmt.Errorf("demo: %w", err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into); err != nil {
			return words, nil, fmt.Errorf("demo: %s: %w", file, err)
		}
	}
	return words, profiles, nil
}

// chance returns a number from 0 up to, not including, n that follows from what it is for: the same in every load, and another
// one for every other purpose.
func chance(n int, purpose ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, purpose...)
	x := h.Sum64() // FNV leaves the low bits of similar texts alike; the finalizer of MurmurHash3 spreads them
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return int(x % uint64(n))
}

func pick[T any](from []T, purpose ...any) T { return from[chance(len(from), purpose...)] }

// fill puts the word and the place into a name.
func fill(n, word, place name) name {
	return name{
		AR: strings.NewReplacer("{word}", word.AR, "{place}", place.AR).Replace(n.AR),
		EN: strings.NewReplacer("{word}", word.EN, "{place}", place.EN).Replace(n.EN),
	}
}

// staffName is a member of staff's: a surname that is a plant, a bird or water, and the mark of invention.
func (v vocabulary) staffName(key string) name {
	family := pick(v.Family, key, "family")
	if chance(2, key, "sex") == 0 {
		given := pick(v.Given.Female, key, "given")
		return name{AR: given.AR + " " + family.AR + " (تجريبية)", EN: given.EN + " " + family.EN + " (demo)"}
	}
	given := pick(v.Given.Male, key, "given")
	return name{AR: given.AR + " " + family.AR + " (تجريبي)", EN: given.EN + " " + family.EN + " (demo)"}
}
