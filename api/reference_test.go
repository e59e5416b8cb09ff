package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// keeper is a world with its administrator.
type keeper struct {
	*world
	admin string
}

func newKeeper(t *testing.T) keeper {
	t.Helper()
	w := newWorld(t)
	return keeper{world: w, admin: w.token(t, policy.Person, policy.Membership{Role: policy.Administrator})}
}

func (k keeper) finds(t *testing.T) int {
	t.Helper()
	return len(decode[ProviderList](t, k.as(t, k.manager, "GET", "/v1/nearby?need=DIS-PHYSIO&place="+yatta, ""), 200).Items)
}

func TestDirectoratesOverTheAPI(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	body := `{"code":"BET","name":{"ar":"بيت لحم","en":"Bethlehem"},"governorate_codes":["PS0145"]}`
	k.as(t, k.manager, "POST", "/v1/directorates", body).want(t, 403, "role_forbids")
	made := decode[Directorate](t, k.as(t, k.admin, "POST", "/v1/directorates", body), 201)
	k.as(t, k.admin, "POST", "/v1/directorates", body).want(t, 409, "directorate_code_taken")
	if len(made.PlaceCodes) < 10 || made.Version != 1 {
		t.Errorf("made: %d places", len(made.PlaceCodes))
	}
	path := "/v1/directorates/" + made.ID.String()
	change := fmt.Sprintf(`{"name":{"ar":"بيت لحم","en":"Bethlehem and Yatta"},"place_codes":[%q],"governorate_codes":["PS0145"],"excluded_place_codes":[%q]}`, yatta, made.PlaceCodes[0])
	changed := decode[Directorate](t, k.as(t, k.admin, "PUT", path, change, match(1)), 200)
	if len(changed.PlaceCodes) != len(made.PlaceCodes) || changed.Version != 2 || changed.Name.EN != "Bethlehem and Yatta" {
		t.Errorf("changed: %d places of %d, %+v", len(changed.PlaceCodes), len(made.PlaceCodes), changed.Name)
	}
	k.as(t, k.admin, "PUT", path, change, match(1)).want(t, 412, "version_conflict")
	k.as(t, k.admin, "PUT", path, strings.Replace(change, yatta, "gn-0", 1), match(2)).want(t, 422, "unknown_reference")
	log := decode[ChangeList](t, k.as(t, k.admin, "GET", path+"/history", ""), 200)
	if len(log.Items) != 2 || log.Items[1].Version != 2 || len(log.Items[1].Fields) != 2 {
		t.Errorf("history: %+v", log.Items)
	}
	first := decode[DirectorateList](t, k.as(t, k.provider, "GET", "/v1/directorates?limit=2", ""), 200)
	rest := decode[DirectorateList](t, k.as(t, k.provider, "GET", "/v1/directorates?limit=2&cursor="+first.NextCursor, ""), 200)
	if len(first.Items) != 2 || len(rest.Items) != 1 || rest.NextCursor != "" {
		t.Errorf("pages of %d and %d", len(first.Items), len(rest.Items))
	}
	k.as(t, k.admin, "GET", "/v1/directorates/"+uuid.NewString(), "").want(t, 404, "not_found")
}

func TestCalendarDaysOverTheAPI(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	holiday := `{"kind":"holiday","starts_on":"2026-06-16","ends_on":"2026-06-17","name":{"ar":"عيد","en":"Feast"}}`
	made := decode[CalendarDay](t, k.as(t, k.admin, "POST", "/v1/calendar-days", holiday), 201)
	k.as(t, k.manager, "POST", "/v1/calendar-days", holiday).want(t, 403, "role_forbids")
	k.as(t, k.admin, "POST", "/v1/calendar-days", strings.Replace(holiday, "-17", "-15", 1)).want(t, 422, "unprocessable", "/ends_on")
	short := `{"kind":"short_hours","starts_on":"2026-02-18","ends_on":"2026-03-19","name":{"ar":"رمضان","en":"Ramadan"},"opens_at":"09:00","closes_at":"13:30"}`
	ramadan := decode[CalendarDay](t, k.as(t, k.admin, "POST", "/v1/calendar-days", short), 201)
	if ramadan.OpensAt != "09:00" || ramadan.ClosesAt != "13:30" {
		t.Errorf("hours: %+v", ramadan)
	}
	k.as(t, k.admin, "POST", "/v1/calendar-days", strings.Replace(short, "13:30", "08:30", 1)).want(t, 422, "unprocessable", "/opens_at")
	path := "/v1/calendar-days/" + made.ID.String()
	cancelled := decode[CalendarDay](t, k.as(t, k.admin, "PUT", path, strings.Replace(holiday, "{", `{"status":"cancelled",`, 1), match(1)), 200)
	if cancelled.Status != "cancelled" || cancelled.Version != 2 {
		t.Errorf("cancelled: %+v", cancelled)
	}
	list := decode[CalendarDayList](t, k.as(t, k.provider, "GET", "/v1/calendar-days?limit=1", ""), 200)
	next := decode[CalendarDayList](t, k.as(t, k.provider, "GET", "/v1/calendar-days?limit=1&cursor="+list.NextCursor, ""), 200)
	if list.Items[0].ID != ramadan.ID || next.Items[0].ID != made.ID || next.NextCursor != "" {
		t.Errorf("pages: %+v, %+v", list, next)
	}
	june := decode[CalendarDayList](t, k.as(t, k.provider, "GET", "/v1/calendar-days?from=2026-06-01&to=2026-06-30", ""), 200)
	if len(june.Items) != 1 {
		t.Errorf("June has %d", len(june.Items))
	}
	if log := decode[ChangeList](t, k.as(t, k.manager, "GET", path+"/history", ""), 200); len(log.Items) != 2 {
		t.Errorf("history: %+v", log.Items)
	}
}

// TestClosuresAreAnnouncedByWhoWorksThere goes through whose closure each may announce.
func TestClosuresAreAnnouncedByWhoWorksThere(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	tokens := map[string]string{
		"the administrator": k.admin, "the officer": k.token(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer}),
		"the supervisor":   k.token(t, policy.Person, policy.Membership{Role: policy.Supervisor, DirectorateID: k.hebron}),
		"the case manager": k.manager, "the client": k.provider, "the focal point": k.token(t, policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: k.first}),
	}
	of := func(member string, id uuid.UUID) string {
		return fmt.Sprintf(`{%q:%q,"starts_on":"2026-06-07","ends_on":"2026-06-08","name":{"ar":"جرد","en":"Stocktaking"}}`, member, id)
	}
	for name, may := range map[string]string{
		"the administrator": "first second hebron gaza", "the officer": "first second", "the supervisor": "hebron", "the case manager": "",
		"the client": "first", "the focal point": "first",
	} {
		for whose, body := range map[string]string{
			"first": of("organization_id", k.first), "second": of("organization_id", k.second), "hebron": of("directorate_id", k.hebron), "gaza": of("directorate_id", k.gaza),
		} {
			got := k.as(t, tokens[name], "POST", "/v1/closures", body)
			if want := strings.Contains(may, whose); (got.StatusCode == 201) != want || !want && got.StatusCode != 403 {
				t.Errorf("%s closes %s: %d %s", name, whose, got.StatusCode, got.body)
			}
		}
	}
	body := fmt.Sprintf(`{"organization_id":%q,"service_at_location_id":%q,"starts_on":"2026-06-07","ends_on":"2026-06-08","name":{"ar":"جرد","en":"Stocktaking"}}`, k.first, k.offer)
	made := decode[Closure](t, k.as(t, k.provider, "POST", "/v1/closures", body), 201)
	k.as(t, tokens["the officer"], "POST", "/v1/closures", strings.Replace(body, k.first.String(), k.second.String(), 1)).want(t, 422, "unprocessable", "/service_at_location_id")
	path := "/v1/closures/" + made.ID.String()
	change := `{"starts_on":"2026-06-07","ends_on":"2026-06-09","name":{"ar":"جرد","en":"Stocktaking"},"status":"cancelled"}`
	k.as(t, k.other, "PUT", path, change, match(1)).want(t, 403, "role_forbids")
	changed := decode[Closure](t, k.as(t, k.provider, "PUT", path, change, match(1)), 200)
	if changed.Status != "cancelled" || changed.EndsOn != "2026-06-09" || *changed.ServiceAtLocationID != k.offer {
		t.Errorf("changed: %+v", changed)
	}
	list := decode[ClosureList](t, k.as(t, k.other, "GET", "/v1/closures?service_at_location_id="+k.offer.String(), ""), 200)
	own := decode[ChangeList](t, k.as(t, k.provider, "GET", path+"/history", ""), 200)
	foreign := decode[ChangeList](t, k.as(t, k.other, "GET", path+"/history", ""), 200)
	if len(list.Items) != 1 || len(own.Items) != 2 || len(foreign.Items) != 0 {
		t.Errorf("found %d; history %d, %d", len(list.Items), len(own.Items), len(foreign.Items))
	}
}

// TestAWayCountsFromTheNextSearch: the same question, before and after a way is closed.
func TestAWayCountsFromTheNextSearch(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	zones := decode[ReachZoneList](t, k.as(t, k.provider, "GET", "/v1/reach-zones", ""), 200)
	links := decode[ReachLinkList](t, k.as(t, k.provider, "GET", "/v1/reach-links?from=west_bank&to=east_jerusalem&on=2026-05-31", ""), 200)
	if len(zones.Items) != 3 || len(links.Items) != 1 {
		t.Fatalf("%d zones, %d ways", len(zones.Items), len(links.Items))
	}
	jerusalem := pgtest.Value[string](t, k.db, `SELECT code FROM place WHERE zone_code = 'east_jerusalem' ORDER BY code LIMIT 1`)
	k.db.Exec(t, `UPDATE location SET place_code = $2 WHERE organization_id = $1`, k.second, jerusalem)
	k.db.Exec(t, `SELECT refresh_provider_search($1)`, k.second)
	link, document := links.Items[0], "&identity_document=jerusalem"
	search := func() int {
		return len(decode[ProviderList](t, k.as(t, k.manager, "GET", "/v1/nearby?need=DIS-PHYSIO&place="+yatta+document, ""), 200).Items)
	}
	path := "/v1/reach-links/" + link.ID.String()
	write := func(version int, passable bool) answered {
		documents := `,"identity_documents":["jerusalem"]`
		if !passable {
			documents = ""
		}
		return k.as(t, k.admin, "PUT", path, fmt.Sprintf(`{"passable":%t,"detour":1.5,"source":"Example","valid_from":"2026-01-01"%s}`, passable, documents), match(version))
	}
	opened := decode[ReachLink](t, write(link.Version, true), 200)
	before := search()
	closed := decode[ReachLink](t, write(opened.Version, false), 200)
	if after := search(); before != 2 || after != 1 || closed.Passable {
		t.Errorf("%d are found with the way and %d without", before, after)
	}
	again := `{"from":"west_bank","to":"east_jerusalem","passable":true,"detour":1,"source":"Example","valid_from":"2026-05-01"}`
	k.as(t, k.admin, "POST", "/v1/reach-links", again).want(t, 409, "reach_link_overlaps")
	k.as(t, k.manager, "POST", "/v1/reach-links", again).want(t, 403, "role_forbids")
	k.as(t, k.admin, "POST", "/v1/reach-links", strings.Replace(again, `"passable":true`, `"passable":false,"identity_documents":["unrwa"]`, 1)).
		want(t, 422, "unprocessable", "/identity_documents")
	log := decode[ChangeList](t, k.as(t, k.manager, "GET", path+"/history", ""), 200)
	if len(log.Items) != 3 || log.Items[0].Action != "baseline" {
		t.Errorf("history: %+v", log.Items)
	}
	zone := zones.Items[0]
	renamed := decode[ReachZone](t, k.as(t, k.admin, "PUT", "/v1/reach-zones/"+zone.Code, `{"name":{"ar":"اسم","en":"Name"}}`, match(zone.Version)), 200)
	if renamed.Name.EN != "Name" || renamed.Version != zone.Version+1 {
		t.Errorf("renamed: %+v", renamed)
	}
	k.as(t, k.admin, "GET", "/v1/reach-zones/nowhere", "").want(t, 404, "not_found")
	if log := decode[ChangeList](t, k.as(t, k.manager, "GET", "/v1/reach-zones/"+zone.Code+"/history", ""), 200); len(log.Items) != 2 {
		t.Errorf("history of the zone: %+v", log.Items)
	}
}

// TestWhatIsNotRolledOutIsNeitherFoundNorSent, and a pilot is its named people's.
func TestWhatIsNotRolledOutIsNeitherFoundNorSent(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	r := decode[Referral](t, k.as(t, k.manager, "POST", "/v1/referrals", referralBody), 201)
	a := decode[Attempt](t, k.as(t, k.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(k.offer.String())), 201)
	send := func() answered {
		return k.as(t, k.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", match(1))
	}
	why := func() string {
		e := decode[NearbyExplanation](t, k.as(t, k.manager, "GET", "/v1/nearby/"+k.offer.String()+"/explanation?need=DIS-PHYSIO&place="+yatta, ""), 200)
		for _, c := range e.Checks {
			if !c.OK {
				return c.Stage
			}
		}
		return ""
	}
	if n := k.finds(t); n != 2 {
		t.Fatalf("without a rollout %d are found", n)
	}
	k.as(t, k.manager, "POST", "/v1/rollouts", `{"governorate":"PS0150","need":"DIS","stage":"off"}`).want(t, 403, "role_forbids")
	off := decode[Rollout](t, k.as(t, k.admin, "POST", "/v1/rollouts", `{"governorate":"PS0150","need":"DIS","stage":"off"}`), 201)
	k.as(t, k.admin, "POST", "/v1/rollouts", `{"governorate":"PS0150","need":"DIS","stage":"live"}`).want(t, 409, "rollout_exists")
	if n := k.finds(t); n != 0 || why() != "rollout" {
		t.Errorf("off, %d are found, because of %q", n, why())
	}
	send().want(t, 422, "rollout_off")

	manager := pgtest.Value[uuid.UUID](t, k.db, `SELECT account_id FROM membership WHERE role = 'case_manager' AND directorate_id = $1`, k.hebron)
	path := "/v1/rollouts/" + off.ID.String()
	pilot := decode[Rollout](t, k.as(t, k.admin, "PUT", path, `{"stage":"pilot"}`, match(1)), 200)
	send().want(t, 422, "rollout_pilot")
	k.as(t, k.admin, "PUT", path, fmt.Sprintf(`{"stage":"live","accounts":[%q]}`, manager), match(pilot.Version)).want(t, 422, "unprocessable", "/accounts")
	named := decode[Rollout](t, k.as(t, k.admin, "PUT", path, fmt.Sprintf(`{"stage":"pilot","accounts":[%q]}`, manager), match(pilot.Version)), 200)
	if n := k.finds(t); n != 2 || len(named.Accounts) != 1 {
		t.Errorf("a pilot of this case manager, %d are found; %+v", n, named)
	}
	if seen := decode[Rollout](t, k.as(t, k.provider, "GET", path, ""), 200); len(seen.Accounts) != 0 {
		t.Errorf("a provider sees who is named: %+v", seen)
	}
	leaf := decode[Rollout](t, k.as(t, k.admin, "POST", "/v1/rollouts", `{"governorate":"PS0150","need":"DIS-PHYSIO","stage":"off"}`), 201)
	send().want(t, 422, "rollout_off") // the need's own goes before its root's
	decode[Rollout](t, k.as(t, k.admin, "PUT", "/v1/rollouts/"+leaf.ID.String(), `{"stage":"live"}`, match(1)), 200)
	if got := send(); got.StatusCode != 200 {
		t.Errorf("live: %d %s", got.StatusCode, got.body)
	}
	list := decode[RolloutList](t, k.as(t, k.manager, "GET", "/v1/rollouts?governorate=PS0150&limit=1", ""), 200)
	log := decode[ChangeList](t, k.as(t, k.manager, "GET", path+"/history", ""), 200)
	if len(list.Items) != 1 || list.NextCursor == "" || len(log.Items) != 3 {
		t.Errorf("%d listed, history %+v", len(list.Items), log.Items)
	}
}
