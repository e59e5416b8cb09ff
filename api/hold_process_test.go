package api

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// processScenes give each operation of the process of accreditation what it needs: a survey that is open, and for each move an application
// of its own that stands where the move begins. The officer of the assertions examines them.
func (w *world) processScenes(t *testing.T) map[string]scene {
	t.Helper()
	w.surveysInStock(t)
	officer := string(policy.AssociationsOfficer)
	light := apitest.Words{
		"organization_id": func() any { return w.bareOrganization(t) }, "scope.need": "EDU-REMED", "questionnaire_id": apitest.Absent, "answers": apitest.Absent,
	}
	onApplication := func(way ...accreditation.Event) func() map[string]string {
		return func() map[string]string { return map[string]string{"id": w.inProcess(t, way...).String()} }
	}
	review := []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review}
	signed := append(append([]accreditation.Event{}, review...), accreditation.Sign)
	scenes := map[string]scene{
		"create-survey-campaign": {words: apitest.Words{"questionnaire_id": exampleQuestionnaireID.String()}},
		"change-survey-campaign": {after: "create-survey-campaign", words: apitest.Words{"questionnaire_id": exampleQuestionnaireID.String()}},
		"open-survey-campaign":   {after: "create-survey-campaign"},
		"close-survey-campaign":  {after: "open-survey-campaign"},
		"create-survey-entry": {words: apitest.Words{
			"campaign_id": w.openCampaign(t).String(), "answers": func() any { return w.answersAny(t) },
			"provider.place": func() any { // one that the directorate of the survey holds by now
				return pgtest.Value[string](t, w.db, `SELECT place_code FROM directorate_place WHERE directorate_id = $1 ORDER BY place_code LIMIT 1`, w.hebron)
			},
		}},
		"change-survey-entry":               {after: "create-survey-entry", words: apitest.Words{"answers": func() any { return w.answersAny(t) }}},
		"invite-survey-entry":               {after: "create-survey-entry"},
		"list-for-information-survey-entry": {after: "create-survey-entry"},
		"create-application":                {actor: officer, words: light},
		"change-application":                {actor: officer, values: onApplication(), words: light},
		"submit-application":                {actor: officer, values: onApplication()},
		"withdraw-application":              {actor: officer, values: onApplication(accreditation.Submit)},
		"return-application":                {values: onApplication(accreditation.Submit)},
		"complete-application":              {values: onApplication(accreditation.Submit)},
		"assign-application":                {values: onApplication(review[:2]...), words: apitest.Words{"officer_id": w.examiner.String()}},
		"visit-application":                 {actor: officer, values: onApplication(review[:3]...)},
		"review-application":                {actor: officer, values: onApplication(review[:4]...)},
		"sign-application":                  {values: onApplication(review...)},
		"hand-back-application":             {values: onApplication(signed...)},
		"confirm-application":               {values: onApplication(signed...)},
		"record-minute-application":         {values: onApplication(review...)},
		"add-application-document":          {actor: officer, values: onApplication()},
		"list-application-documents":        {values: onApplication()},
		"list-application-visits":           {values: onApplication(review[0], review[1], review[2], accreditation.Visit, accreditation.Visit)},
		"list-application-notes":            {values: onApplication(review...)},
		"list-application-decisions":        {values: onApplication(append(append([]accreditation.Event{}, signed...), accreditation.HandBack, accreditation.Sign)...)},
		"list-application-history":          {values: onApplication(accreditation.Submit)},
		"get-application-document-content": {values: func() map[string]string {
			id := w.inProcess(t)
			return map[string]string{"id": pgtest.Value[uuid.UUID](t, w.db, `SELECT id FROM application_document WHERE application_id = $1 LIMIT 1`, id).String()}
		}},
		"record-spot-check":              {actor: officer, values: func() map[string]string { return map[string]string{"id": w.accreditedInStock(t)} }},
		"list-spot-checks":               {values: func() map[string]string { return map[string]string{"id": w.checkedTwice(t)} }},
		"create-accreditation-appeal":    {actor: officer, body: func() any { return map[string]any{"application_id": w.rejectedInStock(t), "grounds": "مثال"} }},
		"withdraw-accreditation-appeal":  {actor: string(policy.ProviderFocalPoint), values: func() map[string]string { return map[string]string{"id": w.lodgedAppeal(t)} }},
		"sign-accreditation-appeal":      {after: "create-accreditation-appeal"},
		"hand-back-accreditation-appeal": {values: func() map[string]string { return map[string]string{"id": w.signedAppeal(t)} }},
		"confirm-accreditation-appeal":   {values: func() map[string]string { return map[string]string{"id": w.signedAppeal(t)} }},
	}
	return scenes
}

func (w *world) process() *accreditation.Store { return accreditation.NewStore(w.db.DB, worldClock) }

// surveysInStock puts two of everything that a list shows into the world.
func (w *world) surveysInStock(t *testing.T) {
	t.Helper()
	q, err := w.process().Questionnaire(t.Context(), policy.TheSystem(), exampleQuestionnaireID)
	if err == nil {
		_, err = w.process().PublishQuestionnaire(t.Context(), policy.TheSystem(), q, pg.Once{})
	}
	if err != nil {
		t.Error(err)
	}
	w.examiner = w.person(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
	for range 2 {
		w.openCampaign(t)
		w.conditioned(t)
		w.signedAppeal(t)
	}
}

// openCampaign is a survey that is open, with an entry that was invited.
func (w *world) openCampaign(t *testing.T) uuid.UUID {
	t.Helper()
	ctx, system := t.Context(), policy.TheSystem()
	c, err := w.process().PlanCampaign(ctx, system, accreditation.Campaign{
		Name: fault.Sentence{AR: "مسح مثال", EN: "Example survey"}, Directorates: []uuid.UUID{w.hebron}, From: worldTime, To: worldTime, QuestionnaireID: exampleQuestionnaireID,
	}, pg.Once{})
	if err == nil {
		_, err = w.process().MoveCampaign(ctx, system, accreditation.Move{ID: c.Entity.ID, Version: 1}, accreditation.Begin)
	}
	var found accreditation.Written[accreditation.Entry]
	if err == nil {
		found, err = w.process().Record(ctx, system, accreditation.Found{
			CampaignID: c.Entity.ID, OrganizationID: uuid.MustParse(w.bareOrganization(t)), On: worldTime, Answers: w.answersTo(t),
		}, pg.Once{})
	}
	if err == nil {
		_, err = w.process().Invite(ctx, system, accreditation.Move{ID: found.Entity.ID, Version: 1}, accreditation.Invitation{LetterNumber: "S-1", On: worldTime, Channel: "visit"})
	}
	if err != nil {
		t.Error(err)
	}
	return c.Entity.ID
}

// answersTo answers every question of the product's questionnaire.
func (w *world) answersTo(t *testing.T) []accreditation.Answer {
	t.Helper()
	var answers []Answer
	if err := json.Unmarshal([]byte(w.answersJSON(t)), &answers); err != nil {
		t.Error(err)
	}
	return answersOf(answers)
}

func (w *world) answersAny(t *testing.T) any {
	t.Helper()
	var answers any
	if err := json.Unmarshal([]byte(w.answersJSON(t)), &answers); err != nil {
		t.Error(err)
	}
	return answers
}

// inProcess is an application on the light track, of an organization of its own, that went the way in the system's name.
func (w *world) inProcess(t *testing.T, way ...accreditation.Event) uuid.UUID {
	t.Helper()
	return w.inProcessOf(t, uuid.MustParse(w.bareOrganization(t)), accreditation.Accredited, way...)
}

func (w *world) inProcessOf(t *testing.T, organization uuid.UUID, outcome accreditation.Outcome, way ...accreditation.Event) uuid.UUID {
	t.Helper()
	ctx, system, store := t.Context(), policy.TheSystem(), w.process()
	_, papers := examplePapers.domain()
	a, err := store.StartApplication(ctx, system, accreditation.Application{OrganizationID: organization, Kind: accreditation.First, Track: accreditation.Light, Papers: papers}, pg.Once{})
	for _, typ := range []accreditation.DocumentType{accreditation.RegistrationCertificate, accreditation.Bylaws} {
		if err == nil {
			_, err = store.AddDocument(ctx, system, a.Entity.ID, accreditation.NewDocument{
				Type: typ, FileName: "example.pdf", MediaType: accreditation.PDF, Content: []byte("%PDF-1.7 " + typ),
			}, pg.Once{})
		}
	}
	ruling := exampleRuling.domain()
	ruling.Outcome, ruling.Reason = outcome, fault.Sentence{AR: "مثال", EN: "Example"}
	person := policy.Actor{AccountID: w.idOf(t, w.officer), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	for _, e := range way {
		if err != nil {
			break
		}
		m := accreditation.Move{ID: a.Entity.ID, Version: a.Entity.Version}
		switch e {
		case accreditation.Submit:
			a, err = store.Submit(ctx, system, m)
		case accreditation.MarkComplete:
			a, err = store.MarkComplete(ctx, system, m)
		case accreditation.Assign:
			a, err = store.Assign(ctx, system, m, w.asserting(t))
		case accreditation.Visit:
			a, err = store.RecordVisit(ctx, system, m, accreditation.SiteVisit{On: worldTime, Visitors: []string{"سمير المثال"}}, "سر")
		case accreditation.Review:
			a, err = store.RecordReview(ctx, system, m, "سر", accreditation.RecommendAccredit)
		case accreditation.Sign:
			a, err = store.Sign(ctx, person, m, ruling)
		case accreditation.HandBack:
			a, err = store.HandBack(ctx, system, m, "سر")
		case accreditation.Confirm:
			a, err = store.Confirm(ctx, system, m)
		default:
			err = fmt.Errorf("no way by %s", e)
		}
	}
	if err != nil {
		t.Error(err)
	}
	return a.Entity.ID
}

// asserting is the officer in whose name the assertions ask; before it is known, a new one: of those there are, requests that went before may
// have ended the membership.
func (w *world) asserting(t *testing.T) uuid.UUID {
	t.Helper()
	if w.asserts != uuid.Nil {
		return w.asserts
	}
	return w.person(t, policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
}

var toTheEnd = []accreditation.Event{
	accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Review, accreditation.Sign, accreditation.Confirm,
}

// conditioned is an organization that was accredited under a condition.
func (w *world) conditioned(t *testing.T) uuid.UUID {
	t.Helper()
	organization := uuid.MustParse(w.bareOrganization(t))
	w.inProcessOf(t, organization, accreditation.Accredited, toTheEnd...)
	return organization
}

func (w *world) accreditedInStock(t *testing.T) string {
	t.Helper()
	return pgtest.Value[uuid.UUID](t, w.db, `SELECT id FROM accreditation WHERE organization_id = $1`, w.conditioned(t)).String()
}

func (w *world) checkedTwice(t *testing.T) string {
	t.Helper()
	id := w.accreditedInStock(t)
	for range 2 {
		_, err := w.process().RecordCheck(t.Context(), policy.TheSystem(), accreditation.SpotCheck{
			AccreditationID: uuid.MustParse(id), On: worldTime, Checkers: []string{"سمير المثال"}, Findings: "سر", Outcome: accreditation.CheckOK,
		}, pg.Once{})
		if err != nil {
			t.Error(err)
		}
	}
	return id
}

func (w *world) rejectedInStock(t *testing.T) string {
	t.Helper()
	return w.inProcessOf(t, uuid.MustParse(w.bareOrganization(t)), accreditation.Rejected, toTheEnd...).String()
}

// lodgedAppeal is one of the organization for which the assertions speak. It is accredited and cannot be rejected here, so the appeal is
// another's that is made its own.
func (w *world) lodgedAppeal(t *testing.T) string {
	t.Helper()
	a, err := w.process().LodgeAppeal(t.Context(), policy.TheSystem(), accreditation.Appeal{ApplicationID: uuid.MustParse(w.rejectedInStock(t)), Grounds: "مثال"}, pg.Once{})
	if err != nil {
		t.Error(err)
	}
	w.db.Exec(t, `UPDATE accreditation_appeal SET organization_id = $2 WHERE id = $1`, a.Entity.ID, w.first)
	return a.Entity.ID.String()
}

// signedAppeal is one that waits for the second person.
func (w *world) signedAppeal(t *testing.T) string {
	t.Helper()
	ctx, system, store := t.Context(), policy.TheSystem(), w.process()
	a, err := store.LodgeAppeal(ctx, system, accreditation.Appeal{ApplicationID: uuid.MustParse(w.rejectedInStock(t)), Grounds: "مثال"}, pg.Once{})
	if err == nil {
		_, err = store.SignAppeal(ctx, system, accreditation.Move{ID: a.Entity.ID, Version: 1}, accreditation.AppealRuling{
			Outcome: accreditation.Upheld, LetterNumber: "M-1", Reason: fault.Sentence{AR: "مثال", EN: "Example"},
		})
	}
	if err != nil {
		t.Error(err)
	}
	return a.Entity.ID.String()
}
