package text

import "regexp"

// formula begins with what makes a spreadsheet compute a cell, in ASCII or full width, after what it overlooks: white space of any kind and
// marks that nobody sees.
var formula = regexp.MustCompile(`^[\s\v\p{Z}\p{Cf}]*[=+@＝＋－＠-]|^[\t\r\n]`)

// Formula reports whether a spreadsheet may take the text of a cell for a formula, which may send away what stands beside it. A number with
// its sign looks like one too.
func Formula(cell string) bool { return formula.MatchString(cell) }
