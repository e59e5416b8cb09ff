package directory

import (
	"fmt"
	"slices"

	"tahweel/geo"
)

func check(stage string, ok bool, code, ar, en string) Check {
	return Check{Stage: stage, OK: ok, Reason: reason(code, ar, en)}
}

func (f frame) offered(o offerFacts) Check {
	switch {
	case o.OrganizationStatus != Active:
		return check(StageOffered, false, "organization_defunct", "المنظمة لم تعد قائمة.", "The organization no longer exists.")
	case o.InformationOnly:
		return check(StageOffered, false, "information_only", "المنظمة في الدليل للمعلومات فقط ولا تُحال إليها الأسر.", "The organization is in the directory for information only and takes no referrals.")
	case o.ServiceStatus != Active || o.OfferStatus != Active:
		return check(StageOffered, false, "not_offered", "الخدمة غير متاحة حاليًا في هذا الموقع.", "The service is not offered there at present.")
	}
	return check(StageOffered, true, "offered", "الخدمة متاحة.", "The service is offered.")
}

// accredited says as the search does: an accreditation that is there counts with its days, also where none is needed.
func (f frame) accredited(o offerFacts) Check {
	accredited := o.AccreditationStatus == string(Accredited)
	switch {
	case !accredited && !o.NeedsAccreditation:
		return check(StageAccreditation, true, ReasonAccreditationNotNeeded, "لا تحتاج المنظمات من هذا النوع إلى اعتماد.", "An organization of this kind needs no accreditation.")
	case o.AccreditationStatus == "":
		return check(StageAccreditation, false, "accreditation_missing", "المنظمة غير معتمدة.", "The organization is not accredited.")
	case o.AccreditationTo == nil:
		return check(StageAccreditation, false, "accreditation_missing",
			fmt.Sprintf("المنظمة غير معتمدة بعد (%s).", o.AccreditationStatus), fmt.Sprintf("The organization is not accredited yet (%s).", o.AccreditationStatus))
	case f.Today.After(*o.AccreditationTo):
		return check(StageAccreditation, false, "accreditation_expired",
			fmt.Sprintf("انتهى اعتماد المنظمة رقم %s في %s.", o.AccreditationNumber, date(*o.AccreditationTo)),
			fmt.Sprintf("Accreditation %s expired on %s.", o.AccreditationNumber, date(*o.AccreditationTo)))
	case !accredited:
		return check(StageAccreditation, false, "accreditation_not_in_force",
			fmt.Sprintf("اعتماد المنظمة رقم %s غير سارٍ (%s).", o.AccreditationNumber, o.AccreditationStatus),
			fmt.Sprintf("Accreditation %s is not in force (%s).", o.AccreditationNumber, o.AccreditationStatus))
	case o.AccreditationFrom != nil && f.Today.Before(*o.AccreditationFrom):
		return check(StageAccreditation, false, "accreditation_not_begun",
			fmt.Sprintf("يبدأ اعتماد المنظمة رقم %s في %s.", o.AccreditationNumber, date(*o.AccreditationFrom)),
			fmt.Sprintf("Accreditation %s begins on %s.", o.AccreditationNumber, date(*o.AccreditationFrom)))
	}
	return check(StageAccreditation, true, ReasonAccreditation,
		fmt.Sprintf("معتمدة بالرقم %s حتى %s.", o.AccreditationNumber, date(*o.AccreditationTo)),
		fmt.Sprintf("Accredited under number %s until %s.", o.AccreditationNumber, date(*o.AccreditationTo)))
}

// permitted is what the closest term says, stage by stage, and what the service says of need and target group.
func (f frame) permitted(o offerFacts, t *termFacts) []Check {
	need := needsByCode[f.Need].Name
	if t == nil {
		none := check(StageInstrument, false, "no_instrument", "لا توجد وثيقة مع هذه المنظمة.", "There is no instrument with this organization.")
		return []Check{none, f.served(o, nil), f.grouped(o, nil), f.scoped(nil)}
	}
	kind := instrumentKinds[t.InstrumentKind]
	ar, en := fmt.Sprintf("%s %s (البند %d)", kind.AR, t.InstrumentNumber, t.TermNumber), fmt.Sprintf("%s %s (term %d)", kind.EN, t.InstrumentNumber, t.TermNumber)
	say := func(stage string, ok bool, yesAR, yesEN, noAR, noEN string) Check {
		if ok {
			return check(stage, true, stage+"_covered", ar+" "+yesAR+".", en+" "+yesEN+".")
		}
		return check(stage, false, stage+"_not_covered", ar+" "+noAR+".", en+" "+noEN+".")
	}
	inForce := check(StageInstrument, false, "instrument_not_in_force", ar+" غير سارية.", en+" is not in force.")
	if t.InForce {
		inForce = check(StageInstrument, true, ReasonInstrument, ar+" سارية حتى "+date(t.InstrumentTo)+".", en+" is in force until "+date(t.InstrumentTo)+".")
	}
	governorate := f.Origin.GovernorateName
	return []Check{
		inForce,
		say(StageDirectorate, t.CoversDirectorate, "تشمل مديريتكم", "covers your directorate", "لا تشمل مديريتكم", "does not cover your directorate"),
		f.served(o, t),
		say(StageSensitivity, len(t.Needs) == 0 || len(t.NeedsOfTier) > 0, "تصل إلى درجة حساسية الحاجة", "reaches the sensitivity of the need",
			"لا تصل إلى درجة حساسية «"+need.AR+"»", "does not reach the sensitivity of “"+need.EN+"”"),
		say(StagePlace, t.CoversPlace, "تشمل محافظة "+governorate.AR, "covers "+governorate.EN+" governorate",
			"لا تشمل محافظة "+governorate.AR, "does not cover "+governorate.EN+" governorate"),
		f.grouped(o, t),
		f.scoped(t),
	}
}

func (f frame) served(o offerFacts, t *termFacts) Check {
	need := needsByCode[f.Need].Name
	switch {
	case !o.Serves:
		return check(StageNeed, false, "need_not_served", "لا تلبّي الخدمة «"+need.AR+"».", "The service does not serve “"+need.EN+"”.")
	case t != nil && len(t.Needs) == 0:
		return check(StageNeed, false, "need_not_covered",
			fmt.Sprintf("%s %s لا تشمل «%s» (البند %d).", instrumentKinds[t.InstrumentKind].AR, t.InstrumentNumber, need.AR, t.TermNumber),
			fmt.Sprintf("%s %s does not cover “%s” (term %d).", instrumentKinds[t.InstrumentKind].EN, t.InstrumentNumber, need.EN, t.TermNumber))
	}
	return check(StageNeed, true, "need_served", "تلبّي الخدمة «"+need.AR+"».", "The service serves “"+need.EN+"”.")
}

func (f frame) grouped(o offerFacts, t *termFacts) Check {
	group := groupNames[f.TargetGroup]
	switch {
	case f.TargetGroup == "":
		return check(StageTargetGroup, true, "target_group_not_asked", "لم تُحدد فئة مستهدفة.", "No target group was asked for.")
	case len(o.TargetGroups) > 0 && !slices.Contains(o.TargetGroups, f.TargetGroup):
		return check(StageTargetGroup, false, "target_group_not_served", "الخدمة ليست لفئة «"+group.AR+"».", "The service is not for "+group.EN+".")
	case t != nil && !t.CoversGroup:
		return check(StageTargetGroup, false, "target_group_not_covered",
			fmt.Sprintf("البند %d من %s لا يشمل فئة «%s».", t.TermNumber, t.InstrumentNumber, group.AR),
			fmt.Sprintf("Term %d of %s does not cover %s.", t.TermNumber, t.InstrumentNumber, group.EN))
	}
	return check(StageTargetGroup, true, "target_group_served", "الخدمة متاحة لفئة «"+group.AR+"».", "The service is for "+group.EN+" too.")
}

func (f frame) reached(o offerFacts) Check {
	passable := o.ZoneCode == "" || slices.ContainsFunc(f.Passages, func(p geo.Passage) bool { return p.To == o.ZoneCode })
	_, ok := f.way(o)
	ar, en := about(o.Meters)
	switch {
	case !passable:
		return check(StageReach, false, "no_passage", "لا يمكن للأسرة الوصول إلى منطقة مقدم الخدمة بهذه الوثائق.", "The household cannot get to the provider's zone with these documents.")
	case !ok && len(o.Areas) == 0:
		return check(StageReach, false, "reach_unknown", "لا موقع للخدمة ولا منطقة معلنة.", "The service has neither a location nor a declared area.")
	case !ok:
		return check(StageReach, false, "outside_declared_area", "تعلن الخدمة مناطق لا تشمل مكان الأسرة.", "The service declares areas that do not hold the household's place.")
	case !o.WithinRadius:
		return check(StageReach, false, "beyond_radius", "خارج نصف القطر المطلوب: "+ar+".", "Beyond the radius asked for: "+en+".")
	case o.ZoneCode == "":
		return check(StageReach, true, ReasonRemote, "تُقدَّم عن بعد أو تأتي إلى الأسرة.", "It is given remotely or comes to the household.")
	case !o.Shown:
		return check(StageReach, true, ReasonPlaceNotShown, "يمكن الوصول إليها، ومكانها لا يُعرض.", "It can be reached; its place is not shown.")
	}
	return check(StageReach, true, "reached", "يمكن الوصول إليها، "+ar+".", "It can be reached, "+en+".")
}

func (f frame) aged(o offerFacts) Check {
	if f.Age == nil {
		return check(StageAge, true, "age_not_asked", "لم يُحدد العمر.", "No age was given.")
	}
	from, to := 0, MaximumAge
	if o.MinimumAge != nil {
		from = *o.MinimumAge
	}
	if o.MaximumAge != nil {
		to = *o.MaximumAge
	}
	ar, en := fmt.Sprintf("الخدمة للأعمار من %d إلى %d.", from, to), fmt.Sprintf("The service is for ages %d to %d.", from, to)
	if *f.Age < from || *f.Age > to {
		return check(StageAge, false, "age_outside", ar, en)
	}
	return check(StageAge, true, "age_fits", ar, en)
}

func (f frame) sexed(o offerFacts) Check {
	switch {
	case o.Sex == AnySex || f.Sex == "" || f.Sex == o.Sex:
		return check(StageSex, true, "sex_fits", "جنس المنتفع لا يمنع ذلك.", "The client's sex does not stand against it.")
	case o.Sex == Female:
		return check(StageSex, false, "sex_outside", "الخدمة للإناث.", "The service is for female clients.")
	}
	return check(StageSex, false, "sex_outside", "الخدمة للذكور.", "The service is for male clients.")
}

func (f frame) accepting(o offerFacts) Check {
	known := o.AcceptingAsOf != nil && o.AcceptingAsOf.After(f.StaleBefore) && o.AcceptingStatus != UnknownCapacity
	if known && o.AcceptingStatus == NoCapacity {
		return check(StageCapacity, false, "no_capacity",
			fmt.Sprintf("لا أماكن شاغرة، بتاريخ %s.", day(*o.AcceptingAsOf)), fmt.Sprintf("It has no free place, as of %s.", day(*o.AcceptingAsOf)))
	}
	r := acceptingReason(nearRow{Known: known, AcceptingStatus: o.AcceptingStatus, AcceptingAsOf: o.AcceptingAsOf})
	return Check{Stage: StageCapacity, OK: true, Reason: r}
}

func (f frame) rolledOut(t *termFacts) Check {
	if t != nil && len(t.NeedsInScope) > 0 && !f.anyOpen(t.NeedsInScope) {
		return check(StageRollout, false, "rollout_closed",
			"الإحالة لهذه الحاجة في محافظة الأسرة لم تبدأ، أو تُجرَّب مع أشخاص محددين لست منهم.",
			"Referral for this need in the household's governorate has not begun, or is tried out by named people of whom you are not one.")
	}
	return check(StageRollout, true, "rolled_out", "الإحالة لهذه الحاجة قائمة في محافظة الأسرة.", "Referral for this need is open in the household's governorate.")
}
