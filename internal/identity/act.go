package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Act is one thing that was done to an account or a client, as the audit log has it.
type Act struct {
	ID        uuid.UUID
	At        time.Time
	AccountID uuid.UUID // who did it; uuid.Nil: the system
	Code      string    // account_created, membership_ended, key_added …
}

// actRow is an entry of the audit log as readActs selects it.
type actRow struct {
	ID         uuid.UUID
	RecordedAt time.Time
	AccountID  *uuid.UUID
	Code       string
}

// readActs returns what was done to the thing and not refused, oldest first.
func readActs(ctx context.Context, q pg.Querier, class policy.Class, id uuid.UUID) ([]Act, error) {
	rows, err := q.Query(ctx, `
		SELECT id, recorded_at, account_id, code
		FROM audit_entry
		WHERE object_id = @id
			AND class = @class
			AND allowed
		ORDER BY id`,
		pgx.StrictNamedArgs{"id": id, "class": string(class)})
	if err != nil {
		return nil, fmt.Errorf("read a history: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[actRow])
	if err != nil {
		return nil, fmt.Errorf("read a history: %w", err)
	}
	acts := make([]Act, len(found))
	for i, r := range found {
		acts[i] = Act{ID: r.ID, At: r.RecordedAt, AccountID: orNil(r.AccountID), Code: r.Code}
	}
	return acts, nil
}
