package sheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// tidy is the text without what PostgreSQL or XML cannot hold and without white space around it. changed says that characters were
// taken out.
func tidy(s string) (text string, changed bool) {
	text, changed = storable(s)
	return strings.TrimSpace(text), changed
}

// storable is the text without what PostgreSQL or XML cannot hold.
func storable(s string) (text string, changed bool) {
	text = strings.Map(func(r rune) rune {
		if r == 0 || r == unicode.ReplacementChar || r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			changed = true
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return text, changed
}

// latinDigits writes Arabic-Indic and Persian digits, and the Arabic decimal separator, as ASCII.
func latinDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r == '٫':
			return '.'
		case r == '٬', r == 0x200E, r == 0x200F, r == 0x061C:
			return -1
		case r == 0x2212:
			return '-'
		}
		return r
	}, s)
}

// The shapes of a number with separators. Groups are of three digits and do not begin with a zero.
var (
	groupedForm  = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$`)                 // 1,500 and 1,500.5
	europeanForm = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}((\.[0-9]{3})+,[0-9]+|(\.[0-9]{3}){2,})$`) // 1.500,5 and 1.500.000
	commaForm    = regexp.MustCompile(`^[+-]?[0-9]+,[0-9]+$`)                                          // 1,5
)

// number reads a number in either digits. A comma before exactly three digits groups them, and else is a decimal point; a point alone is a
// decimal point; the Arabic separators are what they are. What has none of these shapes is no number: nothing is guessed.
func number(s string) (float64, bool) {
	arabic := strings.ContainsAny(s, "٬٫")
	s = strings.ReplaceAll(s, "٬", ",")
	s = strings.TrimSpace(latinDigits(s))
	switch {
	case groupedForm.MatchString(s):
		s = strings.ReplaceAll(s, ",", "")
	case arabic && strings.Contains(s, ","):
		return 0, false
	case europeanForm.MatchString(s):
		s = strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	case commaForm.MatchString(s):
		s = strings.Replace(s, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// degree reads a latitude or longitude, of which a comma never groups anything.
func degree(s string) (float64, bool) {
	if s = strings.TrimSpace(latinDigits(s)); commaForm.MatchString(s) {
		s = strings.Replace(s, ",", ".", 1)
	}
	return number(s)
}

// whole reads a whole number; 12.0, as Excel writes it, is one.
func whole(s string) (int, bool) {
	n, ok := number(s)
	if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<31 {
		return 0, false
	}
	return int(n), true
}

var (
	yes = []string{"yes", "y", "true", "1", "x", "نعم", "اجل", "صح"}
	no  = []string{"no", "n", "false", "0", "-", "لا", "كلا", "خطا", "خطأ"}
)

func yesOrNo(s string) (value, ok bool) {
	s = strings.ToLower(strings.TrimSpace(latinDigits(s)))
	for _, word := range yes {
		if s == word {
			return true, true
		}
	}
	for _, word := range no {
		if s == word {
			return false, true
		}
	}
	return false, false
}

// dayLayouts are the ways in which dates are written here; the day comes before the month.
var dayLayouts = []string{
	"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "2/1/2006", "2-1-2006", "2.1.2006", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05", "20060102", "2 January 2006", "2 Jan 2006", "January 2, 2006", "Jan 2, 2006",
}

// day reads a date and writes it as 2006-01-02. A bare number is a day of Excel's calendar.
func day(s string) (string, bool) {
	s = strings.TrimSpace(latinDigits(s))
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 1900 || t.Year() > 2200 {
				return "", false
			}
			return t.Format(time.DateOnly), true
		}
	}
	if n, ok := number(s); ok && n > 10000 && n < 100000 {
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)).Format(time.DateOnly), true
	}
	return "", false
}

var clockForm = regexp.MustCompile(`^([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2})(?:\.[0-9]+)?)?\s*(am|pm|ص|م|صباحا|مساء)?(Z|[+-][0-9]{2}:?[0-9]{2})?$`)

// clock reads a time of day. What is written as HSDS has it stays as it is.
func clock(s string) (string, bool) {
	s = strings.TrimSpace(latinDigits(s))
	m := clockForm.FindStringSubmatch(strings.Replace(strings.Replace(s, "AM", "am", 1), "PM", "pm", 1))
	if m == nil {
		if n, ok := number(s); ok && n > 0 && n < 1 { // Excel's fraction of a day
			minutes := int(math.Round(n * 24 * 60))
			return clockText(minutes/60, minutes%60), true
		}
		return "", false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi(m[3])
	if hour > 24 || minute > 59 || second > 59 || m[2] == "" && m[4] == "" {
		return "", false
	}
	if m[4] == "" && len(m[1]) == 2 {
		return s, true
	}
	switch m[4] {
	case "pm", "م", "مساء":
		if hour < 12 {
			hour += 12
		}
	case "am", "ص", "صباحا":
		hour %= 12
	}
	return clockText(hour, minute) + m[5], true
}

func clockText(hour, minute int) string {
	text := time.Date(2000, 1, 1, hour, minute, 0, 0, time.UTC).Format("15:04")
	return text
}

// listOf takes a cell with several values apart: they stand between commas, semicolons, bars or lines.
func listOf(s string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' || r == '\n' || r == '،' || r == '؛' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// moment reads an instant. One of RFC 3339 stays as it is written; a bare date is its first moment.
func moment(s string) (any, string) {
	s = latinDigits(s)
	if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return s, ""
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.RFC3339), ""
		}
	}
	if d, ok := day(s); ok {
		return d + "T00:00:00Z", ""
	}
	return nil, "not_a_date"
}
