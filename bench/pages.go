package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Pages runs the statement in a transaction that is rolled back and returns how many pages of PostgreSQL's shared buffers it
// read, found there or not. It runs the statement planned for its arguments and planned for any, and returns the greater: a
// prepared statement of the service may be either. Each is run twice, and the second counts: the first on a connection reads the
// catalogue and the spheroid too, which the service has behind it when a connection enters the pool.
func Pages(ctx context.Context, tx pgx.Tx, s Statement) (int, error) {
	custom, generic, err := pagesOfPlans(ctx, tx, s)
	return max(custom, generic), err
}

// pagesOfPlans returns what Pages reads with each of the two plans.
func pagesOfPlans(ctx context.Context, tx pgx.Tx, s Statement) (custom, generic int, err error) {
	if custom, err = pagesIn(ctx, tx, s, "force_custom_plan"); err != nil {
		return 0, 0, err
	}
	generic, err = pagesIn(ctx, tx, s, "force_generic_plan")
	return custom, generic, err
}

func pagesIn(ctx context.Context, tx pgx.Tx, s Statement, mode string) (pages int, err error) {
	if _, err := tx.Exec(ctx, "SELECT set_config('plan_cache_mode', $1, true)", mode); err != nil {
		return 0, fmt.Errorf("bench: choose the plan: %w", err)
	}
	const name = "bench_pages"
	values, err := s.prepare(ctx, tx.Conn(), name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, tx.Conn().Deallocate(ctx, name)) }()
	explain := "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE " + name + "(" + literals(values) + ")"
	var answer []byte
	for range 2 {
		if err := tx.QueryRow(ctx, explain, pgx.QueryExecModeSimpleProtocol).Scan(&answer); err != nil {
			return 0, fmt.Errorf("bench: explain: %w", err)
		}
	}
	return pagesOf(answer)
}

// pagesOf reads a plan as EXPLAIN gives it in JSON: its first node counts the pages of all the others.
func pagesOf(answer []byte) (int, error) {
	var plans []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	if err := json.Unmarshal(answer, &plans); err != nil || len(plans) != 1 {
		return 0, fmt.Errorf("bench: read the plan: %w", errors.Join(err, fmt.Errorf("%d plans", len(plans))))
	}
	return plans[0].Plan.Hit + plans[0].Plan.Read, nil
}

// literals writes values as SQL does. A NULL needs no type, since a parameter has one.
func literals(values [][]byte) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "NULL"
		if v != nil {
			quoted[i] = "'" + strings.ReplaceAll(string(v), "'", "''") + "'"
		}
	}
	return strings.Join(quoted, ", ")
}
