package directory

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"tahweel/internal/fault"
	"tahweel/internal/text"
)

// checker gathers the faults of details. What came with an import and stands there still is not a fault of whoever changes something
// else: known are the texts that were there.
type checker struct {
	faults *fault.List
	known  map[string]bool
	now    time.Time // what was said later than now cannot have been; the zero time does not ask
}

// holds adds a fault unless the value is empty, known or fits.
func (c checker) holds(at, value string, fits func(string) bool, en, ar string) {
	if value != "" && !c.known[value] && !fits(value) {
		c.faults.Add(at, en, ar)
	}
}

func (c checker) required(at, value string) {
	if strings.TrimSpace(value) == "" {
		c.faults.Add(at, "Is required.", "مطلوب.")
	}
}

// said asks for a text in one of the languages.
func (c checker) said(at string, n Name) {
	if strings.TrimSpace(n.AR+n.EN) == "" {
		c.faults.Add(at, "A text in Arabic or English is required.", "النص مطلوب بالعربية أو الإنجليزية.")
	}
}

func (c checker) within(at string, value *int, least, most int) {
	if value != nil && (*value < least || *value > most) {
		span := strconv.Itoa(least) + " – " + strconv.Itoa(most)
		c.faults.Add(at, "Must be within "+span+".", "يجب أن يكون ضمن المجال "+span+".")
	}
}

func (c checker) amount(at string, value *float64) {
	if value != nil && *value < 0 {
		c.faults.Add(at, "Must not be negative.", "يجب ألا يكون سالبًا.")
	}
}

func (c checker) past(at string, instant *time.Time) {
	if instant != nil && !c.now.IsZero() && instant.After(c.now) {
		c.faults.Add(at, "Must not be in the future.", "يجب ألا يكون في المستقبل.")
	}
}

func (c checker) ordered(at, first, last string) {
	if isDay(first) && isDay(last) && last < first {
		c.faults.Add(at, "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
}

func (c checker) day(at, value string) {
	c.holds(at, value, isDay, "Must be a date, such as 2026-05-31.", "يجب أن يكون تاريخًا، مثل 2026-05-31.")
}

func (c checker) hour(at, value string) {
	c.holds(at, value, hourForm.MatchString, "Must be a time of day, such as 08:30.", "يجب أن يكون وقتًا من اليوم، مثل 08:30.")
}

func (c checker) email(at, value string) {
	c.holds(at, value, IsEmail, "Must be an e-mail address.", "يجب أن يكون عنوان بريد إلكتروني.")
}

func (c checker) web(at, value string) {
	c.holds(at, value, IsWeb, "Must be an address that begins with http:// or https://.", "يجب أن يكون عنوانًا يبدأ بـ http:// أو https://.")
}

func (c checker) oneOf(at, value string, known ...string) {
	list := strings.Join(known, ", ")
	c.holds(at, value, func(v string) bool { return slices.Contains(known, v) },
		"Must be one of: "+list+".", "يجب أن تكون القيمة إحدى: "+list+".")
}

// numbers asks for a list of whole numbers from least to most, or as far below zero, as RFC 5545 counts from the end.
func (c checker) numbers(at, value string, least, most int) {
	c.holds(at, value, func(v string) bool {
		for part := range strings.SplitSeq(v, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if n < 0 {
				n = -n
			}
			if err != nil || n < least || n > most {
				return false
			}
		}
		return true
	}, "Must be numbers from 1 to "+strconv.Itoa(most)+" with commas between them, negative ones counted from the end.",
		"يجب أن تكون أرقامًا من 1 إلى "+strconv.Itoa(most)+" تفصل بينها فواصل، والسالب منها يُحسب من النهاية.")
}

// checked is a part of the details that knows its rules.
type checked interface{ check(c checker, at string) }

// each looks at every part of a list, and that no id is given twice.
func each[T checked](c checker, at string, list []T) {
	seen := map[uuid.UUID]bool{}
	for i, part := range list {
		here := at + "/" + strconv.Itoa(i)
		if id := idOf(part); id != uuid.Nil {
			if seen[id] {
				c.faults.Add(here+"/id", "Is given twice.", "مكرر.")
			}
			seen[id] = true
		}
		part.check(c, here)
	}
}

var (
	hourForm  = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	byDayForm = regexp.MustCompile(`^([+-]?[1-5]?[0-9]?(MO|TU|WE|TH|FR|SA|SU))(,([+-]?[1-5]?[0-9]?(MO|TU|WE|TH|FR|SA|SU)))*$`)
)

func isDay(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}

// IsEmail reports whether the text is a bare e-mail address.
func IsEmail(v string) bool {
	a, err := mail.ParseAddress(v)
	return err == nil && a.Address == v && a.Name == "" && strings.Contains(v[strings.LastIndex(v, "@"):], ".")
}

// IsWeb reports whether the text is an address on the web that begins with http:// or https://.
func IsWeb(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// isLanguage reports whether the value is a known language of ISO 639, by its two or three letters, with a region at most.
func isLanguage(v string) bool {
	tag, err := language.Parse(v)
	return err == nil && tag != language.Und
}

func isCurrency(v string) bool {
	_, err := currency.ParseISO(v)
	return err == nil && v == strings.ToUpper(v)
}

func isCountry(v string) bool {
	r, err := language.ParseRegion(v)
	return err == nil && len(v) == 2 && v == strings.ToUpper(v) && r.IsCountry()
}

// dialled returns the number in E.164, if it can be one; a number without its country is one of Palestine. Arabic digits are read.
func dialled(number string) (string, bool) {
	parsed, err := phonenumbers.Parse(text.Normalise(number), "PS")
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}
