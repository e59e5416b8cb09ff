package directory

import (
	"fmt"
	"math"
	"strings"
	"time"

	"tahweel/geo"
)

// Reason is one ground on which a provider is in the answer. Code is stable; the sentence is for people.
type Reason struct {
	Code     string
	Sentence Name
}

// The codes of reasons, one of each block for a provider, and those of the last only where there is something to say.
const (
	ReasonInstrument = "instrument"

	ReasonAccreditation          = "accreditation"
	ReasonAccreditationNotNeeded = "accreditation_not_needed"

	ReasonDeclaredPlace       = "declared_place"
	ReasonDeclaredArea        = "declared_area"
	ReasonDeclaredGovernorate = "declared_governorate"
	ReasonNationwide          = "nationwide"
	ReasonSameZone            = "same_zone"
	ReasonPassage             = "passage"
	ReasonRemote              = "remote"
	ReasonPlaceNotShown       = "place_not_shown"

	ReasonAccepting        = "accepting"
	ReasonAcceptingUnknown = "accepting_unknown"

	ReasonForWhom = "for_whom"
)

// reasons says why the row is in the answer: the term that permits it, the accreditation, the area that was declared, the way, the
// places that are free, whom it is for, what it asks of a household and what was wished.
func (f frame) reasons(r nearRow) []Reason {
	out := []Reason{f.instrumentReason(r), accreditationReason(r)}
	if declared, ok := f.areaReason(r); ok {
		out = append(out, declared)
	}
	out = append(out, f.wayReason(r), acceptingReason(r))
	if whom, ok := whomReason(r); ok {
		out = append(out, whom)
	}
	return append(out, f.furtherReasons(r)...)
}

func reason(code, ar, en string) Reason { return Reason{Code: code, Sentence: Name{AR: ar, EN: en}} }

var instrumentKinds = map[string]Name{
	"memorandum":            {AR: "مذكرة التفاهم", EN: "Memorandum"},
	"internal_order":        {AR: "الأمر الداخلي", EN: "Internal order"},
	"inter_agency_protocol": {AR: "البروتوكول المشترك", EN: "Inter-agency protocol"},
	"letter":                {AR: "الكتاب الرسمي", EN: "Letter"},
}

func (f frame) instrumentReason(r nearRow) Reason {
	kind, need := instrumentKinds[r.InstrumentKind], needsByCode[f.Need]
	return reason(ReasonInstrument,
		fmt.Sprintf("%s %s، البند %d: يشمل «%s» لمديريتكم ولمحافظة %s حتى %s.",
			kind.AR, r.InstrumentNumber, r.TermNumber, need.Name.AR, f.Origin.GovernorateName.AR, date(r.InstrumentTo)),
		fmt.Sprintf("%s %s, term %d, covers “%s” for your directorate and for %s governorate until %s.",
			kind.EN, r.InstrumentNumber, r.TermNumber, need.Name.EN, f.Origin.GovernorateName.EN, date(r.InstrumentTo)))
}

func accreditationReason(r nearRow) Reason {
	if r.AccreditationTo == nil {
		return reason(ReasonAccreditationNotNeeded,
			"لا تحتاج المنظمات من هذا النوع إلى اعتماد.", "An organization of this kind needs no accreditation.")
	}
	return reason(ReasonAccreditation,
		fmt.Sprintf("معتمدة بالرقم %s حتى %s.", r.AccreditationNumber, date(*r.AccreditationTo)),
		fmt.Sprintf("Accredited under number %s until %s.", r.AccreditationNumber, date(*r.AccreditationTo)))
}

// areaReason is there only for a service that declared the areas it serves.
func (f frame) areaReason(r nearRow) (Reason, bool) {
	form, _, _ := strings.Cut(r.Reach, ":")
	switch form {
	case "place":
		return reason(ReasonDeclaredPlace,
			fmt.Sprintf("تعلن أنها تخدم %s.", f.Origin.PlaceName.AR),
			fmt.Sprintf("It declares that it serves %s.", f.Origin.PlaceName.EN)), true
	case "polygon":
		return reason(ReasonDeclaredArea,
			"يقع مكان الأسرة ضمن المنطقة التي تعلن أنها تخدمها.", "The household's place lies in the area that it declares to serve."), true
	case "governorate":
		return reason(ReasonDeclaredGovernorate,
			fmt.Sprintf("تعلن أنها تخدم محافظة %s.", f.Origin.GovernorateName.AR),
			fmt.Sprintf("It declares that it serves %s governorate.", f.Origin.GovernorateName.EN)), true
	case "nationwide":
		return reason(ReasonNationwide, "تعلن أنها تخدم جميع المحافظات.", "It declares that it serves the whole country."), true
	}
	return Reason{}, false
}

func (f frame) wayReason(r nearRow) Reason {
	switch {
	case r.ZoneCode == "":
		return reason(ReasonRemote,
			"تُقدَّم عن بعد أو تأتي إلى الأسرة.", "It is given remotely or comes to the household.")
	case r.LocationID != nil && !r.Pointed:
		return reason(ReasonPointUnknown, fmt.Sprintf("في %s، ولا يُعرف أين فيها تحديدًا.", r.PlaceNameAr), fmt.Sprintf("In %s; where exactly is not known.", r.PlaceNameEn))
	case r.LocationID == nil:
		return reason(ReasonPlaceNotShown,
			"يمكن الوصول إليها، ومكانها لا يُعرض.", "It can be reached; its place is not shown.")
	}
	ar, en := about(r.Distance)
	for _, p := range f.Passages {
		if p.To == r.ZoneCode && p.To != p.From {
			return reason(ReasonPassage, fmt.Sprintf("%s. %s.", p.Note.AR, ar), fmt.Sprintf("%s. %s.", p.Note.EN, upper(en)))
		}
	}
	return reason(ReasonSameZone, fmt.Sprintf("في المنطقة نفسها، %s.", ar), fmt.Sprintf("In the same zone, %s.", en))
}

// about is how far it is, never how long it takes: nobody knows what the road is like today.
func about(meters float64) (ar, en string) {
	if km := math.Round(meters / 1000); km >= 1 {
		return fmt.Sprintf("على بعد نحو %.0f كم بخط مستقيم", km), fmt.Sprintf("about %.0f km in a straight line", km)
	}
	return "على بعد أقل من 1 كم بخط مستقيم", "less than 1 km in a straight line"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

var acceptingSentences = map[AcceptingStatus]Name{
	Capacity:             {AR: "لديها أماكن شاغرة", EN: "It has free places"},
	Waitlist:             {AR: "لديها قائمة انتظار", EN: "It has a waiting list"},
	AdditionalAssessment: {AR: "تقبل بعد تقييم إضافي", EN: "It accepts after an assessment of its own"},
}

func acceptingReason(r nearRow) Reason {
	switch {
	case r.Known:
		s := acceptingSentences[r.AcceptingStatus]
		return reason(ReasonAccepting,
			fmt.Sprintf("%s، بتاريخ %s.", s.AR, day(*r.AcceptingAsOf)), fmt.Sprintf("%s, as of %s.", s.EN, day(*r.AcceptingAsOf)))
	case r.AcceptingAsOf != nil:
		return reason(ReasonAcceptingUnknown,
			fmt.Sprintf("لا يُعرف إن كانت تستقبل الآن؛ آخر إفادة بتاريخ %s.", day(*r.AcceptingAsOf)),
			fmt.Sprintf("Whether it takes people now is not known; it last reported on %s.", day(*r.AcceptingAsOf)))
	}
	return reason(ReasonAcceptingUnknown, "لا يُعرف إن كانت تستقبل الآن.", "Whether it takes people now is not known.")
}

var groupNames = map[string]Name{
	"women":                     {AR: "النساء", EN: "women"},
	"children":                  {AR: "الأطفال", EN: "children"},
	"youth":                     {AR: "الشباب", EN: "youth"},
	"persons_with_disabilities": {AR: "الأشخاص ذوو الإعاقة", EN: "persons with disabilities"},
	"older_persons":             {AR: "كبار السن", EN: "older persons"},
	"families_in_poverty":       {AR: "الأسر الفقيرة", EN: "families in poverty"},
	"survivors_of_violence":     {AR: "الناجون والناجيات من العنف", EN: "survivors of violence"},
}

// whomReason is there only for a service that is not for everybody.
func whomReason(r nearRow) (Reason, bool) {
	var ar, en []string
	add := func(a, e string) { ar, en = append(ar, a), append(en, e) }
	var groupsAR, groupsEN []string
	for _, g := range r.TargetGroups {
		groupsAR, groupsEN = append(groupsAR, groupNames[g].AR), append(groupsEN, groupNames[g].EN)
	}
	if len(groupsAR) > 0 {
		add(strings.Join(groupsAR, "، "), strings.Join(groupsEN, ", "))
	}
	switch r.Sex {
	case Female:
		add("للإناث", "female clients")
	case Male:
		add("للذكور", "male clients")
	case AnySex: // nothing to say
	}
	switch {
	case r.MinimumAge != nil && r.MaximumAge != nil:
		add(fmt.Sprintf("العمر من %d إلى %d", *r.MinimumAge, *r.MaximumAge), fmt.Sprintf("age %d to %d", *r.MinimumAge, *r.MaximumAge))
	case r.MinimumAge != nil:
		add(fmt.Sprintf("العمر %d فأكثر", *r.MinimumAge), fmt.Sprintf("age %d and over", *r.MinimumAge))
	case r.MaximumAge != nil:
		add(fmt.Sprintf("العمر حتى %d", *r.MaximumAge), fmt.Sprintf("age up to %d", *r.MaximumAge))
	}
	if len(ar) == 0 {
		return Reason{}, false
	}
	return reason(ReasonForWhom, "الفئات المستهدفة: "+strings.Join(ar, "؛ ")+".", "The service is for: "+strings.Join(en, "; ")+"."), true
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

// day is the day in Palestine of an instant.
func day(t time.Time) string { return date(geo.Today(t)) }
