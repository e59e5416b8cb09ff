package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// What the process of accreditation does to the register, in the transaction of its own act. Who calls these has asked whether the
// actor may; what the actor's rows do not let in is done under pg.Elevate.

// Register writes an organization with its first branch, where the survey found it, and returns it with its id. It fails with
// fault.Refused if a field breaks a rule or names what does not exist; the branch's own pointers begin with "/branch".
func Register(ctx context.Context, q pg.Querier, o Organization, b Branch, now time.Time) (Organization, error) {
	if err := o.Validate(); err != nil {
		return Organization{}, err
	}
	if err := identify(&o.ID); err != nil {
		return Organization{}, err
	}
	o.Status, o.Version = Active, 1
	if err := insertOrganization(ctx, q, o, now); err != nil {
		return Organization{}, err
	}
	if err := identify(&b.ID); err != nil {
		return Organization{}, err
	}
	b.OrganizationID, b.Status, b.Version = o.ID, Active, 1
	if b.Name == (Name{}) {
		b.Name = o.Name
	}
	if err := b.Validate(); err != nil {
		return Organization{}, err
	}
	if err := insertBranch(ctx, q, b, now); err != nil {
		return Organization{}, err
	}
	return o, refresh(ctx, q, o.ID)
}

// ListForInformation says whether the organization is in the directory for signposting only. What may be found counts from the next
// request. It fails with fault.NotFound.
func ListForInformation(ctx context.Context, q pg.Querier, organization uuid.UUID, only bool, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE organization
		SET information_only = @only, version = version + 1, updated_at = @now
		WHERE id = @id AND information_only <> @only`, pgx.StrictNamedArgs{"id": organization, "only": only, "now": now})
	if err != nil {
		return fmt.Errorf("list for information: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil // it says so already
	}
	return refresh(ctx, q, organization)
}

// AccreditationByID reads an accreditation as row-level security shows it, or fails with fault.NotFound.
func AccreditationByID(ctx context.Context, q pg.Querier, id uuid.UUID) (Accreditation, error) {
	a, err := selectAccreditation(ctx, q, id)
	return a, pg.Translate(err)
}

// CurrentAccreditation reads the accreditation of the organization that is accredited or suspended, or fails with fault.NotFound.
func CurrentAccreditation(ctx context.Context, q pg.Querier, organization uuid.UUID) (Accreditation, error) {
	a, err := one(ctx, q, "read the accreditation", accreditationRow.accreditation, accreditationSQL+`
		WHERE organization_id = @organization AND status IN ('accredited', 'suspended')`, pgx.StrictNamedArgs{"organization": organization})
	return a, pg.Translate(err)
}

// GrantAccreditation makes the organization accredited: an accreditation that is open goes on from where it is, otherwise there is a
// new one. What may be found counts from the next request. It fails with fault.Refused if the grant breaks a rule, and with
// fault.Impossible "accreditation_open" if one is in force or suspended.
func GrantAccreditation(ctx context.Context, q pg.Querier, organization uuid.UUID, g Grant, letter string, now time.Time) (Accreditation, error) {
	a, err := one(ctx, q, "read the accreditation", accreditationRow.accreditation, accreditationSQL+`
		WHERE organization_id = @organization AND status IN ('applied', 'under_review')
		FOR UPDATE`, pgx.StrictNamedArgs{"organization": organization})
	if fault.KindOf(pg.Translate(err)) == fault.NotFound {
		a = Accreditation{OrganizationID: organization, Status: Applied, Version: 1, UpdatedAt: now}
		if err := identify(&a.ID); err != nil {
			return Accreditation{}, err
		}
		err = insertAccreditation(ctx, q, a, now)
	}
	if err != nil {
		return Accreditation{}, err
	}
	if a.Status == Applied {
		if a, err = MoveAccreditation(ctx, q, AccreditationMove{ID: a.ID, Version: a.Version, Event: StartReview}, now); err != nil {
			return Accreditation{}, err
		}
	}
	m := AccreditationMove{ID: a.ID, Version: a.Version, Event: Accredit, Grant: &g, Paper: Paper{LetterNumber: letter}, decided: true}
	return MoveAccreditation(ctx, q, m, now)
}

// Prolong gives an accreditation that is in force another last day, and another number unless it is empty. It fails with
// fault.Impossible if it is not accredited.
func Prolong(ctx context.Context, q pg.Querier, id uuid.UUID, number string, validTo, now time.Time) error {
	var organization uuid.UUID
	err := q.QueryRow(ctx, `
		UPDATE accreditation
		SET number = coalesce(nullif(@number, ''), number), valid_to = @valid_to, version = version + 1, updated_at = @now
		WHERE id = @id AND status = 'accredited'
		RETURNING organization_id`,
		pgx.StrictNamedArgs{"id": id, "number": number, "valid_to": validTo, "now": now}).Scan(&organization)
	if fault.KindOf(pg.Translate(err)) == fault.NotFound {
		return fault.New(fault.Impossible, "accreditation_not_in_force",
			"The accreditation is not in force, so it cannot be continued.", "الاعتماد غير سارٍ، فلا يمكن تمديده.")
	}
	if err != nil {
		return fmt.Errorf("prolong: %w", err)
	}
	return refresh(ctx, q, organization)
}

// notBeingDecided fails with fault.Impossible "application_open" while an application of the accreditation's organization is on its way:
// two persons decide on it, and nobody alone beside them.
func notBeingDecided(ctx context.Context, q pg.Querier, accreditation uuid.UUID) error {
	var open bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
		  SELECT
		  FROM accreditation AS acc
		  JOIN accreditation_application AS app ON app.organization_id = acc.organization_id
		  WHERE acc.id = @id AND app.status NOT IN ('decided', 'withdrawn')
		)`, pgx.StrictNamedArgs{"id": accreditation}).Scan(&open)
	if err == nil && open {
		return fault.New(fault.Impossible, "application_open",
			"An application of this organization is on its way; the decision on it decides.", "لهذه المنظمة طلب قيد النظر، والقرار فيه هو الفاصل.")
	}
	return err
}
