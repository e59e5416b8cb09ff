package directory

import (
	"fmt"
	"slices"
)

// scoped asks whether the accreditation reaches to one of the needs where the service is.
func (f frame) scoped(t *termFacts) Check {
	need := needsByCode[f.Need].Name
	if t != nil && len(t.NeedsOfTier) > 0 && len(t.NeedsInScope) == 0 {
		return check(StageScope, false, "scope_not_covered",
			fmt.Sprintf("اعتماد المنظمة محدود ولا يشمل «%s» حيث تقع الخدمة.", need.AR),
			fmt.Sprintf("The organization's accreditation is limited and does not reach to “%s” where the service is.", need.EN))
	}
	return check(StageScope, true, "scope_covered", "لا يستثني الاعتماد هذه الحاجة.", "The accreditation does not exclude the need.")
}

// located asks whether it is known where the service is, and whether a temporary location is there on the day.
func (f frame) located(o offerFacts) Check {
	switch {
	case !o.Placed:
		return check(StageLocation, false, "place_unknown", "لا يُعرف في أي تجمع يقع موقع الخدمة.", "Nobody knows in which place the service's location lies.")
	case o.LocationFrom != nil && f.Today.Before(*o.LocationFrom):
		return check(StageLocation, false, "location_not_begun",
			"موقع مؤقت يبدأ في "+date(*o.LocationFrom)+".", "A temporary location, from "+date(*o.LocationFrom)+".")
	case o.LocationTo != nil && f.Today.After(*o.LocationTo):
		return check(StageLocation, false, "location_ended",
			"موقع مؤقت انتهى في "+date(*o.LocationTo)+".", "A temporary location, which ended on "+date(*o.LocationTo)+".")
	case o.LocationTo != nil:
		return check(StageLocation, true, ReasonTemporary,
			"موقع مؤقت حتى "+date(*o.LocationTo)+".", "A temporary location, until "+date(*o.LocationTo)+".")
	}
	return check(StageLocation, true, "location_in_use", "الموقع قائم، أو لا حاجة إلى موقع.", "The location is in use, or none is needed.")
}

func (f frame) eligible(o offerFacts) Check {
	asked := f.demands(o.Eligibility.Value)
	if n, ok := those(asked, No); ok {
		return check(StageEligibility, false, "not_eligible", "تطلب الخدمة ما ليس لدى الأسرة: "+n.AR+".", "The service asks for what the household does not have: "+n.EN+".")
	}
	if n, ok := those(asked, UnknownAnswer); ok {
		return check(StageEligibility, true, ReasonToBeChecked, "يلزم التحقق مما تطلبه الخدمة: "+n.AR+".", "To be checked, because the service asks for it: "+n.EN+".")
	}
	return check(StageEligibility, true, ReasonEligible, "لا تطلب الخدمة ما ليس لدى الأسرة.", "The service asks for nothing that the household does not have.")
}

// wished is a check for each wish; without wishes there is none.
func (f frame) wished(o offerFacts) []Check {
	var out []Check
	if f.Wishes.OpenOn != "" {
		out = append(out, f.opens(o))
	}
	if f.Wishes.Accepting {
		ok := o.AcceptingAsOf != nil && o.AcceptingAsOf.After(f.StaleBefore) && (o.AcceptingStatus == Capacity || o.AcceptingStatus == Waitlist)
		out = append(out, wish(ok, "accepting", Name{AR: "أماكن أو قائمة انتظار معلومة", EN: "known places or a waiting list"}))
	}
	one := func(code string, w Wishes) {
		if traits := w.traits(); len(traits) > 0 {
			ok := !slices.ContainsFunc(traits, func(trait string) bool { return !slices.Contains(o.Traits, trait) })
			out = append(out, wish(ok, code, w.words()))
		}
	}
	one("language", Wishes{Language: f.Wishes.Language})
	one("accessibility", Wishes{Accessibility: f.Wishes.Accessibility})
	one("delivery_mode", Wishes{DeliveryMode: f.Wishes.DeliveryMode})
	one("female_worker", Wishes{FemaleWorker: f.Wishes.FemaleWorker})
	one("transport", Wishes{Transport: f.Wishes.Transport})
	return out
}

func wish(ok bool, code string, what Name) Check {
	if ok {
		return check(StageWishes, true, code, "كما طُلب: "+what.AR+".", "As was asked for: "+what.EN+".")
	}
	return check(StageWishes, false, code+"_not_known", "طُلب ولا يُعرف أنه متوفر: "+what.AR+".", "Asked for, and not known to be there: "+what.EN+".")
}

func (f frame) opens(o offerFacts) Check {
	day, _ := f.Wishes.day(f.Today)
	n := weekdayNames[day.Weekday()]
	switch on := date(day); {
	case !o.Scheduled:
		return check(StageWishes, false, "schedule_unknown", "لا تُعرف مواعيد الدوام.", "When it opens is not known.")
	case !o.OpensThen:
		return check(StageWishes, false, "not_open", fmt.Sprintf("ليست مفتوحة يوم %s %s.", n.AR, on), fmt.Sprintf("It is not open on %s %s.", n.EN, on))
	case o.Holiday && !f.Wishes.weekly():
		return check(StageWishes, false, "holiday", on+" عطلة رسمية.", on+" is a national holiday.")
	case o.Closed && !f.Wishes.weekly():
		return check(StageWishes, false, "closure", "أعلن مقدم الخدمة أنه مغلق في "+on+".", "The provider announced that it is closed on "+on+".")
	default:
		return check(StageWishes, true, ReasonOpenOn, fmt.Sprintf("مفتوحة يوم %s %s.", n.AR, on), fmt.Sprintf("Open on %s %s.", n.EN, on))
	}
}

// confirmed never says no: what is overdue comes later, and is in the answer still.
func (f frame) confirmed(o offerFacts) Check {
	if !o.VouchedAt.After(f.OverdueAt) {
		return Check{Stage: StageConfirmation, OK: true, Reason: overdueReason(o.VouchedAt)}
	}
	return check(StageConfirmation, true, "confirmed",
		"أُدخلت هذه البيانات أو أُكدت في "+day(o.VouchedAt)+".", "The entry was made or confirmed on "+day(o.VouchedAt)+".")
}
