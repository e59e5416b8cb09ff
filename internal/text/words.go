package text

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestWord is how many letters of a word count: an index entry has an end.
const longestWord = 60

// silentWords stand in nearly every text and tell nothing apart.
var silentWords = map[string]bool{
	"في": true, "من": true, "الي": true, "عن": true, "مع": true, "او": true, "و": true,
	"al": true, "the": true, "of": true, "and": true, "for": true, "in": true, "at": true, "to": true, "a": true,
}

var (
	arabicPrefix = regexp.MustCompile(`^(?:(?:بال|كال|فال)(.{4,})|(?:ال|لل)(.{3,}))$`)
	arabicSuffix = regexp.MustCompile(`^(.{3,}?)(?:ها|ان|ات|ون|ين|يه|ه|ي)+$`)
	englishIes   = regexp.MustCompile(`^([a-z]{2,})ies$`)
	englishEs    = regexp.MustCompile(`^([a-z]{2,}(?:ss|x|z|ch|sh))es$`)
	englishS     = regexp.MustCompile(`^([a-z]{2,}[a-hj-rtv-z])s$`)
	joined       = regexp.MustCompile(`^و.{3,}$`)
)

// IsWordRune reports whether the letter, in a normalised text, is part of a word; what is not stands between words.
func IsWordRune(r rune) bool {
	switch {
	case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 0x00DF && r <= 0x024F, r >= 0x0300 && r <= 0x04FF, r >= 0x05D0 && r <= 0x05EA,
		r >= 0x0620 && r <= 0x063A, r >= 0x0641 && r <= 0x064A, r >= 0x066E && r <= 0x06D3, r == 0x06D5, r >= 0x06EE && r <= 0x06FF:
		return true
	}
	return false
}

// Stem reduces one normalised word to what its forms have in common, lightly: the Arabic article with what is written together
// with it and the regular endings, the English plural. Broken plurals and other words for the same are not its business, but that
// of the table of synonyms. At least three letters stay.
func Stem(word string) string {
	if utf8.RuneCountInString(word) > longestWord {
		word = string([]rune(word)[:longestWord])
	}
	switch {
	case englishIes.MatchString(word):
		return englishIes.ReplaceAllString(word, "${1}y")
	case englishEs.MatchString(word):
		return englishEs.ReplaceAllString(word, "$1")
	case englishS.MatchString(word):
		return englishS.ReplaceAllString(word, "$1")
	}
	return arabicSuffix.ReplaceAllString(arabicPrefix.ReplaceAllString(word, "$1$2"), "$1")
}

// Stems returns the stems of one normalised word: one, or none of a word that tells nothing, or two of a word before which an
// Arabic "and" may be written, because nobody can know without a dictionary.
func Stems(word string) []string {
	switch {
	case word == "", silentWords[word]:
		return nil
	case joined.MatchString(word):
		return []string{Stem(word), Stem(strings.TrimPrefix(word, "و"))}
	}
	return []string{Stem(word)}
}

// Words splits a text into its normalised words, in their order.
func Words(s string) []string {
	return strings.FieldsFunc(Normalise(s), func(r rune) bool { return !IsWordRune(r) })
}

// SearchWords returns the stems of every word of a text, each once, in the order of their code points: what a text is found by. The
// SQL function tahweel_search_words gives the same, and a test holds the two together.
func SearchWords(s string) []string {
	stems := []string{}
	for _, word := range Words(s) {
		stems = append(stems, Stems(word)...)
	}
	slices.Sort(stems)
	return slices.Compact(stems)
}
