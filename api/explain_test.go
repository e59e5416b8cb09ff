package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

func (d desk) asks(t *testing.T, token, body string) PolicyAnswer {
	t.Helper()
	return decode[PolicyAnswer](t, d.as(t, token, "POST", "/v1/policy/explain", body), 200)
}

func (a PolicyAnswer) failed() string {
	var codes []string
	for _, g := range a.Grounds {
		if !g.OK {
			codes = append(codes, g.Code)
		}
	}
	return strings.Join(codes, " ")
}

func TestADecisionIsExplainedInWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	question := func(need, place string) string {
		return fmt.Sprintf(`{"organization_id":%q,"need":%q,"place":%q}`, d.first, need, place)
	}
	yes := d.asks(t, d.manager, question("DIS-PHYSIO", yatta))
	if !yes.Allowed || yes.Code != "allowed" || yes.failed() != "" || yes.Until == nil || strings.Join(yes.Groups, "") != "CDE" ||
		yes.Text.EN != "Allowed: Memorandum 2026/first permits Physiotherapy in Hebron until 2027-01-01 (term 1)." {
		t.Errorf("%+v", yes)
	}
	no := d.asks(t, d.manager, question("EDU-KG", beitHanun))
	if no.Allowed || no.Code != "need_not_covered" || no.failed() != "need_not_covered place_not_covered" || no.Instrument.Number != "2026/first" ||
		!strings.HasPrefix(no.Text.EN, "Refused: Memorandum 2026/first covers ") || !strings.Contains(no.Text.EN, " in Hebron; the need is ") {
		t.Errorf("%+v", no)
	}
	if !strings.HasPrefix(no.Text.AR, "مرفوض: المذكرة 2026/first تشمل ") || no.Until != nil || no.Groups != nil {
		t.Errorf("%+v", no)
	}
	d.as(t, d.manager, "POST", "/v1/policy/explain", `{}`).want(t, 422, "unprocessable", "/need", "/organization_id")
	d.as(t, d.provider, "POST", "/v1/policy/explain", question("DIS-PHYSIO", yatta)).want(t, 403, "role_forbids")
}

// TestAWrittenAttemptIsExplainedAsItIsDecided: what the explanation says of a send is what the send answers, and no person is in it.
func TestAWrittenAttemptIsExplainedAsItIsDecided(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := decode[Referral](t, d.as(t, d.manager, "POST", "/v1/referrals", referralBody), 201)
	a := decode[Attempt](t, d.as(t, d.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(d.offer.String())), 201)
	body := fmt.Sprintf(`{"attempt_id":%q}`, a.ID)
	if got := d.asks(t, d.manager, body); !got.Allowed || got.failed() != "" {
		t.Errorf("before: %+v", got)
	}
	memorandum := decode[InstrumentList](t, d.as(t, d.officer, "GET", "/v1/instruments?organization_id="+d.first.String(), ""), 200).Items[0]
	d.moved(t, d.officer, memorandum, "suspend", `{"kind":"administrative","reason":"r"}`)
	answer := d.as(t, d.manager, "POST", "/v1/policy/explain", body)
	if got := decode[PolicyAnswer](t, answer, 200); got.Allowed || got.Code != "instrument_not_in_force" {
		t.Errorf("after: %+v", got)
	}
	for _, word := range canaries {
		if strings.Contains(answer.body, word) {
			t.Errorf("the explanation tells %s", word)
		}
	}
	d.as(t, d.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", match(1)).want(t, 422, "instrument_not_in_force")
	d.as(t, d.otherManager, "POST", "/v1/policy/explain", body).want(t, 404, "not_found")
}

func TestAnothersDecisionIsForThoseWhoAnswerForThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	supervisor := d.token(t, policy.Person, policy.Membership{Role: policy.Supervisor, DirectorateID: d.hebron})
	manager := pgtest.Value[uuid.UUID](t, d.db, `SELECT account_id FROM membership WHERE role = 'case_manager' AND directorate_id = $1`, d.hebron)
	foreign := pgtest.Value[uuid.UUID](t, d.db, `SELECT account_id FROM membership WHERE role = 'case_manager' AND directorate_id = $1`, d.gaza)
	about := func(account uuid.UUID) string {
		return fmt.Sprintf(`{"account_id":%q,"organization_id":%q,"need":"DIS-PHYSIO","place":%q}`, account, d.first, yatta)
	}
	if got := d.asks(t, supervisor, about(manager)); !got.Allowed {
		t.Errorf("the supervisor asks about the case manager: %+v", got)
	}
	if got := d.asks(t, d.audit, about(foreign)); got.Allowed || got.Code != "directorate_not_covered" {
		t.Errorf("the auditor asks about another directorate's: %+v", got)
	}
	if got := d.asks(t, supervisor, fmt.Sprintf(`{"organization_id":%q,"need":"DIS-PHYSIO","place":%q}`, d.first, yatta)); got.Allowed || got.Code != "role_forbids" {
		t.Errorf("the supervisor would send: %+v", got)
	}
	d.as(t, supervisor, "POST", "/v1/policy/explain", about(foreign)).want(t, 404, "account_not_found")
	d.as(t, d.manager, "POST", "/v1/policy/explain", about(foreign)).want(t, 403, "role_forbids")
}

func TestWhyAProviderIsFoundOrNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ask := func(id uuid.UUID, query string) NearbyExplanation {
		return decode[NearbyExplanation](t, d.as(t, d.manager, "GET", "/v1/nearby/"+id.String()+"/explanation?"+query, ""), 200)
	}
	if e := ask(d.offer, "need=DIS-PHYSIO&place="+yatta); !e.Listed || len(e.Checks) != 17 {
		t.Errorf("found: %+v", e)
	}
	if e := ask(d.offer, "need=DIS-PHYSIO&place="+beitHanun); e.Listed {
		t.Errorf("not found: %+v", e)
	}
	d.as(t, d.manager, "GET", "/v1/nearby/"+uuid.NewString()+"/explanation?need=DIS-PHYSIO&place="+yatta, "").want(t, 404, "not_found")
	d.as(t, d.manager, "GET", "/v1/nearby/"+d.offer.String()+"/explanation?need=DIS-PHYSIO", "").want(t, 400, "invalid_input", "?place")
	d.as(t, d.provider, "GET", "/v1/nearby/"+d.offer.String()+"/explanation?need=DIS-PHYSIO&place="+yatta, "").want(t, 403, "role_forbids")
}
