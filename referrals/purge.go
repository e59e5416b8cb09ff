package referrals

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Purge removes for good what was written on attempts that were marked as an error PurgedAfter ago: codes, texts, questions and
// answers, outcome, dates of contact, the provider's number. Nothing of the referral is touched; the attempt stays, with its status and
// times. It returns how many attempts it purged, may be run at any time by any number of processes, and is audited.
func (s *Store) Purge(ctx context.Context) (purged int, err error) {
	now := s.clock()
	for full := true; full && err == nil; {
		var ids []uuid.UUID
		err = s.db.InTx(ctx, asOf{policy.TheSystem(), now}, func(q pg.Querier) error {
			var err error
			ids, err = purgeDue(ctx, q, now)
			return err
		})
		if err == nil {
			purged += len(ids)
			full = len(ids) == sweepPage
		}
	}
	return purged, err
}

func purgeDue(ctx context.Context, q pg.Querier, now time.Time) ([]uuid.UUID, error) {
	rows, err := q.Query(ctx, `
		UPDATE attempt
		SET purged_at = @now, note = NULL, error_note = NULL, pending_cancellation_text = NULL, reason_code = NULL, outcome_code = NULL,
		    need_met = NULL, service_date = NULL, quantity = NULL, fee_charged = NULL, partner_reference = NULL, contacted_at = NULL,
		    contact_methods = NULL
		WHERE id IN (
		  SELECT id
		  FROM attempt
		  WHERE purge_due_at <= @now AND purged_at IS NULL
		  ORDER BY purge_due_at, id
		  LIMIT @limit
		  FOR UPDATE SKIP LOCKED
		)
		RETURNING id`, pgx.StrictNamedArgs{"now": now, "limit": sweepPage})
	if err != nil {
		return nil, fmt.Errorf("purge what was written by mistake: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("purge what was written by mistake: %w", err)
	}
	if _, err := q.Exec(ctx, `
		DELETE FROM attempt_inquiry
		WHERE attempt_id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids}); err != nil {
		return nil, fmt.Errorf("purge questions and answers: %w", err)
	}
	for _, id := range ids {
		e := audit.Entry{At: now, Actor: policy.TheSystem(), Action: "purge", Class: policy.ClassAttempt, ObjectID: id, Allowed: true, Code: policy.Allowed.Code()}
		if err := audit.Append(ctx, q, e); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
