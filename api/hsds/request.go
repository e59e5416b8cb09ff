package hsds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
)

// request is one request while it is being answered.
type request struct {
	w      http.ResponseWriter
	r      *http.Request
	id     string
	begun  time.Time
	cause  error // of a refusal, for the log
	values url.Values
	faults fault.List // of the parameters, all of them

	operation string // for the log; empty: there is none
	code      string // of the problem, if the answer is one
	streaming bool   // the answer has begun, line by line
}

type requestKey struct{}

func requestOf(r *http.Request) *request { return r.Context().Value(requestKey{}).(*request) }

// read takes the parameters from the query and, of a POST, from a form too. A parameter given several times counts once.
func (q *request) read() error {
	if err := q.r.ParseForm(); err != nil {
		return errBadQuery
	}
	q.values = q.r.Form
	for name, values := range q.values {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
				return errBadQuery
			}
		}
	}
	if media, _, err := mime.ParseMediaType(q.r.Header.Get("Content-Type")); q.r.Method == http.MethodPost && err == nil && media == "application/json" {
		return q.readJSON()
	}
	return nil
}

// readJSON takes parameters from an object, for who posts one; the query goes before it.
func (q *request) readJSON() error {
	var body map[string]any
	decoder := json.NewDecoder(q.r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return errBadBody
	}
	for name, value := range body {
		switch v := value.(type) {
		case string:
			if strings.Contains(v, "\x00") {
				return errBadBody
			}
			q.values[name] = append(q.values[name], v)
		case json.Number:
			q.values[name] = append(q.values[name], v.String())
		case bool:
			q.values[name] = append(q.values[name], strconv.FormatBool(v))
		}
	}
	return nil
}

// text returns a parameter; empty is as good as absent.
func (q *request) text(name string) string {
	const longest = 200
	text := strings.TrimSpace(q.values.Get(name))
	if utf8.RuneCountInString(text) > longest {
		q.faults.Add("?"+name, "At most 200 characters.", "200 حرف على الأكثر.")
		return ""
	}
	return text
}

func (q *request) flag(name string) bool {
	text := q.text(name)
	on, err := strconv.ParseBool(text)
	if text != "" && err != nil {
		q.faults.Add("?"+name, "Must be true or false.", "يجب أن تكون true أو false.")
	}
	return on
}

func (q *request) number(name string, least, most float64) *float64 {
	text := q.text(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= least && n <= most) { // NaN fails every comparison
		q.faults.Add("?"+name, "Must be a number between "+short(least)+" and "+short(most)+".",
			"يجب أن يكون رقمًا بين "+short(least)+" و"+short(most)+".")
		return nil
	}
	return &n
}

func short(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// uuid returns an id. What is none can be the id of nothing, which is what a list then has.
func (q *request) uuid(name string) uuid.UUID {
	text := q.text(name)
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		q.faults.Add("?"+name, "Must be an id: a UUID.", "يجب أن يكون معرّفًا من نوع UUID.")
	}
	return id
}

// term returns the id of a term, which may be given as the code of a need.
func (q *request) term(name string) uuid.UUID {
	if need, ok := directory.NeedByCode(q.text(name)); ok {
		return need.ID
	}
	return q.uuid(name)
}

// instant reads a date and time; without an offset it is in UTC, without a time the beginning of the day.
func (q *request) instant(name string) *time.Time {
	text := q.text(name)
	if text == "" {
		return nil
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		// A plus sign that was not escaped has become a space.
		if t, err := time.Parse(form, text); err == nil {
			return &t
		}
		if t, err := time.Parse(form, strings.Replace(text, " ", "+", 1)); err == nil {
			return &t
		}
	}
	q.faults.Add("?"+name, "Must be a date, or a date and time, such as 2026-05-31T08:00:00Z.",
		"يجب أن يكون تاريخًا، أو تاريخًا ووقتًا، مثل 2026-05-31T08:00:00Z.")
	return nil
}

// page is what part of a list is asked for.
type page struct {
	number, size int
	stream       bool // all of it, one a line
}

const (
	usualSize   = 50
	largestSize = 500
	// farthest keeps the number of things before a page within what a database can count.
	farthest = 1_000_000_000
)

// page reads which page is asked for, of at most so many things.
func (q *request) page(usual, largest int) page {
	p := page{number: 1, size: usual}
	if n := q.number("page", 1, farthest); n != nil {
		p.number = int(*n)
	}
	for _, name := range []string{"per_page", "perPage"} {
		if n := q.number(name, 1, farthest); n != nil {
			p.size = min(int(*n), largest)
			break
		}
	}
	switch format := q.text("format"); strings.ToLower(format) {
	case "", "json":
	case "ndjson":
		p.stream = true
	default:
		q.faults.Add("?format", "Must be json or ndjson.", "يجب أن تكون json أو ndjson.")
	}
	return p
}

func (p page) offset() int { return min((p.number-1)*p.size, farthest) }

// query reads what lists of services, organizations and services at locations are narrowed by.
func (q *request) query() directory.PublicQuery {
	query := directory.PublicQuery{
		Search: q.text("search"), TermID: q.term("taxonomy_term_id"), TaxonomyID: q.uuid("taxonomy_id"), OrganizationID: q.uuid("organization_id"),
		ModifiedAfter: q.instant("modified_after"),
	}
	if query.Search == "" {
		query.Search = q.text("text")
	}
	lat, lon, radius := q.number("latitude", -90, 90), q.number("longitude", -180, 180), q.number("radius", 1, largestRadius)
	if (lat == nil) != (lon == nil) {
		q.faults.Add("?latitude", "Latitude and longitude go together.", "خط العرض وخط الطول معًا.")
	}
	if lat == nil || lon == nil {
		return query
	}
	if point, err := geo.NewPoint(*lat, *lon); err == nil {
		query.Near, query.RadiusMeters = &point, largestRadius
	}
	if radius != nil {
		query.RadiusMeters = *radius
	}
	return query
}

// largestRadius is farther than the country is long, in metres.
const largestRadius = 1_000_000

// language is that of the texts on top: what the parameter lang says, else what the reader's software prefers, else Arabic.
func (q *request) language() string {
	if lang := q.values.Get("lang"); lang == "en" || lang == "ar" {
		return lang
	}
	if preferred(q.r.Header.Get("Accept-Language")) == language.English {
		return "en"
	}
	return "ar"
}

// preferred returns English or Arabic, whichever comes first, or neither.
func preferred(accept string) language.Tag {
	const longest = 256 // a header that is longer names no language a person reads
	if len(accept) > longest {
		return language.Und
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return language.Und
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "en":
			return language.English
		case "ar":
			return language.Arabic
		}
	}
	return language.Und
}

// checkLanguage refuses a language that is not here.
func (q *request) checkLanguage() {
	if lang := q.values.Get("lang"); lang != "" && lang != "ar" && lang != "en" {
		q.faults.Add("?lang", "Must be ar or en.", "يجب أن تكون ar أو en.")
	}
}

// wrong returns every fault of the parameters at once, or nil.
func (q *request) wrong() error {
	q.checkLanguage()
	var f *fault.Error
	if err := q.faults.Err(); errors.As(err, &f) {
		return &fault.Error{Kind: fault.Invalid, Code: "invalid_parameter", Detail: errBadParameter.Detail, Fields: f.Fields}
	}
	return nil
}

// freshness lets the answer be kept for a minute; it may be old by that, and asked for again at any time.
const freshness = "public, max-age=60"

// write answers with the document, or with 304 if the reader has it.
func (q *request) write(document any) {
	body, err := encode(document)
	if err != nil {
		q.refuse(err)
		return
	}
	header := q.w.Header()
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	header.Set("ETag", tag)
	header.Set("Cache-Control", freshness)
	header.Set("Content-Language", q.language())
	if q.r.Method != http.MethodPost && has(q.r.Header.Get("If-None-Match"), tag) {
		q.w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	q.w.WriteHeader(http.StatusOK)
	if q.r.Method != http.MethodHead {
		_, _ = q.w.Write(body) // there is nobody left to tell
	}
}

func encode(document any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(document)
	return body.Bytes(), err
}

// has compares weakly, as If-None-Match asks for (RFC 9110, section 13.1.2).
func has(ifNoneMatch, tag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}
