package directory

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The codes of further reasons, there only where there is something to say.
const (
	ReasonEligible     = "eligible"    // what the service asks of a household, and this one is known to have
	ReasonToBeChecked  = "to_check"    // what it asks, and nobody knows of this one
	ReasonOpenOn       = "open_on"     // on the day that was wished
	ReasonAsWished     = "as_wished"   // it has what else was wished
	ReasonTemporary    = "temporary"   // the location is there for a time only
	ReasonPointUnknown = "point_unset" // in which place it lies is known, and where in it is not
	ReasonOverdue      = "confirmation_overdue"
)

var featureNames = map[string]Name{
	"wheelchair_entrance": {AR: "مدخل للكرسي المتحرك", EN: "an entrance for wheelchairs"},
	"ground_floor":        {AR: "في الطابق الأرضي", EN: "on the ground floor"},
	"lift":                {AR: "مصعد", EN: "a lift"},
	"accessible_toilet":   {AR: "مرحاض مهيأ", EN: "an accessible toilet"},
	"accessible_parking":  {AR: "موقف سيارات مهيأ", EN: "accessible parking"},
	"sign_language":       {AR: "لغة الإشارة", EN: "sign language"},
	"braille":             {AR: "بريل", EN: "Braille"},
	"easy_language":       {AR: "لغة مبسطة", EN: "easy language"},
	"companion_welcome":   {AR: "يُرحَّب بالمرافق", EN: "a companion is welcome"},
}

var modeNames = map[DeliveryMode]Name{
	Facility:  {AR: "في مقر مقدم الخدمة", EN: "at its premises"},
	HomeVisit: {AR: "زيارة منزلية", EN: "home visits"},
	Mobile:    {AR: "خدمة متنقلة", EN: "mobile"},
	Remote:    {AR: "عن بعد", EN: "remotely"},
}

var languageNames = map[string]Name{
	"ar": {AR: "العربية", EN: "Arabic"},
	"en": {AR: "الإنجليزية", EN: "English"},
	"fr": {AR: "الفرنسية", EN: "French"},
	"he": {AR: "العبرية", EN: "Hebrew"},
	"ru": {AR: "الروسية", EN: "Russian"},
	"tr": {AR: "التركية", EN: "Turkish"},
}

var weekdayNames = map[time.Weekday]Name{
	time.Sunday:    {AR: "الأحد", EN: "Sunday"},
	time.Monday:    {AR: "الاثنين", EN: "Monday"},
	time.Tuesday:   {AR: "الثلاثاء", EN: "Tuesday"},
	time.Wednesday: {AR: "الأربعاء", EN: "Wednesday"},
	time.Thursday:  {AR: "الخميس", EN: "Thursday"},
	time.Friday:    {AR: "الجمعة", EN: "Friday"},
	time.Saturday:  {AR: "السبت", EN: "Saturday"},
}

var bandNames = map[string]Name{
	"extreme":   {AR: "فقر مدقع", EN: "extreme poverty"},
	"poor":      {AR: "فقير", EN: "poor"},
	"near_poor": {AR: "قريب من الفقر", EN: "nearly poor"},
	"not_poor":  {AR: "غير فقير", EN: "not poor"},
}

var documentNames = map[string]Name{
	"palestinian": {AR: "هوية فلسطينية", EN: "a Palestinian identity card"},
	"jerusalem":   {AR: "هوية القدس", EN: "a Jerusalem identity card"},
	"unrwa":       {AR: "بطاقة الأونروا", EN: "an UNRWA card"},
	"passport":    {AR: "جواز سفر", EN: "a passport"},
	"none":        {AR: "دون وثيقة", EN: "without a document"},
}

// words joins names in both languages.
type words struct{ ar, en []string }

func (w *words) add(n Name) { w.ar, w.en = append(w.ar, n.AR), append(w.en, n.EN) }

func (w *words) join(ar, en string) Name {
	return Name{AR: strings.Join(w.ar, ar), EN: strings.Join(w.en, en)}
}

// namesOf are the names of the codes, joined by "or"; a code without a name stands for itself.
func namesOf(names map[string]Name, codes []string) Name {
	var w words
	for _, code := range codes {
		n, ok := names[code]
		if !ok {
			n = Name{AR: code, EN: code}
		}
		w.add(n)
	}
	return w.join(" أو ", " or ")
}

// demand is one thing that a service asks of a household, and whether this one has it.
type demand struct {
	name Name
	Answer
}

// demands are what the service asks of the household, in words, each with what is known of it.
func (f frame) demands(e Eligibility) []demand {
	var out []demand
	ask := func(name Name, a Answer) { out = append(out, demand{name, a}) }
	known := func(value string, has bool) Answer {
		switch {
		case value == "" || value == string(UnknownAnswer):
			return UnknownAnswer
		case has:
			return Yes
		}
		return No
	}
	h := f.Household
	if e.SocialRegistry {
		ask(Name{AR: "التسجيل في السجل الوطني الاجتماعي", EN: "registration in the national social registry"}, known(string(h.SocialRegistry), h.SocialRegistry == Yes))
	}
	if len(e.PovertyBands) > 0 {
		n := namesOf(bandNames, e.PovertyBands)
		ask(Name{AR: "فئة الفقر: " + n.AR, EN: "poverty band: " + n.EN}, known(h.PovertyBand, slices.Contains(e.PovertyBands, h.PovertyBand)))
	}
	if e.DisabilityCard {
		ask(Name{AR: "بطاقة الإعاقة", EN: "a disability card"}, known(string(h.DisabilityCard), h.DisabilityCard == Yes))
	}
	switch e.RefugeeStatus {
	case "refugee":
		ask(Name{AR: "صفة لاجئ", EN: "refugee status"}, known(string(h.Refugee), h.Refugee == Yes))
	case "non_refugee":
		ask(Name{AR: "غير لاجئ", EN: "no refugee status"}, known(string(h.Refugee), h.Refugee == No))
	}
	if len(e.IdentityDocs) > 0 {
		ask(namesOf(documentNames, e.IdentityDocs), known(f.IdentityDocument, slices.Contains(e.IdentityDocs, f.IdentityDocument)))
	}
	if len(e.GovernorateOnly) > 0 {
		own := slices.Contains(e.GovernorateOnly, f.Origin.GovernorateCode)
		ask(Name{AR: "الإقامة في محافظة معينة", EN: "living in certain governorates"}, known(f.Origin.GovernorateCode, own))
	}
	return out
}

// those joins the demands that have the answer; ok is false if there is none.
func those(ds []demand, a Answer) (n Name, ok bool) {
	var w words
	for _, d := range ds {
		if d.Answer == a {
			w.add(d.name)
		}
	}
	return w.join("؛ ", "; "), len(w.ar) > 0
}

// furtherReasons are those of eligibility and wishes, and what to know before one goes there.
func (f frame) furtherReasons(r nearRow) []Reason {
	var out []Reason
	asked := f.demands(r.Eligibility.Value)
	if n, ok := those(asked, Yes); ok {
		out = append(out, reason(ReasonEligible, "ما تطلبه الخدمة من الأسرة متوفر: "+n.AR+".", "What the service asks of a household is there: "+n.EN+"."))
	}
	if n, ok := those(asked, UnknownAnswer); ok {
		out = append(out, reason(ReasonToBeChecked, "يلزم التحقق مما تطلبه الخدمة: "+n.AR+".", "To be checked, because the service asks for it: "+n.EN+"."))
	}
	if day, ok := f.Wishes.day(f.Today); ok {
		n := weekdayNames[day.Weekday()]
		out = append(out, reason(ReasonOpenOn, fmt.Sprintf("مفتوحة يوم %s %s.", n.AR, date(day)), fmt.Sprintf("Open on %s %s.", n.EN, date(day))))
	}
	if n := f.Wishes.words(); n != (Name{}) {
		out = append(out, reason(ReasonAsWished, "كما طُلب: "+n.AR+".", "As was asked for: "+n.EN+"."))
	}
	if r.LocationTo != nil {
		out = append(out, reason(ReasonTemporary, "موقع مؤقت حتى "+date(*r.LocationTo)+".", "A temporary location, until "+date(*r.LocationTo)+"."))
	}
	if r.Overdue {
		out = append(out, overdueReason(r.VouchedAt))
	}
	return out
}

func overdueReason(at time.Time) Reason {
	return reason(ReasonOverdue,
		fmt.Sprintf("لم يؤكد أحد هذه البيانات منذ %s، فتُرتَّب كأنها أبعد بمقدار %d كم.", day(at), OverdueMeters/1000),
		fmt.Sprintf("Nobody has confirmed this entry since %s; it ranks as if it were %d km further away.", day(at), OverdueMeters/1000))
}

// words are the wishes but for the day.
func (w Wishes) words() Name {
	var out words
	if w.Language != "" {
		n := namesOf(languageNames, []string{w.Language})
		out.add(Name{AR: "باللغة " + n.AR, EN: "in " + n.EN})
	}
	for _, feature := range w.Accessibility {
		out.add(featureNames[feature])
	}
	if w.DeliveryMode != "" {
		out.add(modeNames[w.DeliveryMode])
	}
	if w.Accepting {
		out.add(Name{AR: "تستقبل الآن أو لديها قائمة انتظار", EN: "it has places or a waiting list"})
	}
	if w.FemaleWorker {
		out.add(Name{AR: "موظفة", EN: "a woman on its staff"})
	}
	if w.Transport {
		out.add(Name{AR: "توفير المواصلات", EN: "transport"})
	}
	return out.join("، ", ", ")
}
