package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Record writes what an open survey found. A provider that the register does not know is registered in the same transaction, and the
// answer says what it may be a second entry of. One that is accredited, or on its way to it, is recorded as that. It fails with
// fault.Forbidden unless the actor runs surveys, with fault.Refused with every fault of what was found and answered, and with
// fault.Impossible "campaign_not_open", or "surveyed_already" in this survey.
func (s *Store) Record(ctx context.Context, actor policy.Actor, f Found, once pg.Once) (Written[Entry], error) {
	return perform(ctx, s, surveying(actor, "entry.survey", uuid.Nil, once), f.recorded, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		surveyed, asked, err := openCampaign(ctx, q, f.CampaignID)
		if err != nil {
			return id, err
		}
		if err = f.check(ctx, q, surveyed, asked, now); err != nil {
			return id, err
		}
		if f.OrganizationID == uuid.Nil {
			if f.OrganizationID, err = f.registered(ctx, q, now); err != nil {
				return id, err
			}
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		if err = insertEntry(ctx, q, id, f, now); err != nil {
			return id, err
		}
		return id, caughtUp(ctx, q, f.OrganizationID, now)
	})
}

// isNew reports whether the provider is one that the register does not know.
func (f Found) isNew() bool { return f.Organization.Kind != "" }

// check fails with every fault of what was found: whose entry it is, when and where it was found, and what was answered.
func (f Found) check(ctx context.Context, q pg.Querier, c Campaign, asked Questionnaire, now time.Time) error {
	var l fault.List
	if f.isNew() == (f.OrganizationID != uuid.Nil) {
		l.Add("/organization_id", "An entry is of an organization of the register, or of a new provider.", "القيد لمنظمة في السجل أو لمقدم خدمة جديد.")
	}
	if f.On.Truncate(24 * time.Hour).After(geo.Today(now)) {
		l.Add("/found_on", "This day has not come yet.", "هذا اليوم لم يأتِ بعد.")
	}
	if f.isNew() {
		elsewhere, err := f.elsewhere(ctx, q, c)
		if err != nil {
			return err
		}
		if elsewhere {
			l.Add("/provider/place", "The place is in none of the directorates of this survey.", "لا يقع هذا التجمع في أي من مديريات هذا المسح.")
		}
	}
	asked.Check(&l, "/answers", f.Answers)
	return l.Err()
}

// elsewhere reports whether the place of a new provider is one that no directorate of the survey has. Of a place that does not exist the
// register says so; an organization of the register may be found where it has no branch yet.
func (f Found) elsewhere(ctx context.Context, q pg.Querier, c Campaign) (out bool, err error) {
	err = q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM place
			  WHERE code = @place
			) AND NOT EXISTS (
			  SELECT
			  FROM directorate_place
			  WHERE place_code = @place AND directorate_id = ANY (@directorates::uuid[])
			)`, pgx.StrictNamedArgs{"place": f.Branch.PlaceCode, "directorates": c.Directorates}).Scan(&out)
	return out, pg.Translate(err)
}

// registered registers a provider that is new and returns its id; what is wrong with it is said of "/provider".
func (f Found) registered(ctx context.Context, q pg.Querier, now time.Time) (uuid.UUID, error) {
	made, err := directory.Register(ctx, q, f.Organization, f.Branch, now)
	fields := fieldsOf(err)
	if len(fields) == 0 {
		return made.ID, err
	}
	var l fault.List
	for _, field := range fields {
		l.Add("/provider"+field.Pointer, field.Detail.EN, field.Detail.AR)
	}
	return uuid.Nil, l.Err()
}

// recorded reads the entry with what a provider that was registered with it may be a second entry of.
func (f Found) recorded(ctx context.Context, q pg.Querier, id uuid.UUID) (Entry, error) {
	e, err := entry(ctx, q, id)
	if err == nil && f.isNew() {
		e.PossibleDuplicates, err = directory.LikeOrganization(ctx, q, e.OrganizationID)
	}
	return e, err
}

// openCampaign is a survey that is open, with its questionnaire.
func openCampaign(ctx context.Context, q pg.Querier, id uuid.UUID) (Campaign, Questionnaire, error) {
	c, err := campaign(ctx, q, id)
	if fault.KindOf(err) == fault.NotFound {
		var l fault.List
		l.Add("/campaign_id", "There is no such survey.", "لا يوجد مسح كهذا.")
		return c, Questionnaire{}, l.Err()
	}
	if err != nil {
		return c, Questionnaire{}, err
	}
	if c.Status != Open {
		return c, Questionnaire{}, fault.New(fault.Impossible, "campaign_not_open", "The survey is not open.", "المسح غير مفتوح.")
	}
	asked, err := questionnaire(ctx, q, c.QuestionnaireID)
	return c, asked, err
}
