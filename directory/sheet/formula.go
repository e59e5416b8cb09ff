package sheet

import (
	"strings"

	"tahweel/internal/text"
)

// harmless is a text that no spreadsheet takes for a formula: an apostrophe before it says that it is text. A text that begins with an
// apostrophe gets another, so that neutral gives exactly what there was.
func harmless(s string) string {
	if strings.HasPrefix(s, "'") || text.Formula(s) {
		return "'" + s
	}
	return s
}

// neutral takes away what harmless put there.
func neutral(s string) string {
	if rest, marked := strings.CutPrefix(s, "'"); marked && (strings.HasPrefix(rest, "'") || text.Formula(rest)) {
		return rest
	}
	return s
}
