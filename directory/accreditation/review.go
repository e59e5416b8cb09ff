package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// SiteVisit is a visit to an applicant, as the organization knows of it.
type SiteVisit struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	On             time.Time
	Visitors       []string
	CreatedAt      time.Time
}

func (v SiteVisit) key() (uuid.UUID, int) { return v.ID, 1 }
func (v SiteVisit) owner() uuid.UUID      { return v.OrganizationID }

// Recommendation is what a review comes to.
type Recommendation string

// The recommendations.
const (
	RecommendAccredit   Recommendation = "accredit"
	RecommendConditions Recommendation = "accredit_with_conditions"
	RecommendReject     Recommendation = "reject"
)

// Note is what the directorate found and the organization does not read: the findings of a visit, a review, why a decision was handed
// back.
type Note struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	VisitID        uuid.UUID // of a visit's findings
	Kind           string    // visit, review or hand_back
	Recommendation Recommendation
	Findings       string
	By             uuid.UUID // the account; Nil: the system
	CreatedAt      time.Time
}

func (n Note) key() (uuid.UUID, int) { return n.ID, 1 }
func (Note) owner() uuid.UUID        { return uuid.Nil }

var errNotAssigned = fault.New(fault.Forbidden, "not_assigned",
	"The officer to whom the application is assigned examines it.", "يدرس الطلبَ الموظفُ المكلَّف به.")

// mine fails with fault.Forbidden "not_assigned" unless the actor is the officer to whom the application is assigned, or the system.
func (a Application) mine(actor policy.Actor) error {
	if actor.Kind != policy.System && actor.AccountID != a.AssignedTo {
		return errNotAssigned
	}
	return nil
}

// RecordVisit records a visit with its findings, which the organization does not read. It fails with fault.Forbidden unless the actor is
// the officer who examines the application, with fault.Refused with every fault, and like every move.
func (s *Store) RecordVisit(ctx context.Context, actor policy.Actor, m Move, v SiteVisit, findings string) (Written[Application], error) {
	return s.moved(ctx, examining(actor, "application.visit", m), m.Version, Visit, func(q pg.Querier, a *Application, now time.Time) error {
		if err := a.mine(actor); err != nil {
			return err
		}
		var l fault.List
		people(&l, "/visitors", v.Visitors, 1)
		required(&l, "/findings", findings)
		if v.On.IsZero() || v.On.After(now) {
			l.Add("/visited_on", "The day of a visit that was made.", "تاريخ زيارة تمت.")
		}
		if err := l.Err(); err != nil {
			return err
		}
		var err error
		if v.ID, err = newID(); err != nil {
			return err
		}
		err = write(ctx, q, "record a visit", `
			INSERT INTO site_visit (id, application_id, organization_id, visited_on, visitors, created_at)
			VALUES (@id, @application, @organization, @on, @visitors, @now)`,
			pgx.StrictNamedArgs{"id": v.ID, "application": a.ID, "organization": a.OrganizationID, "on": v.On, "visitors": v.Visitors, "now": now})
		if err != nil {
			return err
		}
		return insertNote(ctx, q, Note{ApplicationID: a.ID, VisitID: v.ID, Kind: "visit", Findings: findings, By: actor.AccountID}, now)
	})
}

// RecordReview ends the examination with what was found and what is recommended. It fails like RecordVisit, and on the full track with
// fault.Refused "visit_required" without a visit.
func (s *Store) RecordReview(ctx context.Context, actor policy.Actor, m Move, findings string, r Recommendation) (Written[Application], error) {
	return s.moved(ctx, examining(actor, "application.review", m), m.Version, Review, func(q pg.Querier, a *Application, now time.Time) error {
		if err := a.mine(actor); err != nil {
			return err
		}
		var l fault.List
		required(&l, "/findings", findings)
		if r != RecommendAccredit && r != RecommendConditions && r != RecommendReject {
			l.Add("/recommendation", "Must be one of: accredit, accredit_with_conditions, reject.", "يجب أن تكون القيمة إحدى: accredit, accredit_with_conditions, reject.")
		}
		if err := l.Err(); err != nil {
			return err
		}
		visits, err := visitsOf(ctx, q, a.ID, uuid.Nil, 1)
		if err != nil {
			return err
		}
		if tracks[a.Track].visit && len(visits) == 0 {
			return fault.New(fault.Refused, "visit_required", "On the full track a visit comes before the review.", "في المسار الكامل تسبق الزيارةُ المراجعة.")
		}
		return insertNote(ctx, q, Note{ApplicationID: a.ID, Kind: "review", Recommendation: r, Findings: findings, By: actor.AccountID}, now)
	})
}

// Visits lists the visits of an application by id. It fails with fault.NotFound.
func (s *Store) Visits(ctx context.Context, actor policy.Actor, f Filter) ([]SiteVisit, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]SiteVisit, error) {
		if _, err := seen(ctx, q, actor, policy.ClassApplication, application, f.ApplicationID); err != nil {
			return nil, err
		}
		return visitsOf(ctx, q, f.ApplicationID, f.After, f.Limit)
	})
}

// Notes lists what the directorate found, by id. It fails with fault.NotFound, and with fault.Forbidden for an organization.
func (s *Store) Notes(ctx context.Context, actor policy.Actor, f Filter) ([]Note, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Note, error) {
		if _, err := seen(ctx, q, actor, policy.ClassApplication, application, f.ApplicationID); err != nil {
			return nil, err
		}
		if !mayRead(actor, policy.ClassSurvey, uuid.Nil) {
			return nil, policy.RoleForbids(policy.Read, policy.ClassSurvey)
		}
		return collect(ctx, q, "list notes", noteRow.note, `
			SELECT id, application_id, visit_id, kind, recommendation, findings, account_id, created_at
			FROM application_note
			WHERE application_id = @application
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"application": f.ApplicationID, "after": f.After, "limit": f.Limit})
	})
}

func visitsOf(ctx context.Context, q pg.Querier, application, after uuid.UUID, limit int) ([]SiteVisit, error) {
	return collect(ctx, q, "list visits", visitRow.visit, `
			SELECT id, application_id, organization_id, visited_on, visitors, created_at
			FROM site_visit
			WHERE application_id = @application
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"application": application, "after": after, "limit": limit})
}

type visitRow struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	VisitedOn      time.Time
	Visitors       []string
	CreatedAt      time.Time
}

func (r visitRow) visit() SiteVisit {
	return SiteVisit{ID: r.ID, ApplicationID: r.ApplicationID, OrganizationID: r.OrganizationID, On: r.VisitedOn, Visitors: r.Visitors, CreatedAt: r.CreatedAt}
}

type noteRow struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	VisitID        *uuid.UUID
	Kind           string
	Recommendation *Recommendation
	Findings       string
	AccountID      *uuid.UUID
	CreatedAt      time.Time
}

func (r noteRow) note() Note {
	return Note{
		ID: r.ID, ApplicationID: r.ApplicationID, VisitID: orNil(r.VisitID), Kind: r.Kind, Recommendation: say(r.Recommendation), Findings: r.Findings,
		By: orNil(r.AccountID), CreatedAt: r.CreatedAt,
	}
}

func insertNote(ctx context.Context, q pg.Querier, n Note, now time.Time) (err error) {
	if n.ID, err = newID(); err != nil {
		return err
	}
	return write(ctx, q, "write a note", `
		INSERT INTO application_note (id, application_id, visit_id, kind, recommendation, findings, account_id, created_at)
		VALUES (@id, @application, @visit, @kind, @recommendation, @findings, @by, @now)`,
		pgx.StrictNamedArgs{
			"id": n.ID, "application": n.ApplicationID, "visit": orNull(n.VisitID), "kind": n.Kind, "recommendation": notEmpty(string(n.Recommendation)),
			"findings": n.Findings, "by": orNull(n.By), "now": now,
		})
}
