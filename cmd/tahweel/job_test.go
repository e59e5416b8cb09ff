package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const yatta = "gn-281292"

// personal are the keys of the sealed groups.
var personal = []string{"identity", "contact", "reason", "household", "sensitive"}

// newReferral is a child in Yatta who needs physiotherapy, with something in every group.
func newReferral() map[string]any {
	return map[string]any{
		"need": "DIS-PHYSIO", "place": yatta, "priority": "normal", "target_group": "children", "sex": "female",
		"person":    map[string]any{"given_name": "Canary", "family_name": "Example", "document_type": "palestinian", "document_number": "000000018", "age": 9},
		"contact":   map[string]any{"telephones": []string{"059 000 0098"}, "safe_method": "call"},
		"household": map[string]any{"size": 5, "members": []any{map[string]any{"relation": "mother", "name": "Example"}}},
		"reason":    map[string]any{"narrative": "an invented story"},
		"sensitive": map[string]any{"diagnosis": "an invented diagnosis"},
	}
}

// consent is a caregiver's, for names, contact, story and household.
func consent() map[string]any {
	return map[string]any{
		"groups": []string{"C", "D", "E", "F"}, "given_by": "caregiver", "child_assent": true, "evidence": "signature",
		"given_at": time.Now().UTC().Add(-time.Minute).Format(time.RFC3339),
	}
}

// offerOf returns the nearest offer of the player's own organization near Yatta.
func offerOf(t *testing.T, d *sharedDemo, player string) string {
	t.Helper()
	found := d.as(t, "case_manager").get("/v1/nearby?need=DIS-PHYSIO&limit=50&place=" + yatta).is(http.StatusOK)
	for _, item := range found.list("items") {
		p := answer{t: t, body: item}
		if p.text("organization/id") == d.ready.Actors[player].OrganizationID {
			return p.text("service_at_location_id")
		}
	}
	t.Fatalf("near Yatta nothing of %s is offered", player)
	return ""
}

// sent opens a referral and sends an attempt to the provider; it returns both ids. The attempt's version is then 2.
func sent(t *testing.T, d *sharedDemo) (referral, attempt string) {
	t.Helper()
	manager := d.as(t, "case_manager")
	referral = manager.post("/v1/referrals", newReferral()).is(http.StatusCreated).text("id")
	draft := manager.post("/v1/referrals/"+referral+"/attempts", map[string]any{
		"service_at_location_id": offerOf(t, d, "provider"), "consent": consent(),
	}).is(http.StatusCreated)
	attempt = draft.text("id")
	if got := manager.move(attempt, "send", 1, nil).is(http.StatusOK); got.text("status") != "sent" || got.number("version") != 2 {
		t.Fatalf("after send: %v", got.body)
	}
	return referral, attempt
}

func TestTheMainJob(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	manager, provider := d.as(t, "case_manager"), d.as(t, "provider")
	before := provider.get("/v1/events?limit=500").is(http.StatusOK).text("next_cursor")
	referral, attempt := sent(t, d)

	events := provider.get("/v1/events?after=" + before).is(http.StatusOK)
	if !slices.ContainsFunc(events.list("items"), func(e any) bool {
		a := answer{body: e}
		return a.text("type") == "org.tahweel.attempt.sent" && a.text("data/attempt_id") == attempt && a.number("data/version") == 2
	}) {
		t.Error("the provider's events do not say that the attempt was sent")
	}
	seesNothingPersonal(t, provider.get("/v1/attempts/"+attempt).is(http.StatusOK))

	accepted := provider.move(attempt, "accept", 2, nil).is(http.StatusOK)
	if accepted.text("identity/given_name") != "Canary" || accepted.text("contact/telephones/0") != "+970590000098" || !accepted.has("reason") {
		t.Errorf("after accepting, what was granted is not there: %v", accepted.body)
	}
	for _, key := range []string{"household", "sensitive"} { // consented but not granted; neither
		if accepted.has(key) {
			t.Errorf("after accepting, the provider sees %s", key)
		}
	}
	began := provider.move(attempt, "start-service", 3, map[string]any{}).is(http.StatusOK)
	provider.move(attempt, "complete", 4, map[string]any{
		"outcome": "service_provided_full", "need_met": "yes", "service_date": began.text("service_date"),
	}).is(http.StatusOK)
	if closed := manager.get("/v1/referrals/" + referral).is(http.StatusOK); closed.text("status") != "closed_met" {
		t.Errorf("the referral is %s", closed.text("status"))
	}
}

func seesNothingPersonal(t *testing.T, a answer) {
	t.Helper()
	for _, key := range personal {
		if a.has(key) {
			t.Errorf("%s: the provider sees %s", a.what, key)
		}
	}
	if !a.has("envelope") {
		t.Errorf("%s: the provider does not see the envelope", a.what)
	}
}

func TestTwoCallsCloseAReferral(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	provider := d.as(t, "provider")
	referral, attempt := sent(t, d)
	accepted := provider.move(attempt, "accept", 2, nil).is(http.StatusOK)
	provider.move(attempt, "complete", 3, map[string]any{
		"outcome": "one_off_assistance", "need_met": "no", "service_date": today(t, accepted),
	}).is(http.StatusOK)
	if open := d.as(t, "case_manager").get("/v1/referrals/" + referral).is(http.StatusOK); open.text("status") != "active" || open.at("needs_routing") != true {
		t.Errorf("a need that was not met: %v", open.body)
	}
}

// today is the Palestinian day of an acceptance.
func today(t *testing.T, accepted answer) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, accepted.text("accepted_at"))
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Hebron")
	if err != nil {
		t.Fatal(err)
	}
	return at.In(zone).Format(time.DateOnly)
}

func TestADeclineClosesTheViewAndAsksForAnotherProvider(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	provider := d.as(t, "provider")
	referral, attempt := sent(t, d)
	provider.move(attempt, "acknowledge", 2, nil).is(http.StatusOK)
	provider.move(attempt, "decline", 3, map[string]any{"code": "no_capacity"}).is(http.StatusOK)
	seesNothingPersonal(t, provider.get("/v1/attempts/"+attempt).is(http.StatusOK))
	if open := d.as(t, "case_manager").get("/v1/referrals/" + referral).is(http.StatusOK); open.at("needs_routing") != true {
		t.Error("the referral does not ask for another provider")
	}
}

func TestARecallBeatsALateAccept(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	manager, provider := d.as(t, "case_manager"), d.as(t, "provider")
	_, attempt := sent(t, d)
	manager.move(attempt, "recall", 2, map[string]any{"code": "client_moved"}).is(http.StatusOK)
	provider.move(attempt, "accept", 2, nil).is(http.StatusPreconditionFailed, "version_conflict")
	provider.move(attempt, "accept", 3, nil).is(http.StatusConflict, "invalid_transition")
	seesNothingPersonal(t, provider.get("/v1/attempts/"+attempt).is(http.StatusOK))
}

func TestWhoIsNotEntitledIsRefused(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	referral, attempt := sent(t, d)
	for _, stranger := range []string{"other_provider", "other_case_manager"} {
		d.as(t, stranger).get("/v1/attempts/"+attempt).is(http.StatusNotFound, "not_found")
	}
	d.as(t, "other_provider").move(attempt, "accept", 2, nil).is(http.StatusNotFound, "not_found")
	d.as(t, "other_case_manager").get("/v1/referrals/" + referral).is(http.StatusNotFound)
	d.as(t, "provider").get("/v1/referrals/" + referral).is(http.StatusForbidden)
	d.as(t, "auditor").get("/v1/attempts/"+attempt).is(http.StatusForbidden, "insufficient_scope")
	d.as(t, "associations_officer").get("/v1/attempts/"+attempt).is(http.StatusForbidden, "insufficient_scope")
	d.as(t, "case_manager").move(attempt, "accept", 2, nil).is(http.StatusForbidden)
	newCaller(t, d.ready.API, "nonsense").get("/v1/attempts/" + attempt).is(http.StatusUnauthorized)
	d.as(t, "supervisor").get("/v1/attempts/" + attempt).is(http.StatusOK)
}

func TestADraftIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	manager, provider := d.as(t, "case_manager"), d.as(t, "provider")
	referral := manager.post("/v1/referrals", newReferral()).is(http.StatusCreated).text("id")
	draft := manager.post("/v1/referrals/"+referral+"/attempts", map[string]any{
		"service_at_location_id": offerOf(t, d, "provider"), "consent": consent(),
	}).is(http.StatusCreated).text("id")
	provider.get("/v1/attempts/"+draft).is(http.StatusNotFound, "not_found")
	provider.move(draft, "accept", 1, nil).is(http.StatusNotFound, "not_found")
}

func TestOneKeyHasOneEffect(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	manager := d.as(t, "case_manager")
	body := newReferral()
	key := "one-key-" + time.Now().Format(time.RFC3339Nano)
	first := manager.doOnce(http.MethodPost, "/v1/referrals", 0, body, key).is(http.StatusCreated)
	for range 9 {
		again := manager.doOnce(http.MethodPost, "/v1/referrals", 0, body, key).is(http.StatusCreated)
		if again.text("id") != first.text("id") || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("a repeated request made %s, and the first %s", again.text("id"), first.text("id"))
		}
	}
	body["priority"] = "urgent"
	manager.doOnce(http.MethodPost, "/v1/referrals", 0, body, key).is(http.StatusUnprocessableEntity, "idempotency_key_reused")
}

func TestNearYattaOnlyWhoMayServeIsListed(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	found := d.as(t, "case_manager").get("/v1/nearby?need=DIS-PHYSIO&limit=50&place=" + yatta).is(http.StatusOK)
	items := found.list("items")
	if len(items) < 5 {
		t.Fatalf("near Yatta there are only %d providers", len(items))
	}
	last := -1
	for i, item := range items {
		p := answer{t: t, body: item}
		if len(p.list("reasons")) == 0 || p.text("instrument/number") == "" || p.text("reasons/0/text/ar") == "" || p.text("reasons/0/text/en") == "" {
			t.Errorf("provider %d does not say why it is there", i)
		}
		if far := p.at("effective_distance_m"); far != nil {
			if p.number("effective_distance_m") < last {
				t.Errorf("provider %d is nearer than the one before", i)
			}
			last = p.number("effective_distance_m")
		}
		name := p.text("organization/name/en")
		for _, refused := range []string{"Nabd", "Masar"} { // accreditation expired; memorandum suspended
			if strings.Contains(name, refused) {
				t.Errorf("%s is listed", name)
			}
		}
	}
}

func TestNearBeitHanunNothingOfTheWestBankIsListed(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	manager := d.as(t, "other_case_manager")
	place := manager.get("/v1/places?limit=1&search=" + url.QueryEscape("بيت حانون")).is(http.StatusOK).text("items/0/code")
	found := manager.get("/v1/nearby?need=DIS-PHYSIO&limit=50&place=" + place).is(http.StatusOK)
	if len(found.list("items")) == 0 {
		t.Fatal("near Beit Hanun there is nothing")
	}
	for _, item := range found.list("items") {
		p := answer{t: t, body: item}
		if p.at("location") != nil && p.at("location/point/longitude").(float64) > 34.6 {
			t.Errorf("%s lies in the West Bank", p.text("organization/name/en"))
		}
	}
}

func TestTier3IsForTheClearedPersonAlone(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	cleared := d.as(t, "cleared_person")
	mine := cleared.get("/v1/attempts").is(http.StatusOK)
	if len(mine.list("items")) == 0 {
		t.Fatal("the cleared person has no attempt")
	}
	attempt := mine.text("items/0/id")
	if !cleared.get("/v1/attempts/" + attempt).is(http.StatusOK).has("identity") {
		t.Error("the cleared person does not see who was accepted")
	}
	for _, other := range []string{"supervisor", "provider"} {
		d.as(t, other).get("/v1/attempts/" + attempt).is(http.StatusNotFound)
	}
}

func TestAShelterIsFoundAndItsPlaceIsNot(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	found := d.as(t, "case_manager").get("/v1/nearby?need=SHL-SAFE&limit=50&place=" + yatta).is(http.StatusOK)
	shelters := 0
	for _, item := range found.list("items") {
		p := answer{t: t, body: item}
		if !strings.Contains(p.text("organization/name/en"), "Sana") {
			continue
		}
		shelters++
		if p.has("location") || p.has("distance_m") || p.has("effective_distance_m") {
			t.Errorf("the answer tells where a shelter is: %v", item)
		}
	}
	if shelters != 1 {
		t.Errorf("%d shelters of Sana near Yatta, want 1", shelters)
	}
}
