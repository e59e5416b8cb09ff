package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// SurveyCampaign is a survey of the providers in some directorates.
type SurveyCampaign struct {
	ID                 uuid.UUID `json:"id" format:"uuid"`
	Status             string    `json:"status" example:"open" doc:"planned, open or closed."`
	AllowedTransitions []string  `json:"allowed_transitions" doc:"What may be done next."`
	Version            int       `json:"version"`
	UpdatedAt          time.Time `json:"updated_at"`
	NewSurveyCampaign
}

// NewSurveyCampaign is what is written of a survey.
type NewSurveyCampaign struct {
	Name            Text        `json:"name"`
	Directorates    []uuid.UUID `json:"directorates" format:"uuid" minItems:"1" maxItems:"50" uniqueItems:"true"`
	StartsOn        string      `json:"starts_on" format:"date" example:"2026-05-01"`
	EndsOn          string      `json:"ends_on" format:"date" example:"2026-07-31" doc:"The last day."`
	QuestionnaireID uuid.UUID   `json:"questionnaire_id" format:"uuid" doc:"The version that is asked."`
}

// SurveyEntry is a provider that a survey found.
type SurveyEntry struct {
	ID                 uuid.UUID         `json:"id" format:"uuid"`
	CampaignID         uuid.UUID         `json:"campaign_id" format:"uuid"`
	OrganizationID     uuid.UUID         `json:"organization_id" format:"uuid"`
	Status             string            `json:"status" example:"surveyed" doc:"surveyed, invited, applied, accredited, information_only or merged: the survey found the organization into which this one was merged, too."`
	FoundOn            string            `json:"found_on" format:"date"`
	Answers            []Answer          `json:"answers"`
	Invitation         *SurveyInvitation `json:"invitation,omitempty"`
	AllowedTransitions []string          `json:"allowed_transitions" doc:"What may be done next. In paths, _ is written -."`
	Version            int               `json:"version"`
	UpdatedAt          time.Time         `json:"updated_at"`
	// PossibleDuplicates is in one answer only.
	PossibleDuplicates []PossibleDuplicate `json:"possible_duplicates,omitempty" doc:"In the answer to create-survey-entry, of a provider that was registered with it: organizations with its name or one of its telephones, at most 20. It was registered all the same."`
}

// NewSurveyEntry is a provider as a survey records it: one of the register by its id, or a new one, which is registered with it.
type NewSurveyEntry struct {
	CampaignID     uuid.UUID      `json:"campaign_id" format:"uuid"`
	OrganizationID *uuid.UUID     `json:"organization_id,omitempty" format:"uuid" doc:"Of the register. Give this or provider."`
	Provider       *FoundProvider `json:"provider,omitempty" doc:"One that the register does not know."`
	FoundOn        string         `json:"found_on" format:"date" example:"2026-05-12"`
	Answers        []Answer       `json:"answers" maxItems:"200"`
}

// FoundProvider is what is written down of a provider that is new.
type FoundProvider struct {
	Kind      string `json:"kind" enum:"association,zakat_committee,municipality,ministry_unit,public_body,un_agency,private"`
	Name      Text   `json:"name"`
	Place     string `json:"place" maxLength:"40" example:"gn-281292" doc:"Code of the place where it is."`
	Address   *Text  `json:"address,omitempty"`
	Telephone string `json:"telephone,omitempty" maxLength:"25" example:"+970 2 555 0100" doc:"Of the office."`
	Email     string `json:"email,omitempty" maxLength:"200" example:"office@example.org" doc:"Of the office."`
}

// ChangedSurveyEntry is what may be written anew of an entry.
type ChangedSurveyEntry struct {
	Answers []Answer `json:"answers" maxItems:"200"`
}

// SurveyInvitation is how a provider was asked to apply. It opens no door: it records a letter.
type SurveyInvitation struct {
	LetterNumber string `json:"letter_number" minLength:"1" maxLength:"60" example:"S-2026-118"`
	InvitedOn    string `json:"invited_on" format:"date" example:"2026-05-20"`
	Channel      string `json:"channel" enum:"letter,visit,telephone,email,meeting"`
}

type campaignsInput struct {
	Paged
	Status string `query:"status" enum:"planned,open,closed" doc:"Only those of this status."`
}

type entriesInput struct {
	Paged
	Campaign     optional[uuid.UUID] `query:"campaign" format:"uuid" doc:"Only what this survey found."`
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Status       string              `query:"status" enum:"surveyed,invited,applied,accredited,information_only,merged" doc:"Only those of this status."`
}

func (n NewSurveyCampaign) domain() accreditation.Campaign {
	return accreditation.Campaign{Name: n.Name.sentence(), Directorates: n.Directorates, From: dateOf(n.StartsOn), To: dateOf(n.EndsOn), QuestionnaireID: n.QuestionnaireID}
}

func campaignOf(c accreditation.Campaign) (uuid.UUID, int, SurveyCampaign) {
	return c.ID, c.Version, SurveyCampaign{
		ID: c.ID, Status: string(c.Status), AllowedTransitions: names(c.Events()), Version: c.Version, UpdatedAt: utc(c.UpdatedAt), NewSurveyCampaign: NewSurveyCampaign{
			Name: textOf(c.Name), Directorates: c.Directorates, StartsOn: dateText(c.From), EndsOn: dateText(c.To), QuestionnaireID: c.QuestionnaireID,
		},
	}
}

func (n NewSurveyEntry) domain() accreditation.Found {
	f := accreditation.Found{CampaignID: n.CampaignID, OrganizationID: orZero(n.OrganizationID), On: dateOf(n.FoundOn), Answers: answersOf(n.Answers)}
	if p := n.Provider; p != nil {
		f.Organization = directory.Organization{Kind: directory.OrganizationKind(p.Kind), Name: p.Name.domain()}
		f.Branch = directory.Branch{PlaceCode: p.Place, Address: p.Address.domain(), Telephone: p.Telephone, Email: p.Email}
	}
	return f
}

func surveyEntryOf(e accreditation.Entry) (uuid.UUID, int, SurveyEntry) {
	out := SurveyEntry{
		ID: e.ID, CampaignID: e.CampaignID, OrganizationID: e.OrganizationID, Status: string(e.Status), FoundOn: dateText(e.FoundOn), Answers: showAnswers(e.Answers),
		AllowedTransitions: names(e.Events()), Version: e.Version, UpdatedAt: utc(e.UpdatedAt), PossibleDuplicates: possibleDuplicatesOf(e.PossibleDuplicates),
	}
	if i := e.Invitation; i.LetterNumber != "" {
		out.Invitation = &SurveyInvitation{LetterNumber: i.LetterNumber, InvitedOn: dateText(i.On), Channel: i.Channel}
	}
	return e.ID, e.Version, out
}

const surveySeenBy = "For the associations directorate and those of the ministry who follow its work."

func (s *shell) surveyCampaigns(store *accreditation.Store) {
	const tag, path, scope = "survey-campaigns", "/v1/survey-campaigns", "accreditation.manage"
	registerList(s, operation{
		id: "list-survey-campaigns", path: path, tag: tag, summary: "List surveys", description: "In the order of their ids. " + surveySeenBy,
		response: List[SurveyCampaign]{Items: []SurveyCampaign{exampleCampaign}},
	}, func(in *campaignsInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{Status: in.Status}
	}, store.Campaigns, campaignOf)
	registerGet(s, operation{id: "get-survey-campaign", path: path + "/{id}", tag: tag, summary: "Read a survey", description: surveySeenBy, response: exampleCampaign}, store.Campaign, campaignOf)
	registerCreate(s, operation{
		id: "create-survey-campaign", path: path, tag: tag, scope: scope, summary: "Plan a survey",
		description: "Of one directorate or more, with the version of the questionnaire that is asked. For the associations directorate.",
		request:     exampleCampaign.NewSurveyCampaign, response: exampleCampaign,
	}, func(ctx context.Context, a policy.Actor, b NewSurveyCampaign, once pg.Once) (accreditation.Written[accreditation.Campaign], error) {
		return store.PlanCampaign(ctx, a, b.domain(), once)
	}, campaignOf)
	registerChange(s, operation{
		id: "change-survey-campaign", path: path + "/{id}", tag: tag, scope: scope, summary: "Write a survey anew", description: "Until it is opened. For the associations directorate.",
		request: exampleCampaign.NewSurveyCampaign, response: exampleCampaign,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, version int, b NewSurveyCampaign) (accreditation.Written[accreditation.Campaign], error) {
		return store.ChangeCampaign(ctx, a, id, version, b.domain())
	}, campaignOf)
	for event, text := range map[accreditation.CampaignEvent][2]string{
		accreditation.Begin: {"Open a survey", "From now on what is found may be recorded."},
		accreditation.Close: {"Close a survey", "Nothing more is recorded; what was found goes its way."},
	} {
		registerStep(s, operation{
			id: string(event) + "-survey-campaign", path: path + "/{id}/" + string(event), tag: tag, scope: scope, summary: text[0],
			description: text[1] + " For the associations directorate.", response: exampleCampaign,
		}, func(ctx context.Context, a policy.Actor, m accreditation.Move, _ *Nothing) (accreditation.Written[accreditation.Campaign], error) {
			return store.MoveCampaign(ctx, a, m, event)
		}, campaignOf)
	}
	processHistory(s, path, tag, "a survey", surveySeenBy, store.CampaignHistory)
}

func (s *shell) surveyEntries(store *accreditation.Store) {
	const tag, path, scope = "survey-entries", "/v1/survey-entries", "accreditation.manage"
	registerList(s, operation{
		id: "list-survey-entries", path: path, tag: tag, summary: "List what surveys found", description: "In the order of their ids. " + surveySeenBy,
		response: List[SurveyEntry]{Items: []SurveyEntry{exampleEntry}},
	}, func(in *entriesInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{CampaignID: in.Campaign.Value, OrganizationID: in.Organization.Value, Status: in.Status}
	}, store.Entries, surveyEntryOf)
	registerGet(s, operation{id: "get-survey-entry", path: path + "/{id}", tag: tag, summary: "Read an entry of a survey", description: surveySeenBy, response: exampleEntry}, store.Entry, surveyEntryOf)
	registerCreate(s, operation{
		id: "create-survey-entry", path: path, tag: tag, scope: scope, summary: "Record a provider that a survey found",
		description: "With its answers. One that the register does not know is registered with it; its place is in a directorate of the survey. One that is accredited, or has applied, is recorded as that. For the associations directorate.",
		request: NewSurveyEntry{
			CampaignID: exampleCampaignID, FoundOn: "2026-05-12", Answers: exampleEntry.Answers,
			Provider: &FoundProvider{Kind: "association", Name: Text{AR: "جمعية الأمل النموذجية (مثال)", EN: "Model Hope Society (example)"}, Place: "gn-281292", Telephone: "+970 2 555 0100"},
		}, response: exampleEntry,
	}, func(ctx context.Context, a policy.Actor, b NewSurveyEntry, once pg.Once) (accreditation.Written[accreditation.Entry], error) {
		return store.Record(ctx, a, b.domain(), once)
	}, surveyEntryOf)
	registerChange(s, operation{
		id: "change-survey-entry", path: path + "/{id}", tag: tag, scope: scope, summary: "Write the answers of an entry anew",
		description: "While its survey is open. For the associations directorate.", request: ChangedSurveyEntry{Answers: exampleEntry.Answers}, response: exampleEntry,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, version int, b ChangedSurveyEntry) (accreditation.Written[accreditation.Entry], error) {
		return store.ChangeAnswers(ctx, a, id, version, answersOf(b.Answers))
	}, surveyEntryOf)
	registerStep(s, operation{
		id: "invite-survey-entry", path: path + "/{id}/invite", tag: tag, scope: scope, summary: "Record an invitation",
		description: "By which letter and on which way the provider was asked to apply. It has a notice. For the associations directorate.",
		request:     SurveyInvitation{LetterNumber: "S-2026-118", InvitedOn: "2026-05-20", Channel: "letter"}, response: exampleEntry,
	}, func(ctx context.Context, a policy.Actor, m accreditation.Move, b SurveyInvitation) (accreditation.Written[accreditation.Entry], error) {
		return store.Invite(ctx, a, m, accreditation.Invitation{LetterNumber: b.LetterNumber, On: dateOf(b.InvitedOn), Channel: b.Channel})
	}, surveyEntryOf)
	registerStep(s, operation{
		id: "list-for-information-survey-entry", path: path + "/{id}/list-for-information", tag: tag, scope: scope, summary: "List a provider for information only",
		description: "It is in the directory for signposting and never receives a referral. Not while an accreditation of it is open or in force. For the associations directorate.", response: exampleEntry,
	}, func(ctx context.Context, a policy.Actor, m accreditation.Move, _ *Nothing) (accreditation.Written[accreditation.Entry], error) {
		return store.KeepForInformation(ctx, a, m)
	}, surveyEntryOf)
	processHistory(s, path, tag, "an entry of a survey", surveySeenBy, store.EntryHistory)
}

var (
	exampleCampaign = SurveyCampaign{
		ID: exampleCampaignID, Status: "open", AllowedTransitions: []string{"close"}, Version: 2, UpdatedAt: exampleTime, NewSurveyCampaign: NewSurveyCampaign{
			Name: Text{AR: "مسح مقدمي الخدمات في الخليل (مثال)", EN: "Survey of providers in Hebron (example)"}, Directorates: []uuid.UUID{exampleDirectorateID},
			StartsOn: "2026-05-01", EndsOn: "2026-07-31", QuestionnaireID: exampleQuestionnaireID,
		},
	}
	exampleEntry = SurveyEntry{
		ID: exampleEntryID, CampaignID: exampleCampaignID, OrganizationID: exampleOrganizationID, Status: "surveyed", FoundOn: "2026-05-12",
		Answers: []Answer{{Question: "weekly_hours", Number: new(35)}}, AllowedTransitions: []string{"invite", "list_for_information"}, Version: 1, UpdatedAt: exampleTime,
	}
)
