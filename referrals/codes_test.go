package referrals_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tahweel/referrals"
)

// codeWords are the lists as referrals.md, "Codes", has them.
var codeWords = map[string]string{
	"decline": `no_capacity, not_eligible, service_not_offered, out_of_area, insufficient_information, missing_documents, already_served,
		duplicate_referral, lack_of_resources, cannot_serve_safely, access_or_language_barrier, service_suspended, other`,
	"cancel": `client_withdrew_consent, client_no_longer_needs, need_met_elsewhere, rerouted, duplicate, client_moved, client_deceased, safety_recall,
		provider_suspended, provider_barred, wind_down_ended, info_not_provided, waitlist_lapsed, consent_expired, other`,
	"expire": `no_acknowledgement, no_decision`,
	"hold": `no_capacity_waitlist, awaiting_documents, awaiting_third_party, client_temporarily_unavailable, movement_restriction, funding_gap,
		other`,
	"outcome": `service_provided_full, service_provided_partial, enrolled_ongoing, one_off_assistance, information_or_advice_only`,
	"not_completed": `client_unreachable, client_no_show, client_declined, ineligible_after_assessment, need_resolved_before_service, client_moved,
		client_deceased, provider_withdrew, resource_exhausted, safety_concern, other`,
	"reopen":     `disputed, need_returned, service_incomplete, closed_by_mistake, other`,
	"info_items": `document, eligibility_fact, contact_check, need_detail, other`,
}

func TestTheCodeListsAreTheDocuments(t *testing.T) {
	t.Parallel()
	lists := referrals.CodeLists()
	if len(lists) != len(codeWords) {
		t.Errorf("%d lists", len(lists))
	}
	by := []referrals.Attribution{referrals.ByProvider, referrals.ByClient, referrals.BySender, referrals.BySystem}
	for _, l := range lists {
		var names []string
		for _, c := range l.Codes {
			names = append(names, c.Code)
			if c.Label.AR == "" || c.Label.EN == "" || !slices.Contains(by, c.AttributableTo) {
				t.Errorf("%s %s: %+v", l.Name, c.Code, c)
			}
			if strings.HasPrefix(c.Code, "client_") && c.AttributableTo != referrals.ByClient {
				t.Errorf("%s %s counts against the %s", l.Name, c.Code, c.AttributableTo)
			}
		}
		if got, want := strings.Join(names, " "), strings.Join(strings.Fields(strings.ReplaceAll(codeWords[l.Name], ",", " ")), " "); got != want {
			t.Errorf("%s: %s, not %s", l.Name, got, want)
		}
	}
	for _, code := range slices.Concat(referrals.RecallCodes, referrals.SafetyCodes) {
		if !strings.Contains(codeWords["cancel"], code) {
			t.Errorf("%s is no cancel code", code)
		}
	}
}

// TestAChangeOfTheCodesIsANewVersion: whoever changes a list gives it a version and notes its hash here.
func TestAChangeOfTheCodesIsANewVersion(t *testing.T) {
	t.Parallel()
	hashes := map[int]string{1: "81f303cfeb825866", 2: "4b935ac8baa3b2de"}
	hash := func(lists []referrals.CodeList) string {
		sum := sha256.Sum256(fmt.Append(nil, lists))
		return hex.EncodeToString(sum[:8])
	}
	lists := referrals.CodeLists()
	if got := hash(lists); got != hashes[referrals.CodesVersion] {
		t.Errorf("version %d has the hash %s, noted is %q", referrals.CodesVersion, got, hashes[referrals.CodesVersion])
	}
	lists[0].Codes = slices.Clone(lists[0].Codes)
	lists[0].Codes[0].Label.AR += "؟"
	if hash(lists) == hashes[referrals.CodesVersion] {
		t.Error("a changed label goes unnoticed")
	}
}
