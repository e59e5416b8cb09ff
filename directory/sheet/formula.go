package sheet

import "strings"

// A cell that begins so is a formula to a spreadsheet, and may send away what stands beside it.
const formulaStarts = "=+-@\t\r"

// harmless is a text that no spreadsheet takes for a formula: an apostrophe before it says that it is text. A text that begins with an
// apostrophe before such a character gets another, so that neutral gives exactly what there was.
func harmless(s string) string {
	if s != "" && (strings.ContainsRune(formulaStarts, rune(s[0])) || strings.HasPrefix(s, "'")) {
		return "'" + s
	}
	return s
}

// neutral takes away what harmless put there.
func neutral(s string) string {
	if rest, marked := strings.CutPrefix(s, "'"); marked && rest != "" && (strings.ContainsRune(formulaStarts, rune(rest[0])) || rest[0] == '\'') {
		return rest
	}
	return s
}
