package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// surveying is the deed of an officer who runs a survey.
func surveying(actor policy.Actor, what string, id uuid.UUID, once pg.Once) deed {
	return deed{actor: actor, what: what, action: policy.Manage, class: policy.ClassSurvey, id: id, once: once}
}

// Campaign returns the survey of that id, or fails with fault.NotFound.
func (s *Store) Campaign(ctx context.Context, actor policy.Actor, id uuid.UUID) (Campaign, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Campaign, error) { return seen(ctx, q, actor, policy.ClassSurvey, campaign, id) })
}

// Campaigns lists surveys by id; the filter's Status counts. It fails with fault.Forbidden for who has no part in them.
func (s *Store) Campaigns(ctx context.Context, actor policy.Actor, f Filter) ([]Campaign, error) {
	return list(ctx, s, actor, policy.ClassSurvey, func(q pg.Querier) ([]Campaign, error) {
		return collect(ctx, q, "list campaigns", campaignRow.campaign, campaignSQL+`
			WHERE (@status = '' OR c.status = @status)
				AND c.id > @after
			ORDER BY c.id
			LIMIT @limit`, pgx.StrictNamedArgs{"status": f.Status, "after": f.After, "limit": f.Limit})
	})
}

// CampaignHistory returns what became of a survey. It fails with fault.NotFound.
func (s *Store) CampaignHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]history.Change, error) {
		if _, err := seen(ctx, q, actor, policy.ClassSurvey, campaign, id); err != nil {
			return nil, err
		}
		return history.Of(ctx, q, "survey_campaign", id.String(), p)
	})
}

// PlanCampaign plans a survey. It fails with fault.Forbidden unless the actor runs surveys, and with fault.Refused if fields break a rule
// or name what does not exist.
func (s *Store) PlanCampaign(ctx context.Context, actor policy.Actor, c Campaign, once pg.Once) (Written[Campaign], error) {
	return perform(ctx, s, surveying(actor, "campaign.plan", uuid.Nil, once), campaign, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		if err = c.Validate(); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		c.ID = id
		return id, insertCampaign(ctx, q, c, now)
	})
}

// ChangeCampaign writes a survey anew that is not open yet. It fails like every change, and with fault.Impossible "campaign_begun".
func (s *Store) ChangeCampaign(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, c Campaign) (Written[Campaign], error) {
	return alter(ctx, s, surveying(actor, "campaign.change", id, pg.Once{}), version, campaign, func(q pg.Querier, was Campaign, now time.Time) error {
		if was.Status != Planned {
			return fault.New(fault.Impossible, "campaign_begun", "The survey has begun and stays as it is.", "بدأ المسح فلا يُعدَّل.")
		}
		if err := c.Validate(); err != nil {
			return err
		}
		c.ID, c.Version = id, version
		return updateCampaign(ctx, q, c, now)
	})
}

// MoveCampaign opens or closes a survey. It fails like every move.
func (s *Store) MoveCampaign(ctx context.Context, actor policy.Actor, m Move, e CampaignEvent) (Written[Campaign], error) {
	return alter(ctx, s, surveying(actor, "campaign."+string(e), m.ID, m.Once), m.Version, campaign, func(q pg.Querier, was Campaign, now time.Time) error {
		next, err := was.Status.Next(e)
		if err != nil {
			return err
		}
		return change(ctx, q, string(e), `
			UPDATE survey_campaign
			SET transition = @event, status = @status, version = version + 1, updated_at = @now
			WHERE id = @id AND status = @was AND version = @version`,
			pgx.StrictNamedArgs{"id": m.ID, "event": e, "status": next, "was": was.Status, "version": was.Version, "now": now})
	})
}

// Entry returns what a survey found, by its id, or fails with fault.NotFound.
func (s *Store) Entry(ctx context.Context, actor policy.Actor, id uuid.UUID) (Entry, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Entry, error) { return seen(ctx, q, actor, policy.ClassSurvey, entry, id) })
}

// Entries lists what surveys found, by id; the filter's CampaignID, OrganizationID and Status count.
func (s *Store) Entries(ctx context.Context, actor policy.Actor, f Filter) ([]Entry, error) {
	return list(ctx, s, actor, policy.ClassSurvey, func(q pg.Querier) ([]Entry, error) {
		args := f.args()
		args["campaign"] = orNull(f.CampaignID)
		return collect(ctx, q, "list entries", entryRow.entry, entrySQL+`
			WHERE (@campaign::uuid IS NULL OR campaign_id = @campaign)
				AND (@organization::uuid IS NULL OR organization_id = @organization)
				AND (@status = '' OR status = @status)
				AND id > @after
			ORDER BY id
			LIMIT @limit`, args)
	})
}

// EntryHistory returns what became of an entry. It fails with fault.NotFound.
func (s *Store) EntryHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]history.Change, error) {
		if _, err := seen(ctx, q, actor, policy.ClassSurvey, entry, id); err != nil {
			return nil, err
		}
		return history.Of(ctx, q, "survey_entry", id.String(), p)
	})
}

// ChangeAnswers writes the answers of an entry anew while its survey is open. It fails like every change and like Record.
func (s *Store) ChangeAnswers(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, answers []Answer) (Written[Entry], error) {
	return alter(ctx, s, surveying(actor, "entry.change", id, pg.Once{}), version, entry, func(q pg.Querier, was Entry, now time.Time) error {
		_, asked, err := openCampaign(ctx, q, was.CampaignID)
		if err != nil {
			return err
		}
		var l fault.List
		asked.Check(&l, "/answers", answers)
		if err := l.Err(); err != nil {
			return err
		}
		return change(ctx, q, "change answers", `
			UPDATE survey_entry
			SET answers = @answers, version = version + 1, updated_at = @now
			WHERE id = @id AND version = @version`,
			pgx.StrictNamedArgs{"id": id, "version": version, "answers": append([]Answer{}, answers...), "now": now})
	})
}

// Invite records that the provider was asked to apply, by which letter and on which way; it has a notice. Nothing that opens a door is
// made: accounts and clients have invitations of their own. It fails like every move, and with fault.Refused with every fault.
func (s *Store) Invite(ctx context.Context, actor policy.Actor, m Move, i Invitation) (Written[Entry], error) {
	return s.movedEntry(ctx, actor, m, Invite, func(q pg.Querier, e *Entry, now time.Time) error {
		if err := i.Validate(); err != nil {
			return err
		}
		e.Invitation = i
		return directory.Notify(ctx, q, directory.Notice{OrganizationID: e.OrganizationID, Kind: "invited", LetterNumber: i.LetterNumber, Text: directory.Name{
			AR: "تدعوكم المديرية إلى تقديم طلب للاعتماد.", EN: "The directorate invites you to apply for accreditation.",
		}}, now)
	})
}

// KeepForInformation lists the provider for signposting only: it is in the directory and never receives a referral. It fails like every
// move, and with fault.Impossible "not_for_information" while an accreditation of it is open or in force: it would be listed whatever
// becomes of that.
func (s *Store) KeepForInformation(ctx context.Context, actor policy.Actor, m Move) (Written[Entry], error) {
	return s.movedEntry(ctx, actor, m, ListForInformation, func(q pg.Querier, e *Entry, now time.Time) error {
		if err := notAccredited(ctx, q, e.OrganizationID, now); err != nil {
			return err
		}
		return directory.ListForInformation(ctx, q, e.OrganizationID, true, now)
	})
}

func (s *Store) movedEntry(ctx context.Context, actor policy.Actor, m Move, e EntryEvent, decide func(q pg.Querier, e *Entry, now time.Time) error) (Written[Entry], error) {
	return alter(ctx, s, surveying(actor, "entry."+string(e), m.ID, m.Once), m.Version, entry, func(q pg.Querier, was Entry, now time.Time) error {
		next, err := was.Status.Next(e)
		if err != nil {
			return err
		}
		became := was
		became.Status = next
		if err := decide(q, &became, now); err != nil {
			return err
		}
		return change(ctx, q, string(e), `
			UPDATE survey_entry
			SET transition = @event, status = @status, letter_number = @letter, invited_on = @invited_on, channel = @channel, version = version + 1,
			    updated_at = @now
			WHERE id = @id AND status = @was AND version = @version`,
			pgx.StrictNamedArgs{
				"id": was.ID, "event": e, "status": next, "was": was.Status, "version": was.Version, "letter": notEmpty(became.Invitation.LetterNumber),
				"invited_on": dayOrNull(became.Invitation.On), "channel": notEmpty(became.Invitation.Channel), "now": now,
			})
	})
}
