package referrals

// statusNames and transitionNames are what people call them in Arabic; in English their codes read as words.
var statusNames = map[Status]string{
	StatusDraft: "مسودة", StatusSent: "مُرسلة", StatusAcknowledged: "تم الاطلاع", StatusInfoRequested: "بانتظار معلومات",
	StatusWaitlisted: "على قائمة الانتظار", StatusAccepted: "مقبولة", StatusInService: "قيد الخدمة", StatusOnHold: "معلّقة",
	StatusDeclined: "مرفوضة", StatusExpired: "منتهية المهلة", StatusCancelled: "ملغاة", StatusCompleted: "مكتملة",
	StatusNotCompleted: "لم تكتمل", StatusEnteredInError: "مُدخلة خطأً",
}

var transitionNames = map[Transition]string{
	Send: "إرسال", Acknowledge: "تأكيد الاطلاع", Accept: "قبول", Decline: "رفض", Recall: "استرجاع", StartService: "بدء الخدمة", Complete: "إكمال",
}

func (s Status) arabic() string { return statusNames[s] }

func (t Transition) arabic() string {
	if name, ok := transitionNames[t]; ok {
		return name
	}
	return string(t)
}
