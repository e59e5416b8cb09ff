package referrals

import (
	"slices"
	"strings"

	"tahweel/internal/fault"
)

// The codes that a move must carry (referrals.md, "Codes").
var (
	// DeclineCodes say why a provider declines.
	DeclineCodes = []string{"no_capacity", "not_eligible", "service_not_offered", "out_of_area", "insufficient_information", "missing_documents",
		"already_served", "duplicate_referral", "lack_of_resources", "cannot_serve_safely", "access_or_language_barrier", "service_suspended", "other"}
	// RecallCodes say why a case manager takes an attempt back. The other cancel codes belong to the system.
	RecallCodes = []string{"client_withdrew_consent", "client_no_longer_needs", "need_met_elsewhere", "rerouted", "duplicate", "client_moved",
		"client_deceased", "other"}
	// OutcomeCodes say what was done.
	OutcomeCodes = []string{"service_provided_full", "service_provided_partial", "enrolled_ongoing", "one_off_assistance", "information_or_advice_only"}
	// NeedMet says whether it helped.
	NeedMet = []string{"yes", "partly", "no"}
)

const codeOther = "other"

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
