package referrals

import (
	"slices"
	"strings"

	"tahweel/internal/fault"
)

// Attribution says to whom a code is put down: a client's refusal never counts against a provider (referrals.md, "Codes").
type Attribution string

// To whom a code may be attributable.
const (
	ByProvider Attribution = "provider"
	ByClient   Attribution = "client"
	BySender   Attribution = "sender"
	BySystem   Attribution = "system" // nobody's doing: a rule, or the circumstances
)

// Code is one reason or outcome that a move can carry.
type Code struct {
	Code           string
	Label          fault.Sentence
	AttributableTo Attribution
}

// CodeList is all codes of one kind, in the order in which a form shows them.
type CodeList struct {
	Name  string // decline, cancel, expire, hold, outcome, not_completed, info_items, reopen
	Codes []Code
}

// CodesVersion grows by one whenever a code is added, worded anew or attributed to somebody else. A code that was released is never
// taken away: attempts carry it.
const CodesVersion = 2

// CodeLists returns the lists of referrals.md, "Codes", and why a referral is opened again.
func CodeLists() []CodeList {
	return []CodeList{
		{"decline", declineList}, {"cancel", cancelList}, {"expire", expireList}, {"hold", holdList}, {"outcome", outcomeList},
		{"not_completed", notCompletedList}, {"info_items", infoList}, {"reopen", reopenList},
	}
}

var declineList = []Code{
	code("no_capacity", ByProvider, "No capacity", "لا توجد قدرة استيعابية"),
	code("not_eligible", BySender, "The client is not eligible", "المنتفع لا يستوفي الشروط"),
	code("service_not_offered", ByProvider, "The service is not offered", "الخدمة غير مقدَّمة"),
	code("out_of_area", BySender, "Outside the area served", "خارج منطقة الخدمة"),
	code("insufficient_information", BySender, "Not enough information", "المعلومات غير كافية"),
	code("missing_documents", ByClient, "Documents are missing", "وثائق ناقصة"),
	code("already_served", BySender, "Served already", "سبقت خدمته"),
	code("duplicate_referral", BySender, "The same referral twice", "إحالة مكررة"),
	code("lack_of_resources", ByProvider, "Lack of resources", "نقص في الموارد"),
	code("cannot_serve_safely", ByProvider, "Cannot serve safely", "لا يمكن تقديم الخدمة بأمان"),
	code("access_or_language_barrier", ByProvider, "A barrier of access or language", "عائق في الوصول أو اللغة"),
	code("service_suspended", ByProvider, "The service is suspended", "الخدمة متوقفة مؤقتًا"),
	code(codeOther, ByProvider, "Other, as the text says", "أخرى، كما في النص"),
}

var cancelList = []Code{
	code("client_withdrew_consent", ByClient, "The client withdrew the consent", "سحب المنتفع موافقته"),
	code("client_no_longer_needs", ByClient, "The client needs it no longer", "لم يعد المنتفع بحاجة إليها"),
	code("need_met_elsewhere", BySystem, "The need is met elsewhere", "لُبّيت الحاجة لدى جهة أخرى"),
	code("rerouted", BySender, "Sent another way", "حُوّلت إلى مسار آخر"),
	code("duplicate", BySender, "The same referral twice", "إحالة مكررة"),
	code("client_moved", ByClient, "The client moved away", "انتقل المنتفع إلى مكان آخر"),
	code("client_deceased", ByClient, "The client has died", "توفي المنتفع"),
	code("safety_recall", BySender, "Recalled for safety", "سُحبت لأسباب تتعلق بالسلامة"),
	code("provider_suspended", ByProvider, "The provider is suspended", "عُلّق عمل مقدّم الخدمة"),
	code("provider_barred", ByProvider, "The provider is barred", "مُنع مقدّم الخدمة من العمل"),
	code("wind_down_ended", ByProvider, "The time to wind down has ended", "انتهت مهلة إنهاء العمل"),
	code("info_not_provided", BySender, "The facts asked for were not given", "لم تُقدَّم المعلومات المطلوبة"),
	code("waitlist_lapsed", ByProvider, "The waiting list lapsed", "انتهت صلاحية قائمة الانتظار"),
	code("consent_expired", BySender, "The consent has expired", "انتهت مدة الموافقة"),
	code(codeOther, BySender, "Other, as the text says", "أخرى، كما في النص"),
}

var expireList = []Code{
	code("no_acknowledgement", ByProvider, "Nobody said that it was seen", "لم يُؤكَّد الاطلاع"),
	code("no_decision", ByProvider, "Nobody decided in time", "لم يُتخذ قرار في المهلة"),
}

var holdList = []Code{
	code("no_capacity_waitlist", ByProvider, "No place at present", "لا يوجد مكان حاليًا"),
	code("awaiting_documents", ByClient, "Waiting for documents", "بانتظار وثائق"),
	code("awaiting_third_party", BySystem, "Waiting for a third party", "بانتظار طرف ثالث"),
	code("client_temporarily_unavailable", ByClient, "The client is away for a time", "المنتفع غير متاح مؤقتًا"),
	code("movement_restriction", BySystem, "Movement is restricted", "قيود على الحركة"),
	code("funding_gap", ByProvider, "A gap in funding", "فجوة في التمويل"),
	code(codeOther, ByProvider, "Other, as the text says", "أخرى، كما في النص"),
}

var outcomeList = []Code{
	code("service_provided_full", ByProvider, "The service was given in full", "قُدّمت الخدمة كاملة"),
	code("service_provided_partial", ByProvider, "The service was given in part", "قُدّمت الخدمة جزئيًا"),
	code("enrolled_ongoing", ByProvider, "Enrolled; the service goes on", "سُجّل المنتفع والخدمة مستمرة"),
	code("one_off_assistance", ByProvider, "Helped once", "مساعدة لمرة واحدة"),
	code("information_or_advice_only", ByProvider, "Information or advice only", "معلومات أو مشورة فقط"),
}

var notCompletedList = []Code{
	code("client_unreachable", ByClient, "The client could not be reached", "تعذّر الوصول إلى المنتفع"),
	code("client_no_show", ByClient, "The client did not come", "لم يحضر المنتفع"),
	code("client_declined", ByClient, "The client declined", "رفض المنتفع الخدمة"),
	code("ineligible_after_assessment", BySender, "Not eligible after an assessment", "لا يستوفي الشروط بعد التقييم"),
	code("need_resolved_before_service", ByClient, "The need was resolved before the service", "زالت الحاجة قبل تقديم الخدمة"),
	code("client_moved", ByClient, "The client moved away", "انتقل المنتفع إلى مكان آخر"),
	code("client_deceased", ByClient, "The client has died", "توفي المنتفع"),
	code("provider_withdrew", ByProvider, "The provider withdrew", "انسحب مقدّم الخدمة"),
	code("resource_exhausted", ByProvider, "Resources are used up", "نفدت الموارد"),
	code("safety_concern", BySystem, "A concern for safety", "مخاوف تتعلق بالسلامة"),
	code(codeOther, ByProvider, "Other, as the text says", "أخرى، كما في النص"),
}

var infoList = []Code{
	code("document", ByClient, "A document", "وثيقة"),
	code("eligibility_fact", BySender, "A fact about eligibility", "معلومة عن الأهلية"),
	code("contact_check", BySender, "Whether the client can be reached", "إمكانية التواصل مع المنتفع"),
	code("need_detail", BySender, "A detail of the need", "تفصيل عن الحاجة"),
	code(codeOther, BySender, "Other, as the text says", "أخرى، كما في النص"),
}

var reopenList = []Code{
	code("disputed", ByProvider, "The client disputes that the need was met", "يعترض المنتفع على أن الحاجة قد لُبّيت"),
	code("need_returned", ByClient, "The need has come back", "عادت الحاجة من جديد"),
	code("service_incomplete", ByProvider, "The service was not complete", "لم تكتمل الخدمة"),
	code("closed_by_mistake", BySender, "Closed by mistake", "أُغلقت خطأً"),
	code(codeOther, BySender, "Other, as the text says", "أخرى، كما في النص"),
}

// The codes that each move may carry.
var (
	// DeclineCodes say why a provider declines.
	DeclineCodes = names(declineList)
	// RecallCodes say why a case manager takes an attempt back or asks to cancel one. The other cancel codes belong to the system
	// and to SafetyRecall.
	RecallCodes = []string{"client_withdrew_consent", "client_no_longer_needs", "need_met_elsewhere", "rerouted", "duplicate", "client_moved",
		"client_deceased", codeOther}
	// SafetyCodes say why a supervisor or a protection focal point takes an attempt back at once.
	SafetyCodes = []string{"safety_recall"}
	// HoldCodes say why an attempt waits, on a waiting list or on hold.
	HoldCodes = names(holdList)
	// OutcomeCodes say what was done.
	OutcomeCodes = names(outcomeList)
	// NotCompletedCodes say why no service came of it.
	NotCompletedCodes = names(notCompletedList)
	// InfoItems are what a provider may ask for before it answers.
	InfoItems = names(infoList)
	// NeedMet says whether it helped.
	NeedMet = []string{"yes", "partly", "no"}
	// ContactMethods are the ways in which a client is sought.
	ContactMethods = []string{"call", "message", "visit", "through_case_manager"}
)

const (
	codeOther       = "other"
	codeUnreachable = "client_unreachable"
)

func code(name string, by Attribution, en, ar string) Code {
	return Code{Code: name, Label: fault.Sentence{AR: ar, EN: en}, AttributableTo: by}
}

func names(list []Code) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Code
	}
	return out
}

// attributed returns to whom the list puts the code down, or nil if it has no such code.
func attributed(list []Code, name *string) *Attribution {
	if name == nil {
		return nil
	}
	if i := slices.IndexFunc(list, func(c Code) bool { return c.Code == *name }); i >= 0 {
		return &list[i].AttributableTo
	}
	return nil
}

// reasons is the list from which an attempt in the status has its code.
func reasons(s Status) []Code {
	switch s {
	case StatusDeclined:
		return declineList
	case StatusCancelled:
		return cancelList
	case StatusExpired:
		return expireList
	case StatusNotCompleted:
		return notCompletedList
	default:
		return nil
	}
}

// checkCode adds a fault unless code is in the list and, where it is "other", a text explains it.
func checkCode(faults *fault.List, list []string, code, note string) {
	if !slices.Contains(list, code) {
		list := strings.Join(list, ", ")
		faults.Add("/code", "must be one of: "+list, "يجب أن يكون واحدًا من: "+list)
	}
	if code == codeOther && note == "" {
		faults.Add("/text", `The code "other" needs a text.`, "الرمز other يتطلب نصًا.")
	}
}
