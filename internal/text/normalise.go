// Package text holds what the whole system needs to know about writing in Arabic and Latin letters.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalise reduces a name to the form in which names are compared, so that the spellings people really type for one name
// become one string: أريحا and اريحا, قطنة and قطنه, Beit-Hanun and beit hanun, Qabalān ٢ and Qabalān 2.
//
// It applies Unicode NFKC; drops the Arabic marks U+064B–U+065F and U+0670, the tatweel U+0640, apostrophes with their
// transliteration cousins (ʿ ʾ ’) and invisible direction marks; writes أ إ آ ٱ as ا, ى and ی as ي, ک as ك, ة as ه; writes
// Arabic-Indic and Persian digits in ASCII; lowers case; turns hyphens and every white space into one space between words.
//
// The result is for comparing and searching, never for showing. The SQL function tahweel_normalise gives the same result, and
// a test holds the two together.
func Normalise(s string) string {
	s = norm.NFKC.String(strings.Map(withoutSilent, s))
	return strings.Join(strings.FieldsFunc(strings.Map(fold, s), isSpace), " ")
}

func isSpace(r rune) bool { return r == ' ' }

// withoutSilent drops what has no sound: it runs before NFKC, which would turn U+00B4 into a space, and again after it, which
// brings out the marks inside ligatures.
func withoutSilent(r rune) rune {
	switch {
	case r >= 0x064B && r <= 0x065F, r == 0x0670, r == 0x0640: // Arabic marks, superscript alef, tatweel
		return -1
	case r == '\'', r == '`', r == 0x00B4, r == 0x02B9, r >= 0x02BB && r <= 0x02BF, // apostrophes, ʿ and ʾ
		r == 0x2018, r == 0x2019, r == 0x201B, r == 0x2032:
		return -1
	case r == 0x00AD, r == 0x061C, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, // invisible
		r == 0x2060, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return -1
	}
	return r
}

// fold maps one rune to the one it is compared as, or drops it.
func fold(r rune) rune {
	switch {
	case withoutSilent(r) < 0:
		return -1
	case r == 'أ', r == 'إ', r == 'آ', r == 'ٱ':
		return 'ا'
	case r == 'ى', r == 'ی': // the second is the Persian keyboard's
		return 'ي'
	case r == 'ک':
		return 'ك'
	case r == 'ة':
		return 'ه'
	case r >= '٠' && r <= '٩':
		return '0' + r - '٠'
	case r >= '۰' && r <= '۹':
		return '0' + r - '۰'
	case r == '-', r >= 0x2010 && r <= 0x2015, r == 0x2212: // hyphens, dashes, minus
		return ' '
	case r >= '\t' && r <= '\r', r == 0x0085, r == 0x1680, r == 0x2028, r == 0x2029: // what NFKC leaves of white space
		return ' '
	}
	return unicode.ToLower(r)
}
