package referrals

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Happened is one line of a history: what happened, when, by whom. It holds nothing of the person who is referred.
type Happened struct {
	ID         uuid.UUID // of the event
	Type       string    // "attempt.accepted", "consent.withdrawn" …
	OccurredAt time.Time
	RecordedAt time.Time
	AttemptID  *uuid.UUID
	ConsentID  *uuid.UUID
	Version    int // of the attempt, or of the referral where there is no attempt
	Transition string
	Code       string
	By         *Party // nil: it was recorded before this was kept
}

// Party is on which side somebody stands who did something, and who, where the reader may know.
type Party struct {
	Side      Side
	AccountID *uuid.UUID
	Name      fault.Sentence
}

// Side is where a party stands.
type Side string

// The sides.
const (
	Ministry Side = "ministry"
	Provider Side = "provider"
	Itself   Side = "system"
)

// ReferralHistory lists what happened to a referral, its attempts and consents, oldest first. It fails with fault.Forbidden if no role
// of the actor reads referrals, and with fault.NotFound if the actor may not know of this one.
func (s *Store) ReferralHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, f Filter) (list []Happened, err error) {
	err = s.readReferral(ctx, actor, id, func(q pg.Querier, r referral, _ time.Time) error {
		list, err = happened(ctx, q, `e.referral_id = @of`, r.ID, reader{actor: actor}, f)
		return err
	})
	return list, err
}

// ConsentHistory lists what happened to a consent and to the attempts that rest on it, oldest first. It fails like ReferralHistory.
func (s *Store) ConsentHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, f Filter) (list []Happened, err error) {
	err = s.readConsent(ctx, actor, id, func(q pg.Querier, v ConsentView) error {
		list, err = happened(ctx, q, `(e.consent_id = @of OR e.attempt_id IN (SELECT a.id FROM attempt AS a WHERE a.consent_id = @of))`, v.ID, reader{actor: actor}, f)
		return err
	})
	return list, err
}

// AttemptHistory lists what happened to an attempt, oldest first; its recipient reads from the sending on, and of the ministry's side
// not by whom. It fails with fault.Forbidden if no role of the actor reads attempts, and with fault.NotFound if the actor may not know
// of this one.
func (s *Store) AttemptHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, f Filter) (list []Happened, err error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Read, Class: policy.ClassAttempt, ObjectID: id}
	if !actor.Can(policy.Read, policy.ClassAttempt) {
		return nil, s.refused(ctx, entry, policy.RoleForbids(policy.Read, policy.ClassAttempt))
	}
	err = s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		c, err := s.mayMove(ctx, q, actor, id, policy.Read)
		if err != nil {
			return err
		}
		list, err = happened(ctx, q, `e.attempt_id = @of`, id, readerOf(actor, c.attempt), f)
		return err
	})
	return list, s.refused(ctx, entry, err)
}

// happened reads events as a history. Row-level security leaves out the accounts that the reader may not see; on the recipient's side
// those of the other are left out here too.
func happened(ctx context.Context, q pg.Querier, condition string, of uuid.UUID, r reader, f Filter) ([]Happened, error) {
	rows, err := q.Query(ctx, `
		SELECT e.id, e.type, e.occurred_at, e.recorded_at, e.attempt_id, e.consent_id, e.version, coalesce(e.transition, ''), coalesce(e.code, ''),
		       coalesce(e.actor_kind, ''), e.account_id, ac.organization_id, coalesce(ac.name_ar, ''), coalesce(ac.name_en, '')
		FROM event AS e
		LEFT JOIN account AS ac ON ac.id = e.account_id
		WHERE `+condition+`
			AND (NOT @recipient OR e.organization_id = ANY (@organizations))
			AND (@after::uuid IS NULL OR e.id > @after)
		ORDER BY e.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"of": of, "recipient": r.recipient, "organizations": r.actor.Organizations(), "after": orNil(f.After), "limit": f.Limit})
	if err != nil {
		return nil, fmt.Errorf("read a history: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Happened, error) {
		var h Happened
		var kind string
		var p Party
		var organization *uuid.UUID
		err := row.Scan(&h.ID, &h.Type, &h.OccurredAt, &h.RecordedAt, &h.AttemptID, &h.ConsentID, &h.Version, &h.Transition, &h.Code,
			&kind, &p.AccountID, &organization, &p.Name.AR, &p.Name.EN)
		if p.Side = Ministry; organization != nil {
			p.Side = Provider
		}
		switch {
		case kind == "":
			return h, err
		case kind == string(policy.System):
			p = Party{Side: Itself}
		case r.recipient && p.Side == Ministry:
			p = Party{Side: Ministry}
		}
		h.By = &p
		return h, err
	})
}
