package event

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// sequencerLock is the advisory lock of the one sequencer; the number has no meaning but must never change.
const sequencerLock = 7_208_032

// Store reads the feed.
type Store struct{ db *pg.DB }

// NewStore returns a Store on db.
func NewStore(db *pg.DB) *Store { return &Store{db: db} }

// Feed returns at most limit events after the position, oldest first, of those that the actor may know of: a provider of the
// attempts sent to it (of tier 3 only a cleared person in a session of their own), a case manager of their own cases, a
// supervisor of the directorate. Everything committed before the call
// is in it or has been given a position before after. It fails with fault.Forbidden for roles that no event concerns.
func (s *Store) Feed(ctx context.Context, actor policy.Actor, after int64, limit int) ([]Event, error) {
	if !actor.Can(policy.Read, policy.ClassEvent) {
		return nil, policy.RoleForbids(policy.Read, policy.ClassEvent)
	}
	if after < 0 {
		return nil, fault.New(fault.Invalid, "invalid_cursor", "The position is not one of this feed.", "الموضع ليس من هذا السجل.")
	}
	if err := s.Sequence(ctx); err != nil {
		return nil, err
	}
	var events []Event
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		var err error
		events, err = eventsAfter(ctx, q, actor, after, limit)
		return err
	})
	return events, err
}

// Sequence gives every committed event that has no position the next ones. It holds the sequencer's lock until its own commit,
// so that positions become visible in order: a reader who has seen one has seen all before it, although ids and sequences are
// given in another order than transactions commit.
func (s *Store) Sequence(ctx context.Context) error {
	return s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		var waiting bool
		err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event WHERE position IS NULL)`).Scan(&waiting)
		if err != nil || !waiting {
			return err
		}
		if _, err := q.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(sequencerLock)); err != nil {
			return fmt.Errorf("take the sequencer's lock: %w", err)
		}
		return number(ctx, q)
	})
}

// number is a statement of its own because its snapshot must be taken after the lock.
func number(ctx context.Context, q pg.Querier) error {
	_, err := q.Exec(ctx, `
		UPDATE event AS e
		SET position = n.position
		FROM (
			SELECT id, (SELECT coalesce(max(position), 0) FROM event) + row_number() OVER (ORDER BY id) AS position
			FROM event
			WHERE position IS NULL
		) AS n
		WHERE e.id = n.id`)
	if err != nil {
		return fmt.Errorf("number events: %w", err)
	}
	return nil
}

// eventsAfter states the row rule itself; row-level security states it again.
func eventsAfter(ctx context.Context, q pg.Querier, actor policy.Actor, after int64, limit int) ([]Event, error) {
	rows, err := q.Query(ctx, `
		SELECT id, position, type, occurred_at, recorded_at, referral_id, attempt_id, version, directorate_id, owner_account_id,
		       organization_id, tier, coalesce(transition, '') AS transition, coalesce(code, '') AS code, consent_id
		FROM event AS e
		WHERE position > @after
			AND ((organization_id = ANY (@organizations)
			      AND (tier < 3 OR (@own_session AND EXISTS (
			        SELECT FROM attempt AS a
			        JOIN instrument_cleared_person AS c ON c.instrument_id = a.instrument_id
			        WHERE a.id = e.attempt_id AND c.account_id = @account))))
			     OR (owner_account_id = @account AND directorate_id = ANY (@case_directorates))
			     OR (tier < 3 AND directorate_id = ANY (@overseen))
			     OR (tier = 3 AND directorate_id = ANY (@cleared)))
		ORDER BY position
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"after": after, "limit": limit, "organizations": actor.Organizations(), "account": actor.AccountID,
			"case_directorates": actor.Directorates(policy.CaseManager), "overseen": actor.Overseen(), "cleared": actor.Cleared(),
			"own_session": actor.Kind == policy.Person && actor.OwnSession,
		})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[Event])
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}
