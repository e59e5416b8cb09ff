package directory

import (
	"slices"
	"time"

	"tahweel/internal/fault"
)

// Answer is what is known of one fact of a household.
type Answer string

// The answers; empty is UnknownAnswer.
const (
	Yes           Answer = "yes"
	No            Answer = "no"
	UnknownAnswer Answer = "unknown"
)

// Household is what is known of the household that services may ask for (referrals.md, field group B). Only what is known to be
// otherwise than a service asks leaves the service out; what is not known is said to be checked.
type Household struct {
	SocialRegistry Answer // registered in the national social registry
	DisabilityCard Answer
	Refugee        Answer
	PovertyBand    string // one of PovertyBands; empty or unknown: not known
}

// PovertyBands are the bands, the poorest first; a source's own scores never come here.
var PovertyBands = []string{"extreme", "poor", "near_poor", "not_poor"}

// IdentityDocuments are the documents that a household may show, and none.
var IdentityDocuments = []string{"palestinian", "jerusalem", "unrwa", "passport", "none"}

// Wishes leave out every service that is not known to have what is wished; empty wishes nothing.
type Wishes struct {
	// OpenOn is a day of the week (MO … SU: what is regularly open, on the next such day) or a date (2006-01-02: what is open on that
	// very day, which is no national holiday and none of the provider's closures).
	OpenOn        string
	Language      string   // ISO 639, in which the service or its location serves; Arabic where neither says anything
	Accessibility []string // of AccessibilityFeatures, all of them
	DeliveryMode  DeliveryMode
	Accepting     bool // only what said within AcceptingDays that it has places or a waiting list
	FemaleWorker  bool
	Transport     bool
}

// weekdays are the days as RFC 5545 writes them, in the order of their bits in provider_search.open_days.
var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

func (h Household) validate(l *fault.List) {
	for pointer, a := range map[string]Answer{"?social_registry": h.SocialRegistry, "?disability_card": h.DisabilityCard, "?refugee": h.Refugee} {
		oneOf(l, pointer, a, "", Yes, No, UnknownAnswer)
	}
	oneOf(l, "?poverty_band", h.PovertyBand, append([]string{"", string(UnknownAnswer)}, PovertyBands...)...)
}

func (w Wishes) validate(l *fault.List) {
	if _, ok := w.day(time.Time{}); w.OpenOn != "" && !ok {
		l.Add("?open_on", "Must be MO, TU, WE, TH, FR, SA, SU or a date such as 2026-03-15.", "يجب أن يكون يومًا (MO أو TU أو WE أو TH أو FR أو SA أو SU) أو تاريخًا مثل 2026-03-15.")
	}
	if w.Language != "" && !isLanguage(w.Language) {
		l.Add("?language", "Must be a code of ISO 639, such as ar.", "يجب أن يكون رمز لغة حسب ISO 639، مثل ar.")
	}
	eachOneOf(l, "?accessibility", w.Accessibility, AccessibilityFeatures...)
	oneOf(l, "?delivery_mode", w.DeliveryMode, append([]DeliveryMode{""}, deliveryModes...)...)
}

// day returns the day that OpenOn means, from today on for a day of the week.
func (w Wishes) day(today time.Time) (time.Time, bool) {
	if i := slices.Index(weekdays, w.OpenOn); i >= 0 {
		ahead := (i + 1 - int(today.Weekday()) + 7) % 7 // time has Sunday as 0, and here Monday comes first
		return today.AddDate(0, 0, ahead), true
	}
	day, err := time.Parse(time.DateOnly, w.OpenOn)
	return day, err == nil
}

// weekly reports whether OpenOn is a day of the week.
func (w Wishes) weekly() bool { return slices.Contains(weekdays, w.OpenOn) }

// traits are the wishes as provider_search.traits has them.
func (w Wishes) traits() []string {
	var out []string
	if w.Language != "" {
		out = append(out, "language:"+w.Language)
	}
	for _, feature := range w.Accessibility {
		out = append(out, "access:"+feature)
	}
	if w.DeliveryMode != "" {
		out = append(out, "mode:"+string(w.DeliveryMode))
	}
	if w.FemaleWorker {
		out = append(out, "female_worker")
	}
	if w.Transport {
		out = append(out, "transport")
	}
	return out
}

// facts are what is known of the household, as provider_search.refuses has it.
func (f frame) facts() []string {
	out := []string{"governorate:" + f.Origin.GovernorateCode}
	add := func(name, value string) {
		if value != "" && value != string(UnknownAnswer) {
			out = append(out, name+":"+value)
		}
	}
	add("social_registry", string(f.Household.SocialRegistry))
	add("disability_card", string(f.Household.DisabilityCard))
	add("refugee", string(f.Household.Refugee))
	add("poverty_band", f.Household.PovertyBand)
	add("identity_document", f.IdentityDocument)
	return out
}

// filter is a clause that a query has only if it asks for it, and its argument.
type filter struct {
	clause string
	name   string
	value  any
}

func (q Query) filters(today time.Time) []filter {
	var fs []filter
	if q.TargetGroup != "" {
		fs = append(fs, filter{"(ps.target_groups = '{}' OR @target_group = ANY (ps.target_groups))" +
			" AND (ps.term_target_groups = '{}' OR @target_group = ANY (ps.term_target_groups))", "target_group", q.TargetGroup})
	}
	if q.Age != nil {
		fs = append(fs, filter{"@age BETWEEN coalesce(ps.minimum_age, 0) AND coalesce(ps.maximum_age, 130)", "age", *q.Age})
	}
	if q.Sex != "" {
		fs = append(fs, filter{"ps.sex IN ('any', @sex)", "sex", string(q.Sex)})
	}
	if len(q.closed) > 0 {
		fs = append(fs, filter{"NOT ps.need_codes <@ @closed::text[]", "closed", q.closed})
	}
	return append(fs, q.Wishes.filters(today)...)
}

func (w Wishes) filters(today time.Time) []filter {
	var fs []filter
	if traits := w.traits(); len(traits) > 0 {
		fs = append(fs, filter{"ps.traits @> @traits::text[]", "traits", traits})
	}
	if w.Accepting {
		fs = append(fs, filter{"ps.accepting_status = ANY (@accepting::text[]) AND ps.accepting_as_of > @stale_before",
			"accepting", []string{string(Capacity), string(Waitlist)}})
	}
	if day, ok := w.day(today); ok {
		clause := "(ps.open_days & tahweel_weekday(@open_on::date) <> 0 OR tahweel_open_on(ps.open_rules, @open_on::date))"
		if !w.weekly() {
			clause += openThatDaySQL
		}
		fs = append(fs, filter{clause, "open_on", day})
	}
	return fs
}

// openThatDaySQL leaves out everybody on a national holiday, and whoever announced to be closed that day.
const openThatDaySQL = `
          AND NOT (SELECT EXISTS (
            SELECT
            FROM calendar_day AS d
            WHERE d.kind = 'holiday' AND d.status = 'active' AND @open_on::date BETWEEN d.starts_on AND d.ends_on))
          AND NOT EXISTS (
            SELECT
            FROM closure AS x
            WHERE x.organization_id = ps.organization_id AND x.status = 'active' AND @open_on::date BETWEEN x.starts_on AND x.ends_on
              AND coalesce(x.service_at_location_id = ps.service_at_location_id, true))`
