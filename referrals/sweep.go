package referrals

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// sweepPage is how many attempts a sweep looks for at once.
const sweepPage = 200

// Sweep makes every move that the system owes at this instant, each in a transaction of its own, and returns how many of each it
// made. It may be run at any time, by any number of processes at once: an attempt that another one holds is passed over, and what
// was done is not owed any more. One attempt that fails does not keep the others: the faults of all are returned together.
func (s *Store) Sweep(ctx context.Context) (map[Transition]int, error) {
	made := map[Transition]int{}
	var failed error
	for after := uuid.Nil; ; {
		ids, err := s.due(ctx, after)
		if err != nil {
			return made, errors.Join(failed, err)
		}
		for _, id := range ids {
			t, err := s.settle(ctx, id)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("attempt %s: %w", id, err))
			} else if t != "" {
				made[t]++
			}
			after = id
		}
		if len(ids) < sweepPage || ctx.Err() != nil {
			return made, errors.Join(failed, ctx.Err())
		}
	}
}

// due lists attempts that may be owed a move. It locks nothing: settle looks again.
func (s *Store) due(ctx context.Context, after uuid.UUID) (ids []uuid.UUID, err error) {
	now := s.clock()
	err = s.db.InTx(ctx, asOf{policy.TheSystem(), now}, func(q pg.Querier) error {
		rows, err := q.Query(ctx, dueSQL, pgx.StrictNamedArgs{"now": now, "after": after, "limit": sweepPage})
		if err != nil {
			return fmt.Errorf("look for what is due: %w", err)
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
	return ids, err
}

// dueSQL: those whose time is over, those whose time was never counted, those whose provider is barred and those whose consent was
// withdrawn. A withdrawal moves its attempts itself; of those that did not, the last day's are looked at.
const dueSQL = `
	SELECT id
	FROM (
		SELECT id
		FROM attempt
		WHERE due_at <= @now::timestamptz
		UNION
		SELECT id
		FROM attempt
		WHERE due_at IS NULL
			AND status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted')
		UNION
		SELECT a.id
		FROM (
			SELECT DISTINCT instrument_id
			FROM attempt
			WHERE status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')
		) AS used
		CROSS JOIN LATERAL tahweel_provider_bar(used.instrument_id) AS bar
		JOIN attempt AS a ON a.instrument_id = used.instrument_id
		WHERE a.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted')
			OR (a.status IN ('accepted', 'in_service', 'on_hold') AND (bar.at_once OR bar.ends_at <= @now::timestamptz))
		UNION
		SELECT a.id
		FROM consent AS c
		JOIN attempt AS a ON a.consent_id = c.id
		WHERE c.withdrawn_at > @now::timestamptz - interval '1 day'
			AND a.status IN ('sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')
	) AS owed
	WHERE id > @after
	ORDER BY id
	LIMIT @limit`

// settle makes the move that the system owes one attempt, or counts its time if nobody did. It returns which move it made, or nothing
// where none is owed or somebody else is at work on the attempt.
func (s *Store) settle(ctx context.Context, id uuid.UUID) (made Transition, err error) {
	now := s.clock()
	system := policy.TheSystem()
	err = s.db.InTx(ctx, asOf{system, now}, func(q pg.Querier) error {
		made = ""
		free, err := lockFree(ctx, q, id)
		if err != nil || !free {
			return err
		}
		c, err := caseByID(ctx, q, system, id)
		if err != nil {
			return err
		}
		t, owed := c.owed(now, owable...)
		if !owed {
			return c.countTime(ctx, q)
		}
		made = t
		return s.perform(ctx, q, system, &c, Move{ID: id, Version: c.attempt.Version}, s.systemPlan(t), now)
	})
	return made, err
}

// lockFree locks the attempt until the transaction ends, or reports that somebody else has.
func lockFree(ctx context.Context, q pg.Querier, id uuid.UUID) (bool, error) {
	var found uuid.UUID
	err := q.QueryRow(ctx, `
		SELECT id
		FROM attempt
		WHERE id = @id
		FOR UPDATE SKIP LOCKED`,
		pgx.StrictNamedArgs{"id": id}).Scan(&found)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock an attempt: %w", err)
	}
	return true, nil
}

// countTime writes down an attempt's instant where nobody has.
func (c caseFile) countTime(ctx context.Context, q pg.Querier) error {
	if c.attempt.DueAt != nil {
		return nil
	}
	due := c.attempt.countedDue()
	if due == nil {
		return nil
	}
	_, err := q.Exec(ctx, `
		UPDATE attempt
		SET due_at = @due
		WHERE id = @id`,
		pgx.StrictNamedArgs{"due": due, "id": c.attempt.ID})
	if err != nil {
		return fmt.Errorf("count an attempt's time: %w", err)
	}
	return nil
}
