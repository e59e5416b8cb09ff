package policy

import (
	"fmt"
	"strings"
	"time"

	"tahweel/internal/fault"
)

// Coverage is what a term covers, in names, for people; package mou fills it. An empty list of groups is everybody.
type Coverage struct {
	Kind                                      fault.Sentence // of the instrument
	Needs, Governorates, Directorates, Groups []fault.Sentence
	Purposes                                  []string
	ValidFrom, ValidTo                        time.Time // the first and the last day
}

// Asked is what a referral would be for, in names.
type Asked struct {
	Need, Governorate, Directorate, Group fault.Sentence
	Purpose                               string
	Tier                                  int
}

// Reasons returns every reason for which the term does not permit a referral of the tier, in the order of examination; none if it
// permits. Decide stops at the first.
func (t Term) Reasons(tier int) []Reason {
	var found []Reason
	for _, c := range []struct {
		ok bool
		r  Reason
	}{
		{t.InForce, NotInForce}, {t.Accredited, NotAccredited}, {t.CoversScope, ScopeNotCovered}, {t.CoversDirectorate, DirectorateNotCovered}, {t.CoversNeed, NeedNotCovered},
		{t.CoversPlace, PlaceNotCovered}, {t.CoversGroup, GroupNotCovered}, {t.CoversPurpose, PurposeNotCovered},
		{tier >= 1 && tier <= t.MaxTier, TierTooHigh}, {tier < 3 || t.Cleared, NobodyCleared},
	} {
		if !c.ok {
			found = append(found, c.r)
		}
	}
	return found
}

// Reasons returns every reason for which the consent does not carry; none if it does.
func (c Consent) Reasons(now time.Time) []Reason {
	if !c.Given {
		return []Reason{NoConsent}
	}
	var found []Reason
	if !c.Recipient {
		found = append(found, ConsentOtherRecipient)
	}
	if !c.Purpose {
		found = append(found, ConsentOtherPurpose)
	}
	if c.Withdrawn {
		found = append(found, ConsentWithdrawn)
	}
	if !now.Before(c.ExpiresAt) {
		found = append(found, ConsentExpired)
	}
	return found
}

// In says the reason of a term with what the term covers and what was asked: "Memorandum 2026/014 covers food and cash in Hebron; the need
// is physiotherapy (term 3)."
func (r Reason) In(t Term, c Coverage, a Asked) fault.Sentence {
	en, ar := r.against(t, c, a)
	if en == "" {
		return Decision{Reason: r, Term: t}.Explain()
	}
	return fault.Sentence{
		EN: fmt.Sprintf("%s %s %s (term %d).", c.Kind.EN, t.InstrumentNumber, en, t.Number),
		AR: fmt.Sprintf("%s %s %s (البند %d).", c.Kind.AR, t.InstrumentNumber, ar, t.Number),
	}
}

func (r Reason) against(t Term, c Coverage, a Asked) (en, ar string) {
	switch r {
	case NotInForce:
		return fmt.Sprintf("is not in force today; its days are %s to %s", day(c.ValidFrom), day(c.ValidTo)),
			fmt.Sprintf("غير سارية اليوم، ومدتها من %s إلى %s", day(c.ValidFrom), day(c.ValidTo))
	case DirectorateNotCovered:
		return "is with " + join(c.Directorates, "en") + "; the referral is of " + a.Directorate.EN,
			"مع " + join(c.Directorates, "ar") + "، والإحالة من " + a.Directorate.AR
	case NeedNotCovered:
		return "covers " + join(c.Needs, "en") + " in " + join(c.Governorates, "en") + "; the need is " + a.Need.EN,
			"تشمل " + join(c.Needs, "ar") + " في " + join(c.Governorates, "ar") + "، والحاجة " + a.Need.AR
	case PlaceNotCovered:
		return "covers " + join(c.Governorates, "en") + "; the place lies in " + a.Governorate.EN,
			"تشمل " + join(c.Governorates, "ar") + "، والمكان في " + a.Governorate.AR
	case GroupNotCovered:
		return "is for " + join(c.Groups, "en") + "; the referral is for " + a.Group.EN, "لفئات " + join(c.Groups, "ar") + "، والإحالة لفئة " + a.Group.AR
	case PurposeNotCovered:
		return "is for the purposes " + strings.Join(c.Purposes, ", ") + "; the purpose is " + a.Purpose,
			"لأغراض " + strings.Join(c.Purposes, "، ") + "، والغرض " + a.Purpose
	case TierTooHigh:
		return fmt.Sprintf("reaches to sensitivity %d; the referral's is %d", t.MaxTier, a.Tier), fmt.Sprintf("تصل إلى درجة الحساسية %d، ودرجة الإحالة %d", t.MaxTier, a.Tier)
	case Allowed:
		return "permits " + a.Need.EN + " in " + a.Governorate.EN + " until " + day(c.ValidTo), "تسمح بـ" + a.Need.AR + " في " + a.Governorate.AR + " حتى " + day(c.ValidTo)
	default:
		return "", ""
	}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// join lists names in the language, and says that there is none.
func join(names []fault.Sentence, lang string) string {
	and, none := " and ", "nothing"
	if lang == "ar" {
		and, none = " و", "لا شيء"
	}
	if len(names) == 0 {
		return none
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n.In(lang)
	}
	if len(words) == 1 {
		return words[0]
	}
	comma := map[bool]string{true: "، ", false: ", "}[lang == "ar"]
	return strings.Join(words[:len(words)-1], comma) + and + words[len(words)-1]
}
