package sheet

import (
	"strings"

	"tahweel/directory"
	"tahweel/internal/text"
)

// needNames are the codes of the needs by their names in both languages, as names are compared.
var needNames = func() map[string]string {
	names := map[string]string{}
	for _, n := range directory.Needs() {
		if !n.Root() {
			names[text.Normalise(n.Name.AR)], names[text.Normalise(n.Name.EN)] = n.Code, n.Code
		}
	}
	return names
}()

// needMeant is the code of the need that a term means by its code or its name; ok is false if it means none.
func needMeant(code, name string) (need string, ok bool) {
	if n, known := directory.NeedByCode(strings.ToUpper(strings.TrimSpace(code))); known && !n.Root() {
		return n.Code, true
	}
	need, ok = needNames[text.Normalise(name)]
	return need, ok
}
