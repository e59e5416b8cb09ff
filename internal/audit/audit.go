// Package audit is the append-only log of who did what to whom, by which decision, and what was disclosed. An entry is written
// in the transaction of the act: if it cannot be written, the act fails, by accident (500). A refusal has no act, so it is written by itself.
package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Entry is one line of the log. It carries ids and codes, never a name or a text.
type Entry struct {
	At       time.Time
	Actor    policy.Actor
	Action   policy.Action
	Class    policy.Class
	ObjectID uuid.UUID
	PersonID uuid.UUID // the pseudonymous key of the person concerned; Nil if none
	Purpose  string
	Allowed  bool
	Code     string // of the decision: "allowed", "case_owner", "need_not_covered" …

	InstrumentID      uuid.UUID
	InstrumentVersion int
	TermNumber        int
	Groups            policy.Groups // what was disclosed
}

// Append writes the entry in the transaction of q.
func Append(ctx context.Context, q pg.Querier, e Entry) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = q.Exec(ctx, `
		INSERT INTO audit_entry (id, recorded_at, actor_kind, account_id, action, class, object_id, person_id, purpose, allowed, code,
		                         instrument_id, instrument_version, term_number, groups, request_id)
		VALUES (@id, @recorded_at, @actor_kind, @account_id, @action, @class, @object_id, @person_id, @purpose, @allowed, @code,
		        @instrument_id, @instrument_version, @term_number, @groups, @request_id)`,
		pgx.StrictNamedArgs{
			"id": id, "recorded_at": e.At, "actor_kind": string(e.Actor.Kind), "account_id": orNull(e.Actor.AccountID),
			"action": string(e.Action), "class": string(e.Class), "object_id": orNull(e.ObjectID), "person_id": orNull(e.PersonID),
			"purpose": e.Purpose, "allowed": e.Allowed, "code": e.Code, "instrument_id": orNull(e.InstrumentID),
			"instrument_version": e.InstrumentVersion, "term_number": e.TermNumber, "groups": e.Groups.Letters(), "request_id": e.Actor.RequestID,
		})
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == insufficientPrivilege:
		return fmt.Errorf("append an audit entry: %v", err) //nolint:errorlint // a log that does not let us in is no refusal of the caller
	case err != nil:
		return fmt.Errorf("append an audit entry: %w", err)
	}
	return nil
}

// insufficientPrivilege is the SQLSTATE of a missing right; package pg takes it for the caller's.
const insufficientPrivilege = "42501"

// Refused writes the entry of a refusal in a transaction of its own, since the act it belongs to was never begun or was undone.
// It is written even if the caller has gone meanwhile.
func Refused(ctx context.Context, db *pg.DB, e Entry) error {
	e.Allowed = false
	ctx = context.WithoutCancel(ctx)
	return db.InTx(ctx, e.Actor, func(q pg.Querier) error { return Append(ctx, q, e) })
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
