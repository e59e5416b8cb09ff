package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// parentKnown refuses an organization whose details name a parent that does not exist.
func parentKnown(ctx context.Context, q pg.Querier, o Organization) error {
	if o.Details.ParentID == uuid.Nil || o.Source != "" {
		return nil
	}
	var known bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organization WHERE id = @id)`, pgx.StrictNamedArgs{"id": o.Details.ParentID}).Scan(&known)
	if err != nil {
		return fmt.Errorf("read the parent organization: %w", err)
	}
	var l fault.List
	if !known {
		l.Add("/details/parent_id", "There is no such organization.", "لا توجد منظمة كهذه.")
	}
	return l.Err()
}

// programKnown refuses a service whose details name a program that its organization does not have.
func programKnown(ctx context.Context, q pg.Querier, s Service) error {
	if s.Details.ProgramID == uuid.Nil || s.Source != "" {
		return nil
	}
	o, err := selectOrganization(ctx, q, s.OrganizationID)
	if err != nil {
		return err
	}
	var l fault.List
	if !slices.ContainsFunc(o.Details.Programs, func(p Program) bool { return p.ID == s.Details.ProgramID }) {
		l.Add("/details/program_id", "The organization has no such program.", "ليس للمنظمة برنامج كهذا.")
	}
	return l.Err()
}
