package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// OfSource are the ids of what came from a publisher and has not ended, of one table: organization, service or service_at_location; with
// an organization, of what is its own.
func OfSource(ctx context.Context, q pg.Querier, table, source string, organization uuid.UUID) ([]uuid.UUID, error) {
	from := map[string]string{
		"organization": `SELECT o.id FROM organization AS o WHERE o.source = @source AND o.status <> 'defunct' AND (@organization::uuid IS NULL OR o.id = @organization)`,
		"service":      `SELECT s.id FROM service AS s WHERE s.source = @source AND s.status <> 'defunct' AND (@organization::uuid IS NULL OR s.organization_id = @organization)`,
		"service_at_location": `SELECT sal.id FROM service_at_location AS sal JOIN service AS s ON s.id = sal.service_id
			WHERE sal.source = @source AND sal.status <> 'defunct' AND (@organization::uuid IS NULL OR s.organization_id = @organization)`,
	}[table]
	if from == "" {
		return nil, fmt.Errorf("directory: nothing of %q comes from a publisher", table)
	}
	rows, err := q.Query(ctx, from+" ORDER BY 1", pgx.StrictNamedArgs{"source": source, "organization": idOrNull(organization)})
	if err != nil {
		return nil, fmt.Errorf("list what came from a publisher: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// End says that a thing of one of the tables of OfSource has ended, in the transaction of q, and refreshes what may be found; what waits
// for it is taken back. Only an import does so; for people there is SetServiceStatus and the like.
func End(ctx context.Context, q pg.Querier, actor policy.Actor, table string, id uuid.UUID, now time.Time) error {
	var version int
	var organization uuid.UUID
	sql := map[string]string{
		"organization":        `SELECT version, id FROM organization WHERE id = @id`,
		"service":             `SELECT version, organization_id FROM service WHERE id = @id`,
		"service_at_location": `SELECT sal.version, s.organization_id FROM service_at_location AS sal JOIN service AS s ON s.id = sal.service_id WHERE sal.id = @id`,
	}[table]
	if sql == "" {
		return fmt.Errorf("directory: a row of %q does not end", table)
	}
	if err := q.QueryRow(ctx, sql, pgx.StrictNamedArgs{"id": id}).Scan(&version, &organization); err != nil {
		return fmt.Errorf("read what is to end: %w", err)
	}
	waiting, err := waitingFor(ctx, q, id)
	if err != nil {
		return err
	}
	if err := withdraw(ctx, q, actor, waiting, now); err != nil {
		return err
	}
	if table == "organization" {
		err = updateStatus(ctx, q, table, id, version, Defunct, now)
	} else {
		err = setStatus(ctx, q, keeps(actor, organization), table, id, version, Defunct, now)
	}
	if err != nil {
		return err
	}
	return refresh(ctx, q, organization)
}
