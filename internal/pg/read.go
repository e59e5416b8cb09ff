package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Round queues the statements of one round trip. Their callbacks take in what they return; a callback must not decide, for an error of
// it makes the connection forget its prepared statements: whether to go on, the next round says by its error.
type Round func(batch *pgx.Batch) error

// Read runs the rounds one after the other in one READ COMMITTED, READ ONLY transaction in the name of actor. It begins within the round
// trip of the first and ends within that of the last, so that n rounds are n round trips, where InTx takes two more. If a round fails, the
// transaction is rolled back. Rounds are run again from the first as the function of InTx is, and errors are those of InTx, except that
// the outcome is never unknown: nothing was written.
func (db *DB) Read(ctx context.Context, actor Actor, rounds ...Round) error {
	return Translate(repeat(ctx, func() error { return db.readOnce(ctx, actor, rounds) }))
}

func (db *DB) readOnce(ctx context.Context, actor Actor, rounds []Round) error {
	batch, kind, err := begin(actor, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // closes a connection that is still in a transaction
	t := &tx{kind: kind}
	defer func() {
		if t.Tx != nil && conn.Conn().PgConn().TxStatus() != 'I' {
			t.abandon(ctx)
		}
	}()
	for n, queue := range rounds {
		if err := queue(batch); err != nil {
			return err
		}
		if n == len(rounds)-1 {
			batch.Queue("commit")
		}
		results := conn.SendBatch(ctx, batch)
		if n == 0 {
			t.Tx = results.Tx()
		}
		if err := results.Close(); err != nil {
			if conn.Conn().IsClosed() { // as if it had never begun: nothing was written
				return fmt.Errorf("%w: %w", errBegin, err)
			}
			return err
		}
		batch = &pgx.Batch{}
	}
	return nil
}
