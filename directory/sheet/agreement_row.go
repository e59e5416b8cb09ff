package sheet

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/policy"
)

// agreementRow is what one row says, resolved to codes and ids. Days are written 2006-01-02.
type agreementRow struct {
	agreementHead
	agreementTerm
	Line int `json:",omitempty"`
}

// agreementHead is what all rows of an agreement say alike.
type agreementHead struct {
	Number                     string
	Organization               uuid.UUID
	Kind                       string // of an instrument
	From, To                   string
	LetterNumber, LetterOn     string
	MinuteNumber, MinuteOn     string
	Status, Reason             string
	Sharing                    string
	RetentionDays, BreachHours int
	Document                   string // its SHA-256
}

// agreementTerm is what each row says for itself: a term of an instrument, a part of the scope of an accreditation.
type agreementTerm struct {
	Needs, Governorates, Groups []string
	Directorates                []uuid.UUID
	MaxTier                     int
	Grants                      policy.Groups
	QuotaOpen, QuotaMonth       int
}

// agreementCells reads the cells of one row and notes what is wrong with them.
type agreementCells struct {
	*agreeing
	at    Place
	form  form
	cells map[string]string
	bad   bool
}

func (c *agreementCells) get(key string) string {
	given, changed := tidy(c.cells[key])
	if changed {
		c.note(c.at, key, "bad_characters")
	}
	return strings.TrimSpace(neutral(given))
}

func (c *agreementCells) wrong(key, code string, args ...any) {
	c.note(c.at, key, code, args...)
	c.bad = true
}

func (c *agreementCells) filled() bool {
	for _, given := range c.cells {
		if strings.TrimSpace(given) != "" {
			return true
		}
	}
	return false
}

// agreementRow takes one row in and puts it to its agreement.
func (a *agreeing) agreementRow(ctx context.Context, f form, row int32, cells map[string]string) error {
	c := &agreementCells{agreeing: a, at: a.rows[row].Place, form: f, cells: cells}
	if !c.filled() {
		a.skip(row, "", "nothing_in_row")
		return nil
	}
	g, further := c.agreement(row)
	if g == nil {
		return nil
	}
	said := agreementRow{agreementHead: c.head(further), agreementTerm: c.term(), Line: c.at.Line}
	if !further {
		g.from = said.From
	}
	if c.bad && g.broken == 0 {
		g.broken = c.at.Line
	}
	if c.bad {
		a.rows[row].outcome = Skipped
	}
	g.rows, a.above = append(g.rows, row), g
	return a.stage.put(ctx, int(row), said)
}

// agreement finds the agreement of a row by its number. A row with neither number nor organization goes on with the one above it, as
// cells that were merged do.
func (c *agreementCells) agreement(row int32) (g *agreement, further bool) {
	column := numberColumn[c.form]
	number := latinDigits(strings.Join(strings.Fields(c.get(column)), " "))
	nameless := c.get("organization_id")+c.get("organization_name_ar")+c.get("organization_name_en")+c.get("registration_number") == ""
	if number == "" && nameless && c.above != nil && c.above.form == c.form {
		c.note(c.at, column, "continues_above")
		return c.above, true
	}
	if number == "" {
		c.above = nil // what follows without a number may go on with this row
		c.skip(row, column, "required")
		return nil, false
	}
	k := strconv.Itoa(int(c.form)) + "\x00" + normal(number)
	if g, further = c.groups[k]; further {
		return g, true
	}
	g = &agreement{form: c.form}
	c.groups[k], c.order = g, append(c.order, g)
	c.cells[column] = number
	return g, false
}

// head reads what the rows of an agreement say alike. A further row may leave it out.
func (c *agreementCells) head(further bool) agreementHead {
	h := agreementHead{
		Number: latinDigits(strings.Join(strings.Fields(c.get(numberColumn[c.form])), " ")), Organization: c.organization(further),
		From: c.day("valid_from", further), To: c.day("valid_to", further),
		LetterNumber: c.paper("letter_number", further), LetterOn: c.day("letter_on", further),
		MinuteNumber: c.paper("minute_number", further), MinuteOn: c.day("minute_on", further),
		Status: c.status(), Reason: c.get("stop_reason"),
	}
	if c.form == formInstrument {
		h.Kind = c.oneOf("memorandum_kind", kindWords)
		h.Sharing = c.oneOf("onward_sharing", sharingWords)
		h.RetentionDays, h.BreachHours = c.whole("retention_days", 36500), c.whole("breach_notice_hours", 72)
		h.Document = c.document()
	}
	if !further {
		c.holds(h)
	}
	return h
}

// holds looks at what means something only together, or only today.
func (c *agreementCells) holds(h agreementHead) {
	today := c.today.Format(time.DateOnly)
	if h.stopped() && h.Reason == "" {
		c.wrong("stop_reason", "required")
	}
	if h.From != "" && h.To != "" && h.From >= h.To {
		c.wrong("valid_to", "ends_before")
	}
	if h.LetterOn > today {
		c.wrong("letter_on", "paper_to_come")
	}
	if h.MinuteOn > today {
		c.wrong("minute_on", "paper_to_come")
	}
	switch {
	case h.Status == "expired" && h.To >= today:
		c.wrong("status", "status_contradicts")
	case h.Status == "in_force" && h.To != "" && h.To < today:
		c.note(c.at, "status", "status_by_days")
	}
}

func (h agreementHead) stopped() bool { return h.Status == "suspended" || h.Status == "ended" }

// disagree lists the columns in which a further row says otherwise than the first.
func (h agreementHead) disagree(further agreementHead) (columns []string) {
	for _, said := range []struct{ column, was, says string }{
		{"organization_name_ar", idText(h.Organization), idText(further.Organization)}, {"valid_from", h.From, further.From}, {"valid_to", h.To, further.To},
		{"letter_number", h.LetterNumber, further.LetterNumber}, {"letter_on", h.LetterOn, further.LetterOn},
		{"minute_number", h.MinuteNumber, further.MinuteNumber}, {"minute_on", h.MinuteOn, further.MinuteOn},
		{"status", h.Status, further.Status}, {"stop_reason", h.Reason, further.Reason}, {"memorandum_kind", h.Kind, further.Kind},
		{"onward_sharing", h.Sharing, further.Sharing}, {"document_sha256", h.Document, further.Document},
		{"retention_days", numberText(h.RetentionDays), numberText(further.RetentionDays)},
		{"breach_notice_hours", numberText(h.BreachHours), numberText(further.BreachHours)},
	} {
		if said.says != "" && said.says != said.was {
			columns = append(columns, said.column)
		}
	}
	return columns
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (c *agreementCells) organization(further bool) uuid.UUID {
	id, authority, number := c.get("organization_id"), c.get("registering_authority"), c.get("registration_number")
	ar, en := c.get("organization_name_ar"), c.get("organization_name_en")
	if further && id+number+ar+en == "" {
		return uuid.Nil
	}
	found, column, code := c.parties.whose(id, authority, number, ar, en)
	switch {
	case found == uuid.Nil:
		c.wrong(column, code)
	case code != "" && !further:
		c.note(c.at, column, code)
	}
	return found
}

func (c *agreementCells) paper(key string, further bool) string {
	given := latinDigits(c.get(key))
	if given == "" && !further {
		c.wrong(key, "required")
	}
	return given
}

func (c *agreementCells) day(key string, further bool) string {
	given := c.get(key)
	if given == "" {
		if !further {
			c.wrong(key, "required")
		}
		return ""
	}
	d, ok := day(given)
	if !ok {
		c.wrong(key, "day_unreadable")
	}
	return d
}

// whole reads a whole number from 1; an empty cell is zero.
func (c *agreementCells) whole(key string, most int) int {
	given := c.get(key)
	if given == "" {
		return 0
	}
	n, ok := whole(given)
	if !ok || n < 1 || n > most {
		c.wrong(key, "number_out_of_range", 1, most)
		return 0
	}
	return n
}

func (c *agreementCells) oneOf(key string, words map[string]string) string {
	given := c.get(key)
	if given == "" {
		return ""
	}
	value, ok := words[normal(strings.ReplaceAll(given, "_", " "))]
	if !ok {
		list := strings.Join(sortedValues(words), ", ")
		c.wrong(key, "value_not_known", list)
	}
	return value
}

func sortedValues(words map[string]string) []string {
	return slices.Compact(slices.Sorted(maps.Values(words)))
}

// status is what the row says of itself; an empty cell leaves it to the days. A word that is not known is an error: it may be a stop.
func (c *agreementCells) status() string {
	return c.oneOf("status", statusWords)
}

func (c *agreementCells) document() string {
	given := strings.ToLower(c.get("document_sha256"))
	if raw, err := hex.DecodeString(given); err != nil || given != "" && len(raw) != 32 {
		c.wrong("document_sha256", "not_a_hash")
		return ""
	}
	return given
}

// term reads what the row says for itself.
func (c *agreementCells) term() (t agreementTerm) {
	t.Needs = c.list("needs", "need_not_known", func(word string) (string, bool) { code, ok := termNeeds[normal(word)]; return code, ok }, allRoots)
	t.Governorates = c.list("governorates", "governorate_not_known", c.country.ruled, c.country.allGovernorates)
	if c.form == formAccreditation {
		if (c.get("needs") == "") != (c.get("governorates") == "") {
			c.wrong("needs", "scope_half")
		}
		return t
	}
	t.Groups = c.list("target_groups", "group_not_known", func(word string) (string, bool) { code, ok := targetGroups[normal(word)]; return code, ok }, nil)
	t.Directorates = c.directorates()
	t.MaxTier = c.whole("max_tier", 3)
	t.Grants = c.grants()
	t.QuotaOpen, t.QuotaMonth = c.whole("quota_open", 1_000_000), c.whole("quota_month", 1_000_000)
	for _, key := range []string{"needs", "governorates", "directorates", "max_tier", "grants"} {
		if c.get(key) == "" {
			c.wrong(key, "required")
		}
	}
	return t
}

// list reads a cell with several values. Each that is not known is reported by its place in the cell, and leaves the row out: without it
// the agreement would be another one.
func (c *agreementCells) list(key, code string, meant func(string) (string, bool), all func() []string) []string {
	out := []string{}
	for i, word := range listOf(c.get(key)) {
		if all != nil && everything(word) {
			return all()
		}
		value, ok := meant(word)
		if !ok {
			c.wrong(key, code, i+1)
			continue
		}
		if !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	slices.Sort(out)
	return out
}

func (c *agreementCells) directorates() []uuid.UUID {
	var out []uuid.UUID
	c.list("directorates", "directorate_not_known", func(word string) (string, bool) {
		id := c.parties.directorates[normal(word)]
		if id != uuid.Nil && !slices.Contains(out, id) {
			out = append(out, id)
		}
		return "", id != uuid.Nil
	}, func() []string { out = slices.Clone(c.parties.all); return nil })
	slices.SortFunc(out, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// grants reads the letters of the sealed groups, with or without something between them, or that nothing is granted.
func (c *agreementCells) grants() policy.Groups {
	given := c.get("grants")
	if given == "" || normal(given) == "none" || normal(given) == normal("لا شيء") {
		return 0
	}
	var list []string
	for _, r := range strings.ToUpper(given) {
		if !strings.ContainsRune(" ,;|،؛+/&\n", r) {
			list = append(list, string(r))
		}
	}
	groups, ok := policy.ParseGroups(list)
	if !ok || groups == 0 || !policy.Groups(policy.Sealed).Has(groups) {
		c.wrong("grants", "groups_not_known")
		return 0
	}
	return groups
}

// The words that people write, as names are compared, and what they mean.
var (
	kindWords = wordsOf(map[string][]string{
		"memorandum": {"mou", "مذكرة", "مذكرة تفاهم"}, "internal_order": {"order", "أمر داخلي"}, "inter_agency_protocol": {"protocol", "بروتوكول"},
		"letter": {"كتاب"},
	})
	sharingWords = wordsOf(map[string][]string{"no": {"لا", "none"}, "on_request": {"عند الطلب"}})
	// ended is terminated of an instrument and revoked of an accreditation.
	statusWords = wordsOf(map[string][]string{
		"in_force":  {"active", "valid", "accredited", "سارية", "ساري", "سارية المفعول", "ساري المفعول", "فعالة", "فعال", "معتمدة", "معتمد"},
		"expired":   {"ended by date", "منتهية", "منتهي", "انتهت"},
		"suspended": {"موقوفة", "موقوف", "موقوفة مؤقتا", "معلقة", "معلق"},
		"ended":     {"terminated", "revoked", "cancelled", "ملغاة", "ملغى", "ملغي", "منهاة", "مفسوخة", "مسحوب", "مسحوبة"},
	})
)

func wordsOf(values map[string][]string) map[string]string {
	out := map[string]string{}
	for value, words := range values {
		for _, w := range append(words, strings.ReplaceAll(value, "_", " ")) {
			out[normal(w)] = value
		}
	}
	return out
}
