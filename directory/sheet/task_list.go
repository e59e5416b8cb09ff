package sheet

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// TaskFilter narrows a list of imports.
type TaskFilter struct {
	Status string    // queued, running, done or failed; empty: any
	After  uuid.UUID // the last of the page before; the zero id: the first page
	Limit  int
}

// Imports lists the imports that the actor may see, the newest first: all of them for who may import everything, and otherwise those of
// the own organizations. It fails with fault.Forbidden for who may not import.
func (s *Store) Imports(ctx context.Context, actor policy.Actor, f TaskFilter) (tasks []Task, err error) {
	mine, err := ownAll(actor)
	if err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		tasks, err = selectImports(ctx, q, mine, f)
		return err
	})
	return tasks, err
}

// ownAll are the organizations whose imports the actor may see; nil for one who may see all. It fails as own does.
func ownAll(actor policy.Actor) ([]uuid.UUID, error) {
	first, err := own(actor)
	if err != nil || first == uuid.Nil {
		return nil, err
	}
	all := []uuid.UUID{}
	for _, id := range actor.Organizations() {
		if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{OrganizationID: id}); ok {
			all = append(all, id)
		}
	}
	return all, nil
}

// selectImports goes by the ids, which follow the time; organizations nil: of all.
func selectImports(ctx context.Context, q pg.Querier, organizations []uuid.UUID, f TaskFilter) ([]Task, error) {
	rows, err := q.Query(ctx, taskSQL+`
		WHERE kind = 'import'
		  AND (@everywhere OR organization_id = ANY (@organizations))
		  AND (@status = '' OR status = @status)
		  AND (@after::uuid IS NULL OR id < @after)
		ORDER BY id DESC
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"everywhere": organizations == nil, "organizations": append([]uuid.UUID{}, organizations...), "status": f.Status,
			"after": idOrNull(f.After), "limit": f.Limit,
		})
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[taskRow])
	if err != nil {
		return nil, fmt.Errorf("list the imports: %w", err)
	}
	tasks := make([]Task, len(found))
	for i, r := range found {
		if tasks[i], err = r.task(); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}
