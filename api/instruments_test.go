package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// desk is who keeps instruments.
type desk struct {
	*world
	officer, signatory, focal string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	w := newWorld(t)
	return desk{
		world: w, officer: w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer}),
		signatory: w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsSignatory}),
		focal:     w.token(t, policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.first}),
	}
}

func (d desk) terms(number string) string {
	return fmt.Sprintf(`"kind":"memorandum","number":%q,"valid_from":"2026-01-01","valid_to":"2026-12-31","terms":[{"directorates":[%q],
		"needs":["DIS-PHYSIO"],"governorates":["PS0150"],"max_tier":2,"grants":["C","D"],"quotas":[{"period":"open","cap":5}]}]`, number, d.hebron)
}

func (d desk) draft(t *testing.T, number string) FullInstrument {
	t.Helper()
	return decode[FullInstrument](t, d.as(t, d.officer, "POST", "/v1/instruments", fmt.Sprintf(`{"organization_id":%q,%s}`, d.first, d.terms(number))), 201)
}

const signature = `{"letter_number":"L-1","document_sha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}`

func (d desk) move(t *testing.T, token string, in FullInstrument, move, body string) answered {
	t.Helper()
	return d.as(t, token, "POST", "/v1/instruments/"+in.ID.String()+"/"+move, body, match(in.Version))
}

func match(version int) string { return `If-Match: "` + strconv.Itoa(version) + `"` }

func (d desk) moved(t *testing.T, token string, in FullInstrument, move, body string) FullInstrument {
	t.Helper()
	return decode[FullInstrument](t, d.move(t, token, in, move, body), 200)
}

func (d desk) inForce(t *testing.T, in FullInstrument) FullInstrument {
	t.Helper()
	in = d.moved(t, d.officer, in, "propose", "")
	in = d.moved(t, d.signatory, in, "sign", signature)
	return d.moved(t, d.officer, in, "enter-into-force", "")
}

func TestAnInstrumentsWayOverTheAPI(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.draft(t, "T-1")
	if in.Status != "draft" || in.Terms[0].Quotas[0].Cap != 5 || in.RetentionDays != 1825 || in.Organization.Name.EN == "" {
		t.Errorf("the draft: %+v", in)
	}
	path := "/v1/instruments/" + in.ID.String()
	body := "{" + strings.Replace(d.terms("T-1"), `"max_tier":2`, `"max_tier":1`, 1) + "}"
	changed := decode[FullInstrument](t, d.as(t, d.officer, "PUT", path, body, match(in.Version)), 200)
	if changed.Terms[0].MaxTier != 1 || changed.Version != 2 {
		t.Errorf("changed: %+v", changed)
	}
	d.as(t, d.officer, "PUT", path, body, match(1)).want(t, 412, "version_conflict")
	d.as(t, d.officer, "PUT", path, body).want(t, 428, "if_match_required")
	d.as(t, d.manager, "PUT", path, body, match(2)).want(t, 403, "role_forbids")
	proposed := d.moved(t, d.officer, changed, "propose", "")
	d.move(t, d.signatory, proposed, "sign", `{"letter_number":" ","document_sha256":"AAAA"}`).want(t, 422, "unprocessable", "/letter_number", "/document_sha256")
	d.move(t, d.officer, proposed, "sign", signature).want(t, 403, "role_forbids")
	d.move(t, d.signatory, proposed, "enter-into-force", "").want(t, 403, "role_forbids")
	d.move(t, d.officer, proposed, "resume", "").want(t, 409, "invalid_transition")
	signed := d.moved(t, d.signatory, proposed, "sign", signature)
	if signed.LetterNumber != "L-1" || signed.SignedAt == nil || len(signed.DocumentSHA256) != 32 {
		t.Errorf("signed: %+v", signed)
	}
	d.as(t, d.officer, "PUT", path, body, match(signed.Version)).want(t, 409, "terms_immutable")
	inForce := d.moved(t, d.officer, signed, "enter-into-force", "")
	d.move(t, d.officer, inForce, "expire", "").want(t, 409, "not_yet_ended")
	d.move(t, d.officer, inForce, "suspend", `{"kind":"administrative"}`).want(t, 400, "invalid_input", "/reason")
	suspended := d.moved(t, d.officer, inForce, "suspend", `{"kind":"administrative","reason":"r"}`)
	if suspended.Stop == nil || suspended.Stop.WindDownEndsAt == nil || !suspended.Stop.WindDownEndsAt.Equal(worldTime.AddDate(0, 0, 14)) {
		t.Errorf("suspended: %+v", suspended.Stop)
	}
	resumed := d.moved(t, d.officer, suspended, "resume", "")
	if resumed.Stop != nil || resumed.Status != "in_force" {
		t.Errorf("resumed: %+v", resumed)
	}
	ended := d.moved(t, d.officer, resumed, "terminate", `{"for_cause":true,"reason":"r"}`)
	if ended.Stop == nil || !ended.Stop.TerminatedForCause || ended.Stop.WindDownEndsAt != nil {
		t.Errorf("terminated: %+v", ended.Stop)
	}
	log := decode[ChangeList](t, d.as(t, d.focal, "GET", path+"/history", ""), 200)
	var actions []string
	for _, c := range log.Items {
		actions = append(actions, c.Action)
	}
	if got := strings.Join(actions, " "); got != "create change propose sign enter_into_force suspend resume terminate" {
		t.Errorf("the history: %s", got)
	}
	short := decode[ChangeList](t, d.as(t, d.officer, "GET", path+"/history?limit=3", ""), 200)
	rest := decode[ChangeList](t, d.as(t, d.officer, "GET", path+"/history?limit=100&cursor="+short.NextCursor, ""), 200)
	if len(short.Items) != 3 || len(rest.Items) != 5 || rest.Items[0].Version != 4 {
		t.Errorf("pages of history: %d and %d", len(short.Items), len(rest.Items))
	}
}

func TestAnInstrumentsMoveIsMadeOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	body := fmt.Sprintf(`{"organization_id":%q,%s}`, d.first, d.terms("T-9"))
	key := "Idempotency-Key: one"
	first := d.do(t, "POST", "/v1/instruments", body, "Authorization: Bearer "+d.officer, key)
	again := d.do(t, "POST", "/v1/instruments", body, "Authorization: Bearer "+d.officer, key)
	if first.StatusCode != 201 || again.StatusCode != 201 || again.Header.Get("Idempotency-Replayed") != "true" || first.body != again.body {
		t.Errorf("%d, %d %q: %s %s", first.StatusCode, again.StatusCode, again.Header.Get("Idempotency-Replayed"), first.body, again.body)
	}
	d.as(t, d.officer, "POST", "/v1/instruments", body).want(t, 409, "instrument_number_taken")
	var in FullInstrument
	if err := json.Unmarshal([]byte(first.body), &in); err != nil {
		t.Fatal(err)
	}
	if got := d.as(t, d.officer, "GET", "/v1/instruments/"+in.ID.String(), "", "If-None-Match: "+first.Header.Get("ETag")); got.StatusCode != 304 {
		t.Errorf("read again: %d", got.StatusCode)
	}
}

func TestInstrumentsAreReadByTheirParties(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.draft(t, "T-2")
	for name, c := range map[string]struct {
		token        string
		status, seen int
	}{
		"the officer": {d.officer, 200, 3}, "a case manager": {d.manager, 200, 3}, "the auditor": {d.audit, 200, 3},
		"the focal point": {d.focal, 200, 2}, "the provider's client": {d.provider, 200, 2}, "another provider": {d.other, 404, 1},
	} {
		if got := d.as(t, c.token, "GET", "/v1/instruments/"+in.ID.String(), ""); got.StatusCode != c.status {
			t.Errorf("%s reads: %d", name, got.StatusCode)
		}
		if got := d.as(t, c.token, "GET", "/v1/instruments/"+in.ID.String()+"/history", ""); got.StatusCode != c.status {
			t.Errorf("%s reads the history: %d", name, got.StatusCode)
		}
		if list := decode[InstrumentList](t, d.as(t, c.token, "GET", "/v1/instruments", ""), 200); len(list.Items) != c.seen {
			t.Errorf("%s finds %d", name, len(list.Items))
		}
	}
	drafts := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?status=draft&organization_id="+d.first.String(), ""), 200)
	today := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?in_force_on=2026-05-31", ""), 200)
	later := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?in_force_on=2028-05-31", ""), 200)
	if len(drafts.Items) != 1 || len(today.Items) != 2 || len(later.Items) != 0 {
		t.Errorf("filters find %d, %d, %d", len(drafts.Items), len(today.Items), len(later.Items))
	}
}

// TestAnAmendmentTakesOver: the old version expires in the same moment, and what was sent under it is answered under the new one.
func TestAnAmendmentTakesOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?organization_id="+d.first.String(), ""), 200).Items[0]
	sent := d.sent(t)
	path := "/v1/instruments/" + old.ID.String()
	body := `{"number":"2026/first-A1","valid_from":"2026-05-01","valid_to":"2027-04-30"}`
	next := decode[FullInstrument](t, d.as(t, d.officer, "POST", path+"/amend", body), 201)
	if next.TermsVersion != 2 || *next.Supersedes != old.ID || len(next.Terms) != 1 || next.Terms[0].Needs[0] != "DIS" {
		t.Errorf("the amendment: %+v", next)
	}
	d.as(t, d.officer, "POST", path+"/amend", strings.Replace(body, "A1", "A2", 1)).want(t, 409, "amendment_open")
	next = d.inForce(t, next)
	was := decode[FullInstrument](t, d.as(t, d.officer, "GET", path, ""), 200)
	if was.Status != "expired" || was.SupersededBy == nil || *was.SupersededBy != next.ID {
		t.Errorf("the old version: %+v", was)
	}
	accepted := decode[Attempt](t, d.as(t, d.provider, "POST", "/v1/attempts/"+sent.ID.String()+"/accept", "", match(sent.Version)), 200)
	if accepted.Status != "accepted" {
		t.Errorf("accepted: %+v", accepted)
	}
	d.as(t, d.officer, "POST", path+"/amend", strings.Replace(body, "A1", "A3", 1)).want(t, 409, "not_in_force")
}

// TestAnAmendmentIsNoWayAroundAStop: it does not enter into force while what it amends is suspended.
func TestAnAmendmentIsNoWayAroundAStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?organization_id="+d.first.String(), ""), 200).Items[0]
	next := decode[FullInstrument](t, d.as(t, d.officer, "POST", "/v1/instruments/"+old.ID.String()+"/amend",
		`{"number":"2026/first-A1","valid_from":"2026-05-01","valid_to":"2027-04-30"}`), 201)
	next = d.moved(t, d.officer, next, "propose", "")
	next = d.moved(t, d.signatory, next, "sign", signature)
	suspended := d.moved(t, d.officer, old, "suspend", `{"kind":"safeguarding","reason":"r"}`)
	d.move(t, d.officer, next, "enter-into-force", "").want(t, 409, "superseded_stopped")
	d.moved(t, d.officer, suspended, "resume", "")
	d.moved(t, d.officer, next, "enter-into-force", "")
}

// TestASuspensionCountsInTheNextSearchAndSend.
func TestASuspensionCountsInTheNextSearchAndSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?organization_id="+d.first.String(), ""), 200).Items[0]
	r := decode[Referral](t, d.as(t, d.manager, "POST", "/v1/referrals", referralBody), 201)
	a := decode[Attempt](t, d.as(t, d.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(d.offer.String())), 201)
	d.moved(t, d.officer, in, "suspend", `{"kind":"administrative","reason":"r"}`)
	d.as(t, d.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", match(1)).want(t, 422, "instrument_not_in_force")
	found := decode[ProviderList](t, d.as(t, d.manager, "GET", "/v1/nearby?need=DIS-PHYSIO&place="+yatta, ""), 200)
	for _, p := range found.Items {
		if p.Organization.ID == d.first {
			t.Error("a suspended organization is found")
		}
	}
}

func TestClearancesAreOnlyTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	persons := []uuid.UUID{
		pgtest.Value[uuid.UUID](t, d.db, `SELECT id FROM account ORDER BY id LIMIT 1`), pgtest.Value[uuid.UUID](t, d.db, `SELECT id FROM account ORDER BY id DESC LIMIT 1`),
	}
	body := fmt.Sprintf(`{"organization_id":%q,"cleared_persons":[%q,%q],%s}`, d.first, persons[0], persons[1], d.terms("T-3"))
	in := decode[FullInstrument](t, d.as(t, d.officer, "POST", "/v1/instruments", body), 201)
	in = d.inForce(t, in)
	path := "/v1/instruments/" + in.ID.String() + "/cleared-persons"
	d.as(t, d.officer, "PUT", path, fmt.Sprintf(`{"cleared_persons":[%q,%q]}`, persons[0], uuid.New()), match(in.Version)).want(t, 422, "clearance_is_a_term")
	in = decode[FullInstrument](t, d.as(t, d.officer, "PUT", path, fmt.Sprintf(`{"cleared_persons":[%q]}`, persons[1]), match(in.Version)), 200)
	if len(in.ClearedPersons) != 1 || in.ClearedPersons[0] != persons[1] {
		t.Errorf("cleared: %v", in.ClearedPersons)
	}
}
