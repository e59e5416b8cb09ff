package directory

import (
	"strings"
	"unicode"

	"tahweel/internal/text"
)

// fields are the texts of a row that a search looks at, best first.
func (r textRow) fields() []TextFound {
	list := []TextFound{
		{Field: "name", Language: "ar", Text: r.NameAr}, {Field: "name", Language: "en", Text: r.NameEn},
		{Field: "alternate_name", Language: "ar", Text: r.AlternateAr}, {Field: "alternate_name", Language: "en", Text: r.AlternateEn},
		{Field: "need", Language: "ar", Text: r.NeedsAr}, {Field: "need", Language: "en", Text: r.NeedsEn},
		{Field: "place", Language: "ar", Text: r.PlaceAr}, {Field: "place", Language: "en", Text: r.PlaceEn},
		{Field: "organization", Language: "ar", Text: r.OrganizationAr}, {Field: "organization", Language: "en", Text: r.OrganizationEn},
		{Field: "description", Language: "ar", Text: r.DescriptionAr}, {Field: "description", Language: "en", Text: r.DescriptionEn},
	}
	if r.MatchedName != "" {
		field := "name"
		if r.Alias {
			field = "alternate_name"
		}
		list = []TextFound{{Field: field, Language: r.MatchedLanguage, Text: r.MatchedName}}
	}
	return list
}

// found says where the words of the search stand in the row: in every field that has one, and of a name that is only begun or
// misspelt, what comes nearest.
func (r textRow) found(words []string, concepts []concept) []TextFound {
	wanted := r.wanted(concepts)
	near := func(word string) bool { return alike(word, words) }
	if textMatches[r.Rank] == NamePrefix {
		near = func(word string) bool { return begun(word, words) }
	}
	var found []TextFound
	for _, f := range r.fields() {
		f.Spans = spans(f.Text, func(word string) bool {
			for _, stem := range text.Stems(word) {
				if wanted[stem] {
					return true
				}
			}
			return textMatches[r.Rank] != AllWords && strings.HasSuffix(f.Field, "name") && near(word)
		})
		if len(f.Spans) > 0 {
			found = append(found, f)
		}
	}
	return found
}

// wanted are the stems of every way to say what was searched for that the row fulfils.
func (r textRow) wanted(concepts []concept) map[string]bool {
	var all []string
	for _, f := range r.fields() {
		all = append(all, text.SearchWords(f.Text)...)
	}
	wanted := map[string]bool{}
	for _, c := range concepts {
		for _, alternative := range c {
			if (concept{alternative}).in(all) {
				for _, stem := range alternative {
					wanted[stem] = true
				}
			}
		}
	}
	return wanted
}

// spans are the words of a text of which pick says so, those that touch as one.
func spans(s string, pick func(word string) bool) (list []TextSpan) {
	runes := []rune(s)
	for i := 0; i < len(runes); {
		begin := i
		for i < len(runes) && partOfWord(runes[i]) {
			i++
		}
		if i == begin {
			i++
			continue
		}
		for _, word := range text.Words(string(runes[begin:i])) {
			if pick(word) {
				list = append(list, TextSpan{Start: begin, Length: i - begin})
				break
			}
		}
	}
	return list
}

// partOfWord is for texts as they are written: marks and the tatweel belong to the word that they stand in.
func partOfWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == 0x0640
}

func begun(word string, words []string) bool {
	for _, w := range words {
		if w == word || strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}

// alike reports whether the word resembles one of the words enough to be pointed at, as pg_trgm compares them.
func alike(word string, words []string) bool {
	const enough = 0.3
	for _, w := range words {
		a, b := trigrams(word), trigrams(w)
		common := 0
		for t := range a {
			if b[t] {
				common++
			}
		}
		if float64(common) >= enough*float64(len(a)+len(b)-common) {
			return true
		}
	}
	return false
}

func trigrams(word string) map[string]bool {
	runes := []rune("  " + word + " ")
	set := map[string]bool{}
	for i := 0; i+3 <= len(runes); i++ {
		set[string(runes[i:i+3])] = true
	}
	return set
}
