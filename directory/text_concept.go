package directory

import (
	"slices"

	"tahweel/internal/text"
)

// concept is one thing that was searched for, in all the ways to say it: it is found where all stems of one of them are.
type concept [][]string

// synonyms are the phrases that stand for one another, each as the stems of its words in their order; a word has several if it can be
// read in several ways.
type synonyms [][][]string

// phraseOf splits a phrase into the stems of each word that tells something.
func phraseOf(s string) (phrase [][]string) {
	for _, word := range text.Words(s) {
		if stems := text.Stems(word); len(stems) > 0 {
			phrase = append(phrase, stems)
		}
	}
	return phrase
}

// conceptsOf reads a search: the longest phrase that the sets know becomes one concept, and every other word one of its own.
func conceptsOf(search string, sets []synonyms) []concept {
	var concepts []concept
	for rest := phraseOf(search); len(rest) > 0; {
		length, c := 1, concept{}
		for _, stem := range rest[0] {
			c = append(c, []string{stem})
		}
		for _, set := range sets {
			said := set.spokenBy(rest)
			if said > length { // a longer phrase means something else than its first word
				length, c = said, concept{}
			}
			if said > 0 && said == length {
				c = append(c, set.alternatives()...)
			}
		}
		concepts, rest = append(concepts, c.sorted()), rest[length:]
	}
	return concepts
}

// spokenBy returns how many words of the search, from its beginning, are a phrase of the set: those of the longest, or 0.
func (s synonyms) spokenBy(search [][]string) int {
	longest := 0
	for _, phrase := range s {
		if len(phrase) <= longest || len(phrase) > len(search) {
			continue
		}
		same := true
		for i, word := range phrase {
			same = same && slices.ContainsFunc(word, func(stem string) bool { return slices.Contains(search[i], stem) })
		}
		if same {
			longest = len(phrase)
		}
	}
	return longest
}

// alternatives are the phrases of the set, each by the first stem of its words.
func (s synonyms) alternatives() concept {
	c := make(concept, 0, len(s))
	for _, phrase := range s {
		stems := make([]string, 0, len(phrase))
		for _, word := range phrase {
			stems = append(stems, word[0])
		}
		c = append(c, stems)
	}
	return c
}

func (c concept) sorted() concept {
	for _, stems := range c {
		slices.Sort(stems)
	}
	slices.SortFunc(c, slices.Compare)
	return slices.CompactFunc(c, slices.Equal)
}

// in reports whether the concept is among the stems.
func (c concept) in(stems []string) bool {
	return slices.ContainsFunc(c, func(alternative []string) bool {
		return !slices.ContainsFunc(alternative, func(stem string) bool { return !slices.Contains(stems, stem) })
	})
}
