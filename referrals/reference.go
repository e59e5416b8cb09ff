package referrals

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// partnerReference keeps a provider's own number to a number: it is found by a query and shown in lists, so that it may not become a
// place for names.
var partnerReference = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z./_-]{0,59}$`)

// SetPartnerReference gives an attempt its provider's own number, or takes it away (empty), in any state after sending. It fails with
// fault.Refused if it is none, with fault.Conflict if somebody moved the attempt since the version, and with fault.Forbidden or
// fault.NotFound for anybody but the recipient.
func (s *Store) SetPartnerReference(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, number string) (View, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.SetReference, Class: policy.ClassAttempt, ObjectID: id}
	if !actor.Can(entry.Action, policy.ClassAttempt) {
		return View{}, s.refused(ctx, entry, policy.RoleForbids(entry.Action, policy.ClassAttempt))
	}
	var view View
	err := s.settling(ctx, asOf{actor, now}, func(q pg.Querier) error {
		c, err := s.mayMove(ctx, q, actor, id, entry.Action)
		if err != nil {
			return err
		}
		if err := c.settled("", now); err != nil {
			return err
		}
		entry.PersonID = c.referral.PersonID
		if c.attempt.Version != version {
			return errStale
		}
		if number != "" && !partnerReference.MatchString(number) {
			var faults fault.List
			faults.Add("/partner_reference", "A reference has letters, digits and . / _ - only, at most 60.", "يتكون المرجع من أحرف لاتينية وأرقام والرموز . / _ - فقط، 60 على الأكثر.")
			return faults.Err()
		}
		if err := updateReference(ctx, q, &c.attempt, number, now); err != nil {
			return err
		}
		if err := referenceSet(ctx, q, actor, c, now); err != nil {
			return err
		}
		view, err = s.show(ctx, q, actor, c, now)
		return err
	})
	return view, s.refused(ctx, entry, err)
}

func updateReference(ctx context.Context, q pg.Querier, a *attempt, number string, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE attempt
		SET partner_reference = nullif(@number, ''), version = version + 1, updated_at = @now
		WHERE id = @id
			AND version = @version`,
		pgx.StrictNamedArgs{"number": number, "now": now, "id": a.ID, "version": a.Version})
	if err != nil {
		return fmt.Errorf("set a partner's reference: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errStale
	}
	a.PartnerReference, a.UpdatedAt = orNull(number), now
	a.Version++
	return nil
}

// referenceSet: the version grew, and whoever follows the events learns it there.
func referenceSet(ctx context.Context, q pg.Querier, actor policy.Actor, c caseFile, now time.Time) error {
	e := attemptEvent(c.attempt, now)
	e.Type = "attempt.partner_reference_set"
	if err := event.Append(ctx, q, e); err != nil {
		return err
	}
	return audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: policy.SetReference, Class: policy.ClassAttempt, ObjectID: c.attempt.ID, PersonID: c.referral.PersonID,
		Purpose: c.referral.Purpose, Allowed: true, Code: policy.Allowed.Code(),
	})
}
