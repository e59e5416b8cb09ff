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
)

// applied, fellBack and accreditedNow take what surveys found of the organization along with what becomes of it.
func applied(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	return followed(ctx, q, organization, HandsIn, now)
}

// fellBack leaves what is in the directory for information there.
func fellBack(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	listed := false
	err := q.QueryRow(ctx, `
			SELECT information_only
			FROM organization
			WHERE id = @id`, pgx.StrictNamedArgs{"id": organization}).Scan(&listed)
	if err != nil {
		return pg.Translate(err)
	}
	if listed {
		return followed(ctx, q, organization, FallBackToInformation, now)
	}
	return followed(ctx, q, organization, FallBack, now)
}

func accreditedNow(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	return followed(ctx, q, organization, BecomesAccredited, now)
}

// caughtUp takes what was just found of the organization to where it is already.
func caughtUp(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	has, err := directory.CurrentAccreditation(ctx, q, organization)
	switch {
	case err == nil && !geo.Today(now).After(has.ValidTo):
		return accreditedNow(ctx, q, organization, now)
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return err
	}
	var applying bool
	err = q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM accreditation_application
			  WHERE organization_id = @organization AND status NOT IN ('draft', 'decided', 'withdrawn')
			)`, pgx.StrictNamedArgs{"organization": organization}).Scan(&applying)
	if err != nil || !applying {
		return pg.Translate(err)
	}
	return applied(ctx, q, organization, now)
}

// followed moves every entry of the organization for which the event exists. An organization does not see them, so it is done in the
// system's name.
func followed(ctx context.Context, q pg.Querier, organization uuid.UUID, e EntryEvent, now time.Time) error {
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		return write(ctx, q, "follow the organization", `
			UPDATE survey_entry AS e
			SET transition = t.transition, status = t.to_status, version = e.version + 1, updated_at = @now
			FROM survey_entry_transition AS t
			WHERE e.organization_id = @organization AND t.from_status = e.status AND t.transition = @event`,
			pgx.StrictNamedArgs{"organization": organization, "event": e, "now": now})
	})
}

// notAccredited fails with fault.Impossible "not_for_information" while an accreditation of the organization is open or in force, or
// suspended before its last day.
func notAccredited(ctx context.Context, q pg.Querier, organization uuid.UUID, now time.Time) error {
	var open bool
	err := q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM accreditation
			  WHERE organization_id = @organization
			    AND (status IN ('applied', 'under_review') OR status IN ('accredited', 'suspended') AND valid_to >= @today)
			)`, pgx.StrictNamedArgs{"organization": organization, "today": geo.Today(now)}).Scan(&open)
	if err == nil && open {
		return fault.New(fault.Impossible, "not_for_information",
			"The organization has an accreditation that is open or in force, so it is not listed for information only.",
			"للمنظمة اعتماد مفتوح أو سارٍ، فلا تُدرج للإرشاد فقط.")
	}
	return pg.Translate(err)
}
