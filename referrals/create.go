package referrals

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/audit"
	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/policy"
)

// ReferralResult is a referral as the actor may see it.
type ReferralResult struct {
	ReferralView
	Replayed bool
}

// Create opens a referral as a draft: what is personal is sealed under a new key of the person's own, ages become bands, nothing is
// sent to anybody. It fails with fault.Forbidden unless the actor is a case manager, and with fault.Refused if fields break a rule
// (all of them are named), the need is not a leaf of the taxonomy or the place is not known.
func (s *Store) Create(ctx context.Context, actor policy.Actor, n New, once pg.Once) (ReferralResult, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Create, Class: policy.ClassReferral}
	if !actor.Can(policy.Create, policy.ClassReferral) {
		return ReferralResult{}, s.refused(ctx, entry, policy.RoleForbids(policy.Create, policy.ClassReferral))
	}
	var result ReferralResult
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, "referral.create")
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !seen {
			if err := n.Validate(geo.Today(now)); err != nil {
				return err
			}
			if id, err = s.create(ctx, q, actor, n, now); err != nil {
				return err
			}
			if err := once.Record(ctx, q, "referral.create", id, 1); err != nil {
				return err
			}
		}
		view, err := s.showReferral(ctx, q, actor, id, now)
		result = ReferralResult{ReferralView: view, Replayed: seen}
		return err
	})
	return result, s.refused(ctx, entry, err)
}

func (s *Store) create(ctx context.Context, q pg.Querier, actor policy.Actor, n New, now time.Time) (uuid.UUID, error) {
	directorates := actor.Directorates(policy.CaseManager)
	if len(directorates) == 0 {
		return uuid.Nil, policy.RoleForbids(policy.Create, policy.ClassReferral)
	}
	facts, err := factsFor(ctx, q, n, directorates)
	if err != nil {
		return uuid.Nil, err
	}
	if n.Tier == 0 {
		n.Tier = facts.Tier
	}
	if n.Tier < facts.Tier || n.Tier > 3 {
		var faults fault.List
		faults.Add("/tier", "The level of sensitivity may be raised, never lowered.", "يجوز رفع درجة الحساسية لا خفضها.")
		return uuid.Nil, faults.Err()
	}
	n.Details = n.Details.normalised()
	r := referral{
		DirectorateID: facts.DirectorateID, OwnerAccountID: actor.AccountID, NeedID: facts.NeedID, Tier: n.Tier, Status: ReferralDraft, Version: 1,
	}
	if r.ID, err = uuid.NewV7(); err != nil {
		return uuid.Nil, fmt.Errorf("referrals: %w", err)
	}
	if r.PersonID, err = uuid.NewV7(); err != nil {
		return uuid.Nil, fmt.Errorf("referrals: %w", err)
	}
	key, wrapped, err := s.keys.NewPersonKey(r.PersonID)
	if err != nil {
		return uuid.Nil, fmt.Errorf("make a person's key: %w", err)
	}
	r.WrappedKey = wrapped
	return r.ID, s.insert(ctx, q, actor, n, r, key, now)
}

func (s *Store) insert(ctx context.Context, q pg.Querier, actor policy.Actor, n New, r referral, key sealed.Key, now time.Time) error {
	fields, err := n.Details.seal(key, r.ID)
	if err != nil {
		return err
	}
	if err := insertReferral(ctx, q, r, n, geo.Today(now), now); err != nil {
		return err
	}
	if err := insertSealed(ctx, q, r, fields, n.Details.tokens(s.keys)); err != nil {
		return err
	}
	if err := event.Append(ctx, q, referralEvent(r, now)); err != nil {
		return err
	}
	return audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: policy.Create, Class: policy.ClassReferral, ObjectID: r.ID, PersonID: r.PersonID,
		Purpose: "service_provision", Allowed: true, Code: string(policy.CaseOwner),
	})
}

// NewAttempt is one try with one provider's service.
type NewAttempt struct {
	ReferralID          uuid.UUID
	ServiceAtLocationID uuid.UUID
	ConsentID           uuid.UUID // that it rests on; Nil: on Consent, which is recorded with it
	Consent             Consent
}

// CreateAttempt writes a draft of an attempt with the family's consent for its recipient; the provider learns nothing until it is
// sent. It fails with fault.NotFound if the actor may not know of the referral, fault.Impossible if the referral is closed, and
// fault.Refused if the service does not exist or does not serve the need, or the consent breaks a rule.
func (s *Store) CreateAttempt(ctx context.Context, actor policy.Actor, n NewAttempt, once pg.Once) (Result, error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.AddAttempt, Class: policy.ClassReferral, ObjectID: n.ReferralID}
	if !actor.Can(policy.AddAttempt, policy.ClassReferral) {
		return Result{}, s.refused(ctx, entry, policy.RoleForbids(policy.AddAttempt, policy.ClassReferral))
	}
	var result Result
	err := s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		r, err := mayRead(ctx, q, actor, n.ReferralID, policy.AddAttempt)
		if err != nil {
			return err
		}
		outcome, seen, err := once.Seen(ctx, q, "attempt.create")
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !seen {
			if id, err = s.createAttempt(ctx, q, actor, n, r, now); err != nil {
				return err
			}
			if err := once.Record(ctx, q, "attempt.create", id, 1); err != nil {
				return err
			}
		}
		c, err := s.mayMove(ctx, q, actor, id, policy.Read)
		if err != nil {
			return err
		}
		view, err := s.show(ctx, q, actor, c, now)
		result = Result{View: view, Replayed: seen}
		return err
	})
	return result, s.refused(ctx, entry, err)
}

func (s *Store) createAttempt(ctx context.Context, q pg.Querier, actor policy.Actor, n NewAttempt, r referral, now time.Time) (uuid.UUID, error) {
	if r.Status != ReferralDraft && r.Status != ReferralActive {
		return uuid.Nil, errReferralClosed
	}
	if n.ConsentID == uuid.Nil {
		var err error
		if n.Consent, err = n.Consent.complete("/consent", value(r.AgeBand), now); err != nil {
			return uuid.Nil, err
		}
	}
	organization, err := offerOf(ctx, q, n.ServiceAtLocationID, r.NeedID)
	if err != nil {
		return uuid.Nil, err
	}
	a := attempt{
		ReferralID: r.ID, DirectorateID: r.DirectorateID, OwnerAccountID: r.OwnerAccountID, Tier: r.Tier, OrganizationID: organization,
		ServiceAtLocationID: n.ServiceAtLocationID, Status: StatusDraft, Version: 1,
	}
	if a.ID, err = uuid.NewV7(); err != nil {
		return uuid.Nil, fmt.Errorf("referrals: %w", err)
	}
	groups := n.Consent.Groups
	if n.ConsentID != uuid.Nil {
		named, err := existing(ctx, q, n.ConsentID, r, organization, now)
		if err != nil {
			return uuid.Nil, err
		}
		a.ConsentID, groups = named.ID, named.Groups
	} else if a.ConsentID, err = insertConsent(ctx, q, r, organization, n.Consent, now); err != nil {
		return uuid.Nil, err
	}
	if err := insertAttempt(ctx, q, a, now); err != nil {
		return uuid.Nil, err
	}
	if err := event.Append(ctx, q, attemptEvent(a, now)); err != nil {
		return uuid.Nil, err
	}
	return a.ID, audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: policy.AddAttempt, Class: policy.ClassReferral, ObjectID: a.ID, PersonID: r.PersonID,
		Purpose: r.Purpose, Allowed: true, Code: string(policy.CaseOwner), Groups: groups,
	})
}
