package text_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tahweel/internal/text"
)

// The forms of one word have one stem, and words that are not the same keep theirs.
func TestStem(t *testing.T) {
	t.Parallel()
	for _, forms := range [][]string{
		{"مدرسة", "مدرسه", "المدرسة", "للمدرسة", "بالمدرسة", "مدرسات"},
		{"صحي", "صحية", "الصحي", "الصحية"},
		{"جمعية", "جمعيات", "الجمعيات"},
		{"عيادة", "عيادات"},
		{"مستشفى", "مستشفيات", "المستشفيات"},
		{"مسن", "مسنين", "المسنين", "للمسنين", "مسنون"},
		{"فلسطين", "فلسطيني", "الفلسطينية", "فلسطينيون"},
		{"بالغين", "البالغين", "للبالغين"},
		{"clinic", "clinics", "Clinics"},
		{"agency", "agencies"},
		{"class", "classes"},
		{"house", "houses"},
	} {
		for _, form := range forms[1:] {
			if a, b := text.SearchWords(forms[0]), text.SearchWords(form); !slices.Equal(a, b) {
				t.Errorf("%s is %v and %s is %v", forms[0], a, form, b)
			}
			if form != strings.ToLower(form) {
				continue
			}
			if text.Normalise(form) == text.Normalise(forms[0]) { // ة and ه are the same letter already
				continue
			}
			if slices.Equal(text.Words(forms[0]), text.Words(form)) { // the negative control: without stemming they differ
				t.Errorf("%s and %s are the same without a stem, and prove nothing", forms[0], form)
			}
		}
	}
	for _, pair := range [][2]string{{"مركز", "مراكز"}, {"مدرسة", "مدارس"}, {"طفل", "أطفال"}, {"الله", "اله"}, {"bus", "bush"}} {
		if a, b := text.SearchWords(pair[0]), text.SearchWords(pair[1]); slices.Equal(a, b) {
			t.Errorf("%s and %s have one stem: %v", pair[0], pair[1], a)
		}
	}
}

func TestSearchWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"المراكز الصحية":                   "صحي مراكز",
		"علاج ونطق":                        "علاج نطق ونطق",
		"Al-Hilal, (the) Society of Yatta": "hilal society yatta",
		"في من the":                        "",
		"حي ١٢٣/٤":                         "123 4 حي",
	} {
		if got := strings.Join(text.SearchWords(in), " "); got != want {
			t.Errorf("SearchWords(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever is written, words come sorted and once, none is empty, and a text says no less with another behind it.
func TestSearchWordsProperties(t *testing.T) {
	t.Parallel()
	letters := rapid.StringOf(rapid.RuneFrom([]rune("الولبكفهايىةنت مركزصحsexchiyا و-.،")))
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		words := text.SearchWords(a)
		if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) || slices.Contains(words, "") {
			t.Fatalf("SearchWords(%q) = %q", a, words)
		}
		both := text.SearchWords(a + " " + b)
		for _, w := range words {
			if !slices.Contains(both, w) {
				t.Fatalf("%q is a word of %q and not of %q", w, a, a+" "+b)
			}
		}
	})
}
