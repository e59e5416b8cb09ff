package referrals

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// inquiry is a row of the table.
type inquiry struct {
	Round         int
	Items         []string
	Question      []byte
	AskedAt       time.Time
	AnsweredItems []string
	Answer        []byte
	AnsweredAt    *time.Time
}

func inquiriesOf(ctx context.Context, q pg.Querier, attemptID uuid.UUID) ([]inquiry, error) {
	rows, err := q.Query(ctx, `
		SELECT round, items, question, asked_at, answered_items, answer, answered_at
		FROM attempt_inquiry
		WHERE attempt_id = @attempt
		ORDER BY round`,
		pgx.StrictNamedArgs{"attempt": attemptID})
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[inquiry])
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	return found, nil
}

func insertInquiry(ctx context.Context, q pg.Querier, a attempt, items []string, question []byte, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO attempt_inquiry (attempt_id, round, items, question, asked_at)
		VALUES (@attempt, @round, @items, @question, @now)`,
		pgx.StrictNamedArgs{"attempt": a.ID, "round": a.InfoRounds, "items": items, "question": question, "now": now})
	if err != nil {
		return fmt.Errorf("write what is asked: %w", err)
	}
	return nil
}

func answerInquiry(ctx context.Context, q pg.Querier, a attempt, items []string, answer []byte, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE attempt_inquiry
		SET answered_items = @items, answer = @answer, answered_at = @now
		WHERE attempt_id = @attempt
			AND round = @round
			AND answered_at IS NULL`,
		pgx.StrictNamedArgs{"attempt": a.ID, "round": a.InfoRounds, "items": items, "answer": answer, "now": now})
	if err != nil {
		return fmt.Errorf("write what is answered: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errStale
	}
	return nil
}
