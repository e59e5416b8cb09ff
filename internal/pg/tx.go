package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// attempts bounds how often InTx runs its function when PostgreSQL asks for a repetition.
	attempts = 6
	// rollbackTimeout is how long a rollback may take after the caller's context has ended.
	rollbackTimeout = 5 * time.Second
)

// InTx runs fn in one READ COMMITTED transaction in the name of actor and commits if fn returns nil. On an error or a panic it
// rolls back. fn must touch nothing but the database, for it is run again, at most five times, when PostgreSQL reports a
// serialization failure (40001) or a deadlock (40P01), or when no transaction could be begun because the connection had died.
//
// Faults of fn are returned as they are, other errors through Translate. If the connection is lost while committing, nobody
// can know the outcome: InTx then fails with ErrOutcomeUnknown and the caller may repeat under the same idempotency key. The
// same holds when PostgreSQL warns while committing, as it does when the wait for a synchronous standby was cut short.
func (db *DB) InTx(ctx context.Context, actor Actor, fn func(q Querier) error) error {
	return Translate(repeat(ctx, func() error { return db.once(ctx, actor, fn) }))
}

// repeat runs once until it succeeds, fails for good or has failed too often.
func repeat(ctx context.Context, once func() error) error {
	var err error
	for attempt := range attempts {
		if attempt > 0 && !pause(ctx, attempt) {
			break
		}
		if err = once(); err == nil || !repeatable(err) {
			break
		}
	}
	return err
}

// pause waits before the given repetition, up to 2, 4, 8 … ms with full jitter, and reports whether ctx still lives.
func pause(ctx context.Context, attempt int) bool {
	most := time.Millisecond << attempt
	timer := time.NewTimer(rand.N(most)) //nolint:gosec // jitter, not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// errBegin marks that the transaction never began, so that repeating is safe whatever fn does.
var errBegin = errors.New("begin")

func repeatable(err error) bool {
	if errors.Is(err, ErrOutcomeUnknown) {
		return false
	}
	var pge *pgconn.PgError
	if errors.As(err, &pge) {
		return pge.Code == "40001" || pge.Code == "40P01" || errors.Is(err, errBegin) && strings.HasPrefix(pge.Code, "57")
	}
	return errors.Is(err, errBegin) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// tx is the Querier of one transaction. After the transaction has ended it refuses, because the connection under it may by then
// belong to another actor.
type tx struct {
	pgx.Tx
	kind    string // the value of tahweel.kind now
	filling bool
}

// become sets tahweel.kind until the transaction ends or becomes something else.
func (t *tx) become(ctx context.Context, kind string) error {
	if _, err := t.Exec(ctx, "SELECT set_config('tahweel.kind', $1, true)", kind); err != nil {
		return err
	}
	t.kind = kind
	return nil
}

func (db *DB) once(ctx context.Context, actor Actor, fn func(q Querier) error) error {
	batch, kind, err := begin(actor, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return err
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // closes a connection that is still in a transaction
	results := conn.SendBatch(ctx, batch)
	t := &tx{Tx: results.Tx(), kind: kind, filling: db.filling}
	defer t.abandon(ctx) // after an error, a panic or runtime.Goexit; after a commit it does nothing
	if err := results.Close(); err != nil {
		return fmt.Errorf("%w: %w", errBegin, err)
	}
	if err := fn(t); err != nil {
		return err
	}
	return t.commit(ctx)
}

// abandon rolls back, even if ctx has ended.
func (t *tx) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_ = t.Rollback(ctx)
}

// commit commits and believes nothing but a plain COMMIT without a warning.
func (t *tx) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if t.Conn().IsClosed() {
		return net.ErrClosed
	}
	notices := t.Conn().PgConn().CustomData()
	delete(notices, lastWarning)
	// From here on an error that is not the server's own word leaves the outcome open. The driver calls some of them safe to
	// retry although the word had left.
	err := t.Commit(ctx)
	var pge *pgconn.PgError
	switch {
	case errors.As(err, &pge) && pge.SeverityUnlocalized == "ERROR", // a FATAL may come after the transaction is on disk
		errors.Is(err, pgx.ErrTxClosed), errors.Is(err, pgx.ErrTxCommitRollback):
		return err // nothing has happened
	case err != nil:
		return ErrOutcomeUnknown.Because(err)
	}
	if w, ok := notices[lastWarning].(warning); ok {
		return ErrOutcomeUnknown.Because(w)
	}
	return nil
}

// lastWarning is the key under which a connection keeps the last WARNING it was sent.
const lastWarning = "tahweel.warning"

// warning is a WARNING of the server, as an error.
type warning struct{ notice *pgconn.Notice }

func (w warning) Error() string { return "warning " + w.notice.Code + ": " + w.notice.Message }

// noteWarning keeps warnings for commit. Cancelling the wait for a synchronous standby is reported as success with a WARNING,
// so that without it a commit nobody else has would count as safe.
func noteWarning(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.SeverityUnlocalized == "WARNING" {
		conn.CustomData()[lastWarning] = warning{notice}
	}
}

// Elevate runs fn with the kind system inside the transaction of q, which must come from InTx, and gives the actor's own kind
// back afterwards, also when fn fails. It is for side effects that have a name and that the actor may cause but not do, such
// as refreshing the search table; never for reading on the actor's behalf. If the kind cannot be given back, the transaction
// is rolled back at once: it runs nothing more and cannot commit.
func Elevate(ctx context.Context, q Querier, fn func(q Querier) error) error {
	t, ok := q.(*tx)
	if !ok {
		return errors.New("pg: Elevate needs the Querier of InTx")
	}
	before, restored := t.kind, false
	if err := t.become(ctx, kindSystem); err != nil {
		return err
	}
	defer func() {
		if !restored {
			t.abandon(ctx)
		}
	}()
	err := fn(q)
	restore := t.become(ctx, before)
	restored = restore == nil
	if err == nil {
		return restore
	}
	return err
}
