package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/referrals"
)

// another is a second server on a pool of its own.
func (w *world) another(t *testing.T) *world {
	t.Helper()
	db, err := pg.Open(t.Context(), w.db.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	second, config := *w, w.config
	config.Referrals = referrals.NewStore(db, w.keyset, worldClock)
	second.serve(t, config)
	return &second
}

func version(n int) string { return fmt.Sprintf(`If-Match: "%d"`, n) }

// decisions are the three moves of a referral with what each must carry, and from where each is legal, written out a second time on
// purpose (referrals.md, "Levels").
var decisionBodies = map[string]string{"close": `{"code":"resource_exhausted"}`, "cancel": `{"code":"client_moved"}`, "reopen": `{"code":"need_returned"}`}

var legalDecisions = map[string]string{
	"draft": "cancel", "active": "close cancel", "closed_met": "reopen", "closed_partly_met": "reopen", "closed_unmet": "reopen",
	"cancelled": "", "entered_in_error": "",
}

// referralIn makes a referral without attempts in the state.
func (w *world) referralIn(t *testing.T, status string) Referral {
	t.Helper()
	r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
	for _, step := range map[string][]string{
		"draft": {}, "active": {"activate active"}, "closed_met": {"activate active", "meet closed_met"}, "closed_partly_met": {"activate active", "meet_partly closed_partly_met"},
		"closed_unmet": {"activate active", "close_unmet closed_unmet"}, "cancelled": {"cancel cancelled"}, "entered_in_error": {"mark_error entered_in_error"},
	}[status] {
		transition, next, _ := strings.Cut(step, " ")
		w.db.Exec(t, `
			UPDATE referral
			SET transition = $2, status = $3, version = version + 1, close_code = CASE WHEN $3 IN ('closed_unmet', 'cancelled') THEN 'other' END,
			    closed_at = CASE WHEN $3 NOT IN ('draft', 'active') THEN $4::timestamptz END
			WHERE id = $1`, r.ID, transition, next, worldTime)
		r.Version++
	}
	return r
}

// TestDecisionsAboutAReferralOverHTTP: of 21 pairs 6 are legal; the 15 others answer 409 and change nothing.
func TestDecisionsAboutAReferralOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	passed, refused := 0, 0
	for status, legal := range legalDecisions {
		for move, body := range decisionBodies {
			r := w.referralIn(t, status)
			before := w.fingerprint(t)
			path := "/v1/referrals/" + r.ID.String() + "/" + move
			if strings.Contains(" "+legal+" ", " "+move+" ") {
				w.as(t, w.manager, "POST", path, body, version(r.Version+1)).want(t, 412, "version_conflict")
				w.as(t, w.manager, "POST", path, `{"code":"nonsense"}`, version(r.Version)).want(t, 422, "unprocessable", "/code")
				w.as(t, w.manager, "POST", path, `{"code":"other"}`, version(r.Version)).want(t, 422, "unprocessable", "/text")
				w.as(t, w.otherManager, "POST", path, body, version(r.Version)).want(t, 404, "not_found")
				w.as(t, w.supervisor, "POST", path, body, version(r.Version)).want(t, 403, "role_forbids")
				w.as(t, w.provider, "POST", path, body, version(r.Version)).want(t, 403, "role_forbids")
				if w.fingerprint(t) != before {
					t.Errorf("%s while %s was refused and changed something", move, status)
				}
				a := w.as(t, w.manager, "POST", path, strings.Replace(body, "}", `,"text":"حكاية"}`, 1), version(r.Version))
				moved := decode[Referral](t, a, 200)
				if moved.Version <= r.Version || moved.Status == status || moved.Text != "حكاية" || (moved.NeedsRouting != (move == "reopen")) {
					t.Errorf("%s while %s: %s", move, status, a.body)
				}
				passed++
				continue
			}
			if a := w.as(t, w.manager, "POST", path, body, version(r.Version)); a.StatusCode != http.StatusConflict || a.problem.Code != "invalid_transition" || w.fingerprint(t) != before {
				t.Errorf("%s while %s: %d %s, or it changed something", move, status, a.StatusCode, a.problem.Code)
			}
			refused++
		}
	}
	if passed != 6 || refused != 15 {
		t.Errorf("%d pass and %d are refused", passed, refused)
	}
	w.seesNothing(t, w.log.String())
}

func TestCancellingRecallsAndAServiceStandsInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.sent(t)
	referral := "/v1/referrals/" + a.ReferralID.String()
	read := func() Referral { return decode[Referral](t, w.as(t, w.manager, "GET", referral, ""), 200) }
	w.as(t, w.manager, "POST", referral+"/close", decisionBodies["close"], version(read().Version)).want(t, 409, "attempt_is_open")
	accepted := decode[Attempt](t, w.as(t, w.provider, "POST", "/v1/attempts/"+a.ID.String()+"/accept", "", version(2)), 200)
	const key = "Idempotency-Key: cancelled-once"
	before := read().Version
	for i := range 2 {
		answer := w.as(t, w.manager, "POST", referral+"/cancel", `{"code":"client_deceased"}`, version(before), key)
		if r := decode[Referral](t, answer, 200); r.Status != "cancelled" || r.CloseCode != "client_deceased" || r.Attempts[0].Status != "cancelled" || (answer.Header.Get("Idempotency-Replayed") != "") != (i == 1) {
			t.Errorf("cancelled: %s", answer.body)
		}
	}
	seen := decode[Attempt](t, w.as(t, w.provider, "GET", "/v1/attempts/"+a.ID.String(), ""), 200)
	if seen.Status != "cancelled" || seen.Code != "client_deceased" || seen.Identity != nil || seen.Version != accepted.Version+1 {
		t.Errorf("the provider sees %+v", seen)
	}
	w.as(t, w.manager, "POST", referral+"/reopen", decisionBodies["reopen"], version(read().Version)).want(t, 409, "invalid_transition")

	b := w.sent(t)
	referral = "/v1/referrals/" + b.ReferralID.String()
	decode[Attempt](t, w.as(t, w.provider, "POST", "/v1/attempts/"+b.ID.String()+"/accept", "", version(2)), 200)
	decode[Attempt](t, w.as(t, w.provider, "POST", "/v1/attempts/"+b.ID.String()+"/start-service", "", version(3)), 200)
	print1 := w.fingerprint(t)
	w.as(t, w.manager, "POST", referral+"/cancel", decisionBodies["cancel"], version(read().Version)).want(t, 409, "service_under_way")
	if w.fingerprint(t) != print1 {
		t.Error("refused, and something changed")
	}
	// Met, opened again within 90 days, and tried anew the ordinary way.
	decode[Attempt](t, w.as(t, w.provider, "POST", "/v1/attempts/"+b.ID.String()+"/complete", moveBodies["complete"], version(4)), 200)
	again := decode[Referral](t, w.as(t, w.manager, "POST", referral+"/reopen", decisionBodies["reopen"], version(read().Version)), 200)
	if again.Status != "active" || !again.NeedsRouting || again.ReopenCode != "need_returned" || again.ClosedAt != nil {
		t.Errorf("opened again: %+v", again)
	}
	made := decode[Attempt](t, w.as(t, w.manager, "POST", referral+"/attempts", consentBody(w.offer.String())), 201)
	decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/attempts/"+made.ID.String()+"/send", "", version(1)), 200)
}

func TestAReferralIsNotOpenedAgainAfterNinetyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for days, status := range map[int]int{89: 200, 90: 200, 91: 409} {
		r := w.referralIn(t, "closed_met")
		w.db.Exec(t, `UPDATE referral SET closed_at = $2 WHERE id = $1`, r.ID, worldTime.AddDate(0, 0, -days))
		a := w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/reopen", decisionBodies["reopen"], version(r.Version))
		if a.StatusCode != status || status == 409 && a.problem.Code != "too_long_closed" {
			t.Errorf("after %d days: %d %s", days, a.StatusCode, a.body)
		}
	}
}

func recipientBody(organization uuid.UUID) string {
	return fmt.Sprintf(`{"recipient_organization_id":%q,"groups":["C","D"],"given_by":"caregiver","child_assent":true,"evidence":"otp","given_at":"2026-05-30T10:00:00Z","expires_at":"2026-07-01T00:00:00Z"}`, organization)
}

// TestAConsentFromRecordingToWithdrawal: recorded apart, named by an attempt, withdrawn on one server, and on another the provider sees
// the envelope only.
func TestAConsentFromRecordingToWithdrawal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := w.another(t)
	r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
	referral := "/v1/referrals/" + r.ID.String()
	made := w.as(t, w.manager, "POST", referral+"/consents", recipientBody(w.first))
	c := decode[ConsentRecord](t, made, 201)
	if c.Status != "in_force" || c.Recipient.ID != w.first || made.Header.Get("Location") != "/v1/consents/"+c.ID.String() {
		t.Errorf("recorded: %s", made.body)
	}
	w.as(t, w.manager, "POST", referral+"/consents", recipientBody(uuid.New())).want(t, 422, "recipient_not_found", "/recipient_organization_id")
	w.as(t, w.manager, "POST", referral+"/consents", strings.Replace(recipientBody(w.first), "true", "false", 1)).want(t, 422, "unprocessable", "/child_assent")
	w.as(t, w.otherManager, "POST", referral+"/consents", recipientBody(w.first)).want(t, 404, "not_found")
	w.as(t, w.provider, "POST", referral+"/consents", recipientBody(w.first)).want(t, 403, "role_forbids")

	name := func(consent uuid.UUID) string {
		return fmt.Sprintf(`{"service_at_location_id":%q,"consent_id":%q}`, w.offer, consent)
	}
	foreign := decode[ConsentRecord](t, w.as(t, w.manager, "POST", referral+"/consents", recipientBody(w.second)), 201)
	w.as(t, w.manager, "POST", referral+"/attempts", name(foreign.ID)).want(t, 422, "consent_other_recipient")
	w.as(t, w.manager, "POST", referral+"/attempts", name(uuid.New())).want(t, 422, "consent_not_found", "/consent_id")
	w.as(t, w.manager, "POST", referral+"/attempts", fmt.Sprintf(`{"service_at_location_id":%q}`, w.offer)).want(t, 400, "invalid_input", "/consent")
	a := decode[Attempt](t, w.as(t, w.manager, "POST", referral+"/attempts", name(c.ID)), 201)
	attempt := "/v1/attempts/" + a.ID.String()
	decode[Attempt](t, w.as(t, w.manager, "POST", attempt+"/send", "", version(1)), 200)
	accepted := decode[Attempt](t, w.as(t, w.provider, "POST", attempt+"/accept", "", version(2)), 200)
	if accepted.Identity == nil || accepted.Contact == nil || accepted.Reason != nil {
		t.Errorf("accepted under a consent to C and D: %+v", accepted.Disclosure)
	}
	list := decode[ConsentList](t, w.as(t, w.manager, "GET", referral+"/consents?limit=1", ""), 200)
	rest := decode[ConsentList](t, w.as(t, w.supervisor, "GET", referral+"/consents?limit=1&cursor="+url.QueryEscape(list.NextCursor), ""), 200)
	if len(list.Items) != 1 || list.Items[0].ID != foreign.ID || len(rest.Items) != 1 || rest.Items[0].ID != c.ID {
		t.Errorf("the consents: %+v %+v", list, rest)
	}

	consent := "/v1/consents/" + c.ID.String()
	w.as(t, w.manager, "POST", consent+"/withdraw", `{"channel":"dream"}`, version(1)).wantFirst(t, 400, "/channel")
	w.as(t, w.otherManager, "POST", consent+"/withdraw", `{"channel":"telephone"}`, version(1)).want(t, 404, "not_found")
	w.as(t, w.provider, "POST", consent+"/withdraw", `{"channel":"telephone"}`, version(1)).want(t, 403, "role_forbids")
	w.as(t, w.manager, "POST", consent+"/withdraw", `{"channel":"telephone"}`, version(7)).want(t, 412, "version_conflict")
	// The family reaches the supervisor while its case manager is away.
	done := decode[ConsentRecord](t, w.as(t, w.supervisor, "POST", consent+"/withdraw", `{"channel":"telephone"}`, version(1)), 200)
	if done.Status != "withdrawn" || done.WithdrawalChannel != "telephone" || done.Version != 2 {
		t.Errorf("withdrawn: %+v", done)
	}
	seen := elsewhere.as(t, w.provider, "GET", attempt, "")
	if v := decode[Attempt](t, seen, 200); v.Status != "cancelled" || v.Code != "client_withdrew_consent" || v.Identity != nil || v.Contact != nil || v.Sender != nil {
		t.Errorf("the provider sees %s", seen.body)
	}
	w.seesNothing(t, seen.body)
	w.as(t, w.supervisor, "POST", consent+"/withdraw", `{"channel":"telephone"}`, version(2)).want(t, 409, "consent_closed")
	w.as(t, w.manager, "POST", referral+"/attempts", name(c.ID)).want(t, 422, "consent_withdrawn")
	history := decode[CaseHistory](t, w.as(t, w.manager, "GET", consent+"/history", ""), 200)
	if got := happenedIn(history); !slices.Equal(got, []string{
		"consent.recorded ministry", "attempt.draft ministry", "attempt.sent ministry", "attempt.accepted provider", "attempt.cancelled system", "consent.withdrawn ministry",
	}) {
		t.Errorf("the consent's history: %q", got)
	}
}

func happenedIn(h CaseHistory) []string {
	list := make([]string, len(h.Items))
	for i, e := range h.Items {
		list[i] = e.Type
		if e.By != nil {
			list[i] += " " + e.By.Side
		}
	}
	return list
}

// TestABarOnOneServerCutsOnTheOther: what the provider was shown a moment ago is absent from the next answer, before any sweep, and
// sealed fields are not even in the database's answer to it.
func TestABarOnOneServerCutsOnTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := w.another(t)
	path := "/v1/attempts/" + w.sent(t).ID.String()
	decode[Attempt](t, w.as(t, w.provider, "POST", path+"/accept", "", version(2)), 200)
	if v := decode[Attempt](t, elsewhere.as(t, w.provider, "GET", path, ""), 200); v.Identity == nil {
		t.Fatal("nothing is shown before: the test proves nothing")
	}
	w.db.Exec(t, `ALTER TABLE instrument ADD COLUMN IF NOT EXISTS suspension_kind text`)
	w.db.Exec(t, `UPDATE instrument SET transition = 'suspend', status = 'suspended', suspension_kind = 'safeguarding', updated_at = $2 WHERE organization_id = $1`, w.first, worldTime)
	seen := elsewhere.as(t, w.provider, "GET", path, "")
	if v := decode[Attempt](t, seen, 200); v.Status != "cancelled" || v.Code != "provider_barred" || v.Identity != nil || v.Contact != nil || v.Reason != nil || v.Sender != nil {
		t.Errorf("after the bar: %s", seen.body)
	}
	w.seesNothing(t, seen.body)
	if r := decode[ReferralList](t, w.as(t, w.manager, "GET", "/v1/referrals", ""), 200); !r.Items[0].NeedsRouting {
		t.Error("the referral does not wait for another provider")
	}
}

func TestHistoriesTellWhoMovedWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.sent(t)
	path := "/v1/attempts/" + a.ID.String()
	decode[Attempt](t, w.as(t, w.provider, "POST", path+"/decline", `{"code":"other","text":"حكاية"}`, version(2)), 200)
	all := w.as(t, w.manager, "GET", "/v1/referrals/"+a.ReferralID.String()+"/history", "")
	if got := happenedIn(decode[CaseHistory](t, all, 200)); !slices.Equal(got, []string{
		"referral.draft ministry", "attempt.draft ministry", "referral.active ministry", "attempt.sent ministry", "referral.needs_routing system", "attempt.declined provider",
	}) {
		t.Errorf("the referral's history: %q", got)
	}
	w.seesNothing(t, all.body)
	of := w.as(t, w.manager, "GET", path+"/history", "")
	for i, e := range decode[CaseHistory](t, of, 200).Items {
		if e.By == nil || e.By.AccountID == nil || e.By.Name == nil || e.Version != i+1 {
			t.Errorf("the ministry's side reads %+v", e)
		}
	}
	mine := decode[CaseHistory](t, w.as(t, w.provider, "GET", path+"/history", ""), 200)
	if got := happenedIn(mine); !slices.Equal(got, []string{"attempt.sent ministry", "attempt.declined provider"}) {
		t.Fatalf("the provider reads %q", got)
	}
	if m := mine.Items[0].By; m.AccountID != nil || m.Name != nil {
		t.Errorf("the provider reads who sent it: %+v", m)
	}
	if e := mine.Items[1]; e.Transition != "decline" || e.Code != "other" || e.By.AccountID == nil {
		t.Errorf("its own move: %+v", e)
	}
	first := decode[CaseHistory](t, w.as(t, w.manager, "GET", path+"/history?limit=1", ""), 200)
	rest := decode[CaseHistory](t, w.as(t, w.manager, "GET", path+"/history?limit=9&cursor="+url.QueryEscape(first.NextCursor), ""), 200)
	if len(first.Items) != 1 || len(rest.Items) != 2 || rest.NextCursor != "" {
		t.Errorf("pages: %+v %+v", first, rest)
	}
	w.as(t, w.other, "GET", path+"/history", "").want(t, 404, "not_found")
	w.as(t, w.audit, "GET", path+"/history", "").want(t, 403, "role_forbids")
	w.as(t, w.provider, "GET", "/v1/referrals/"+a.ReferralID.String()+"/history", "").want(t, 403, "role_forbids")
	w.as(t, w.otherManager, "GET", "/v1/referrals/"+a.ReferralID.String()+"/history", "").want(t, 404, "not_found")
}

func TestAPartnersOwnNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, other := w.sent(t), w.sent(t)
	path := "/v1/attempts/" + a.ID.String()
	set := func(token, body string, v int) answered { return w.as(t, token, "PATCH", path, body, version(v)) }
	set(w.provider, `{"partner_reference":"a b"}`, 2).wantFirst(t, 400, "/partner_reference")
	set(w.provider, `{"partner_reference":"X-1"}`, 9).want(t, 412, "version_conflict")
	set(w.manager, `{"partner_reference":"X-1"}`, 2).want(t, 403, "role_forbids")
	set(w.other, `{"partner_reference":"X-1"}`, 2).want(t, 404, "not_found")
	if v := decode[Attempt](t, set(w.provider, `{"partner_reference":"X-1"}`, 2), 200); v.PartnerReference != "X-1" || v.Version != 3 {
		t.Errorf("set: %+v", v)
	}
	for query, want := range map[string]int{"X-1": 1, "X-2": 0} {
		for _, token := range []string{w.provider, w.manager} {
			if list := decode[AttemptList](t, w.as(t, token, "GET", "/v1/attempts?partner_reference="+query, ""), 200); len(list.Items) != want || want == 1 && list.Items[0].ID != a.ID {
				t.Errorf("%s: %d items", query, len(list.Items))
			}
		}
	}
	feed := decode[EventList](t, w.as(t, w.provider, "GET", "/v1/events", ""), 200)
	if last := feed.Items[len(feed.Items)-1]; last.Type != "org.tahweel.attempt.partner_reference_set" || last.Data.Version != 3 {
		t.Errorf("the event: %+v", last)
	}
	if v := decode[Attempt](t, set(w.provider, `{"partner_reference":""}`, 3), 200); v.PartnerReference != "" {
		t.Errorf("taken away: %+v", v)
	}
	decode[Attempt](t, w.as(t, w.provider, "POST", path+"/accept", "", version(4)), 200)
	if got := pgtest.Value[*string](t, w.db, `SELECT partner_reference FROM attempt WHERE id = $1`, other.ID); got != nil {
		t.Errorf("another's number: %v", got)
	}
}

// An expired consent stops what is new and does not break a service under way.
func TestAnExpiredConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.sent(t)
	path := "/v1/attempts/" + a.ID.String()
	decode[Attempt](t, w.as(t, w.provider, "POST", path+"/accept", "", version(2)), 200)
	w.db.Exec(t, `UPDATE consent SET expires_at = $1`, worldTime.Add(-time.Hour))
	if v := decode[Attempt](t, w.as(t, w.provider, "GET", path, ""), 200); v.Identity == nil || v.Status != "accepted" {
		t.Errorf("under way: %+v", v)
	}
	consents := decode[ConsentList](t, w.as(t, w.manager, "GET", "/v1/referrals/"+a.ReferralID.String()+"/consents", ""), 200)
	if len(consents.Items) != 1 || consents.Items[0].Status != "expired" {
		t.Fatalf("the consent: %+v", consents)
	}
	decode[Attempt](t, w.as(t, w.manager, "POST", path+"/recall", `{"code":"rerouted"}`, version(3)), 200)
	w.as(t, w.manager, "POST", "/v1/referrals/"+a.ReferralID.String()+"/attempts", fmt.Sprintf(`{"service_at_location_id":%q,"consent_id":%q}`, w.offer, consents.Items[0].ID)).want(t, 422, "consent_expired")
}
