package ogc

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tahweel/directory/atlas"
	"tahweel/internal/fault"
)

var (
	errQuery = fault.New(fault.Invalid, "malformed_parameters",
		"The query string cannot be read: a name given twice, or characters that are not UTF-8.",
		"تعذّرت قراءة معاملات الاستعلام: اسم مكرر، أو محارف غير مقبولة.")
	errParameter = fault.New(fault.Invalid, "invalid_parameter",
		"A parameter is unknown here, or its value is out of range.", "أحد المعاملات غير معروف هنا، أو قيمته خارج الحدود.")
)

// query reads the query string. A parameter that is not among the known ones is refused (Core, /req/core/query-param-unknown), and so is
// one that is given twice or has no format that there is. Empty values count as not given.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errQuery
	}
	for name, given := range values {
		if len(given) > 1 || !utf8.ValidString(given[0]) || strings.Contains(given[0], "\x00") {
			return nil, errQuery
		}
		if name != "f" && !slices.Contains(known, name) {
			return nil, errParameter.At("?", "There is no parameter of this name here.", "لا يوجد هنا معامل بهذا الاسم.")
		}
	}
	if f := values.Get("f"); f != "" && f != "json" {
		return nil, errParameter.At("?f", "The format is json.", "الصيغة هي json.")
	}
	return values, nil
}

// windowOf reads what every list of features takes.
func windowOf(values url.Values) (w atlas.Window, err error) {
	if text := values.Get("limit"); text != "" {
		w.Limit, err = strconv.Atoi(text)
		if err != nil || w.Limit < 1 {
			return w, errParameter.At("?limit", "A whole number from 1 to 10000.", "عدد صحيح من 1 إلى 10000.")
		}
	}
	if text := values.Get("bbox"); text != "" {
		if w.Box, err = boxOf(text); err != nil {
			return w, err
		}
	}
	if err := checkDatetime(values.Get("datetime")); err != nil {
		return w, err
	}
	w.After = values.Get("cursor")
	return w, nil
}

// boxOf reads four numbers, or six of which the heights do not matter: everything here is on the ground.
func boxOf(text string) (*atlas.Box, error) {
	wrong := errParameter.At("?bbox", "Four numbers, or six with heights: west, south, east, north.", "أربعة أعداد، أو ستة مع الارتفاع: غرب، جنوب، شرق، شمال.")
	parts := strings.Split(text, ",")
	numbers := make([]float64, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, wrong
		}
		numbers[i] = n
	}
	switch len(numbers) {
	case 4:
	case 6:
		numbers = []float64{numbers[0], numbers[1], numbers[3], numbers[4]}
	default:
		return nil, wrong
	}
	box, err := atlas.NewBox(numbers[0], numbers[1], numbers[2], numbers[3])
	if err != nil {
		return nil, err
	}
	return &box, nil
}

// checkDatetime refuses what is no instant and no interval. What is here has no time of its own, so that every time matches it (Core,
// /req/core/fc-time-response).
func checkDatetime(text string) error {
	if text == "" {
		return nil
	}
	from, to, interval := strings.Cut(text, "/")
	if !interval {
		to = from
	}
	start, okFrom := instant(from, interval)
	end, okTo := instant(to, interval)
	if !okFrom || !okTo || !start.IsZero() && !end.IsZero() && end.Before(start) {
		return errParameter.At("?datetime", "An instant, or an interval such as 2026-01-01T00:00:00Z/.. .", "لحظة، أو فترة مثل 2026-01-01T00:00:00Z/.. .")
	}
	return nil
}

func instant(text string, open bool) (time.Time, bool) {
	if open && (text == "" || text == "..") {
		return time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
