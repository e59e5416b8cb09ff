package pg

import "tahweel/internal/fault"

// constraints says what a broken constraint means to whoever broke it, by the constraint's name. A test holds it against the
// schema: every name here exists there. A unique or foreign key that is not here gets a general sentence; a CHECK that is not
// here is an accident, because the domain should have refused first.
var constraints = map[string]*fault.Error{
	// Two requests with one key at the same instant: the second finds the row only when it writes its own.
	"idempotency_pk": errInProgress,

	"attempt_one_live": fault.New(fault.Impossible, "another_attempt_is_live",
		"Another attempt of this referral is under way. Recall it first.", "هناك محاولة أخرى جارية لهذه الإحالة. استرجعها أولًا."),
	"attempt_move_legal": fault.New(fault.Impossible, "invalid_transition",
		"This transition is not possible from this state.", "هذا الانتقال غير ممكن من هذه الحالة."),
	"instrument_terms_immutable": fault.New(fault.Impossible, "terms_immutable",
		"The terms of a signed instrument do not change. Make a new version.", "لا تتغير بنود وثيقة موقعة. أنشئ نسخة جديدة."),
	"instrument_quota_not_oversubscribed": fault.New(fault.Impossible, "quota_exhausted",
		"The quota of the memorandum is used up.", "استُنفدت حصة المذكرة."),
}
