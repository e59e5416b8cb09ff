package hsds

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
)

// View is how the directory is put into the words of HSDS: in which language, and with what things are called that a record names by id
// or code alone. The zero View is Arabic and knows the needs only; what it does not know it leaves as an id.
type View struct {
	Language     string // of the texts on top, "ar" or "en"; empty: ar. The other language stands where a text has only one.
	Terms        map[uuid.UUID]directory.Term
	Taxonomies   map[uuid.UUID]directory.Taxonomy
	Places       map[string]geo.Place
	Governorates map[string]geo.Governorate
	// ServedAt, if set, gives a record as the public reads it at that time: what has decayed or run out is left out, and a text that the
	// standard requires is never empty. Otherwise a record is given as it is kept, so that reading it back gives the same.
	ServedAt time.Time
}

func (v View) served() bool { return !v.ServedAt.IsZero() }

// texts collects the translations of one object while its texts are put on top.
type texts struct {
	language string
	kept     Translations
}

func (v View) texts() *texts { return &texts{language: v.Language} }

// put returns the text that stands on top, and keeps both languages if they differ.
func (t *texts) put(field string, n directory.Name) string {
	if n.AR == n.EN {
		return n.AR
	}
	t.keep("ar", field, n.AR)
	t.keep("en", field, n.EN)
	if n.AR == "" || (t.language == "en" && n.EN != "") {
		return n.EN
	}
	return n.AR
}

func (t *texts) keep(language, field, text string) {
	if text == "" {
		return
	}
	if t.kept == nil {
		t.kept = Translations{}
	}
	if t.kept[language] == nil {
		t.kept[language] = map[string]string{}
	}
	t.kept[language][field] = text
}

// name is what put had been given: both translations, or the one text in both languages if there are none.
func (t Translations) name(field, top string) directory.Name {
	ar, inArabic := t["ar"][field]
	en, inEnglish := t["en"][field]
	if !inArabic && !inEnglish {
		return directory.Name{AR: top, EN: top}
	}
	return directory.Name{AR: ar, EN: en}
}

// space is the namespace of the ids of parts that have none of their own, RFC 9562 version 5.
var space = uuid.MustParse("a3c1b8a2-52a4-5a0c-8f0e-0d8d1f6b7e35")

// derived is an id that follows from what it is for, so that a part without an id of its own has the same one every time.
func derived(parts ...string) string {
	name := ""
	for _, p := range parts {
		name += strconv.Quote(p)
	}
	return uuid.NewSHA1(space, []byte(name)).String()
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// idOf reads an id; what is none gives the zero id. Ids that are not UUIDs are mapped before anything comes here.
func idOf(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}

func number(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// whole reads a whole number; a fraction is cut off.
func whole(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(*f)
	return &n
}

func instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// instantOf reads a time of RFC 3339 with the offset that it has; what is none gives nil.
func instantOf(text string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil
	}
	return &t
}

func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func dayOf(text string) *time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil
	}
	return &t
}

func each[A, B any](list []A, of func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = of(a)
	}
	return out
}

// parts puts the parts of an owner into HSDS; a part needs to know its owner and its place in the list for an id.
func parts[D, W any](owner string, list []D, of func(owner string, i int, part D) W) []W {
	if len(list) == 0 {
		return nil
	}
	out := make([]W, len(list))
	for i, part := range list {
		out[i] = of(owner, i, part)
	}
	return out
}
