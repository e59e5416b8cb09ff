package directory_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tahweel/directory"
)

// crowdRules are the rules of has, and the rank of what is overdue: a loop that forgets one must not pass for right.
var crowdRules = []string{
	"temporary", "open", "closure", "language", "features", "mode", "accepting", "female", "transport", "registry", "card", "refugee", "band", "document",
	"governorate", "overdue",
}

// wish makes up what is known of the household and what it wishes; most ask for little.
func (q *crowdQuery) wish(r *rand.Rand) {
	seldom := func(values ...string) string {
		if r.IntN(6) > 0 {
			return ""
		}
		return values[r.IntN(len(values))]
	}
	q.Household = directory.Household{
		SocialRegistry: directory.Answer(seldom("yes", "no", "unknown")), DisabilityCard: directory.Answer(seldom("yes", "no")),
		Refugee: directory.Answer(seldom("yes", "no", "unknown")), PovertyBand: seldom("extreme", "poor", "near_poor", "not_poor", "unknown"),
	}
	q.Wishes = directory.Wishes{
		OpenOn: seldom("SU", "TU", "FR", today(0).Format(time.DateOnly), today(r.IntN(7)).Format(time.DateOnly)), Language: seldom("ar", "en"),
		DeliveryMode: directory.DeliveryMode(seldom("facility", "facility", "remote")), Accepting: r.IntN(8) == 0, FemaleWorker: r.IntN(8) == 0, Transport: r.IntN(8) == 0,
	}
	if r.IntN(8) == 0 {
		q.Wishes.Accessibility = some(r, 0.4, "lift", "ground_floor")
	}
}

// has asks what this file is about of one offer.
func (q crowdQuery) has(o crowdOffer, known bool) bool {
	s, w, h, day := o.service, q.Wishes, q.Household, today(0)
	no := func(a directory.Answer) bool { return a == directory.No }
	otherwise := func(value string, asked []string) bool {
		return len(asked) > 0 && value != "" && value != "unknown" && !slices.Contains(asked, value)
	}
	for rule, broken := range map[string]bool{
		"temporary":   o.from != nil && (day.Before(*o.from) || day.After(*o.to)),
		"open":        w.OpenOn != "" && !slices.ContainsFunc(s.opens, func(s directory.Schedule) bool { return opens(s, w.OpenOn) }),
		"closure":     o.closedOn != nil && o.closedOn.Format(time.DateOnly) == w.OpenOn,
		"language":    w.Language != "" && !slices.Contains(s.languages, w.Language) && !(w.Language == "ar" && len(s.languages) == 0),
		"features":    slices.ContainsFunc(w.Accessibility, func(f string) bool { return !slices.Contains(o.features, f) }),
		"mode":        w.DeliveryMode != "" && string(w.DeliveryMode) != s.mode,
		"accepting":   w.Accepting && !(known && (o.accepting == "capacity" || o.accepting == "waitlist")),
		"female":      w.FemaleWorker && !s.female,
		"transport":   w.Transport && !s.moves,
		"registry":    s.asks.SocialRegistry && no(h.SocialRegistry),
		"card":        s.asks.DisabilityCard && no(h.DisabilityCard),
		"refugee":     s.asks.RefugeeStatus == "refugee" && no(h.Refugee) || s.asks.RefugeeStatus == "non_refugee" && h.Refugee == directory.Yes,
		"band":        otherwise(h.PovertyBand, s.asks.PovertyBands),
		"document":    otherwise(q.IdentityDocument, s.asks.IdentityDocs),
		"governorate": otherwise(q.client.Governorate.Code, s.asks.GovernorateOnly),
	} {
		if broken && rule != q.without {
			return false
		}
	}
	return true
}

// opens reads a weekly schedule the plain way: by going through the days until the one that is meant.
func opens(s directory.Schedule, on string) bool {
	d := today(0)
	for d.Format(time.DateOnly) != on && crowdDays[d.Weekday()] != on {
		d = d.AddDate(0, 0, 1)
	}
	text := d.Format(time.DateOnly)
	return slices.Contains(strings.Split(s.ByDay, ","), crowdDays[d.Weekday()]) && (s.ValidFrom == "" || s.ValidFrom <= text && text <= s.ValidTo)
}
