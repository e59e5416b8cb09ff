// Package event is the log that partners read to learn what happened. A row is written in the transaction of the act and is its
// own outbox; it carries ids, a version and times, never anything personal.
package event

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Event is one thing that happened. ID is stable; Position is where the sequencer put it (0 while unnumbered).
type Event struct {
	ID             uuid.UUID
	Position       int64
	Type           string // "attempt.accepted", "referral.closed_met" …
	OccurredAt     time.Time
	RecordedAt     time.Time
	ReferralID     uuid.UUID
	AttemptID      *uuid.UUID
	Version        int // of the attempt after the act, or of the referral where there is no attempt
	DirectorateID  uuid.UUID
	OwnerAccountID uuid.UUID
	OrganizationID *uuid.UUID // the provider that may know of it; nil while it is a draft
	Tier           int
	Transition     string     // by which move it came about; empty where the type says it
	Code           string     // the reason that the move carried; empty: none
	ConsentID      *uuid.UUID // of what happened to a consent
}

// Append writes the event in the transaction of q and gives it an id. Who did it is the transaction's actor of the moment: what is done
// in the product's own name, also within somebody's transaction, is the system's.
func Append(ctx context.Context, q pg.Querier, e Event) error { return write(ctx, q, nil, e) }

// AppendBy is Append for what the product does in somebody's stead: by is who decided it.
func AppendBy(ctx context.Context, q pg.Querier, by policy.Actor, e Event) error {
	return write(ctx, q, &by, e)
}

func write(ctx context.Context, q pg.Querier, by *policy.Actor, e Event) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	var kind *string
	var account *uuid.UUID
	if by != nil {
		said := string(by.Kind)
		if kind = &said; by.AccountID != uuid.Nil {
			account = &by.AccountID
		}
	}
	_, err = q.Exec(ctx, `
		INSERT INTO event (id, type, occurred_at, recorded_at, referral_id, attempt_id, version, directorate_id, owner_account_id,
		                   organization_id, tier, transition, code, consent_id, actor_kind, account_id)
		VALUES (@id, @type, @occurred_at, @recorded_at, @referral_id, @attempt_id, @version, @directorate_id, @owner_account_id,
		        @organization_id, @tier, nullif(@transition, ''), nullif(@code, ''), @consent_id,
		        coalesce(@by_kind::text, nullif(current_setting('tahweel.kind', true), '')),
		        CASE WHEN @by_kind::text IS NOT NULL THEN @by_account::uuid WHEN NOT tahweel_is_system() THEN tahweel_account() END)`,
		pgx.StrictNamedArgs{
			"id": id, "type": e.Type, "occurred_at": e.OccurredAt, "recorded_at": e.RecordedAt, "referral_id": e.ReferralID,
			"attempt_id": e.AttemptID, "version": e.Version, "directorate_id": e.DirectorateID, "owner_account_id": e.OwnerAccountID,
			"organization_id": e.OrganizationID, "tier": e.Tier,
			"transition": e.Transition, "code": e.Code, "consent_id": e.ConsentID, "by_kind": kind, "by_account": account,
		})
	if err != nil {
		return fmt.Errorf("append an event: %w", err)
	}
	return nil
}
