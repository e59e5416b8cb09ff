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

// ContinueAccreditation moves the last day of an accreditation to until if that is later, and what may be found with it. What is
// suspended is continued too: it stays suspended, and once it is reinstated it has its days. What has ended stays ended, which is no
// fault.
func ContinueAccreditation(ctx context.Context, q pg.Querier, id uuid.UUID, until, now time.Time) error {
	return lastDay(ctx, q, "continue the accreditation", `
		UPDATE accreditation
		SET valid_to = @until, version = version + 1, updated_at = @now
		WHERE id = @id AND valid_to < @until AND status IN ('accredited', 'suspended')
		RETURNING organization_id`, pgx.StrictNamedArgs{"id": id, "until": until, "now": now})
}

// EndAccreditationBy takes back the days of an accreditation after until, in whatever state it is meanwhile: one that is suspended may be
// reinstated and one that is revoked be given anew, each with the days that it has.
func EndAccreditationBy(ctx context.Context, q pg.Querier, id uuid.UUID, until, now time.Time) error {
	return lastDay(ctx, q, "take days of the accreditation back", `
		UPDATE accreditation
		SET valid_to = @until, version = version + 1, updated_at = @now
		WHERE id = @id AND valid_to > @until
		RETURNING organization_id`, pgx.StrictNamedArgs{"id": id, "until": until, "now": now})
}

// lastDay runs an UPDATE that compares for itself, so that nobody needs to have read the day; no row is a day that stands already.
func lastDay(ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) error {
	var organization uuid.UUID
	err := q.QueryRow(ctx, sql, args).Scan(&organization)
	if fault.KindOf(pg.Translate(err)) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return refresh(ctx, q, organization)
}
