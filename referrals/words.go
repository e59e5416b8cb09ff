package referrals

// statusNames and transitionNames are what people call them in Arabic; in English their codes read as words.
var statusNames = map[Status]string{
	StatusDraft: "مسودة", StatusSent: "مُرسلة", StatusAcknowledged: "تم الاطلاع", StatusInfoRequested: "بانتظار معلومات",
	StatusWaitlisted: "على قائمة الانتظار", StatusAccepted: "مقبولة", StatusInService: "قيد الخدمة", StatusOnHold: "معلّقة",
	StatusDeclined: "مرفوضة", StatusExpired: "منتهية المهلة", StatusCancelled: "ملغاة", StatusCompleted: "مكتملة",
	StatusNotCompleted: "لم تكتمل", StatusEnteredInError: "مُدخلة خطأً",
}

var transitionNames = map[Transition]string{
	Send: "إرسال", Discard: "حذف المسودة", Acknowledge: "تأكيد الاطلاع", RequestInfo: "طلب معلومات", ProvideInfo: "تقديم المعلومات",
	Accept: "قبول", Waitlist: "إدراج على قائمة الانتظار", RenewWaitlist: "تجديد الانتظار", LeaveWaitlist: "إخراج من قائمة الانتظار",
	Decline: "رفض", Recall: "استرجاع", StartService: "بدء الخدمة", ReportProgress: "الإبلاغ عن التقدم", Hold: "تعليق", Resume: "استئناف",
	Complete: "إكمال", CloseUnmet: "إغلاق دون خدمة", RequestCancel: "طلب الإلغاء", ConfirmCancel: "تأكيد الإلغاء",
	RejectCancel: "رفض الإلغاء", SafetyRecall: "سحب لأسباب السلامة", MarkError: "تعليم كخطأ", Expire: "انتهاء المهلة", Lapse: "سقوط بمضي المدة",
	CancelTimeout: "إلغاء بمضي المهلة", ConsentWithdrawn: "سحب الموافقة", ProviderSuspended: "تعليق مقدّم الخدمة",
	WindDownEnded: "انتهاء مهلة إنهاء العمل", ProviderBarred: "منع مقدّم الخدمة",
}

func (s Status) arabic() string { return statusNames[s] }

func (t Transition) arabic() string {
	if name, ok := transitionNames[t]; ok {
		return name
	}
	return string(t)
}
