package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func decode[T any](t *testing.T, a answered, status int) T {
	t.Helper()
	var v T
	if a.StatusCode != status {
		t.Fatalf("answered %d, want %d: %s", a.StatusCode, status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The words of the person who is referred in these tests; none of them may be seen where it does not belong.
var canaries = []string{"مستعارة", "000000018", "+970590000018", "حكاية", "شارع المثال"}

const referralBody = `{"need":"DIS-PHYSIO","place":"gn-281292","priority":"normal","sex":"female","target_group":"children","language":"ar",
 "person":{"given_name":"مستعارة","family_name":"نموذج","birth_date":"2017-03-14","document_type":"palestinian","document_number":"000000018"},
 "contact":{"telephones":["0590000018"],"address":"شارع المثال","safe_method":"call"},
 "household":{"size":6,"members":[{"relation":"mother","sex":"female","age":34}]},
 "reason":{"strengths":["الأم ترافقها"],"narrative":"حكاية قصيرة"},"eligibility":{"poverty_band":"poor"},"case_reference":"CM-1"}`

func consentBody(offer string) string {
	return fmt.Sprintf(`{"service_at_location_id":%q,"consent":{"groups":["C","D","E"],"given_by":"caregiver","child_assent":true,"evidence":"signature","given_at":"2026-05-30T10:00:00Z"}}`, offer)
}

// sent opens a referral and sends it to the first provider.
func (w *world) sent(t *testing.T) Attempt {
	t.Helper()
	r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
	a := decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(w.offer.String())), 201)
	return decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", `If-Match: "1"`), 200)
}

func TestPlacesNeedsNearby(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found := decode[PlaceList](t, w.as(t, w.manager, "GET", "/v1/places?search="+url.QueryEscape("يطا"), ""), 200)
	if len(found.Items) == 0 || found.Items[0].Code != yatta || found.Items[0].Match != "exact" {
		t.Errorf("Yatta: %+v", found)
	}
	first := w.as(t, w.manager, "GET", "/v1/places?limit=2", "")
	list := decode[PlaceList](t, first, 200)
	next := decode[PlaceList](t, w.as(t, w.manager, "GET", "/v1/places?limit=2&cursor="+url.QueryEscape(list.NextCursor), ""), 200)
	if len(list.Items) != 2 || len(next.Items) != 2 || list.Items[1].Code == next.Items[0].Code {
		t.Errorf("pages: %+v %+v", list, next)
	}
	if again := w.as(t, w.manager, "GET", "/v1/places?limit=2", "", "If-None-Match: "+first.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("a copy that is good: %d", again.StatusCode)
	}
	if needs := decode[NeedList](t, w.as(t, w.provider, "GET", "/v1/needs", ""), 200); len(needs.Items) < 52 {
		t.Errorf("%d needs", len(needs.Items))
	}
	nearby := "/v1/nearby?need=DIS-PHYSIO&place=" + yatta
	page := decode[ProviderList](t, w.as(t, w.manager, "GET", nearby+"&limit=1", ""), 200)
	if len(page.Items) != 1 || page.Items[0].ServiceAtLocationID != w.offer || len(page.Items[0].Reasons) == 0 || page.NextCursor == "" {
		t.Fatalf("nearby: %+v", page)
	}
	rest := decode[ProviderList](t, w.as(t, w.manager, "GET", nearby+"&limit=1&cursor="+url.QueryEscape(page.NextCursor), ""), 200)
	if len(rest.Items) != 1 || rest.Items[0].Organization.ID != w.second || *rest.Items[0].DistanceMeters < *page.Items[0].DistanceMeters {
		t.Errorf("the rest: %+v", rest)
	}
	if far := decode[ProviderList](t, w.as(t, w.otherManager, "GET", "/v1/nearby?need=DIS-PHYSIO&place="+beitHanun, ""), 200); len(far.Items) != 0 {
		t.Errorf("from Beit Hanun: %+v", far)
	}
	decode[ProviderList](t, w.as(t, w.manager, "GET", "/v1/nearby?need=DIS&lat=31.44&lon=35.09&age=0&sex=female&target_group=children&radius_m=3000", ""), 200)
	for query, pointer := range map[string]string{
		"need=DIS-PHYSIO": "?place", "need=DIS-PHYSIO&lat=31": "?place", "need=DIS-PHYSIO&place=x&lat=31&lon=35": "?place",
		"place=" + yatta: "?need", "need=XXX&place=" + yatta: "?need", "need=DIS&lat=135&lon=35": "?lat",
		"need=DIS-PHYSIO&age=-1&place=" + yatta: "?age", "need=DIS-PHYSIO&radius_m=1&place=" + yatta: "?radius_m",
	} {
		w.as(t, w.manager, "GET", "/v1/nearby?"+query, "").wantFirst(t, 400, pointer)
	}
	for _, notANumber := range []string{"lat=NaN&lon=35", "lat=31&lon=NaN", "lat=Inf&lon=35", "lat=1e400&lon=35"} {
		if a := w.as(t, w.manager, "GET", "/v1/nearby?need=DIS&"+notANumber, ""); a.StatusCode != 400 {
			t.Errorf("%s: %d %s", notANumber, a.StatusCode, a.body)
		}
	}
	w.as(t, w.provider, "GET", nearby, "").want(t, 403, "role_forbids")
}

func (a answered) wantFirst(t *testing.T, status int, pointer string) {
	t.Helper()
	if a.StatusCode != status || len(a.problem.Errors) == 0 || a.problem.Errors[0].Pointer != pointer {
		t.Errorf("answered %d, want %d at %s: %s", a.StatusCode, status, pointer, a.body)
	}
}

func TestReferralFromEndToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.sent(t)
	path := "/v1/attempts/" + a.ID.String()
	before := w.as(t, w.provider, "GET", path, "")
	shown := decode[map[string]any](t, before, 200)
	for _, key := range []string{"identity", "contact", "reason", "household", "sensitive"} {
		if _, there := shown[key]; there {
			t.Errorf("before acceptance the provider sees %s", key)
		}
	}
	w.seesNothing(t, before.body)
	if envelope, _ := shown["envelope"].(map[string]any); envelope["target_group"] != nil {
		t.Error("the provider sees the target group, which may say what happened to the person")
	}
	accepted := w.as(t, w.provider, "POST", path+"/accept", "", "If-Match: "+before.Header.Get("ETag"))
	after := decode[Attempt](t, accepted, 200)
	if after.Identity == nil || after.Contact == nil || after.Reason == nil || after.Household != nil || after.Sensitive != nil || after.Contact.Telephones[0] != "+970590000018" {
		t.Errorf("after acceptance: %s", accepted.body)
	}
	if again := w.as(t, w.provider, "GET", path, ""); again.Header.Get("ETag") != accepted.Header.Get("ETag") {
		t.Errorf("the answer to a move has ETag %s, the next read %s", accepted.Header.Get("ETag"), again.Header.Get("ETag"))
	}
	start := fmt.Sprintf(`If-Match: "%d"`, after.Version)
	started := decode[Attempt](t, w.as(t, w.provider, "POST", path+"/start-service", "", start), 200)
	done := decode[Attempt](t, w.as(t, w.provider, "POST", path+"/complete",
		`{"outcome":"service_provided_full","service_date":"2026-05-31","need_met":"yes","quantity":3,"fee_charged":false}`, fmt.Sprintf(`If-Match: "%d"`, started.Version)), 200)
	if done.Outcome == nil || done.Outcome.NeedMet != "yes" || done.Status != "completed" {
		t.Errorf("done: %+v", done)
	}
	r := decode[Referral](t, w.as(t, w.manager, "GET", "/v1/referrals/"+a.ReferralID.String(), ""), 200)
	if r.Status != "closed_met" || len(r.Attempts) != 1 || r.CaseReference != "CM-1" || r.Identity.GivenName != canaries[0] {
		t.Errorf("the referral: %+v", r)
	}
	w.seesNothing(t, w.log.String())
}

// seesNothing fails if one of the person's words is in text.
func (w *world) seesNothing(t *testing.T, text string) {
	t.Helper()
	for _, word := range canaries {
		if strings.Contains(text, word) {
			t.Errorf("%q is in %s", word, text)
		}
	}
}

func TestDeclineAndRecall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/attempts/" + w.sent(t).ID.String()
	w.as(t, w.provider, "POST", path+"/decline", `{"code":"nonsense"}`, `If-Match: "2"`).want(t, 422, "unprocessable", "/code")
	w.as(t, w.provider, "POST", path+"/decline", `{"code":"other"}`, `If-Match: "2"`).want(t, 422, "unprocessable", "/text")
	seen := decode[Attempt](t, w.as(t, w.provider, "POST", path+"/acknowledge", "{}", `If-Match: "2"`), 200)
	w.as(t, w.provider, "POST", path+"/decline", `{"code":"no_capacity"}`, `If-Match: "2"`).want(t, 412, "version_conflict")
	declined := decode[Attempt](t, w.as(t, w.provider, "POST", path+"/decline", `{"code":"no_capacity"}`, fmt.Sprintf(`If-Match: "%d"`, seen.Version)), 200)
	if declined.Envelope == nil || declined.Identity != nil || declined.Eligibility != nil || declined.Sender != nil || declined.Code != "no_capacity" {
		t.Errorf("after a decline: %+v", declined)
	}
	w.as(t, w.provider, "POST", path+"/accept", "", fmt.Sprintf(`If-Match: "%d"`, declined.Version)).want(t, 409, "invalid_transition")
	path = "/v1/attempts/" + w.sent(t).ID.String()
	decode[Attempt](t, w.as(t, w.manager, "POST", path+"/recall", `{"code":"client_moved"}`, `If-Match: "2"`), 200)
	if list := decode[AttemptList](t, w.as(t, w.provider, "GET", "/v1/attempts?status=cancelled", ""), 200); len(list.Items) != 1 {
		t.Errorf("cancelled: %+v", list)
	}
	w.as(t, w.provider, "GET", "/v1/attempts?referral=x", "").want(t, 400, "invalid_input", "?referral")
	of := "/v1/attempts?limit=1&referral=" + declined.ReferralID.String()
	page := w.as(t, w.manager, "GET", of, "")
	if list := decode[AttemptList](t, page, 200); len(list.Items) != 1 || list.Items[0].ID != declined.ID || list.NextCursor != "" || page.Header.Get("Link") != "" {
		t.Errorf("of one referral: %s", page.body)
	}
	all := decode[AttemptList](t, w.as(t, w.manager, "GET", "/v1/attempts?limit=1", ""), 200)
	rest := decode[AttemptList](t, w.as(t, w.manager, "GET", "/v1/attempts?limit=1&cursor="+url.QueryEscape(all.NextCursor), ""), 200)
	if len(all.Items) != 1 || len(rest.Items) != 1 || rest.Items[0].ID != declined.ID || rest.NextCursor != "" {
		t.Errorf("pages of attempts: %+v %+v", all, rest)
	}
}

func TestOthersKnowNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
	made := w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(w.offer.String()))
	draft := decode[Attempt](t, made, 201)
	if made.Header.Get("Location") != "/v1/attempts/"+draft.ID.String() {
		t.Errorf("Location: %s", made.Header.Get("Location"))
	}
	path := "/v1/attempts/" + draft.ID.String()
	w.as(t, w.provider, "GET", path, "").want(t, 404, "not_found")
	w.as(t, w.provider, "POST", path+"/accept", "", `If-Match: "1"`).want(t, 404, "not_found")
	w.as(t, w.provider, "GET", "/v1/referrals/"+r.ID.String(), "").want(t, 403, "role_forbids")
	decode[Attempt](t, w.as(t, w.manager, "POST", path+"/send", "", `If-Match: "1"`), 200)
	for _, token := range []string{w.other, w.otherManager} {
		w.as(t, token, "GET", path, "").want(t, 404, "not_found")
		if list := decode[AttemptList](t, w.as(t, token, "GET", "/v1/attempts", ""), 200); len(list.Items) != 0 {
			t.Errorf("another's list: %+v", list)
		}
		if feed := decode[EventList](t, w.as(t, token, "GET", "/v1/events", ""), 200); len(feed.Items) != 0 {
			t.Errorf("another's feed: %+v", feed)
		}
	}
	w.as(t, w.otherManager, "GET", "/v1/referrals/"+r.ID.String(), "").want(t, 404, "not_found")
	w.as(t, w.audit, "GET", path, "").want(t, 403, "role_forbids")
}

func TestOneKeyOneEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: the-same"
	var ids []string
	for i := range 10 {
		a := w.as(t, w.manager, "POST", "/v1/referrals", referralBody, key)
		r := decode[Referral](t, a, 201)
		ids = append(ids, r.ID.String())
		if (a.Header.Get("Idempotency-Replayed") == "true") != (i > 0) || r.ID.String() != ids[0] {
			t.Fatalf("repetition %d: %v", i, a.Header)
		}
	}
	other := strings.Replace(referralBody, `"normal"`, `"urgent"`, 1)
	w.as(t, w.manager, "POST", "/v1/referrals", other, key).want(t, 422, "idempotency_key_reused")
	list := decode[ReferralList](t, w.as(t, w.manager, "GET", "/v1/referrals?status=draft", ""), 200)
	if len(list.Items) != 1 || list.Items[0].Identity != nil {
		t.Errorf("referrals: %+v", list)
	}
	path := "/v1/attempts/" + w.sent(t).ID.String()
	decode[Attempt](t, w.as(t, w.provider, "POST", path+"/accept", "", `If-Match: "2"`, key), 200)
	replay := w.as(t, w.provider, "POST", path+"/accept", "", `If-Match: "2"`, key)
	if decode[Attempt](t, replay, 200); replay.Header.Get("Idempotency-Replayed") != "true" {
		t.Error("a replay must be answered before the version is looked at")
	}
}

func TestAcceptAndRecallHaveOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		path := "/v1/attempts/" + w.sent(t).ID.String()
		statuses := make([]int, 2)
		var both sync.WaitGroup
		both.Go(func() { statuses[0] = w.as(t, w.provider, "POST", path+"/accept", "", `If-Match: "2"`).StatusCode })
		both.Go(func() {
			statuses[1] = w.as(t, w.manager, "POST", path+"/recall", `{"code":"client_moved"}`, `If-Match: "2"`).StatusCode
		})
		both.Wait()
		if statuses[0]+statuses[1] != http.StatusOK+http.StatusPreconditionFailed {
			t.Errorf("accept %d, recall %d", statuses[0], statuses[1])
		}
	}
}

func TestEventsFollowEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.sent(t)
	feed := decode[EventList](t, w.as(t, w.provider, "GET", "/v1/events", ""), 200)
	if len(feed.Items) != 1 || feed.Items[0].Type != "org.tahweel.attempt.sent" || feed.Items[0].Data.Version != 2 || *feed.Items[0].Data.AttemptID != a.ID {
		t.Fatalf("the provider's feed: %+v", feed)
	}
	again := decode[EventList](t, w.as(t, w.provider, "GET", "/v1/events?after="+feed.NextCursor, ""), 200)
	if len(again.Items) != 0 || again.NextCursor != feed.NextCursor {
		t.Errorf("nothing new: %+v", again)
	}
	// The two calls: the version comes from the event.
	accept := fmt.Sprintf(`If-Match: "%d"`, feed.Items[0].Data.Version)
	decode[Attempt](t, w.as(t, w.provider, "POST", feed.Items[0].Data.Links.Attempt+"/accept", "", accept), 200)
	all := w.as(t, w.manager, "GET", "/v1/events?limit=1", "")
	seen := 0
	for link := all.Header.Get("Link"); link != ""; seen++ {
		at, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		link = w.as(t, w.manager, "GET", at, "").Header.Get("Link")
	}
	if seen < 4 {
		t.Errorf("the case manager's feed has %d pages", seen)
	}
	w.as(t, w.manager, "GET", "/v1/events?after=1&cursor=1", "").want(t, 400, "invalid_cursor", "?cursor")
	w.as(t, w.manager, "GET", "/v1/events?after=x", "").want(t, 400, "invalid_input", "?after")
	w.as(t, w.audit, "GET", "/v1/events", "").want(t, 403, "role_forbids")
}
