package pg

import "tahweel/internal/fault"

// constraints says what a broken constraint means to whoever broke it, by the constraint's name. A test holds it against the
// schema: every name here exists there. A unique or foreign key that is not here gets a general sentence; a CHECK that is not
// here is an accident, because the domain should have refused first.
var constraints = map[string]*fault.Error{
	// Two requests with one key at the same instant: the second finds the row only when it writes its own.
	"idempotency_pk": errInProgress,

	"accreditation_move_legal": errTransition,
	"accreditation_one_open": fault.New(fault.Impossible, "accreditation_open",
		"An accreditation of this organization is open already.", "لهذه المنظمة اعتماد مفتوح مسبقًا."),
	"membership_open_unique": fault.New(fault.Impossible, "role_held",
		"The account has this role already.", "الحساب يحمل هذا الدور بالفعل."),
	"directorate_place_pkey": fault.New(fault.Impossible, "place_of_another_directorate",
		"One of the places belongs to another directorate.", "أحد التجمعات تابع لمديرية أخرى."),
	"service_at_location_unique": fault.New(fault.Impossible, "already_offered",
		"The service is offered at this location already.", "الخدمة معروضة في هذا الموقع مسبقًا."),

	"service_external_id_unique":           errExternalIDTaken,
	"location_external_id_unique":          errExternalIDTaken,
	"survey_campaign_move_legal":           errTransition,
	"survey_entry_move_legal":              errTransition,
	"accreditation_application_move_legal": errTransition,
	"accreditation_appeal_move_legal":      errTransition,
	"survey_entry_once": fault.New(fault.Impossible, "surveyed_already",
		"This survey has found the organization already.", "سُجّلت هذه المنظمة في هذا المسح مسبقًا."),
	"accreditation_application_one_open": fault.New(fault.Impossible, "application_open",
		"An application of this organization is on its way.", "لهذه المنظمة طلب قيد النظر."),
	"application_document_once": fault.New(fault.Impossible, "document_there",
		"The application has this document already.", "هذه الوثيقة مرفقة بالطلب مسبقًا."),
	"accreditation_appeal_one_open": fault.New(fault.Impossible, "appeal_open",
		"An appeal against this is on its way.", "هناك اعتراض قيد النظر على هذا القرار."),
	"accreditation_decision_two_persons": fault.New(fault.Forbidden, "second_person",
		"A second person confirms what the first one signed.", "يؤكد القرارَ شخصٌ ثانٍ غير من وقّعه أولًا."),
	"accreditation_appeal_two_persons": fault.New(fault.Forbidden, "second_person",
		"A second person confirms what the first one signed.", "يؤكد القرارَ شخصٌ ثانٍ غير من وقّعه أولًا."),
	"accreditation_appeal_other_persons": fault.New(fault.Forbidden, "decided_before",
		"Who took part in the decision that was appealed against does not decide again.", "من شارك في القرار المعترَض عليه لا يفصل فيه من جديد."),
	"accreditation_application_organization_fkey":      unknown("/organization_id"),
	"accreditation_application_scope_governorate_fkey": unknown("/scope"),
	"survey_entry_organization_fkey":                   unknown("/organization_id"),
	"survey_campaign_questionnaire_fkey":               unknown("/questionnaire_id"),
	"survey_campaign_directorate_directorate_fkey":     unknown("/directorates"),

	"client_key_unique":                       errKeyTaken,
	"client_key_pkey":                         errKeyTaken,
	"accreditation_organization_fkey":         unknown("/organization_id"),
	"branch_organization_fkey":                unknown("/organization_id"),
	"branch_place_fkey":                       unknown("/place"),
	"confidential_location_organization_fkey": unknown("/organization_id"),
	"confidential_location_place_fkey":        unknown("/place"),
	"place_governorate_fkey":                  unknown("/governorate"),
	"place_zone_fkey":                         unknown("/zone"),
	"location_branch_fkey":                    unknown("/branch_id"), // or of another organization
	"location_organization_fkey":              unknown("/organization_id"),
	"location_place_fkey":                     unknown("/place"),
	"service_area_governorate_fkey":           unknown("/areas"),
	"service_area_place_fkey":                 unknown("/areas"),
	"service_organization_fkey":               unknown("/organization_id"),

	"organization_merged_ended": fault.New(fault.Impossible, "merged",
		"It was merged into another one and does not change any more.", "دُمج في سجل آخر ولم يعد يتغير."),
	"attempt_one_live": fault.New(fault.Impossible, "another_attempt_is_live",
		"Another attempt of this referral is under way. Recall it first.", "هناك محاولة أخرى جارية لهذه الإحالة. استرجعها أولًا."),
	"attempt_consent_stands": fault.New(fault.Refused, "consent_withdrawn",
		"Refused: the family withdrew its consent.", "مرفوض: سحبت الأسرة موافقتها."),
	"attempt_referral_open": fault.New(fault.Impossible, "referral_closed", "The referral is closed.", "الإحالة مغلقة."),
	"attempt_move_legal":    errTransition,
	"instrument_move_legal": errTransition,
	"referral_move_legal":   errTransition,
	"instrument_terms_immutable": fault.New(fault.Impossible, "terms_immutable",
		"The terms of a signed instrument do not change. Make a new version.", "لا تتغير بنود وثيقة موقعة. أنشئ نسخة جديدة."),
	"instrument_number_unique": fault.New(fault.Impossible, "instrument_number_taken",
		"Another instrument has this number.", "لوثيقة أخرى هذا الرقم."),
	"instrument_one_amendment": fault.New(fault.Impossible, "amendment_open",
		"Another amendment of this instrument is on its way.", "هناك تعديل آخر لهذه الوثيقة قيد الإعداد."),
	"instrument_drafter_does_not_sign": fault.New(fault.Forbidden, "drafter_does_not_sign",
		"Who drafted an instrument does not sign it.", "من صاغ الوثيقة لا يوقّعها."),
	"directorate_code_unique": fault.New(fault.Impossible, "directorate_code_taken",
		"Another directorate has this code.", "لمديرية أخرى هذا الرمز."),
	"reach_link_one_at_a_time": fault.New(fault.Impossible, "reach_link_overlaps",
		"Another entry for these zones is in force on one of the days. End it first.", "هناك قيد آخر لهاتين المنطقتين سارٍ في أحد الأيام. أنهِه أولًا."),
	"rollout_unique": fault.New(fault.Impossible, "rollout_exists",
		"The rollout of this need in this governorate is set already. Change it.", "مرحلة هذه الحاجة في هذه المحافظة محددة مسبقًا. غيّرها."),
	"instrument_quota_not_oversubscribed": fault.New(fault.Impossible, "quota_exhausted",
		"The quota of the memorandum is used up.", "استُنفدت حصة المذكرة."),
}

// errTransition: the foreign key to a table of legal moves refused a move.
var errTransition = fault.New(fault.Impossible, "invalid_transition",
	"This transition is not possible from this state.", "هذا الانتقال غير ممكن من هذه الحالة.")

// errKeyTaken: one key has one owner, so whoever sends another's does not have its private half.
var errKeyTaken = fault.New(fault.Impossible, "key_taken",
	"A client has this key already. Make a new one.", "هذا المفتاح مسجَّل لنظام بالفعل. أنشئ مفتاحًا جديدًا.")

// errExternalIDTaken: an organization's own number names one thing of it.
var errExternalIDTaken = fault.New(fault.Impossible, "external_id_taken",
	"The organization has another entry with this external_id.", "للمنظمة سجل آخر يحمل هذا الرقم الخارجي.")

// unknown is a reference to what does not exist, with the field that holds it.
func unknown(pointer string) *fault.Error {
	return errReference.At(pointer, "There is no such thing here.", "لا يوجد سجل كهذا هنا.")
}
