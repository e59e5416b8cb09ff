package policy

import (
	"fmt"

	"tahweel/internal/fault"
)

type explanation struct {
	code   string
	en, ar string // %s is the instrument's number, %d the term's
}

// explanations say each reason in words. The codes are part of the contract.
var explanations = [...]explanation{
	NoInstrument:          {"no_instrument", "there is no instrument with this organization", "لا توجد وثيقة سارية مع هذه المنظمة"},
	NotInForce:            {"instrument_not_in_force", "instrument %s is not in force (term %d)", "الوثيقة %s غير سارية (البند %d)"},
	NotAccredited:         {"not_accredited", "the organization's accreditation is not in force (instrument %s, term %d)", "اعتماد المنظمة غير سارٍ (الوثيقة %s، البند %d)"},
	ScopeNotCovered:       {"accreditation_scope", "the organization's accreditation does not extend to this need where the service is (instrument %s, term %d)", "اعتماد المنظمة لا يشمل هذه الحاجة في مكان الخدمة (الوثيقة %s، البند %d)"},
	DirectorateNotCovered: {"directorate_not_covered", "instrument %s does not cover your directorate (term %d)", "الوثيقة %s لا تشمل مديريتك (البند %d)"},
	NeedNotCovered:        {"need_not_covered", "instrument %s does not cover this need (term %d)", "الوثيقة %s لا تشمل هذه الحاجة (البند %d)"},
	PlaceNotCovered:       {"place_not_covered", "instrument %s does not cover the client's place (term %d)", "الوثيقة %s لا تشمل مكان المنتفع (البند %d)"},
	GroupNotCovered:       {"target_group_not_covered", "instrument %s does not cover this target group (term %d)", "الوثيقة %s لا تشمل هذه الفئة المستهدفة (البند %d)"},
	PurposeNotCovered:     {"purpose_not_covered", "instrument %s does not cover this purpose (term %d)", "الوثيقة %s لا تشمل هذا الغرض (البند %d)"},
	TierTooHigh:           {"tier_not_covered", "instrument %s does not reach this level of sensitivity (term %d)", "الوثيقة %s لا تصل إلى درجة الحساسية هذه (البند %d)"},
	NobodyCleared:         {"nobody_cleared", "instrument %s names no person cleared for restricted referrals (term %d)", "الوثيقة %s لا تسمّي شخصًا مخوَّلًا بالإحالات المقيَّدة (البند %d)"},
	NoConsent:             {"consent_missing", "there is no consent of the family", "لا توجد موافقة من الأسرة"},
	ConsentOtherRecipient: {"consent_other_recipient", "the family's consent names another recipient", "موافقة الأسرة تسمّي جهة أخرى"},
	ConsentOtherPurpose:   {"consent_other_purpose", "the family's consent is for another purpose", "موافقة الأسرة لغرض آخر"},
	ConsentWithdrawn:      {"consent_withdrawn", "the family withdrew its consent", "سحبت الأسرة موافقتها"},
	ConsentExpired:        {"consent_expired", "the family's consent has expired", "انتهت مدة موافقة الأسرة"},
	Allowed:               {"allowed", "instrument %s permits it (term %d)", "الوثيقة %s تسمح بذلك (البند %d)"},
}

// Code is the reason's stable name.
func (r Reason) Code() string { return explanations[r].code }

// Explain says the decision in both languages, naming instrument and term where there is one.
func (d Decision) Explain() fault.Sentence {
	e := explanations[d.Reason]
	en, ar := e.en, e.ar
	if d.Reason != NoInstrument && (d.Reason < NoConsent || d.Allowed()) {
		en = fmt.Sprintf(e.en, d.Term.InstrumentNumber, d.Term.Number)
		ar = fmt.Sprintf(e.ar, d.Term.InstrumentNumber, d.Term.Number)
	}
	if d.Allowed() {
		return fault.Sentence{EN: "Allowed: " + en + ".", AR: "مسموح: " + ar + "."}
	}
	return fault.Sentence{EN: "Refused: " + en + ".", AR: "مرفوض: " + ar + "."}
}

// Err returns nil if the decision permits, and otherwise the refusal as a fault that carries the explanation (422).
func (d Decision) Err() error {
	if d.Allowed() {
		return nil
	}
	s := d.Explain()
	return fault.New(fault.Refused, d.Reason.Code(), s.EN, s.AR)
}

// RoleForbids is the refusal of an actor whose roles never permit the action (403).
func RoleForbids(action Action, class Class) *fault.Error {
	return fault.New(fault.Forbidden, "role_forbids",
		fmt.Sprintf("Your role does not permit this (%s, %s).", action, class),
		fmt.Sprintf("دورك لا يسمح بهذا الإجراء (%s، %s).", action, class))
}
