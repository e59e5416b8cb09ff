package accreditation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

type campaignRow struct {
	ID              uuid.UUID
	NameAr          string
	NameEn          string
	StartsOn        time.Time
	EndsOn          time.Time
	QuestionnaireID uuid.UUID
	Directorates    []uuid.UUID
	Status          CampaignStatus
	Version         int
	UpdatedAt       time.Time
}

const campaignSQL = `
			SELECT c.id, c.name_ar, c.name_en, c.starts_on, c.ends_on, c.questionnaire_id,
			       ARRAY(SELECT d.directorate_id FROM survey_campaign_directorate AS d WHERE d.campaign_id = c.id ORDER BY d.directorate_id) AS directorates,
			       c.status, c.version, c.updated_at
			FROM survey_campaign AS c`

func (r campaignRow) campaign() Campaign {
	return Campaign{
		ID: r.ID, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, Directorates: r.Directorates, From: r.StartsOn, To: r.EndsOn,
		QuestionnaireID: r.QuestionnaireID, Status: r.Status, Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

func campaign(ctx context.Context, q pg.Querier, id uuid.UUID) (Campaign, error) {
	return one(collect(ctx, q, "read a campaign", campaignRow.campaign, campaignSQL+`
			WHERE c.id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func (c Campaign) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": c.ID, "name_ar": c.Name.AR, "name_en": c.Name.EN, "from": c.From, "to": c.To, "questionnaire": c.QuestionnaireID, "now": now,
	}
}

func insertCampaign(ctx context.Context, q pg.Querier, c Campaign, now time.Time) error {
	err := write(ctx, q, "plan a campaign", `
		INSERT INTO survey_campaign (id, name_ar, name_en, starts_on, ends_on, questionnaire_id, transition, status, created_at, updated_at)
		VALUES (@id, @name_ar, @name_en, @from, @to, @questionnaire, 'plan', 'planned', @now, @now)`, c.args(now))
	if err != nil {
		return err
	}
	return insertDirectorates(ctx, q, c)
}

func updateCampaign(ctx context.Context, q pg.Querier, c Campaign, now time.Time) error {
	args := c.args(now)
	args["version"] = c.Version
	err := change(ctx, q, "change a campaign", `
		UPDATE survey_campaign
		SET name_ar = @name_ar, name_en = @name_en, starts_on = @from, ends_on = @to, questionnaire_id = @questionnaire, version = version + 1,
		    updated_at = @now
		WHERE id = @id AND version = @version`, args)
	if err != nil {
		return err
	}
	err = write(ctx, q, "change the directorates of a campaign", `
		DELETE FROM survey_campaign_directorate
		WHERE campaign_id = @id`, pgx.StrictNamedArgs{"id": c.ID})
	return errors.Join(err, insertDirectorates(ctx, q, c))
}

func insertDirectorates(ctx context.Context, q pg.Querier, c Campaign) error {
	return write(ctx, q, "write the directorates of a campaign", `
		INSERT INTO survey_campaign_directorate (campaign_id, directorate_id)
		SELECT DISTINCT @id::uuid, given.id
		FROM unnest(@directorates::uuid[]) AS given (id)`, pgx.StrictNamedArgs{"id": c.ID, "directorates": c.Directorates})
}

type entryRow struct {
	ID             uuid.UUID
	CampaignID     uuid.UUID
	OrganizationID uuid.UUID
	FoundOn        time.Time
	Answers        []Answer
	Status         EntryStatus
	LetterNumber   *string
	InvitedOn      *time.Time
	Channel        *string
	Version        int
	UpdatedAt      time.Time
}

const entrySQL = `
			SELECT id, campaign_id, organization_id, found_on, answers, status, letter_number, invited_on, channel, version, updated_at
			FROM survey_entry`

func (r entryRow) entry() Entry {
	return Entry{
		ID: r.ID, CampaignID: r.CampaignID, OrganizationID: r.OrganizationID, FoundOn: r.FoundOn, Answers: r.Answers, Status: r.Status,
		Invitation: Invitation{LetterNumber: say(r.LetterNumber), On: say(r.InvitedOn), Channel: say(r.Channel)}, Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

func entry(ctx context.Context, q pg.Querier, id uuid.UUID) (Entry, error) {
	return one(collect(ctx, q, "read an entry", entryRow.entry, entrySQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func insertEntry(ctx context.Context, q pg.Querier, id uuid.UUID, f Found, now time.Time) error {
	return write(ctx, q, "record an entry", `
		INSERT INTO survey_entry (id, campaign_id, organization_id, found_on, answers, transition, status, created_at, updated_at)
		VALUES (@id, @campaign, @organization, @on, @answers, 'survey', 'surveyed', @now, @now)`,
		pgx.StrictNamedArgs{
			"id": id, "campaign": f.CampaignID, "organization": f.OrganizationID, "on": f.On, "answers": append([]Answer{}, f.Answers...), "now": now,
		})
}
