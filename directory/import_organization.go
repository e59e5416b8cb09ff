package directory

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
)

func (t *taking) organization(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the organization", organizationRow.organization, organizationSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": t.in.OrganizationID})
	if err != nil {
		return err
	}
	if len(found) == 1 {
		t.owner = &found[0]
	}
	if t.in.Organization == nil {
		return nil
	}
	o := t.in.Organization.Of(t.owner)
	o.ID, o.Source = t.in.OrganizationID, t.in.Source
	if t.owner != nil {
		o.Source = t.owner.Source
	}
	t.out.Organization, err = t.write(ctx, piece{
		same:     func() bool { return t.owner != nil && same(asStored(*t.owner), asStored(o)) },
		refused:  func() *fault.Error { return t.mayChangeOrganization(o) },
		validate: func() error { return o.Validate() },
		do:       func() (Verdict, error) { return t.putOrganization(ctx, o) },
	})
	if t.out.Organization.Created || t.out.Organization.Updated {
		t.owner = &o
	}
	return err
}

// mayChangeOrganization: what an organization is and is called is changed by who runs the register, in a file as in a request.
func (t *taking) mayChangeOrganization(o Organization) *fault.Error {
	switch {
	case t.owner == nil && t.own:
		return errNotYours
	case t.owner != nil && foreign(t.owner.Source, t.in.Source):
		return errOfAnotherSource
	case t.own && (o.Status != t.owner.Status || o.sameAs(*t.owner) != nil):
		return errKeptByDirectorate
	}
	return nil
}

func (t *taking) putOrganization(ctx context.Context, o Organization) (Verdict, error) {
	if t.owner == nil {
		o.Version = 1
		return Verdict{Created: true}, insertOrganization(ctx, t.q, o, t.now)
	}
	o.Version = t.owner.Version
	if o.Status != t.owner.Status {
		if err := updateStatus(ctx, t.q, "organization", o.ID, o.Version, o.Status, t.now); err != nil {
			return Verdict{}, err
		}
		o.Version++
	}
	return Verdict{Updated: true}, updateOrganization(ctx, t.q, o, t.now)
}
