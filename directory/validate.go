package directory

import (
	"slices"
	"strconv"
	"strings"

	"tahweel/internal/fault"
)

// MaximumAge is the greatest age in whole years that the directory knows.
const MaximumAge = 130

// targetGroups are the groups of people that a service or a term of a memorandum may be for.
var targetGroups = []string{
	"women", "children", "youth", "persons_with_disabilities", "older_persons", "families_in_poverty", "survivors_of_violence",
}

func named(l *fault.List, pointer string, n Name) {
	if strings.TrimSpace(n.AR) == "" {
		l.Add(pointer+"/ar", "A text in Arabic is required.", "النص بالعربية مطلوب.")
	}
	if strings.TrimSpace(n.EN) == "" {
		l.Add(pointer+"/en", "A text in English is required.", "النص بالإنجليزية مطلوب.")
	}
}

func oneOf[T ~string](l *fault.List, pointer string, value T, known ...T) {
	if slices.Contains(known, value) {
		return
	}
	words := make([]string, 0, len(known))
	for _, k := range known {
		if k != "" {
			words = append(words, string(k))
		}
	}
	list := strings.Join(words, ", ")
	l.Add(pointer, "Must be one of: "+list+".", "يجب أن تكون القيمة إحدى: "+list+".")
}

func eachOneOf[T ~string](l *fault.List, pointer string, values []T, known ...T) {
	for i, v := range values {
		oneOf(l, pointer+"/"+strconv.Itoa(i), v, known...)
	}
}

func ageFits(l *fault.List, pointer string, age *int) {
	if age != nil && (*age < 0 || *age > MaximumAge) {
		l.Add(pointer, "Must be whole years from 0 to 130.", "يجب أن يكون العمر بالسنوات من 0 إلى 130.")
	}
}

// KnownTargetGroup reports whether the code is one of the groups of people that a service or a term of a memorandum may be for.
func KnownTargetGroup(code string) bool { return slices.Contains(targetGroups, code) }

// TargetGroups are the codes of the groups of people, in the order of the migration that names them.
func TargetGroups() []string { return slices.Clone(targetGroups) }
