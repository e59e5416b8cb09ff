package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/geo"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// joiner is an organization on its way into the network, with those who have to do with it.
type joiner struct {
	*world
	organization uuid.UUID
	second       string // the officer beside w.officer
	focal        string // who speaks for the organization
	application  Application
}

// answersJSON answers every question of the product's questionnaire.
func (w *world) answersJSON(t *testing.T) string {
	t.Helper()
	q := decode[Questionnaire](t, w.as(t, w.officer, "GET", "/v1/questionnaires/"+exampleQuestionnaireID.String(), ""), 200)
	var answers []Answer
	for _, asked := range q.Questions {
		a := Answer{Question: asked.Code}
		switch asked.Type {
		case "number":
			a.Number = new(5)
		case "yes_no":
			a.Yes = new(true)
		case "text":
			a.Text = "مثال"
		default:
			a.Choices = []string{asked.Options[0].Code}
		}
		answers = append(answers, a)
	}
	text, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// surveyed is a provider that an open survey found and invited.
func (w *world) surveyed(t *testing.T) (*joiner, SurveyEntry) {
	t.Helper()
	campaign := decode[SurveyCampaign](t, w.as(t, w.officer, "POST", "/v1/survey-campaigns", fmt.Sprintf(
		`{"name":{"ar":"مسح مثال","en":"Example survey"},"directorates":[%q],"starts_on":"2026-05-01","ends_on":"2026-07-31","questionnaire_id":%q}`,
		w.hebron, exampleQuestionnaireID)), 201)
	entry := func(name string) string {
		return fmt.Sprintf(`{"campaign_id":%q,"found_on":"2026-05-12","answers":%s,"provider":{"kind":"association",
		 "name":{"ar":"جمعية %s","en":"Society %s"},"place":%q,"telephone":"+970 2 555 0100"}}`, campaign.ID, w.answersJSON(t), name, name, yatta)
	}
	w.as(t, w.officer, "POST", "/v1/survey-entries", entry("early")).want(t, 409, "campaign_not_open")
	decode[SurveyCampaign](t, w.as(t, w.officer, "POST", "/v1/survey-campaigns/"+campaign.ID.String()+"/open", "", seen(1)), 200)
	found := decode[SurveyEntry](t, w.as(t, w.officer, "POST", "/v1/survey-entries", entry("new")), 201)
	found = decode[SurveyEntry](t, w.as(t, w.officer, "POST", "/v1/survey-entries/"+found.ID.String()+"/invite",
		`{"letter_number":"S-1","invited_on":"2026-05-20","channel":"letter"}`, seen(1)), 200)
	w.as(t, w.officer, "POST", "/v1/survey-entries/"+found.ID.String()+"/invite",
		`{"letter_number":"S-1","invited_on":"2026-05-20","channel":"letter"}`, seen(2)).want(t, 409, "invalid_transition")
	return &joiner{
		world: w, organization: found.OrganizationID,
		second: w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsSignatory}),
		focal:  w.token(t, policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: found.OrganizationID}),
	}, found
}

// papersJSON is a complete application on the full track.
func (j *joiner) papersJSON(t *testing.T, track, need string) string {
	t.Helper()
	return fmt.Sprintf(`"track":%q,"registering_authority":"وزارة الداخلية","registration_number":"HB-7","legal_form":"جمعية خيرية","board_size":7,
	 "last_assembly_on":"2026-02-01","audited_year":2025,"staff_women":4,"staff_men":3,"services":{"ar":"علاج طبيعي","en":"Physiotherapy"},
	 "scope":[{"need":%q,"governorate":"PS0150"}],"questionnaire_id":%q,"answers":%s`, track, need, exampleQuestionnaireID, j.answersJSON(t))
}

func (j *joiner) attach(t *testing.T, typ string) answered {
	t.Helper()
	content := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n% " + typ))
	return j.as(t, j.focal, "POST", "/v1/applications/"+j.application.ID.String()+"/documents",
		fmt.Sprintf(`{"type":%q,"file_name":"%s.pdf","media_type":"application/pdf","content":%q}`, typ, typ, content))
}

// try makes a move in the name of the token's holder.
func (j *joiner) try(t *testing.T, token, verb, body string) answered {
	t.Helper()
	return j.as(t, token, "POST", "/v1/applications/"+j.application.ID.String()+"/"+verb, body, seen(j.application.Version))
}

// step is a move that must succeed.
func (j *joiner) step(t *testing.T, token, verb, body string) {
	t.Helper()
	a := j.try(t, token, verb, body)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", verb, a.StatusCode, a.body)
	}
	j.application = decode[Application](t, a, 200)
}

// examined takes the application from the draft to where it is decided.
func (j *joiner) examined(t *testing.T) {
	t.Helper()
	for _, typ := range []string{"registration_certificate", "bylaws", "board_list", "audited_accounts"} {
		decode[ApplicationDocument](t, j.attach(t, typ), 201)
	}
	// A document is missing, and is named.
	j.try(t, j.focal, "submit", "").want(t, 422, "application_incomplete", "/documents/policy_safeguarding")
	missing := decode[Completeness](t, j.as(t, j.focal, "GET", "/v1/applications/"+j.application.ID.String()+"/completeness", ""), 200)
	if missing.Complete || len(missing.Missing) != 1 || missing.Missing[0].Text.AR == "" {
		t.Errorf("what is missing: %+v", missing)
	}
	decode[ApplicationDocument](t, j.attach(t, "policy_safeguarding"), 201)
	j.step(t, j.focal, "submit", "")
	j.step(t, j.officer, "complete", "")
	officer := j.idOf(t, j.officer)
	j.step(t, j.officer, "assign", fmt.Sprintf(`{"officer_id":%q}`, officer))
	j.try(t, j.officer, "review", `{"findings":"سر المراجعة","recommendation":"accredit"}`).want(t, 422, "visit_required")
	j.step(t, j.officer, "visit", `{"visited_on":"2026-05-25","visitors":["سمير المثال"],"findings":"سر الزيارة"}`)
	j.step(t, j.officer, "review", `{"findings":"سر المراجعة","recommendation":"accredit"}`)
}

// decided is signed by one and confirmed by another, and by nobody twice.
func (j *joiner) decided(t *testing.T, number, until string) {
	t.Helper()
	j.step(t, j.officer, "sign", fmt.Sprintf(`{"outcome":"accredited","letter_number":"M-%s","number":%q,"valid_from":"2026-05-31","valid_to":%q,
	 "conditions":[{"text":{"ar":"تهيئة المدخل","en":"Make the entrance accessible"},"due_on":"2026-09-30"}]}`, number, number, until))
	j.try(t, j.officer, "confirm", "").want(t, 403, "second_person")
	if list := decode[List[ApplicationDecision]](t, j.as(t, j.focal, "GET", "/v1/applications/"+j.application.ID.String()+"/decisions", ""), 200); j.application.Kind == "first" && len(list.Items) != 0 {
		t.Errorf("the organization sees what is not decided: %+v", list.Items)
	}
	j.step(t, j.second, "confirm", "")
}

// listed reports whether the organization is listed today.
func (j *joiner) listed(t *testing.T) bool {
	t.Helper()
	return pgtest.Value[bool](t, j.db, `SELECT EXISTS (SELECT FROM listing WHERE organization_id = $1 AND '2026-05-31'::date BETWEEN listed_from AND listed_to)`, j.organization)
}

// offering gives the organization a service in Yatta under a memorandum, and returns what a household is referred to.
func (j *joiner) offering(t *testing.T, need string) uuid.UUID {
	t.Helper()
	d, system := directory.NewStore(j.db.DB, worldClock), policy.TheSystem()
	text := directory.Name{AR: "علاج طبيعي", EN: "Physiotherapy"}
	v, err := d.CreateService(t.Context(), system, directory.Service{
		OrganizationID: j.organization, Name: text, NeedCodes: []string{need}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	if err != nil {
		t.Fatal(err)
	}
	point, err := geo.NewPoint(31.45, 35.11)
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.CreateLocation(t.Context(), system, directory.Location{OrganizationID: j.organization, PlaceCode: yatta, Point: point, Name: text})
	if err != nil {
		t.Fatal(err)
	}
	sal, err := d.OfferAt(t.Context(), system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: l.ID, Accepting: directory.Capacity, AcceptingAsOf: &worldTime})
	if err != nil {
		t.Fatal(err)
	}
	return sal.ID
}

// TestAnOrganizationIsSurveyedAndListed is the whole way over HTTP: surveyed, invited, applying, complete, visited, reviewed, decided by
// two, listed; suspended, which is gone at the next request; reinstated; renewed.
func TestAnOrganizationIsSurveyedAndListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j, entry := w.surveyed(t)
	if j.listed(t) {
		t.Error("what was only surveyed is listed")
	}
	// On the light track a need of tier 2 is refused.
	body := func(track string) string {
		return fmt.Sprintf(`{"organization_id":%q,"kind":"first",%s}`, j.organization, j.papersJSON(t, track, "DIS-PHYSIO"))
	}
	w.as(t, j.focal, "POST", "/v1/applications", body("light")).want(t, 422, "unprocessable", "/scope/0/need")
	j.application = decode[Application](t, w.as(t, j.focal, "POST", "/v1/applications", body("full")), 201)
	w.as(t, j.focal, "POST", "/v1/applications", body("full")).want(t, 409, "application_open")
	path := "/v1/applications/" + j.application.ID.String()
	// Another organization hears of nothing.
	for _, at := range []string{path, path + "/completeness", path + "/documents", path + "/visits", path + "/decisions", path + "/history"} {
		w.as(t, w.otherFocal, "GET", at, "").want(t, 404, "not_found")
	}
	w.as(t, w.otherFocal, "POST", path+"/submit", "", seen(1)).want(t, 404, "not_found")
	w.as(t, w.manager, "GET", path, "").want(t, 403, "role_forbids")

	j.examined(t)
	j.privateTo(t, path)
	j.decided(t, "A-77", "2026-08-20")
	offer := j.offering(t, "DIS-PHYSIO")
	w.memorandum(t, j.organization, "2026/joins")
	if !j.listed(t) || !w.finds(t, offer) {
		t.Fatalf("accredited and under a memorandum it is listed: %v, found: %v", j.listed(t), w.finds(t, offer))
	}
	if e := decode[SurveyEntry](t, w.as(t, w.officer, "GET", "/v1/survey-entries/"+entry.ID.String(), ""), 200); e.Status != "accredited" {
		t.Errorf("the survey says %s", e.Status)
	}
	j.suspended(t, offer)
	j.renewed(t)
	if !j.listed(t) || !w.finds(t, offer) {
		t.Error("renewed it is not found")
	}
	kinds := []string{}
	for _, n := range decode[List[AccreditationNotice]](t, w.as(t, j.focal, "GET", "/v1/accreditation-notices?limit=50", ""), 200).Items {
		kinds = append(kinds, n.Kind)
	}
	if got := strings.Join(kinds, " "); got != "invited complete decided suspend reinstate complete decided" {
		t.Errorf("the organization was told: %s", got)
	}
	history := decode[ChangeList](t, w.as(t, j.focal, "GET", path+"/history?limit=50", ""), 200)
	if len(history.Items) != 8 || history.Items[0].Action != "draft" || history.Items[7].Action != "confirm" {
		t.Errorf("the application's history: %+v", history.Items)
	}
}

// privateTo: the organization sees its documents and visits and not what was found; a document comes as an attachment.
func (j *joiner) privateTo(t *testing.T, path string) {
	t.Helper()
	j.as(t, j.focal, "GET", path+"/notes", "").want(t, 403, "role_forbids")
	visits := j.as(t, j.focal, "GET", path+"/visits", "")
	if decode[List[SiteVisit]](t, visits, 200); strings.Contains(visits.body, "سر") {
		t.Errorf("the organization reads what was found: %s", visits.body)
	}
	if notes := decode[List[ApplicationNote]](t, j.as(t, j.officer, "GET", path+"/notes", ""), 200); len(notes.Items) != 2 {
		t.Errorf("notes: %+v", notes.Items)
	}
	documents := decode[List[ApplicationDocument]](t, j.as(t, j.focal, "GET", path+"/documents", ""), 200)
	if len(documents.Items) != 5 || len(documents.Items[0].SHA256) != 64 {
		t.Fatalf("documents: %+v", documents.Items)
	}
	content := j.as(t, j.focal, "GET", "/v1/application-documents/"+documents.Items[0].ID.String()+"/content", "")
	if content.StatusCode != 200 || !strings.HasPrefix(content.body, "%PDF-1.7") || content.Header.Get("X-Content-Type-Options") != "nosniff" ||
		content.Header.Get("Cache-Control") != "no-store" || content.Header.Get("Content-Disposition") != "attachment; filename=registration_certificate.pdf" {
		t.Errorf("a document: %d %q %v", content.StatusCode, content.body, content.Header)
	}
	j.as(t, j.otherFocal, "GET", "/v1/application-documents/"+documents.Items[0].ID.String()+"/content", "").want(t, 404, "not_found")
	// What is no PDF is not taken for one.
	j.as(t, j.officer, "POST", path+"/documents", `{"type":"other","file_name":"x.pdf","media_type":"application/pdf","content":"UEsDBA=="}`).want(t, 409, "application_not_open")
}

// suspended: the next request finds nothing, and after the reinstatement finds it again.
func (j *joiner) suspended(t *testing.T, offer uuid.UUID) {
	t.Helper()
	a := decode[AccreditationList](t, j.as(t, j.officer, "GET", "/v1/accreditations?organization="+j.organization.String(), ""), 200).Items[0]
	at := "/v1/accreditations/" + a.ID.String()
	a = decode[Accreditation](t, j.as(t, j.officer, "POST", at+"/suspend", `{"kind":"administrative","letter_number":"M-9","reason":"تأخر التقرير"}`, seen(a.Version)), 200)
	if j.listed(t) || j.finds(t, offer) || a.LetterNumber != "M-9" || a.Reason == "" {
		t.Errorf("suspended it is listed: %v, found: %v, %+v", j.listed(t), j.finds(t, offer), a)
	}
	a = decode[Accreditation](t, j.as(t, j.officer, "POST", at+"/reinstate", `{"letter_number":"M-10"}`, seen(a.Version)), 200)
	if !j.listed(t) || !j.finds(t, offer) || a.LetterNumber != "M-10" || a.Reason != "" {
		t.Errorf("reinstated it is listed: %v, found: %v, %+v", j.listed(t), j.finds(t, offer), a)
	}
}

// renewed: handed in within 90 days of the last day, what it renews goes on until it is decided on.
func (j *joiner) renewed(t *testing.T) {
	t.Helper()
	j.application = decode[Application](t, j.as(t, j.focal, "POST", "/v1/applications", fmt.Sprintf(`{"organization_id":%q,"kind":"renewal",%s}`, j.organization, j.papersJSON(t, "full", "DIS-PHYSIO"))), 201)
	j.examined(t)
	until := func() string {
		return pgtest.Value[string](t, j.db, `SELECT number || ' ' || valid_to::text FROM accreditation WHERE organization_id = $1 AND status = 'accredited'`, j.organization)
	}
	if got := until(); got != "A-77 2026-11-18" || j.application.RenewedUntil != "2026-08-20" {
		t.Errorf("while the renewal is not decided on: %s, %s", got, j.application.RenewedUntil)
	}
	j.decided(t, "A-78", "2028-05-30")
	if got := until(); got != "A-78 2028-05-30" {
		t.Errorf("renewed: %s", got)
	}
}

// TestTheScopeOfAnAccreditationBindsTheSend: the memorandum covers all of the root, the accreditation one need in one governorate.
func TestTheScopeOfAnAccreditationBindsTheSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := pgtest.Value[uuid.UUID](t, w.db, `SELECT id FROM accreditation WHERE organization_id = $1`, w.first)
	send := func(status int, code string) {
		t.Helper()
		r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
		a := decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(w.offer.String())), 201)
		if got := w.as(t, w.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", `If-Match: "1"`); got.StatusCode != status || got.problem.Code != code {
			t.Errorf("sent: %d %q, want %d %q", got.StatusCode, got.problem.Code, status, code)
		}
	}
	scope := func(need, governorate string) {
		t.Helper()
		w.db.Exec(t, `DELETE FROM accreditation_scope`)
		w.db.Exec(t, `INSERT INTO accreditation_scope SELECT $1, id, $3 FROM need WHERE code = $2`, id, need, governorate)
	}
	send(200, "") // as it was before there were scopes
	scope("EDU-REMED", "PS0150")
	send(422, "accreditation_scope")
	scope("DIS-PHYSIO", "PS0101")
	send(422, "accreditation_scope")
	scope("DIS", "PS0150")
	send(200, "")
}

// TestARejectionIsAppealedAgainst: others decide than who decided, and what is overturned is under review again.
func TestARejectionIsAppealedAgainst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j, _ := w.surveyed(t)
	j.application = decode[Application](t, w.as(t, j.focal, "POST", "/v1/applications",
		fmt.Sprintf(`{"organization_id":%q,"kind":"first",%s}`, j.organization, j.papersJSON(t, "full", "DIS-PHYSIO"))), 201)
	j.examined(t)
	j.step(t, j.officer, "sign", `{"outcome":"rejected","letter_number":"M-1","reason":{"ar":"لا يكفي","en":"Not enough"}}`)
	j.step(t, j.second, "confirm", "")
	lodged := decode[AccreditationAppeal](t, w.as(t, j.focal, "POST", "/v1/accreditation-appeals", fmt.Sprintf(`{"application_id":%q,"grounds":"استكملنا"}`, j.application.ID)), 201)
	at := "/v1/accreditation-appeals/" + lodged.ID.String()
	const ruling = `{"outcome":"overturned","letter_number":"M-2","reason":{"ar":"استكمل","en":"Completed"}}`
	w.as(t, j.officer, "POST", at+"/sign", ruling, seen(1)).want(t, 403, "decided_before")
	third := w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
	fourth := w.token(t, policy.Person, policy.Membership{Role: policy.AssociationsSignatory})
	decode[AccreditationAppeal](t, w.as(t, third, "POST", at+"/sign", ruling, seen(1)), 200)
	if a := decode[AccreditationAppeal](t, w.as(t, j.focal, "GET", at, ""), 200); a.Ruling != nil {
		t.Errorf("the organization reads what is not decided: %+v", a.Ruling)
	}
	w.as(t, third, "POST", at+"/confirm", "", seen(2)).want(t, 403, "second_person")
	w.as(t, j.second, "POST", at+"/confirm", "", seen(2)).want(t, 403, "decided_before")
	decode[AccreditationAppeal](t, w.as(t, fourth, "POST", at+"/confirm", "", seen(2)), 200)
	j.application = decode[Application](t, w.as(t, j.focal, "GET", "/v1/applications/"+j.application.ID.String(), ""), 200)
	if j.application.Status != string(accreditation.UnderReview) || j.application.Outcome != "" {
		t.Errorf("overturned: %+v", j.application)
	}
}
