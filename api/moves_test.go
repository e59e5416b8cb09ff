package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tahweel/referrals"
)

func TestTheCodeListsAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(t, w.provider, "GET", "/v1/code-lists", "")
	lists := decode[CodeLists](t, a, 200)
	if lists.Version != referrals.CodesVersion || len(lists.Items) != 8 {
		t.Errorf("version %d, %d lists", lists.Version, len(lists.Items))
	}
	decline := lists.Items[0]
	if decline.Name != "decline" || decline.Codes[0].Code != "no_capacity" || decline.Codes[0].Label.AR == "" || decline.Codes[0].AttributableTo != "provider" {
		t.Errorf("the first list: %+v", decline)
	}
	if again := w.as(t, w.provider, "GET", "/v1/code-lists", "", "If-None-Match: "+a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("a copy that is good: %d", again.StatusCode)
	}
	if nobody := w.do(t, "GET", "/v1/code-lists", "", "Authorization:"); nobody.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", nobody.StatusCode)
	}
}

// A service with all that can come in its way, as both sides read it.
func TestAServiceWithDetours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := w.sent(t)
	path, version := "/v1/attempts/"+sent.ID.String(), sent.Version
	post := func(by, move, body string) Attempt {
		t.Helper()
		a := decode[Attempt](t, w.as(t, by, "POST", path+"/"+move, body, fmt.Sprintf(`If-Match: "%d"`, version)), 200)
		if a.Version != version+1 {
			t.Errorf("%s: version %d after %d", move, a.Version, version)
		}
		version = a.Version
		return a
	}
	match := func() string { return fmt.Sprintf(`If-Match: "%d"`, version) }
	post(w.provider, "request-info", `{"items":["document","other"],"text":"Is there a report?"}`)
	w.as(t, w.manager, "POST", path+"/provide-info", `{"items":["document"],"text":"Call +970 59 000 0018"}`, match()).want(t, 422, "text_identifies_person", "/text")
	post(w.manager, "provide-info", `{"items":["document"],"text":"Yes, of May."}`)
	seen := decode[Attempt](t, w.as(t, w.provider, "GET", path, ""), 200)
	if len(seen.Information) != 1 || seen.Information[0].Answer != "Yes, of May." || seen.Information[0].Question != "Is there a report?" || seen.Identity != nil {
		t.Errorf("before it accepts the provider reads %+v", seen.Information)
	}
	if list := decode[AttemptList](t, w.as(t, w.provider, "GET", "/v1/attempts", ""), 200); len(list.Items) != 1 || list.Items[0].Information != nil {
		t.Errorf("a list: %+v", list)
	}
	w.as(t, w.provider, "POST", path+"/waitlist", `{"code":"no_capacity_waitlist","estimated_on":"2026-07-31"}`, match()).want(t, 422, "unprocessable", "/estimated_on")
	if a := post(w.provider, "waitlist", waitingBody); a.Hold == nil || a.Hold.EstimatedOn != "2026-07-30" || a.Hold.AttributableTo != "provider" {
		t.Errorf("waiting: %+v", a.Hold)
	}
	post(w.provider, "accept", "")
	post(w.provider, "start-service", "")
	if a := post(w.provider, "hold", moveBodies["hold"]); a.Hold == nil || a.Hold.ReviewOn != "2026-06-30" {
		t.Errorf("on hold: %+v", a.Hold)
	}
	if a := post(w.provider, "report-progress", `{"text":"Waiting for the hospital."}`); a.LastProgressAt == nil || a.Text != "" {
		t.Errorf("progress: %+v", a)
	}
	if a := post(w.manager, "request-cancel", `{"code":"other","text":"She found work."}`); a.PendingCancellation == nil || a.Text != "Waiting for the hospital." {
		t.Errorf("requested: %+v", a)
	}
	w.as(t, w.manager, "POST", path+"/request-cancel", `{"code":"duplicate"}`, match()).want(t, 409, "cancellation_pending")
	seen = decode[Attempt](t, w.as(t, w.provider, "GET", path, ""), 200)
	if seen.PendingCancellation == nil || seen.PendingCancellation.Text != "She found work." || !slices.Contains(seen.AllowedTransitions, "reject_cancel") {
		t.Errorf("the provider reads %+v", seen.PendingCancellation)
	}
	if a := post(w.provider, "reject-cancel", `{"text":"Two sessions are left."}`); a.PendingCancellation != nil {
		t.Errorf("rejected: %+v", a.PendingCancellation)
	}
	if a := post(w.provider, "resume", ""); a.Status != "in_service" || a.Hold != nil {
		t.Errorf("resumed: %s, %+v", a.Status, a.Hold)
	}
	body := `{"code":"client_unreachable","contact_attempts":[` + strings.Repeat(`{"at":"2026-05-31T08:00:00Z","method":"call"},`, 2) + `{"at":"2026-05-31T08:00:00Z","method":"visit"}]}`
	w.as(t, w.provider, "POST", path+"/close-unmet", body, match()).want(t, 422, "unprocessable", "/contact_attempts/1/at", "/contact_attempts/2/at")
	if a := post(w.provider, "close-unmet", `{"code":"client_no_show"}`); a.Code != "client_no_show" || a.AttributableTo != "client" {
		t.Errorf("closed: %+v", a)
	}
	// An administrator undoes it on somebody's word and sees nothing.
	w.as(t, w.administrator, "GET", path, "").want(t, 403, "role_forbids")
	undone := w.as(t, w.administrator, "POST", path+"/mark-error", `{"text":"The wrong family."}`, match())
	if a := decode[Attempt](t, undone, 200); a.Status != "entered_in_error" || a.Envelope != nil || a.Sender != nil || a.Text != "" {
		t.Errorf("the administrator sees %s", undone.body)
	}
	if a := decode[Attempt](t, w.as(t, w.manager, "GET", path, ""), 200); a.Text != "The wrong family." || a.Code != "" || a.PurgeDueAt == nil {
		t.Errorf("the case manager sees %+v", a)
	}
	feed := w.as(t, w.provider, "GET", "/v1/events?limit=100", "").body
	for _, kind := range []string{"attempt.cancellation_requested", "attempt.cancellation_rejected", "attempt.progress_reported", "attempt.entered_in_error"} {
		if !strings.Contains(feed, kind) {
			t.Errorf("the feed lacks %s", kind)
		}
	}
	w.seesNothing(t, w.log.String())
}
