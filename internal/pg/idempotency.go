package pg

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
)

// Once makes a write happen at most once for each key of a client. It keeps no body: a replay reads the resource afresh. The
// zero value stands for a write without a key, an act of the system or of a test; its methods then do nothing.
type Once struct {
	Client      string // the account that asks, as text: row-level security compares it with tahweel.account_id
	Key         string // the Idempotency-Key of the request
	Fingerprint []byte // a hash of the request; the same key with another request is refused
}

// Outcome is what the first request with a key brought about.
type Outcome struct {
	ResourceID uuid.UUID
	Version    int
	Replayed   bool // true when it was found and not just made
}

var (
	errInProgress = fault.New(fault.Impossible, "idempotency_in_progress",
		"A request with this idempotency key is being carried out. Try again in a moment.",
		"يجري الآن تنفيذ طلب بمفتاح عدم التكرار هذا. أعد المحاولة بعد لحظة.")
	errKeyReused = fault.New(fault.Refused, "idempotency_key_reused",
		"This idempotency key was used for another request. Use a new key.",
		"استُخدم مفتاح عدم التكرار هذا في طلب آخر. استخدم مفتاحًا جديدًا.")
)

// keyLock sets the advisory locks of keys apart from those that other parts may take.
const keyLock = 7_208_031

func (o Once) absent() bool { return o.Client == "" && o.Key == "" && o.Fingerprint == nil }

// Seen returns the outcome of an earlier request with the same key, and whether there was one. It claims the key until the
// transaction ends. It fails with fault.Impossible (idempotency_in_progress) while another transaction holds the key, and with
// fault.Refused (idempotency_key_reused) if the key was used for another operation or another request. Call it in the
// transaction of the effect, before the effect.
func (o Once) Seen(ctx context.Context, q Querier, operation string) (Outcome, bool, error) {
	if o.absent() {
		return Outcome{}, false, nil
	}
	var claimed bool
	var earlier string
	var fingerprint []byte
	var outcome Outcome
	// Two statements in one round trip, because a statement sees what was committed before it began: only the second one, begun
	// under the lock, surely sees the row of whoever held the lock before.
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT pg_try_advisory_xact_lock(hashtextextended(@client || ' ' || @key, @seed))`,
		pgx.StrictNamedArgs{"client": o.Client, "key": o.Key, "seed": keyLock},
	).QueryRow(func(row pgx.Row) error { return row.Scan(&claimed) })
	batch.Queue(`
		SELECT operation, fingerprint, resource_id, version
		FROM idempotency
		WHERE client_id = @client
			AND key = @key`,
		pgx.StrictNamedArgs{"client": o.Client, "key": o.Key},
	).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&earlier, &fingerprint, &outcome.ResourceID, &outcome.Version)
		outcome.Replayed = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return Outcome{}, false, fmt.Errorf("look up an idempotency key: %w", err)
	}
	switch {
	case !claimed:
		return Outcome{}, false, errInProgress
	case !outcome.Replayed:
		return Outcome{}, false, nil
	case earlier != operation || subtle.ConstantTimeCompare(fingerprint, o.Fingerprint) != 1:
		return Outcome{}, false, errKeyReused
	}
	return outcome, true, nil
}

// Record keeps the outcome under the key. Call it in the transaction of the effect, so that neither exists without the other.
func (o Once) Record(ctx context.Context, q Querier, operation string, id uuid.UUID, version int) error {
	if o.absent() {
		return nil
	}
	_, err := q.Exec(ctx, `
		INSERT INTO idempotency (client_id, key, operation, fingerprint, resource_id, version)
		VALUES (@client, @key, @operation, @fingerprint, @resource, @version)`,
		pgx.StrictNamedArgs{
			"client": o.Client, "key": o.Key, "operation": operation,
			"fingerprint": o.Fingerprint, "resource": id, "version": version,
		})
	if err != nil {
		return fmt.Errorf("record an idempotency key: %w", Translate(err))
	}
	return nil
}
