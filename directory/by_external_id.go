package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// PutService makes the service that the organization calls by v.ExternalID as v says: it is created if there is none, and replaced
// otherwise, whatever its version. Written twice, it is written once. It reports whether the service is new, and fails as CreateService
// and ChangeService do. Without an OrganizationID it is the actor's own, if the actor has exactly one.
func (s *Store) PutService(ctx context.Context, actor policy.Actor, v Service) (put Service, created bool, err error) {
	d := deed{actor: actor, what: "service.put", action: policy.Edit}
	put, err = change(ctx, s, d, readService, func(q pg.Querier, now time.Time) (Service, error) {
		created = false
		v := v
		if v.OrganizationID == uuid.Nil {
			own := actor.Organizations()
			if len(own) != 1 {
				var l fault.List
				l.Add("?organization", "Say which organization's service it is.", "حدد المنظمة صاحبة الخدمة.")
				return Service{}, l.Err()
			}
			v.OrganizationID = own[0]
		}
		if err := d.permits(v.OrganizationID); err != nil {
			return Service{}, err
		}
		was, err := serviceByExternalID(ctx, q, v.OrganizationID, v.ExternalID)
		if errors.Is(err, pgx.ErrNoRows) {
			created = true
			return addService(ctx, q, actor, v, now)
		}
		if err != nil {
			return Service{}, err
		}
		same, err := saysAlready(ctx, q, was, v, now)
		if err != nil || same {
			return was, err
		}
		return was, rewriteService(ctx, q, actor, was, v, now)
	})
	return put, created, err
}

func serviceByExternalID(ctx context.Context, q pg.Querier, organization uuid.UUID, externalID string) (Service, error) {
	var id uuid.UUID
	err := q.QueryRow(ctx, `SELECT id FROM service WHERE organization_id = @organization AND external_id = @external_id`,
		pgx.StrictNamedArgs{"organization": organization, "external_id": externalID}).Scan(&id)
	if err != nil {
		return Service{}, fmt.Errorf("read the service: %w", err)
	}
	return selectService(ctx, q, id)
}

// saysAlready reports whether the service says all of v, or will once what waits is approved, so that writing it would change nothing.
func saysAlready(ctx context.Context, q pg.Querier, was, v Service, now time.Time) (bool, error) {
	v = v.normalised()
	if v.Details.WaitingAsOf == nil && v.Details.WaitingDays != nil {
		return false, nil // it is said again, now
	}
	waiting, err := waitingFor(ctx, q, was.ID)
	if err != nil {
		return false, err
	}
	is := was.guarded()
	if waiting.ID != uuid.Nil {
		is = waiting.Proposed
	}
	d, err := settled(v.Details, was.Details.with(is), now)
	if err != nil {
		return false, err
	}
	v.Details = d
	if !is.Equal(v.guarded()) || was.Description != v.Description || !slices.Equal(was.DeliveryModes, v.DeliveryModes) {
		return false, nil
	}
	return sameDocument(was.Details, d.with(was.guarded())), nil // what is guarded was compared above
}
